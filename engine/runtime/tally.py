"""Counting how often something had which size, as cheaply as can be: plain numbers that one thread writes and any may read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence


class Tally:
    """Sizes in classes by their upper ``bounds``, both in ascending order; the last class has no bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def note(self, size: float) -> None:
        """Count one size."""
        self.counts[bisect_left(self.bounds, size)] += 1
        self.total += size

    def cumulated(self) -> Iterator[tuple[str, int]]:
        """Give for each bound, the last one ``+Inf``, how many sizes were not above it."""
        seen = 0
        for bound, count in zip((*self.bounds, None), self.counts, strict=True):
            seen += count
            yield "+Inf" if bound is None else f"{bound:g}", seen
