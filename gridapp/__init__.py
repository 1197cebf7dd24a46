"""gridapp: offline-first records for grid workers, community offices and command rooms."""

__version__ = "0.3.0"
