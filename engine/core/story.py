"""What the trail of a case tells: the case as it stood after the last event, and what its snapshot does not keep.

Decisions read the snapshot alone. Figures ask for more: each taking of an act with the data as they were after it, how long each
state lasted, and what became of every deadline. All of it follows from the events, so a figure of any past instant is that of a
shorter story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from engine.clock import Instant, parse_instant
from engine.core.case import EMPTY, Case, Configuration, fold
from engine.core.ledger import Status

Body = Mapping[str, Any]
"""An event with everything it commits to in its place."""

ENDS = frozenset(status.value for status in Status if not status.is_open)


class Taking(NamedTuple):
    """One taking of an act. ``key``: ``state.act``; ``data``: all items as they were after it."""

    key: str
    seq: int
    at: Instant
    actor: Mapping[str, Any]
    data: Mapping[str, Any]


class Stay(NamedTuple):
    """A time in which a state was active; ``end`` is None while it lasts."""

    begin: Instant
    end: Instant | None


class Owed(NamedTuple):
    """A deadline that was armed, as far as the trail tells of it. ``period`` is 0, ``party`` empty where it has none."""

    name: str
    status: Status
    due: Instant | None
    period: int
    party: str

    def is_past(self, now: Instant) -> bool:
        """Say whether it runs and its due instant is past."""
        return self.status is Status.RUNNING and self.due is not None and self.due <= now


@dataclass(slots=True)
class Story:
    """A case with its past. ``is_part``: it was opened in the middle, as a part of a divided matter (分办)."""

    case: Case
    is_part: bool
    takings: list[Taking] = field(default_factory=list)
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    owed: dict[int, Owed] = field(default_factory=dict)


def tell(bodies: Iterable[Body]) -> Story | None:
    """Fold the first events of a case, in order; None where there are none. The case has no ``head``, which is no fact."""
    story: Story | None = None
    for body in bodies:
        if story is None:
            story = Story(as_opened(body), is_part="at" in body.get("notes", EMPTY))
        story.case = after(story.case, body)
        _note(story, body)
    return story


def as_opened(body: Body) -> Case:
    """Give a case as its first event finds it: without anything."""
    return Case(
        org=body["org"],
        id=body["case"],
        workflow=body["workflow"],
        definition_version=body["definition"],
        digest=body["digest"],
        configuration=(),
        snapshot={},
        version=0,
        seq=0,
        head="",
        opened_at=parse_instant(body["opened_at"]),
        opened_by=body["opened_by"],
        updated_at=parse_instant(body["recorded_at"]),
        client_ref=body.get("client_ref"),
    )


def after(case: Case, body: Body) -> Case:
    """Give the case after an event."""
    return case._replace(
        definition_version=body["definition"],
        digest=body["digest"],
        configuration=tuple(body["after"]),
        snapshot=fold(case.snapshot, body["delta"]) if "delta" in body else case.snapshot,
        version=body["version"],
        seq=body["seq"],
        updated_at=parse_instant(body["recorded_at"]),
        number=body.get("number", case.number),
        outcome=body.get("outcome"),
        ended_at=parse_instant(body["ended_at"]) if "ended_at" in body else None,
    )


def active(configuration: Configuration) -> set[str]:
    """Give the states that are active with these leaves: each and all around it, for a path names them."""
    return {path for leaf in configuration for path in accumulate(leaf.split("."), lambda outer, name: f"{outer}.{name}")}


def act_of(branch: str) -> str | None:
    """Give ``state.act`` for a branch that an act or a signal took; None for those that nobody takes."""
    state, _, rest = branch.rpartition("#")[0].rpartition("/")
    trigger, _, name = rest.partition(":")
    if trigger not in {"act", "hear"}:
        return None
    return f"{state}.{name}" if state else name


def _note(story: Story, body: Body) -> None:
    at = parse_instant(body["occurred_at"])
    for step in body.get("steps", ()):
        for branch in step["taken"]:
            if (key := act_of(branch)) is not None:
                story.takings.append(Taking(key, body["seq"], at, body["actor"], story.case.data))
    before, now = active(tuple(body["before"])), active(story.case.configuration)
    for state in now - before:
        story.stays.setdefault(state, []).append(Stay(at, None))
    for state in before - now:
        stays = story.stays[state]
        stays[-1] = stays[-1]._replace(end=at)
    for change in body.get("deadlines", ()):
        _note_deadline(story, change)
    notes = body.get("notes", EMPTY)
    if body["kind"] == "correction" and "occurred_at" in notes and "asked" not in notes:
        _correct(story, notes["corrects"], parse_instant(notes["occurred_at"]))


def _note_deadline(story: Story, change: Body) -> None:
    op, n = change["op"], change["n"]
    due = parse_instant(change["due"]) if "due" in change else None
    stands = n in story.owed and story.owed[n].status is Status.PAUSED and op != "resumed"
    if op in ENDS:
        status = Status(op)
    elif due is None:
        status = Status.WAITING
    else:
        status = Status.PAUSED if stands or op == "paused" else Status.RUNNING
    story.owed[n] = Owed(change["name"], status, due, change.get("period", 0), change.get("party", ""))


def _correct(story: Story, seq: int, at: Instant) -> None:
    story.takings = [each._replace(at=at) if each.seq == seq else each for each in story.takings]
