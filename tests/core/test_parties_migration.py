"""Parties when a running case moves to another version of its workflow."""

from __future__ import annotations

from engine.core.advance import advance
from engine.core.bridge import bridge
from engine.core.case import fold
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision
from engine.definition.loader import load_one
from tests.core.process import DAY, OFFICE, Story, calendars, person

HEAD = """workflow: trial
version: {version}
title: 试
calendar: cn
roles: {{office: 办公室, unit: 单位}}
data: {{units: {{type: list, of: unit, default: []}}}}
start: {{by: office, form: [units]}}
initial: {initial}
migrate: {{from: {before}, states: {{{states}}}}}
"""
FIRST = "  open: {parties: {co: {role: unit, from: data.units, verdicts: {agree: 同意, maybe: 待定}}}, done: {to: over}}\n"
END = "  over: {final: true, outcome: success}\n"


def version(number: int, states: str, renamed: str = "") -> Process:
    text = (
        HEAD.format(version=number, before=number - 1, states=renamed, initial=states.split(":", maxsplit=1)[0].strip())
        + f"states:\n{states}{END}"
    )
    return compile_process(load_one(text, "trial.yaml", calendars=calendars()), calendars()["cn"])


OLD = version(1, FIRST)


DATED = FIRST.replace(
    "verdicts", "deadlines: {opinion: {within: 10 working days, basis: rule, rungs: [{at: due, notify: party}]}}, verdicts"
)


def test_the_deadlines_of_parties_come_over_and_new_ones_arm_from_the_invitation() -> None:
    old, longer = version(1, DATED), version(2, DATED.replace("10 working", "20 working"))
    dated = Story(old, units=["财政局", "住建局"]).act("co.sign", person("a", "unit", unit="财政局"), verdict="agree")
    due = dated.ledger("open.co.opinion@住建局").due

    outcome = advance(longer, dated.case, Migrate(OFFICE, bridge(old, longer), "recompute"), dated.now)
    assert isinstance(outcome, Decision), outcome
    assert [("recomputed", "住建局")] == [(change.op, change.ledger["party"]) for change in outcome.deadlines]
    assert due is not None
    assert outcome.deadlines[0].ledger["due"] > due

    played = story()
    new = version(2, DATED)
    outcome = advance(new, played.wait(DAY).case, Migrate(OFFICE, bridge(OLD, new), None), played.now)
    assert isinstance(outcome, Decision), outcome
    assert [("armed", "教育局", played.now - DAY)] == [
        (change.op, change.ledger["party"], change.ledger["start"]) for change in outcome.deadlines
    ]

    back = version(3, FIRST)
    with_dates = outcome.case
    outcome = advance(back, with_dates, Migrate(OFFICE, bridge(new, back), None), played.now)
    assert isinstance(outcome, Decision), outcome
    assert ["cancelled"] == [change.op for change in outcome.deadlines]


def story() -> Story:
    played = Story(OLD, units=["财政局", "住建局", "教育局"])
    return played.act("co.sign", person("a", "unit", unit="财政局"), verdict="agree").act(
        "co.sign", person("b", "unit", unit="住建局"), verdict="maybe"
    )


def moved(played: Story, new: Process) -> Story:
    outcome = advance(new, played.case, Migrate(OFFICE, bridge(OLD, new), None), played.now)
    assert isinstance(outcome, Decision), outcome
    assert fold(played.case.snapshot, outcome.delta) == outcome.case.snapshot
    played.process, played.case = new, outcome.case
    return played


def test_signatures_come_over_and_a_verdict_that_is_none_any_more_is_asked_for_again() -> None:
    new = version(2, FIRST.replace(", maybe: 待定", "").replace("  open:", "  signing:"), "open: signing")
    played = moved(story(), new)

    assert {"co@财政局": "agree", "co@住建局": None, "co@教育局": None} == {
        key: facts.get("verdict") for key, facts in played.case.snapshot["parties"].items()
    }
    assert {"住建局", "教育局"} == {task.get("unit") for task in played.case.snapshot["tasks"].values()}


def test_a_group_that_is_gone_leaves_nothing_behind() -> None:
    played = moved(story(), version(2, "  open: {actions: {end: {by: office, to: over}}}\n"))

    assert "parties" not in played.case.snapshot
    assert ["over"] == played.act("end").where


def test_a_group_that_is_new_invites_its_parties_where_the_case_stands() -> None:
    new = version(2, FIRST.replace("{co:", "{other: {role: office, verdicts: {yes: 好}}, co:"))
    played = moved(story(), new)

    assert {"other@office", "co@财政局", "co@住建局", "co@教育局"} == set(played.case.snapshot["parties"])


def test_undoing_gives_back_what_was_said() -> None:
    before = story().case
    played = moved(story(), version(2, FIRST.replace(", maybe: 待定", "")))
    outcome = advance(OLD, played.case, UndoMigration(OFFICE, before), played.now)

    assert isinstance(outcome, Decision), outcome
    assert before.snapshot["parties"] == outcome.case.snapshot["parties"]
