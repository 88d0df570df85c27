"""What a case remembers of acts: how often, by whom, since when. Only what its definition ever asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.case import CLOCK
from engine.core.compiled import act_key
from engine.core.machine import Chosen
from engine.core.tree import Route
from engine.definition.process import State

if TYPE_CHECKING:
    from engine.core.interpreter import Run


def count_anew(run: Run, way: Route) -> None:
    """Count acts since an entry from 0. What a history restores goes on with its old stay, like a document that was handed in then."""
    if not run.draft.section("since"):
        return
    for state in way.entered:
        if state.path not in way.restored:
            for key in run.draft.section("since").keys() & {f"{act}@{state.path}" for act in since_acts(run, state)}:
                run.draft.put("since", key, 0)


def since_acts(run: Run, state: State) -> list[str]:
    """Name the keys of acts that are counted since a state was entered."""
    return [key for act, since in run.process.definition.memory.since if since == state.path for key in run.process.acts.get(act, ())]


def count(run: Run, one: Chosen) -> None:
    """Keep what later guards, duties, limits and budgets ask of this taking."""
    spec, branch, memory = one.spec, one.branch, run.process.definition.memory
    if branch.cycles is not None:
        run.draft.put("cycles", branch.id, run.draft.get("cycles", branch.id, 0) + 1)
    if spec.reopens is not None:  # a new episode of the same case: its budgets start anew
        for taken in list(run.draft.section("cycles")):
            run.draft.drop("cycles", taken)
    if spec.trigger not in ("act", "hear"):
        return
    key, actor = act_key(spec), run.request.actor
    times = run.draft.get("acts", key, (0, 0))[0]
    run.draft.put("acts", key, [times + 1, run.moment])
    for name in {spec.name, key} & memory.actors if actor.id != CLOCK else ():
        kept = run.draft.get("actors", name) or {"persons": [], "units": []}
        units = [actor.unit] if actor.unit else []
        run.draft.put(
            "actors",
            name,
            {"persons": [*dict.fromkeys([*kept["persons"], actor.id])], "units": [*dict.fromkeys([*kept["units"], *units])]},
        )
    if spec.limit is not None:
        mine = [*run.draft.get("recent", key, ()), [run.moment, actor.id]]
        same = [row for row in mine if not spec.limit.per_person or row[1] == actor.id][-spec.limit.times :]
        run.draft.put("recent", key, [row for row in mine if row in same or (spec.limit.per_person and row[1] != actor.id)])
    for act, state in memory.since:
        if key in run.process.acts.get(act, ()):
            counter = f"{key}@{state}"
            run.draft.put("since", counter, run.draft.get("since", counter, 0) + 1)
