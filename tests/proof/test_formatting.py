"""`fmt`: one layout for a file. It keeps every comment and never changes what a file means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.reader import read
from engine.definition.workflow_files import workflow_files
from engine.errors import DefinitionRefused
from engine.proof import formatting
from engine.proof.formatting import formatted, width
from engine.proof.formatting_tree import WIDTH, comments
from tests.definition.loading import CALENDARS, DELIBERATION, SMALLEST, loaded

FILES = sorted(
    [*Path("workflows").rglob("*.yaml"), *Path("tests/definition/fixtures").glob("*.yaml"), *Path("api/commands/templates").rglob("*.yaml")]
)

LONG = ", ".join(f"item_{n:02}: {{type: text}}" for n in range(10))


def data(text: str) -> list[str]:
    """Give what a text says, with keys in their order."""
    reading = read(text, "w.yaml")
    assert reading.problems == (), text
    return [repr(document.data) for document in reading.documents]


def told(text: str) -> list[str]:
    return sorted(comment.text for comment in comments(text))


# --- what it does ---------------------------------------------------------------------------------------------------

BEFORE_AND_AFTER = {
    "two spaces a level, lists indented": ("a:\n      b:\n      - 1\n      -   2\n", "a:\n  b:\n    - 1\n    - 2\n"),
    "one space in braces and after colons": ("a: { b : 1,c:    [ 1,2 ] }\n", "a: {b: 1, c: [1, 2]}\n"),
    "one blank line at most": ("a: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
    "no blank space at the ends of lines": ("a: 1   \nb:\t\n  c: 2 \t\n", "a: 1\nb:\n  c: 2\n"),
    "what is in braces over several lines goes on one, if it fits": ("a: {b: 1,\n    c: 2}\n", "a: {b: 1, c: 2}\n"),
    "what is not in braces stays so": ("a:\n  b: 1\n", "a:\n  b: 1\n"),
    "what does not fit leaves its braces": (f"a: {{{LONG}}}\n", "a:\n" + "".join(f"  item_{n:02}: {{type: text}}\n" for n in range(10))),
    "a comment in braces takes them away": ("a: {b: 1, # one\n    c: 2} # all\n", "a:  # all\n  b: 1  # one\n  c: 2\n"),
    "rows of a table": ("a: {x: 1}\nlonger: {x: 2}\n", "a:      {x: 1}\nlonger: {x: 2}\n"),
    "no table beside plain values": ("title: {en: A}\nby: office\nrefuse: {code: b}\n", "title: {en: A}\nby: office\nrefuse: {code: b}\n"),
    "names in one column, be it texts or maps": ("roles:\n  a: x\n  longer: {title: y}\n", "roles:\n  a:      x\n  longer: {title: y}\n"),
    "closed lists too": ("lists:\n  l:\n    a: x\n    longer: y\n", "lists:\n  l:\n    a:      x\n    longer: y\n"),
    "a blank line parts tables": ("a: {x: 1}\n\nlonger: {x: 2}\n", "a: {x: 1}\n\nlonger: {x: 2}\n"),
    "comments side by side": ("a: 1 # x\nlonger: 2     # y\n", "a: 1       # x\nlonger: 2  # y\n"),
    "comments above stand with what they are above": ("a:\n    # one\n    b: 1\n# two\nc: 2\n", "a:\n  # one\n  b: 1\n# two\nc: 2\n"),
    "comments at the end of a group": ("a:\n  b: 1\n  # end of a\n# end\n", "a:\n  b: 1\n  # end of a\n# end\n"),
    "a comment after the colon": ("a:   # why\n  b: 1\n", "a:  # why\n  b: 1\n"),
    "a comment behind a dash": ("a:\n  - # why\n    b: 1\n", "a:\n  # why\n  - b: 1\n"),
    "quotes as they were": ("a: 'x'\nb: \"y\"\nc: z\n", "a: 'x'\nb: \"y\"\nc: z\n"),
    "block texts keep their lines": ("a: |\n      one\n        two\n\n      three\n", "a: |\n  one\n    two\n\n  three\n"),
    "block texts that begin with spaces": ("a:\n    b: |2\n          x\n         y\n", "a:\n  b: |2\n        x\n       y\n"),
    "block texts that end with blank lines": ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
    "folded quotes": ('a: "one\n      two"\n', 'a: "one\n  two"\n'),
    "anchors and aliases": ("a: &x  {b: 1}\nc: *x\n", "a: &x {b: 1}\nc: *x\n"),
    "lists in lists": ("a:\n- - 1\n  - 2\n- b: 1\n  c: 2\n", "a:\n  - - 1\n    - 2\n  - b: 1\n    c: 2\n"),
    "several documents": ("--- # one\na: 1\n---   # two\nb: 2\n", "# one\na: 1\n---  # two\nb: 2\n"),
    "a document in braces": ("{a: 1,\n b: 2}\n", "{a: 1, b: 2}\n"),
    "line ends and the byte order mark": ("\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
    "a file with no line end": ("a: 1", "a: 1\n"),
    "empty groups": ("a: {  }\nb: [ # none\n]\n", "a: {}\nb: []  # none\n"),
}


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER.values(), ids=BEFORE_AND_AFTER.keys())
def test_layout(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_chinese_signs_count_two_columns() -> None:
    assert width("议题: x") == 7
    text = "a: {title: " + "议" * 64 + "}\n"
    assert formatted(text) == text
    assert formatted(text.replace("议}", "议题}")) != text.replace("议}", "议题}")


def test_in_braces_no_line_is_longer_than_the_width() -> None:
    for path in FILES:
        for line in formatted(path.read_text("utf-8")).splitlines():
            within = re.sub(r"  #.*", "", line)
            assert width(within) <= WIDTH or not within.endswith("}"), line


# --- what it never does ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_file_there_is_means_the_same_afterwards_and_is_done_after_once(path: Path) -> None:
    before = path.read_text("utf-8")
    after = formatted(before)
    assert data(after) == data(before)
    assert told(after) == told(before)
    assert formatted(after) == after


@pytest.mark.parametrize("path", workflow_files(Path("workflows")), ids=str)
def test_the_shipped_workflows_are_laid_out(path: Path) -> None:
    text = path.read_text("utf-8")
    assert formatted(text, path.name) == text


@pytest.mark.parametrize("text", [SMALLEST, DELIBERATION], ids=["smallest", "deliberation"])
def test_the_definition_is_the_same_before_and_after(text: str) -> None:
    before, after = loaded(text).documents[0], loaded(formatted(text)).documents[0]
    assert before.workflow is not None
    assert after.workflow == before.workflow
    assert CALENDARS


def test_a_text_that_is_not_sound_is_refused_with_what_is_wrong() -> None:
    with pytest.raises(DefinitionRefused) as refused:
        formatted("a: 1\na: 2\n", "w.yaml")
    assert [(problem.file, problem.rule, problem.line) for problem in refused.value.problems] == [("w.yaml", "yaml.duplicate_key", 2)]


def test_a_layout_that_would_change_the_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "_label", lambda _: "other:")
    with pytest.raises(DefinitionRefused) as refused:
        formatted("a: {b: 1}\n")
    assert [problem.rule for problem in refused.value.problems] == ["format.meaning"]


def test_a_layout_that_would_lose_a_comment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "_told", lambda _: iter(()))
    with pytest.raises(DefinitionRefused) as refused:
        formatted("# why\na: 1\n")
    assert [problem.rule for problem in refused.value.problems] == ["format.comments"]


def test_a_layout_that_would_be_too_large_to_be_read_is_refused() -> None:
    with pytest.raises(DefinitionRefused) as refused:
        formatted("a: " + "[x, " * 55 + "y, " * 20_000 + "]" * 55 + "\n")
    assert [problem.rule for problem in refused.value.problems] == ["format.unreadable"]


# --- whatever is written --------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["a", "议题", "15 working days", "data.x > 3", "'#1'", '"a: b"', "x#y", "80 %", "12", "1.50", "true", "~", '"{}"', "''"]
)
NAMES = st.sampled_from(["by", "to", "title", "states", "en", "zh-CN", "'on'", "审定", "x_1"])
REMARKS = st.one_of(st.none(), st.sampled_from(["# why", "#", "# a: {b", "# 说明", "#- x"]))
BREAKS = st.sampled_from(["", " ", "\n", "  \n ", "\n\n"])


@st.composite
def in_braces(draw: st.DrawFn, depth: int) -> str:
    """A value in flow style, with line breaks and comments where they may stand."""
    if depth == 0 or draw(st.booleans()):
        return draw(WORDS)
    gap = " " * 9
    keys = draw(st.lists(NAMES, unique=True, max_size=3))
    is_map = draw(st.booleans())
    parts = []
    for key in keys:
        remark = draw(REMARKS)
        value = draw(in_braces(depth - 1))
        parts.append((f"{key}: {value}" if is_map else value) + "," + (f" {remark}\n{gap}" if remark else draw(BREAKS) + gap))
    text = "".join(parts)
    return f"{{{draw(BREAKS)}{gap}{text}}}" if is_map else f"[{text}]"


@st.composite
def lines_of(draw: st.DrawFn, indent: int, depth: int) -> list[str]:
    """The lines of a map or a list in block style."""
    pad, step = " " * indent, draw(st.integers(1, 4))
    is_map = draw(st.booleans())
    found: list[str] = []
    for key in draw(st.lists(NAMES, unique=True, min_size=1, max_size=4)):
        found += [""] * draw(st.integers(0, 2))
        if above := draw(REMARKS):
            found.append(pad + above)
        label, remark = pad + (f"{key}:" if is_map else "-"), draw(REMARKS)
        behind = f"  {remark}" if remark else ""
        kind = draw(st.sampled_from(["word", "braces", "block", "group" if depth else "word"]))
        if kind == "word":
            found.append(f"{label} {draw(WORDS)}{behind}")
        elif kind == "braces":
            found += f"{label} {draw(in_braces(2))}{behind}".split("\n")
        elif kind == "block":
            sign = draw(st.sampled_from(["|", ">", "|-", ">-", "|+"]))
            found += [
                f"{label} {sign}{behind}",
                *(
                    " " * (indent + step) + line if line else ""
                    for line in draw(st.lists(st.sampled_from(["a", "  b", "", "# c"]), max_size=3).map(lambda each: ["x", *each]))
                ),
            ]
        else:
            found += [label + behind, *draw(lines_of(indent + step, depth - 1))]
    if below := draw(REMARKS):
        found.append(pad + below)
    return found


@given(lines_of(0, 3))
def test_whatever_is_written_means_the_same_keeps_its_comments_and_is_done_after_once(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    after = formatted(text)
    assert data(after) == data(text)
    assert told(after) == told(text)
    assert formatted(after) == after
