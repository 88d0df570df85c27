"""How SQLite carries out what the lists ask for: by the index that is meant, without sorting what it need not read."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from engine.store import cases, figures, inbox, trail, versions
from engine.store.case_index import select_findable
from engine.store.cases import CaseFilter
from engine.store.store import Store
from engine.store.trail import EventFilter
from tests.store.rows import NOW, ORG, case, event, task
from tests.store.test_writer import write

DAY = 24 * 3600 * 1_000_000


def plan_of(connection: Connection, statement: str) -> str:
    """Give the steps in which SQLite carries out a statement that was sent."""
    found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
    return "\n".join(row[3] for row in found)


@pytest.mark.parametrize(
    ("only", "index"),
    [
        (EventFilter(), "ix_log_entry_recorded (org=?)"),
        (EventFilter(since=NOW, until=NOW + DAY), "ix_log_entry_recorded (org=? AND recorded_at>? AND recorded_at<?)"),
        (EventFilter(actor="li", since=NOW), "ix_log_entry_actor (org=? AND actor=? AND recorded_at>?)"),
    ],
)
def test_an_auditors_question_goes_by_an_index_of_the_log_and_sorts_nothing(
    sqlite_store: Store, statements: list[str], only: EventFilter, index: str
) -> None:
    with sqlite_store.read() as connection:
        trail.audit_events(connection, ORG, only)
        plan = plan_of(connection, statements[-1])
    assert f"SEARCH log_entry USING INDEX {index}" in plan
    assert "SEARCH case_event USING INDEX sqlite_autoindex_case_event_1 (org=? AND case_id=? AND seq=?)" in plan
    assert "SEARCH event_payload USING PRIMARY KEY (org=? AND case_id=? AND seq=?)" in plan
    assert "B-TREE" not in plan


@pytest.mark.parametrize(
    ("only", "index"),
    [
        (CaseFilter(), "sqlite_autoindex_cases_1"),
        (CaseFilter(workflow="proposal"), "ix_cases_workflow"),
        (CaseFilter(ended=False), "ix_cases_open"),
        (CaseFilter(ended=False, overdue_at=NOW), "ix_cases_open"),
        (CaseFilter(ended=False, overdue_at=NOW, workflow="proposal"), "ix_cases_open_workflow"),
        (CaseFilter(ended=False, state="topic", workflow="proposal"), "ix_cases_open_workflow"),
    ],
)
def test_open_cases_are_found_without_passing_over_those_that_have_ended(
    sqlite_store: Store, statements: list[str], only: CaseFilter, index: str
) -> None:
    with sqlite_store.read() as connection:
        cases.list_cases(connection, ORG, only)
        plan = plan_of(connection, statements[-1])
    assert f"SEARCH cases USING INDEX {index} " in plan
    assert "B-TREE" not in plan
    if only.overdue_at is not None:
        assert "SEARCH deadline" in plan
        assert "USING PRIMARY KEY (org=? AND case_id=?)" in plan


def test_cases_counted_on_an_older_calendar_are_found_among_those_that_run(sqlite_store: Store, statements: list[str]) -> None:
    """Of a body's many ended cases and deadlines none is read."""
    with sqlite_store.read() as connection:
        versions.counted_otherwise(connection, ORG, ["cn@0123456789ab"])
        plan = plan_of(connection, statements[-1])
    assert "SEARCH cases USING INDEX ix_cases_open" in plan
    assert "SEARCH deadline USING INDEX ix_deadline_next" in plan
    assert "SCAN" not in plan


def test_an_inbox_reads_the_tasks_of_its_roles_and_the_cases_of_its_page_alone(sqlite_store: Store, statements: list[str]) -> None:
    """Not the whole body's: without statistics SQLite thinks that an organisation is a handful of rows."""
    writer = sqlite_store.writer()
    write(writer, case(1), task(1, 1))
    writer.close()
    with sqlite_store.read() as connection:
        inbox.inbox(connection, ORG, roles=["office", "member"], unit=None, person="wang")
        tasks, found = (plan_of(connection, next(each for each in statements if f"FROM {table}" in each)) for table in ("task", "cases"))
    assert "SEARCH task USING PRIMARY KEY (org=? AND role=?)" in tasks
    assert "SEARCH cases USING INDEX sqlite_autoindex_cases_1 (org=? AND id=?)" in found


def test_cases_are_found_by_what_they_name_and_not_by_looking_at_all_of_them(sqlite_store: Store, statements: list[str]) -> None:
    with sqlite_store.read() as connection:
        connection.execute(select_findable(ORG, "proposal", {"proposers": "zhao"}))
        plan = plan_of(connection, statements[-1])
    assert "SEARCH by0 USING PRIMARY KEY (org=? AND workflow=? AND item=? AND value=?)" in plan
    assert "SEARCH cases USING INDEX ix_cases_workflow (org=? AND workflow=? AND id=?)" in plan
    assert "SCAN" not in plan


def test_what_is_to_be_counted_again_is_found_by_what_has_happened_since(sqlite_store: Store, statements: list[str]) -> None:
    writer = sqlite_store.writer()
    write(writer, case(1), event(1, 1))
    writer.close()
    with sqlite_store.read() as connection:
        assert figures.changed(connection, ORG, case(1).workflow, 0) == [case(1).id]
        tables = ("log_entry", "unsealed", "cases", "figure_case")
        sealed, waiting, mine, known = (plan_of(connection, next(each for each in statements if f"FROM {name}" in each)) for name in tables)
        figures.turned(connection, ORG, "proposal", NOW)
        turned = plan_of(connection, statements[-1])
    assert "SEARCH log_entry USING PRIMARY KEY (org=? AND log_index>?)" in sealed
    assert "SEARCH unsealed USING PRIMARY KEY (org=?)" in waiting
    assert "SEARCH cases USING" in mine
    assert "id=?" in mine
    assert "SEARCH figure_case USING PRIMARY KEY (org=? AND workflow=? AND case_id=?)" in known
    assert "INDEX ix_figure_case_until (org=? AND workflow=? AND until<?)" in turned
    assert "SCAN" not in sealed + waiting + mine + known + turned


def test_the_facts_of_an_indicator_lie_together(sqlite_store: Store, statements: list[str]) -> None:
    with sqlite_store.read() as connection:
        figures.totals(connection, ORG, "proposal", "filed", since=NOW, until=NOW + DAY, holding=NOW)
        plan = plan_of(connection, statements[-1])
    assert "SEARCH figure USING PRIMARY KEY (org=? AND workflow=? AND indicator=?)" in plan
    assert "SEARCH figure_case USING PRIMARY KEY (org=? AND workflow=? AND case_id=?)" in plan
