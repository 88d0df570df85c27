"""How long it takes to compile and to prove a process of 60 states with two regions of four: the median of several goes, in ms."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from engine.core.compiled import compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load
from engine.proof.lint import examine
from tests.bench.proof.large import LARGE

CALENDARS = Path("workflows/calendars")
GOES = 5


class Took(NamedTuple):
    """One row: what was done, how long it took and how long it may, in ms."""

    name: str
    ms: float
    bar: float


def measured() -> list[Took]:
    """Measure all rows. Raises ValueError if the process is not found to be sound: then nothing was proved."""
    calendars = load_calendars(CALENDARS)

    def lint() -> None:
        report = examine([("large.yaml", LARGE)], calendars)
        if report.problems or str(report.verdicts[0].word) != "proved":
            raise ValueError(f"the large process is not proved: {report}")

    def compile_it() -> None:
        (definition,) = load(LARGE, "large.yaml", calendars=calendars).definitions
        compile_process(definition, calendars["cn"])

    lint()  # what is loaded and built once
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(LARGE, "utf-8")

        def cold() -> None:
            subprocess.run([sys.executable, "-m", "api.cli", "lint", str(file)], check=True, capture_output=True)

        return [
            Took("lint.warm", timed(lint), 300),
            Took("lint.cold", timed(cold), 1_500),
            Took("compile", timed(compile_it), 80),
        ]


def timed(work: Callable[[], None]) -> float:
    """Give the median time of several goes."""
    times = []
    for _ in range(GOES):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1e3)
    return median(times)
