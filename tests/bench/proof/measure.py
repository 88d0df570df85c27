"""What the designer's desk takes: compiling, proving and drawing, and one decision of the core; each the median of several goes."""

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
from engine.definition.loader import load, load_one
from engine.proof.diagram.pictures import Pictures
from engine.proof.lint import examine
from engine.proof.verdicts import Word
from tests.bench.proof import decision
from tests.bench.proof.large import LARGE, THIRTY, many_regions
from tests.bench.proof.memory import most_mb

CALENDARS = Path("workflows/calendars")
ASSETS = Path("api/console")
GOES = 5
MOST_MB = 300
"""What reading and proving any file may take, a hostile one too."""


class Took(NamedTuple):
    """One row: what was done, what it took and what it may take at most."""

    name: str
    value: float
    bar: float
    unit: str = "ms"

    @property
    def verdict(self) -> str:
        return "met" if self.value <= self.bar else "MISSED"


def measured() -> list[Took]:
    """Measure all rows. Raises ValueError where a verdict is not the one there is to find: then something else was measured."""
    calendars = load_calendars(CALENDARS)
    thirty = load_one(THIRTY, "thirty.yaml", calendars=calendars)

    def lint() -> None:
        report = examine([("large.yaml", LARGE)], calendars)
        if report.problems or report.verdicts[0].word is not Word.PROVED:
            raise ValueError(f"the large process is not proved: {report}")

    def compile_it() -> None:
        (definition,) = load(LARGE, "large.yaml", calendars=calendars).definitions
        compile_process(definition, calendars["cn"])

    def draw() -> None:
        Pictures(ASSETS).svg(thirty, "zh-CN")  # laid out anew: nothing is kept

    lint()  # what is loaded and built once
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(LARGE, "utf-8")

        def cold() -> None:
            subprocess.run([sys.executable, "-m", "api.cli", "lint", str(file)], check=True, capture_output=True)

        return [
            Took("core.decision", decision.microseconds(calendars["cn"]), 60, "µs"),
            Took("lint.warm", timed(lint), 300),
            Took("lint.cold", timed(cold), 1_500),
            Took("lint.million_tied", most_mb(many_regions(tied=True), Word.BOUNDED), MOST_MB, "MB"),
            Took("lint.million_apart", most_mb(many_regions(tied=False), Word.PROVED), MOST_MB, "MB"),
            Took("compile", timed(compile_it), 80),
            Took("svg", timed(draw), 1_000),
        ]


def timed(work: Callable[[], object]) -> float:
    """Give the median time of several goes in ms."""
    times = []
    for _ in range(GOES):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1e3)
    return median(times)
