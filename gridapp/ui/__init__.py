"""The window: PySide6 pages, forms, models, tasks and operations."""
