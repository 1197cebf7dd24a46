"""Enrolling and unlocking, before there is a user."""
