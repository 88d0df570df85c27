"""`yishi play`, typed line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.application import TRIAL
from tests.cli.conftest import Yishi

TYPES = """
workflow: kinds
version: 1
title: {zh-CN: 各种数据, en: Kinds}
calendar: cn
roles: {office: 办公室}
data:
  subject: {type: text, title: 事由, max: 10}
  n: {type: int, title: 数, between: [1, 9]}
  money: {type: decimal, scale: 2, title: 金额}
  ready: {type: bool, title: 就绪}
  kind: {type: choice, options: {a: 甲, b: 乙}, title: 种类}
  people: {type: list, of: person, default: [], title: 人员}
  marks: {type: tags, options: {x: 急, y: 重}, default: [], title: 标记}
  day: {type: date, title: 日期}
  note: {type: text, title: 备注}
  rows: {type: list, of: record, default: [], title: 清单, fields: {place: {type: text, title: 地点}, n: {type: int, title: 数}}}
start: {by: office, form: [subject, n, money, ready, kind, people, marks, day, note?, rows]}
initial: open
states:
  open: {owner: office, actions: {close: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""


class Game:
    """Plays a workflow with what is typed."""

    def __init__(self, yishi: Yishi, folder: Path, text: str) -> None:
        self.yishi, self.path = yishi, folder / "played.yaml"
        self.path.write_text(text, "utf-8")

    def __call__(self, *typed: str, language: str = "en") -> str:
        lines = "".join(f"{line}\n" for line in typed)
        return self.yishi("--language", language, "play", str(self.path), "--at", "2026-03-02 09:00", stdin=lines)

    def json(self, *typed: str) -> list[Any]:
        lines = "".join(f"{line}\n" for line in typed)
        printed = self.yishi("--language", "en", "play", str(self.path), "--at", "2026-03-02", "--json", stdin=lines)
        return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def game(yishi: Yishi, tmp_path: Path) -> Game:
    return Game(yishi, tmp_path, TRIAL)


OPEN = ("start by member", "路灯")


def test_it_says_where_the_case_stands_what_is_due_what_may_whom_do_and_why_not(game: Game) -> None:
    printed = game(*OPEN, "urge", "1", "3", "why close")
    assert "1  accept      accept         office" in printed
    assert "close  close  office: duty_conflict This and 'accept' must be done by different persons.; missing_document" in printed
    assert "2026-03-02 09:00  received (received)" in printed
    assert "due 2026-03-09 24:00  running  next rung 80 % 2026-03-07 00:00" in printed
    assert "(duty: different_person, act: accept, person: office)\n  missing_document: '报告' is missing. (missing: report" in printed


def test_a_number_takes_the_offer_that_bears_it_on_the_screen(game: Game) -> None:
    shown, *rest = game.json(*OPEN, "1", "5")[2:]
    first = shown["allowed"][0]
    assert (first["number"], first["act"], first["role"]) == (1, "accept", "office")
    assert any(each.get("configuration") == ["work"] and each["data"]["n"] == 5 for each in rest)


def test_each_field_is_checked_as_it_is_typed_and_asked_for_again(yishi: Yishi, tmp_path: Path) -> None:
    game = Game(yishi, tmp_path, TYPES)
    typed = (
        "1",
        "",
        "much too long a text",
        "事由",
        "12",
        "7",
        "x",
        "1.5",
        "maybe",
        "y",
        "丙",
        "2",
        "li，wang",
        "急,y",
        "2026-02-30",
        "2026-03-09",
        "",
    )
    printed = game.json(*typed, "大厅", "3", "门口", "", "")
    told = [each["said"].split(":")[0] for each in printed if "said" in each]
    assert told[:7] == ["subject", "subject", "n", "money", "ready", "kind", "day"]
    data = next(each["data"] for each in printed if each.get("configuration") == ["open"])
    assert data == {
        "subject": "事由",
        "n": 7,
        "money": "1.50",
        "ready": True,
        "kind": "b",
        "people": ["li", "wang"],
        "marks": ["x", "y"],
        "day": "2026-03-09",
        "rows": [{"place": "大厅", "n": 3}, {"place": "门口"}],
    }


def test_a_row_is_asked_for_column_by_column(game: Game) -> None:
    printed = game.json(*OPEN, "accept", "1", "visit", "现场")
    assert printed[-2]["data"]["visits"] == [{"place": "现场", "at": "2026-03-02T01:00:00Z", "by": "office"}]


def test_a_lone_dot_gives_an_act_up(game: Game) -> None:
    printed = game(*OPEN, "accept", ".", "quit")
    assert "given up; nothing has changed" in printed
    assert "accept" not in printed.rpartition("when:")[2]


def test_what_is_refused_from_the_start_asks_for_nothing(game: Game) -> None:
    printed = game(*OPEN, "accept by member", "quit")
    assert "wrong_role:" in printed
    assert "> quit" in printed


def test_a_reason_that_is_required_is_asked_for_until_it_is_given(game: Game) -> None:
    printed = game(*OPEN, "suspend", "", "等待上级", "quit")
    assert printed.count("reason: ") >= 2
    assert "reason: 等待上级" in printed.rpartition("when:")[2]


def test_another_person_of_the_role_may_act_where_one_must_not_do_both(game: Game) -> None:
    accept = (*OPEN, "accept by office as li", "1", "report.attach")
    refused = game(*accept, "close by office as li")
    taken = game(*accept, "close by office as wang", "办完")
    assert "duty_conflict:" in refused
    assert "outcome: success" in taken


def test_rungs_fire_while_time_passes(game: Game) -> None:
    printed = game(*OPEN, "wait next", "wait until 2026-03-10", "wait 1 month")
    assert "2026-03-07 00:00  received.accept: 80 %  told: office" in printed
    assert "received.accept: due  told: member  escalated to: member" in printed
    assert "received.accept: 5 working days after → lapsed" in printed
    assert "ended: lapsed" in printed


def test_undo_goes_back_a_step_and_out_of_the_way(game: Game) -> None:
    printed = game(*OPEN, "accept", "1", "undo", "undo", "undo")
    assert printed.count("one step back") == 2
    assert "there is no step to go back" in printed
    assert "when:" not in printed


def test_data_shows_what_was_filled_in(game: Game) -> None:
    assert ["topic", "议题", "路灯"] in [line.split() for line in game(*OPEN, "data").splitlines()]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("acept", "did you mean 'accept'?"),
        ("close", "no act of where the case stands"),
        ("99", "there is no such number"),
        ("wait 30 dayz", "got '30 dayz'"),
        ("wait until tomorrow", "expected a time like"),
        ("wait until 2026-03-01", "time only goes on"),
        ("accept by nobody", "expected a role"),
        ("accept by", "expected ACT"),
        ("?", "take an act"),
    ],
)
def test_what_means_nothing_is_told_and_the_game_goes_on(game: Game, typed: str, told: str) -> None:
    printed = game(*OPEN, typed, "accept", "1")
    assert told in printed
    assert "→ work" in printed


def test_before_a_case_is_open_time_waits(game: Game) -> None:
    assert "no case is open yet" in game("wait 1 day")


def test_the_way_is_a_scenario_that_passes(game: Game, yishi: Yishi) -> None:
    typed = (
        *OPEN,
        "wait next",
        "accept",
        "3",
        "visit",
        "现场",
        "suspend",
        "等待",
        "wait 2 months",
        "resume",
        "report.attach",
        "close as wang",
        "办完",
        "quit",
    )
    way = game(*typed).partition("\n- name:")
    assert way[1]
    scenario = game.path.with_name("played.test.yaml")
    scenario.write_text((way[1] + way[2]).strip() + "\n", "utf-8")
    assert yishi("test", str(scenario)).splitlines()[0].startswith("1 of 1")


def test_it_ends_where_the_input_ends_even_within_a_form(game: Game) -> None:
    assert "topic" in game("start by member")
    assert "when:" in game(*OPEN, "accept")


def test_it_speaks_the_language_of_the_command(game: Game) -> None:
    assert "下一次提醒" in game(*OPEN, language="zh-CN")


def test_json_is_one_object_a_line(game: Game) -> None:
    printed = game.json(*OPEN, "close", "accept by member", "why accept", "undo", "quit")
    assert {key for each in printed for key in each} >= {"now", "allowed", "refused", "happened", "said", "refusals", "why", "scenario"}
    assert printed[-1] == {"scenario": ""}


def test_nothing_is_coloured_where_nobody_looks_and_no_database_is_made(game: Game) -> None:
    assert "\x1b" not in game(*OPEN)
    assert [path.name for path in game.path.parent.iterdir()] == ["played.yaml"]


def test_a_file_with_mistakes_is_told_with_all_of_them(game: Game) -> None:
    game.path.write_text(TRIAL.replace("to: work}", "to: wrk}"), "utf-8")
    problem = game.yishi.refused(1, "play", str(game.path))
    assert problem["problems"][0]["rule"] == "name.unknown_state"


@pytest.mark.parametrize(
    ("arguments", "told"), [(("gone.yaml",), "no file"), (("-",), "standard input"), (("--at", "today"), "expected a time")]
)
def test_wrong_usage_is_told(game: Game, arguments: tuple[str, ...], told: str) -> None:
    given = arguments if not arguments[0].startswith("--") else (str(game.path), *arguments)
    assert told in game.yishi.refused(2, "play", *given)["detail"]


CIRCLE = """
workflow: circle
version: 1
title: {zh-CN: 循环, en: Circle}
calendar: cn
roles: {office: 办公室}
start: {by: office}
initial: open
states:
  open:
    owner: office
    deadlines: {again: {timer: true, within: 1 day, rungs: [{at: start, act: turn}]}}
    actions: {turn: {by: clock, to: open}, close: {by: office, to: closed}}
  closed: {final: true, outcome: success}
"""


def test_a_clock_that_goes_round_for_ever_is_told_and_time_stays_where_it_is(yishi: Yishi, tmp_path: Path) -> None:
    printed = Game(yishi, tmp_path, CIRCLE)("start", "wait 1 day", "close")
    assert "no end after circle open.again: start 5,000 times, all at 2026-03-02 09:00" in printed
    assert "closed" in printed.partition("no end after")[2].lower()
