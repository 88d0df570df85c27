"""Apache Burr with its SQLite persister: twelve actions; the state with the remark is saved as a row after each."""

from __future__ import annotations

import itertools
from typing import Any

from burr.core import ApplicationBuilder, State, action  # type: ignore[import-not-found,unused-ignore]
from burr.core.persistence import SQLitePersister  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import ACTOR, FIRST, REMARK, STEPS, Step
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import connect_sqlite

NAMES = [step.action for step in STEPS]


def act(step: Step) -> Any:
    done = {"actor": ACTOR, "action": step.action, "source": step.source, "target": step.target, "remark": REMARK}

    @action(reads=["state"], writes=["state", "done"])  # type: ignore[untyped-decorator,unused-ignore]
    def taken(state: State) -> State:
        return state.update(state=step.target, done=done)

    return taken


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client, at its best: the application stays in memory, nothing is read before a step."""
    path = setting.folder / "burr.db"
    # Left to itself it uses SQLite's rollback journal, at a quarter of the speed; the mode stays with the file.
    connect_sqlite(path).close()
    persister = SQLitePersister.from_values(str(path))
    persister.initialize()
    actions = {step.action: act(step) for step in STEPS}
    cases = itertools.count(1)

    def one_case() -> int:
        application = (
            ApplicationBuilder()
            .with_actions(**actions)
            .with_transitions(*itertools.pairwise(NAMES))
            .with_identifiers(app_id=str(next(cases)))
            .initialize_from(persister, resume_at_next_action=True, default_state={"state": FIRST}, default_entrypoint=NAMES[0])
            .with_state_persister(persister)
            .build()
        )
        for step in STEPS:
            _, _, state = application.step()
            if state["state"] != step.target:
                raise RuntimeError(f"Burr's case is in {state['state']}, not in {step.target}")
        return len(STEPS)

    return one_client(one_case, setting)
