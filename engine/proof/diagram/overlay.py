"""What is drawn upon a picture: where a case is, which way it took, how often something happened and how long it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from engine.definition.process import ROOT, ProcessDefinition
from engine.proof.diagram.chart import Arrow, Box, Chart, Tone
from engine.proof.diagram.lettering import IN_LABEL, paragraph, room
from engine.proof.diagram.words import say

SPENT = "!"
"""Behind the id of a branch: it went where it leads once its budget is used up."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is drawn upon a picture.

    ``current``: the active leaves. ``entered``: states that were entered before. ``taken``: how often each branch was taken, by its
    id, with `SPENT` behind it where the budget was used up. ``cases``: cases at a state. ``dwell``: the mean stay in a state.
    ``taken`` is shown as a way; with ``show_counts`` also as numbers.
    """

    current: tuple[str, ...] = ()
    entered: frozenset[str] = frozenset()
    taken: Mapping[str, int] = field(default_factory=dict)
    cases: Mapping[str, int] = field(default_factory=dict)
    dwell: Mapping[str, timedelta] = field(default_factory=dict)
    show_counts: bool = False

    @property
    def adds_text(self) -> bool:
        """Say whether it needs room of its own in the picture."""
        return bool(self.cases or self.dwell or (self.show_counts and self.taken))


NOTHING = Overlay()


def path_taken(definition: ProcessDefinition, steps: Iterable[tuple[Iterable[str], Iterable[str]]], current: Iterable[str] = ()) -> Overlay:
    """Make the overlay of one case from its steps: of each the branches that were taken, and the states that were entered.

    A case that was cancelled stands in a state that no picture shows.
    """
    entered: set[str] = set()
    taken: dict[str, int] = {}
    leads = {branch.id: branch for state in definition.states.values() for spec in state.transitions for branch in spec.branches}
    for branches, states in steps:
        here = set(states)
        entered |= here
        for name in branches:
            branch = leads.get(name)
            spent = branch is not None and branch.cycles is not None and branch.cycles.then in here and branch.target not in here
            key = f"{name}{SPENT}" if spent else name
            taken[key] = taken.get(key, 0) + 1
            aims = branch.target if branch is not None and not spent else None
            taken |= dict.fromkeys(_dots(definition, here, aims if isinstance(aims, str) else ROOT), 1)
    return Overlay(tuple(leaf for leaf in current if leaf in definition.states), frozenset(entered - {ROOT}), taken)


def _dots(definition: ProcessDefinition, entered: set[str], aim: str) -> Iterable[str]:
    """Name the dots from which stages were entered: those whose first step was entered with them, and not by name."""
    for path in entered:
        first = definition.states[path].initial if path in definition.states else None
        if first in entered and aim != first and not aim.startswith(f"{first}."):
            yield f"start:{path}"


def annotated(chart: Chart, overlay: Overlay) -> Chart:
    """Give a chart with the numbers of an overlay written into its boxes and on its arrows."""
    if not overlay.adds_text:
        return chart
    boxes = tuple(_annotated_box(box, overlay, chart.language) for box in chart.boxes)
    return replace(chart, boxes=boxes, arrows=tuple(_annotated_arrow(arrow, overlay, chart.language) for arrow in chart.arrows))


def _annotated_box(box: Box, overlay: Overlay, language: str) -> Box:
    said = []
    if box.state is not None and box.state in overlay.cases:
        said.append(say("here", language, count=overlay.cases[box.state]))
    if box.state is not None and box.state in overlay.dwell:
        said.append(say("dwell", language, days=f"{overlay.dwell[box.state] / timedelta(days=1):.1f}"))
    lines = (*box.lines, *(line for text in said for line in paragraph(text, Tone.COUNT, room(box.shape))))
    return replace(box, lines=lines, children=tuple(_annotated_box(child, overlay, language) for child in box.children))


def _annotated_arrow(arrow: Arrow, overlay: Overlay, language: str) -> Arrow:
    times = sum(overlay.taken.get(branch, 0) for branch in arrow.branches)
    if not overlay.show_counts or not times:
        return arrow
    return replace(arrow, lines=(*arrow.lines, *paragraph(say("passed", language, count=times), Tone.COUNT, IN_LABEL)))
