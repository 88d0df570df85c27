"""Must show 4, in short: a server that is killed under load loses nothing that it acknowledged and does nothing twice.

`make storm` is the long run. Here are four kills on each database, and the proof that the check would see what went wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server import server
from tests.storm.check import Rows, check, unfired
from tests.storm.storm import storm

KILLS = 4
Facts = dict[str, list[tuple[int, int]]]


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_nothing_acknowledged_is_lost_or_done_twice_when_the_server_is_killed(database_url: str, tmp_path: Path) -> None:
    with server(tmp_path, database_url) as installation:
        result = storm(installation, seconds=0, kills=KILLS, seed=1)
    assert result.verdict.clean, result.verdict.evidence()
    assert (result.kills, str(result.verdict).split(", ", 1)[1]) == (KILLS, "0 lost, 0 doubled, 0 out of order")
    assert result.verdict.checked > result.acknowledged > 0
    assert result.resolved >= result.replayed
    assert result.resolved > 0  # the kills did come while requests were under way


# --- the check itself -----------------------------------------------------------------------------------------------


def body(seq: int, prev: str, **more: Any) -> dict[str, Any]:
    """An event as it lies in the trail."""
    return {"seq": seq, "prev": prev, "version": seq, "recorded_at": f"2026-03-02T01:00:{seq:02}Z", "kind": "act", "deadlines": [], **more}


def trail(*bodies: dict[str, Any]) -> Rows:
    """Rows of one case with their hashes, each linked to the one before it unless it says otherwise."""
    rows: Rows = []
    previous = "0" * 64
    for seq, part in enumerate(bodies, start=1):
        text = json.dumps(body(seq, previous, **part))
        previous = hashlib.sha256(text.encode()).hexdigest()
        rows.append(("c", seq, text, previous))
    return rows


def token(number: int) -> dict[str, Any]:
    """An act that carried a token."""
    return {"delta": {"data": {"token": number}}}


RUNG = {"kind": "rung", "notes": {"rung": "start"}, "deadlines": [{"op": "fired", "n": 1}]}
SOUND = trail({"kind": "open"}, token(7), token(8), RUNG)
TOLD: Facts = {"c": [(7, 2), (8, 3)]}
FIRED: Rows = [("c", 1, "start")]


def test_a_sound_trail_is_clean() -> None:
    verdict = check(TOLD, SOUND, FIRED)
    assert str(verdict) == "7 facts checked, 0 lost, 0 doubled, 0 out of order"


@pytest.mark.parametrize(
    ("events", "told", "rungs", "kind"),
    [
        (SOUND, {"c": [*TOLD["c"], (9, 4)]}, FIRED, "lost"),
        (SOUND, {"c": TOLD["c"][:1]}, FIRED, "lost"),
        (trail({"kind": "open"}, token(7), token(8), token(8), RUNG), TOLD, FIRED, "doubled"),
        (trail({"kind": "open"}, token(7), token(8), RUNG, RUNG), TOLD, FIRED, "doubled"),
        (SOUND, TOLD, FIRED * 2, "doubled"),
        (SOUND, TOLD, [], "lost"),
        (SOUND[:3], TOLD, FIRED, "lost"),
        (SOUND, {"c": [(7, 3), (8, 3)]}, FIRED, "disordered"),
        (SOUND, {"c": [(8, 3), (7, 2)]}, FIRED, "disordered"),
        ([SOUND[0], *SOUND[2:]], {"c": [(8, 3)]}, FIRED, "disordered"),
        (trail({"kind": "open"}, {**token(7), "recorded_at": "2026-03-02T00:00:00Z"}), {"c": [(7, 2)]}, [], "disordered"),
    ],
    ids=[
        "an answer without its event",
        "an event nobody was told of",
        "an act done twice",
        "a rung told twice",
        "a rung kept twice",
        "a rung in the trail only",
        "a rung not in the trail",
        "another version than was told",
        "answers in another order",
        "a gap in the chain",
        "time running back",
    ],
)
def test_the_check_sees(events: Rows, told: Facts, rungs: Rows, kind: str) -> None:
    verdict = check(told, events, rungs)
    assert not verdict.clean
    assert getattr(verdict, kind), verdict.evidence()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"token": 7', '"token": 6'),
        lambda text: text.replace("01:00:02", "01:00:03"),
    ],
)
def test_the_check_sees_that_an_event_was_edited(change: Callable[[str], str]) -> None:
    case, seq, text, digest = SOUND[1]
    verdict = check({}, [SOUND[0], (case, seq, change(text), digest), *SOUND[2:]], FIRED)
    assert verdict.disordered == ["event 2 of c"]


def test_a_deadline_that_runs_and_never_rang_is_found() -> None:
    deadlines: Rows = [("c", 1, "running"), ("c", 2, "running"), ("c", 3, "late")]
    assert unfired(deadlines, FIRED) == [("c", 2)]
