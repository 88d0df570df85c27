"""The two tables as SQLModel classes, for the peers that bring a machine but no storage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import JSON, Column, Engine
from sqlmodel import Field, Session, SQLModel, create_engine

from tests.bench.consultation import ACTOR, REMARK, instant
from tests.bench.tables import fill_sqlite


class Case(SQLModel, table=True):
    __tablename__ = "cases"

    id: int | None = Field(default=None, primary_key=True)
    state: str
    version: int
    changed_at: datetime


class Event(SQLModel, table=True):
    __tablename__ = "events"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int
    actor: str
    action: str
    source: str
    target: str
    at: datetime
    remark: dict[str, Any] = Field(sa_column=Column(JSON))


def open_database(path: Path) -> Engine:
    """Fill the tables and give an engine whose every commit is an fsync."""
    fill_sqlite(path)
    engine = create_engine(f"sqlite:///{path}")

    @sqlalchemy.event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def record(session: Session, case: Case, action: str, source: str) -> None:
    """Count the change and write what was done, in one commit."""
    case.version += 1
    case.changed_at = now = instant()
    session.add(Event(case_id=case.id or 0, actor=ACTOR, action=action, source=source, target=case.state, at=now, remark=REMARK))
    session.commit()
