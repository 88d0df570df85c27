"""Folding a tall picture into columns, so that it can be read on a screen and on a sheet of paper.

ELK lays a process out from top to bottom, and a long one becomes a strip. A cut is made where nothing but upright lines passes; what is
below goes to the right of what is above, and each line that was cut is led up between the two columns. Nothing else moves, so what did
not overlap before does not afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from engine.proof.diagram.chart import Chart
from engine.proof.diagram.geometry import Laid, Point, Rect, Way, segments

SHEET = (794.0, 1123.0)
"""An A4 sheet at 96 pixels an inch; A3 has the same proportions."""
READABLE = 0.72
"""By how much a picture may shrink to fit on a sheet before it is folded."""
MOST_COLUMNS = 4
MOST_CUTS, NEAREST = 40, 6
FOLDING_COSTS, LINE_COSTS = 0.92, 0.95
"""What one more column, and one more line led around, make worse: a fold must be worth it."""
TRACK, GUTTER, MARGIN = 10.0, 24.0, 16.0
AWAY = 4.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut: how far down, and the upright lines that pass it from the left, each with its place, arrow and part of it."""

    y: float
    lines: tuple[tuple[float, str, int], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A part of the strip: from where to where, how wide it is, and by how much it moves."""

    top: float
    bottom: float
    left: float
    width: float
    right_by: float = 0.0
    down_by: float = 0.0


def fold(laid: Laid, chart: Chart) -> Laid:
    """Fold a picture into as many columns as make it largest on a sheet; as it is, if it can be read so."""
    if scale(laid.width, laid.height) >= READABLE:
        return laid
    strip, found = Strip(laid), cuts(laid, chart)
    best: tuple[Cut, ...] = ()
    best_worth = scale(laid.width, laid.height)
    for count in range(1, MOST_COLUMNS):
        chosen = strip.even_cuts(found, count)
        if not chosen:
            break
        worth = strip.worth_of(chosen)
        if worth > best_worth:
            best, best_worth = chosen, worth
    return folded(strip, best) if best else laid


def scale(width: float, height: float) -> float:
    """Say by how much a picture has to shrink to fit on a sheet, upright or lying."""
    narrow, long = SHEET
    return max(min(narrow / width, long / height), min(long / width, narrow / height))


def cuts(laid: Laid, chart: Chart) -> list[Cut]:
    """Find the places where a level cut meets nothing but upright lines, the barest first, at most so many; in order."""
    blocked = [(box.y - AWAY, box.bottom + AWAY) for box in (laid.boxes[box.id] for box in chart.boxes)]
    blocked += [(label.y - AWAY, label.bottom + AWAY) for label in laid.labels.values()]
    blocked += [(part.y - AWAY, part.y + AWAY) for way in laid.ways.values() for part in segments(way) if part.height == 0]
    found: list[Cut] = []
    reached = 0.0
    for top, bottom in sorted(blocked):
        if top > reached > 0:
            middle = (reached + top) / 2
            found.append(Cut(middle, tuple(sorted(crossing(laid, middle)))))
        reached = max(reached, bottom)
    found.sort(key=lambda cut: len(cut.lines))
    return sorted(found[:MOST_CUTS], key=lambda cut: cut.y)


def crossing(laid: Laid, y: float) -> list[tuple[float, str, int]]:
    """Give the upright lines that pass a height."""
    parts = ((name, number, part) for name, way in laid.ways.items() for number, part in enumerate(segments(way)))
    return [(part.x, name, number) for name, number, part in parts if part.width == 0 and part.y < y < part.bottom]


class Strip:
    """A picture that may be cut, with how wide it is between any two heights."""

    def __init__(self, laid: Laid) -> None:
        self.laid = laid
        shapes = [*laid.boxes.values(), *laid.labels.values(), *(part for way in laid.ways.values() for part in segments(way))]
        self._shapes = sorted(shapes, key=lambda shape: shape.y)
        self._extents: dict[tuple[float, float], tuple[float, float]] = {}

    def even_cuts(self, found: list[Cut], count: int) -> tuple[Cut, ...]:
        """Choose so many cuts that the columns become about equally high, with few lines cut; none if there are not so many."""
        near: set[Cut] = set()
        for number in range(1, count + 1):
            wanted = self.laid.height * number / (count + 1)
            near.update(sorted(found, key=lambda cut: abs(cut.y - wanted))[:NEAREST])
        options = combinations(sorted(near, key=lambda cut: cut.y), count)
        return max(options, key=self.worth_of, default=())

    def worth_of(self, chosen: tuple[Cut, ...]) -> float:
        """Say how good a fold is: how large the picture becomes on a sheet, less what it costs."""
        columns = self.arranged(chosen)
        lines = sum(len(cut.lines) for cut in chosen)
        return scale(*whole(columns, chosen)) * FOLDING_COSTS ** len(chosen) * LINE_COSTS**lines

    def arranged(self, chosen: tuple[Cut, ...]) -> list[Column]:
        """Put the columns beside each other."""
        heights = [0.0, *(cut.y for cut in chosen), self.laid.height]
        columns: list[Column] = []
        right = MARGIN
        for number, (top, bottom) in enumerate(pairwise(heights)):
            left, width = self.extent(top, bottom)
            if number:
                right += GUTTER * 2 + len(chosen[number - 1].lines) * TRACK
            columns.append(Column(top, bottom, left, width, right - left, tracks(chosen) - top))
            right += width
        return columns

    def extent(self, top: float, bottom: float) -> tuple[float, float]:
        """Give where a part of the strip begins and how wide it is."""
        found = self._extents.get((top, bottom))
        if found is None:
            lying = [shape for shape in self._shapes if shape.y < bottom and shape.bottom > top]
            left = min((shape.x for shape in lying), default=0.0)
            found = self._extents[top, bottom] = left, max((shape.right for shape in lying), default=0.0) - left
        return found


def tracks(chosen: tuple[Cut, ...]) -> float:
    """Give the room above and below the columns for the lines that are led around."""
    return (max(len(cut.lines) for cut in chosen) + 1) * TRACK


def whole(columns: list[Column], chosen: tuple[Cut, ...]) -> tuple[float, float]:
    """Give width and height of all columns with the lines around them."""
    last = columns[-1]
    return last.right_by + last.left + last.width + MARGIN, max(each.bottom - each.top for each in columns) + 2 * tracks(chosen)


def folded(strip: Strip, chosen: tuple[Cut, ...]) -> Laid:
    """Cut, move, and lead the cut lines around."""
    laid, columns = strip.laid, strip.arranged(chosen)
    return Laid(
        *whole(columns, chosen),
        moved(laid.boxes, columns),
        moved(laid.labels, columns),
        {name: led_around(name, way, columns, chosen) for name, way in laid.ways.items()},
        moved(laid.heads, columns),
    )


def moved(rects: Mapping[str, Rect], columns: list[Column]) -> dict[str, Rect]:
    """Move every rectangle with its column."""
    found = {}
    for name, rect in rects.items():
        column = columns[column_of(rect.y, columns)]
        found[name] = rect.moved(column.right_by, column.down_by)
    return found


def column_of(y: float, columns: list[Column]) -> int:
    """Give the number of the column in which a height lies."""
    return next((number for number, column in enumerate(columns) if y < column.bottom), len(columns) - 1)


def led_around(name: str, way: Way, columns: list[Column], chosen: tuple[Cut, ...]) -> Way:
    """Move the corners of a line, and lead it from one column to the next wherever it was cut."""
    found: list[Point] = [at(way[0], columns)] if way else []
    for part, ((x, y), after) in enumerate(pairwise(way)):
        here, there = column_of(y, columns), column_of(after[1], columns)
        step = 1 if there >= here else -1
        for number in range(here, there, step):
            corners = detour((x, name, part), number if step > 0 else number - 1, columns, chosen)
            found += corners if step > 0 else corners[::-1]
        found.append(at(after, columns))
    return tuple(found)


def at(point: Point, columns: list[Column]) -> Point:
    """Move a point with its column."""
    column = columns[column_of(point[1], columns)]
    return point[0] + column.right_by, point[1] + column.down_by


def detour(line: tuple[float, str, int], number: int, columns: list[Column], chosen: tuple[Cut, ...]) -> list[Point]:
    """Give the corners from the end of one column to the beginning of the next.

    Of lines side by side the rightmost turns first below, goes up nearest to its column and turns last above: so none crosses another.
    """
    x, cut, before, behind = line[0], chosen[number], columns[number], columns[number + 1]
    rank = len(cut.lines) - 1 - cut.lines.index(line)
    below = before.bottom + before.down_by + (rank + 0.5) * TRACK
    beside = before.left + before.right_by + before.width + GUTTER + rank * TRACK
    above = behind.top + behind.down_by - (len(cut.lines) - rank - 0.5) * TRACK
    return [
        (x + before.right_by, below),
        (beside, below),
        (beside, above),
        (x + behind.right_by, above),
    ]
