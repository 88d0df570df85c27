"""No statement forgets the organisation. The fixture `statements` watches all tests of the store; here the watching itself is tested."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import engine.store
from engine.store.cases import list_cases
from engine.store.store import Store
from engine.store.writer import Writer
from tests.store.rows import NOW, ORG, case, case_id, deadline
from tests.store.test_writer import write
from tests.store.watch import forgotten

ACROSS = {
    "has_cases": "the manual clock is refused on a database that has any case",
    "select_due": "the sweep: the clock is the same for all",
    "due_rungs": "the sweep, looking only",
    "next_due_instant": "the sweep: how long to sleep",
    "api_key_by_secret": "the organisation follows from the secret",
    "session_by_token": "the organisation follows from the token",
    "unsealed_organisations": "the sealer: whose log to go on with",
    "count_unsealed": "how far the sealer is behind, for who looks after the service",
    "organisations_behind": "the relay: whose log to go on reading",
    "select_messages": "the post: what waits for its receiver",
    "prune_responses": "age alone decides",
    "prune_sessions": "age alone decides",
}
"""The functions that look across organisations, and why they may."""


def test_only_the_sweep_the_sealer_pruning_and_secrets_look_across_organisations() -> None:
    found = set()
    for path in Path(engine.store.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name != "everywhere":
                names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
                found |= {function.name} if names & {"everywhere", "EVERYWHERE"} else set()
    assert found == set(ACROSS)


def test_the_statements_of_readers_and_writers_are_seen(store: Store, writer: Writer, statements: list[str]) -> None:
    write(writer, case())
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        batch.put_case(case(seq=2), 1)
        batch.put(deadline())
        batch.draw_number(ORG, "议", "2026")
        batch.due_rungs(NOW, 1)
        batch.commit()
    with store.read() as connection:
        list_cases(connection, ORG)
    text = "\n".join(statements)
    for part in ("INSERT INTO cases", "UPDATE cases", "deadline", "number_series", "cases.id DESC"):
        assert part in text


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM cases WHERE cases.id = ?",
        "SELECT * FROM cases",
        "DELETE FROM idempotency WHERE created_at < ?",
        "UPDATE cases SET state = ? WHERE cases.id = ?",
        "INSERT INTO rung (case_id, org) VALUES (?, ?)",
        "SELECT * FROM task JOIN cases ON cases.id = task.case_id WHERE task.org = ?",
        "SELECT * FROM cases, deadline WHERE cases.org = ?",
        'WITH w0 AS (INSERT INTO cases ("id", "org") VALUES (1, 2)) SELECT 1',
        "SELECT * FROM cases t WHERE t.id IN (SELECT case_id FROM deadline) AND t.org = ?",
    ],
)
def test_a_statement_that_forgets_the_organisation_is_found(statement: str) -> None:
    assert len(forgotten(statement)) == 1
