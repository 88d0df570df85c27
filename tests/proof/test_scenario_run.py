"""Scenarios play a case through the core itself, on a virtual clock and the statutory calendar."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Routes, run
from engine.proof.scenario_workflows import Workflows
from tests.core.process import calendars
from tests.proof.scenarios import MESSAGE, coverage, differences, passes, results

ROOT = Path(__file__).resolve().parents[2]

AT = "at: 2026-03-02 09:00"  # a Monday


def test_steps_may_be_short_or_long_and_then_may_stand_between_them(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
name: all the ways to say it
given: {{workflow: message, {AT}}}
when:
  - {{start: {{by: resident, data: {{text: 路灯不亮}}}}}}
  - then: {{in: received, tasks: [office], outcome: none, number: none, allowed: {{office: [assign, reject, urge], head: []}}}}
  - {{assign: {{by: resident, data: {{department: water}}, refused: [wrong_role]}}}}
  - {{assign: {{by: {{role: office, person: wang}}, data: {{department: water}}}}}}
  - then: {{in: answering, number: 2026留001, notified: [initiator: resident], due: {{reply: 2026-03-23}}, tasks: [owner: department]}}
  - {{comment: 请尽快}}
  - {{visit: {{by: department, data: {{visits: {{place: 路口}}}}}}}}
  - then: {{data: {{visits: [{{place: 路口}}], reply: null}}}}
  - {{answer: {{by: {{role: department, unit: roads}}, data: {{reply: 已修复}}, refused: [not_bound, missing_document]}}}}
  - {{report.attach: {{by: department, document: false, refused: [missing_document]}}}}
  - {{report.attach: department}}
  - {{answer: {{by: department, data: {{reply: 已修复}}}}}}
  - {{check: {{by: office, data: {{score: 80}}}}}}
then: {{in: [answered], outcome: success, tasks: [], data: {{score: 80.0, reply: 已修复}}, due: {{reply: met}}}}
""",
    )


def test_rungs_fire_at_their_exact_instants_while_time_passes(tmp_path: Path) -> None:
    """15 working days from Monday 2 March 2026 end on 23 March; 80 % of them are twelve: 18 March; five days more: 30 March."""
    result = passes(
        tmp_path,
        f"""
name: nobody answers
given: {{workflow: message, in: answering, {AT}}}
when:
  - {{wait: {{until: 2026-03-18 23:59}}}}
  - then: {{rungs: [], tasks: [department]}}
  - {{wait: 1 hour}}
  - then: {{rungs: ["reply: 80 %"], notified: [department]}}
  - {{wait: {{until: 2026-03-31 00:00}}}}
then:
  rungs: ["reply: 80 %", "reply: due", "answering.reply: 5 working days after"]
  notified: [department, head, office]
  tasks: [owner: department, escalation: head]
  due: {{reply: 2026-03-24 00:00}}
""",
    )
    clock = [line for line in result.story if "clock" in line]
    assert [line[:16] for line in clock] == ["2026-03-19 00:00", "2026-03-24 00:00", "2026-03-31 00:00"]


def test_a_term_in_days_ends_at_the_same_time_of_day(tmp_path: Path) -> None:
    """On the last working day, at nine, the term of fifteen working days is not over; a day later it is."""
    passes(
        tmp_path,
        f"""
name: the last day
given: {{workflow: message, in: answering, {AT}}}
when: [{{wait: 15 working days}}, then: {{rungs: ["reply: 80 %"]}}, {{wait: 1 day}}]
then: {{rungs: ["reply: 80 %", "reply: due"]}}
""",
    )


def test_settings_of_the_case_count(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
name: a shorter term and a higher mark
given: {{workflow: message, in: checking, {AT}, settings: {{term: 5 working days, least: 90}}}}
when: [{{check: {{by: office, data: {{score: 89.9}}}}}}]
then: {{in: answering, due: {{reply: 2026-03-09}}}}
""",
    )


def test_the_settings_of_a_preset_count_and_those_of_the_scenario_before_them(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    preset = "{preset: strict, workflow: message, title: 从严, basis: rule, settings: {term: 5 working days, least: 95}}"
    (tmp_path / "presets" / "strict.yaml").write_text(preset, "utf-8")
    passes(
        tmp_path,
        f"""
name: the shorter term of the preset, a mark of the scenario's own
given: {{workflow: message, in: checking, {AT}, preset: strict, settings: {{least: 90}}}}
when:
  - {{check: {{by: office, data: {{score: 89.9}}}}}}
  - {{then: {{in: answering, due: {{reply: 2026-03-09}}}}}}
  - {{report.attach: department}}
  - {{answer: {{by: department, data: {{reply: 已修复}}}}}}
  - {{check: {{by: office, data: {{score: 90}}}}}}
then: {{in: answered}}
""",
    )


def test_given_data_go_into_the_forms_on_the_way(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
name: urgent
given: {{workflow: message, in: received, {AT}, data: {{text: 水管爆裂, urgent: true}}}}
when: [{{reject: {{by: office, reason: 非本区}}}}]
then: {{refused: [too_urgent], data: {{text: 水管爆裂, urgent: true}}}}
""",
    )


def test_given_data_that_no_form_on_the_way_asks_for_are_told(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}, data: {{reply: 已答复}}}}\nthen: {{in: received}}\n"
    assert differences(tmp_path, text) == [("given data.reply", "已答复", "(empty)")]


def test_the_acts_on_the_way_may_be_named(tmp_path: Path) -> None:
    """Bare names are taken by whoever may, with example values; steps are taken as they stand."""
    passes(
        tmp_path,
        f"""
name: after a check that failed
given:
  workflow: message
  {AT}
  by: [assign, report.attach, answer, {{check: {{by: office, data: {{score: 1}}}}}}]
then: {{in: answering, rungs: []}}
""",
    )


def test_repeated_steps_spend_a_budget(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
name: three low scores
given: {{workflow: message, in: checking, {AT}}}
when:
  - repeat:
      times: 2
      steps:
        - {{check: {{by: office, data: {{score: 59.9}}}}}}
        - {{report.attach: department}}
        - {{answer: {{by: department, data: {{reply: 再答}}}}}}
  - {{check: {{by: office, data: {{score: 59.9}}}}}}
then: {{in: rejected, outcome: rejected}}
""",
    )


def test_a_limit_is_free_again_in_time(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
name: urging
given: {{workflow: message, in: received, {AT}}}
when: [{{urge: office}}, {{urge: {{by: resident, refused: [limit_reached]}}}}, {{wait: 4 working days}}, {{urge: resident}}]
then: {{in: received}}
""",
    )


# --- failing --------------------------------------------------------------------------------------------------------


def test_every_difference_is_told_with_what_was_expected_and_what_is(tmp_path: Path) -> None:
    text = f"""
name: all wrong
given: {{workflow: message, in: answering, {AT}, data: {{department: water}}}}
when: [{{wait: 13 working days}}]
then:
  in: received
  rungs: []
  due: {{reply: 2026-03-24}}
  data: {{department: roads}}
  outcome: success
  number: 2026留002
  notified: [office]
  tasks: [office]
  allowed: {{office: []}}
"""
    assert differences(tmp_path, text) == [
        ("in", ["received"], ["answering"]),
        ("rungs", [], ["answering.reply: 80 %"]),
        ("due answering.reply", "2026-03-24", "2026-03-23"),
        ("data.department", "roads", "water"),
        ("outcome", "success", "none"),
        ("number", "2026留002", "2026留001"),
        ("notified", ["office"], ["department"]),
        ("tasks", ["office"], ["owner department"]),
        ("allowed office", [], ["urge"]),
    ]


def test_whom_of_a_role_that_is_bound_a_step_told_is_compared_too(tmp_path: Path) -> None:
    text = f"""
name: chased
given: {{workflow: message, in: answering, {AT}, data: {{department: water}}}}
when: [{{wait: {{until: 2026-03-24 09:00}}}}]
then: {{notified: [department: WHO, office]}}
"""
    passes(tmp_path, text.replace("WHO", "water"))
    assert differences(tmp_path, text.replace("WHO", "roads")) == [("notified department", ["roads"], ["water"])]
    unbound = MESSAGE.replace(", bound: data.department", "")
    assert differences(tmp_path, text.replace("WHO", "water"), unbound) == [("notified department", ["water"], [])]


def test_of_a_superior_it_is_said_whose(tmp_path: Path) -> None:
    text = f"""
name: chased
given: {{workflow: message, in: answering, {AT}, data: {{department: water}}}}
when: [{{wait: {{until: 2026-03-24 09:00}}}}]
then: {{notified: [department, head: water]}}
"""
    above = MESSAGE.replace("head: 秘书长", "head: {title: 上级, superior_of: department}").replace("[owner, office]}", "[owner, head]}")
    passes(tmp_path, text, above)
    assert differences(tmp_path, text, above.replace(", superior_of: department", "")) == [("notified head", ["water"], [])]


def test_an_act_that_is_refused_unawares_stops_the_scenario(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen: [{{assign: office}}, {{reject: office}}]\nthen: {{in: rejected}}\n"
    ((what, expected, got),) = differences(tmp_path, text)
    assert (what, expected) == ("assign", "taken")
    assert isinstance(got, list)
    assert got[0].startswith("missing_field: ")


def test_an_act_that_is_taken_though_it_should_be_refused_stops_the_scenario(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen: [{{urge: {{by: office, refused: [wrong_role]}}}}, {{urge: office}}]\n"
    assert differences(tmp_path, text) == [("refused", ["wrong_role"], "taken")]


def test_other_reasons_than_expected_are_a_difference(tmp_path: Path) -> None:
    text = (
        f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen: [{{reject: {{by: head, reason: x, refused: [too_urgent]}}}}]\n"
    )
    assert differences(tmp_path, text) == [("refused", ["too_urgent"], ["wrong_role"])]


def test_time_does_not_go_back(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen: [{{wait: {{until: 2026-03-01 09:00}}}}]\n"
    assert differences(tmp_path, text) == [("wait", "a time after 2026-03-02 09:00", "2026-03-01 09:00")]


def test_a_case_is_opened_once(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen: [{{start: {{by: resident, data: {{text: 甲}}}}}}]\n"
    assert differences(tmp_path, text) == [("start", "a case that is not open yet", "it was opened by `given`")]


def test_an_opening_may_be_refused_and_the_case_is_opened_after_all(tmp_path: Path) -> None:
    text = """
- name: a
  given: {workflow: message, at: 2026-03-02 09:00}
  when:
  - start: {by: office, data: {text: 噪声}, refused: [wrong_role]}
  - then: {refused: [wrong_role]}
  - start: {by: resident, refused: [missing_field]}
  - start: {by: resident, data: {text: 噪声}}
  then: {refused: [], in: [received]}
"""
    passes(tmp_path, text)
    taken = differences(tmp_path, text.replace("start: {by: office,", "start: {by: resident,"))
    assert taken == [("refused", ["wrong_role"], "taken")]


def test_the_second_case_of_a_series_has_the_second_number(tmp_path: Path) -> None:
    text = """
- name: a
  given: {workflow: message, at: 2026-03-02 09:00, in: received, cases: {before: {workflow: message, in: answering}}}
  when:
  - elsewhere: {case: before, steps: [{then: {number: 2026留001}}]}
  - then: {number: none}
  - assign: {by: office, data: {department: parks}}
  then: {number: 2026留002}
"""
    passes(tmp_path, text)


def test_a_place_no_way_leads_to_is_told(tmp_path: Path) -> None:
    """The way takes a value that nobody may give: what is given is fixed."""
    text = f"name: a\ngiven: {{workflow: message, in: rejected, {AT}, data: {{urgent: true, score: 80}}}}\nthen: {{in: rejected}}\n"
    ((what, expected, got),) = differences(tmp_path, text)
    assert (what, expected) == ("given", "in rejected")
    assert "no way found" in str(got)


def test_a_difference_points_at_its_place_and_the_way_is_told(tmp_path: Path) -> None:
    text = f"name: a\ngiven: {{workflow: message, in: received, {AT}}}\nwhen:\n  - {{urge: office}}\nthen: {{in: answering}}\n"
    (result,) = results(tmp_path, text)
    (difference,) = result.differences
    found = result.scenario.document.problem("", "", difference.path)
    assert (found.line, found.column) == (5, 12)
    assert result.story == (
        "2026-03-02 09:00  start by resident → received [found]",
        "2026-03-02 09:00  urge by office (stays in received), told office",
    )


# --- coverage -------------------------------------------------------------------------------------------------------


def test_only_what_a_scenario_says_itself_is_covered(tmp_path: Path) -> None:
    text = f"""
- {{name: a, given: {{workflow: message, in: received, {AT}}}, when: [{{assign: {{by: office, data: {{department: water}}}}}}]}}
- {{name: b, given: {{workflow: message, in: received, {AT}, data: {{urgent: true}}}}, when: [{{reject: {{by: office, reason: x, refused: [too_urgent]}}}}]}}
- {{name: c, given: {{workflow: message, in: answering, {AT}}}, when: [{{wait: 13 working days}}]}}
"""
    seen = coverage(results(tmp_path, text))
    assert sorted((item.kind, seen.named(item)) for item in seen.items if item in seen.seen) == [
        ("action", "received.assign"),
        ("guard", "received.reject `!data.urgent` false"),
        ("rung", "answering.reply: 80 %"),
        ("state", "answering"),
    ]
    assert seen.of("state") == (1, 5)


def test_where_a_spent_budget_leads_is_a_branch_of_its_own(tmp_path: Path) -> None:
    low = "{check: {by: office, data: {score: 1}}}"
    again = f"{low}, {{report.attach: department}}, {{answer: {{by: department, data: {{reply: x}}}}}}"
    text = f"- {{name: a, given: {{workflow: message, in: checking, {AT}}}, when: [{{repeat: {{times: 2, steps: [{again}]}}}}, {low}]}}\n"
    seen = coverage(results(tmp_path, text))
    assert [seen.named(item) for item in seen.missing if item.kind == "branch"] == ["checking.check → answered"]
    assert "checking.check → rejected (budget of 2 spent)" in {seen.named(item) for item in seen.seen if item in seen.items}


@pytest.mark.parametrize("page", ["scenarios.md", "zh-CN/scenarios.md"])
def test_the_example_of_the_guide_passes(page: str) -> None:
    """The same example as on the language page: fifteen working days over Spring Festival 2026."""
    text = (ROOT / "docs" / "guide" / page).read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    found = read_scenarios(example, page, Workflows([ROOT / "workflows" / "member_deliberation.yaml"], calendars()))
    assert found.problems == ()
    assert [run(scenario, Routes(EFFORT)).differences for scenario in found.scenarios] == [()]
