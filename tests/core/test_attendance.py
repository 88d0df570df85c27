"""Attendance: one's own entry, entries of others, who is late, who is missing; rows that keep who and when."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.clock import Instant, parse_instant
from engine.core.actions import list_actions
from engine.core.case import ADDED, Actor, fold
from engine.core.decision import Refused
from engine.errors import DefinitionRefused
from tests.core.process import DAY, MEMBER, OFFICE, OTHER, Story, person, process

MEETING = """
settings: {least: {type: int, default: 1, basis: default}}
data:
  members: {type: list, of: person, default: []}
  came: {type: attendance, title: 签到, methods: {face: 人脸, qr: 扫码, manual: 登记}, expected: data.members, late_after: "09:15"}
  there: {type: int, compute: "data.came.filter(a, a.status == 'present').size()"}
  by_face: {type: int, compute: "data.came.filter(a, a.method == 'face').size()"}
  units: {type: int, compute: "size(distinct(data.came.map(a, a.unit)))"}
start: {by: office, form: [members?]}
initial: open
states:
  open:
    owner: office
    actions:
      check_in: {by: [member, clerk], attend: came}
      ask_leave: {by: member, excuse: came, reason: required}
      request: {asked_by: member, by: office, excuse: came, reason: required}
      register: {by: office, form: [came+]}
      invite: {by: office, form: [members]}
      close: {by: office, guard: data.there >= settings.least, to: minutes}
  minutes:
    actions: {register: {by: office, form: [came+]}, back: {by: office, to: open}, end: {by: office, to: over}}
  over: {final: true, outcome: success}
"""
ZHAO, QIAN, SUN = person("zhao", "member", unit="农业界"), person("qian", "member"), person("sun", "clerk")


def meeting(**data: Any) -> Story:
    return Story(process(MEETING), **data)


def came(story: Story) -> dict[str, dict[str, Any]]:
    return {entry["person"]: entry for entry in story.case.data["came"]}


def at(text: str) -> Instant:
    return parse_instant(f"{text}+08:00")


# --- one's own entry ------------------------------------------------------------------------------------------------


def test_checking_in_enters_the_actor_with_unit_role_way_and_time() -> None:
    story = meeting().act("check_in", ZHAO, method="qr")

    assert story.case.data["came"] == [
        {
            "person": "zhao",
            "unit": "农业界",
            "role": "member",
            "method": "qr",
            "at": "2026-03-02T01:00:00Z",
            "late": False,
            "status": "present",
        }
    ]
    assert (story.case.data["there"], story.case.data["by_face"]) == (1, 0)


def test_the_way_of_signing_in_is_offered_by_the_form_and_is_the_first_unless_said() -> None:
    story = meeting()
    (form,) = (each.form for each in list_actions(story.process, story.case, ZHAO, story.now) if each.name == "check_in")
    assert form is not None
    schema = form.json_schema("zh-CN")
    assert schema["properties"]["method"]["oneOf"] == [
        {"const": "face", "title": "人脸"},
        {"const": "qr", "title": "扫码"},
        {"const": "manual", "title": "登记"},
    ]
    assert "required" not in schema
    assert came(story.act("check_in", ZHAO))["zhao"]["method"] == "face"
    assert story.codes("check_in", QIAN, method="fingerprint") == ["invalid_field"]


def test_a_second_entry_is_refused_and_the_list_of_actions_says_so_too() -> None:
    story = meeting().act("check_in", ZHAO)
    outcome = story.attempt("check_in", ZHAO)
    assert isinstance(outcome, Refused)
    (refusal,) = outcome.refusals
    assert (refusal.code, refusal.facts) == ("already_entered", {"status": "present", "at": "2026-03-02T01:00:00Z"})
    listed = {each.name: each for each in list_actions(story.process, story.case, ZHAO, story.now)}
    assert [each.code for each in listed["check_in"].refusals] == ["already_entered"]
    assert [each.code for each in listed["ask_leave"].refusals] == ["already_entered"]
    assert story.act("check_in", QIAN).case.data["there"] == 2


def test_whoever_was_excused_and_comes_after_all_is_present() -> None:
    story = meeting().act("ask_leave", ZHAO, reason="出差")
    assert (came(story)["zhao"]["status"], "method" in came(story)["zhao"]) == ("leave", False)
    assert story.codes("ask_leave", ZHAO, reason="出差") == ["already_entered"]

    assert came(story.act("check_in", ZHAO))["zhao"]["status"] == "present"


def test_leave_that_another_grants_is_the_leave_of_who_asked() -> None:
    story = meeting().act("request.ask", ZHAO, reason="住院").act("request", OFFICE)
    entry = came(story)["zhao"]

    assert (entry["status"], entry["unit"], entry["role"]) == ("leave", "农业界", "member")
    assert "li" not in came(story)


@pytest.mark.parametrize(
    ("moment", "late"),
    [("2026-03-02T09:15:00", False), ("2026-03-02T09:15:01", True), ("2026-03-03T08:00:00", False), ("2026-03-03T23:59:00", True)],
)
def test_late_is_who_comes_after_the_time_of_day_in_the_calendars_zone(moment: str, late: bool) -> None:
    story = meeting()
    story.now = at(moment)
    assert came(story.act("check_in", ZHAO))["zhao"]["late"] is late


def test_nobody_on_leave_or_absent_is_late() -> None:
    story = meeting(members=["zhao", "qian", "sun"])
    story.now = at("2026-03-02T15:00:00")
    story.act("ask_leave", ZHAO, reason="出差").act("check_in", SUN).act("close")

    assert {name: (entry["status"], entry["late"]) for name, entry in came(story).items()} == {
        "zhao": ("leave", False),
        "sun": ("present", True),
        "qian": ("absent", False),
    }


# --- entries of others ----------------------------------------------------------------------------------------------


def test_whoever_keeps_the_list_enters_others_by_hand() -> None:
    story = meeting()
    story.now = at("2026-03-02T11:00:00")
    story.act(
        "register",
        OFFICE,
        came=[
            {"person": "zhao", "unit": "农业界", "at": "2026-03-02T09:10:00+08:00"},
            {"person": "qian", "method": "face"},
            {"person": "sun", "status": "leave"},
        ],
    )
    entries = came(story)
    assert [(entry["status"], entry.get("method"), entry["late"]) for entry in entries.values()] == [
        ("present", "manual", False),
        ("present", "face", True),
        ("leave", None, False),
    ]
    assert (entries["zhao"]["at"], entries["zhao"]["unit"]) == ("2026-03-02T01:10:00Z", "农业界")


def test_one_row_may_be_sent_alone() -> None:
    assert list(came(meeting().act("register", OFFICE, came={"person": "zhao"}))) == ["zhao"]


def test_what_is_wrong_with_rows_is_told_row_by_row() -> None:
    story = meeting().act("check_in", ZHAO)
    outcome = story.attempt(
        "register",
        OFFICE,
        came=[{"person": "zhao"}, {"person": "qian"}, {"person": "qian"}, {"person": "sun", "at": "2027-01-01T00:00:00Z"}],
    )
    assert isinstance(outcome, Refused)
    assert [(each.code, each.facts["pointer"]) for each in outcome.refusals] == [
        ("already_entered", "/data/came/0/person"),
        ("already_entered", "/data/came/2/person"),
        ("invalid_field", "/data/came/3/at"),
    ]
    outcome = story.attempt("register", OFFICE, came=[{"unit": "x"}, {"person": "a", "status": "absent"}, {"person": "b", "late": True}])
    assert isinstance(outcome, Refused)
    assert [(each.code, each.facts["field"]) for each in outcome.refusals] == [
        ("missing_field", "came.0.person"),
        ("invalid_field", "came.1.status"),
        ("invalid_field", "came.2.late"),
    ]


def test_the_form_for_others_asks_for_the_person_and_offers_what_is_known_of_them() -> None:
    story = meeting()
    (form,) = (each.form for each in list_actions(story.process, story.case, OFFICE, story.now) if each.name == "register")
    assert form is not None
    row = form.json_schema("zh-CN")["properties"]["came"]["anyOf"][0]
    assert (row["required"], list(row["properties"])) == (["person"], ["person", "unit", "role", "method", "at", "status"])
    assert row["properties"]["status"]["enum"] == ["present", "leave"]


# --- who is missing -------------------------------------------------------------------------------------------------


def test_whoever_was_expected_and_has_no_entry_is_absent_when_the_state_is_left() -> None:
    story = meeting(members=["zhao", "qian", "zhao"]).act("check_in", ZHAO).wait(DAY).act("close")
    assert [entry["person"] for entry in story.case.data["came"]] == ["zhao", "qian"]

    assert came(story)["qian"] == {"person": "qian", "at": "2026-03-03T01:00:00Z", "late": False, "status": "absent"}


def test_who_is_entered_afterwards_is_not_absent_any_more() -> None:
    story = meeting(members=["zhao", "qian"]).act("check_in", ZHAO).act("close").act("register", OFFICE, came={"person": "qian"})
    assert came(story)["qian"]["status"] == "present"
    assert story.codes("register", OFFICE, came={"person": "zhao", "status": "leave"}) == ["already_entered"]


def test_coming_back_lets_people_in_again_and_leaving_again_finds_who_is_newly_expected() -> None:
    story = meeting(members=["zhao", "qian"]).act("check_in", ZHAO).act("close").act("back")
    story.act("invite", OFFICE, members=["zhao", "qian", "sun"]).act("check_in", QIAN).act("close")

    assert {name: entry["status"] for name, entry in came(story).items()} == {"zhao": "present", "qian": "present", "sun": "absent"}


def test_where_anywhere_takes_it_whoever_is_missing_is_absent_when_the_case_ends() -> None:
    body = """
data: {members: {type: list, of: person, default: [zhao, qian]}, came: {type: attendance, expected: data.members}}
start: {by: office}
initial: a
states: {a: {actions: {end: {by: office, to: over}}}, over: {final: true, outcome: success}}
anywhere: {actions: {check_in: {by: member, attend: came}}}
"""
    story = Story(process(body)).act("check_in", ZHAO).act("end")
    assert {name: (entry["status"], "method" in entry) for name, entry in came(story).items()} == {
        "zhao": ("present", False),
        "qian": ("absent", False),
    }


def test_what_is_not_known_of_somebody_is_an_empty_text_to_expressions() -> None:
    story = meeting(members=["zhao", "qian", "sun"]).act("check_in", ZHAO, method="face").act("close")

    assert (story.case.data["by_face"], story.case.data["units"]) == (1, 2)  # 农业界, and the empty one of who was missing


def test_an_attendance_holds_no_more_entries_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.core.attendance.entries_max", lambda _: 1)
    story = meeting().act("check_in", ZHAO)
    assert story.codes("check_in", QIAN) == ["limit_reached"]
    assert story.codes("register", OFFICE, came={"person": "qian"}) == ["limit_reached"]


# --- rows -----------------------------------------------------------------------------------------------------------

ROWS = """
data:
  tasks: {type: list, of: record, default: [], fields: {unit: {type: unit}, demand: {type: text}}}
  names: {type: list, of: text, default: []}
start: {by: office}
initial: a
states:
  a: {actions: {add: {by: member, form: [tasks+]}, review: {by: office, form: [tasks]}, name: {by: office, form: [names+]}, end: {by: office, to: over}}}
  over: {final: true, outcome: success}
"""
ONE, TWO = {"unit": "住建局", "demand": "路灯"}, {"unit": "水务局", "demand": "积水"}


def stamps(story: Story) -> list[tuple[str, str, str]]:
    return [(row["demand"], row["by"], row["at"][8:10]) for row in story.case.data["tasks"]]


def test_a_form_that_sends_a_whole_list_again_keeps_who_and_when_of_rows_that_are_the_same() -> None:
    story = Story(process(ROWS)).act("add", MEMBER, tasks=[ONE, TWO]).wait(DAY)
    story.act("review", OTHER, tasks=[TWO, {**ONE, "demand": "路灯三处"}, {"unit": "教育局", "demand": "校门"}])

    assert stamps(story) == [("积水", "zhao", "02"), ("路灯三处", "wang", "03"), ("校门", "wang", "03")]


def test_of_two_equal_rows_each_keeps_its_own_stamp_once() -> None:
    story = Story(process(ROWS)).act("add", MEMBER, tasks=[ONE]).wait(DAY).act("add", OFFICE_MEMBER, tasks=[ONE]).wait(DAY)
    story.act("review", OTHER, tasks=[ONE, ONE, ONE])

    assert stamps(story) == [("路灯", "zhao", "02"), ("路灯", "li", "03"), ("路灯", "wang", "04")]


OFFICE_MEMBER = Actor("li", frozenset({"member"}), "body")


def test_a_list_to_which_no_form_adds_rows_keeps_nothing_beside_them() -> None:
    body = ROWS.replace("add: {by: member, form: [tasks+]}, ", "")
    assert Story(process(body)).act("review", OTHER, tasks=[ONE]).case.data["tasks"] == [ONE]


def test_rows_of_plain_values_are_added_without_anything_beside_them() -> None:
    assert Story(process(ROWS)).act("name", OFFICE, names="甲").act("name", OFFICE, names=["乙"]).case.data["names"] == ["甲", "乙"]


# --- maps that stand for records ------------------------------------------------------------------------------------

RECORDS = """
data:
  unit: {type: unit}
  demand: {type: text}
  due: {type: date}
  first: {type: record, fields: {unit: {type: unit}, demand: {type: text}, due: {type: date}}}
  tasks: {type: list, of: record, default: [], fields: {unit: {type: unit}, demand: {type: text}}}
  last: {type: record, compute: "{'unit': data.unit, 'demand': data.demand + '。'}", fields: {unit: {type: unit}, demand: {type: text}}}
start: {by: office}
initial: a
states:
  a:
    actions:
      take:
        by: office
        form: [unit, demand, due]
        set: {first: "{'unit': data.unit, 'demand': data.demand, 'due': data.due}", tasks: "data.tasks.map(t, {'unit': t.unit, 'demand': t.demand}) + [{'unit': data.unit, 'demand': data.demand}]"}
      end: {by: office, to: over}
  over: {final: true, outcome: success}
"""


def test_a_map_stands_for_a_record_in_set_and_compute_and_in_a_row_of_a_list() -> None:
    story = Story(process(RECORDS)).act("take", OFFICE, unit="住建局", demand="路灯", due="2026-04-01")
    story.act("take", OFFICE, unit="水务局", demand="积水", due="2026-05-01")

    assert story.case.data["first"] == {"unit": "水务局", "demand": "积水", "due": "2026-05-01"}
    assert story.case.data["tasks"] == [{"unit": "住建局", "demand": "路灯"}, {"unit": "水务局", "demand": "积水"}]
    assert story.case.data["last"] == {"unit": "水务局", "demand": "积水。"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{'unit': data.unit, 'demnd': data.demand}", "the record has no field 'demnd', did you mean 'demand'?"),
        ("{'unit': 3}", "expected an expression that gives unit, got int"),
        ("{'due': data.demand}", "expected an expression that gives date, got string"),
        ("data.demand", "expected an expression that gives record, got string"),
        ("[{'unit': data.unit}]", "expected an expression that gives record, got list"),
    ],
)
def test_what_is_no_such_record_is_told_with_the_field(wrong: str, said: str) -> None:
    text = RECORDS.replace("{'unit': data.unit, 'demand': data.demand, 'due': data.due}", wrong)
    with pytest.raises(DefinitionRefused) as refused:
        process(text)
    assert [said in problem.message for problem in refused.value.problems] == [True], refused.value.problems


# --- the trail --------------------------------------------------------------------------------------------------------


def test_an_event_tells_the_rows_that_were_added_and_not_those_that_were_there() -> None:
    made = process(
        "data: {came: {type: attendance}, visits: {type: list, of: record, default: [], fields: {place: {type: text}}}, who: {type: list, of: text, default: []}}\n"
        "start: {by: office}\ninitial: a\nstates:\n  a:\n    actions:\n"
        "      come: {by: anyone, attend: came}\n      leave: {by: anyone, excuse: came}\n"
        "      visit: {by: office, form: [visits+]}\n      name: {by: office, form: [who]}\n      end: {by: office, to: b}\n"
        "  b: {final: true, outcome: success}\n"
    )
    story = Story(made)
    snapshot = fold({}, orjson.loads(orjson.dumps(story.last.delta)))

    def told(act: str, actor: Actor, **data: Any) -> Any:
        nonlocal snapshot
        story.act(act, actor, **data)
        snapshot = fold(snapshot, orjson.loads(orjson.dumps(story.last.delta)))
        assert snapshot == orjson.loads(orjson.dumps(story.case.snapshot))
        return story.last.delta["data"]

    assert ["p0"] == [entry["person"] for entry in told("leave", person("p0", "member"))["came"]]
    for n in range(1, 40):
        assert [f"p{n}"] == [entry["person"] for entry in told("come", person(f"p{n}", "member"))["came"][ADDED]]
    assert 40 == len(told("come", person("p0", "member"))["came"])  # an entry that gives way is no row more
    told("visit", OFFICE, visits={"place": "东"})
    assert ["西"] == [row["place"] for row in told("visit", OFFICE, visits={"place": "西"})["visits"][ADDED]]
    told("name", OFFICE, who=["li"])
    assert ["li", "wang"] == told("name", OFFICE, who=["li", "wang"])["who"]  # a list that was sent whole
