"""Spreadsheets in: the household roster."""
