"""How long the demonstration year takes through the service, how its memory grows, and how long its slowest figure takes.

Everything goes through the one door, deadlines by the sweep; nothing is loaded around it. The place is a database on the disk that is meant.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from engine.definition.calendar_files import load_calendars
from engine.runtime.application import opened
from engine.runtime.figures import Asked, Figures
from engine.runtime.headline import READER
from engine.runtime.people import Principal
from engine.runtime.playbook import read_playbook
from engine.scheduler.year import YearPlayer
from engine.scheduler.year_stage import set_stage
from engine.settings import Settings
from engine.store.migration import migrate
from tests.bench.proof.measure import Took

WORKFLOWS = Path("workflows")
LEAST_CASES, LEAST_ACTS = 12_000, 8
LONGEST = 240_000
GROWTH = 1.5
"""How many times the memory at a tenth of the year it may be at its end, for it to be called flat."""
SLOWEST_FIGURE = 200
GOES = 3


def measured() -> list[Took]:
    """Play all of it once. Raises ValueError when a step was refused, or the year is smaller than asked for."""
    calendar = load_calendars(WORKFLOWS / "calendars")["cn"]
    books = read_playbook(WORKFLOWS / "demo" / "year", calendar)
    process, early = psutil.Process(), 0.0

    def told(done: int, of: int) -> None:
        nonlocal early
        if not early and done * 10 >= of:
            early = process.memory_info().rss / 2**20

    with tempfile.TemporaryDirectory(dir=Path("var/bench")) as folder:
        url = f"sqlite:///{folder}/year.db"
        migrate(url)
        settings = Settings(database_url=url, workflows=WORKFLOWS, files=Path(folder) / "files", clock="manual")
        with opened(settings, serve=True) as application:
            begun = time.perf_counter()
            set_stage(application, books)
            played = YearPlayer(application, books, told).play()
            took = (time.perf_counter() - begun) * 1e3
            late = process.memory_info().rss / 2**20
            slowest = slowest_figure(Figures(application), [book.place.place for book in books])
    if played.faults or played.matters < LEAST_CASES or played.steps < played.matters * LEAST_ACTS:
        raise ValueError(f"{played.matters} matters, {played.steps} steps: {'; '.join(map(str, played.faults[:5])) or 'too small a year'}")
    return [
        Took("year.played", took, LONGEST),
        Took("year.memory_growth", late / early, GROWTH, "times"),
        Took("year.slowest_figure", slowest, SLOWEST_FIGURE),
    ]


def slowest_figure(figures: Figures, places: list[str]) -> float:
    """Give the time of the slowest of all figures of all places, once each was told before."""
    times = []
    for place in places:
        auditor = Principal(READER, place, frozenset({READER}))
        for key in sorted({each["key"] for each in figures.indicators(auditor, "en")["indicators"]}):
            figures.figures(auditor, key, Asked(), "en")
            times.append(median(timed(figures, auditor, key) for _ in range(GOES)))
    return max(times)


def timed(figures: Figures, auditor: Principal, key: str) -> float:
    """Give the time of one figure in ms."""
    begun = time.perf_counter()
    figures.figures(auditor, key, Asked(), "en")
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    Path("var/bench").mkdir(parents=True, exist_ok=True)
    for each in measured():
        print(f"{each.name}: {each.value:.2f} (bar {each.bar})")
