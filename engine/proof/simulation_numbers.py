"""Medians, percentiles and shares, as a simulation tells them: rounded, so that they are the same wherever they are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def lengths(days: Iterable[float]) -> Mapping[str, float] | None:
    """Give median and 90th percentile (nearest rank) of lengths; None of none."""
    ordered = sorted(days)
    if not ordered:
        return None
    return {"median": round(nearest_rank(ordered, 50), 2), "p90": round(nearest_rank(ordered, 90), 2)}


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """Give the value that so many per cent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def share(part: float, whole: float) -> float | None:
    """Give a share, rounded to a thousandth."""
    return None if whole == 0 else round(part / whole, 3)
