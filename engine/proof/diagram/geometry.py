"""Rectangles, and where everything of a picture is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
Way = tuple[Point, ...]
"""The corners of a line; every part of it is level or upright."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, in pixels from the upper left corner of the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def meets(self, other: Rect) -> bool:
        """Say whether two rectangles share more than an edge."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def moved(self, right: float, down: float) -> Rect:
        """Give the rectangle at another place."""
        return Rect(self.x + right, self.y + down, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Laid:
    """Where everything is. ``boxes`` by id; ``labels`` and ``ways`` of arrows by id; ``heads``: the text of boxes that hold others."""

    width: float
    height: float
    boxes: Mapping[str, Rect]
    labels: Mapping[str, Rect]
    ways: Mapping[str, Way]
    heads: Mapping[str, Rect] = field(default_factory=dict)


def segments(way: Way) -> Iterator[Rect]:
    """Give the straight parts of a line as rectangles without width or without height."""
    for (x, y), (u, v) in pairwise(way):
        yield Rect(min(x, u), min(y, v), abs(x - u), abs(y - v))
