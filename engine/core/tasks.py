"""Tasks: in whose inbox a case lies. Derived from where the case stands, never kept by hand.

After each macrostep the tasks that should be open are worked out and compared with those that are: one for each owner of an active
state, one for each party that has not signed, one for each escalated rung of a live deadline, one for each thing that was asked for and
waits for its decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.core.decision import TaskChange
from engine.definition.process import Kind, Trigger

if TYPE_CHECKING:
    from engine.core.interpreter import Run


def task_changes(run: Run) -> tuple[TaskChange, ...]:
    """Open what is missing and close what is not needed any more; numbers are never used twice."""
    wanted: dict[Any, list[dict[str, Any]]] = {}  # of several hundred voters each has a task
    for task in wanted_tasks(run):
        wanted.setdefault(frozenset(task.items()), []).append(task)
    changes = []
    for n, task in list(run.draft.section("tasks").items()):
        same = frozenset(item for item in task.items() if item[0] != "opened_at")
        if wanted.get(same):
            wanted[same].pop()
        else:
            changes.append(TaskChange("closed", int(n), task))
            run.draft.drop("tasks", n)
    for task in (each for same in wanted.values() for each in same):
        n = run.draft.get("counters", "task", 0) + 1
        run.draft.put("counters", "task", n)
        opened = {**task, "opened_at": run.moment}
        run.draft.put("tasks", str(n), opened)
        changes.append(TaskChange("opened", n, opened))
    return tuple(changes)


def wanted_tasks(run: Run) -> Iterator[dict[str, Any]]:
    """Give the tasks that should be open where the case stands."""
    if run.has_ended():
        yield from escalations(run)
        return
    for leaf in run.configuration:
        state = run.states[leaf]
        if state.kind is not Kind.FINAL:
            for role in dict.fromkeys(state.owner):
                yield from ({"kind": "owner", "state": leaf, **holder} for holder in run.holders(role))
    if run.process.constructs:
        active = run.process.tree.active(run.configuration)
        yield from run.ballots.tasks(active)
        yield from run.parties.tasks(active)
    yield from escalations(run)
    for action in run.draft.section("asked"):
        asked = (each for each in run.process.transitions.values() if each.trigger is Trigger.ACT and each.name == action and each.asked_by)
        spec = next(asked, None)
        if spec is None:
            continue  # a correction: whoever has that right decides it, in whatever role
        for role in spec.by:
            yield from ({"kind": "asked", "state": spec.source, "action": action, **holder} for holder in run.holders(role))


def escalations(run: Run) -> Iterator[dict[str, Any]]:
    """Give the tasks that fired rungs have opened one level up, for as long as their deadline lives."""
    for ledger in run.draft.section("deadlines").values():
        if not ledger["fired"]:
            continue
        deadline = run.process.definition.deadlines[ledger["name"]]
        which = {"period": ledger["period"]["number"]} if "period" in ledger else {"party": ledger["party"]} if "party" in ledger else {}
        for rung in deadline.rungs:
            if rung.escalate and rung.at.text in ledger["fired"]:
                for holder in run.holders(rung.escalate):
                    yield {
                        "kind": "escalation",
                        "state": deadline.state,
                        "deadline": deadline.name,
                        "rung": rung.at.text,
                        **which,
                        **holder,
                    }
