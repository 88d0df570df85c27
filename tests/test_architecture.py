"""The plan of the house, where neither ruff nor import-linter looks."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 400

FOLDERS = {"engine", "workflows", "api", "tests", "docs"}
FILES = re.compile(r"pyproject\.toml|Makefile|README(\.[\w-]+)?\.md|CHANGELOG\.md|LICENSE|requirements(-\w+)?\.lock|package(-lock)?\.json")

MACHINE_TIME = re.compile(r"datetime\.(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime|sleep)")

# Put together at run time, so that this file does not name what it looks for.
REGISTRIES = [host.replace(" ", ".") for host in ("pypi org", "pythonhosted org", "npmjs org", "npmjs com", "deb debian org")]
OUTSIDE = [place.replace(" ", "/") for place in (".. shared", " work main", " work shared", " tmp plan", " tmp dev", " root ")]


@cache
def kept() -> tuple[Path, ...]:
    """Return every file that git keeps, or would keep once it is added. In a copy without git: every file but the hidden and `var`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    git = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode == 0:
        names = [Path(name) for name in git.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not name.parts[0].startswith(".") and name.parts[0] != "var" and "__pycache__" not in name.parts]
    return tuple(name for name in names if (ROOT / name).is_file())


def modules(*rooms: str) -> list[Path]:
    """Return the Python files below the given folders."""
    return [path for path in kept() if path.suffix == ".py" and path.parts[0] in rooms]


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every kept file that is text, with its content."""
    for path in kept():
        try:
            yield path, (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue


def calls(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every call in a module, with names that were imported written in full."""
    tree = ast.parse(source)
    full: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            full |= {alias.asname: alias.name for alias in node.names if alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            head, dot, rest = ast.unparse(node.func).partition(".")
            yield node.lineno, full.get(head, head) + dot + rest


def called(name: re.Pattern[str], *rooms: str) -> list[str]:
    """Return where something of that full name is called, as ``file:line name``."""
    found = ((path, *call) for path in modules(*rooms) for call in calls((ROOT / path).read_text("utf-8")))
    return [f"{path}:{line} {callee}" for path, line, callee in found if name.fullmatch(callee)]


def test_the_top_level_holds_only_what_the_plan_names() -> None:
    shown = [path for path in kept() if not path.parts[0].startswith(".")]
    folders = {path.parts[0] for path in shown if len(path.parts) > 1}
    files = {path.name for path in shown if len(path.parts) == 1}
    assert folders - FOLDERS == set()
    assert {name for name in files if not FILES.fullmatch(name)} == set()


def test_a_file_holds_one_idea() -> None:
    """More than 400 lines is more than one idea. Migrations are exempt: they are written once and never changed."""
    lengths = {str(path): len((ROOT / path).read_text("utf-8").splitlines()) for path in modules("engine", "api")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST and "/versions/" not in path} == {}


def test_only_the_clock_asks_the_machine_what_time_it_is() -> None:
    """Time is an argument everywhere else, so that any day can be replayed."""
    assert [place for place in called(MACHINE_TIME, "engine", "api") if not place.startswith("engine/clock.py:")] == []


def test_the_engine_prints_nothing() -> None:
    """What the engine has to say it returns, raises or logs."""
    assert called(re.compile("print"), "engine") == []


def test_every_package_says_what_it_is() -> None:
    """Alembic's folder of revisions is exempt: it is a plain folder by Alembic's own rules."""
    packages = {path.parent for path in modules("engine", "api") if "versions" not in path.parts}
    doors = {package: ROOT / package / "__init__.py" for package in packages}
    silent = [
        str(package) for package, door in doors.items() if not (door.is_file() and ast.get_docstring(ast.parse(door.read_text("utf-8"))))
    ]
    assert silent == []


def test_no_file_names_a_package_registry() -> None:
    """Every office installs from the index that it is allowed to reach."""
    assert [str(path) for path, text in texts() if any(host in text for host in REGISTRIES)] == []


def test_the_project_stands_alone() -> None:
    """Nothing here refers to a folder of the machine it was written on."""
    assert [str(path) for path, text in texts() if any(place in text for place in OUTSIDE)] == []


@pytest.mark.parametrize(
    "sample",
    [
        "import datetime\ndatetime.datetime.now()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime as moment\nmoment.utcnow()",
        "from datetime import date\ndate.today()",
        "from time import time as present\npresent()",
        "import time\ntime.sleep(1)",
    ],
)
def test_the_rule_about_time_sees_through_imports(sample: str) -> None:
    assert [name for _, name in calls(sample) if MACHINE_TIME.fullmatch(name)] != []


def test_the_rule_about_time_leaves_the_rest_alone() -> None:
    sample = "import time\nfrom engine.clock import Clock\ntime.perf_counter()\nClock().now()\nself.clock.now()"
    assert [name for _, name in calls(sample) if MACHINE_TIME.fullmatch(name)] == []
