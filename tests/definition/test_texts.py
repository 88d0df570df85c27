"""Texts beside a workflow: found by their paths, a part of the version, told where they mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.loader import Loaded, load
from engine.definition.texts import with_texts
from engine.errors import Problem
from tests.definition.loading import CALENDARS

WORKFLOW = """\
workflow: small
version: 1
title: 小事
language: [zh-CN, en]
calendar: cn
roles: {office: 办公室}
start: {by: office}
initial: open
states:
  open:
    title: 受理
    owner: office
    actions: {close: {title: {zh-CN: 办结}, by: office, to: closed}}
  closed: {title: 已办结, final: true, outcome: success}
"""
ENGLISH = """\
# the English of it
title: A small matter
roles.office.title: Office
states.open.title: Open
states.open.actions.close.title: Close
states.closed.title: "Closed: done"
"""


def beside(folder: Path, texts: str, workflow: str = WORKFLOW, language: str = "en") -> Path:
    path = folder / "small.yaml"
    path.write_text(workflow, "utf-8")
    (folder / f"small.{language}.yaml").write_text(texts, "utf-8")
    return path


def loaded(path: Path) -> Loaded:
    return load(path, str(path), calendars=CALENDARS)


def told(path: Path) -> list[tuple[str, int, int, str]]:
    def one(problem: Problem) -> tuple[str, int, int, str]:
        return Path(problem.file).name, problem.line, problem.column, problem.rule

    return [one(problem) for problem in loaded(path).problems]


def test_a_text_is_laid_in_at_its_path(tmp_path: Path) -> None:
    found = loaded(beside(tmp_path, ENGLISH))
    assert found.problems == ()
    (definition,) = found.definitions
    assert definition.title == {"zh-CN": "小事", "en": "A small matter"}
    assert definition.roles["office"].title == {"zh-CN": "办公室", "en": "Office"}
    assert definition.states["open"].transitions[0].title == {"zh-CN": "办结", "en": "Close"}
    assert definition.states["closed"].title["en"] == "Closed: done"


def test_a_role_is_named_with_its_title_or_without_as_it_is_written(tmp_path: Path) -> None:
    (long,) = loaded(beside(tmp_path, ENGLISH)).definitions
    (short,) = loaded(beside(tmp_path, ENGLISH.replace("roles.office.title", "roles.office"))).definitions
    assert short.digest == long.digest


def test_another_label_is_another_content_and_another_comment_is_not(tmp_path: Path) -> None:
    (first,) = loaded(beside(tmp_path, ENGLISH)).definitions
    (same,) = loaded(beside(tmp_path, ENGLISH.replace("# the English of it", "# said otherwise"))).definitions
    (other,) = loaded(beside(tmp_path, ENGLISH.replace("Open", "Received"))).definitions
    assert first.digest == same.digest != other.digest


def test_what_is_kept_of_a_version_stands_alone_and_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    path = beside(tmp_path, ENGLISH)
    (first,) = loaded(path).definitions
    (again,) = load(first.source, "kept", calendars=CALENDARS).definitions
    assert (again.digest, again.source, again.title) == (first.digest, first.source, first.title)
    (sent,) = load(with_texts(path, path.read_bytes()), "sent", calendars=CALENDARS).definitions
    assert sent.digest == first.digest


def test_in_a_file_of_several_workflows_a_path_begins_with_the_name_of_its_own(tmp_path: Path) -> None:
    texts = "small.title: A small matter\nlarge.title: A large matter\ntitle: Which?\n"
    path = beside(tmp_path, texts, f"{WORKFLOW}---\n{WORKFLOW.replace('workflow: small', 'workflow: large')}")
    assert told(path) == [("small.en.yaml", 3, 1, "text.unknown_path")]
    assert [each.draft.title["en"] for each in loaded(path).documents if each.draft] == ["A small matter", "A large matter"]
    sources = [each.draft.source for each in loaded(path).documents if each.draft]
    assert ["A large matter" in source for source in sources] == [False, True]


@pytest.mark.parametrize(
    ("texts", "language", "place", "rule", "said"),
    [
        ("states.opne.title: Open\n", "en", (1, 1), "text.unknown_path", "did you mean 'states.open.title'?"),
        ("states.open.owner: Office\n", "en", (1, 1), "text.unknown_path", "there is no text at `states.open.owner`"),
        ("title: A small matter\n", "fr", (1, 8), "text.unknown_language", "`language` has zh-CN, en and not 'fr'"),
        ("title: 7\n", "en", (1, 8), "text.form", "expected a text, in quotes if it looks like a number, got 7"),
        ("- title\n", "en", (1, 1), "text.form", "expected a map of paths and texts"),
        ("title: 小\n", "zh-CN", (1, 8), "text.twice", "this text stands in 'zh-CN' already"),
        ("title: a\ntitle: b\n", "en", (2, 1), "yaml.duplicate_key", "stands here twice"),
    ],
)
def test_what_means_nothing_is_told_in_the_file_of_texts(
    tmp_path: Path, texts: str, language: str, place: tuple[int, int], rule: str, said: str
) -> None:
    path = beside(tmp_path, texts, language=language)
    assert told(path) == [(f"small.{language}.yaml", *place, rule)]
    assert said in loaded(path).problems[0].message


def test_files_that_only_look_like_texts_are_none(tmp_path: Path) -> None:
    path = beside(tmp_path, "- name: not a text\n", language="test")
    (tmp_path / "smaller.en.yaml").write_text("title: of another\n", "utf-8")
    assert told(path) == []
