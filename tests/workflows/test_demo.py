"""The demonstration: the published matter of an estate without gas for twelve years, played with its dates over Spring Festival."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.definition.reader import read
from engine.runtime.application import opened
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.demonstration import Script, Step, read_scripts
from engine.scheduler.demonstration import Played, begin_at, play
from tests.preparing import settings_in
from tests.town import PEOPLE, WORKFLOWS, Town, local
from tests.workflows.deliberation import Deliberation

FILE = WORKFLOWS / "demo" / "gas_supply.yaml"
INPUTS = {"at", "by", "open", "act", "data", "reason", "attach", "file", "comment", "expect_refused", "note"}
(SCRIPT,) = read_scripts(FILE)

RUNGS = [
    # 15 working days from 22 September 2025, with 28 September and 11 October worked and 1–8 October off, end on 17 October; the 12th is the 14th
    ("topic.vetting.decide", "80 %", "2025-10-15 00:00"),
    # three months from 15 October are 92 days; the 74th is 28 December
    ("research.report", "80 %", "2025-12-29 00:00"),
    # ten working days from 13 February 2026, with 14 and 28 February worked and 15–23 February off: the eighth is 3 March, the tenth 5 March
    ("submission.awaiting_instruction.instruct", "80 %", "2026-03-04 00:00"),
    ("submission.awaiting_instruction.instruct", "due", "2026-03-06 00:00"),
    ("submission.awaiting_instruction.instruct", "5 working days after", "2026-03-13 00:00"),
    # three months from 17 March are 92 days; the 74th is 30 May, and fourteen days of suspension put it off to 13 June
    ("follow_up.implementing.feedback", "80 %", "2026-06-14 00:00"),
]

Player = Callable[[Script], tuple[Played, Deliberation]]


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """Plays a script on a database of its own."""
    contexts = []

    def run(script: Script) -> tuple[Played, Deliberation]:
        context = opened(settings_in(tmp_path_factory.mktemp("played")))
        application = context.__enter__()
        contexts.append(context)
        begin = script.instant(script.steps[0])
        assert begin is not None
        begin_at(application, begin)
        publish_shipped(application)
        played = play(application, script, PEOPLE)
        matter = Deliberation(Town(application))
        matter.id = played.case_id
        return played, matter

    yield run
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def whole(player: Player) -> tuple[Played, Deliberation]:
    """The demonstration, played once."""
    return player(SCRIPT)


def changed(wanted: Callable[[Step], bool], **change: Any) -> Script:
    """The script with one of its inputs changed."""
    assert sum(map(wanted, SCRIPT.steps)) == 1
    return SCRIPT.model_copy(update={"steps": [step.model_copy(update=change) if wanted(step) else step for step in SCRIPT.steps]})


def until(action: str) -> Script:
    """The script as far as an action, the last of that name."""
    last = max(place for place, step in enumerate(SCRIPT.steps) if step.act == action)
    return SCRIPT.model_copy(update={"steps": SCRIPT.steps[: last + 1]})


# --- what comes of it -----------------------------------------------------------------------------------------------


def test_it_plays_to_the_end_and_the_case_is_closed(whole: tuple[Played, Deliberation]) -> None:
    played, matter = whole
    assert (len(played.tried), matter.here, matter.case.outcome) == (len(SCRIPT.steps), "closed", "success")


def test_it_is_the_published_matter(whole: tuple[Played, Deliberation]) -> None:
    """Twelve years, the files of those years, more than ten symposia, over three months of research."""
    _, matter = whole
    data = matter.data
    assert (data["problem_years"], data["outcome_kind"], data["sessions"]) == (12, "solved", 2)
    assert data["symposia"] > 10
    assert sum(row["to_year"] - row["from_year"] for row in data["file_reviews"]) == 12
    begun, concluded = (
        next(event for event in matter.events() if event["action"] == name)["occurred_at"] for name in ("approve", "conclude")
    )
    assert (begun[:10], concluded[:10]) == ("2025-10-15", "2026-01-19")


def test_every_refusal_that_is_shown_comes_and_no_other(whole: tuple[Played, Deliberation]) -> None:
    played, _ = whole
    refused = [(tried.step.act, {each.code for each in tried.refusals}) for tried in played.tried if tried.seq is None]
    assert refused == [
        ("submit", {"lone_member"}),
        ("conclude", {"missing_document"}),
        ("report_progress", {"not_bound"}),
        ("close", {"no_score"}),
    ]
    assert [tried.step.expect_refused for tried in played.tried if tried.seq is None] == [
        step.expect_refused for step in SCRIPT.steps if step.expect_refused
    ]


def test_each_rung_fires_once_at_its_exact_instant(whole: tuple[Played, Deliberation]) -> None:
    _, matter = whole
    fired = [event for event in matter.events() if event["kind"] == "rung"]
    assert [(event["action"], event["notes"]["rung"], local(event["occurred_at"])) for event in fired] == RUNGS
    assert all(event["recorded_at"] == event["occurred_at"] for event in fired)
    assert {event["actor"]["id"] for event in fired} == {"clock"}


def test_the_overdue_instruction_goes_one_level_up_and_the_leader_still_signs(whole: tuple[Played, Deliberation]) -> None:
    _, matter = whole
    escalated = [event["action"] for event in matter.events() if any(each["as"] == "escalation" for each in event.get("notify", ()))]
    assert escalated == ["submission.awaiting_instruction.instruct"]
    assert matter.deadline("submission.awaiting_instruction.instruct")["status"] == "late"


# --- where it comes from --------------------------------------------------------------------------------------------


def test_the_script_holds_inputs_only() -> None:
    """No date that is due, no reminder, no escalation, no state, and nothing that the clock does."""
    (document,) = read(FILE, FILE.name).documents
    steps = document.data["steps"]
    assert set().union(*steps) <= INPUTS
    assert {step["by"] for step in steps} <= PEOPLE.by_id.keys()


def test_an_earlier_instruction_is_not_chased(player: Player) -> None:
    """What the clock did follows from what people did: signed on 2 March, there is nothing to remind of."""
    cut = changed(lambda step: step.act == "instruct", at="2026-03-02 10:30")
    early = cut.model_copy(update={"steps": [step for step in cut.steps if step.act != "urge"][: len(until("instruct").steps) - 1]})
    _, matter = player(early)
    assert (matter.here, matter.rungs("submission.awaiting_instruction.instruct")) == ("submission.assigning", [])
