"""Every rule of the semantics has a workflow and scenarios in the page itself; they are sound, and go as the page says.

A workflow that the page shows to be refused names the rule of lint in a comment on the line it is refused at: `# refused: RULE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.proof.lint import lint
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Routes, run
from engine.proof.scenario_workflows import Workflows
from tests.core.process import calendars

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "semantics"
INDEX = FOLDER / "index.md"
PAGES = sorted(set(FOLDER.glob("*.md")) - {INDEX})
RULE = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REFUSED = re.compile(r"# refused: (\S+)")


class Rule(NamedTuple):
    """A section of a page with its blocks."""

    page: str
    title: str
    blocks: tuple[str, ...]

    @property
    def workflows(self) -> list[str]:
        return [block for block in self.blocks if block.startswith("workflow:")]

    @property
    def scenarios(self) -> list[str]:
        return [block for block in self.blocks if block.startswith("- ")]


def rules() -> Iterator[Rule]:
    for page in PAGES:
        for title, text in RULE.findall(page.read_text("utf-8")):
            yield Rule(page.name, title, tuple(BLOCK.findall(text)))


RULES = list(rules())


def test_the_overview_leads_to_every_page() -> None:
    assert len(RULES) > 20
    assert {page.name for page in PAGES} == set(re.findall(r"^\| \[[^]]+\]\((\w+\.md)\)", INDEX.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.page}: {rule.title}")
def test_a_rule_has_examples_and_nothing_in_it_stays_untested(rule: Rule) -> None:
    assert rule.workflows
    assert sorted((*rule.workflows, *rule.scenarios)) == sorted(rule.blocks)
    assert rule.scenarios or all(REFUSED.search(workflow) for workflow in rule.workflows)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.page}: {rule.title}")
def test_a_workflow_is_sound_or_refused_just_where_it_says(rule: Rule) -> None:
    for workflow in rule.workflows:
        said = [(number, found[1]) for number, line in enumerate(workflow.splitlines(), 1) if (found := REFUSED.search(line))]
        assert [(problem.line, problem.rule) for problem in lint([("example.yaml", workflow)], calendars())] == said


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.page}: {rule.title}")
def test_scenarios_go_as_they_say(rule: Rule, tmp_path: Path) -> None:
    files = []
    for number, workflow in enumerate(rule.workflows):
        files.append(tmp_path / f"workflow{number}.yaml")
        files[-1].write_text(workflow, "utf-8")
    routes = Routes(EFFORT)
    for text in rule.scenarios:
        read = read_scenarios(text, rule.page, Workflows(files, calendars()))
        assert read.problems == ()
        for result in (run(scenario, routes) for scenario in read.scenarios):
            assert result.differences == (), (result.scenario.name, result.story)


def test_no_two_examples_have_one_name() -> None:
    names = [name for rule in RULES for workflow in rule.workflows for name in re.findall(r"^workflow: (\w+)", workflow, re.MULTILINE)]
    assert sorted(set(names)) == sorted(names)
