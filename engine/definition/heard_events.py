"""What is raised must be heard somewhere, and what is received must come from somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition import written
from engine.definition.compilation import Compilation


def check_events(work: Compilation) -> None:
    """Report events that nobody raises or sends, and raised events that no state could ever receive."""
    workflow, states = work.workflow, work.states
    raised = {shape.raise_: path for shape, path in written.effects(workflow, states) if shape.raise_ is not None}
    known = {*raised, *workflow.signals, *_of_constructs(work)}
    received = set()
    for site in states:
        for name in site.shape.receive:
            received.add(name)
            if name not in known:
                where = (*site.section, "receive", name)
                work.unknown("raised event, signal or event of a construct", "name.unknown_event", name, known, where, at_key=True)
    for shape, path in written.effects(workflow, states):
        if shape.raise_ is not None and shape.raise_ not in received:
            work.report("raise.unheard", f"no state receives `{shape.raise_}`: it would always be dropped", (*path, "raise"))


def _of_constructs(work: Compilation) -> Iterator[str]:
    yield "parent.cancelled"
    for link in work.workflow.links:
        yield from (f"{link}.{event}" for event in ("collected", "released", "gathered", "ended"))
    for site in work.states:
        yield from (f"{group}.refused" for group in (*site.shape.parties, *site.shape.children))
