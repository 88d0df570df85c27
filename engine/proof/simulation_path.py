"""The critical path of deadlines: which of them make up the length of the cases that have ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.proof.simulation_cases import Life, Section, Stay
from engine.proof.simulation_numbers import share

Row = dict[str, Any]


class Part(NamedTuple):
    """A part of the critical path of one case: a stay, under the deadline that governed it, and how many working days it added.

    What belongs to another workflow bears its name before a ``/``.
    """

    state: str
    deadline: str | None
    days: float


def critical_path(of: Section) -> list[Row]:
    """Give which deadlines make up the length of the cases that have ended, the longest part first.

    ``leads``: in how many cases no other deadline added more.
    """
    days, states_under = defaultdict[str | None, float](float), defaultdict[str | None, set[str]](set)
    leads, on_path = Counter[str | None](), Counter[str | None]()
    ended = [life for life in of.lives if life.case.has_ended]
    for life in ended:
        mine: dict[str | None, float] = defaultdict(float)
        for part in path(of, life):
            mine[part.deadline] += part.days
            states_under[part.deadline].add(part.state)
        for name, added in mine.items():
            days[name] += added
            on_path[name] += 1
        if mine:
            leads[max(mine, key=lambda name: (mine[name], name or ""))] += 1
    whole, order = sum(days.values()), {path: n for n, path in enumerate(of.states)}
    return [
        {
            "deadline": name,
            "states": sorted(states_under[name], key=lambda path: (order.get(path, len(order)), path)),
            "share": share(added, whole),
            "days_a_case": round(added / len(ended), 2),
            "cases": on_path[name],
            "leads": leads[name],
        }
        for name, added in sorted(days.items(), key=lambda item: (-item[1], item[0] or ""))
    ]


def path(of: Section, life: Life) -> Iterator[Part]:
    """Give the critical path of a case that has ended, from its end back to its opening.

    It goes from the stay whose act ended it to the stay whose act began that one, and so on. Of parallel regions, and of children that were
    waited for, only the last to finish lies on it.
    """
    until, stay, opened = life.case.ended_at, life.last, life.case.opened_at
    while stay is not None and until is not None and until > opened:
        begin = max(stay.entered, opened)
        deadline = None if stay.deadline is None else named(of, stay, stay.deadline)
        yield Part(named(of, stay, stay.leaf), deadline, of.time.between(begin, until))
        until, stay = begin, stay.cause


def named(of: Section, stay: Stay, name: str) -> str:
    """Give a name as it is called in one workflow."""
    return name if stay.plan is of.plan else f"{stay.plan.name}/{name}"
