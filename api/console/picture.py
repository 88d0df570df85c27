"""The picture on the page of a case: its process, with where the case is and the way it took."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from api.console.texts import Words
from api.deps import Desk
from engine.core.case import Case
from engine.definition.process import ProcessDefinition
from engine.proof.diagram.overlay import Overlay, path_taken
from engine.runtime.people import Principal
from engine.store.store import Store
from engine.store.trail import trail

LONGEST_WAY = 5_000
"""Of a longer story only the latest events are drawn."""


def picture_of(desk: Desk, principal: Principal, case_id: str, words: Words) -> str:
    """Draw the process of a case with the case on it, as SVG. Blocks. Raises NotFound, DrawingUnavailable."""
    seen = desk.reading.seen(principal, case_id)
    definition = seen.process.definition
    return desk.pictures.svg(definition, words.language, way_of(desk.application.store, definition, seen.case))


def way_of(store: Store, definition: ProcessDefinition, case: Case) -> Overlay:
    """Read from the trail of a case which way it took, and where it is. Blocks."""
    return path_taken(definition, steps_of(store, case), case.configuration)


def steps_of(store: Store, case: Case) -> Iterator[tuple[list[str], list[str]]]:
    """Read the steps of a case from its trail, in short looks: the branches taken, the states entered."""
    for stored in trail(store, case.org, case.id, after=max(0, case.seq - LONGEST_WAY)):
        for step in orjson.loads(stored.event.body).get("steps", ()):
            yield step["taken"], step["entered"]
