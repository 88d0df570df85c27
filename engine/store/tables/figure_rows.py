"""The tables behind the figures: what each case adds to each indicator, made from the trail and made anew at any time.

No act writes here. What has changed since is read from the log when a figure is asked for.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from engine.store.tables.case_rows import IN_KEY_ORDER, partial
from engine.store.tables.columns import int_col, int_key, text_col, text_key


class FigureRow(SQLModel, table=True):
    """A fact: one row that counts, or `times` rows that say the same. The key keeps those of one indicator together."""

    __tablename__ = "figure"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    workflow: str = text_key()
    indicator: str = text_key()
    case_id: str = text_key()
    n: int = int_key()
    at: int = int_col()
    period: str = text_col()
    cell: str = text_col()
    marks: str = text_col()
    value: str | None = text_col(optional=True)
    name: str = text_col()
    times: int = int_col()


class FigureCaseRow(SQLModel, table=True):
    """How far a case is counted: under which `stamp`, up to which event, and from when until when its facts hold."""

    __tablename__ = "figure_case"
    __table_args__ = (partial("ix_figure_case_until", "org", "workflow", "until", where="until IS NOT NULL"), IN_KEY_ORDER)
    org: str = text_key()
    workflow: str = text_key()
    case_id: str = text_key()
    stamp: str = text_col()
    seq: int = int_col()
    since: int = int_col()
    until: int | None = int_col(optional=True)
