"""Files of rows: what is written is read back as it was, whatever people type is read as they meant it, and nothing hostile gets through."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, rfc3339
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.registry import RegistryDefinition
from engine.runtime.sheets import workbook
from engine.runtime.sheets.cells import Cell, CellFault, Reader
from engine.runtime.sheets.workbook import FileRefused, column_letter, guarded, read_table, unguarded
from engine.runtime.sheets.writing import Output, write_csv, write_xlsx
from tests.definition.loading import loaded

ZONE = ZoneInfo("Asia/Shanghai")
READER, UNTYPED = Reader(ZONE), Reader(ZONE, untyped=True)
EVERYTHING = """\
registry: everything
title: "各类/型 [全]"
key: code
kept_by: office
fields:
  code:   {type: text, title: 编号}
  text:   {type: text, title: 文本}
  n:      {type: int, title: 数}
  amount: {type: decimal, scale: 2, title: 金额}
  rate:   {type: decimal, title: 率}
  yes:    {type: bool, title: 是否}
  kind:   {type: choice, title: 类别, options: {a: {zh-CN: 甲, en: First}, b: {zh-CN: 乙, en: Second}}}
  tags:   {type: tags, title: 标签, options: {x: 子, y: 丑}}
  words:  {type: tags, title: 关键词}
  lines:  {type: list, of: text, title: 各行}
  dates:  {type: list, of: date, title: 各日}
  day:    {type: date, title: 日期}
  at:     {type: datetime, title: 时间}
  who:    {type: person, title: 人员}
  parts:  {type: list, of: record, title: 部分, fields: {unit: {type: unit}, n: {type: int}}}
  whole:  {type: record, title: 整体, fields: {unit: {type: unit}}}
  twice:  {type: int, title: 两倍, compute: row.n * 2}
"""


def everything() -> RegistryDefinition:
    found = loaded(EVERYTHING.replace("{type: tags, title: 关键词}", "{type: list, of: person, title: 关键词}"))
    assert found.problems == ()
    return found.registries[0]


DEFINITION = everything()


def field(name: str) -> DataType:
    return DEFINITION.fields[name].type


def written(rows: list[dict[str, Any]], form: str, language: str = "zh-CN") -> bytes:
    output = Output(DEFINITION, tuple(DEFINITION.fields), language, ZONE)
    if form == "csv":
        return b"".join(write_csv(output, rows))
    stream = io.BytesIO()
    write_xlsx(output, rows, stream)
    return stream.getvalue()


def read_back(data: bytes, form: str) -> list[dict[str, Any]]:
    table = read_table(data, form)
    reader = Reader(ZONE, table.untyped)
    names = [name for name in DEFINITION.fields if name not in DEFINITION.computed]
    found = []
    for _, cells in table.rows[1:]:
        values = {name: reader.value(field(name), cell) for name, cell in zip(DEFINITION.fields, cells, strict=False) if name in names}
        values, refusals = DEFINITION.form.validate({name: value for name, value in values.items() if value is not None})
        assert refusals == []
        found.append(values)
    return found


def local(*parts: int) -> datetime:
    """Give a time as Excel has it: without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


# --- there and back -------------------------------------------------------------------------------------------------

FULL = {
    "code": "A1",
    "text": '第一行\n第二行, "引" <&> \'',
    "n": -7,
    "amount": "1234.50",
    "rate": "0.125",
    "yes": False,
    "kind": "b",
    "tags": ["y", "x"],
    "words": ["li", "wang"],
    "lines": ["一、二", "三"],
    "dates": ["2026-02-10", "1899-12-31"],
    "day": "2026-02-10",
    "at": "2026-02-10T01:00:15Z",
    "who": "110101199003077776",
    "parts": [{"unit": "court", "n": 3}],
    "whole": {"unit": "court"},
}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_row_with_every_type_is_read_back_as_it_was_written(form: str, language: str) -> None:
    assert read_back(written([FULL, {"code": "A2"}], form, language), form) == [FULL, {"code": "A2"}]


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp"], include_characters=" \n\t'=+-@,;、，；[]{}\"_x0D"),
    min_size=1,
    max_size=30,
)
ROWS = st.fixed_dictionaries(
    {"code": st.from_regex(r"[A-Z0-9]{1,18}", fullmatch=True)},
    optional={
        "text": TEXTS,
        "n": st.integers(-(2**53) + 1, 2**53 - 1),
        "amount": st.decimals(-(10**9), 10**9, places=2).map(lambda number: format(number, "f").replace("-0.00", "0.00")),
        "yes": st.booleans(),
        "kind": st.sampled_from("ab"),
        "tags": st.lists(st.sampled_from("xy"), min_size=1, max_size=2, unique=True),
        "lines": st.lists(TEXTS, min_size=1, max_size=4),
        "day": st.dates(date(1000, 1, 1)).map(date.isoformat),
        "at": st.integers(-2_203_804_800, 253_370_764_800).map(lambda second: rfc3339(second * SECOND)),  # 1900-03-02 to 9999-01-01
        "who": st.from_regex(r"[0-9]{15,18}", fullmatch=True),
    },
)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@given(row=ROWS)
def test_whatever_a_row_holds_is_read_back_as_it_was_written(form: str, row: dict[str, Any]) -> None:
    canonical, refusals = DEFINITION.form.validate(row)
    assert refusals == []
    if form == "csv" and any(str(value)[1:3].casefold() in {"e+", ".e"} for value in canonical.values()):
        return  # a text like 1E+17 may be a shortened number
    assert read_back(written([canonical], form), form) == [canonical]


def test_dates_numbers_and_long_ids_keep_their_types_in_a_workbook() -> None:
    table = read_table(written([FULL], "xlsx"), "xlsx")
    cells = dict(zip(DEFINITION.fields, table.rows[1][1], strict=False))
    assert table.sheet == "各类 型  全"
    assert cells["day"] == date(2026, 2, 10)
    assert cells["at"] == local(2026, 2, 10, 9, 0, 15)  # in the zone of the calendar
    assert (cells["n"], cells["amount"]) == (-7.0, 1234.5)
    assert cells["who"] == "110101199003077776"


def test_what_looks_like_a_formula_stays_text() -> None:
    evil = '=HYPERLINK("http://x","y")'
    data = written([{"code": "A1", "text": evil, "who": "@SUM(1)", "n": -5}], "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert 'quotePrefix="1"' in archive.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    lines = written([{"code": "A1", "text": evil, "who": "@SUM(1)", "n": -5}], "csv").decode("utf-8-sig").splitlines()
    assert lines[1].startswith("A1,\"'=HYPERLINK")
    assert ",'@SUM(1)," in lines[1]
    assert ",-5," in lines[1], "a number is no text and needs no guard"
    assert read_back(written([{"code": "A1", "text": evil}], "csv"), "csv")[0]["text"] == evil


@given(st.text(max_size=5))
def test_the_guard_against_formulas_comes_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in workbook.GUARDED


def test_a_text_that_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(FileRefused, match="row 2 has a text of more than"):
        written([{"code": "A1", "lines": ["x" * 20_000, "y" * 20_000]}], "xlsx")


# --- what people type -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("text", 3.0, "3"),
        ("text", 3.5, "3.5"),
        ("text", date(2026, 2, 10), "2026-02-10"),
        ("text", "  x ", "  x "),
        ("who", " 110101199003077776 ", "110101199003077776"),
        ("n", 3.0, 3),
        ("n", "１２", 12),
        ("n", "1,200", 1200),
        ("amount", 0.1 + 0.2, "0.3"),
        ("amount", "1,234.5", "1234.5"),
        ("yes", "是", True),
        ("yes", "No", False),
        ("yes", 1.0, True),
        ("yes", False, False),
        ("kind", "甲", "a"),
        ("kind", "second", "b"),
        ("kind", "b", "b"),
        ("tags", "子；丑", ["x", "y"]),
        ("tags", "子, 丑", ["x", "y"]),
        ("lines", "一、二\n三", ["一、二", "三"]),
        ("lines", '["a\\nb"]', ["a\nb"]),
        ("words", "li、wang", ["li", "wang"]),
        ("dates", "2026/2/10、2026年3月1日", ["2026-02-10", "2026-03-01"]),
        ("dates", date(2026, 2, 10), ["2026-02-10"]),
        ("day", local(2026, 2, 10), "2026-02-10"),
        ("day", "2026.2.10", "2026-02-10"),
        ("day", "2026年2月10日", "2026-02-10"),
        ("at", local(2026, 2, 10, 9, 0), "2026-02-10T01:00:00Z"),
        ("at", date(2026, 2, 10), "2026-02-09T16:00:00Z"),
        ("at", "2026/2/10 9:05", "2026-02-10T01:05:00Z"),
        ("at", "2026-02-10T09:00:00+08:00", "2026-02-10T01:00:00Z"),
        ("parts", '[{"unit": "court"}]', [{"unit": "court"}]),
        ("n", "  ", None),
        ("n", "", None),
        ("n", None, None),
    ],
)
def test_a_cell_is_read_as_it_was_meant(name: str, cell: Cell, value: Any) -> None:
    assert READER.value(field(name), cell) == value


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("who", 1.1010119900307778e17, "format the cell as text"),
        ("text", 1e15, "format the cell as text"),
        ("text", True, "a text"),
        ("text", "a\x00b", "a text without NUL"),
        ("n", 1.5, "a whole number"),
        ("n", "3 个", "a whole number"),
        ("n", True, "a whole number"),
        ("amount", "85%", "a decimal number"),
        ("yes", "也许", "yes or no"),
        ("kind", "丙", "one of First, Second"),
        ("kind", "Secnd", "did you mean 'Second'"),
        ("tags", "子、寅", "one of 子, 丑"),
        ("day", 46063.0, "a day, like 2026-02-10"),
        ("day", "2026-02-30", "a day, like 2026-02-10"),
        ("day", local(2026, 2, 10, 9, 30), "a day, like 2026-02-10"),
        ("at", time(9, 30), "a day and a time"),
        ("at", "2026-02-10 25:00", "a day and a time"),
        ("parts", "court", "a list in JSON"),
        ("whole", "court", "JSON"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_refused_with_what_was_expected(name: str, cell: Cell, expected: str) -> None:
    with pytest.raises(CellFault) as fault:
        READER.value(field(name), cell)
    assert expected in fault.value.expected["en"]
    assert fault.value.expected["zh-CN"]


def test_a_number_that_a_program_has_shortened_in_csv_is_refused() -> None:
    with pytest.raises(CellFault):
        UNTYPED.value(field("who"), "1.10101E+17")
    assert READER.value(field("who"), "1.10101E+17") == "1.10101E+17", "in a workbook a text is a text"


def test_options_without_texts_are_known_by_their_ids() -> None:
    kind = DataType(TypeName.CHOICE, options={"a": {"zh-CN": "a"}})
    assert Reader(ZONE).value(DataItem("x", {"en": "x"}, kind).type, "a") == "a"


# --- files ----------------------------------------------------------------------------------------------------------


def book(*cells: tuple[int, int, Any], sheets: int = 1) -> bytes:
    """Make a workbook of some cells (row and column from 0) in its last sheet."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as made:
        *_, last = [made.add_worksheet() for _ in range(sheets)]
        for row, column, value in cells:
            last.write(row, column, value)
    return stream.getvalue()


def repacked(data: bytes, changes: dict[str, bytes]) -> bytes:
    """Replace parts of a workbook."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    return stream.getvalue()


SHEET1 = "xl/worksheets/sheet1.xml"


def with_sheet(data: bytes, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read(SHEET1)
    assert old in sheet
    return repacked(data, {SHEET1: sheet.replace(old, new)})


def test_the_first_sheet_with_anything_in_it_is_read_and_empty_rows_are_passed_over() -> None:
    table = read_table(book((2, 1, "编号"), (5, 1, "a"), sheets=3), "xlsx")
    assert (table.sheet, [number for number, _ in table.rows], table.rows[0][1]) == ("Sheet3", [3, 6], ["", "编号"])


def test_a_sheet_may_be_named_and_must_then_be_there() -> None:
    data = book((0, 0, "编号"), sheets=2)
    assert read_table(data, "xlsx", "Sheet2").sheet == "Sheet2"
    with pytest.raises(FileRefused, match="did you mean 'Sheet2'"):
        read_table(data, "xlsx", "Shet2")


def test_a_cell_with_an_error_is_known() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as made:
        made.add_worksheet()
        sheet = made.add_worksheet()
        sheet.write(0, 0, "编号")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    assert read_table(stream.getvalue(), "xlsx").errors == {(2, 2)}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 100, b"hello", book()[:500]], ids=range(5))
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefused):
        read_table(data, "xlsx")


def test_two_cells_far_apart_do_not_fill_the_memory() -> None:
    for place in (b"XFD1", b"A1048576", b"ZZZZ999999999"):
        with pytest.raises(FileRefused):
            read_table(with_sheet(book((0, 0, "x")), b'r="A1"', b'r="' + place + b'"'), "xlsx")
    with pytest.raises(FileRefused):
        read_table(with_sheet(book((0, 0, "x")), b'<row r="1"', b'<row r="999999"'), "xlsx")


@pytest.mark.parametrize(
    "new",
    [b"<c", b'<c x=">" r="A1"', b"<c " + b"x" * 3_000_000 + b' r="XFD1"', b"<!DOCTYPE x><c r='A1'"],
    ids=["no address", "hidden address", "endless tag", "doctype"],
)
def test_cells_that_do_not_say_where_they_are_are_refused(new: bytes) -> None:
    with pytest.raises(FileRefused):
        read_table(with_sheet(book((0, 0, "x")), b'<c r="A1"', new), "xlsx")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    bomb = with_sheet(book((0, 0, "x")), b"<sheetData>", b"<sheetData>" + b" " * (workbook.MOST_UNPACKED + 1))
    assert len(bomb) < 1_000_000
    with pytest.raises(FileRefused, match="unpacks to at most"):
        read_table(bomb, "xlsx")


def test_a_sheet_in_another_encoding_or_another_place_is_refused() -> None:
    data = book((0, 0, "x"))
    with pytest.raises(FileRefused):
        read_table(with_sheet(data, b'encoding="UTF-8"', b'encoding="UTF-16"'), "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels").replace(b"worksheets/sheet1.xml", b"nowhere.xml")
    with pytest.raises(FileRefused):
        read_table(repacked(data, {"xl/_rels/workbook.xml.rels": relations}), "xlsx")


def test_more_rows_than_are_taken_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    assert len(read_table(book(*((n, 0, "x") for n in range(4))), "xlsx").rows) == 4
    with pytest.raises(FileRefused, match="expected at most 3 rows, got 4"):
        read_table(book(*((n, 0, "x") for n in range(5))), "xlsx")
    with pytest.raises(FileRefused):
        read_table(b"h\n" * 5, "csv")


@pytest.mark.parametrize(
    "data",
    [
        "编号,备注\nA1,甲".encode(),
        "编号,备注\nA1,甲".encode("utf-8-sig"),
        "编号,备注\r\nA1,甲\r\n".encode("gb18030"),
        "编号\t备注\nA1\t甲".encode(),
    ],
    ids=["utf-8", "with a mark", "as Excel saves it", "tabs"],
)
def test_csv_is_read_as_it_comes(data: bytes) -> None:
    table = read_table(data, "csv")
    assert table.untyped
    assert table.rows == [(1, ["编号", "备注"]), (2, ["A1", "甲"])]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x80\xff\xff", b"a\x00b", b'"a'], ids=["empty", "blank", "bytes", "nul", "quote"])
def test_what_is_no_csv_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefused):
        read_table(data, "csv")


def test_columns_are_called_as_excel_calls_them() -> None:
    assert [column_letter(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
