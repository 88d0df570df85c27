"""Checks the database after a storm, from its rows alone. Shares no code with the engine: it reads JSON and computes SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Rows = list[tuple[Any, ...]]


@dataclass
class Verdict:
    """How many facts were checked, and what was found wrong with which."""

    checked: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.checked} facts checked, {len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.disordered)} out of order"

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.disordered)

    def evidence(self) -> list[str]:
        """What was found, at most some of each."""
        return [f"{kind}: {what}" for kind in ("lost", "doubled", "disordered") for what in getattr(self, kind)[:10]]


def check(acknowledged: Mapping[str, list[tuple[int, int]]], events: Rows, deadlines: Rows, rungs: Rows) -> Verdict:
    """Hold what was acknowledged against the trail.

    Args:
        acknowledged: case -> (token, version told) in the order of the answers.
        events: (case, seq, body, hash) in order of case and seq.
        deadlines: (case, n, status) of all deadlines; rungs: (case, deadline n, rung).
    """
    verdict = Verdict()
    trail: dict[str, list[tuple[int, dict[str, Any], str, str]]] = {}
    for case, seq, body, digest in events:
        trail.setdefault(case, []).append((seq, json.loads(body), body, digest))
    for case, kept in trail.items():
        chain(verdict, case, kept)
    for case, told in acknowledged.items():
        tokens(verdict, case, told, trail.get(case, []))
    fired = Counter((case, n) for case, n, _ in rungs)
    for case, n, _status in deadlines:
        verdict.checked += 1
        if fired[case, n] > 1:
            verdict.doubled.append(f"rung of deadline {n} of {case}")
    for case, kept in trail.items():
        rung_events = Counter(
            (body["action"], body["notes"]["rung"], deadline["n"])
            for _, body, _, _ in kept
            if body["kind"] == "rung"
            for deadline in body["deadlines"]
            if deadline["op"] == "fired"
        )
        verdict.doubled.extend(f"{what} in the trail of {case}" for what, times in rung_events.items() if times > 1)
    return verdict


def chain(verdict: Verdict, case: str, kept: list[tuple[int, dict[str, Any], str, str]]) -> None:
    """Each event follows the one before it: number, hash of its bytes, link, time."""
    previous, recorded = "0" * 64, ""
    for place, (seq, body, text, digest) in enumerate(kept, start=1):
        verdict.checked += 1
        whole = hashlib.sha256(text.encode()).hexdigest() == digest and body["prev"] == previous and seq == body["seq"] == place
        if not whole or body["recorded_at"][:19] < recorded[:19]:
            verdict.disordered.append(f"event {seq} of {case}")
        previous, recorded = digest, body["recorded_at"]


def tokens(verdict: Verdict, case: str, told: list[tuple[int, int]], kept: list[tuple[int, dict[str, Any], str, str]]) -> None:
    """Each acknowledged token stands in the trail once, at the version that was told, in the order of the answers."""
    found: dict[int, list[int]] = {}
    for _, body, _, _ in kept:
        token = body.get("delta", {}).get("data", {}).get("token")
        if token is not None and body["kind"] == "act":
            found.setdefault(token, []).append(body["version"])
    verdict.checked += len(told)
    order = []
    for token, version in told:
        places = found.get(token, [])
        if not places:
            verdict.lost.append(f"token {token} of {case}")
        elif len(places) > 1:
            verdict.doubled.append(f"token {token} of {case}")
        elif places[0] != version:
            verdict.disordered.append(f"token {token} of {case}: told version {version}, stands at {places[0]}")
        else:
            order.append(version)
    if order != sorted(order):
        verdict.disordered.append(f"answers of {case}")
    for token in found.keys() - {token for token, _ in told}:
        verdict.lost.append(f"nobody was told of token {token} of {case}")
