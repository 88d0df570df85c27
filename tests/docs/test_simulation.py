"""The assumptions that the guide shows are about the shipped process and can be read as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

from engine.core.compiled import compile_process
from engine.definition.loader import load_one
from engine.proof.simulation_defaults import CLOSES, OPENS, PERSONS, WITHOUT_TERM, default_assumptions
from engine.proof.simulation_reading import read_assumptions
from tests.definition.loading import CALENDARS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "simulation.md").read_text("utf-8")


def test_the_file_of_assumptions_that_is_shown_can_be_read() -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    process = compile_process(load_one(ROOT / "workflows" / "member_deliberation.yaml", calendars=CALENDARS), CALENDARS["cn"])
    processes, defaults = {"member_deliberation": process}, {"member_deliberation": default_assumptions(process)}
    found = read_assumptions(shown, "simulation.md", processes, defaults)
    assert found.problems == ()
    assert found.assumptions["member_deliberation"].states["topic.vetting"].ways == {"approve": 0.7, "send_back": 0.3}


def test_the_defaults_that_are_told_are_those_there_are() -> None:
    assert (PERSONS, OPENS, CLOSES, tuple(WITHOUT_TERM)) == (3, "09:00", "17:30", (2.0, 5.0))
    for told in ("three in each role", "09:00 to the closing hour", "to 17:30", "two working days, and five"):
        assert told in PAGE
