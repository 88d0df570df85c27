"""Must show 5: hostile text is refused, or read as written, within two seconds and 300 MB. Each in a process of its own.

What counts is the time of the processor and the peak of the whole process, the interpreter and the libraries among it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from engine.definition.limits import MOST_FIELDS
from engine.definition.model.shapes import MOST_MISTAKES
from engine.definition.reader import read
from engine.errors import MOST_TOLD

SECONDS = 2.0
BYTES = 300_000_000

PETITION = """\
workflow: petition
version: 1
title: 来信
calendar: cn
roles: {office: 办公室}
data:
  topic: {type: text, title: 事由}
  parts: {type: int, default: 0, title: 份数}
start: {by: office, form: [topic]}
initial: received
states:
  received:
    owner: office
    actions:
      finish: {by: office, guard: data.parts == 0, to: done}
  done: {final: true, outcome: success}
"""


AGREEMENT = """\
registry: agreement
title: 协议
key: code
kept_by: [office]
fields:
  code: {type: text, title: 编号}
"""


class Cost(NamedTuple):
    """What a text came to: the rules of its problems, all of what was told, and what it cost."""

    rules: list[str]
    problems: list[tuple[str, str, int, str]]
    seconds: float
    bytes: int


def cost(text: str, kind: str = "workflows") -> Cost:
    """Read a text in a child, which must come to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.definition.hostile_child", kind],
        input=text.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told: Any = json.loads(done.stdout)
    problems = [tuple(each) for each in told["problems"]]
    return Cost([each[0] for each in problems], problems, told["seconds"], told["bytes"])


def with_(old: str, new: str) -> str:
    """Change one place of the petition."""
    assert PETITION.count(old) == 1, old
    return PETITION.replace(old, new)


def many(count: int, one: Callable[[int], str], between: str = ", ") -> str:
    """Write something again and again."""
    return between.join(map(one, range(count)))


def guarded(guard: str) -> str:
    return with_("data.parts == 0", guard)


def declared(lines: str) -> str:
    return with_("data:\n", f"data:\n{lines}")


def in_received(lines: str) -> str:
    return with_("    owner: office\n", f"    owner: office\n{lines}\n")


def beside_done(lines: str) -> str:
    return with_("  done: {final", f"{lines}\n  done: {{final")


def nested(levels: int, inner: str) -> str:
    """States within states."""
    return inner if levels == 0 else f"{{initial: a, states: {{a: {nested(levels - 1, inner)}, f: {{final: true}}}}}}"


def laughs(levels: int, of: int) -> str:
    lines = [f"a0: &a0 [{many(of, lambda _: 'x')}]"]
    return "\n".join([*lines, *(f"a{n}: &a{n} [{many(of, lambda _, n=n: f'*a{n - 1}')}]" for n in range(1, levels))])  # type: ignore[misc]


ONE_DUTY = f"{{different_person: [{', '.join(['finish'] * 50)}]}}"
VALUES = many(90, lambda n: f"  v{n}: {{type: int}}\n", "")


def guarded_act(number: int) -> str:
    return f"      a{number}: {{by: office, guard: 'data.parts in [{many(200, str)}]'}}\n"


def setting_act(number: int) -> str:
    items = many(90, lambda n: f"v{n}: '1'")
    return f"      b{number}: {{by: office, set: {{{items}}}}}\n"


def ring(states: int) -> str:
    return many(states, lambda n: f"  s{n}: {{owner: office, actions: {{go: {{by: office, to: s{(n + 1) % states}}}}}}}", "\n")


def anywhere(actions: int) -> str:
    return f"anywhere: {{actions: {{{many(actions, lambda n: f'x{n}: {{by: office, to: s{n}}}')}, end: {{by: office, to: done}}}}}}\n"


def several(count: int, text: str, first: str) -> str:
    """Write a document again and again, each time under another name."""
    return many(count, lambda n: text.replace(first, f"{first}{n}"), "---\n")


def fields(count: int, one: Callable[[int], str]) -> str:
    return AGREEMENT + many(count, lambda n: f"  f{n}: {one(n)}\n", "")


def chained(count: int) -> str:
    """Computed fields, each of the next."""
    return fields(count, lambda n: f"{{type: int, compute: {f'row.f{n + 1}' if n < count - 1 else '1'}}}")


FIFTY_EVERYWHERE = beside_done(ring(490)).replace("to: done}\n", "to: s0}\n") + anywhere(50)
EXPLODING = f"{{type: text, pattern: '{'(a{100}|b)' * 9}'}}"

REFUSED: dict[str, tuple[str, str]] = {
    # depth
    "10,000 levels of brackets": ("[" * 10_000, "yaml.depth"),
    "10,000 levels of braces": ("{a: " * 10_000, "yaml.depth"),
    "10,000 levels of dashes": ("- " * 10_000 + "a", "yaml.depth"),
    "1,300 levels of blocks": (many(1_300, lambda n: " " * n + "a:\n", ""), "yaml.depth"),
    "levels from aliases": (f"a: &x {'[' * 31}1{']' * 31}\nb: {'[' * 31}*x{']' * 31}\n", "yaml.depth"),
    "a guard in 4,900 brackets": (guarded('"' + "(" * 4_900 + "true" + ")" * 4_900 + '"'), "guard.type"),
    "loops in loops": (guarded('"' + "[1, 2, 3, 4].all(a, " * 30 + "true" + ")" * 30 + '"'), "guard.type"),
    # size
    "1,000,000 keys": (many(1_000_000, lambda n: f"k{n}: 1\n", ""), "yaml.size"),
    "as many keys as a file can hold": (many(100_000, lambda n: f"{n}: \n", ""), "yaml.nodes"),
    "a thousand million laughs": (laughs(9, 10), "yaml.alias"),
    "few aliases of many values": (f"a: &a [{many(9_000, lambda _: '1')}]\nb: [{many(12, lambda _: '*a')}]\n", "yaml.nodes"),
    "40,000 unknown keys": (PETITION + many(40_000, lambda n: f"k{n}: 1\n", ""), "model.many_mistakes"),
    "35,000 unknown keys 20 states deep": (
        beside_done("  deep: " + nested(20, f"{{{many(35_000, lambda n: f'k{n}: 1')}}}")),
        "model.many_mistakes",
    ),
    "15,000 states with a misspelt key each": (beside_done(many(15_000, lambda n: f"  s{n}: {{titel: x}}", "\n")), "model.many_mistakes"),
    "40,000 values of a wrong type": (with_("form: [topic]", f"form: [{many(40_000, lambda _: '1')}]"), "model.many_mistakes"),
    "40,000 unknown roles": (with_("by: office, guard", f"by: [{many(40_000, lambda n: f'x{n}')}], guard"), "name.unknown_role"),
    "20,000 roles that are nearly known": (
        with_("{office: 办公室}", f"{{office: 办公室, {many(1_900, lambda n: f'rolename{n}: x')}}}").replace(
            "by: office, guard", f"by: [{many(20_000, lambda n: f'rolenam{n}')}], guard"
        ),
        "name.unknown_role",
    ),
    "900 duties over one act": (PETITION + f"duties: [{many(900, lambda _: ONE_DUTY)}]\n", "model.size"),
    "20,000 states": (beside_done(many(20_000, lambda n: f"  s{n}: {{title: x}}", "\n")), "model.size"),
    "15,000 items": (declared(many(15_000, lambda n: f"  d{n}: {{type: int}}\n", "")), "model.size"),
    "1,900 patterns": (declared(many(1_900, lambda n: f"  p{n}: {{type: text, pattern: '{'(a{100}|b)' * 9}{n}'}}\n", "")), "model.size"),
    "990 guards of 900 characters": (with_("    actions:\n", "    actions:\n" + many(990, guarded_act, "")), "model.size"),
    "31,500 values to set": (declared(VALUES).replace("to: done}\n", "to: done}\n" + many(350, setting_act, "")), "model.size"),
    "a guard of 20,000 terms": (guarded('"' + " || ".join(["data.parts == 0"] * 20_000) + '"'), "guard.type"),
    "490 actions that hold in 490 states": (beside_done(ring(490)).replace("to: done}\n", "to: s0}\n") + anywhere(490), "model.size"),
    "a chain of computed items in a circle": (
        declared(many(990, lambda n: f"  c{n}: {{type: int, compute: data.c{(n + 1) % 990}}}\n", "")),
        "compute.circle",
    ),
    # several in a file
    "three workflows that are each as large as one may be": (several(3, FIFTY_EVERYWHERE, "workflow: petition"), "model.size"),
    "1,000 workflows": (several(1_000, PETITION, "workflow: petition"), "yaml.documents"),
    # registries
    "1,000 computed fields": (chained(1_000), "model.size"),
    "4,000 computed fields": (chained(4_000), "model.size"),
    "15,000 fields, some of them computed": (
        fields(15_000, lambda n: "{type: int}" if n < 14_990 else "{type: int, compute: row.f1 + 1}"),
        "model.size",
    ),
    "15,000 fields of records": (
        fields(100, lambda _: f"{{type: list, of: record, fields: {{{many(150, lambda m: f'q{m}: {{type: int}}')}}}}}"),
        "model.size",
    ),
    "60 fields with patterns": (fields(60, lambda _: EXPLODING), "model.size"),
    "400 computed fields of 900 characters": (fields(400, lambda _: f"{{type: int, compute: 'size([{many(200, str)}])'}}"), "model.size"),
    "20 registries of 50 computed fields": (several(20, chained(50), "registry: agreement"), "model.size"),
    "450 computed fields that read what is not there": (fields(450, lambda n: f"{{type: int, compute: row.g{n}}}"), "expression.type"),
    # waivers
    "25,000 waivers of what is no rule": (
        many(25_000, lambda n: f"# lint: allow role.unusd{n} because x\n", "") + PETITION,
        "waiver.form",
    ),
    # numbers
    "a number of 100,000 digits": (with_("version: 1", f"version: {'9' * 100_000}"), "yaml.number"),
    "1e999999999": (with_("version: 1", "version: 1e999999999"), "yaml.number"),
    "a version of 39 digits": (with_("version: 1", f"version: {'9' * 39}"), "model.value"),
    "999,999,999 working days": (in_received("    deadlines: {d: {within: 999999999 working days, basis: rule}}"), "model.value"),
    "a constant no machine holds": (guarded(f"data.parts > {'9' * 30}"), "guard.type"),
    "99,999,999,999 places": (with_("{type: int, default: 0, title: 份数}", "{type: decimal, scale: 99999999999}"), "model.value"),
    "infinity": (with_("default: 0", "default: .inf"), "yaml.number"),
    # characters and constructs
    "a megabyte of text that runs backwards": ("a: " + "\u202e" * 330_000, "yaml.character"),
    "an escape that runs backwards": (with_("来信", '"\\u2067来信"'), "yaml.character"),
    "a merge key": (with_("roles:", "<<: {a: 1}\nroles:"), "yaml.merge_key"),
    "a tag": (with_("来信", "!!python/object/apply:os.system ['true']"), "yaml.tag"),
    # regular expressions
    "a repetition of repetitions": (
        with_("{type: text, title: 事由}", "{type: text, pattern: '((((a{1000}){1000}){1000}){1000})'}"),
        "data.type",
    ),
}

READ: dict[str, str] = {
    "as many computed fields as there may be, each of the next": chained(MOST_FIELDS - 1),
    "as many fields as there may be, half of them computed of the others": fields(
        MOST_FIELDS - 1, lambda n: "{type: int}" if n < 250 else f"{{type: int, compute: row.f{n - 250} + 1}}"
    ),
    "as many documents as a file may have": several(100, PETITION, "workflow: petition"),
    "25,000 waivers of nothing above 1,900 roles that nobody needs": with_(
        "roles: {office: 办公室}",
        many(25_000, lambda _: "# lint: allow role.unused because x\n", "")
        + f"roles: {{office: 办公室, {many(1_900, lambda n: f'r{n}: x')}}}",
    ),
    "a YAML 1.1 boolean": with_("来信", "no"),
    "a timestamp": with_("来信", "2026-02-10T00:00:00Z"),
    "a number with a colon": with_("来信", "190:20:30"),
    "a pattern that explodes elsewhere": with_("{type: text, title: 事由}", "{type: text, pattern: '(a+)+(b|bb)*$'}"),
    "a pattern of 60,000 states": with_("{type: text, title: 事由}", f"{{type: text, pattern: '{'a{1000}' * 60}'}}"),
    "matching with such a pattern": guarded("\"data.topic.matches('(a|aa)+$') && data.topic.matches('((a{100}){10})+b')\""),
    "a guard of 1,200 terms": guarded('"' + " || ".join(["true"] * 1_200) + '"'),
    "a list of 1,700 numbers": guarded(f'"data.parts in [{many(1_700, str)}]"'),
    "9,000 negations": guarded('"' + "!" * 9_000 + 'true"'),
    "990 computed items, each of the next": declared(
        many(990, lambda n: f"  c{n}: {{type: int, compute: {f'data.c{n + 1}' if n < 989 else '1'}}}\n", "")
    ),
    "a title of 900,000 characters": with_("来信", "x" * 900_000),
    "50 actions that hold in 490 states": beside_done(ring(490)).replace("to: done}\n", "to: s0}\n") + anywhere(50),
    "165 regions": beside_done(
        f"  par: {{owner: office, regions: {{{many(165, lambda n: f'r{n}: {{initial: a, states: {{a: {{actions: {{x{n}: {{by: office, to: b}}}}}}, b: {{final: true}}}}}}')}}}, done: {{to: done}}}}"
    ).replace("to: done}\n", "to: par}\n", 1),
    "15,000 rungs": in_received(
        f"    deadlines: {{d: {{within: 9 days, basis: rule, rungs: [{many(15_000, lambda n: f'{{at: {n + 1} hours after, notify: owner}}')}]}}}}"
    ),
    "45,000 options": PETITION + f"lists: {{l: {{{many(45_000, lambda n: f'a{n}: x')}}}}}\n",
}


SCENARIO = "name: x\ngiven: {workflow: petition, at: 2026-03-02 09:00}\nwhen: "
REPEATED = "{repeat: {times: 1000, steps: [{note: office}, {note: office}, {note: office}]}}"
SIMULATION = "simulation: petition\n"
YEAR = "calendar: here\nyear: 2026\nstatus: announced\nsource: {en: x}\npublished: 2025-11-04\ndays: "
PLACE = "calendar: here\ntitle: {en: Here}\nzone: Asia/Shanghai\n"
DEMO = "demo: a\ntitle: {en: x}\nworkflow: petition\nzone: Asia/Shanghai\nsteps: "

BESIDE_WORKFLOWS: dict[str, tuple[str, str, str | None]] = {
    "a scenario of 24,000 steps": ("scenarios", SCENARIO + f"[{many(24_000, lambda _: '{note: office}')}]", None),
    "24,000 acts that nobody knows": (
        "scenarios",
        SCENARIO + f"[{many(24_000, lambda n: f'{{nte{n}: office}}')}]",
        "scenario.unknown_name",
    ),
    "10,000 refusals that nobody knows": (
        "scenarios",
        SCENARIO + f"[{many(10_000, lambda n: f'{{note: {{by: office, refused: [guard_faild{n}]}}}}')}]",
        "scenario.unknown_name",
    ),
    "24,000 items that nobody knows": (
        "scenarios",
        SCENARIO + f"[{{note: {{by: office, data: {{{many(24_000, lambda n: f'secret_not{n}: x')}}}}}}}]",
        "scenario.unknown_name",
    ),
    "7,000 scenarios of what is no workflow": (
        "scenarios",
        many(7_000, lambda n: f"- {{name: x, given: {{workflow: p{n}, at: 2026-03-02 09:00}}, then: {{in: received}}}}\n", ""),
        "scenario.workflow",
    ),
    "2,900 repetitions of 3,000 steps": ("scenarios", SCENARIO + f"[{many(2_900, lambda _: REPEATED)}]", "scenario.value"),
    "repetitions in repetitions": (
        "scenarios",
        SCENARIO + "[" + "{repeat: {times: 1000, steps: [" * 12 + "{note: office}" + "]}}" * 12 + "]",
        "scenario.value",
    ),
    "assumptions about 20,000 states that are not there": (
        "assumptions",
        SIMULATION + f"states: {{{many(20_000, lambda n: f'receivd{n}: {{takes: 1}}')}}}\n",
        "simulation.assumption",
    ),
    "20,000 documents of assumptions": ("assumptions", many(20_000, lambda _: SIMULATION, "---\n"), "yaml.documents"),
    "90,000 likely values": ("assumptions", SIMULATION + f"data: {{topic: [{many(90_000, lambda _: 'a')}]}}\n", None),
    "a day 10,000 times in a year": (
        "year",
        YEAR + f"[{many(10_000, lambda _: '{date: 2026-01-01, kind: rest, reason: {en: x}}')}]",
        "calendar",
    ),
    "a year with 40,000 unknown keys": ("year", YEAR + "[]\n" + many(40_000, lambda n: f"stat{n}: x\n", ""), "calendar"),
    "a calendar with 12,000 fixed days": ("calendar", PLACE + f"fixed: [{many(12_000, lambda _: '{on: 01-01, reason: {en: x}}')}]", None),
    "a zone with 100,000 parts": ("calendar", PLACE.replace("Asia", "a/" * 100_000), "calendar"),
    "a demonstration of 19,000 steps": ("script", DEMO + f"[{many(19_000, lambda _: '{by: a, act: b}')}]", None),
    "12,000 people": ("people", f"units: []\npeople: [{many(12_000, lambda n: f'{{id: a{n}, name: b, roles: [office]}}')}]", None),
}


def within_bounds(found: Cost) -> None:
    assert found.seconds < SECONDS
    assert found.bytes < BYTES


@pytest.mark.parametrize(("text", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_hostile_text_is_refused_quickly(text: str, rule: str) -> None:
    found = cost(text)
    assert rule in found.rules
    assert any(severity == "error" for _, severity, _, _ in found.problems)
    within_bounds(found)


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_large_and_odd_text_that_means_something_is_read_as_written_quickly(text: str) -> None:
    found = cost(text)
    assert [each for each in found.problems if each[1] == "error"] == []
    within_bounds(found)


@pytest.mark.parametrize(("kind", "text", "rule"), BESIDE_WORKFLOWS.values(), ids=BESIDE_WORKFLOWS.keys())
def test_so_are_the_files_that_stand_beside_workflows(kind: str, text: str, rule: str | None) -> None:
    found = cost(text, kind)
    assert (rule in found.rules) if rule is not None else (found.rules == [])
    within_bounds(found)


@pytest.mark.parametrize("title", ["no", "2026-02-10T00:00:00Z", "190:20:30", "1_000"])
def test_what_yaml_1_1_would_turn_into_something_else_stays_a_text(title: str) -> None:
    (document,) = read(with_("来信", title), "w.yaml").documents
    assert document.data["title"] == title


def test_of_many_problems_the_first_are_told_and_how_many_more_there_are() -> None:
    found = cost(REFUSED["40,000 unknown roles"][0])
    assert len(found.problems) == MOST_TOLD + 1
    assert found.problems[-1][0] == "model.more_problems"
    assert found.problems[-1][3].startswith("and 39,80")


def test_of_many_mistakes_in_one_map_the_first_are_told_at_it_and_not_again_around_it() -> None:
    found = cost(REFUSED["35,000 unknown keys 20 states deep"][0])
    assert found.rules == ["model.many_mistakes", *["model.unknown_key"] * MOST_MISTAKES]
    assert found.problems[0][3].startswith("35,000 mistakes stand in this map")
