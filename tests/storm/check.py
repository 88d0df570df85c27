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


def check(acknowledged: Mapping[str, list[tuple[int, int]]], events: Rows, rungs: Rows) -> Verdict:
    """Hold what was acknowledged against the trail, and the rungs that are kept as fired against those that it tells of.

    Args:
        acknowledged: case -> (token, version told) in the order of the answers.
        events: (case, seq, body, hash) in order of case and seq.
        rungs: (case, number of the deadline, rung).
    """
    verdict = Verdict()
    trail: dict[str, list[tuple[int, dict[str, Any], str, str]]] = {}
    for case, seq, body, digest in events:
        trail.setdefault(case, []).append((seq, json.loads(body), body, digest))
    for case, kept in trail.items():
        chain(verdict, case, kept)
    for case, told in acknowledged.items():
        tokens(verdict, case, told, trail.get(case, []))
    kept_rungs = Counter(rungs)
    told_rungs = Counter(
        (case, deadline["n"], body["notes"]["rung"])
        for case, kept in trail.items()
        for _, body, _, _ in kept
        if body["kind"] == "rung"
        for deadline in body["deadlines"]
        if deadline["op"] == "fired"
    )
    verdict.checked += len(kept_rungs | told_rungs)
    verdict.doubled.extend(f"rung {rung}" for rung, times in (kept_rungs | told_rungs).items() if times > 1)
    verdict.lost.extend(f"rung {rung} in the trail" for rung in kept_rungs.keys() - told_rungs.keys())
    verdict.lost.extend(f"rung {rung} among those that fired" for rung in told_rungs.keys() - kept_rungs.keys())
    return verdict


def unfired(deadlines: Rows, rungs: Rows) -> list[tuple[str, int]]:
    """Give the deadlines that run and none of whose rungs has fired; `deadlines` as (case, number, status)."""
    fired = {(case, n) for case, n, _ in rungs}
    return [(case, n) for case, n, status in deadlines if status == "running" and (case, n) not in fired]


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
