"""Registries are published like workflows: as a whole or not at all, and only where the rows there are fit."""

from __future__ import annotations

import pytest

from engine.errors import DefinitionRefused, InvalidInput, NotAllowed, NotFound, VersionPublished
from engine.runtime.publishing import publish
from engine.runtime.row_reading import RowFilter
from engine.store.registry_rows import index_of_rows
from tests.application import DAY, ORG, START, TRIAL, Trial
from tests.registers import A1, AGREEMENT, LEDGER, OFFICE, added, altered, published, reading


def test_a_file_of_registries_is_published_as_a_whole_and_again_changes_nothing(office: Trial) -> None:
    first = published(office, f"{AGREEMENT}---\n{LEDGER}")
    assert [(each.registry, each.version, each.new) for each in first] == [("agreement", 1, True), ("report_to_party", 1, True)]
    again = published(office, f"{AGREEMENT}---\n{LEDGER}")
    assert [(each.version, each.new) for each in again] == [(1, False), (1, False)]


def test_another_text_is_the_next_version_and_in_force_at_once(kept: Trial) -> None:
    changed = published(kept, AGREEMENT.replace("title: 备注", "title: 说明"))
    assert [(each.version, each.new) for each in changed] == [(2, True)]
    assert published(kept)[0].version == 3, "the old text again is a new decision"


def test_a_dry_run_says_what_would_be_and_publishes_nothing(office: Trial) -> None:
    done = published(office, dry_run=True)
    assert [(each.version, each.new) for each in done] == [(1, True)]
    with pytest.raises(NotFound):
        reading(office).rows(OFFICE, "agreement", RowFilter(), "zh-CN", cursor=None, limit=5)


def test_workflows_and_registries_are_published_together_or_not_at_all(office: Trial) -> None:
    another = TRIAL.replace("workflow: trial", "workflow: another")
    changed = TRIAL.replace("title: 试", "title: 变")
    with pytest.raises(VersionPublished):
        published(office, f"{AGREEMENT}---\n{changed}")
    assert published(office, f"{AGREEMENT}---\n{another}")[0].version == 1, "nothing was published before"
    assert office.app.registry.published(ORG, "another").definition.version == 1


def test_publishing_needs_the_right(office: Trial) -> None:
    with pytest.raises(NotAllowed):
        publish(office.app, OFFICE, [(AGREEMENT, "r.yaml")])


def test_a_registry_takes_effect_at_once_and_at_no_other_day(office: Trial) -> None:
    with pytest.raises(InvalidInput):
        published(office, effective_from=START + DAY)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"{AGREEMENT}---\n{AGREEMENT}", "registry.twice"),
        (AGREEMENT.replace("registry: agreement", "registry: trial"), "registry.name_taken"),
        (f"{AGREEMENT}---\n{TRIAL.replace('workflow: trial', 'workflow: agreement')}", "registry.name_taken"),
        (AGREEMENT.replace("today <= row.until", "today <= row.til"), "expression.type"),
    ],
)
def test_what_cannot_be_published_is_refused_with_its_problems(office: Trial, text: str, rule: str) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        published(office, text)
    assert rule in {problem.rule for problem in refused.value.problems}


def test_a_workflow_cannot_take_the_name_of_a_registry(kept: Trial) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        published(kept, TRIAL.replace("workflow: trial", "workflow: agreement"))
    assert [problem.rule for problem in refused.value.problems] == ["registry.name_taken"]


def test_a_definition_that_rows_do_not_fit_is_refused_and_names_them(kept: Trial) -> None:
    added(kept, A1)
    narrower = AGREEMENT.replace("law: 法治, ", "")
    with pytest.raises(DefinitionRefused) as refused:
        published(kept, narrower, dry_run=True)
    with pytest.raises(DefinitionRefused):
        published(kept, narrower)
    (problem,) = refused.value.problems
    assert (problem.rule, problem.pointer) == ("registry.rows_do_not_fit", "/fields/topics")
    assert "'A1'" in problem.message
    altered(kept, "A1", "retire")
    assert published(kept, narrower)[0].version == 2, "what is retired need not fit"


def test_a_dropped_field_must_be_empty(kept: Trial) -> None:
    added(kept, {**A1, "note": "x"})
    without = AGREEMENT.replace("  note:     {type: text, title: 备注}\n", "")
    with pytest.raises(DefinitionRefused):
        published(kept, without)
    altered(kept, "A1", "change", {"note": None})
    assert published(kept, without)[0].new


def test_a_new_definition_brings_the_index_up_to_date(kept: Trial) -> None:
    added(kept, A1)
    published(kept, AGREEMENT + "  place: {type: text, title: 地点, compute: \"'at ' + row.partner\"}\n")
    with kept.app.store.read() as reader:
        entries = index_of_rows(reader, ORG, "agreement")["A1"]
    assert ("place", "at court") in entries
