"""Printed documents: plain data in, PDF out."""
