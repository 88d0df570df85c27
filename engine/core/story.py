"""What the trail of a case tells: the case as it stood after the last event, and what its snapshot does not keep.

Decisions read the snapshot alone. Figures ask for more: each taking of an act with the data as they were after it, how long each
state lasted, and what became of every deadline. All of it follows from the events, so a figure of any past instant is that of a
shorter story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from engine.clock import Instant, parse_instant
from engine.core.case import EMPTY, Case, Snapshot, fold
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


@dataclass(frozen=True, slots=True)
class Story:
    """A case with its past. ``is_part``: it was opened in the middle, as a part of a divided matter (分办)."""

    case: Case
    is_part: bool
    takings: Sequence[Taking]
    stays: Mapping[str, Sequence[Stay]]
    owed: Mapping[int, Owed]


def tell(bodies: Iterable[Body]) -> Story | None:
    """Fold the first events of a case, in order; None where there are none. The case has no ``head``, which is no fact."""
    telling: _Telling | None = None
    for body in bodies:
        if telling is None:
            telling = _Telling(body)
        telling.take(body)
    return None if telling is None else telling.story()


def active(configuration: Iterable[str]) -> set[str]:
    """Give the states that are active with these leaves: each and all around it, for a path names them."""
    return {path for leaf in configuration for path in accumulate(leaf.split("."), lambda outer, name: f"{outer}.{name}")}


def act_of(branch: str) -> str | None:
    """Give ``state.act`` for a branch that an act or a signal took; None for those that nobody takes."""
    state, _, rest = branch.rpartition("#")[0].rpartition("/")
    trigger, _, name = rest.partition(":")
    if trigger not in {"act", "hear"}:
        return None
    return f"{state}.{name}" if state else name


class _Telling:
    """A story as far as it has been told."""

    __slots__ = ("_active", "_configuration", "_number", "_opening", "_owed", "_snapshot", "_stays", "_takings", "last")

    def __init__(self, opening: Body) -> None:
        self._opening, self.last = opening, opening
        self._snapshot: Snapshot = {}
        self._configuration: list[str] = []
        self._active: set[str] = set()
        self._number: str | None = None
        self._takings: list[Taking] = []
        self._stays: dict[str, list[Stay]] = {}
        self._owed: dict[int, Owed] = {}

    def take(self, body: Body) -> None:
        """Tell one event more."""
        self.last = body
        if "delta" in body:
            self._snapshot = fold(self._snapshot, body["delta"])
        if "number" in body:
            self._number = body["number"]
        at = parse_instant(body["occurred_at"])
        if "steps" in body:
            self._take_steps(body, at)
        if body["after"] != self._configuration:
            self._move(body["after"], at)
        for change in body.get("deadlines", ()):
            self._note_deadline(change)
        if body["kind"] == "correction":
            self._correct(body.get("notes", EMPTY))

    def story(self) -> Story:
        """Give the story with the case as it stands after the last event."""
        opening, last = self._opening, self.last
        case = Case(
            org=last["org"],
            id=last["case"],
            workflow=last["workflow"],
            definition_version=last["definition"],
            digest=last["digest"],
            configuration=tuple(self._configuration),
            snapshot=self._snapshot,
            version=last["version"],
            seq=last["seq"],
            head="",
            opened_at=parse_instant(opening["opened_at"]),
            opened_by=opening["opened_by"],
            updated_at=parse_instant(last["recorded_at"]),
            number=self._number,
            client_ref=opening.get("client_ref"),
            outcome=last.get("outcome"),
            ended_at=parse_instant(last["ended_at"]) if "ended_at" in last else None,
        )
        return Story(case, "at" in opening.get("notes", EMPTY), self._takings, self._stays, self._owed)

    def _take_steps(self, body: Body, at: Instant) -> None:
        data = self._snapshot.get("data", EMPTY)
        for step in body["steps"]:
            for branch in step["taken"]:
                if (key := act_of(branch)) is not None:
                    self._takings.append(Taking(key, body["seq"], at, body["actor"], data))

    def _move(self, configuration: list[str], at: Instant) -> None:
        before, now = self._active, active(configuration)
        for state in now - before:
            self._stays.setdefault(state, []).append(Stay(at, None))
        for state in before - now:
            stays = self._stays[state]
            stays[-1] = Stay(stays[-1].begin, at)
        self._configuration, self._active = configuration, now

    def _note_deadline(self, change: Body) -> None:
        op, n = change["op"], change["n"]
        due = parse_instant(change["due"]) if "due" in change else None
        stands = n in self._owed and self._owed[n].status is Status.PAUSED and op != "resumed"
        if op in ENDS:
            status = Status(op)
        elif due is None:
            status = Status.WAITING
        else:
            status = Status.PAUSED if stands or op == "paused" else Status.RUNNING
        self._owed[n] = Owed(change["name"], status, due, change.get("period", 0), change.get("party", ""))

    def _correct(self, notes: Body) -> None:
        """Put an act to its right time, once that was approved."""
        if "occurred_at" in notes and "asked" not in notes:
            at = parse_instant(notes["occurred_at"])
            self._takings = [each._replace(at=at) if each.seq == notes["corrects"] else each for each in self._takings]
