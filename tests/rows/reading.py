"""What `docs/mechanisms.md` says, and which tests of mechanisms there are: both read as texts, for tests to compare."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.town import ROOT

TABLE = ROOT / "docs" / "mechanisms.md"
TESTS = ROOT / "tests" / "rows"
ROW = re.compile(r"^\| ([A-Z]\d+[a-c]?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NOT_YET = "not yet"
MECHANISMS = {"J": 7, "T": 10, "S": 8, "P": 8, "Z": 8, "B": 3, "Q": 8, "X": 5, "C": 5, "L": 7, "G": 5, "H": 12}
"""How many mechanisms each place has; T3 is three: a, b, c."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. ``tests`` is empty where it says `not yet`."""

    id: str
    carriers: frozenset[str]
    tests: tuple[str, ...]
    shown_by: str


@dataclass(frozen=True, slots=True)
class RowTest:
    """A test of a mechanism, named by its id: `test_z1_…`. ``carriers`` are the files of its mark `carried_by`."""

    file: str
    name: str
    carriers: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of its mechanism: the last letter of a name like `T3a` is small."""
        part = self.name.split("_")[1]
        return part[0].upper() + part[1:]


def rows() -> list[Row]:
    """Read the table."""
    return [
        Row(id_, frozenset(re.findall(r"`([\w/]+)`", carriers)), tuple(re.findall(r"`(test_\w+)`", shown)), shown)
        for id_, _, carriers, shown in ROW.findall(TABLE.read_text("utf-8"))
    ]


def row_tests() -> list[RowTest]:
    """Read the tests of mechanisms."""
    paths = (path for path in sorted(TESTS.glob("test_*.py")) if path.name != "test_mechanisms.py")
    return [test for path in paths for test in tests_of(path)]


def tests_of(path: Path) -> Iterator[RowTest]:
    """Read the tests of a file, each with its own mark or that of its module."""
    module = ast.parse(path.read_text("utf-8"))
    named: dict[str, tuple[str, ...]] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            for mark in carried_by(node.value, {}):
                named[node.targets[0].id] = mark
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            own = [mark for decorator in node.decorator_list for mark in carried_by(decorator, named)]
            yield RowTest(path.name, node.name, own[0] if own else named.get("pytestmark", ()))


def carried_by(written: ast.expr, named: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Find the arguments of `pytest.mark.carried_by(…)` in an expression, also where the mark has a name."""
    for call in ast.walk(written):
        if isinstance(call, ast.Name) and call.id in named:
            yield named[call.id]
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "carried_by":
            yield tuple(ast.literal_eval(argument) for argument in call.args)
