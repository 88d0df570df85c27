"""A case grows old: acting on it asks the database for no more than acting on a young one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.core.case import Case
from engine.store.trail import events_of_case
from tests.application import OFFICE, ORG, Trial, trial
from tests.store.watch import watch

YOUNG, OLD = 10, 10_000


def aged(office: Trial, events: int) -> Case:
    """Open a case, act on it ten times, and give it as many events as it would have by now."""
    case: Case = office.open()
    office.act(case, "accept", data={"n": 1})
    while office.case(case.id).seq < YOUNG:
        office.act(case, "call")
    with office.app.store.read() as reader:
        last = events_of_case(reader, ORG, case.id, after=YOUNG - 1)[0].event

    def grow(batch: Any, _: Any) -> None:
        row = batch.case(ORG, case.id)
        batch.put_case(row._replace(seq=events), row.seq)
        for seq in range(YOUNG + 1, events + 1):
            batch.add(last._replace(seq=seq))

    office.app.lane.write(grow)
    return office.case(case.id)


def asked(office: Trial, case: Case, seen: list[str]) -> tuple[list[str], int]:
    """Act once; give the statements, with their values taken out, and on SQLite how many steps its machine took for them."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection: Any = office.app.lane._writer._session._connection  # type: ignore[union-attr]
    counts = hasattr(connection, "set_progress_handler")
    if counts:
        connection.set_progress_handler(count, 1)
    seen.clear()
    office.app.service.act(OFFICE, case.id, "call").result()
    statements = [re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", text) for text in seen]
    if counts:
        connection.set_progress_handler(None, 0)
    return statements, steps


def test_an_act_on_an_old_case_runs_the_same_statements_over_as_many_rows(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watch(monkeypatch)
    with trial(database_url, tmp_path) as office:
        young, old = aged(office, YOUNG), aged(office, OLD)
        assert (young.seq, old.seq) == (YOUNG, OLD)
        for case in (young, old):  # what is read once, and the connection itself, are there
            office.act(case, "call")
        statements, steps = asked(office, young, seen)
        assert (statements, steps) == asked(office, old, seen)
        assert len(statements) > 1
        assert steps > 0 or not database_url.startswith("sqlite")
