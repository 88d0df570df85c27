"""Rows that are derived from the trail, one tuple for each table: by what cases are found, and what they add to figures."""

from __future__ import annotations

from typing import NamedTuple

from engine.clock import Instant


class CaseIndexRecord(NamedTuple):
    """A person, unit or other thing by which a case is found; ``seq`` is the event that put it there last."""

    org: str
    workflow: str
    item: str
    value: str
    case_id: str
    seq: int


class FigureRecord(NamedTuple):
    """What a case adds to an indicator: `engine.core.figures.Fact` with its place."""

    org: str
    workflow: str
    indicator: str
    case_id: str
    n: int
    at: Instant
    period: str
    cell: str
    marks: str
    value: str | None
    name: str
    times: int


class FigureCaseRecord(NamedTuple):
    """How far a case is counted, and from when until when its facts hold."""

    org: str
    workflow: str
    case_id: str
    stamp: str
    seq: int
    since: Instant
    until: Instant | None
