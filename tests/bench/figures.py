"""How long a figure over 12,000 cases and 108,000 events takes: every kind of indicator asked, the slowest one told, in ms."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from engine.runtime.figures import Asked, Figures
from engine.scheduler.sealer import Sealer
from tests.bench.measure import Setting
from tests.bench.ours.round import CLERK, DEFINITION, DESIGNER, WORKFLOW, Round, open_rounds, service
from tests.bench.proof.measure import Took

CASES, ACTS = 12_000, 8
AT_ONCE = 1_000
GOES = 5
BAR = 200
CATCH_UP = 200
"""Acts since the figures were last asked for: what a busy quarter of an hour brings."""

INDICATORS = """
indicators:
  cases: {count: cases, by: In('replied'), per: month, quota: {at_least: 900, pace: linear}}
  acts: {count: act.hold_symposium, by: row.actor.role, per: day}
  share: {share: count('reply') > 0, of: {all: "true", heard: data.heard > 0, handed: count('hand_over') > 0, due: overdue('handling.term') || count('reply') > 0}}
  in_time: {share: row.met, over: deadline.research.term}
  heard: {sum: row.data.heard, over: act.hold_symposium, per: week}
  mean: {mean: data.heard, by: data.heard > 10}
  ranking: {rank: data.heard}
  persons: {distinct: row.actor.id, over: act.close_session}
  took: {percentile: time_in('research'), at: [50, 90], unit: hours}
"""
NAMES = ("cases", "acts", "share", "in_time", "heard", "mean", "ranking", "persons", "took")


def measured() -> list[Took]:
    """Measure on SQLite: all of it counted once, each figure, and each figure after some more acts."""
    with tempfile.TemporaryDirectory(dir=Path("var/bench")) as folder, service(Setting(Path(folder), "", 0, 0), lane=True) as application:
        text = DEFINITION.read_text("utf-8").replace("version: 1", "version: 2", 1) + INDICATORS
        application.registry.publish(DESIGNER, text, DEFINITION.name, application.now())
        rounds = [case for _ in range(CASES // AT_ONCE) for case in open_rounds(application, AT_ONCE)]
        for _ in range(ACTS):
            act(rounds)
        sealer = Sealer(application)
        sealer.run_once(application.now())
        figures = Figures(application)
        begun = time.perf_counter()
        ask(figures, NAMES[0])
        counted = (time.perf_counter() - begun) * 1e3
        slowest = max(median(timed(figures, name) for _ in range(GOES)) for name in NAMES)
        after = []
        for some in list(parts(rounds, CATCH_UP))[:GOES]:
            act(some)
            sealer.run_once(application.now())
            after.append(timed(figures, "share"))
        return [
            Took("indicator.count_all", counted, 60_000),
            Took("indicator.slowest", slowest, BAR),
            Took("indicator.after_200_acts", median(after), BAR),
        ]


def parts(rounds: Sequence[Round], size: int) -> Iterator[Sequence[Round]]:
    """Give some cases at a time."""
    return (rounds[start : start + size] for start in range(0, len(rounds), size))


def act(rounds: Sequence[Round]) -> None:
    """Take the next act of some cases, in bulk."""
    for some in parts(rounds, AT_ONCE):
        for case, pending in [(case, case.submit(keyed=False, bulk=True)) for case in some]:
            case.accept(pending.result())


def ask(figures: Figures, name: str) -> None:
    """Ask for a figure, and see that it is there."""
    found = figures.figures(CLERK, name, Asked(), "zh-CN", workflow=WORKFLOW)
    if not found["indicators"][0]["figures"]:
        raise ValueError(f"no figures of {name}")


def timed(figures: Figures, name: str) -> float:
    """Give the time of one figure."""
    begun = time.perf_counter()
    ask(figures, name)
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    for took in measured():
        print(f"{took.name}: {took.value:.1f} {took.unit} (bar {took.bar})")
