"""Reads a text from standard input in a process of its own, and says what that cost: `python -m tests.definition.hostile_child KIND`.

KIND is a name of `READERS`. A workflow or registry is linted; all else is read as the product reads it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.core.compiled import compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load_one
from engine.errors import DefinitionRefused, Problem, told
from engine.proof.lint import lint
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_workflows import Workflows
from engine.proof.simulation_defaults import default_assumptions
from engine.proof.simulation_reading import read_assumptions
from engine.runtime.demonstration import read_people, read_scripts

CALENDARS = load_calendars(Path("workflows/calendars"))
BESIDE = Path("tests/api/fixtures/petition.yaml")
"""The workflow that scenarios and assumptions are about."""


def peak() -> int:
    """Give the most memory this process ever held, in bytes. Not `ru_maxrss`, which begins with what the parent held."""
    (line,) = (line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def of_workflows(text: bytes) -> Iterable[Problem]:
    return lint([("-", text)], CALENDARS)


def of_scenarios(text: bytes) -> Iterable[Problem]:
    return told(read_scenarios(text, "-", Workflows([BESIDE], CALENDARS)).problems)


def of_assumptions(text: bytes) -> Iterable[Problem]:
    process = compile_process(load_one(BESIDE, calendars=CALENDARS), CALENDARS["cn"])
    name = process.definition.workflow
    return told(read_assumptions(text, "-", {name: process}, {name: default_assumptions(process)}).problems)


def in_folder(read: Callable[[Path], object], name: str, beside: dict[str, str] | None = None) -> Callable[[bytes], Iterable[Problem]]:
    """Read a file of a folder by what raises all its problems at once."""

    def problems(text: bytes) -> Iterable[Problem]:
        with tempfile.TemporaryDirectory() as folder:
            for each, content in {**(beside or {}), name: text.decode("utf-8", "surrogatepass")}.items():
                Path(folder, each).parent.mkdir(exist_ok=True)
                Path(folder, each).write_text(content, "utf-8")
            try:
                read(Path(folder, name) if beside is None else Path(folder))
            except DefinitionRefused as refused:
                return refused.problems
            return ()

    return problems


CALENDAR = "calendar: here\ntitle: {en: Here}\nzone: Asia/Shanghai\n"

READERS: dict[str, Callable[[bytes], Iterable[Problem]]] = {
    "workflows": of_workflows,
    "scenarios": of_scenarios,
    "assumptions": of_assumptions,
    "calendar": in_folder(load_calendars, "here.yaml", {}),
    "year": in_folder(load_calendars, "here/2026.yaml", {"here.yaml": CALENDAR}),
    "script": in_folder(read_scripts, "script.yaml"),
    "people": in_folder(read_people, "people.yaml"),
}


def main() -> None:
    """Read, and print one line of JSON."""
    read, text = READERS[sys.argv[1]], sys.stdin.buffer.read()
    before = time.process_time()
    problems = read(text)
    seconds = time.process_time() - before
    said = [[each.rule, each.severity, each.line, each.message] for each in problems]
    sys.stdout.write(json.dumps({"seconds": seconds, "bytes": peak(), "problems": said}))


if __name__ == "__main__":
    main()
