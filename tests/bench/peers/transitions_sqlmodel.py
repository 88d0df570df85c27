"""transitions and SQLModel as their first pages show them: a Machine for each object, a Session for each step."""

from __future__ import annotations

from sqlmodel import Session
from transitions import Machine

from tests.bench.consultation import STATES, STEPS
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.peers.orm import Case, open_database, record
from tests.bench.tables import case_ids

TRANSITIONS = [{"trigger": step.action, "source": step.source, "dest": step.target} for step in STEPS]


class Matter:
    """What the machine moves."""

    state: str


def fire(state: str, action: str) -> str:
    """Build a machine around the present state, fire, and give where it went."""
    matter = Matter()
    Machine(model=matter, states=list(STATES), transitions=TRANSITIONS, initial=state)
    getattr(matter, action)()
    return matter.state


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    engine = open_database(setting.folder / "transitions.db")
    cases = case_ids()

    def one_case() -> int:
        case_id = next(cases)
        for step in STEPS:
            with Session(engine) as session:
                case = session.get_one(Case, case_id)
                source = case.state
                case.state = fire(source, step.action)
                record(session, case, step.action, source)
        return len(STEPS)

    return one_client(one_case, setting)
