"""Migrations: Alembic runs them, `engine.store.migration` starts it."""
