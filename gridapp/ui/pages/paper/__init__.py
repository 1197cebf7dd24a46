"""The print page in its parts."""
