"""python-statemachine: its machine bound to an ORM row, an audit row beside it in the same commit."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session
from statemachine import State, StateMachine  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import FIRST, STATES, STEPS
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.peers.orm import Case, open_database, record
from tests.bench.tables import case_ids


def machine_class() -> Any:
    states = {name: State(name, value=name, initial=name == FIRST) for name in STATES}
    events = {step.action: states[step.source].to(states[step.target]) for step in STEPS}
    return type("Consultation", (StateMachine,), {**states, **events})


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    engine = open_database(setting.folder / "statemachine.db")
    machine = machine_class()
    cases = case_ids()

    def one_case() -> int:
        case_id = next(cases)
        for step in STEPS:
            with Session(engine) as session:
                case = session.get_one(Case, case_id)
                source = case.state
                machine(model=case, state_field="state").send(step.action)
                record(session, case, step.action, source)
        return len(STEPS)

    return one_client(one_case, setting)
