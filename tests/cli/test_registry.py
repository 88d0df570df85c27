"""`yishi registry` on a database opened here: rows by who keeps them, files that come and go, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from tests.cli.conftest import Yishi
from tests.registers import AGREEMENT, LEDGER

OFFICE = ("--as", "li", "--role", "office")


@pytest.fixture
def kept(yishi: Yishi) -> Yishi:
    """The command line with the registries published."""
    path = yishi.folder / "registers.yaml"
    path.write_text(f"{AGREEMENT}---\n{LEDGER}", "utf-8")
    yishi("publish", str(path))
    return yishi


def workbook(folder: Path, *rows: tuple[object, ...]) -> str:
    path = folder / "rows.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("协议")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return str(path)


def test_publishing_registries_names_each(yishi: Yishi) -> None:
    path = yishi.folder / "registers.yaml"
    path.write_text(f"{AGREEMENT}---\n{LEDGER}", "utf-8")
    assert [line.split()[:2] for line in yishi("publish", str(path)).splitlines()] == [["agreement", "1"], ["report_to_party", "1"]]
    again = yishi.json("publish", str(path))
    assert [(each["registry"], each["new"]) for each in again] == [("agreement", False), ("report_to_party", False)]
    assert yishi.run("lint", str(path)).exit_code == 0


def test_a_row_is_added_changed_corrected_retired_and_restored_by_its_keepers(kept: Yishi) -> None:
    assert kept.json("registry", "add", "agreement", "-f", "code=A1", "-f", "partner=court", *OFFICE)["data"]["meetings"] == 0
    why = ("--reason", "依来函", *OFFICE)
    assert kept.json("registry", "change", "agreement", "A1", "-f", "meetings=2", *why)["version"] == 2
    assert kept.json("registry", "correct", "agreement", "A1", "-f", "partner=null", *why)["version"] == 3
    assert kept.json("registry", "retire", "agreement", "A1", *why)["retired"]
    assert kept.json("registry", "show", "agreement", *OFFICE)["items"] == []
    assert not kept.json("registry", "restore", "agreement", "A1", *why)["retired"]
    told = kept("registry", "show", "agreement", "A1", *OFFICE)
    for part in ("agreement/A1", "meetings: 0 -> 2", "partner: court -> None", "依来函", "restore"):
        assert part in told


def test_who_does_not_keep_a_registry_is_refused_and_who_may_not_see_it_finds_nothing(kept: Yishi) -> None:
    refused = kept.refused(4, "registry", "add", "agreement", "-f", "code=A1", "--as", "zhao", "--role", "member")
    assert refused["refusals"][0]["code"] == "wrong_role"
    assert kept.refused(5, "registry", "show", "report_to_party", "--as", "zhao", "--role", "member")["code"] == "not_found"
    assert kept.refused(5, "registry", "show", "agrement", *OFFICE)["detail"]
    assert kept.refused(2, "registry", "show", "agreement", "--where", "partner", *OFFICE)["code"] == "usage"
    assert kept.refused(2, "registry", "show", "agreement", "--where", "colour=red", *OFFICE)["code"] == "invalid_input"


def test_registries_are_listed_with_their_rows(kept: Yishi) -> None:
    kept("registry", "add", "agreement", "-f", "code=A1", *OFFICE)
    lines = kept("registry", "list", *OFFICE).splitlines()
    assert [line.split()[:3] for line in lines if "协议" in line or "台账" in line] == [
        ["agreement", "协同协议", "1"],
        ["report_to_party", "请示报告台账", "0"],
    ]
    table = kept("registry", "show", "agreement", *OFFICE)
    assert "A1" in table
    assert "partner" in table


def test_a_workbook_is_imported_as_a_whole_and_comes_back_as_it_went(kept: Yishi, tmp_path: Path) -> None:
    file = workbook(tmp_path, ("编号", "协同单位", "会商次数"), ("A1", "court", 2), ("A2", "justice", ""))
    arguments = ("registry", "import", "agreement", file, "--reason", "年初登记", *OFFICE)
    assert kept(*arguments, "--dry-run").strip() == "2 would be added, 0 would be changed, 0 unchanged"
    assert kept.json("registry", "show", "agreement", *OFFICE)["rows"] == 0
    assert kept(*arguments).strip() == "2 added, 0 changed, 0 unchanged"
    out = tmp_path / "out.csv"
    kept("registry", "export", "agreement", str(out), "--where", "partner=court", *OFFICE)
    assert out.read_text("utf-8-sig").splitlines()[1].startswith("A1,court,")
    again = kept.json("registry", "import", "agreement", str(out), "--reason", "x", *OFFICE)
    assert (again["unchanged"], again["columns_passed_over"]) == (1, ["有效", "名称"])
    assert kept.run("registry", "export", "agreement", "-", "--format", "csv", *OFFICE).stdout_bytes.startswith(b"\xef\xbb\xbf")


def test_every_bad_cell_is_printed_by_its_place(kept: Yishi, tmp_path: Path) -> None:
    file = workbook(tmp_path, ("编号", "有效期至", "会商次数"), ("A1", "2026-13-01", "多"), ("", "", ""))
    done = kept.run("registry", "import", "agreement", file, "--reason", "x", *OFFICE)
    assert done.exit_code == 1
    assert [line.strip() for line in done.stderr.splitlines()] == [
        "import_refused: 文件中有2处错误，未导入任何内容。",
        "协议!B2: 应为日期，如 2026-02-10 ('2026-13-01')",
        "协议!C2: 应为整数 ('多')",
    ]


def test_a_file_of_another_kind_or_none_is_a_wrong_usage(kept: Yishi, tmp_path: Path) -> None:
    for name, content in (("a.txt", b""), ("a.xlsx", b"hello")):
        (tmp_path / name).write_bytes(content)
        kept.refused(2, "registry", "import", "agreement", str(tmp_path / name), "--reason", "x", *OFFICE)
    kept.refused(2, "registry", "import", "agreement", str(tmp_path / "none.csv"), "--reason", "x", *OFFICE)
    kept.refused(2, "registry", "export", "agreement", "-", *OFFICE)


def test_the_trail_shows_what_happened_to_rows(kept: Yishi) -> None:
    kept("registry", "add", "agreement", "-f", "code=A1", *OFFICE)
    shown = kept("audit", "show", "--workflow", "agreement", "--as", "sun", "--role", "auditor")
    assert "agreement/A1" in shown
    assert "registry" in shown
