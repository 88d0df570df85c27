"""The reader: YAML 1.2 of anybody's making, with limits, every value and key at its place."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.reader import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES, read
from engine.definition.source import Place, pointer


def value(text: str) -> Any:
    reading = read(text, "f.yaml")
    assert reading.problems == ()
    return reading.documents[0].data


def problem(source: Any) -> tuple[str, int, int]:
    (found,) = read(source, "f.yaml").problems
    return found.rule, found.line, found.column


# --- what stands in a file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("n", "n"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-12", -12),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("2026-02-10", "2026-02-10"),
        ("2026-02-10 09:00", "2026-02-10 09:00"),
        ("85.50", Decimal("85.50")),
        ("1e3", Decimal(1000)),
        ("'12'", "12"),
        ('"true"', "true"),
        ("80 %", "80 %"),
        ("1..20", "1..20"),
        ("议题", "议题"),
    ],
)
def test_plain_values_follow_the_core_schema_of_yaml_1_2(written: str, meant: object) -> None:
    found = value(f"x: {written}")["x"]
    assert found == meant
    assert type(found) is type(meant)


def test_decimals_keep_their_digits() -> None:
    assert str(value("x: 85.50")["x"]) == "85.50"


def test_items_with_a_question_mark_or_a_plus_need_no_quotes_in_a_list() -> None:
    assert value("form: [a, b?, c+]") == {"form": ["a", "b?", "c+"]}


def test_every_value_and_key_has_its_place() -> None:
    (document,) = read("states:\n  a: {to: b, by: [x, 'yy']}\n", "f.yaml").documents
    assert document.values["states", "a", "by", 1] == Place(2, 22, 1)
    assert document.keys["states", "a", "by"] == Place(2, 14)
    assert document.values["states", "a"] == Place(2, 6)


def test_a_column_inside_a_text_is_known_on_one_line_and_not_guessed_elsewhere() -> None:
    (document,) = read("a: x + 1\nb: 'x + 1'\nc: \"x\\x20+ 1\"\nd: |\n  x + 1\n", "f.yaml").documents
    places = [document.values[(key,)].inside(3) for key in ("a", "b", "c", "d")]
    assert places == [(1, 6), (2, 7), (3, 4), (4, 4)]


def test_a_problem_carries_a_json_pointer() -> None:
    assert pointer(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"


def test_several_documents_each_keep_their_own_text() -> None:
    reading = read("# first\na: 1\n---\n# second\nb: 2\n--- {c: 3}\n---\n", "f.yaml")
    assert [document.data for document in reading.documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [document.text for document in reading.documents] == ["# first\na: 1\n", "# second\nb: 2\n", " {c: 3}\n"]
    assert reading.documents[1].values["b",] == Place(5, 4)


def test_columns_count_characters_whatever_their_width() -> None:
    (document,) = read("a: {议题𠮷: '😀', b: [x]}", "f.yaml").documents
    assert document.values["a", "b", 0] == Place(1, 19)


def test_aliases_stand_for_what_they_name() -> None:
    assert value("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


def test_a_byte_order_mark_and_foreign_line_ends_do_not_matter() -> None:
    (document,) = read("\ufeffa: 1\r\nb: 2\r\n".encode(), "f.yaml").documents
    assert document.data == {"a": 1, "b": 2}
    assert document.text == "a: 1\nb: 2\n"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"])),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdefgh", min_size=2, max_size=6), inner, max_size=3),
        max_leaves=20,
    )
)
def test_what_another_library_writes_is_read_as_meant(data: object) -> None:
    text = yaml.safe_dump({"top": data}, allow_unicode=True)
    assert read(text, "f.yaml").documents[0].data == {"top": data}


# --- what is refused ------------------------------------------------------------------------------------------------


def test_bytes_that_are_not_utf_8_are_refused_at_their_place() -> None:
    assert problem("a: 1\n题: ".encode() + b"\xff\n") == ("yaml.encoding", 2, 4)


def test_a_python_tag_is_refused_and_nothing_is_made_of_it() -> None:
    assert problem("a: !!python/object/apply:os.system ['true']") == ("yaml.tag", 1, 4)


def test_any_tag_is_refused_also_on_keys() -> None:
    assert [each.rule for each in read("!x a: !y 1", "f.yaml").problems] == ["yaml.tag", "yaml.tag"]


def test_a_duplicate_key_is_refused_with_the_line_of_the_first() -> None:
    (found,) = read("a: 1\nb: 2\na: 3\n", "f.yaml").problems
    assert (found.rule, found.line, found.column, found.pointer) == ("yaml.duplicate_key", 3, 1, "/a")
    assert "line 1" in found.message


def test_a_merge_key_is_refused() -> None:
    assert problem("a: &x {b: 1}\nc: {<<: *x}") == ("yaml.merge_key", 2, 5)


def test_200_kilobytes_of_brackets_are_refused_at_the_depth_limit() -> None:
    assert problem("[" * 200_000) == ("yaml.depth", 1, MAX_DEPTH + 1)


def test_depth_that_comes_from_aliases_counts_too() -> None:
    half = MAX_DEPTH // 2 + 1
    text = f"a: &x {'[' * half}1{']' * half}\nb: {'[' * half}*x{']' * half}\n"
    assert problem(text)[0] == "yaml.depth"


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [" + ",".join(["lol"] * 10) + "]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert problem("\n".join(lines))[0] in {"yaml.alias", "yaml.nodes"}


def test_few_aliases_that_expand_to_too_many_values_are_refused() -> None:
    lines = ["a0: &a0 [" + ",".join(["1"] * 500) + "]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 3)]
    text = "\n".join([*lines, f"b: [{','.join(['*a2'] * 4)}]"])
    assert text.count("*") <= MAX_ALIASES
    assert problem(text)[0] == "yaml.nodes"


def test_too_many_aliases_are_refused_however_small() -> None:
    assert problem("a: &x 1\nb: [" + ",".join(["*x"] * (MAX_ALIASES + 1)) + "]")[0] == "yaml.alias"


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    assert problem("a: &x [*x]") == ("yaml.alias", 1, 8)


def test_an_alias_without_an_anchor_is_refused() -> None:
    assert problem("a: *nobody")[0] in {"yaml.alias", "yaml.syntax"}


def test_too_many_values_are_refused() -> None:
    assert problem("a: [" + "1," * MAX_NODES + "]")[0] == "yaml.nodes"


class Endless(io.RawIOBase):
    """A stream without an end that remembers how much was asked of it."""

    asked = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "asked for everything"
        self.asked += size
        return b"x" * size


def test_a_stream_is_never_read_beyond_the_limit() -> None:
    stream = Endless()
    assert problem(cast("BinaryIO", stream))[0] == "yaml.size"
    assert stream.asked <= MAX_BYTES + 1


def test_a_file_of_50_megabytes_is_refused_by_its_size_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("the file was opened"))
    assert problem(path) == ("yaml.size", 1, 1)


def test_a_file_that_is_not_there_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    assert problem(tmp_path / "none.yaml")[0] == "yaml.file"


@pytest.mark.parametrize("text", ["a: x\u202ey", 'a: "\\u202e"', "# \u2066 comment\na: 1", "\u200fa: 1"])
def test_characters_that_turn_the_direction_of_writing_are_refused(text: str) -> None:
    """CVE-2021-42574: they show a reviewer another text than the machine reads."""
    assert problem(text)[0] == "yaml.character"


def test_characters_nobody_can_store_are_refused() -> None:
    assert problem('a: "\\0"')[0] == "yaml.character"


@pytest.mark.parametrize("number", [".inf", "-.INF", ".nan", "1" * 50, "1e400", "0x" + "f" * 60])
def test_numbers_without_measure_are_refused(number: str) -> None:
    assert problem(f"a: {number}") == ("yaml.number", 1, 4)


def test_an_empty_file_is_refused() -> None:
    assert problem("") == ("yaml.empty", 1, 1)


def test_a_key_that_is_no_word_is_refused() -> None:
    assert problem("? [a]\n: b")[0] == "yaml.key"


def test_what_is_no_yaml_is_refused_at_its_place_with_a_way_out() -> None:
    (found,) = read("a: {b: c\nd: 1\n", "f.yaml").problems
    assert (found.rule, found.line) == ("yaml.syntax", 2)
    assert "quotes" in found.message


def test_all_problems_of_a_file_are_told_at_once() -> None:
    assert [each.rule for each in read("a: 1\na: !x 2\nb: .nan\nb: 1\n", "f.yaml").problems] == [
        "yaml.duplicate_key",
        "yaml.tag",
        "yaml.number",
        "yaml.duplicate_key",
    ]


@given(st.binary(max_size=300) | st.text("[]{}&*!|>-?:,#'\"% \nab1.~<@`", max_size=80))
def test_no_input_makes_the_reader_raise(source: bytes | str) -> None:
    reading = read(source, "f.yaml")
    assert reading.problems or reading.documents or isinstance(source, str | bytes)
    for found in reading.problems:
        assert found.line >= 1
        assert found.column >= 1
