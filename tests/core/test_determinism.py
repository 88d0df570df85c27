"""What is decided depends on the file, the case, the command and the instant: not on the order of keys, hashes or threads."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.command import Command
from engine.core.compiled import compile_process
from engine.core.decision import Decision, Outcome
from engine.definition.loader import beside, load_one
from engine.definition.reader import read
from tests.core import random_walks
from tests.core.decided import ROOT, decided, decisions_of, shipped, shuffled
from tests.core.process import calendars
from tests.core.random_processes import Shape, as_yaml, examples, workflows
from tests.core.random_walks import WALKS, Walk, compiled, dice


class Told(Walk):
    """A walk that keeps the bytes of all that is decided, refusals included, of one case after the other."""

    def __init__(self, workflow: Shape) -> None:
        super().__init__(workflow)
        self.told: list[bytes] = []

    def decide(self, command: Command, what: str) -> Outcome:
        outcome = super().decide(command, what)
        self.told.append(decided(outcome) if isinstance(outcome, Decision) else repr(outcome.refusals).encode())
        return outcome


def walked(workflow: Shape, walk: list[int]) -> list[bytes]:
    """Give all that is decided on a walk."""
    here = Told(workflow)
    for thrown in walk:
        here.step(thrown)
    return here.told


@given(workflows(), WALKS, st.integers(0, 2**32))
@settings(max_examples=examples(25), deadline=None)
def test_the_order_of_keys_decides_nothing(workflow: Shape, walk: list[int], seed: int) -> None:
    """Only states, regions, acts, events heard, deadlines and branches stand in an order that counts."""
    assert walked(shuffled(workflow, Random(seed)), walk) == walked(workflow, walk)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_keys_decides_nothing_in_the_shipped_process(seed: int) -> None:
    path = ROOT / "workflows" / "member_deliberation.yaml"
    (document,) = read(path, str(path)).documents
    other_order = shuffled(document.data, Random(seed))
    assert list(other_order) != list(document.data)
    other = compile_process(load_one(as_yaml(other_order), "shuffled.yaml", calendars=calendars(), library=beside(path)), calendars()["cn"])
    assert decisions_of(other) == decisions_of(shipped())


def test_the_order_of_hashes_decides_nothing() -> None:
    told = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.core.decided"]
        told.add(subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True).stdout)
    assert len(told) == 1
    assert len(told.pop()) == 65


def test_it_does_not_matter_which_thread_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen walks at once, in four threads, on one compiled process that all of them share."""
    monkeypatch.setattr(random_walks, "note", lambda _: None)
    shared = compiled(as_yaml(PARALLEL))
    monkeypatch.setattr(random_walks, "compiled", lambda _: shared)
    walks = [dice(120, seed) for seed in range(16)]
    alone = [walked(PARALLEL, walk) for walk in walks]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda walk: walked(PARALLEL, walk), walks))
    assert together == alone
    assert len(set(map(tuple, alone))) > 10, "the walks differ"


PARALLEL: Shape = {
    "workflow": "shared",
    "version": 1,
    "title": "试",
    "calendar": "cn",
    "roles": {"office": "办公室", "member": "委员"},
    "data": {"n": {"type": "int", "default": 0}, "b": {"type": "bool", "default": False}},
    "start": {"by": ["office", "member"], "form": ["n"]},
    "initial": "both",
    "states": {
        "both": {
            "deadlines": {"d": {"within": "5 working days", "basis": "default", "rungs": [{"at": "due", "set": {"b": "!data.b"}}]}},
            "regions": {
                "p": {
                    "initial": "a",
                    "states": {"a": {"actions": {"go": {"by": "office", "guard": "data.n > 0", "to": "b"}}}, "b": {"final": True}},
                },
                "q": {"initial": "c", "states": {"c": {"actions": {"go": {"by": ["office", "member"], "to": "e"}}}, "e": {"final": True}}},
            },
            "actions": {"skip": {"by": "office", "set": {"n": "data.n + 1"}}},
            "done": {"to": "after"},
        },
        "after": {
            "actions": {"back": {"by": "office", "form": ["n"], "to": "both"}, "go": {"by": "member", "guard": "data.b", "to": "over"}}
        },
        "over": {"final": True, "outcome": "success"},
    },
}
