"""Run by Alembic for each migration; `engine.store.migration` gives the connection."""

from __future__ import annotations

from alembic import context

from engine.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # both databases can, though Alembic does not believe it of SQLite
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
