"""The table of mechanisms is true: what it names exists, what exists stands in it, what is wanting is said, and no test passes without its file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.preparing import CarrierMissing, Shelf
from tests.rows.reading import MECHANISMS, NOT_YET, TESTS, Row, RowTest, row_tests, rows
from tests.town import ROOT, WORKFLOWS

ROWS = {row.id: row for row in rows()}
WRITTEN = row_tests()


def test_all_eighty_six_mechanisms_stand_in_the_table_once() -> None:
    assert Counter(row.id[0] for row in rows()) == MECHANISMS
    assert (len(ROWS), sum(MECHANISMS.values())) == (86, 86)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_row_names_its_tests_or_says_that_there_is_none_yet(row: Row) -> None:
    names = {test.name for test in WRITTEN if test.id == row.id}
    assert {*row.tests} == names
    assert bool(row.tests) != (row.shown_by == NOT_YET)


@pytest.mark.parametrize("test", WRITTEN, ids=lambda test: test.name)
def test_every_test_is_of_a_mechanism_and_carried_by_the_files_its_row_names(test: RowTest) -> None:
    assert test.id in ROWS, f"{test.file}: {test.name} is named by no mechanism"
    assert test.carriers, f"{test.file}: {test.name} has no mark carried_by"
    assert {*test.carriers} <= ROWS[test.id].carriers


@pytest.mark.parametrize("row", [row for row in rows() if row.tests], ids=lambda row: row.id)
def test_row_names_no_file_that_its_tests_do_without(row: Row) -> None:
    assert {carrier for test in WRITTEN if test.id == row.id for carrier in test.carriers} == row.carriers


def test_two_tests_are_never_called_alike() -> None:
    assert [name for name, times in Counter(test.name for test in WRITTEN).items() if times > 1] == []


@pytest.mark.parametrize("carrier", sorted({carrier for test in WRITTEN for carrier in test.carriers}))
def test_without_its_file_nothing_is_prepared(carrier: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / f"{carrier}.yaml").unlink()
    with pytest.raises(CarrierMissing, match=re.escape(carrier)):
        Shelf(folder).files(carrier)


def test_no_test_of_a_mechanism_passes_when_its_file_is_taken_away(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for carrier in {carrier for test in WRITTEN for carrier in test.carriers}:
        (folder / f"{carrier}.yaml").unlink()
    files = sorted({str(TESTS / test.file) for test in WRITTEN})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--tb=line", *files],
        cwd=ROOT, env={**os.environ, "ROWS_WORKFLOWS": str(folder)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    failed = set(re.findall(r"^(?:ERROR|FAILED) \S+::(test_\w+)", done.stdout, re.MULTILINE))
    assert not re.findall(r"^PASSED .*", done.stdout, re.MULTILINE)
    assert failed == {test.name for test in WRITTEN}, done.stdout[-2000:]


def copied(folder: Path) -> Path:
    """Copy the shipped workflows."""
    return Path(shutil.copytree(WORKFLOWS, folder / "workflows"))
