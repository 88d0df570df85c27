"""The small signs of a picture: dots, diamonds, heads of arrows, clocks."""

from __future__ import annotations

import math

from engine.proof.diagram import palette
from engine.proof.diagram.canvas import Canvas, straightened
from engine.proof.diagram.geometry import Point, Rect, Way

HEAD_LENGTH, HEAD_WIDTH = 9.0, 7.0


def dot(canvas: Canvas, rect: Rect) -> None:
    """Draw the dot at which something begins."""
    canvas.circle(rect.x + rect.width / 2, rect.y + rect.height / 2, rect.width / 2, fill=palette.INK)


def diamond(canvas: Canvas, rect: Rect, stroke: str = palette.OUTLINE) -> None:
    """Draw the diamond at which ways part."""
    x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
    canvas.polygon((x, rect.y), (rect.right, y), (x, rect.bottom), (rect.x, y), fill=palette.PAPER, stroke=stroke, width=1.5)


def double_circle(canvas: Canvas, x: float, y: float) -> None:
    """Draw the double circle of an end."""
    canvas.circle(x, y, 8, fill=palette.PAPER, stroke=palette.INK, width=1.4)
    canvas.circle(x, y, 4.5, fill=palette.INK)


def memory(canvas: Canvas, x: float, y: float, *, deep: bool) -> None:
    """Draw the circled H of a memory, starred where it goes to the innermost step."""
    canvas.circle(x, y, 9, fill=palette.PAPER, stroke=palette.OUTLINE, width=1.3)
    canvas.text(x, y + 4, "H*" if deep else "H", size=10, fill=palette.INK, bold=True, middle=True)


def clock(canvas: Canvas, x: float, y: float) -> None:
    """Draw a clock."""
    canvas.circle(x, y, 5.5, fill=palette.PAPER, stroke=palette.CLOCK, width=1.3)
    canvas.line(((x, y - 3.5), (x, y), (x + 2.6, y)), stroke=palette.CLOCK, width=1.2)


def tick(canvas: Canvas, x: float, y: float) -> None:
    """Draw the dash before a rung."""
    canvas.line(((x - 1, y), (x + 4, y)), stroke=palette.CLOCK, width=1.2)


def stack(canvas: Canvas, x: float, y: float) -> None:
    """Draw two sheets, one behind the other: cases below this one."""
    canvas.rect(Rect(x - 2, y - 5, 8, 7), fill=palette.PAPER, stroke=palette.OUTLINE, width=1.1, radius=1.5)
    canvas.rect(Rect(x - 5, y - 2, 8, 7), fill=palette.PAPER, stroke=palette.OUTLINE, width=1.1, radius=1.5)


def wedge(canvas: Canvas, x: float, y: float) -> None:
    """Draw the wedge before what may be done."""
    canvas.polygon((x - 3, y - 4), (x + 3.5, y), (x - 3, y + 4), fill=palette.ACT)


def arrow_head(canvas: Canvas, way: Way, fill: str) -> None:
    """Draw the head at the end of a line."""
    corners = straightened(way)
    if len(corners) < 2:
        return
    (a, b), (x, y) = corners[-2], corners[-1]
    angle = math.atan2(y - b, x - a)
    back, aside = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    foot = x - HEAD_LENGTH * back[0], y - HEAD_LENGTH * back[1]
    half = HEAD_WIDTH / 2
    sides = ((foot[0] + side * half * aside[0], foot[1] + side * half * aside[1]) for side in (1, -1))
    canvas.polygon((x, y), *sides, fill=fill)


def up_to_diamond(point: Point, rect: Rect) -> Point:
    """Give where a line that ends above or below a diamond, on the border of the square around it, meets the diamond itself."""
    x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
    off = abs(point[0] - x) / (rect.width / 2)
    if abs(abs(point[1] - y) - rect.height / 2) < 0.5 and off < 1:
        return point[0], y + math.copysign(rect.height / 2 * (1 - off), point[1] - y)
    return point


def up_to_dot(point: Point, rect: Rect) -> Point:
    """Give where a line that ends on the border of the square around a dot meets the dot itself."""
    x, y, radius = rect.x + rect.width / 2, rect.y + rect.height / 2, rect.width / 2
    off = abs(point[0] - x)
    if abs(abs(point[1] - y) - radius) < 0.5 and off < radius:
        return point[0], y + math.copysign(math.sqrt(radius * radius - off * off), point[1] - y)
    return point
