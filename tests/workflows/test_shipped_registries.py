"""The shipped registries: sound, in both languages, published by `init`, and able to say what the processes ask of them."""

from __future__ import annotations

from pathlib import Path

from engine.clock import parse_instant
from engine.definition.loader import load
from engine.definition.registry import RegistryDefinition
from engine.proof.lint import lint
from engine.runtime.bootstrap import registry_files
from tests.definition.loading import CALENDARS

FILES = registry_files(Path("workflows"))
LEDGERS = {
    *("report_to_party", "instruction", "visit", "publicity", "good_deed", "post_added"),
    *("squad_outing", "home_activity", "online_exchange"),
}
TODAY = parse_instant("2026-03-02T09:00:00+08:00")


def shipped() -> dict[str, RegistryDefinition]:
    return {each.registry: each for path in FILES for each in load(path, str(path), calendars=CALENDARS).registries}


def test_all_are_sound_and_in_both_languages() -> None:
    assert lint(FILES, CALENDARS) == []
    assert {each.languages for each in shipped().values()} == {("zh-CN", "en")}


def test_the_registries_that_the_processes_need_are_there() -> None:
    people = {"sector", "activity_group", "member", "leader"}
    places = {"organisation", "unit", "area", "room", "workstation", "session"}
    supervision = {"squad", "supervisor", "agreement"}
    party = {"party_body", "home", "checklist", "inspected_item"}
    assert shipped().keys() == people | places | supervision | party | LEDGERS | {"rule_document"}
    assert {name for name, each in shipped().items() if each.ledger} == LEDGERS


def test_a_member_is_in_office_from_the_first_day_to_the_last() -> None:
    member = shipped()["member"]
    for values, expected in (
        ({}, True),
        ({"since": "2026-03-02"}, True),
        ({"since": "2026-03-03"}, False),
        ({"since": "2022-01-01", "until": "2026-03-02"}, True),
        ({"until": "2026-03-01"}, False),
    ):
        assert member.complete("zhao", {"person": "zhao", **values}, TODAY)["in_office"] is expected


def test_an_agreement_is_in_force_between_its_days_and_never_without_the_first() -> None:
    agreement = shipped()["agreement"]
    assert agreement.complete("a", {"code": "a", "since": "2026-01-01"}, TODAY)["in_force"] is True
    assert agreement.complete("a", {"code": "a", "since": "2026-01-01", "until": "2026-03-01"}, TODAY)["in_force"] is False
    assert "in_force" not in agreement.complete("a", {"code": "a"}, TODAY)


def test_rooms_cover_three_kinds_of_place_and_three_functions() -> None:
    room = shipped()["room"]
    assert [len(room.fields[name].type.options or {}) for name in ("place", "functions")] == [3, 3]
    assert len(shipped()["workstation"].fields["mode"].type.options or {}) == 5


def test_what_a_ledger_says_of_people_is_seen_by_its_keepers_alone() -> None:
    assert {name for name, each in shipped().items() if not each.seen_by} == {"squad", "supervisor", *LEDGERS}
