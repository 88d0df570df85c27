"""From a chart to a chart with places: sizes from measured text, the layers by ELK, everything in one system of coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.proof.diagram.chart import Arrow, Box, Chart, Shape, Tone
from engine.proof.diagram.elk import Graph
from engine.proof.diagram.geometry import Laid, Point, Rect, Way, segments
from engine.proof.diagram.lettering import INSIDE, block, line_width

DOT, DIAMOND, SIGN = 14.0, 26.0, 26.0
"""Sizes of the start dot, the diamond, and of the sign that ends and memories have before their text."""
ROUND_LABEL = 4.0
BADGE = 44.0
"""Room beside the title of a state, for the badge that says a case is there."""
BELOW_HEAD = 6.0
LOOP, THERE, BACK = "loop:", "there", "back"
CLEAR = 4.0
"""How far a line keeps from text."""

_OPTIONS: Mapping[str, Any] = {
    "elk.algorithm": "layered",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.direction": "DOWN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.edgeCoords": "ROOT",
    "elk.json.shapeCoords": "ROOT",
}
_WITHIN: Mapping[str, Any] = {
    "elk.randomSeed": 1,
    "elk.layered.thoroughness": 30,
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    "elk.spacing.nodeNode": 26,
    "elk.spacing.edgeNode": 16,
    "elk.spacing.edgeEdge": 12,
    "elk.spacing.labelLabel": 8,
    "elk.spacing.edgeLabel": 4,
    "elk.layered.spacing.nodeNodeBetweenLayers": 30,
    "elk.layered.spacing.edgeNodeBetweenLayers": 16,
    "elk.layered.spacing.edgeEdgeBetweenLayers": 12,
}


def graph_of(chart: Chart) -> Graph:
    """Write a chart as a graph of ELK's JSON form, to be laid out from top to bottom.

    An arrow back to what stands earlier in the file is given the other way round and turned again when the answer is read: so the order
    of the file is that of the picture, and there is no cycle that ELK would break at a place of its own choice.
    """
    order, loops = places(chart), loops_of(chart)
    looping = {arrow.id for arrows in loops.values() for arrow in arrows}
    return {
        "id": "root",
        "layoutOptions": {**_OPTIONS, **_WITHIN, "elk.padding": padding(16, 16)},
        "children": nodes_of(chart.boxes, loops),
        "edges": [
            *(edge_of(arrow, turned=leads_back(order, arrow)) for arrow in chart.arrows if arrow.id not in looping),
            *(edge for arrows in loops.values() for arrow in arrows for edge in loop_edges(arrow)),
        ],
    }


def loops_of(chart: Chart) -> dict[str, list[Arrow]]:
    """Find the arrows that end where they begin, by their box.

    ELK lets one such line run through the label of another. So their labels are boxes to it, with a line there and a line back.
    """
    found: dict[str, list[Arrow]] = {}
    for arrow in chart.arrows:
        if arrow.source == arrow.target and arrow.lines:
            found.setdefault(arrow.source, []).append(arrow)
    return found


def loop_edges(arrow: Arrow) -> list[Graph]:
    """Write the two lines of an arrow that ends where it begins, both away from its box; the one back is turned again when read."""
    return [{"id": f"{way}:{arrow.id}", "sources": [arrow.source], "targets": [f"{LOOP}{arrow.id}"]} for way in (THERE, BACK)]


def nodes_of(boxes: Iterable[Box], loops: Mapping[str, list[Arrow]]) -> list[Graph]:
    """Write boxes that lie beside each other, each with the labels of its loops behind it."""
    found: list[Graph] = []
    for box in boxes:
        found.append(node_of(box, loops))
        for arrow in loops.get(box.id, ()):
            width, height = label_size(arrow)
            found.append({"id": f"{LOOP}{arrow.id}", "width": width, "height": height})
    return found


def node_of(box: Box, loops: Mapping[str, list[Arrow]]) -> Graph:
    """Write a box with all in it."""
    width, height = size(box)
    if not box.children:
        return {"id": box.id, "width": width, "height": height}
    return {
        "id": box.id,
        "layoutOptions": {
            **_WITHIN,
            "elk.padding": padding(height + BELOW_HEAD if box.lines else 16, 16),
            "elk.nodeSize.constraints": "MINIMUM_SIZE",
            # Of what holds others ELK reads width and height, and how the contents lie, as if it were laid out from left to right.
            "elk.nodeSize.minimum": f"({height},{width})",
            "elk.contentAlignment": "V_CENTER",
            **({"elk.alignment": "TOP"} if box.shape is Shape.REGION else {}),
        },
        "children": nodes_of(box.children, loops),
    }


def places(chart: Chart) -> dict[str, tuple[int, ...]]:
    """Give every box its number among its sisters, behind those of the boxes around it, outer first."""
    found: dict[str, tuple[int, ...]] = {}

    def number(boxes: tuple[Box, ...], around: tuple[int, ...]) -> None:
        for place, box in enumerate(boxes):
            found[box.id] = (*around, place)
            number(box.children, found[box.id])

    number(chart.boxes, ())
    return found


def leads_back(order: Mapping[str, tuple[int, ...]], arrow: Arrow) -> bool:
    """Say whether an arrow leads to a box that stands before the one it begins at. In and out of a box around is neither."""
    return next((there < here for here, there in zip(order[arrow.source], order[arrow.target], strict=False) if here != there), False)


def edge_of(arrow: Arrow, *, turned: bool = False) -> Graph:
    """Write an arrow with its label."""
    ends = (arrow.target, arrow.source) if turned else (arrow.source, arrow.target)
    edge: Graph = {"id": arrow.id, "sources": [ends[0]], "targets": [ends[1]]}
    if arrow.lines:
        width, height = label_size(arrow)
        # ELK passes over a label without text; which text it is does not matter to it.
        label = {"id": f"label:{arrow.id}", "text": "-", "width": width, "height": height}
        edge["labels"] = [label | {"layoutOptions": {"elk.edgeLabels.inline": True}}]
    return edge


def label_size(arrow: Arrow) -> tuple[float, float]:
    """Give the size of an arrow's label."""
    width, height = block(arrow.lines)
    return even(width + 2 * ROUND_LABEL), even(height + 2 * ROUND_LABEL)


def padding(top: float, rest: float) -> str:
    """Write the room between the border of a box and what lies in it."""
    return f"[top={top},left={rest},bottom={rest},right={rest}]"


def size(box: Box) -> tuple[float, float]:
    """Give the size of a box by its text; of a stage, that of its head."""
    match box.shape:
        case Shape.START:
            return DOT, DOT
        case Shape.CHOICE:
            return DIAMOND, DIAMOND
    width, height = block(box.lines)
    signed = SIGN if box.shape in {Shape.FINAL, Shape.HISTORY} else 0.0
    if box.state is not None:
        width = max(width, BADGE + max((line_width(line) for line in box.lines if line.tone is Tone.TITLE), default=0.0))
    return even(width + signed + 2 * INSIDE), even(max(height, signed - 4) + 2 * INSIDE - 6)


def even(length: float) -> float:
    """Round up to an even number of pixels, so that the middle is one too."""
    return float(2 * math.ceil(length / 2))


def read(graph: Graph, chart: Chart) -> Laid:
    """Read what ELK gives back of a chart."""
    order = places(chart)
    back = {arrow.id for arrow in chart.arrows if leads_back(order, arrow)}
    boxes = {node["id"]: rect(node) for node in nodes(graph)}
    labels, ways = {}, {}
    for edge in edges(graph):
        for label in edge.get("labels", ()):
            labels[edge["id"]] = rect(label)
        way = upright(corner for section in edge.get("sections", ()) for corner in corners(section))
        ways[edge["id"]] = way[::-1] if edge["id"] in back else way
    for arrow in (each for loops in loops_of(chart).values() for each in loops):
        label = labels[arrow.id] = boxes.pop(f"{LOOP}{arrow.id}")
        ways[arrow.id] = looped(ways.pop(f"{THERE}:{arrow.id}"), label, ways.pop(f"{BACK}:{arrow.id}"))
    laid = Laid(graph["width"], graph["height"], boxes, labels, ways)
    return replace(laid, heads={box.id: head(box, laid) for box in chart.walk() if box.children and box.lines})


def looped(there: Way, label: Rect, back: Way) -> Way:
    """Join the line to a label with the line from there: behind the label, where it is not seen."""
    behind = label.y + label.height / 2
    return (*there, (there[-1][0], behind), (back[-1][0], behind), *back[::-1])


def upright(points: Iterable[Point]) -> Way:
    """Make the parts of a line exactly level or upright: ELK rounds where a line passes the border of a stage."""
    found: list[Point] = []
    for x, y in points:
        if not found:
            found.append((x, y))
            continue
        before = found[-1]
        found.append((before[0], y) if abs(x - before[0]) < abs(y - before[1]) else (x, before[1]))
    return tuple(found)


def head(box: Box, laid: Laid) -> Rect:
    """Find room for the text of a box that holds others: at its upper left, or beside the lines that come in there."""
    around, (width, height) = laid.boxes[box.id], size(box)
    band = Rect(around.x, around.y, around.width, height)
    crossing = sorted(part.x for way in laid.ways.values() for part in segments(way) if part.width == 0 and band.meets(wider(part)))
    left = around.x
    for x in (*crossing, around.right):
        if left + width <= x:
            break
        left = max(left, x + CLEAR - INSIDE / 2)
    else:
        left = around.x
    return Rect(left, around.y, width, height)


def wider(part: Rect) -> Rect:
    """Give a straight line some width."""
    return Rect(part.x - 0.5, part.y - 0.5, part.width + 1, part.height + 1)


def nodes(graph: Graph) -> Iterator[Graph]:
    """Give every node, outer ones first."""
    for node in graph.get("children", ()):
        yield node
        yield from nodes(node)


def edges(graph: Graph) -> Iterator[Graph]:
    """Give every edge, wherever it is declared."""
    yield from graph.get("edges", ())
    for node in graph.get("children", ()):
        yield from edges(node)


def rect(shape: Graph) -> Rect:
    """Read a rectangle."""
    return Rect(shape["x"], shape["y"], shape["width"], shape["height"])


def corners(section: Graph) -> Iterator[Point]:
    """Read the corners of a line."""
    for point in (section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]):
        yield point["x"], point["y"]
