"""By which persons, units and other cases or rows the cases of a body are found.

A case stays findable by whatever it had once: what is found is a candidate, and whoever asks compares it as it was at the moment in
question. So nothing is ever taken out, and an act that touches no such item writes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from engine.store.tables import case_index, cases


def select_findable(org: str, workflow: str, equal: Mapping[str, str]) -> Select[Any]:
    """Select all cases of a workflow that ever had these values in these items, those that have ended too, by their ids."""
    wanted = sorted(equal.items())
    values = {name: part for n, entry in enumerate(wanted) for name, part in zip((f"item{n}", f"value{n}"), entry, strict=True)}
    return _findable(len(wanted)).params(org=org, workflow=workflow, **values)


@lru_cache(maxsize=16)
def _findable(items: int) -> Select[Any]:
    """Make the statement that compares so many items. Making it takes longer than the database takes to answer it."""
    org: BindParameter[str] = bindparam("org")
    workflow: BindParameter[str] = bindparam("workflow")
    statement = select(cases).where(cases.c.org == org, cases.c.workflow == workflow).order_by(cases.c.id)
    for n in range(items):
        entry = case_index.alias(f"by{n}")
        statement = statement.join(entry, entry.c.case_id == cases.c.id).where(
            entry.c.org == org, entry.c.workflow == workflow, entry.c.item == bindparam(f"item{n}"), entry.c.value == bindparam(f"value{n}")
        )
    return statement
