"""Lint: each rule finds what it is for and leaves a sound workflow alone; every rule has its entry in the docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.errors import Problem
from engine.proof.diff import unversioned, versions_of
from engine.proof.lint import examine, lint
from engine.proof.rules import RULES
from tests.definition.loading import CALENDARS, DELIBERATION, FIXTURES, SMALLEST, changed, loaded, place, rules
from tests.proof.linting import found, small

DOCS = Path("docs/lint.md").read_text(encoding="utf-8")


# --- a sound file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [SMALLEST, DELIBERATION], ids=["smallest", "deliberation"])
def test_a_sound_workflow_has_no_problems(text: str) -> None:
    assert found(text) == []


def test_files_are_linted_together_and_problems_come_by_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("a: 1\na: 2\n", encoding="utf-8")
    problems = lint([FIXTURES / "resident_message.yaml", bad, ("z.yaml", "- 1"), ("a.yaml", "- 1")], CALENDARS)
    assert [(each.file, each.rule) for each in problems] == [
        (str(bad), "yaml.duplicate_key"),
        ("a.yaml", "model.kind"),
        ("z.yaml", "model.kind"),
    ]


# --- what must show -------------------------------------------------------------------------------------------------


def test_bad_input_is_one_clear_line_each() -> None:
    """Issue 2, must show 6: the server is not harmed, and the designer is told what to do."""
    bomb = "\n".join(["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)])
    inputs: list[tuple[str, str | bytes]] = [
        ("model.unknown_key", changed(SMALLEST, ("reason: required", "raeson: required"))),
        ("model.type", changed(SMALLEST, ("max: 500", "max: five hundred"))),
        ("guard.type", changed(SMALLEST, ("form: [reply], notify", "form: [reply], guard: data.reply, notify"))),
        ("name.unknown_state", changed(SMALLEST, ("to: answering}", "to: answring}"))),
        ("yaml.duplicate_key", changed(SMALLEST, ("version: 1", "version: 1\nversion: 2"))),
        ("yaml.alias", bomb),
        ("yaml.size", "x" * 50_000_000),
        ("yaml.depth", "[" * 200_000),
        ("yaml.encoding", SMALLEST.encode("gb18030")),
        ("yaml.tag", SMALLEST + "number: !!python/object/apply:os.system [ls]\n"),
    ]
    for rule, text in inputs:
        problems = found(text)
        assert rule in rules(problems)
        assert re.fullmatch(r"w\.yaml:\d+:\d+: [a-z_]+\.[a-z_]+ .{15,}", str(problems[0]))


# --- states and moves -----------------------------------------------------------------------------------------------


def test_a_state_nobody_can_enter_is_found_once_for_its_whole_branch() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}}}\n  lost: {initial: b, states: {b: {actions: {y: {by: office, to: end}}}}}")
    (problem,) = found(text)
    assert (problem.rule, problem.severity, (problem.line, problem.column)) == ("state.unreachable", "error", place(text, "lost"))


def test_a_state_nothing_leaves_is_found() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n  b: {actions: {note: {by: office, form: [note]}}}")
    assert rules(found(text)) == ["state.trap"]


def test_a_way_out_of_an_outer_state_or_of_anywhere_is_one_of_the_inner_state_too() -> None:
    nested = "  a: {initial: b, actions: {x: {by: office, to: end}}, states: {b: {}}}"
    assert found(small(nested)) == []
    assert found(small("  a: {}", "anywhere: {actions: {x: {by: office, to: end}}}")) == []


def test_going_to_itself_is_no_way_out() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n  b: {actions: {again: {by: office, to: b}}}")
    assert rules(found(text)) == ["state.trap"]


def test_a_workflow_whose_end_cannot_be_reached_is_found() -> None:
    text = small("  a: {actions: {x: {by: office, to: b}}}\n  b: {actions: {y: {by: office, to: a}}}")
    assert rules(found(text)) == ["state.no_end", "state.unreachable"]


def test_a_corner_from_which_no_end_can_be_reached_is_found() -> None:
    text = small(
        "  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n"
        "  b: {actions: {z: {by: office, to: c}}}\n"
        "  c: {actions: {z: {by: office, to: b}}}"
    )
    (problem,) = found(text)
    assert (problem.rule, problem.way, problem.line) == ("state.no_end", ("start", "y"), place(text, "b: {actions")[0])


def test_a_finished_region_waits_for_its_sisters_and_is_no_dead_end() -> None:
    text = small(
        "  a:\n    regions:\n"
        "      one: {initial: b, states: {b: {actions: {x: {by: office, to: c}}}, c: {final: true}}}\n"
        "      two: {initial: d, states: {d: {actions: {y: {by: office, to: e}}}, e: {final: true}}}\n"
        "    done: {to: end}"
    )
    assert found(text) == []


def test_regions_that_never_lead_on_are_found() -> None:
    text = small(
        "  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n"
        "  b:\n    regions:\n"
        "      one: {initial: c, states: {c: {actions: {x: {by: office, to: d}}}, d: {final: true}}}"
    )
    assert rules(found(text)) == ["state.no_end"]


def test_a_return_by_history_is_a_way_out() -> None:
    text = small(
        "  a: {actions: {x: {by: office, to: end}}}\n  paused: {actions: {resume: {by: office, to: {history: deep}}}}",
        "anywhere: {actions: {pause: {by: office, to: paused, except: [paused]}}}",
    )
    assert found(text) == []


def test_an_action_excepted_everywhere_is_dead() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}}}", "anywhere: {actions: {y: {by: office, to: end, except: [a]}}}")
    (problem,) = found(text)
    assert (problem.rule, problem.severity) == ("action.dead", "warning")


def test_an_inner_action_that_may_let_an_outer_one_through_is_found() -> None:
    inner = "  a: {actions: {w: {by: office, form: [done]}, x: {by: office, guard: data.done, to: end}}}"
    assert rules(found(small(inner, "anywhere: {actions: {x: {by: office, to: end}}}"))) == ["action.shadow"]
    assert rules(found(small(inner, "anywhere: {actions: {x: {by: office, to: end, except: [a]}}}"))) == ["action.dead"]


def test_an_eventless_transition_that_stays_is_found() -> None:
    text = small("  a: {always: {guard: '!data.done', set: {done: true}}, actions: {x: {by: office, to: end}}}")
    assert rules(found(text)) == ["always.stays"]


CLOCK = """  a:
    deadlines: {d: {timer: true, within: 3 days, rungs: [{at: due, act: on}]}}
    actions: {on: {by: clock, to: b}, x: {by: office, to: end}}
  b:
    deadlines: {d: {timer: true, within: 3 days, rungs: [{at: due, act: back}]}}
    actions: {back: {by: [clock, office], to: a}}"""


POLL = """  a:
    ballots: {poll: {title: 表决, voters: [office], scale: {agree: 赞成, disagree: 反对}, secret: true, quorum: {more_than: 1/2, of: roll}, closes: {within: 5 working days}}}
    done: {choice: [{guard: ballots.poll.quorate, to: end}, {to: a}]}"""


def test_a_ballot_that_closes_by_itself_is_not_held_again_and_again_without_a_budget() -> None:
    assert rules(found(small(POLL))) == ["loop.no_budget"]
    assert found(small(POLL.replace("{to: a}", "{to: a, cycles: {at_most: 1, then: end}}"))) == []


def test_a_loop_that_the_clock_can_drive_needs_a_budget() -> None:
    assert rules(found(small(CLOCK))) == ["loop.no_budget", "loop.no_budget"]
    assert found(small(CLOCK.replace("to: a}", "to: a, cycles: {at_most: 3, then: end}}"))) == []


def test_a_loop_in_which_somebody_must_act_needs_none() -> None:
    assert (
        found(small(CLOCK.replace("by: [clock, office]", "by: office").replace("{at: due, act: back}", "{at: due, notify: [office]}")))
        == []
    )


def test_a_loop_of_eventless_transitions_needs_a_budget() -> None:
    text = small("  a: {actions: {x: {by: office, to: b}, y: {by: office, to: end}}}\n  b: {always: {to: c}}\n  c: {always: {to: b}}")
    assert [(each.rule, each.line) for each in found(text)] == [("loop.no_budget", 12), ("always.cycle", 13), ("loop.no_budget", 13)]


# --- people, documents, texts ---------------------------------------------------------------------------------------


def test_a_duty_over_one_act_is_found() -> None:
    assert rules(found(DELIBERATION, ("[submit, approve]", "[approve, approve]"))) == ["duty.same_act"]
    assert rules(found(DELIBERATION, ("[submit, approve]", "[topic.vetting.approve, vetting.approve]"))) == ["duty.same_act"]


def test_a_role_with_a_name_of_its_own_meaning_is_found() -> None:
    assert rules(found(SMALLEST, ("roles: {resident", "roles: {auditor: 审计, resident"))) == ["role.reserved", "role.unused"]


def test_a_role_nobody_names_is_found() -> None:
    (problem,) = found(SMALLEST, ("roles: {resident", "roles: {visitor: 访客, resident"))
    assert (problem.rule, problem.severity) == ("role.unused", "warning")


def test_a_document_nobody_needs_is_found() -> None:
    assert rules(found(SMALLEST, ("initial: received", "documents: {letter: {title: 函}}\ninitial: received"))) == ["document.unused"]


def test_a_text_that_lacks_a_language_is_found() -> None:
    text = changed(DELIBERATION, ("member: {zh-CN: 委员, en: Member}", "member: 委员"))
    (problem,) = found(text)
    assert (problem.rule, problem.severity, (problem.line, problem.column)) == (
        "text.missing_language",
        "warning",
        place(text, "member: 委员\n", len("member: ")),
    )
    assert "en" in problem.message


# --- data -----------------------------------------------------------------------------------------------------------


def unguarded(states: str, **data: str) -> list[tuple[str, int]]:
    text = small(states)
    for old, new in data.items():
        text = text.replace(old, new)
    return [(each.message.split("`")[1], each.line) for each in found(text) if each.rule == "guard.unguarded_read"]


def test_reading_what_nobody_filled_is_found() -> None:
    assert unguarded("  a: {actions: {x: {by: office, guard: data.amount > 3, to: end}}}") == [("data.amount", 11)]


READS_IN_B = "\n  b: {actions: {x: {by: office, guard: data.amount > 3, to: end}}}"
ENTRY_OF_B_READS = "\n  b: {entry: {set: {amount: data.amount + 1}}, actions: {x: {by: office, to: end}}}"


@pytest.mark.parametrize(
    "states",
    [
        "  a: {actions: {x: {by: office, guard: has(data.amount) && data.amount > 3, to: end}}}",
        "  a: {actions: {x: {by: office, form: [amount], guard: data.amount > 3, to: end}}}",
        "  a: {actions: {x: {by: office, guard: data.done, to: end}}}",  # it has a default
        "  a: {actions: {w: {by: office, form: [amount], to: b}}}" + READS_IN_B,
        "  a: {actions: {w: {by: office, set: {amount: 3}, to: b}}}" + READS_IN_B,
        "  a: {exit: {set: {amount: 3}}, actions: {w: {by: office, to: b}}}" + READS_IN_B,
        "  a: {actions: {w: {by: office, guard: has(data.amount), to: b}}}" + READS_IN_B,
        "  a: {actions: {w: {by: office, form: [amount], choice: [{guard: data.amount > 3, to: b}, {to: end}]}}}" + ENTRY_OF_B_READS,
        "  a: {actions: {x: {asked_by: office, by: office, form: [amount], guard: data.amount > 3, to: end}}}",
    ],
    ids=["has", "own form", "default", "form before", "set before", "exit", "guard before", "entry", "asked"],
)
def test_reading_what_is_surely_filled_is_left_alone(states: str) -> None:
    assert unguarded(states) == []


def test_an_item_must_be_filled_on_every_path() -> None:
    states = (
        "  a: {actions: {w: {by: office, form: [amount], to: b}, v: {by: office, to: b}}}\n"
        "  b: {actions: {x: {by: office, guard: data.amount > 3, to: end}}}"
    )
    assert unguarded(states) == [("data.amount", 12)]


def test_an_optional_field_of_a_form_fills_nothing() -> None:
    assert unguarded("  a: {actions: {x: {by: office, form: [amount?], guard: data.amount > 3, to: end}}}") == [("data.amount", 11)]


def test_what_a_sister_region_fills_counts_once_both_are_done() -> None:
    regions = (
        "  a:\n    regions:\n"
        "      one: {initial: b, states: {b: {actions: {x: {by: office, form: [amount], to: c}}}, c: {final: true}}}\n"
        "      two: {initial: d, states: {d: {actions: {y: {by: office, GUARD to: e}}}, e: {final: true}}}\n"
        "    done: {choice: [{guard: data.amount > 3, to: end}, {to: end}]}"
    )
    assert unguarded(regions.replace("GUARD ", "")) == []
    assert unguarded(regions.replace("GUARD", "guard: data.amount > 3,")) == [("data.amount", 14)]


def test_what_the_start_form_demands_is_filled_from_the_beginning() -> None:
    states = "  a: {actions: {x: {by: office, guard: data.amount > 3, to: end}}}"
    assert unguarded(states, **{"start: {by: office}": "start: {by: office, form: [amount]}"}) == []


# --- the docs -----------------------------------------------------------------------------------------

BEYOND = "## Beyond lint"
"""The section on what other commands say: lint has no examples of that."""
ENTRIES = dict(re.findall(r"^### `([a-z_.]+)`\n(.*?)(?=^##|\Z)", DOCS, re.MULTILINE | re.DOTALL))
EXAMPLES = {rule: re.findall(r"```yaml\n(.*?)```", entry, re.DOTALL) for rule, entry in ENTRIES.items()}
WITHOUT_EXAMPLES = {
    "yaml.documents",
    "yaml.empty",
    "yaml.encoding",
    "yaml.file",
    "yaml.nodes",
    "yaml.size",
    "model.one_workflow",
    "model.size",
    "space.bounded",
    "model.many_mistakes",
    "model.more_problems",
    "scenario.chronicle",  # it takes a third file: tests/proof/test_chronicle.py
    "scenario.endless",  # it takes another workflow, one with a loop of its own: tests/proof/test_scenario_endless.py
    *re.findall(r"^### `([a-z_.]+)`", DOCS.partition(BEYOND)[2], re.MULTILINE),
}


RULE_ID = re.compile(r"[a-z_]+\.[a-z_]+")
NO_RULES = re.compile(r"(actor|case|parent|elk|yishi)\..*|workflow\.yaml")
"""What is written like a rule and is none: names in expressions, events, options of elkjs, a package of CEL, the name of a file."""


def rules_in_sources() -> set[str]:
    """Give every id a problem can have: all that is written like one where files are read, and what the running service adds to that."""
    reading = [Path("engine/errors.py"), *Path("engine/definition").rglob("*.py"), *Path("engine/proof").rglob("*.py")]
    written = {text for path in reading for node in ast.walk(parsed(path)) for text in constants([node])}
    running = Path("engine/runtime").rglob("*.py")
    calls = (node for path in running for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))
    reported = {
        text for call in calls if ast.unparse(call.func).rpartition(".")[2] in {"problem", "Problem"} for text in constants(call.args)
    }
    return {text for text in written | reported if RULE_ID.fullmatch(text) and not NO_RULES.fullmatch(text)}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def constants(nodes: Iterable[ast.AST]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def laid_over(base: Any, part: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    return {**base, **{key: laid_over(base.get(key), value) for key, value in part.items()}}


def example(rule: str, snippet: str) -> str:
    """Make a whole file of an example: those on YAML and presets stand alone, others are laid over the registry or the workflow of the page."""
    if rule.startswith(("yaml.", "waiver.", "preset.")) or rule == "model.kind":
        return snippet
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    base = next(block for block in blocks if block.startswith("registry:" if rule.startswith("registry.") else "workflow:"))
    first, *others = yaml.load_all(snippet, Loader=yaml.CSafeLoader)
    whole = laid_over(yaml.load(base, Loader=yaml.CSafeLoader), first)
    return yaml.safe_dump_all([whole, *others], allow_unicode=True, sort_keys=False)


def test_every_rule_has_an_entry_in_the_docs_and_every_entry_a_rule() -> None:
    assert ENTRIES.keys() >= RULES.keys()
    assert ENTRIES.keys() == rules_in_sources()


@pytest.mark.parametrize("rule", sorted(ENTRIES.keys() - WITHOUT_EXAMPLES))
def test_the_first_example_of_an_entry_fails_and_the_second_passes(rule: str, tmp_path: Path) -> None:
    failing, passing = EXAMPLES[rule]
    assert rule in rules(found_in_example(rule, failing, tmp_path))
    assert rule not in rules(found_in_example(rule, passing, tmp_path))


def found_in_example(rule: str, snippet: str, folder: Path) -> list[Problem]:
    """Lint an example; scenarios are laid beside the workflow of the page, versions are held against it."""
    if rule.startswith("version."):
        old, new = (versions_of(loaded(example("", text)))["example"] for text in ("{}", snippet))
        return [*unversioned(old, new, CALENDARS)]
    return beside_the_workflow(snippet, folder) if rule.startswith("scenario.") else found(example(rule, snippet))


def beside_the_workflow(scenarios: str, folder: Path) -> list[Problem]:
    workflow = folder / "example.yaml"
    workflow.write_text(example("", "{}"), "utf-8")
    workflow.with_name("example.test.yaml").write_text(scenarios, "utf-8")
    return list(examine([workflow], CALENDARS, scenarios=True).problems)


@pytest.mark.parametrize("rule", ["", "registry."])
def test_the_files_that_the_examples_change_are_sound(rule: str) -> None:
    assert found(example(rule, "{}")) == []
