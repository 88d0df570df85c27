"""The shipped process as a whole: what its file says in which languages, and the closed loop of six stages (J1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load_one
from engine.definition.process import Kind
from engine.definition.reader import read
from engine.proof.lint import lint
from tests.town import WORKFLOWS, local
from tests.workflows.deliberation import WAY, Deliberation

FILE = WORKFLOWS / "member_deliberation.yaml"
LANGUAGES = {"zh-CN", "en"}
STAGES = ["topic", "research", "deliberation", "submission", "follow_up", "evaluation", "closed"]
TITLED = ("settings", "roles", "data", "documents", "indicators")

CALENDARS = load_calendars(WORKFLOWS / "calendars")
(DOCUMENT,) = read(FILE, FILE.name).documents
WRITTEN = DOCUMENT.data
PROCESS = load_one(FILE, FILE.name, calendars=CALENDARS)
PLACES = sorted(name for name, state in PROCESS.states.items() if state.kind is Kind.ATOMIC and name != "suspended")


def texts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of languages in the file, with its place."""
    if isinstance(value, dict):
        if value.keys() & LANGUAGES:
            yield path, value
        else:
            for key, inner in value.items():
                yield from texts(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts(inner, f"{path}/{place}")


def untitled(value: Any, path: str = "") -> Iterator[str]:
    """Places of what people see under a name and that has no title in both languages: states, actions, deadlines."""
    if not isinstance(value, dict):
        return
    for kind in ("states", "actions", "deadlines"):
        for name, part in value.get(kind, {}).items():
            if not (isinstance(part.get("title"), dict) and part["title"].keys() == LANGUAGES):
                yield f"{path}/{kind}/{name}"
            yield from untitled(part, f"{path}/{kind}/{name}")


# --- the file -------------------------------------------------------------------------------------------------------


def test_lint_finds_no_problem_at_all() -> None:
    assert lint([FILE], CALENDARS) == []


def test_every_text_is_there_in_chinese_and_in_english() -> None:
    found = dict(texts(WRITTEN))
    assert len(found) > 200
    assert {
        place: text for place, text in found.items() if text.keys() != LANGUAGES or not all(str(said).strip() for said in text.values())
    } == {}


def test_everything_that_people_see_has_a_title() -> None:
    without = [
        f"/{part}/{name}" for part in TITLED for name, each in WRITTEN[part].items() if not (each.keys() >= LANGUAGES or "title" in each)
    ]
    assert [*without, *untitled(WRITTEN), *untitled(WRITTEN["anywhere"], "/anywhere")] == []


def test_every_term_says_where_its_number_comes_from() -> None:
    """The published account states no deadline in days: none may be given out as stated by it."""
    assert {deadline.basis for deadline in PROCESS.deadlines.values()} == {"default", "rule"}


# --- J1: the closed loop --------------------------------------------------------------------------------------------


def test_a_topic_goes_through_the_six_stages_in_one_case(matter: Deliberation) -> None:
    matter.reach("closed")
    stages = [event["after"][0].split(".")[0] for event in matter.events()]
    assert [stage for stage, before in zip(stages, [None, *stages], strict=False) if stage != before] == STAGES
    assert (matter.case.outcome, matter.case.ended_at is not None) == ("success", True)


def test_the_trail_says_of_each_step_who_took_it_in_which_role_and_when(matter: Deliberation) -> None:
    matter.reach("closed")
    first, *steps = matter.events()
    assert (first["kind"], first["actor"]["role"]) == ("open", "committee")
    assert [(event["actor"]["id"], event["action"]) for event in steps] == [(by, action) for by, action, _ in WAY]
    assert {local(event["recorded_at"]) for event in steps} == {"2026-03-02 09:00"}
    assert [event["seq"] for event in matter.events()] == list(range(1, len(WAY) + 2))


@pytest.mark.parametrize("step", [action for _, action, _ in WAY if not action.endswith(".attach")])
def test_no_step_can_be_taken_before_its_turn(matter: Deliberation, step: str) -> None:
    """Straight after the opening only `submit` is open; the others are refused for where the case stands."""
    matter.open()
    by, _, form = next(each for each in WAY if each[1] == step)
    if step == "submit":
        assert step in matter.open_to(by)
    else:
        assert "not_here" in matter.refused(by, step, **form)


def test_nothing_more_happens_to_a_closed_case(matter: Deliberation) -> None:
    matter.reach("closed")
    assert "ended" in matter.refused("office", "suspend", reason="中止")
    assert (matter.open_to("office"), matter.inbox("office")) == (set(), [])


@pytest.mark.parametrize("place", PLACES)
def test_work_can_be_suspended_anywhere_and_goes_on_where_it_stood(matter: Deliberation, place: str) -> None:
    arrive(matter, place)
    matter.act("office", "suspend", reason="等待勘测")
    assert matter.here == "suspended"
    assert "not_here" in matter.refused("office", "suspend", reason="再次中止")
    matter.act("office", "resume")
    assert matter.here == place


def test_suspending_needs_its_reason_and_is_the_office_s(matter: Deliberation) -> None:
    matter.reach("topic.vetting")
    assert "reason_required" in matter.refused("office", "suspend")
    assert "wrong_role" in matter.refused("member", "suspend", reason="等待")


def arrive(matter: Deliberation, place: str) -> None:
    """Take a case to any place of the process, also to those where things do not go smoothly."""
    if place == "topic.raised":
        matter.open("resident", source="public")
    elif place == "deliberation.coordinating":
        matter.reach("deliberation.deliberating")
        matter.act("office", "close_session", agreed=False)
        matter.act("office", "minutes.attach")
        matter.act("office", "issue_minutes")
    else:
        matter.reach(place)
    assert matter.here == place
