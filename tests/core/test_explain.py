"""Why this date: what the explanation of a deadline must tell."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Instant, parse_instant
from engine.core.deadlines import arm, end, pause, resume
from engine.core.explain import RULES, explain
from engine.core.extensions import extend
from engine.core.rungs import fire
from engine.definition.terms import Term, parse_term
from tests.core.deadline_cases import CN, EXPRESSION, LADDER, SPANS, STARTS, TERMS, armed, at, deadline, extendable

NOW = at("2026-03-05 09:00")


def kinds(story: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in story["steps"]]


def texts(story: dict[str, Any]) -> dict[str, str]:
    return {step["kind"]: step["text"] for step in story["steps"]}


def test_every_day_is_told_with_its_number_or_the_reason_why_it_does_not_count() -> None:
    spec = deadline("due")
    days = explain(spec, armed(spec, "2026-02-10 09:00", "15 working days"), CN, NOW, "zh-CN")["days"]
    assert [day["date"] for day in days] == [str(date(2026, 2, 10) + timedelta(days=n)) for n in range(28)]
    assert [day["counted"] for day in days if day["counted"] is not None] == list(range(1, 16))
    reasons = {day["date"]: day["reason"] for day in days}
    assert (reasons["2026-02-14"], reasons["2026-02-17"], reasons["2026-03-01"]) == ("春节调休上班", "春节", "星期日")
    assert {day["rule"] for day in days} == {"civil_code_201", "civil_code_204"}


def test_the_roll_names_each_rest_day_and_article_203() -> None:
    spec = deadline("due")
    story = explain(spec, armed(spec, "2025-11-17 09:00", "3 months"), CN, NOW, "zh-CN")
    roll = next(step for step in story["steps"] if step["kind"] == "roll")
    assert roll["rule"] == "civil_code_203"
    assert roll["skipped"] == [f"2026-02-{day}" for day in range(17, 24)]
    assert "2月20日（春节假期（调休））" in roll["text"]
    assert (story["nominal_date"], story["due_date"]) == ("2026-02-17", "2026-02-24")
    assert texts(story)["due"] == "截止时间：2026年2月24日24:00"


def test_each_rule_that_is_cited_stands_in_the_story_in_both_languages() -> None:
    spec = extendable(*LADDER)
    ledger = resume(spec, pause(armed(spec, "2026-10-12 09:00", "3 months"), NOW + 1, "suspended"), CN, at("2026-10-20 09:00"))
    story = explain(spec, extend(spec, ledger, CN, NOW, asked=NOW, add=parse_term("1 month")), CN, NOW)
    cited = {step["rule"] for step in story["steps"]} | {day["rule"] for day in story["days"]}
    assert cited - {None} == story["rules"].keys()
    assert all(rule.keys() == {"zh-CN", "en"} for rule in story["rules"].values())
    assert all(step["text"].keys() == {"zh-CN", "en"} for step in story["steps"])


def test_pauses_and_extensions_are_told_with_what_they_did() -> None:
    spec = extendable("due")
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")
    ledger = resume(spec, pause(ledger, at("2026-03-04 10:00"), "suspended"), CN, at("2026-03-06 10:00"))
    ledger = extend(spec, ledger, CN, at("2026-03-10 10:00"), asked=at("2026-03-09 10:00"), add=parse_term("5 working days"))
    story = explain(spec, ledger, CN, NOW, "en")
    assert kinds(story) == ["start", "term", "pause", "extension", "nominal", "due"]
    assert texts(story)["pause"] == "The clock stood from 4 March 2026 10:00 to 6 March 2026 10:00 (in 'suspended')"
    assert texts(story)["extension"] == "Extended at 10 March 2026 10:00 by 5 working days (was due on 18 March 2026)"
    assert story["pauses"] == [{"from": "2026-03-04T02:00:00Z", "to": "2026-03-06T02:00:00Z", "state": "suspended"}]
    counted = [day["date"] for day in story["days"] if day["counted"] is not None]
    assert "2026-03-05" not in counted
    assert counted[-1] == story["due_date"] == "2026-03-25"
    assert len(counted) == 15


def test_an_open_pause_is_told_as_lasting() -> None:
    spec = deadline("due")
    story = explain(spec, pause(armed(spec, "2026-03-02 09:00", "10 working days"), at("2026-03-04 10:00"), "suspended"), CN, NOW, "en")
    assert texts(story)["pause"].endswith("to now (in 'suspended')")
    assert (story["status"], story["pauses"][0]["to"]) == ("paused", None)


def test_a_date_given_and_a_lead_are_told_backwards() -> None:
    spec = deadline("due", hour="17:30")
    ledger = arm(spec, CN, at("2026-01-05 09:00"), n=1, until=date(2026, 3, 20), lead=parse_term("1 month"))
    story = explain(spec, ledger, CN, NOW, "zh-CN")
    assert kinds(story) == ["lead", "nominal", "roll", "due"]
    assert texts(story)["roll"].startswith("提前至2026年2月14日")
    assert [day["date"] for day in story["days"]] == ["2026-03-20", *[f"2026-02-{day}" for day in range(20, 13, -1)]]
    plain = explain(deadline("due"), arm(deadline("due"), CN, NOW, n=1, until=date(2026, 3, 9)), CN, NOW, "en")
    assert texts(plain)["until"] == "Due on 9 March 2026, as given"


def test_hours_are_told_as_an_instant_without_days() -> None:
    spec = deadline("due")
    story = explain(spec, armed(spec, "2026-02-13 10:30", "48 hours"), CN, NOW, "en")
    assert (kinds(story), story["days"]) == (["start", "term", "due"], [])
    assert texts(story)["due"] == "Due at 15 February 2026 10:30"


def test_what_waits_says_what_it_waits_for() -> None:
    spec = deadline("due", start=EXPRESSION)
    story = explain(spec, arm(spec, CN, NOW, n=1, within=parse_term("5 days")), CN, NOW, "zh-CN")
    assert (kinds(story), story["due"], story["status"]) == (["waiting"], None, "waiting")


def test_a_provisional_date_names_the_year_that_is_not_announced() -> None:
    spec = deadline("due")
    story = explain(spec, armed(spec, "2026-12-21 09:00", "10 working days"), CN, NOW, "zh-CN")
    assert story["provisional"]
    assert texts(story)["provisional"] == "2027年的放假安排尚未公布，日期暂定"
    assert [day["date"] for day in story["days"] if day["provisional"]] == [f"2027-01-0{day}" for day in range(1, 6)]


def test_each_rung_is_told_with_its_instant_and_what_became_of_it() -> None:
    spec = deadline("20 %", "40 %", "60 %", "due")
    ledger = fire(armed(spec, "2026-03-02 09:00", "5 working days"), "20 %", at("2026-03-04 00:00"))
    ledger = fire(ledger, "40 %", at("2026-03-05 00:00"), recorded_only=True)
    story = explain(spec, ledger, CN, at("2026-03-06 00:00"))
    assert [rung["state"] for rung in story["rungs"]] == ["fired", "recorded", "due", "pending"]
    assert story["rungs"][0] == {
        "at": "20 %",
        "instant": "2026-03-03T16:00:00Z",
        "fired": "2026-03-03T16:00:00Z",
        "state": "fired",
        "provisional": False,
    }
    ended = explain(spec, end(spec, ledger, at("2026-03-06 00:00")), CN, NOW)
    assert [rung["state"] for rung in ended["rungs"]] == ["fired", "recorded", "never", "never"]


def test_the_version_of_the_calendar_is_told_and_whether_the_date_still_follows_from_it() -> None:
    spec = deadline("due")
    ledger = armed(spec, "2026-02-10 09:00", "15 working days")
    story = explain(spec, ledger, CN, NOW)
    assert story["calendar"] == {"id": "cn", "version": CN.version, "explained_with": CN.version, "zone": "Asia/Shanghai"}
    assert story["agrees"]
    assert not explain(spec, ledger._replace(due=parse_instant("2026-03-04T16:00:00Z")), CN, NOW)["agrees"]


def test_one_language_stands_in_place_of_the_map_of_languages() -> None:
    spec = deadline("due")
    story = explain(spec, armed(spec, "2026-02-10 09:00", "15 working days"), CN, NOW, "zh-CN")
    assert (story["title"], story["term"], story["status_text"]) == ("审议", "15个工作日", "计时中")
    assert all(isinstance(text, str) for text in story["rules"].values())


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rules_of_the_civil_code_name_their_article(rule: str) -> None:
    if rule.startswith("civil_code_"):
        assert f"art. {rule[-3:]}" in RULES[rule]["en"]
        assert "民法典第二百零" in RULES[rule]["zh-CN"]
    assert RULES[rule].keys() == {"zh-CN", "en"}


@given(STARTS, TERMS, TERMS, SPANS, SPANS, st.sampled_from(["up_to", "add", ""]), st.booleans())
def test_whatever_happened_the_story_ends_at_the_ledgers_date(
    start: Instant, term: Term, more: Term, a: Instant, b: Instant, kind: str, open_pause: bool
) -> None:
    """It is JSON, its days are in order, and the last of them is the due day."""
    spec = extendable(*LADDER)
    ledger = arm(spec, CN, start, n=1, within=term)
    if kind:
        ledger = extend(spec, ledger, CN, start, asked=start, **{kind: more})
    ledger = pause(ledger, start + a, "suspended")
    ledger = ledger if open_pause else resume(spec, ledger, CN, start + a + b)
    story = explain(spec, ledger, CN, start)
    assert json.loads(json.dumps(story)) == json.loads(json.dumps(explain(spec, ledger, CN, start)))
    assert story["agrees"]
    listed = [day["date"] for day in story["days"]]
    assert listed == sorted(listed)
    if listed:
        assert listed[-1] == story["due_date"]
    assert kinds(story)[-2 if story["provisional"] else -1] == "due"
