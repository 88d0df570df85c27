"""The bytes of what the engine decides: all of it, so that two ways to the same decision can be compared.

`python -m tests.core.decided` prints a digest of every decision in three months of the shipped process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import orjson

from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision
from engine.definition.loader import load_one
from engine.definition.terms import parse_term
from engine.proof.simulation import simulate
from engine.proof.simulation_defaults import default_assumptions
from tests.core.process import calendars

ROOT = Path(__file__).resolve().parents[2]
FIXED = frozenset({"states", "regions", "actions", "receive", "deadlines", "reopen", "fields"})
"""Keys below which the order of the file counts."""
LISTS = "lists"
"""Nothing in it is shuffled: people see its entries in the order of the file."""


def decided(decision: Decision) -> bytes:
    """Give a decision as bytes, keys sorted as in an event, lists in the order in which things happened; the text's digest is left out."""
    facts = {**decision._asdict(), "case": decision.case._replace(digest="")._asdict(), "notes": dict(decision.notes)}
    return orjson.dumps(facts, default=as_plain, option=orjson.OPT_SORT_KEYS)


def as_plain(value: Any) -> Any:
    """Give what JSON has no word for: named tuples as lists, mappings that cannot be changed. A set has no order: none is in a decision."""
    if isinstance(value, tuple):
        return [*value]
    if isinstance(value, Mapping):
        return {**value}
    raise TypeError(f"expected nothing but tuples and mappings in a decision, got {value!r}")


def shuffled(value: Any, rng: Random, key: str = "") -> Any:
    """Shuffle the keys of everything in which their order means nothing."""
    if isinstance(value, list):
        return [shuffled(each, rng, key) for each in value]
    if not isinstance(value, dict) or key == LISTS:
        return value
    keys = list(value)
    if key not in FIXED:
        rng.shuffle(keys)
    return {each: shuffled(value[each], rng, "" if key in FIXED else each) for each in keys}


def decisions_of(process: Process) -> list[bytes]:
    """Give every decision of three simulated months."""
    found: list[bytes] = []
    assumptions = replace(default_assumptions(process, date(2026, 3, 2)), term=parse_term("3 months"))
    simulate(process, assumptions, 1, seen=lambda decision: found.append(decided(decision)))
    return found


def shipped() -> Process:
    """Give the shipped process."""
    return compile_process(load_one(ROOT / "workflows" / "member_deliberation.yaml", calendars=calendars()), calendars()["cn"])


if __name__ == "__main__":
    print(hashlib.sha256(b"\n".join(decisions_of(shipped()))).hexdigest())  # noqa: T201  it is what it is for
