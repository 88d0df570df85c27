"""The first schema: cases and their trail, deadlines, tasks, messages; processes, people and the state of the service.

Every key begins with the organisation. The trail is append-only by triggers, and on PostgreSQL partitioned by the month of opening
of its cases from the start: neither could be had later without rewriting it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEPT = {
    "case_event": "an event is never changed or deleted; correct it with a reversing event",
    "log_entry": "a place in the log is never changed or given back",
}
"""The tables that are append-only, and what is said to who tries something else. A sandbox's rows may be deleted: they prove nothing."""

SANDBOX_SIGN = "~"
"""What the id of a sandbox has and no body's. An update is always refused, so that no event of a body becomes one of a sandbox."""


def text(name: str, *, optional: bool = False) -> sa.Column[Any]:
    """Make a text column, compared by code point on both databases."""
    return sa.Column(name, sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=optional)


def integer(name: str, *, optional: bool = False) -> sa.Column[Any]:
    """Make a column of integers of 64 bits."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=optional)


def where(condition: str) -> dict[str, Any]:
    """Write the condition of a partial index."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "api_key",
        text("org"),
        text("id"),
        text("secret_sha256"),
        text("actor"),
        text("roles"),
        text("unit", optional=True),
        text("label"),
        integer("created_at"),
        integer("expires_at", optional=True),
        integer("revoked_at", optional=True),
        sa.PrimaryKeyConstraint("org", "id"),
    )
    op.create_index("ix_api_key_secret", "api_key", ["secret_sha256"])
    op.create_index("ux_api_key_secret", "api_key", ["org", "secret_sha256"], unique=True)
    op.create_table(
        "case_event",
        text("org"),
        text("case_id"),
        integer("seq"),
        text("kind"),
        text("workflow"),
        text("action"),
        text("actor"),
        text("role"),
        integer("occurred_at"),
        integer("recorded_at"),
        text("body"),
        text("hash"),
        sa.PrimaryKeyConstraint("org", "case_id", "seq"),
        postgresql_partition_by="RANGE (case_id)",
    )
    op.create_table(
        "cases",
        text("org"),
        text("id"),
        text("workflow"),
        integer("definition_version"),
        text("digest"),
        text("number", optional=True),
        text("client_ref", optional=True),
        text("state"),
        text("configuration"),
        text("outcome", optional=True),
        integer("version"),
        integer("seq"),
        text("head"),
        integer("opened_at"),
        text("opened_by"),
        integer("updated_at"),
        integer("ended_at", optional=True),
        text("snapshot"),
        sa.PrimaryKeyConstraint("org", "id"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_cases_open", "cases", ["org", "id"], **where("ended_at IS NULL"))
    op.create_index("ix_cases_open_workflow", "cases", ["org", "workflow", "id"], **where("ended_at IS NULL"))
    op.create_index("ix_cases_workflow", "cases", ["org", "workflow", "id"])
    op.create_index("ux_cases_client_ref", "cases", ["org", "workflow", "client_ref"], unique=True, **where("client_ref IS NOT NULL"))
    op.create_index("ux_cases_number", "cases", ["org", "workflow", "number"], unique=True, **where("number IS NOT NULL"))
    op.create_table(
        "deadline",
        text("org"),
        text("case_id"),
        integer("n"),
        text("workflow"),
        text("name"),
        text("state"),
        text("status"),
        integer("due_at", optional=True),
        integer("next_at", optional=True),
        text("next_rung", optional=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        text("calendar"),
        text("ledger"),
        sa.PrimaryKeyConstraint("org", "case_id", "n"),
        postgresql_with={"fillfactor": 80},
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deadline_next", "deadline", ["next_at", "org", "case_id", "n"], **where("next_at IS NOT NULL"))
    op.create_table(
        "definition",
        text("org"),
        text("workflow"),
        integer("version"),
        text("digest"),
        text("title"),
        text("source"),
        integer("published_at"),
        text("published_by"),
        integer("effective_from", optional=True),
        text("imports"),
        sa.PrimaryKeyConstraint("org", "workflow", "version"),
    )
    op.create_index("ux_definition_digest", "definition", ["org", "workflow", "digest"], unique=True)
    op.create_table(
        "document",
        text("org"),
        text("id"),
        text("case_id"),
        text("name"),
        text("filename"),
        text("media_type"),
        integer("size"),
        text("sha256"),
        text("attached_by"),
        integer("attached_at"),
        integer("seq", optional=True),
        sa.PrimaryKeyConstraint("org", "id"),
    )
    op.create_index("ix_document_case", "document", ["org", "case_id"])
    op.create_table(
        "event_payload",
        text("org"),
        text("case_id"),
        integer("seq"),
        text("payload"),
        sa.PrimaryKeyConstraint("org", "case_id", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        text("org"),
        text("scope"),
        text("key"),
        text("request_hash"),
        integer("status"),
        text("headers"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        integer("created_at"),
        sa.PrimaryKeyConstraint("org", "scope", "key"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_idempotency_created", "idempotency", ["created_at"], postgresql_using="brin")
    op.create_table(
        "log_cursor",
        text("org"),
        text("consumer"),
        integer("position"),
        sa.PrimaryKeyConstraint("org", "consumer"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_entry",
        text("org"),
        integer("log_index"),
        text("case_id"),
        integer("seq"),
        integer("recorded_at"),
        integer("occurred_at"),
        text("workflow"),
        text("kind"),
        text("action"),
        text("actor"),
        text("role"),
        sa.PrimaryKeyConstraint("org", "log_index"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_log_entry_actor", "log_entry", ["org", "actor", "recorded_at", "log_index"])
    op.create_index("ix_log_entry_recorded", "log_entry", ["org", "recorded_at", "log_index"])
    op.create_index("ux_log_entry_event", "log_entry", ["org", "case_id", "seq"], unique=True)
    op.create_table(
        "message",
        text("org"),
        text("case_id"),
        integer("seq"),
        integer("number"),
        text("to_org"),
        text("to_case"),
        text("kind"),
        text("body"),
        integer("created_at"),
        sa.PrimaryKeyConstraint("org", "case_id", "seq", "number"),
    )
    op.create_index("ix_message_receiver", "message", ["to_org", "to_case"])
    op.create_table(
        "notice",
        text("org"),
        integer("log_index"),
        integer("number"),
        text("case_id"),
        integer("seq"),
        text("kind"),
        text("role", optional=True),
        text("unit", optional=True),
        text("person", optional=True),
        text("text"),
        integer("created_at"),
        integer("read_at", optional=True),
        sa.PrimaryKeyConstraint("org", "log_index", "number"),
    )
    op.create_index("ix_notice_unread", "notice", ["org", "role", "log_index"], **where("read_at IS NULL"))
    op.create_table(
        "number_series",
        text("org"),
        text("series"),
        text("period"),
        integer("last"),
        sa.PrimaryKeyConstraint("org", "series", "period"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person",
        text("org"),
        text("id"),
        text("name"),
        text("password_hash", optional=True),
        text("roles"),
        text("unit", optional=True),
        integer("created_at"),
        integer("disabled_at", optional=True),
        sa.PrimaryKeyConstraint("org", "id"),
    )
    op.create_table(
        "registry_definition",
        text("org"),
        text("name"),
        integer("version"),
        text("digest"),
        text("title"),
        text("source"),
        integer("published_at"),
        text("published_by"),
        sa.PrimaryKeyConstraint("org", "name", "version"),
    )
    op.create_table(
        "registry_index",
        text("org"),
        text("name"),
        text("field"),
        text("value"),
        text("key"),
        sa.PrimaryKeyConstraint("org", "name", "field", "value", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registry_row",
        text("org"),
        text("name"),
        text("key"),
        text("id"),
        integer("version"),
        text("head"),
        integer("definition_version"),
        text("body"),
        integer("added_at"),
        integer("updated_at"),
        text("updated_by"),
        integer("retired_at", optional=True),
        sa.PrimaryKeyConstraint("org", "name", "key"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "rung",
        text("org"),
        text("case_id"),
        integer("deadline_n"),
        text("rung"),
        integer("due_at"),
        integer("fired_at"),
        integer("seq"),
        sa.PrimaryKeyConstraint("org", "case_id", "deadline_n", "rung"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "service_state", text("org"), text("key"), text("value"), sa.PrimaryKeyConstraint("org", "key"), sqlite_with_rowid=False
    )
    op.create_table(
        "session",
        text("org"),
        text("token_sha256"),
        text("person"),
        integer("created_at"),
        integer("expires_at"),
        sa.PrimaryKeyConstraint("org", "token_sha256"),
    )
    op.create_index("ix_session_expires", "session", ["expires_at"])
    op.create_index("ix_session_token", "session", ["token_sha256"])
    op.create_table(
        "task",
        text("org"),
        text("role"),
        text("case_id"),
        integer("n"),
        text("workflow"),
        text("kind"),
        text("unit", optional=True),
        text("person", optional=True),
        text("state"),
        text("deadline", optional=True),
        integer("opened_at"),
        sa.PrimaryKeyConstraint("org", "role", "case_id", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table("unit", text("org"), text("id"), text("title"), text("parent", optional=True), sa.PrimaryKeyConstraint("org", "id"))
    op.create_table(
        "unsealed",
        text("org"),
        integer("recorded_at"),
        text("case_id"),
        integer("seq"),
        sa.PrimaryKeyConstraint("org", "recorded_at", "case_id", "seq"),
        sqlite_with_rowid=False,
    )
    create_presets_and_case_index()
    create_figures()
    if op.get_bind().dialect.name == "sqlite":
        keep_the_trail_on_sqlite()
        tell_sqlite_what_to_expect()
    else:
        keep_the_trail_on_postgresql()


def create_presets_and_case_index() -> None:
    """Create what bodies choose for their settings, and what queries find cases by."""
    op.create_table(
        "preset",
        text("org"),
        text("workflow"),
        integer("version"),
        text("preset"),
        text("digest"),
        text("title"),
        text("settings"),
        text("source"),
        integer("published_at"),
        text("published_by"),
        sa.PrimaryKeyConstraint("org", "workflow", "version"),
    )
    op.create_table(
        "case_index",
        text("org"),
        text("workflow"),
        text("item"),
        text("value"),
        text("case_id"),
        integer("seq"),
        sa.PrimaryKeyConstraint("org", "workflow", "item", "value", "case_id"),
        sqlite_with_rowid=False,
    )


def create_figures() -> None:
    """Create what figures are made of: a projection, which may be thrown away."""
    op.create_table(
        "figure",
        text("org"),
        text("workflow"),
        text("indicator"),
        text("case_id"),
        integer("n"),
        integer("at"),
        text("period"),
        text("cell"),
        text("marks"),
        text("value", optional=True),
        text("name"),
        integer("times"),
        sa.PrimaryKeyConstraint("org", "workflow", "indicator", "case_id", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure_case",
        text("org"),
        text("workflow"),
        text("case_id"),
        text("stamp"),
        integer("seq"),
        integer("since"),
        integer("until", optional=True),
        sa.PrimaryKeyConstraint("org", "workflow", "case_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_figure_case_until", "figure_case", ["org", "workflow", "until"], **where("until IS NOT NULL"))


def keep_the_trail_on_sqlite() -> None:
    """Refuse every change of an event and of its place in the log."""
    for table, why in KEPT.items():
        for change, when in (("UPDATE", ""), ("DELETE", f"WHEN instr(OLD.org, '{SANDBOX_SIGN}') = 0")):
            refuse = f"SELECT RAISE(ABORT, '{table} is append-only: {why}')"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {when} BEGIN {refuse}; END")


def tell_sqlite_what_to_expect() -> None:
    """Give SQLite's planner the statistics of a large body.

    Without any it takes every first column of a key for a narrow one, and our first column is the organisation: it would rather read all
    that a body has than sort a little. Rows in all, then rows for each column more that is known.
    """
    op.execute("ANALYZE")
    for table, index, rows in (
        ("cases", "sqlite_autoindex_cases_1", "100000 100000 1"),
        ("cases", "ix_cases_workflow", "100000 100000 20000 1"),
        ("cases", "ix_cases_open", "10000 10000 1"),
        ("cases", "ix_cases_open_workflow", "10000 10000 2000 1"),
        ("case_event", "sqlite_autoindex_case_event_1", "1000000 1000000 10 1"),
        ("unsealed", "unsealed", "1000 1000 1 1 1"),
        ("log_entry", "log_entry", "1000000 1000000 1"),
        ("log_entry", "ux_log_entry_event", "1000000 1000000 10 1"),
        ("log_entry", "ix_log_entry_recorded", "1000000 1000000 1 1"),
        ("log_entry", "ix_log_entry_actor", "1000000 1000000 10000 1 1"),
        ("deadline", "deadline", "300000 300000 3 1"),
        ("deadline", "ix_deadline_next", "50000 1 1 1 1"),
        ("registry_row", "sqlite_autoindex_registry_row_1", "100000 100000 5000 1"),
        ("registry_index", "registry_index", "1000000 1000000 50000 5000 20 1"),
        ("case_index", "case_index", "1000000 1000000 100000 50000 20 1"),
        ("task", "task", "100000 100000 5000 2 1"),
        ("figure", "figure", "1000000 1000000 200000 20000 2 1"),
        ("figure_case", "figure_case", "100000 100000 20000 1"),
        ("figure_case", "ix_figure_case_until", "10000 10000 2000 2 1"),
    ):
        op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{rows}')")  # noqa: S608  written just above


def keep_the_trail_on_postgresql() -> None:
    """Refuse the same, and TRUNCATE; make the partition that takes what no month does, and what the writer's statements ask for."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    for table, why in KEPT.items():
        refuse = f"EXECUTE FUNCTION refuse_change('{table} is append-only: {why}')"
        kept = f"WHEN (position('{SANDBOX_SIGN}' in OLD.org) = 0)"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {kept} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")
    op.execute("CREATE TABLE case_event_default PARTITION OF case_event DEFAULT")
    op.execute(
        """
        CREATE FUNCTION expect_rows(actual bigint, expected bigint) RETURNS bigint LANGUAGE plpgsql AS $$
        BEGIN
            IF actual <> expected THEN
                RAISE EXCEPTION 'expected to change % case(s), % stood where they were read', expected, actual
                    USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN actual;
        END $$
        """
    )
