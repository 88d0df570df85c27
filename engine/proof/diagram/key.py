"""The key below a picture: the signs that occur in it, and what they mean; and the notes that its arrows send to."""

from __future__ import annotations

from collections.abc import Callable

from engine.proof.diagram import palette, signs
from engine.proof.diagram.canvas import Canvas
from engine.proof.diagram.chart import Chart, Look, Shape, Tone
from engine.proof.diagram.geometry import Rect
from engine.proof.diagram.measure import width, wrapped
from engine.proof.diagram.overlay import Overlay
from engine.proof.diagram.words import say

SIZE, HEIGHT, SIGN_WIDTH, GAP, EDGE = 12.0, 24.0, 34.0, 22.0, 16.0
ABOVE = 14.0
NOTE_HEIGHT, BETWEEN = 17.0, 5.0

Sign = Callable[[Canvas, float, float], None]


def key_height(chart: Chart, overlay: Overlay, whole: float) -> float:
    """Give how high the key of a picture becomes."""
    notes = [len(lines) * NOTE_HEIGHT + BETWEEN for lines in _notes(chart, whole)]
    return ABOVE + HEIGHT * len(_rows(chart, overlay, whole)) + sum(notes)


def draw_key(canvas: Canvas, chart: Chart, overlay: Overlay, whole: float, top: float) -> None:
    """Draw the key from a height on."""
    group = canvas.group("key")
    group.line(((EDGE, top + 6), (whole - EDGE, top + 6)), stroke=palette.STAGE_OUTLINE, width=0.8)
    rows = _rows(chart, overlay, whole)
    for number, row in enumerate(rows):
        x, y = EDGE, top + ABOVE + HEIGHT * (number + 0.5)
        for sign, said in row:
            sign(group, x, y)
            group.text(x + SIGN_WIDTH, y + SIZE * 0.36, said, size=SIZE, fill=palette.QUIET)
            x += _item_width(said)
    y = top + ABOVE + HEIGHT * len(rows)
    for lines in _notes(chart, whole):
        for number, line in enumerate(lines):
            group.text(EDGE, y + NOTE_HEIGHT * (number + 0.5) + SIZE * 0.36, line, size=SIZE, fill=palette.QUIET)
        y += len(lines) * NOTE_HEIGHT + BETWEEN


def _notes(chart: Chart, whole: float) -> list[tuple[str, ...]]:
    said = (say("note_text", chart.language, number=number, text=text) for number, text in enumerate(chart.notes, 1))
    return [wrapped(each, SIZE, whole - 2 * EDGE) for each in said]


def _rows(chart: Chart, overlay: Overlay, whole: float) -> list[list[tuple[Sign, str]]]:
    rows: list[list[tuple[Sign, str]]] = [[]]
    used = EDGE
    for word, sign in _items(chart, overlay):
        said = say(word, chart.language)
        if rows[-1] and used + _item_width(said) > whole - EDGE:
            rows.append([])
            used = EDGE
        rows[-1].append((sign, said))
        used += _item_width(said)
    return rows


def _item_width(said: str) -> float:
    return SIGN_WIDTH + width(said, SIZE) + GAP


def _items(chart: Chart, overlay: Overlay) -> list[tuple[str, Sign]]:
    shapes = {box.shape for box in chart.walk()}
    looks = {arrow.look for arrow in chart.arrows}
    written = (*(box.lines for box in chart.walk()), *(arrow.lines for arrow in chart.arrows))
    tones = {line.tone for lines in written for line in lines}
    signs_of: list[tuple[bool, str, Sign]] = [
        (Shape.START in shapes, "key_start", lambda canvas, x, y: signs.dot(canvas, Rect(x + 8, y - 7, 14, 14))),
        (Shape.STATE in shapes, "key_state", lambda canvas, x, y: _box(canvas, x, y, palette.PAPER, palette.OUTLINE)),
        (Shape.COMPOUND in shapes, "key_group", lambda canvas, x, y: _box(canvas, x, y, palette.STAGES[0], palette.STAGE_OUTLINE)),
        (Shape.PARALLEL in shapes, "key_parallel", _parted),
        (Shape.FINAL in shapes, "key_final", lambda canvas, x, y: signs.double_circle(canvas, x + 15, y)),
        (
            Shape.CHOICE in shapes,
            "key_ordered" if Tone.ORDERED in tones else "key_choice",
            lambda canvas, x, y: signs.diamond(canvas, Rect(x + 6, y - 9, 18, 18)),
        ),
        (Shape.HISTORY in shapes, "key_history", lambda canvas, x, y: signs.memory(canvas, x + 15, y, deep=True)),
        (Look.ACT in looks, "key_act", lambda canvas, x, y: _arrow(canvas, x, y, palette.ACT, 1.5)),
        (Look.AUTO in looks, "key_auto", lambda canvas, x, y: _arrow(canvas, x, y, palette.AUTO, 1.2)),
        (Look.SPENT in looks, "key_spent", lambda canvas, x, y: _arrow(canvas, x, y, palette.SPENT, 1.2, "5 4")),
        (Tone.DEADLINE in tones, "key_deadline", lambda canvas, x, y: signs.clock(canvas, x + 15, y)),
        (Tone.ACTION in tones, "key_action", lambda canvas, x, y: signs.wedge(canvas, x + 15, y)),
        (Tone.CHILDREN in tones, "key_children", lambda canvas, x, y: signs.stack(canvas, x + 15, y)),
        (Tone.GATE in tones, "key_refused", _quoted),
        (bool(overlay.current), "key_now", lambda canvas, x, y: _box(canvas, x, y, palette.NOW, palette.NOW_OUTLINE, 3)),
        (bool(overlay.taken), "key_taken", lambda canvas, x, y: _arrow(canvas, x, y, palette.TAKEN, 3.2)),
    ]
    return [(word, sign) for occurs, word, sign in signs_of if occurs]


def _box(canvas: Canvas, x: float, y: float, fill: str, stroke: str, thick: float = 1.4) -> None:
    canvas.rect(Rect(x + 2, y - 8, 26, 16), fill=fill, stroke=stroke, width=thick, radius=4)


def _quoted(canvas: Canvas, x: float, y: float) -> None:
    canvas.text(x + 15, y + SIZE * 0.36, "“…”", size=SIZE, fill=palette.GATE, middle=True)


def _parted(canvas: Canvas, x: float, y: float) -> None:
    _box(canvas, x, y, palette.STAGES[0], palette.STAGE_OUTLINE)
    canvas.line(((x + 15, y - 8), (x + 15, y + 8)), stroke=palette.STAGE_OUTLINE, width=1.4, dash="3 2")


def _arrow(canvas: Canvas, x: float, y: float, stroke: str, thick: float, dash: str = "") -> None:
    way = ((x, y), (x + 28, y))
    canvas.line(way, stroke=stroke, width=thick, dash=dash)
    signs.arrow_head(canvas, way, stroke)
