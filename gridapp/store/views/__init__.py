"""What pages and commands show: SQL inside, frozen dataclasses out."""
