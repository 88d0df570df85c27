"""Nothing overlaps: of every picture the SVG is read back, and texts, boxes, labels and lines are compared with each other."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from engine.proof.diagram.geometry import Rect
from tests.proof.diagrams import BOXES, HOLDERS, Seen, definitions, seen, shipped, svg

SLACK = 0.6
"""Lengths are written in hundredths; touching is no overlap."""

DRAWN = [(name, language) for name in shipped() for language in ("zh-CN", "en")]


def drawn(text: str, language: str = "zh-CN") -> Seen:
    return seen(svg(text, language))


def less(rect: Rect, by: float = SLACK) -> Rect:
    """Give a rectangle without its rim."""
    return Rect(rect.x + by, rect.y + by, rect.width - 2 * by, rect.height - 2 * by)


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x - SLACK
        and inner.y >= outer.y - SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )


def solid(picture: Seen) -> list[tuple[str, Rect]]:
    """Give all that nothing may lie on: states, labels, and each line of text of a stage."""
    found = [(part.name, part.rect) for part in picture.of(*BOXES) if part.rect is not None]
    found += [(f"label of {part.name}", part.rect) for part in picture.of("label") if part.rect is not None]
    return found + [(f"head of {part.name}: {text}", rect) for part in picture.of("head") for text, rect in part.texts]


def overlaps(picture: Seen) -> list[tuple[str, str]]:
    return [(one, other) for (one, a), (other, b) in combinations(solid(picture), 2) if less(a).meets(less(b))]


def texts_outside(picture: Seen) -> list[tuple[str, str]]:
    framed = [part for part in picture.of(*BOXES, "label") if part.rect is not None]
    return [(part.name, text) for part in framed for text, rect in part.texts if part.rect is not None and not inside(rect, part.rect)]


def lines_over_boxes(picture: Seen) -> list[tuple[str, str]]:
    """Find lines that pass through a state or through the label of another line."""
    found = []
    for arrow in picture.of("arrow"):
        for name, rect in solid(picture):
            if name == f"label of {arrow.name}" or name.startswith("head of"):
                continue
            if any(less(rect, 1.5).meets(strip(a, b)) for a, b in pairwise(arrow.line)):
                found.append((arrow.name, name))
    return found


def strip(a: tuple[float, float], b: tuple[float, float]) -> Rect:
    return Rect(min(a[0], b[0]) - 0.01, min(a[1], b[1]) - 0.01, abs(a[0] - b[0]) + 0.02, abs(a[1] - b[1]) + 0.02)


def outside_picture(picture: Seen) -> list[str]:
    whole = Rect(0, 0, float(picture.root.attrib["width"]), float(picture.root.attrib["height"]))
    return [name for name, rect in (*solid(picture), *picture.loose) if not inside(rect, whole)]


def heads_outside(picture: Seen) -> list[str]:
    around = {part.name: part.rect for part in picture.of(*HOLDERS) if part.rect is not None}
    return [text for part in picture.of("head") for text, rect in part.texts if part.name in around and not inside(rect, around[part.name])]


def check(picture: Seen) -> None:
    assert overlaps(picture) == []
    assert texts_outside(picture) == []
    assert heads_outside(picture) == []
    assert lines_over_boxes(picture) == []
    assert loose_ends(picture) == []
    assert outside_picture(picture) == []
    assert [(a, b) for (a, one), (b, other) in combinations(picture.loose, 2) if less(one).meets(less(other))] == []


@pytest.mark.parametrize(("name", "language"), DRAWN)
def test_nothing_overlaps_in_a_shipped_workflow(name: str, language: str) -> None:
    check(drawn(shipped()[name], language))


@given(definitions())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_overlaps_in_any_definition(text: str) -> None:
    check(drawn(text))


def test_several_ways_back_to_the_same_step_do_not_run_through_each_others_labels() -> None:
    again = "\n".join(f"      again{n}: {{title: {'再办一次' * n}, by: office, to: received}}" for n in range(1, 5))
    text = shipped()["resident_message"].replace("      assign:", f"{again}\n      assign:", 1)
    assert len([arrow for arrow in drawn(text).of("arrow") if arrow.ends == ("state:received", "state:received")]) == 4
    check(drawn(text))


def test_an_overlap_would_be_found() -> None:
    """The check itself: a state moved onto another one is seen."""
    picture = drawn(shipped()["regions"])
    one, other = picture.of("state")[:2]
    other.rect = one.rect
    assert overlaps(picture)
    assert texts_outside(picture)


def loose_ends(picture: Seen) -> list[tuple[str, str]]:
    """Find lines that do not begin or end at the border of the box they belong to."""
    boxes = {part.name: part.rect for part in picture.of(*BOXES, *HOLDERS) if part.rect is not None}
    return [
        (arrow.name, end)
        for arrow in picture.of("arrow")
        for end, point in ((arrow.ends[0], arrow.line[0]), (arrow.ends[1], arrow.line[-1]))
        if end in boxes and not on_border(point, boxes[end])
    ]


def on_border(point: tuple[float, float], rect: Rect) -> bool:
    within = less(rect, -2).meets(strip(point, point))
    return within and not less(rect, 2).meets(strip(point, point))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_arrow_runs_level_and_upright(name: str) -> None:
    for part in drawn(shipped()[name]).of("arrow"):
        assert all(abs(a[0] - b[0]) < 0.1 or abs(a[1] - b[1]) < 0.1 for a, b in pairwise(part.line)), part.name


def test_a_long_process_is_folded_to_the_proportions_of_a_sheet() -> None:
    root = drawn(shipped()["member_deliberation"]).root
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    assert 0.6 < wide / high < 1.7


def test_a_short_process_stays_as_it_is() -> None:
    root = drawn(shipped()["resident_message"]).root
    assert float(root.attrib["width"]) < 794
    assert float(root.attrib["height"]) < 1123
