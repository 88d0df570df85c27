"""What a simulation shows, as plain JSON: throughput, overdue deadlines, workload, dwell times, outcomes, the critical path of deadlines.

Lengths are working days. A share is None where there is nothing to take a share of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.case import CLOCK
from engine.core.deadlines import is_overdue
from engine.core.ledger import Ledger, Status
from engine.definition.process import Kind
from engine.proof.simulation_cases import Life, Simulated, Stay

Row = dict[str, Any]


def report(simulated: Simulated) -> dict[str, Any]:
    """Give everything that was found, with what was assumed."""
    definition = simulated.process.definition
    return {
        "workflow": definition.workflow,
        "version": definition.version,
        "seed": simulated.seed,
        "assumptions": simulated.assumptions.as_json(),
        "cases": cases(simulated),
        "months": months(simulated),
        "outcomes": outcomes(simulated),
        "states": states(simulated),
        "deadlines": deadlines(simulated),
        "rungs": rungs(simulated),
        "roles": roles(simulated),
        "critical_path": critical_path(simulated),
        "stuck": stuck(simulated),
    }


# --- cases ----------------------------------------------------------------------------------------------------------


def cases(simulated: Simulated) -> Row:
    """Count the cases: every one that was opened has ended or is open."""
    ended = [life for life in simulated.lives if life.case.has_ended]
    return {
        "opened": len(simulated.lives),
        "ended": len(ended),
        "open": len(simulated.lives) - len(ended),
        "not_opened": dict(sorted(simulated.refused.items())),
        "days": lengths(length(simulated, life) for life in ended),
    }


def months(simulated: Simulated) -> list[Row]:
    """Count month by month what was opened, what ended, and what was open in the end."""
    opened, ended = Counter[str](), Counter[str]()
    for life in simulated.lives:
        opened[month_of(simulated, life.case.opened_at)] += 1
        if life.case.ended_at is not None:
            ended[month_of(simulated, life.case.ended_at)] += 1
    rows, still = [], 0
    for month in all_months(simulated):
        still += opened[month] - ended[month]
        rows.append({"month": month, "opened": opened[month], "ended": ended[month], "open": still})
    return rows


def month_of(simulated: Simulated, instant: Instant) -> str:
    """Name the month of an instant."""
    return simulated.process.calendar.local_date(instant).isoformat()[:7]


def all_months(simulated: Simulated) -> list[str]:
    """Name the months that were simulated."""
    day, last = (simulated.process.calendar.local_date(each) for each in (simulated.begin, simulated.end - 1))
    found: dict[str, None] = {}
    while day <= last:
        found[day.isoformat()[:7]] = None
        day += timedelta(days=1)
    return list(found)


def outcomes(simulated: Simulated) -> list[Row]:
    """Count how cases ended, with how long they took; states in the order of the file."""
    found: dict[str, list[Life]] = {path: [] for path, state in simulated.process.definition.states.items() if state.outcome is not None}
    for life in simulated.lives:
        if life.case.has_ended:
            found[life.case.configuration[0]].append(life)
    all_ended = sum(map(len, found.values()))
    return [
        {
            "state": path,
            "outcome": simulated.process.states[path].outcome,
            "cases": len(lives),
            "share": share(len(lives), all_ended),
            "days": lengths(length(simulated, life) for life in lives),
        }
        for path, lives in found.items()
    ]


def stuck(simulated: Simulated) -> list[Row]:
    """Name the states in which cases stand that nobody could move, with the codes that stood in the way."""
    found = Counter((stay.leaf, stay.stuck) for life in simulated.lives for stay in life.active.values() if stay.stuck)
    return [{"state": leaf, "codes": list(codes), "cases": many} for (leaf, codes), many in sorted(found.items())]


def length(simulated: Simulated, life: Life) -> float:
    """Count the working days from the opening of a case to its end."""
    assert life.case.ended_at is not None
    return simulated.time.between(life.case.opened_at, life.case.ended_at)


# --- states ---------------------------------------------------------------------------------------------------------


def states(simulated: Simulated) -> list[Row]:
    """Give how long stays lasted, and how long they waited for a free hand first; stays that still last are only counted."""
    found: dict[str, list[Stay]] = {path: [] for path in simulated.assumptions.states}
    for stay in (stay for life in simulated.lives for stay in life.stays if stay.left != stay.entered or stay.began is not None):
        if simulated.process.states[stay.leaf].kind is not Kind.FINAL:
            found.setdefault(stay.leaf, []).append(stay)
    return [state_row(simulated, path, stays) for path, stays in found.items() if simulated.process.states[path].kind is not Kind.FINAL]


def state_row(simulated: Simulated, path: str, stays: Sequence[Stay]) -> Row:
    """Sum up the stays in one state."""
    time = simulated.time
    return {
        "state": path,
        "stays": len(stays),
        "open": sum(stay.left is None for stay in stays),
        "days": lengths(time.between(stay.entered, stay.left) for stay in stays if stay.left is not None),
        "waited": lengths(time.between(stay.entered, stay.began) for stay in stays if stay.began is not None),
    }


# --- deadlines ------------------------------------------------------------------------------------------------------


def deadlines(simulated: Simulated) -> list[Row]:
    """Count how deadlines ended. Overdue is what ended late or missed, or runs past its due instant; timers are never."""
    found: dict[str, list[Ledger]] = {name: [] for name in simulated.process.definition.deadlines}
    for kept in simulated.tally.deadlines.values():
        found[kept["name"]].append(Ledger.from_json(kept))
    rows = []
    for name, ledgers in found.items():
        deadline = simulated.process.definition.deadlines[name]
        ends = Counter(ledger.status for ledger in ledgers)
        running = sum(ledger.status.is_open for ledger in ledgers)
        past = 0 if deadline.timer else sum(ledger.status.is_open and is_overdue(ledger, simulated.end) for ledger in ledgers)
        late = ends[Status.LATE] + ends[Status.MISSED]
        overdue = late + past
        rows.append(
            {
                "deadline": name,
                "basis": deadline.basis,
                "armed": len(ledgers),
                "met": ends[Status.MET],
                "late": late,
                "other": len(ledgers) - ends[Status.MET] - late - running,
                "running": running,
                "past_due": past,
                "overdue": None if deadline.timer else share(overdue, ends[Status.MET] + overdue),
            }
        )
    return rows


def rungs(simulated: Simulated) -> list[Row]:
    """Count how often each rung fired, whom it escalated to, what it did, and how often that was refused."""
    tally = simulated.tally
    return [
        {
            "deadline": name,
            "at": rung.at.text,
            "fired": tally.rungs[name, rung.at.text],
            "escalates": rung.escalate,
            "acts": rung.act,
            "refused": tally.clock_refused[name, rung.at.text],
        }
        for name, deadline in simulated.process.definition.deadlines.items()
        for rung in deadline.rungs
        if rung.written
    ]


# --- workload -------------------------------------------------------------------------------------------------------


def roles(simulated: Simulated) -> list[Row]:
    """Give for each role the acts and the tasks that were open, week by week; a week is seven days from the first on."""
    weeks = -(-(simulated.end - simulated.begin) // WEEK)
    acts: dict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    for taken in simulated.tally.acts:
        acts[taken.role][(taken.instant - simulated.begin) // WEEK] += 1
    open_tasks = {role: at_week_ends(simulated, role, weeks) for role in dict.fromkeys(task.role for task in simulated.tally.tasks)}
    escalated = Counter(task.role for task in simulated.tally.tasks if task.kind == "escalation" and task.by > 0)
    named = [role for role in simulated.process.definition.roles if role in acts or role in open_tasks]
    return [
        {
            "role": role,
            "acts": sum(acts[role]),
            "acts_a_week": round(sum(acts[role]) / weeks, 2),
            "busiest_week": max(acts[role]),
            "tasks": round(sum(tasks) / weeks, 2),
            "most_tasks": max(tasks, default=0),
            "escalations": escalated[role],
            "by_week": {"acts": acts[role], "tasks": tasks},
        }
        for role in [*named, *(role for role in acts if role not in named and role != CLOCK)]
        for tasks in [open_tasks.get(role, [])]
    ]


WEEK: Instant = 7 * 24 * 3_600_000_000


def at_week_ends(simulated: Simulated, role: str, weeks: int) -> list[int]:
    """Count the tasks of a role that were open at the end of each week."""
    moves = [task for task in simulated.tally.tasks if task.role == role]
    instants = [task.instant for task in moves]
    ends = (min(simulated.begin + (week + 1) * WEEK, simulated.end) for week in range(weeks))
    return [sum(task.by for task in moves[: bisect_right(instants, end)]) for end in ends]


# --- the critical path ----------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """A part of the critical path of one case: a stay, under the deadline that governed it, and how many working days it added."""

    leaf: str
    deadline: str | None
    days: float


def critical_path(simulated: Simulated) -> list[Row]:
    """Give which deadlines make up the length of the cases that have ended, the longest part first.

    The critical path of a case goes back from its end: the stay whose act ended it, the stay whose act began that one, and so on to the
    opening. Of parallel regions only the last to finish lies on it. ``leads``: in how many cases no other deadline added more.
    """
    days, states_under = defaultdict[str | None, float](float), defaultdict[str | None, set[str]](set)
    leads, on_path = Counter[str | None](), Counter[str | None]()
    ended = [life for life in simulated.lives if life.case.has_ended]
    for life in ended:
        mine: dict[str | None, float] = defaultdict(float)
        for part in path(simulated, life):
            mine[part.deadline] += part.days
            states_under[part.deadline].add(part.leaf)
        for name, added in mine.items():
            days[name] += added
            on_path[name] += 1
        if mine:
            leads[max(mine, key=lambda name: (mine[name], name or ""))] += 1
    whole = sum(days.values())
    order = list(simulated.process.definition.states)
    return [
        {
            "deadline": name,
            "states": sorted(states_under[name], key=order.index),
            "share": share(added, whole),
            "days_a_case": round(added / len(ended), 2),
            "cases": on_path[name],
            "leads": leads[name],
        }
        for name, added in sorted(days.items(), key=lambda item: (-item[1], item[0] or ""))
    ]


def path(simulated: Simulated, life: Life) -> Iterator[Part]:
    """Give the critical path of a case that has ended, from its end back to its opening."""
    until, stay = life.case.ended_at, life.last
    while stay is not None and until is not None:
        yield Part(stay.leaf, stay.deadline, simulated.time.between(stay.entered, until))
        until, stay = stay.entered, stay.cause


# --- numbers --------------------------------------------------------------------------------------------------------


def lengths(days: Iterable[float]) -> Mapping[str, float] | None:
    """Give median and 90th percentile (nearest rank) of lengths; None of none."""
    ordered = sorted(days)
    if not ordered:
        return None
    return {"median": round(nearest_rank(ordered, 50), 2), "p90": round(nearest_rank(ordered, 90), 2)}


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """Give the value that so many per cent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def share(part: float, whole: float) -> float | None:
    """Give a share, rounded to a thousandth."""
    return None if whole == 0 else round(part / whole, 3)
