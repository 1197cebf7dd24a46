"""Records and rules. No input or output, no Qt, no database."""
