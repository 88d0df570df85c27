"""How lines of text are written: size, weight and height by tone, and how wide a paragraph may become before it is broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from engine.proof.diagram.chart import Line, Shape, Tone
from engine.proof.diagram.measure import width, wrapped


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a tone is written. ``indent``: room for the sign before it."""

    size: float
    height: float
    bold: bool = False
    indent: float = 0.0


LETTERING = {
    Tone.TITLE: Lettering(15, 21, bold=True),
    Tone.QUIET: Lettering(12, 17),
    Tone.DEADLINE: Lettering(12.5, 19, indent=18),
    Tone.RUNG: Lettering(11.5, 16, indent=18),
    Tone.ACTION: Lettering(12, 17, indent=18),
    Tone.CHILDREN: Lettering(12, 18, indent=18),
    Tone.LABEL: Lettering(13, 18, bold=True),
    Tone.NOTE: Lettering(11.5, 16),
    Tone.ORDERED: Lettering(11.5, 16),
    Tone.GATE: Lettering(11.5, 16),
    Tone.COUNT: Lettering(12, 18, bold=True),
}
IN_STATE = 236.0
IN_STAGE = 420.0
IN_LABEL = 156.0
STRETCH = 1.12
"""How much wider lines may become where that saves a last one of a few characters."""
SHARES = (0.92, 0.84, 0.76, 0.68, 0.6)
ON_ARROWS = frozenset({Tone.LABEL, Tone.NOTE, Tone.ORDERED, Tone.GATE})
INSIDE = 12.0
"""From the border of a box to its text."""


def paragraph(text: str, tone: Tone, most: float) -> list[Line]:
    """Break a text into lines of a tone, ``most`` wide with its indent."""
    lines = broken(text, tone, most - LETTERING[tone].indent)
    return [Line(each, tone, first=number == 0) for number, each in enumerate(lines)]


def broken(text: str, tone: Tone, most: float) -> tuple[str, ...]:
    """Break a text into lines, a little wider ones if that saves one; in the middle of an arrow also into equally long ones."""
    lettering = LETTERING[tone]
    best = wrapped(text, lettering.size, most, bold=lettering.bold)
    wider = wrapped(text, lettering.size, most * STRETCH, bold=lettering.bold)
    if len(wider) < len(best):
        best, most = wider, most * STRETCH
    for share in SHARES if tone in ON_ARROWS and len(best) > 1 else ():
        tried = wrapped(text, lettering.size, most * share, bold=lettering.bold)
        if len(tried) > len(best) or cuts_words(tried, text):
            break
        best = tried
    return best


def cuts_words(lines: tuple[str, ...], text: str) -> bool:
    """Say whether a word of letters is parted by a line end."""
    met = ((a, b) for a, b in pairwise(lines) if a[-1].isascii() and b[0].isascii())
    return any(f"{a.split()[-1]} {b.split()[0]}" not in text for a, b in met)


def line_width(line: Line) -> float:
    """Give the width of a line with its indent."""
    lettering = LETTERING[line.tone]
    return lettering.indent + width(line.text, lettering.size, bold=lettering.bold)


def block(lines: Iterable[Line]) -> tuple[float, float]:
    """Give width and height of lines below each other."""
    held = list(lines)
    return max(map(line_width, held), default=0.0), sum(LETTERING[line.tone].height for line in held)


def room(shape: Shape) -> float:
    """Give how wide the text of a box may become."""
    return IN_STAGE if shape in {Shape.COMPOUND, Shape.PARALLEL, Shape.REGION} else IN_STATE
