"""From a chart with places to SVG: stages behind, lines above them, then states and labels; a title above and a key below."""

from __future__ import annotations

from itertools import pairwise

from engine.proof.diagram import palette, signs
from engine.proof.diagram.canvas import Canvas, picture, written
from engine.proof.diagram.chart import Arrow, Box, Chart, Line, Look, Shape, Tone
from engine.proof.diagram.geometry import Laid, Rect, Way
from engine.proof.diagram.key import draw_key, key_height
from engine.proof.diagram.layout import ROUND_LABEL, SIGN
from engine.proof.diagram.lettering import INSIDE, LETTERING, block
from engine.proof.diagram.measure import width, wrapped
from engine.proof.diagram.overlay import NOTHING, Overlay
from engine.proof.diagram.words import listed, say

TITLE_SIZE, TITLE_HEIGHT, EDGE = 20.0, 28.0, 16.0
NARROWEST = 360.0
COLOURS = {
    Tone.QUIET: palette.QUIET,
    Tone.DEADLINE: palette.CLOCK,
    Tone.RUNG: palette.QUIET,
    Tone.NOTE: palette.QUIET,
    Tone.ORDERED: palette.QUIET,
    Tone.GATE: palette.GATE,
    Tone.COUNT: palette.COUNT,
}
STROKES = {
    Look.ACT: (palette.ACT, 1.5, ""),
    Look.BEGIN: (palette.INK, 1.5, ""),
    Look.AUTO: (palette.AUTO, 1.2, ""),
    Look.SPENT: (palette.SPENT, 1.2, "5 4"),
}
INSIDES = frozenset({Shape.COMPOUND, Shape.PARALLEL, Shape.REGION})


def draw(chart: Chart, laid: Laid, overlay: Overlay = NOTHING) -> str:
    """Draw a chart as SVG, with what an overlay adds."""
    return _Drawing(chart, laid, overlay).svg()


class _Drawing:
    def __init__(self, chart: Chart, laid: Laid, overlay: Overlay) -> None:
        self.chart, self.laid, self.overlay = chart, laid, overlay
        self.boxes = {box.id: box for box in chart.walk()}
        self.grounds: list[tuple[Rect, str]] = []
        self.active = {path for leaf in overlay.current for path in _line_of(leaf)}

    def svg(self) -> str:
        chart, laid = self.chart, self.laid
        whole = max(laid.width, NARROWEST)
        titles = wrapped(chart.title, TITLE_SIZE, whole - 2 * EDGE, bold=True)
        head = EDGE + len(titles) * TITLE_HEIGHT + 20
        height = head + laid.height + key_height(chart, self.overlay, whole) + EDGE
        root, canvas = picture(whole, height, title=chart.title, about=self.about(), language=chart.language)
        canvas.rect(Rect(0, 0, whole, height), fill=palette.PAPER)
        for number, line in enumerate(titles):
            canvas.text(EDGE, EDGE + TITLE_HEIGHT * number + 20, line, size=TITLE_SIZE, fill=palette.INK, bold=True)
        version = say("version", chart.language, version=chart.version)
        canvas.text(EDGE, EDGE + TITLE_HEIGHT * len(titles) + 12, version, size=12, fill=palette.QUIET)
        inner = Canvas(canvas.shape("g", {"transform": f"translate({(whole - laid.width) / 2:.2f} {head:.2f})"}))
        for box in chart.boxes:
            self.stages(inner, box, 0)
        for arrow in sorted(chart.arrows, key=self.was_taken):
            self.arrow(inner, arrow)
        for box in self.boxes.values():
            self.box(inner, box)
        for arrow in chart.arrows:
            self.label(inner, arrow)
        draw_key(canvas, chart, self.overlay, whole, head + laid.height)
        return written(root)

    def about(self) -> str:
        said = [self.chart.about]
        titles = [
            " ".join(line.text for line in self.boxes[f"state:{leaf}"].lines if line.tone is Tone.TITLE) for leaf in self.overlay.current
        ]
        if titles:
            said.append(say("about_now", self.chart.language, where=listed(titles, self.chart.language)))
        return " ".join(said)

    # --- boxes ------------------------------------------------------------------------------------------------------

    def stages(self, canvas: Canvas, box: Box, depth: int) -> None:
        """Draw what lies behind: stages, and the dashed lines between parts that go on at the same time."""
        if box.shape not in INSIDES:
            return
        rect = self.laid.boxes[box.id]
        group = canvas.group(box.shape.value, box.id, box.about)
        stroke, thick = self.outline(box, palette.STAGE_OUTLINE, 1.2)
        if box.shape is not Shape.REGION:
            fill = palette.STAGES[depth % len(palette.STAGES)]
            self.grounds.append((rect, fill))
            group.rect(rect, fill=fill, stroke=stroke, width=thick, radius=8)
        for child in box.children:
            self.stages(canvas, child, depth + (box.shape is not Shape.PARALLEL))
        if box.shape is Shape.PARALLEL:
            self.partings(group, box)

    def partings(self, canvas: Canvas, box: Box) -> None:
        """Part regions by dashed lines; where they do not lie side by side, draw one around each."""
        around = self.laid.boxes[box.id]
        parts = sorted((self.laid.boxes[child.id] for child in box.children if child.shape is Shape.REGION), key=lambda rect: rect.x)
        top = min((part.y for part in parts), default=around.y)
        beside = all(left.right <= right.x for left, right in pairwise(parts))
        for left, right in pairwise(parts) if beside else ():
            x = (left.right + right.x) / 2
            canvas.line(((x, top), (x, around.bottom)), stroke=palette.STAGE_OUTLINE, width=1.4, dash="7 5")
        for part in parts if not beside else ():
            canvas.rect(part, fill="none", stroke=palette.STAGE_OUTLINE, width=1.4, radius=6, dash="7 5")

    def box(self, canvas: Canvas, box: Box) -> None:
        rect = self.laid.boxes[box.id]
        if box.shape in INSIDES:
            self.head(canvas, box)
            return
        group = canvas.group(box.shape.value, box.id, box.about)
        match box.shape:
            case Shape.START:
                signs.dot(group, rect)
            case Shape.CHOICE:
                signs.diamond(group, rect)
            case Shape.HISTORY:
                group.rect(rect, fill=palette.PAPER, stroke=palette.STAGE_OUTLINE, width=1.2, radius=rect.height / 2)
                signs.memory(group, rect.x + 19, rect.y + rect.height / 2, deep=not box.id.endswith(":shallow"))
                self.lines(group, box.lines, rect.x + INSIDE + SIGN, rect.y + (rect.height - block(box.lines)[1]) / 2)
            case Shape.FINAL:
                self.framed(group, box, rect)
                inner = Rect(rect.x + 3, rect.y + 3, rect.width - 6, rect.height - 6)
                group.rect(inner, fill="none", stroke=palette.OUTLINE, width=1, radius=5)
                signs.double_circle(group, rect.x + 20, rect.y + rect.height / 2)
                self.lines(group, box.lines, rect.x + INSIDE + SIGN, rect.y + (rect.height - block(box.lines)[1]) / 2)
            case Shape.ANYWHERE:
                group.rect(rect, fill=palette.ANYWHERE, stroke=palette.ANYWHERE_OUTLINE, width=1.4, radius=6, dash="2 3")
                self.lines(group, box.lines, rect.x + INSIDE, rect.y + INSIDE - 3)
            case _:
                self.framed(group, box, rect)
                self.lines(group, box.lines, rect.x + INSIDE, rect.y + INSIDE - 3)
        if box.state in self.overlay.current:
            self.badge(group, rect)

    def framed(self, canvas: Canvas, box: Box, rect: Rect) -> None:
        stroke, thick = self.outline(box, palette.OUTLINE, 1.4)
        canvas.rect(rect, fill=palette.NOW if box.state in self.overlay.current else palette.PAPER, stroke=stroke, width=thick, radius=7)

    def outline(self, box: Box, usual: str, thin: float) -> tuple[str, float]:
        """Give colour and width of an outline: of where the case is, where it was, and of all else."""
        if box.state in self.active:
            return palette.NOW_OUTLINE, 3.2
        if box.state in self.overlay.entered:
            return palette.TAKEN, 2.2
        return usual, thin

    def badge(self, canvas: Canvas, rect: Rect) -> None:
        said = say("now", self.chart.language)
        wide = width(said, 12, bold=True) + 12
        canvas.rect(Rect(rect.right - wide - 7, rect.y + 8, wide, 19), fill=palette.NOW_OUTLINE, radius=9.5)
        canvas.text(rect.right - wide / 2 - 7, rect.y + 22, said, size=12, fill=palette.PAPER, bold=True, middle=True)

    def head(self, canvas: Canvas, box: Box) -> None:
        """Write the text of a stage; a line that has to pass behind it does not strike it out."""
        if box.id not in self.laid.heads:
            return
        rect = self.laid.heads[box.id]
        group = canvas.group("head", box.id)
        self.lines(group, box.lines, rect.x + INSIDE, rect.y + INSIDE - 3)

    def lines(self, canvas: Canvas, lines: tuple[Line, ...], x: float, y: float) -> None:
        """Write lines below each other, each paragraph behind the sign of its tone."""
        for line in lines:
            lettering = LETTERING[line.tone]
            if line.first:
                self.sign(canvas, line.tone, x + 6, y + lettering.height / 2)
            baseline = y + lettering.height / 2 + lettering.size * 0.36
            colour = COLOURS.get(line.tone, palette.INK)
            canvas.text(x + lettering.indent, baseline, line.text, size=lettering.size, fill=colour, bold=lettering.bold)
            y += lettering.height

    def sign(self, canvas: Canvas, tone: Tone, x: float, y: float) -> None:
        match tone:
            case Tone.DEADLINE:
                signs.clock(canvas, x, y)
            case Tone.RUNG:
                signs.tick(canvas, x, y)
            case Tone.ACTION:
                signs.wedge(canvas, x, y)
            case Tone.CHILDREN:
                signs.stack(canvas, x, y)
            case _:
                pass

    # --- arrows -----------------------------------------------------------------------------------------------------

    def arrow(self, canvas: Canvas, arrow: Arrow) -> None:
        stroke, thick, dash = STROKES[arrow.look]
        taken = self.was_taken(arrow)
        if taken:
            stroke, thick = palette.TAKEN, 3.2
        way = self.fitted(arrow)
        group = canvas.group("taken arrow" if taken else "arrow", arrow.id, arrow.about, from_=arrow.source, to=arrow.target)
        group.line(way, stroke=stroke, width=thick, dash=dash)
        signs.arrow_head(group, way, stroke)

    def was_taken(self, arrow: Arrow) -> bool:
        """Say whether a case went this way; to a diamond, if it went on from there."""
        if arrow.target.startswith("choice:"):
            ways = [branch for other in self.chart.arrows if other.source == arrow.target for branch in other.branches]
        else:
            ways = list(arrow.branches)
        return any(branch in self.overlay.taken for branch in ways)

    def fitted(self, arrow: Arrow) -> Way:
        """Lead both ends of a line up to what is drawn inside the rectangles that were laid out."""
        way = list(self.laid.ways[arrow.id])
        for end, name in ((0, arrow.source), (-1, arrow.target)):
            shape, rect = self.boxes[name].shape, self.laid.boxes[name]
            if way and shape is Shape.CHOICE:
                way[end] = signs.up_to_diamond(way[end], rect)
            elif way and shape is Shape.START:
                way[end] = signs.up_to_dot(way[end], rect)
        return tuple(way)

    def label(self, canvas: Canvas, arrow: Arrow) -> None:
        if arrow.id not in self.laid.labels:
            return
        rect = self.laid.labels[arrow.id]
        group = canvas.group("label", arrow.id, arrow.about)
        group.rect(rect, fill=self.ground(rect), radius=4)
        y = rect.y + ROUND_LABEL
        for line in arrow.lines:
            lettering = LETTERING[line.tone]
            baseline = y + lettering.height / 2 + lettering.size * 0.36
            colour = COLOURS.get(line.tone, palette.INK)
            middle = rect.x + rect.width / 2
            group.text(middle, baseline, line.text, size=lettering.size, fill=colour, bold=lettering.bold, middle=True)
            y += lettering.height

    def ground(self, rect: Rect) -> str:
        """Give the colour behind a label: that of the innermost stage around it."""
        fills = [fill for around, fill in self.grounds if around.meets(rect)]
        return fills[-1] if fills else palette.PAPER


def _line_of(leaf: str) -> list[str]:
    """Give a state and those around it."""
    parts = leaf.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
