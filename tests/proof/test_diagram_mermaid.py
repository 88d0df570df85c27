"""The text for Mermaid has what the picture has, and nothing in a title is taken for its syntax."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from engine.proof.diagram.building import build
from engine.proof.diagram.mermaid import escaped, mermaid
from tests.proof.diagrams import REGIONS, definition, definitions, shipped

TRANSITION = re.compile(r"\s*(\[\*\]|\w+) --> (\[\*\]|\w+)( : [^\n]+)?")
STATE = re.compile(r'\s*state (?:"[^"]*" as (\w+)( \{)?|(\w+) <<choice>>)')
DESCRIPTION = re.compile(r"\s*(\w+) : [^\n]+")


def written(text: str, language: str = "zh-CN") -> str:
    return mermaid(build(definition(text), language))


def check(said: str) -> None:
    """Every line is of a known form, every name is declared, every brace is closed."""
    head, *lines = said.split("stateDiagram-v2\n")[1:] and said.split("stateDiagram-v2\n")
    assert re.fullmatch(r'---\ntitle: "[^"\n]*"\n---\n', head)
    declared, used, depth = set[str](), set[str](), 0
    for line in "".join(lines).splitlines():
        if match := TRANSITION.fullmatch(line):
            used |= {match[1], match[2]} - {"[*]"}
        elif match := STATE.fullmatch(line):
            name = match[1] or match[3]
            assert name not in declared
            declared.add(name)
            depth += bool(match[2])
        elif match := DESCRIPTION.fullmatch(line):
            used.add(match[1])
        elif line.strip() == "}":
            depth -= 1
        else:
            assert line.strip() == "--", line
    assert used <= declared
    assert depth == 0


@pytest.mark.parametrize("name", sorted(shipped()))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_shipped_workflow_is_written(name: str, language: str) -> None:
    said = written(shipped()[name], language)
    check(said)
    assert all(path.replace(".", "_") in said for path in definition(shipped()[name]).states)


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_any_definition_is_written(text: str) -> None:
    check(written(text))


def test_it_says_what_the_picture_says() -> None:
    said = written(REGIONS)
    for line in (
        "  [*] --> proposed : 提出 / 办公室、委员",
        "  vetting --> proposed : 退回 / 职员、到期自动 / 至多2次",
        "  vetting : 期限过80#37;：提醒承办方",
        "  work --> ready : 全部完成后",
        "    --",
        "  over --> [*]",
    ):
        assert line in said.splitlines(), line


def test_signs_with_a_meaning_are_written_as_numbers() -> None:
    assert escaped('a:b;c#d"e<f>--g%%{h}') == "a#58;b#59;c#35;d#34;e#60;f#62;#45;#45;g#37;#37;#123;h#125;"
