"""By which persons, units and other cases or rows the cases of a body are found.

A case stays findable by whatever it had once: what is found is a candidate, and whoever asks compares it as it was at the moment in
question. So nothing is ever taken out, and an act that touches no such item writes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select

from engine.store.cases import select_all_cases
from engine.store.tables import case_index, cases


def select_findable(org: str, workflow: str, equal: Mapping[str, str]) -> Select[Any]:
    """Select all cases of a workflow that ever had these values in these items, those that have ended too, by their ids."""
    statement = select_all_cases(org, workflow)
    for number, (item, value) in enumerate(sorted(equal.items())):
        entry = case_index.alias(f"by{number}")
        statement = statement.join(entry, entry.c.case_id == cases.c.id).where(
            entry.c.org == org, entry.c.workflow == workflow, entry.c.item == item, entry.c.value == value
        )
    return statement
