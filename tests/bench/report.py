"""From readings to the table people read and the list that programs read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console, Group
from rich.table import Table

from tests.bench.plan import MOST_IDLE_MB, Comparison
from tests.bench.rounds import Results

NOMINAL = 10_000
"""Absolute bars are stated for a machine with this many fdatasync calls and as many empty requests a second."""
TIE = 0.2
"""Two rates nearer than this are called a tie."""


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison with its medians; a rate is None when its contender failed."""

    comparison: Comparison
    ours: list[float]
    reference: list[float]

    @property
    def ratio(self) -> float | None:
        return median(self.ours) / median(self.reference) if self.ours and self.reference else None

    @property
    def verdict(self) -> str:
        """Judge by the bar where there is one, else say who is ahead."""
        if self.ratio is None:
            return "failed"
        if self.comparison.bar is not None:
            return "met" if self.ratio >= self.comparison.bar else "MISSED"
        if abs(self.ratio - 1) < TIE:
            return "tie"
        return "ahead" if self.ratio > 1 else "behind"


def lines(comparisons: Sequence[Comparison], results: Results) -> list[Line]:
    return [Line(comparison, results.rates(comparison.ours), results.rates(comparison.reference)) for comparison in comparisons]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine gives at most, as medians a second."""

    fdatasyncs: float
    empty_requests: float

    def scale(self, comparison: Comparison) -> float:
        """Give the factor by which an absolute bar of this comparison is multiplied here."""
        return (self.empty_requests if comparison.by_requests else self.fdatasyncs) / NOMINAL

    def sentence(self) -> str:
        return (
            f"This machine: {self.fdatasyncs:,.0f} fdatasync/s, {self.empty_requests:,.0f} requests/s of an empty route. "
            f"An absolute bar stated for {NOMINAL:,} of each stands here at {self.fdatasyncs / NOMINAL:.2f} of itself for what is "
            f"written, at {self.empty_requests / NOMINAL:.2f} for requests."
        )


def records(written: Sequence[Line], machine: Machine, idle_mb: float | None) -> list[dict[str, Any]]:
    """Give the rows of latest.json: name, ours, reference, ratio, unit. Rates have one digit, ratios three; null where one failed."""

    def row(name: str, ours: float | None, reference: float | None, ratio: float | None, unit: str) -> dict[str, Any]:
        def rounded(value: float | None, digits: int) -> float | None:
            return None if value is None else round(value, digits)

        return {"name": name, "ours": rounded(ours, 1), "reference": rounded(reference, 1), "ratio": rounded(ratio, 3), "unit": unit}

    found = [
        row("machine.fdatasync", machine.fdatasyncs, NOMINAL, machine.fdatasyncs / NOMINAL, "calls/s"),
        row("machine.empty_route", machine.empty_requests, NOMINAL, machine.empty_requests / NOMINAL, "requests/s"),
        *(
            row(
                line.comparison.name,
                median(line.ours) if line.ours else None,
                median(line.reference) if line.reference else None,
                line.ratio,
                line.comparison.unit,
            )
            for line in written
        ),
    ]
    if idle_mb is not None:
        found.append(row("server.idle_memory", idle_mb, MOST_IDLE_MB, idle_mb / MOST_IDLE_MB, "MB"))
    return found


def spread(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})" if rates else "–"


def table(written: Sequence[Line], machine: Machine) -> Group:
    """Lay out medians with their least and greatest, ratios, bars, and our rate as it would be on the nominal machine."""
    main = Table(title="Ours beside the reference: median (least–greatest) a second")
    for heading in ("name", "unit"):
        main.add_column(heading, no_wrap=True)
    for heading in ("ours", "reference", "ratio", "bar", "verdict", f"ours at {NOMINAL:,}/s"):
        main.add_column(heading, justify="right", no_wrap=True)
    for line in written:
        bar, ratio = line.comparison.bar, line.ratio
        main.add_row(
            line.comparison.name,
            line.comparison.unit,
            spread(line.ours),
            spread(line.reference),
            "–" if ratio is None else f"{ratio:.2f}",
            "" if bar is None else f"{bar:.2f}",
            line.verdict,
            f"{median(line.ours) / machine.scale(line.comparison):,.0f}" if line.ours else "–",
        )
    lacking = Table(title="What the peers do not keep")
    lacking.add_column("peer", no_wrap=True)
    lacking.add_column("not kept")
    for line in written:
        if line.comparison.lacks:
            lacking.add_row(line.comparison.name, line.comparison.lacks)
    return Group(main, lacking)


def console() -> Console:
    """Give a console that is wide enough for the table also where there is no terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=150)
