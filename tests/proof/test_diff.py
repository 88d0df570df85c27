"""Two versions compared by meaning: every change is found, in its class, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.loader import load
from engine.errors import DefinitionRefused, InvalidInput
from engine.proof.diff import Finding, Standing, Version, diff, report, versions_of, with_running
from engine.proof.diff_changes import Class, condition, parts
from tests.definition.loading import CALENDARS, changed, place

OLD = """workflow: matter
version: 1
title: 事项
calendar: cn
settings:
  term: {type: term, default: 15 working days, between: [5 working days, 1 month], basis: default}
  ahead: {type: term, default: 5 working days, basis: default}
  marks: {type: options, default: {a: 甲, b: 乙}, basis: default}
lists: {kinds: {a: 甲, b: 乙}}
roles: {office: 办公室, member: 委员, unit: {title: 承办单位, bound: data.unit}}
duties: [{different_person: [submit, approve]}]
data:
  topic: {type: text, max: 200}
  kind: {type: choice, options: lists.kinds}
  amount: {type: int, between: [0, 100]}
  unit: {type: unit}
  day: {type: date}
  done: {type: bool, default: false}
documents: {report: {title: 报告, attached_by: office}}
start: {by: [office, member], form: [topic, kind?]}
initial: draft
states:
  draft:
    owner: office
    actions:
      submit: {by: office, form: [amount], to: review}
  review:
    owner: office
    deadlines:
      decide: {within: settings.term, basis: default, rungs: [{at: 80 %, notify: owner}, {at: due, escalate: member}]}
      papers: {until: data.day, lead: settings.ahead, basis: default}
    actions:
      approve: {by: [office, member], form: [day, unit?], guard: has(data.amount) && data.amount >= 10, requires: [report], limit: 2 per case, to: work}
      back: {by: office, reason: optional, to: draft, cycles: {at_most: 3, then: closed}}
      note: {by: office, notify: member}
  work:
    initial: doing
    owner: unit
    states:
      doing: {actions: {finish: {by: unit, choice: [{guard: data.done, to: closed}, {to: review}]}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {withdraw: {by: member, to: closed, except: [work]}}}
"""


def version(text: str) -> Version:
    (found,) = versions_of(load(text, "w.yaml", calendars=CALENDARS)).values()
    return found


def compared(*changes: tuple[str, str], old: str = OLD) -> tuple[Finding, ...]:
    return diff(version(old), version(changed(old, *changes)), CALENDARS)


def only(*changes: tuple[str, str]) -> Finding:
    (finding,) = compared(*changes)
    return finding


def test_a_version_differs_from_itself_in_nothing_nor_do_comments_spelling_and_defaults_count() -> None:
    assert compared() == ()
    assert compared(("version: 1", "version: 2 # 第二版")) == ()
    assert (
        compared(("reason: optional, to: draft", "reason: optional, reenter: false, to: draft"), ("notify: member}", "notify: [member]}"))
        == ()
    )
    assert compared(("title: 报告", "title: {zh-CN: 报告}")) != ()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("title: 事项", "title: 议题", "/title"),
        ("office: 办公室", "office: 政协办公室", "/roles/office/title"),
        ("kinds: {a: 甲", "kinds: {a: 甲类", "/lists/kinds/a"),
        ("title: 报告", "title: 调研报告", "/documents/report/title"),
        ("{by: office, notify: member}", "{by: office, notify: member, title: 备注}", "/states/review/actions/note/title"),
        ("within: settings.term, basis: default", "within: settings.term, basis: rule", "/states/review/deadlines/decide/basis"),
    ],
)
def test_labels(old: str, new: str, path: str) -> None:
    finding = only((old, new))
    assert (finding.kind, finding.pointer) == (Class.LABEL, path)


TIGHTER = [
    ("term: {type: term, default: 15 working days", "term: {type: term, default: 10 working days", "/settings/term/default"),
    ("ahead: {type: term, default: 5 working days", "ahead: {type: term, default: 10 working days", "/settings/ahead/default"),
    ("within: settings.term", "within: 10 working days", "/states/review/deadlines/decide/within"),
    ("lead: settings.ahead", "lead: 6 working days", "/states/review/deadlines/papers/lead"),
    ("approve: {by: [office, member]", "approve: {by: [office]", "/states/review/actions/approve/by"),
    ("form: [day, unit?]", "form: [day, unit]", "/states/review/actions/approve/form"),
    ("form: [day, unit?]", "form: [day]", "/states/review/actions/approve/form"),
    ("data.amount >= 10", "data.amount >= 20", "/states/review/actions/approve/guard"),
    ("data.amount >= 10", "data.amount >= 10 && data.done", "/states/review/actions/approve/guard"),
    ("reason: optional", "reason: required", "/states/review/actions/back/reason"),
    ("limit: 2 per case", "limit: 1 per case", "/states/review/actions/approve/limit"),
    ("at_most: 3", "at_most: 2", "/states/review/actions/back/cycles/at_most"),
    ("note: {by: office,", "note: {by: office, guard: data.done,", "/states/review/actions/note/guard"),
    ("between: [0, 100]", "between: [1, 100]", "/data/amount/between"),
    ("{type: text, max: 200}", "{type: text, max: 100}", "/data/topic/max"),
    ("duties: [", "duties: [{different_unit: [submit, approve]}, ", "/duties/0"),
    ("[{at: 80 %, notify: owner},", "[{at: 50 %, escalate: member}, {at: 80 %, notify: owner},", "/states/review/deadlines/decide/rungs/0"),
    ("except: [work]", "except: [work, review]", "/anywhere/actions/withdraw/except"),
    ("      note: {by: office, notify: member}\n", "", "/states/review/actions/note"),
    ("start: {by: [office, member]", "start: {by: [office]", "/start/by"),
]


@pytest.mark.parametrize(("old", "new", "path"), TIGHTER)
def test_tightening_and_the_way_back_loosening(old: str, new: str, path: str) -> None:
    there = [finding for finding in compared((old, new)) if finding.pointer == path]
    assert [finding.kind for finding in there] == [Class.TIGHTENING]
    later = changed(OLD, (old, new))
    back = diff(version(later), version(OLD), CALENDARS)
    assert [finding.kind for finding in back if finding.pointer == path or finding.pointer.startswith("/duties")] == [Class.LOOSENING]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("notify: member}", "notify: office}", "/states/review/actions/note/notify"),
        ("reason: optional, to: draft", "reason: optional, to: work", "/states/review/actions/back/to"),
        ("guard: data.done, to: closed", "guard: '!data.done', to: closed", "/states/work/states/doing/actions/finish/choice/0/guard"),
        ("data.amount >= 10", "data.amount != 10", "/states/review/actions/approve/guard"),
        ("bound: data.unit", "bound: data.unit + ''", "/roles/unit/bound"),
        ("  work:\n    initial: doing\n    owner: unit", "  work:\n    initial: doing\n    owner: office", "/states/work/owner"),
        ("closed: {final: true, outcome: success}", "closed: {final: true, outcome: partial}", "/states/closed/outcome"),
    ],
)
def test_other_ways_and_effects_change_behaviour(old: str, new: str, path: str) -> None:
    found = compared((old, new))
    assert [(finding.kind, finding.pointer) for finding in found] == [(Class.OTHER, path)]


# --- running cases --------------------------------------------------------------------------------------------------


def test_a_renamed_state_breaks_its_cases_unless_migrate_says_what_it_is_called() -> None:
    rename = (
        ("  work:\n", "  carrying_out:\n"),
        ("except: [work]", "except: [carrying_out]"),
        ("limit: 2 per case, to: work", "limit: 2 per case, to: carrying_out"),
    )
    broken = [finding for finding in compared(*rename) if finding.kind is Class.BREAKS]
    assert [(finding.pointer, finding.state) for finding in broken] == [("/states/work/states/doing", "work.doing")]
    assert (broken[0].line, broken[0].column) == place(OLD, "doing: {actions")

    second = changed(OLD, ("version: 1", "version: 2"), *rename) + "migrate: {from: 1, states: {work: carrying_out}}\n"
    found = diff(version(OLD), version(second), CALENDARS)
    assert Class.BREAKS not in {finding.kind for finding in found}
    renamed = [finding for finding in found if finding.note.startswith("renamed")]
    assert [(finding.old, finding.new) for finding in renamed] == [("work", "carrying_out"), ("work.doing", "carrying_out.doing")]


def test_a_type_that_changes_breaks_unless_migrate_carries_the_values() -> None:
    change = (
        ("amount: {type: int, between: [0, 100]}", "amount: {type: decimal, between: [0, 100]}"),
        ("data.amount >= 10", "data.amount >= 10.0"),
    )
    assert (Class.BREAKS, "/data/amount/type") in {(each.kind, each.pointer) for each in compared(*change)}
    second = changed(OLD, ("version: 1", "version: 2"), *change) + "migrate: {from: 1, data: {amount: double(data.amount)}}\n"
    found = diff(version(OLD), version(second), CALENDARS)
    assert Class.BREAKS not in {finding.kind for finding in found}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ((("kinds: {a: 甲, b: 乙}", "kinds: {a: 甲}"),), "/lists/kinds/b"),
        (
            (("  done: {type: bool, default: false}\n", ""), ("guard: data.done, to: closed", "guard: has(data.day), to: closed")),
            "/data/done",
        ),
        ((("default: {a: 甲, b: 乙}", "default: {a: 甲}"),), "/settings/marks/default/b"),
    ],
)
def test_what_cases_hold_and_the_new_version_does_not_have_breaks(changes: tuple[tuple[str, str], ...], path: str) -> None:
    assert (Class.BREAKS, path) in {(finding.kind, finding.pointer) for finding in compared(*changes)}


def test_a_block_that_does_not_fit_is_a_finding_at_its_place() -> None:
    second = changed(OLD, ("version: 1", "version: 2")) + "migrate: {from: 1, states: {reviw: review}}\n"
    (finding,) = diff(version(OLD), version(second), CALENDARS)
    assert finding.kind is Class.BREAKS
    assert "did you mean 'review'" in finding.note
    assert finding.line == second.count("\n")


def test_live_cases_are_counted_where_each_finding_is_about() -> None:
    found = compared(("at_most: 3", "at_most: 2"), ("title: 事项", "title: 议题"), ("finish: {by: unit", "finish: {by: [unit, office]"))
    places = [Standing(frozenset({"review"}), 4), Standing(frozenset({"work", "work.doing"}), 3), Standing(frozenset({"draft"}), 2)]
    assert {finding.pointer: finding.running for finding in with_running(found, places)} == {
        "/states/review/actions/back/cycles/at_most": 4,
        "/states/work/states/doing/actions/finish/by": 3,
        "/title": 9,
    }
    assert report(found, places)["running"] == {"tightening": 4, "loosening": 3, "label_only": 9}


def test_a_case_that_several_findings_of_a_class_are_about_counts_once() -> None:
    found = compared(
        ("at_most: 3", "at_most: 2"), ("limit: 2 per case", "limit: 1 per case"), ("by: unit, choice", "by: unit, reason: required, choice")
    )
    places = [Standing(frozenset({"review"}), 4), Standing(frozenset({"work", "work.doing"}), 3), Standing(frozenset({"draft"}), 2)]
    told = report(found, places)
    assert [(each["class"], each["running"]) for each in told["differences"]] == [("tightening", 4), ("tightening", 4), ("tightening", 3)]
    assert told["running"] == {"tightening": 7}


def test_without_a_database_nothing_is_said_of_running_cases() -> None:
    told = report(compared(("title: 事项", "title: 议题")), None)
    assert (told["running"], [each["running"] for each in told["differences"]]) == (None, [None])


def test_a_state_that_has_become_compound_and_a_new_state_are_told() -> None:
    found = compared(
        (
            "  draft:\n    owner: office\n    actions:\n      submit",
            "  draft:\n    owner: office\n    initial: inner\n    states: {inner: {}}\n    actions:\n      submit",
        ),
    )
    assert {(finding.pointer, finding.note) for finding in found if finding.note} == {
        ("/states/draft", "its cases enter what it now begins with"),
        ("/states/draft/states/inner", "a new state"),
    }


def test_places_are_those_of_the_new_file_and_of_the_old_one_for_what_is_gone() -> None:
    new = changed(OLD, ("calendar: cn", "calendar: cn\n\n"), ("at_most: 3", "at_most: 2"))
    (finding,) = diff(version(OLD), version(new), CALENDARS)
    assert (finding.line, finding.column) == place(new, "at_most: 2")
    gone = only(("      note: {by: office, notify: member}\n", ""))
    assert (gone.line, gone.column) == place(OLD, "note: {by")


def test_the_gravest_come_first() -> None:
    found = compared(
        ("title: 事项", "title: 议题"),
        ("kinds: {a: 甲, b: 乙}", "kinds: {a: 甲}"),
        ("at_most: 3", "at_most: 5"),
        ("reason: optional", "reason: required"),
    )
    assert [finding.kind for finding in found] == [Class.BREAKS, Class.TIGHTENING, Class.LOOSENING, Class.LABEL]


def test_two_workflows_and_files_with_mistakes_are_no_versions() -> None:
    with pytest.raises(InvalidInput, match="'matter' and 'other'"):
        compared(("workflow: matter", "workflow: other"))
    with pytest.raises(DefinitionRefused):
        version("workflow: x\n")


def test_the_shipped_workflow_differs_from_itself_in_nothing() -> None:
    shipped = Path("workflows/member_deliberation.yaml")
    (found,) = versions_of(load(shipped, shipped.name, calendars=CALENDARS)).values()
    assert diff(found, found, CALENDARS) == ()


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("a && b", "b && a", None),
        ("a && b", "a && b && c", Class.TIGHTENING),
        ("a || b", "a", Class.TIGHTENING),
        ("a", "a || b", Class.LOOSENING),
        ("x < 5", "x < 7", Class.LOOSENING),
        ("x >= 2.5 && a", "x >= 1.5 && a", Class.LOOSENING),
        ("!(x > 5)", "!(x > 7)", None),
        ("a && b || c", "a && b && d || c", None),
        ("size(x) > 1", "size(y) > 1", None),
        ("f('a && b')", "f('a') && c", None),
    ],
)
def test_a_condition_is_judged_by_its_parts_or_left_undecided(old: str, new: str, kind: Class | None) -> None:
    assert condition(old, new) is (kind or Class.OTHER)


def test_an_expression_is_split_outside_of_brackets_and_quotes_only() -> None:
    assert parts("a && (b && c) && f('&& \\' &&')", "&&") == ["a", "(b && c)", "f('&& \\' &&')"]
    assert parts("a && b || c", "&&") == ["a && b || c"]
    assert parts("a && b || c", "||") == ["a && b", "c"]
    assert parts("a ? b && c : d", "&&") == ["a ? b && c : d"]
