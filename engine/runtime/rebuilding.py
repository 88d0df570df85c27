"""A case from its events alone: how it stood at any time, and the proof that its row is only a projection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from engine.core.case import Case
from engine.core.story import tell
from engine.runtime.views import put_back
from engine.store.trail import StoredEvent


def whole_body(stored: StoredEvent) -> dict[str, Any]:
    """Give the body of an event with everything it commits to back in its place, as far as it is kept."""
    body: dict[str, Any] = orjson.loads(stored.event.body)
    kept: Mapping[str, list[Any]] = orjson.loads(stored.payload) if stored.payload else {}
    for pointer, (_, value) in kept.items():
        put_back(body, pointer, value)
    return body


def rebuilt(events: Iterable[StoredEvent]) -> Case | None:
    """Fold the first events of a case, in order, into the case as it stood after them; None where there are none."""
    head = ""

    def bodies() -> Iterator[dict[str, Any]]:
        nonlocal head
        for stored in events:
            head = stored.event.hash
            yield whole_body(stored)

    story = tell(bodies())
    return None if story is None else story.case._replace(head=head)
