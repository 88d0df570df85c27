"""What a simulation shows, as plain JSON: throughput, overdue deadlines, workload, dwell times, outcomes, the critical path of deadlines.

Lengths are working days. A share is None where there is nothing to take a share of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

from engine.clock import Instant
from engine.core.case import CLOCK
from engine.core.deadlines import is_overdue
from engine.core.ledger import OVER_TIME, Ledger, Status
from engine.definition.periods import HOUR
from engine.definition.process import Kind
from engine.proof.simulation_cases import Life, Section, Simulated, Stay
from engine.proof.simulation_numbers import lengths, share
from engine.proof.simulation_path import critical_path
from engine.proof.simulation_tally import TaskMoved

Row = dict[str, Any]


def report(simulated: Simulated) -> dict[str, Any]:
    """Give everything that was found, with what was assumed. ``related``: the workflows whose cases the simulated one has opened."""
    main = simulated.main.process.definition
    return {
        "workflow": main.workflow,
        "version": main.version,
        "seed": simulated.seed,
        **section(Section(simulated, simulated.main)),
        "roles": roles(simulated),
        "related": {plan.name: section(Section(simulated, plan)) for plan in simulated.plans[1:]},
    }


def section(of: Section) -> dict[str, Any]:
    """Give what was found about one workflow."""
    return {
        "assumptions": of.plan.assumptions.as_json(alone=of.plan is of.simulated.main),
        "cases": cases(of),
        "months": months(of),
        "outcomes": outcomes(of),
        "states": states(of),
        "deadlines": deadlines(of),
        "rungs": rungs(of),
        "critical_path": critical_path(of),
        "stuck": stuck(of),
    }


# --- cases ----------------------------------------------------------------------------------------------------------


def cases(of: Section) -> Row:
    """Count the cases: every one that was opened has ended or is open."""
    ended = [life for life in of.lives if life.case.has_ended]
    return {
        "opened": len(of.lives),
        "ended": len(ended),
        "open": len(of.lives) - len(ended),
        "not_opened": dict(sorted(of.simulated.refused.items())) if of.plan is of.simulated.main else {},
        "days": lengths(length(of, life) for life in ended),
    }


def months(of: Section) -> list[Row]:
    """Count month by month what was opened, what ended, and what was open in the end."""
    opened, ended = Counter[str](), Counter[str]()
    for life in of.lives:
        opened[month_of(of, life.case.opened_at)] += 1
        if life.case.ended_at is not None:
            ended[month_of(of, life.case.ended_at)] += 1
    rows, still = [], 0
    for month in all_months(of):
        still += opened[month] - ended[month]
        rows.append({"month": month, "opened": opened[month], "ended": ended[month], "open": still})
    return rows


def month_of(of: Section, instant: Instant) -> str:
    """Name the month of an instant."""
    return of.plan.process.calendar.local_date(instant).isoformat()[:7]


def all_months(of: Section) -> list[str]:
    """Name the months that were simulated."""
    day, last = (of.plan.process.calendar.local_date(each) for each in (of.simulated.begin, of.simulated.end - 1))
    found: dict[str, None] = {}
    while day <= last:
        found[day.isoformat()[:7]] = None
        day += timedelta(days=1)
    return list(found)


def outcomes(of: Section) -> list[Row]:
    """Count how cases ended, with how long they took; states in the order of the file."""
    found: dict[str, list[Life]] = {path: [] for path, state in of.plan.process.definition.states.items() if state.outcome is not None}
    for life in of.lives:
        if life.case.has_ended:
            found[life.case.configuration[0]].append(life)
    all_ended, written = sum(map(len, found.values())), of.plan.process.definition.states
    return [
        {
            "state": path,
            "outcome": of.states[path].outcome,
            "cases": len(lives),
            "share": share(len(lives), all_ended),
            "days": lengths(length(of, life) for life in lives),
        }
        for path, lives in found.items()
        if lives or path in written
    ]


def stuck(of: Section) -> list[Row]:
    """Name the states in which cases stand that nobody could move, with the codes that stood in the way."""
    found = Counter((stay.leaf, stay.stuck) for life in of.lives for stay in life.active.values() if stay.stuck)
    return [{"state": leaf, "codes": list(codes), "cases": many} for (leaf, codes), many in sorted(found.items())]


def length(of: Section, life: Life) -> float:
    """Count the working days from the opening of a case to its end."""
    assert life.case.ended_at is not None
    return of.time.between(life.case.opened_at, life.case.ended_at)


# --- states ---------------------------------------------------------------------------------------------------------


def states(of: Section) -> list[Row]:
    """Give how long stays lasted, and how long they waited for a free hand first; stays that still last are only counted."""
    found: dict[str, list[Stay]] = {path: [] for path in of.plan.assumptions.states}
    for stay in (stay for life in of.lives for stay in life.stays if stay.left != stay.entered or stay.began is not None):
        if of.states[stay.leaf].kind is not Kind.FINAL:
            found.setdefault(stay.leaf, []).append(stay)
    return [state_row(of, path, stays) for path, stays in found.items() if of.states[path].kind is not Kind.FINAL]


def state_row(of: Section, path: str, stays: Sequence[Stay]) -> Row:
    """Sum up the stays in one state."""
    time = of.time
    return {
        "state": path,
        "stays": len(stays),
        "open": sum(stay.left is None for stay in stays),
        "days": lengths(time.between(stay.entered, stay.left) for stay in stays if stay.left is not None),
        "waited": lengths(time.between(stay.entered, stay.began) for stay in stays if stay.began is not None),
    }


# --- deadlines ------------------------------------------------------------------------------------------------------


def deadlines(of: Section) -> list[Row]:
    """Count how deadlines ended. Overdue is what ended late or missed, or runs past its due instant; timers are never."""
    found: dict[str, list[Ledger]] = {name: [] for name in of.plan.process.definition.deadlines}
    for kept in of.plan.tally.deadlines.values():
        found[kept["name"]].append(Ledger.from_json(kept))
    rows = []
    for name, ledgers in found.items():
        deadline = of.plan.process.definition.deadlines[name]
        ends = Counter(ledger.status for ledger in ledgers)
        running = sum(ledger.status.is_open for ledger in ledgers)
        past = 0 if deadline.timer else sum(ledger.status.is_open and is_overdue(ledger, of.simulated.end) for ledger in ledgers)
        late = sum(ends[each] for each in OVER_TIME)
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


def rungs(of: Section) -> list[Row]:
    """Count how often each rung fired, whom it escalated to, what it did, and how often that was refused."""
    tally = of.plan.tally
    return [
        {
            "deadline": name,
            "at": rung.at.text,
            "fired": tally.rungs[name, rung.at.text],
            "escalates": rung.escalate,
            "acts": rung.act,
            "refused": tally.clock_refused[name, rung.at.text],
        }
        for name, deadline in of.plan.process.definition.deadlines.items()
        for rung in deadline.rungs
        if rung.written
    ]


# --- workload -------------------------------------------------------------------------------------------------------


def roles(simulated: Simulated) -> list[Row]:
    """Give for each role the acts and the tasks that were open, week by week; a week is seven days from the first on."""
    weeks = -(-(simulated.end - simulated.begin) // WEEK)
    acts: dict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    for taken in (taken for plan in simulated.plans for taken in plan.tally.acts):
        acts[taken.role][(taken.instant - simulated.begin) // WEEK] += 1
    tasks_moved = sorted((task for plan in simulated.plans for task in plan.tally.tasks), key=lambda task: task.instant)
    open_tasks = {role: at_week_ends(simulated, tasks_moved, role, weeks) for role in dict.fromkeys(task.role for task in tasks_moved)}
    escalated = Counter(task.role for task in tasks_moved if task.kind == "escalation" and task.by > 0)
    known = dict.fromkeys(role for plan in simulated.plans for role in plan.process.definition.roles)
    named = [role for role in known if role in acts or role in open_tasks]
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


WEEK: Instant = 7 * 24 * HOUR


def at_week_ends(simulated: Simulated, tasks: Iterable[TaskMoved], role: str, weeks: int) -> list[int]:
    """Count the tasks of a role that were open at the end of each week."""
    moves = [task for task in tasks if task.role == role]
    instants = [task.instant for task in moves]
    ends = (min(simulated.begin + (week + 1) * WEEK, simulated.end) for week in range(weeks))
    still = [0, *accumulate(task.by for task in moves)]
    return [still[bisect_right(instants, end)] for end in ends]
