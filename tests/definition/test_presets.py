"""A preset of settings: each value is what its setting accepts, and everything that is wrong is told at once."""

from __future__ import annotations

from pathlib import Path

from engine.definition.loader import Loaded, load
from tests.definition.loading import CALENDARS, place

WORKFLOW = """\
workflow: rating
version: 1
title: 考核
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 政协办公室, en: Office}}
settings:
  term:   {type: term, default: 15 working days, between: [5 working days, 1 month], basis: default}
  base:   {type: decimal, default: 60.0, between: [0, 100], basis: rule}
  times:  {type: int, default: 2, basis: default}
  open:   {type: bool, default: true, basis: default}
  mode:   {type: choice, options: {strict: 严, mild: 宽}, default: mild, basis: default}
  grades: {type: options, default: {a: 甲, b: 乙}, must_have: [a], basis: rule}
start: {by: office}
initial: open
states:
  open: {actions: {close: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""

PRESET = """\
preset: strict_one
workflow: rating
title: {zh-CN: 从严, en: Strict}
basis: rule
settings: {term: 10 working days, base: 70, times: 3, open: false, mode: strict, grades: {a: 优, c: {zh-CN: 差, en: Poor}}}
"""


def loaded(preset: str) -> Loaded:
    return load(f"{WORKFLOW}---\n{preset}", "w.yaml", calendars=CALENDARS)


def told(preset: str) -> list[tuple[str, int, str]]:
    return [(each.rule, each.column, each.message) for each in loaded(preset).problems]


def test_values_are_kept_in_the_form_in_which_cases_keep_them() -> None:
    (preset,) = loaded(PRESET).presets
    assert (preset.preset, preset.workflow, preset.basis) == ("strict_one", "rating", "rule")
    assert preset.title == {"zh-CN": "从严", "en": "Strict"}
    assert preset.settings == {
        "term": "10 working days",
        "base": "70",
        "times": 3,
        "open": False,
        "mode": "strict",
        "grades": {"a": {"zh-CN": "优"}, "c": {"zh-CN": "差", "en": "Poor"}},
    }


def test_a_preset_may_leave_everything_to_the_workflow() -> None:
    (preset,) = loaded("{preset: none, workflow: rating, title: 默认, basis: default, settings: {}}").presets
    assert preset.settings == {}


def test_every_wrong_value_is_told_at_its_place() -> None:
    wrong = (
        "{preset: p, workflow: rating, title: 例, basis: rule, "
        "settings: {term: 3 months, base: 101, times: two, open: 1, mode: hard, grades: {b: 乙}, trem: 1 month}}"
    )
    problems = told(wrong)
    assert [(rule, column) for rule, column, _ in problems] == [
        *(("preset.value", place(wrong, part)[1]) for part in ("3 months", "101", "two", "1, mode", "hard", "{b: 乙}")),
        ("name.unknown_setting", place(wrong, "trem")[1]),
    ]
    messages = [message for _, _, message in problems]
    assert messages[0] == "`term` of `rating`: expected at most 1 month, got '3 months'"
    assert messages[5] == "`grades` of `rating`: expected an option `a`, as `must_have` demands, got b"
    assert messages[6] == "`rating` has no setting `trem`, did you mean 'term'?"
    assert loaded(wrong).presets == ()


def test_a_preset_of_no_workflow_is_refused_with_the_nearest() -> None:
    ((rule, column, message),) = told("{preset: p, workflow: ratign, title: 例, basis: rule, settings: {}}")
    assert (rule, column) == ("name.unknown_workflow", 23)
    assert message == "there is no workflow `ratign`, did you mean 'rating'?"


def test_a_registry_has_no_settings_to_choose() -> None:
    registry = "{registry: member, title: 名册, key: code, kept_by: office, fields: {code: {type: text}}}"
    problems = told(f"{{preset: p, workflow: member, title: 例, basis: rule, settings: {{}}}}\n---\n{registry}")
    assert [rule for rule, _, _ in problems] == ["name.unknown_workflow"]


def test_keys_that_are_missing_or_unknown_are_told_together() -> None:
    assert sorted(rule for rule, _, _ in told("{preset: p, workflow: rating, titel: 例, basis: law, settings: {}}")) == [
        "model.missing_key",
        "model.unknown_key",
        "model.value",
    ]


def test_the_presets_of_a_folder_name_the_workflows_beside_it(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "rating.yaml").write_text(WORKFLOW, "utf-8")
    path = tmp_path / "presets" / "strict_one.yaml"
    path.write_text(PRESET, "utf-8")
    found = load(path, str(path), calendars=CALENDARS)
    assert found.problems == ()
    assert [each.preset for each in found.presets] == ["strict_one"]
