"""Importing rows: all of a file or nothing of it, every bad cell by its place, and the same file again does nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
import xlsxwriter

from engine.errors import CommandRefused, NotFound
from engine.runtime.answers import request_key
from engine.runtime.row_import import ImportRefused, RowImport
from engine.runtime.row_reading import RowFilter
from engine.runtime.sheets.workbook import read_table
from tests.application import ORG, Trial
from tests.registers import A1, MEMBER, OFFICE, STRANGER, added, altered, reading

HEADINGS = ("编号", "协同单位", "有效期至", "领域", "会商次数", "经费")
GOOD = (HEADINGS, ("B1", "court", "2026-06-30", "法治、营商", 2, 1000.5), ("B2", "justice", "2026/12/31", "", "", ""))


def xlsx(*rows: Sequence[Any]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet("协议")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


def imported(office: Trial, *rows: Sequence[Any], registry: str = "agreement", principal: Any = OFFICE, **more: Any) -> dict[str, Any]:
    importer = RowImport(office.app)
    prepared = importer.prepare(principal, registry, read_table(xlsx(*rows), "xlsx"), more.pop("reason", "导入"))
    report: dict[str, Any] = importer.run(principal, registry, prepared, **more).result().json()
    return report


def faults(office: Trial, *rows: Sequence[Any], registry: str = "agreement") -> list[tuple[str, int, str | None, str, str]]:
    """Import a file that is refused; give what is said of each bad cell."""
    with pytest.raises(ImportRefused) as refused:
        imported(office, *rows, registry=registry)
    table = read_table(xlsx(*rows), "xlsx")
    with pytest.raises(ImportRefused) as tried:
        RowImport(office.app).try_out(OFFICE, registry, table, "导入")
    assert tried.value.faults == refused.value.faults, "a dry run says the same"
    return [(fault.sheet, fault.row, fault.column, fault.message["en"], fault.found) for fault in refused.value.faults]


def stored(office: Trial, registry: str = "agreement") -> dict[str, dict[str, Any]]:
    found = reading(office).rows(OFFICE, registry, RowFilter(), "zh-CN", cursor=None, limit=100)
    return {each["key"]: each["data"] for each in found["items"]}


def versions(office: Trial) -> dict[str, int]:
    found = reading(office).rows(OFFICE, "agreement", RowFilter(), "zh-CN", cursor=None, limit=100)
    return {each["key"]: each["version"] for each in found["items"]}


def test_a_good_file_is_taken_as_a_whole(kept: Trial) -> None:
    report = imported(kept, *GOOD)
    assert (report["added"], report["changed"], report["unchanged"]) == (2, 0, 0)
    rows = stored(kept)
    assert rows["B1"]["topics"] == ["law", "trade"]
    assert (rows["B1"]["meetings"], rows["B1"]["fund"]) == (2, "1000.50")
    assert (rows["B2"]["until"], rows["B2"]["meetings"]) == ("2026-12-31", 0)


def test_the_same_file_again_does_nothing(kept: Trial) -> None:
    imported(kept, *GOOD)
    again = imported(kept, *GOOD)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert versions(kept) == {"B1": 1, "B2": 1}


def test_what_differs_is_changed_and_what_the_file_does_not_name_stays(kept: Trial) -> None:
    added(kept, A1)
    report = imported(kept, ("编号", "有效期至"), ("A1", "2027-06-30"), ("A2", ""), reason="续签")
    assert (report["added"], report["changed"]) == (1, 1)
    assert stored(kept)["A1"] == {**A1, "until": "2027-06-30", "meetings": 0, "renewed": False, "in_force": True, "label": "A1 court"}
    history = reading(kept).row(OFFICE, "agreement", "A1", None)["history"]
    assert (history[-1]["action"], history[-1]["reason"]) == ("change", "续签")


def test_an_empty_cell_means_the_default_or_empties(kept: Trial) -> None:
    added(kept, {**A1, "meetings": 5, "note": "x"})
    imported(kept, ("编号", "会商次数", "备注"), ("A1", "", ""))
    assert stored(kept)["A1"]["meetings"] == 0
    assert "note" not in stored(kept)["A1"]


def test_every_bad_cell_is_told_by_its_place_and_nothing_is_taken(kept: Trial) -> None:
    said = faults(
        kept,
        (*HEADINGS, "联系电话"),
        ("B1", "court", "2026-06-30", "法治", 2, 1.5, "0311"),
        ("B2", "court", "2026-06-31", "法制", "两次", 1.555, 110101199003077776),
        ("", "court", "2026-06-30", "", "", "", ""),
        ("B1", "court", "2026-06-30", "", "", "", ""),
        ("a/b", "court", "", "", "", "", ""),
    )
    told = [(sheet, row, column) for sheet, row, column, _, _ in said]
    assert told == [("协议", 3, letter) for letter in "CDEFG"] + [("协议", 4, "A"), ("协议", 5, "A"), ("协议", 6, "A")]
    messages = {(row, column): (message, found) for _, row, column, message, found in said}
    assert messages[3, "C"] == ("expected a day, like 2026-02-10", "2026-06-31")
    assert messages[3, "D"] == ("expected one of 法治, 营商, 未成年人", "法制")
    assert messages[3, "E"] == ("expected a whole number", "两次")
    assert "expected at most 2 decimal places" in messages[3, "F"][0]
    assert "format the cell as text" in messages[3, "G"][0]
    assert messages[4, "A"] == ("this must be filled in", "")
    assert messages[5, "A"] == ("expected each key once, row 2 has it too", "B1")
    assert "without / " in messages[6, "A"][0]
    assert stored(kept) == {}


def test_what_the_types_refuse_is_told_like_what_cannot_be_read(kept: Trial) -> None:
    said = faults(kept, ("编号", "经费"), ("B1", 1.555), ("x" * 30, 1))
    assert [(row, column) for _, row, column, _, _ in said] == [(2, "B"), (3, "A")]
    assert "expected at most 2 decimal places" in said[0][3]
    assert "expected at most 20 characters" in said[1][3]


def test_headings_are_titles_or_ids_and_what_they_are_not_is_told(kept: Trial) -> None:
    assert imported(kept, ("CODE", " partner "), ("B1", "court"))["added"] == 1
    said = faults(kept, ("编号", "协同单位", "partner", "有效期", ""), ("B1", "a", "b", "", "x"))
    assert [(row, column) for _, row, column, _, _ in said] == [(1, "C"), (1, "D"), (1, "E")]
    assert "did you mean '有效期至'" in said[1][3]
    assert faults(kept, ("协同单位",), ("court",))[0][3].startswith("expected a column")


def test_computed_columns_are_passed_over_so_that_an_export_can_come_back(kept: Trial) -> None:
    report = imported(kept, ("编号", "名称", "有效"), ("B1", "whatever", "是"))
    assert (report["added"], report["columns_passed_over"]) == (1, ["名称", "有效"])


def test_a_retired_row_does_not_come_back_by_a_file(kept: Trial) -> None:
    added(kept, A1)
    altered(kept, "A1", "retire")
    assert "restore it first" in faults(kept, ("编号",), ("A1",))[0][3]


def test_a_ledger_takes_new_rows_and_knows_equal_ones_but_changes_none(kept: Trial) -> None:
    rows = [("编号", "日期"), ("1", "2026-03-01"), ("2", "2026-03-02")]
    assert imported(kept, *rows, registry="report_to_party")["added"] == 2
    assert imported(kept, *rows, registry="report_to_party")["unchanged"] == 2
    assert "added and corrected" in faults(kept, rows[0], ("1", "2026-03-09"), registry="report_to_party")[0][3]


def test_only_keepers_import_and_say_why(kept: Trial) -> None:
    with pytest.raises(CommandRefused) as refused:
        imported(kept, *GOOD, principal=MEMBER)
    assert [refusal.code for refusal in refused.value.refusals] == ["wrong_role"]
    with pytest.raises(CommandRefused):
        imported(kept, *GOOD, reason=" ")
    with pytest.raises(NotFound):
        imported(kept, *GOOD, principal=STRANGER)


def test_a_dry_run_counts_and_records_nothing(kept: Trial) -> None:
    added(kept, A1)
    table = read_table(xlsx(("编号", "会商次数"), ("A1", 3), ("B1", 1)), "xlsx")
    report = RowImport(kept.app).try_out(OFFICE, "agreement", table, "导入")
    assert (report["added"], report["changed"], report["dry_run"]) == (1, 1, True)
    assert list(stored(kept)) == ["A1"]


def test_a_repeated_request_is_answered_with_the_same_report(kept: Trial) -> None:
    key = request_key(ORG, "li", "POST", "/v1/registries/agreement/import", "k", b"")
    assert imported(kept, *GOOD, key=key) == imported(kept, *GOOD, key=key)
    assert imported(kept, *GOOD)["unchanged"] == 2


def test_a_row_that_changed_while_the_file_was_read_is_decided_anew(kept: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was planned is checked against the rows once more, in the commit itself."""
    added(kept, A1)
    importer, plan = RowImport(kept.app), RowImport._plan
    changed = False

    def planned(self: RowImport, *arguments: Any) -> Any:
        nonlocal changed
        made = plan(self, *arguments)
        if not changed:
            changed = True
            altered(kept, "A1", "change", {"partner": "justice"})
            added(kept, {"code": "B1", "partner": "police"})
        return made

    monkeypatch.setattr(RowImport, "_plan", planned)
    table = read_table(xlsx(("编号", "会商次数"), ("A1", 3), ("B1", 1)), "xlsx")
    report = importer.run(OFFICE, "agreement", importer.prepare(OFFICE, "agreement", table, "导入")).result().json()
    assert (report["added"], report["changed"]) == (0, 2)
    assert stored(kept)["A1"]["partner"] == "justice"
    assert versions(kept) == {"A1": 3, "B1": 2}
