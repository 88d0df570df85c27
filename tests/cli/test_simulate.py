"""`yishi simulate`: tables for people, JSON for programs, the same bytes for the same seed, and plain words for what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Yishi
from tests.proof.simulations import DESK, HEAD
from tests.proof.test_scenario_endless import CIRCLE, TO_AND_FRO

FEW = ("--from", "2026-03-02", "--for", "3 months")


@pytest.fixture
def desk(yishi: Yishi) -> str:
    path = yishi.folder / "desk.yaml"
    path.write_text(HEAD + DESK, "utf-8")
    return str(path)


def test_it_shows_a_table_for_each_question(yishi: Yishi, desk: str) -> None:
    told = yishi("--language", "en", "simulate", desk, *FEW)
    assert "收件: 3 months from 2026-03-02, seed 1" in told
    for head in ("Month by month", "Outcomes", "Dwell time by state", "Deadlines", "Rungs and escalations", "Workload", "Critical path"):
        assert head in told, head
    assert "逐月" in yishi("simulate", desk, *FEW)


def test_json_has_what_was_found_and_all_that_was_assumed(yishi: Yishi, desk: str) -> None:
    found = yishi.json("simulate", desk, *FEW, "--per-week", "10", "--seed", "7")
    assert (found["workflow"], found["version"], found["seed"]) == ("desk", 1, 7)
    assert found["cases"]["opened"] == found["cases"]["ended"] + found["cases"]["open"] > 80
    assert (found["assumptions"]["from"], found["assumptions"]["for"], found["assumptions"]["arrivals"]) == ("2026-03-02", "3 months", 10.0)
    assert found["assumptions"]["states"]["waiting"]["basis"] == "default"


def test_the_same_seed_gives_the_same_bytes_whatever_the_order_of_hashes() -> None:
    told = []
    for hashing in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hashing, "YISHI_WORKFLOWS": str(ROOT / "workflows"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "api.cli", "simulate", str(ROOT / "workflows" / "member_deliberation.yaml"), *FEW, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), "no progress bar where nobody looks"
        told.append(done.stdout)
    assert told[0] == told[1]


def test_what_is_assumed_is_printed_as_a_file_that_can_be_given_back(yishi: Yishi, desk: str) -> None:
    text = yishi("simulate", desk, *FEW, "--show-assumptions")
    assert text.startswith("simulation: desk\nfrom: '2026-03-02'\nfor: 3 months\n")
    assumptions = yishi.folder / "desk.sim.yaml"
    assumptions.write_text(text, "utf-8")
    assert yishi.json("simulate", desk, "--assume", str(assumptions)) == yishi.json("simulate", desk, *FEW)


def test_a_file_of_assumptions_changes_what_is_found(yishi: Yishi, desk: str) -> None:
    slow = "simulation: desk\nstates: {waiting: {takes: 12, basis: measured}}\n"
    found = json.loads(yishi("simulate", desk, *FEW, "--assume", "-", "--json", stdin=slow))
    assert found["deadlines"][0]["overdue"] == 1.0
    assert found["assumptions"]["states"]["waiting"]["basis"] == "measured"


def test_mistakes_in_assumptions_are_told_like_those_of_lint_and_exit_with_1(yishi: Yishi, desk: str) -> None:
    wrong = yishi.folder / "wrong.yaml"
    wrong.write_text("simulation: desk\nstates: {wating: {takes: 12}}\npeople: {ofice: 1}\n", "utf-8")
    done = yishi.run("simulate", desk, "--assume", str(wrong))
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"{wrong}:2:10: simulation.assumption there is no state 'wating' in 'desk', did you mean 'waiting'?",
        f"{wrong}:3:10: simulation.assumption there is no role 'ofice' here, did you mean 'office'?",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "yesterday"), "--from: expected a day like '2026-01-01', got 'yesterday'"),
        (("--for", "soon"), "--for: expected a term"),
        (("--for", "3 hours"), "--for: expected days, weeks, months or years, got '3 hours'"),
        (("--assume", "gone.yaml"), "there is no file gone.yaml"),
        (("--per-week", "-1"), "--per-week"),
    ],
)
def test_wrong_use_exits_with_2(yishi: Yishi, desk: str, arguments: tuple[str, ...], told: str) -> None:
    done = yishi.run("simulate", desk, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_workflow_with_mistakes_exits_with_1(yishi: Yishi) -> None:
    path = yishi.folder / "broken.yaml"
    path.write_text(HEAD + DESK.replace("to: answered", "to: anwered"), "utf-8")
    assert yishi.refused(1, "simulate", str(path))["code"] == "definition_refused"


def test_a_workflow_that_nobody_opens_has_nothing_to_draw(yishi: Yishi) -> None:
    path = Path(yishi.folder / "child.yaml")
    path.write_text(HEAD + DESK.replace("start: {by: member}\n", ""), "utf-8")
    assert "has no `start`" in yishi.refused(2, "simulate", str(path))["detail"]


RELAY = """
workflow: relay
version: 1
title: 例
calendar: cn
roles: {office: 政协办公室}
links: {following: {workflow: relay, inverse: before}, before: {workflow: relay, inverse: following}}
start: {by: office}
initial: there
states:
  there:
    owner: office
    deadlines: {now: {timer: true, within: 3 days, rungs: [{at: start, act: pass_on}]}}
    actions: {pass_on: {by: clock, open: {link: following}, to: over}}
  over: {final: true, outcome: success}
"""


@pytest.mark.parametrize(
    ("workflow", "name", "rounds"),
    [
        (CIRCLE, "circle", r"circle one.first: start 2,500 times, circle other.second: start 2,499 times"),
        (RELAY, "relay", r"relay tell 2,999 times, relay there.now: start 1,000 times, relay start 1,000 times"),
        (TO_AND_FRO, "asker", r"answerer signal:ping [\d,]+ times, asker signal:pong [\d,]+ times"),
    ],
)
def test_what_goes_round_with_no_time_passing_exits_with_1_and_names_what_goes_round(
    yishi: Yishi, workflow: str, name: str, rounds: str
) -> None:
    """Of the 5,000 the first is the act of whoever set it going."""
    path = yishi.folder / "round.yaml"
    path.write_text(workflow, "utf-8")
    problem = yishi.refused(1, "simulate", str(path), "--workflow", name, *FEW)
    assert problem["code"] == "simulation_endless"
    assert re.fullmatch(
        rf"no end after {rounds}.*, all at 2026-03-\d\d \d\d:\d\d; give the loop `cycles`, or put time or an act by somebody into it",
        problem["detail"],
    )
