"""Registries: what a document becomes, what is refused in it, and what a row is to expressions."""

from __future__ import annotations

import pytest

from engine.clock import parse_instant
from engine.definition.datatypes import TypeName
from engine.definition.declared_data import computed_order
from engine.definition.loader import load
from engine.definition.registry import RegistryDefinition, holds
from engine.definition.registry_document import Registering
from engine.proof.lint import lint_loaded
from tests.definition.loading import CALENDARS, SMALLEST, changed, loaded, place, problems, rules

OPTIONS = "{law: {zh-CN: 法治, en: Law}, trade: {zh-CN: 营商, en: Trade}}"
AGREEMENT = f"""\
registry: agreement
title: 协同协议
language: [zh-CN, en]
key: code
kept_by: [office]
seen_by: anyone
fields:
  code:     {{type: text, title: {{zh-CN: 编号, en: Code}}, max: 20}}
  partner:  {{type: unit, title: {{zh-CN: 协同单位, en: Partner}}}}
  until:    {{type: date, title: {{zh-CN: 有效期至, en: In force until}}}}
  topics:   {{type: tags, title: {{zh-CN: 领域, en: Topics}}, options: {OPTIONS}}}
  phone:    {{type: text, title: {{zh-CN: 电话, en: Telephone}}, seen_by: office}}
  label:    {{type: text, title: {{zh-CN: 名称, en: Label}}, compute: "row.code + ' ' + row.partner"}}
  in_force: {{type: bool, title: {{zh-CN: 有效, en: In force}}, compute: today <= row.until}}
"""
MAY = parse_instant("2026-05-01T01:00:00Z")


def registry(text: str = AGREEMENT) -> RegistryDefinition:
    """Load the one registry of a text that has no problem."""
    found = loaded(text)
    assert found.problems == ()
    (definition,) = found.registries
    return definition


def test_a_registry_is_loaded_with_typed_fields_in_their_order_and_nothing_is_wrong_with_it() -> None:
    agreement = registry()
    assert (agreement.registry, agreement.key, agreement.kept_by, agreement.seen_by) == ("agreement", "code", ("office",), ("anyone",))
    assert list(agreement.fields) == ["code", "partner", "until", "topics", "phone", "label", "in_force"]
    assert agreement.fields["until"].type.name is TypeName.DATE
    assert agreement.title == {"zh-CN": "协同协议"}
    assert agreement.calendar == "cn"


def test_a_file_may_hold_several_registries_and_workflows() -> None:
    found = loaded(f"{AGREEMENT}---\n{AGREEMENT.replace('registry: agreement', 'registry: treaty')}---\n{SMALLEST}")
    assert [each.registry for each in found.registries] == ["agreement", "treaty"]
    assert [each.workflow for each in found.definitions] == ["resident_message"]
    assert found.registries[0].source == AGREEMENT


def test_the_same_text_has_the_same_digest_and_another_text_another() -> None:
    assert registry().digest == registry().digest
    assert registry().digest != registry(AGREEMENT.replace("max: 20", "max: 21")).digest


# --- rows in expressions --------------------------------------------------------------------------------------------


def test_computed_fields_are_derived_from_the_row_and_the_day() -> None:
    row = registry().complete("a1", {"code": "a1", "partner": "court", "until": "2026-05-01"}, MAY)
    assert row == {"id": "a1", "code": "a1", "partner": "court", "until": "2026-05-01", "label": "a1 court", "in_force": True}
    later = registry().complete("a1", {"code": "a1", "until": "2026-05-01"}, MAY + 24 * 3600 * 1_000_000)
    assert later["in_force"] is False


def test_a_computed_field_over_an_empty_one_is_empty() -> None:
    assert registry().complete("a1", {"code": "a1"}, MAY) == {"id": "a1", "code": "a1"}


def test_today_is_the_day_of_the_calendar_and_not_of_utc() -> None:
    values = {"code": "a1", "until": "2026-04-30"}
    assert registry().complete("a1", values, parse_instant("2026-04-30T15:59:59Z"))["in_force"] is True
    assert registry().complete("a1", values, parse_instant("2026-04-30T16:00:00Z"))["in_force"] is False


def test_computed_fields_may_read_each_other_in_any_order_of_the_file() -> None:
    text = AGREEMENT + "  short: {type: bool, title: {zh-CN: 短, en: Short}, compute: size(row.longer) < 9}\n"
    text += "  longer: {type: text, title: {zh-CN: 长, en: Long}, compute: \"row.label + '!'\"}\n"
    agreement = registry(text)
    assert agreement.computed == ("label", "in_force", "longer", "short")
    assert agreement.complete("a1", {"code": "a1", "partner": "court"}, MAY)["short"] is False


def test_a_chain_of_computed_fields_may_be_longer_than_a_stack_is_deep() -> None:
    document = loaded(AGREEMENT).documents[0]
    assert document.written_registry is not None
    chain = {f"c{number}": (f"c{number + 1}",) for number in range(5_000)}
    assert computed_order(Registering(document.document, document.written_registry), chain, "fields", ("fields",)) == (*reversed(chain),)


def test_what_fails_for_another_reason_than_an_empty_field_is_empty_and_told() -> None:
    text = AGREEMENT + "  share: {type: int, title: {zh-CN: 比, en: Share}, compute: 10 / size(row.phone)}\n"
    agreement = registry(text.replace("compute: 10 / size(row.phone)", "compute: 10 / (size(row.phone) - 1)"))
    values = {"code": "a1", "phone": "1"}
    assert "share" not in agreement.complete("a1", values, MAY)
    assert list(agreement.failing("a1", values, MAY)) == ["share"]
    assert agreement.failing("a1", {"code": "a1"}, MAY) == {}


def test_a_row_is_indexed_by_its_simple_fields_each_tag_and_what_no_date_changes() -> None:
    values = {"code": "a1", "partner": "court", "until": "2026-05-01", "topics": ["law", "trade"]}
    assert registry().index_entries("a1", values) == {
        ("code", "a1"),
        ("partner", "court"),
        ("until", "2026-05-01"),
        ("topics", "law"),
        ("topics", "trade"),
        ("label", "a1 court"),
    }
    assert not registry().is_indexed("in_force")


def test_a_field_holds_a_value_if_it_is_the_value_or_has_it_among_its_entries() -> None:
    assert holds("law", "law")
    assert holds(["law", "trade"], "trade")
    assert holds({"id": "a1"}, "a1")
    assert not holds(1, True)
    assert not holds("1", 1)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "rule", "said"),
    [
        ("key: code", "key: cod", "model.shape", "expected `key` to be one of the fields"),
        ("kept_by: [office]\n", "", "model.missing_key", "missing key `kept_by`"),
        ("kept_by: [office]", "kept_by: []", "model.value", "`kept_by`"),
        ("kept_by: [office]", "kept_by: [admin]", "role.reserved", "`admin` has a meaning of its own"),
        ("language: [zh-CN, en]", "calendar: xx", "name.unknown_calendar", "there is no calendar `xx`"),
        ("today <= row.until", "today <= row.untill", "expression.type", "`row` has no field `untill`, did you mean 'until'?"),
        ("today <= row.until", "row.until", "expression.type", "expected an expression that gives bool"),
        ("today <= row.until", "actor.id == row.code", "expression.type", "there is no name or function `actor"),
        ("today <= row.until", "count('x') > 1", "expression.type", "there is no act 'x'"),
        ("today <= row.until", "row.in_force", "compute.circle", "these computed fields need each other: in_force -> in_force"),
        ("type: date", "type: dat", "model.value", "expected `type` to be"),
        ("partner:  {type: unit", "partner:  {type: attendance", "registry.field", "an attendance belongs to a case"),
        ("max: 20", "sensitive: true", "registry.key", "`sensitive` has no meaning for the key"),
        ("max: 20", "default: x", "registry.key", "`default` has no meaning for the key"),
        ("code:     {type: text", "code:     {type: tags, options: {a: a}", "registry.key", "expected the key to be of type"),
        ("partner:  {", "id:       {", "registry.field", "`id` is what expressions call the key"),
        ("zh-CN: 电话", "zh-CN: 编号", "registry.same_title", "`code` is called '编号' too"),
        (OPTIONS, "lists.topics", "name.unknown_list", "there is no `lists.topics`"),
    ],
)
def test_a_mistake_is_told_at_its_place_with_the_way_out(old: str, new: str, rule: str, said: str) -> None:
    text = changed(AGREEMENT, (old, new))
    found = [problem for problem in lint_loaded(loaded(text)) if problem.severity == "error"]
    assert rule in rules(found)
    assert any(said in problem.message for problem in found)


def test_a_mistake_in_an_expression_stands_at_its_column() -> None:
    (problem,) = problems(AGREEMENT, ("row.until}", "row.utnil}"))
    assert (problem.line, problem.column) == place(changed(AGREEMENT, ("row.until}", "row.utnil}")), "row.utnil", 3)


def test_all_mistakes_are_told_at_once() -> None:
    text = changed(
        AGREEMENT, ("type: date", "type: date, sealed_until: closed"), ("max: 20", "default: x"), ("today <= row.until", "today")
    )
    assert sorted(rules(problems(text))) == ["expression.type", "registry.field", "registry.key"]


def test_a_language_that_a_text_lacks_is_a_warning() -> None:
    found = lint_loaded(loaded(AGREEMENT))
    assert [(problem.rule, problem.severity, problem.pointer) for problem in found] == [("text.missing_language", "warning", "/title")]


def test_a_body_with_several_calendars_says_which_one_a_registry_counts_on() -> None:
    two = {**CALENDARS, "other": CALENDARS["cn"]}
    assert rules(load(AGREEMENT, "r.yaml", calendars=two).problems) == ["model.missing_key"]
    assert load(AGREEMENT + "calendar: cn\n", "r.yaml", calendars=two).problems == ()
