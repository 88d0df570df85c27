"""The rows of a sandbox: copied from its body at the beginning, and taken away again, all of them or those of one draft.

The only rows of the trail that the database lets go are those of a sandbox: no body's id has the sign that marks one.
"""

from __future__ import annotations

from sqlalchemy import Table, delete, literal, null, select

from engine.settings import is_sandbox
from engine.store.log import HEAD
from engine.store.tables import cases, deadline, definition, metadata, person, preset, registry_definition, unit
from engine.store.writer import Batch

SET_UP: tuple[tuple[Table, frozenset[str]], ...] = (
    (person, frozenset({"password_hash"})),
    (unit, frozenset()),
    (definition, frozenset()),
    (preset, frozenset()),
    (registry_definition, frozenset()),
)
"""What a sandbox begins with, and the columns that are left empty: a password has one place, and rows of registries are not shared out."""

HELD_FIRST = (deadline, cases)
"""What a sweep on another connection holds before anything else; whoever takes rows away asks for them in the same order."""


def empty(batch: Batch, sandbox: str) -> None:
    """Take away every row of a sandbox. Raises ValueError for a body."""
    check_sandbox(sandbox)
    batch.hold_state(sandbox, HEAD, "0")  # nobody seals meanwhile
    for table in (*HELD_FIRST, *(each for each in metadata.sorted_tables if each not in HELD_FIRST)):
        batch.execute(delete(table).where(table.c.org == sandbox))


def copy_set_up(batch: Batch, body: str, sandbox: str) -> None:
    """Give a sandbox the people, units, published definitions and presets of its body."""
    check_sandbox(sandbox)
    for table, left_empty in SET_UP:
        names = [column.name for column in table.columns]
        there = {name: null() if name in left_empty else table.c[name] for name in names if name != "org"}
        copied = select(literal(sandbox).label("org"), *(there[name].label(name) for name in names if name != "org"))
        batch.execute(table.insert().from_select(["org", *(name for name in names if name != "org")], copied.where(table.c.org == body)))


def withdraw(batch: Batch, sandbox: str, workflow: str, version: int) -> int:
    """Take away a draft with the trials that run on it; return how many those were. Raises ValueError for a body."""
    check_sandbox(sandbox)
    trials = select(cases.c.id).where(cases.c.org == sandbox, cases.c.workflow == workflow, cases.c.definition_version == version)
    count = len(batch.execute(trials.with_for_update()))
    for table in (deadline, *(each for each in metadata.sorted_tables if "case_id" in each.c and each is not deadline)):
        batch.execute(delete(table).where(table.c.org == sandbox, table.c.case_id.in_(trials)))
    batch.execute(delete(cases).where(cases.c.org == sandbox, cases.c.workflow == workflow, cases.c.definition_version == version))
    d = definition.c
    batch.execute(delete(definition).where(d.org == sandbox, d.workflow == workflow, d.version == version))
    return count


def check_sandbox(org: str) -> None:
    """Raise ValueError unless an organisation is a sandbox: the rows of a body are never taken away."""
    if not is_sandbox(org):
        raise ValueError(f"expected the sandbox of an organisation, got {org!r}")
