"""What every contender of ours starts from: the service on an empty database, with the process of bench.yaml and cases of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import uuid_utils

from engine.runtime.answers import RequestKey, request_key
from engine.runtime.application import Application, opened
from engine.runtime.lane import Pending
from engine.runtime.people import Principal
from engine.settings import Settings
from engine.store.store import CHECKPOINT_SECONDS
from tests.bench.consultation import ACTOR, REMARK, STEPS
from tests.bench.measure import Setting

WORKFLOW = "bench_round"
DEFINITION = Path(__file__).parents[1] / "bench.yaml"
WORKFLOWS = Path(__file__).parents[3] / "workflows"
ORGANISATION = "bench"
ROLES = ("office", "chair", "department")
CLERK = Principal(ACTOR, ORGANISATION, frozenset(ROLES))
DESIGNER = Principal("designer-1", ORGANISATION, frozenset({"designer"}))
FORM: dict[str, Any] = {"note": REMARK["note"], "heard": REMARK["attendance"]}
TOPIC = {"topic": "an estate of 1,200 households without piped gas for twelve years"}


def database_url(setting: Setting) -> str:
    """Give the PostgreSQL of the setting, else a SQLite file in its folder."""
    return setting.postgres or f"sqlite:///{setting.folder / 'yishi.db'}"


@contextmanager
def service(setting: Setting, *, lane: bool = False, clock: Literal["system", "manual"] = "system") -> Iterator[Application]:
    """Open the service as a server does, housekeeping included; with `lane` its thread runs, else each command in its caller's."""
    settings = Settings(database_url=database_url(setting), workflows=WORKFLOWS, organisation=ORGANISATION, clock=clock)
    with opened(settings, serve=lane) as application, checkpoints(application):
        application.store.prepare()
        application.registry.publish(DESIGNER, DEFINITION.read_text(), DEFINITION.name, application.now())
        yield application


@contextmanager
def checkpoints(application: Application) -> Iterator[None]:
    """Do the store's housekeeping in a thread of its own as often as the service does: it belongs to the price."""
    done = threading.Event()

    def keep_house() -> None:
        while not done.wait(CHECKPOINT_SECONDS):
            application.store.checkpoint()

    thread = threading.Thread(target=keep_house, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class Round:
    """One case on its way through the twelve steps, again and again; it knows which version it saw last."""

    def __init__(self, application: Application, case_id: str, version: int) -> None:
        self.service = application.service
        self.case_id = case_id
        self.version = version
        self.path = f"/v1/cases/{case_id}/actions/"
        self.taken = 0

    def key(self, action: str) -> RequestKey:
        """Make a new idempotency key, as HTTP makes it of every request that carries one."""
        return request_key(ORGANISATION, CLERK.id, "POST", self.path + action, str(uuid_utils.uuid4()), b"", str(self.version))

    def submit(self, *, keyed: bool = True, bulk: bool = False) -> Pending:
        """Hand in the next step, on the version seen last."""
        action = STEPS[self.taken % len(STEPS)].action
        key = self.key(action) if keyed else None
        return self.service.act(CLERK, self.case_id, action, data=FORM, expected=self.version, key=key, bulk=bulk)

    def accept(self, answer: Any) -> None:
        """Take note of the version the case has now."""
        self.version = answer.case.version
        self.taken += 1


def open_rounds(application: Application, count: int) -> list[Round]:
    """Open cases; the lane takes them together when it runs."""
    waiting = [application.service.open(CLERK, WORKFLOW, data=TOPIC) for _ in range(count)]
    cases = [pending.result().case for pending in waiting]
    return [Round(application, case.id, case.version) for case in cases]
