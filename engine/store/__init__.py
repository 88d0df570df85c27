"""Rows and how they are read and written, on SQLite and PostgreSQL alike."""
