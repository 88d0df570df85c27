"""Indicators are typed when they are read: what is wrong is told at its place, all of it at once, with what was meant."""

from __future__ import annotations

import pytest

from engine.definition.calendar_files import load_calendars
from engine.definition.indicators import ALL, Over
from engine.definition.loader import load
from engine.definition.process import ProcessDefinition
from tests.application import ROOT

CALENDARS = load_calendars(ROOT / "workflows" / "calendars")
BASE = """workflow: counted
version: 1
title: 统计
language: [zh-CN, en]
calendar: cn
settings: {least: {type: int, default: 35, basis: rule}, term: {type: term, default: 5 days, basis: rule}}
lists: {kinds: {road: {zh-CN: 道路, en: Road}, lamp: {zh-CN: 路灯, en: Lamp}}}
roles: {office: {zh-CN: 办公室, en: Office}}
data:
  kind: {type: choice, options: lists.kinds, title: {zh-CN: 类别, en: Kind}}
  amount: {type: decimal, title: {zh-CN: 金额, en: Amount}}
  agreed: {type: bool, title: {zh-CN: 同意, en: Agreed}}
  on: {type: date, title: {zh-CN: 日期, en: Day}}
  units: {type: list, of: unit, default: [], title: {zh-CN: 单位, en: Units}}
  came: {type: attendance, methods: {qr: {zh-CN: 扫码, en: Code}}, title: {zh-CN: 签到, en: Attendance}}
start: {by: office, form: [kind, on?]}
initial: open
states:
  open:
    owner: office
    deadlines: {reply: {within: 5 days, basis: rule}}
    ballots: {quality: {voters: [office], scale: {good: {zh-CN: 好, en: Good}, bad: {zh-CN: 差, en: Bad}}, closed_by: office}}
    actions: {close: {by: office, form: [amount?, agreed?, units?], to: closed}}
  closed: {final: true, outcome: success}
indicators:
"""


def loaded(text: str) -> tuple[ProcessDefinition | None, list[str]]:
    found = load(f"{BASE}  x: {text}\n", "counted.yaml", calendars=CALENDARS)
    said = [f"{each.rule}: {each.message}" for each in found.problems]
    return (found.definitions[0] if found.definitions else None), said


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("{count: act.clse}", "name.unknown_act", "did you mean 'close'?"),
        ("{count: deadline.open.reply_}", "name.unknown_deadline", "did you mean 'open.reply'?"),
        ("{count: ballot.qality}", "name.unknown_ballot", "did you mean 'quality'?"),
        ("{count: children.parts}", "name.unknown_children", "there is no group of children `parts`"),
        ("{count: links.later}", "name.unknown_link", "there is no link `later`"),
        ("{count: data.unit}", "name.unknown_item", "did you mean 'units'?"),
        ("{count: data.kind}", "indicator.over", "expected a list"),
        ("{count: attendance.units}", "indicator.over", "expected an attendance"),
        ("{count: rows}", "indicator.over", "those of a registry"),
        ("{count: cases, where: data.kind == 'roda'}", "guard.type", "did you mean 'road'?"),
        ("{share: outcome == 'sucess'}", "guard.type", "did you mean 'success'?"),
        ("{share: row.met, over: act.close}", "guard.type", "met"),
        ("{share: \"row.grade == 'god'\", over: ballot.quality}", "guard.type", "did you mean 'good'?"),
        ("{share: data.amount}", "guard.type", "true or false"),
        ("{sum: data.kind}", "indicator.value", "`sum` needs an expression that gives a number"),
        ("{distinct: data.amount}", "indicator.value", "`distinct` needs"),
        ("{count: cases, by: data.amount}", "indicator.value", "`by` needs"),
        ("{count: cases, where: actor.role == 'office'}", "indicator.moment", "row.actor"),
        ("{count: cases, where: 'now > data.on'}", "indicator.moment", "today"),
        ("{count: cases, on: data.kind}", "expression.type", "a date or a time"),
        ("{percentile: time_in('open')}", "indicator.unit", "needs `unit`"),
        ("{percentile: data.amount, unit: days}", "indicator.unit", "time_in"),
        ("{percentile: time_in('opn'), unit: days}", "expression.type", "did you mean 'open'?"),
        ("{count: cases, quota: {at_least: settings.most}}", "name.unknown_setting", "most"),
        ("{count: cases, quota: {at_least: settings.term}}", "indicator.quota", "a setting that is a number"),
        ("{count: cases, quota: {at_least: {road: 1}}}", "indicator.quota", "one `by`"),
        ("{count: cases, per: year, quota: {at_least: 1, pace: schedule}}", "indicator.quota", "schedules"),
        ("{share: data.agreed, per: year, quota: {at_least: 1, pace: linear}}", "indicator.quota", "does not grow"),
        ("{count: cases, quota: {at_least: 1, warn: [offce]}}", "name.unknown_role", "did you mean 'office'?"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(text: str, rule: str, said: str) -> None:
    _, problems = loaded(text)
    assert any(each.startswith(f"{rule}:") and said in each for each in problems), problems


def test_all_that_is_wrong_with_one_is_told_at_once() -> None:
    _, problems = loaded(
        "{sum: data.kind, where: data.amuont > 1.0, by: [data.knd, data.agreed], from: spring, quota: {at_least: settings.most}}"
    )
    assert {each.partition(":")[0] for each in problems} == {
        "indicator.value",
        "guard.type",
        "expression.type",
        "indicator.from",
        "name.unknown_setting",
    }


def test_only_an_indicator_may_ask_how_long() -> None:
    text = BASE.replace(
        "{by: office, form: [amount?, agreed?, units?], to: closed}", "{by: office, guard: time_in('open') > 1.0, to: closed}"
    )
    found = load(f"{text}  x: {{count: cases}}\n", "counted.yaml", calendars=CALENDARS)
    assert ["`time_in` is for indicators: a decision does not read the trail"] == [each.message for each in found.problems]


def test_what_is_counted_is_resolved_and_closed_lists_are_known() -> None:
    definition, problems = loaded("{count: deadline.reply, by: [data.kind, row.met], quota: {at_least: 3}}")
    assert problems == []
    assert definition is not None
    indicator = definition.indicators["x"]
    assert (indicator.over, list(indicator.of)) == (Over("deadline", "open.reply"), [])
    assert [list(part.options or ()) for part in indicator.by] == [["road", "lamp"], ["true", "false"]]
    assert indicator.quota is not None
    assert list(indicator.quota.at_least) == [ALL]


def test_items_whose_single_values_are_told_are_named() -> None:
    told = {
        text: definition.indicators["x"].reads
        for text in ("{count: cases, by: data.kind}", "{sum: data.amount}", "{rank: data.amount}", "{distinct: row, over: data.units}")
        if (definition := loaded(text)[0]) is not None
    }
    assert [set(each) for each in told.values()] == [{"kind"}, set(), {"amount"}, {"units"}]
