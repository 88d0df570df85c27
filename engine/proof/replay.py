"""Replay: what happened to a case, done again under another version, to see where that version would have said no or gone elsewhere.

The acts are taken from the trail with their forms, by whom and when they were taken; reminders and acts by the clock come from the other
version's own deadlines, at their own instants. Comments and migrations are left out. A correction puts its values where they were wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.clock import Instant, parse_instant
from engine.core.bridge import Bridge
from engine.core.case import EMPTY, Actor, fold, values_after
from engine.core.command import Act, Open
from engine.core.decision import Refused
from engine.core.ledger import OVER_TIME
from engine.definition.attendance import METHOD
from engine.definition.datatypes import ABSENT, TypeName
from engine.definition.forms import Form, FormField
from engine.definition.process import ROOT, Trigger
from engine.errors import Refusal
from engine.proof.scenario_play import Endless, Played, Position, play, wait

Body = Mapping[str, Any]
"""The body of an event with all that it commits to back in its place."""

REFUSED, ELSEWHERE, OUTCOME, LATE, IN_TIME = "refused", "elsewhere", "outcome", "late", "in_time"


@dataclass(frozen=True, slots=True)
class Divergence:
    """One difference. ``then`` is what the trail has, ``now`` what the other version makes of it; ``seq`` the event of the trail."""

    kind: str
    seq: int
    at: Instant
    action: str
    then: str
    now: str
    refusals: tuple[Refusal, ...] = ()


def replay(made: Bridge, bodies: Sequence[Body]) -> tuple[Divergence, ...]:
    """Do again what a trail tells, under the newer version of the bridge; after a refusal nothing more can be said of a case."""
    return tuple(_Replay(made, bodies).divergences())


class _Replay:
    def __init__(self, made: Bridge, bodies: Sequence[Body]) -> None:
        self.made, self.bodies = made, bodies
        self.roles: dict[str, set[str]] = {}
        for body in bodies:
            self.roles.setdefault(body["actor"]["id"], set()).add(body["actor"]["role"])
        self.sources = {name: expression.text.removeprefix("data.") for name, expression in made.values.items()}
        self.snapshot: Mapping[str, Mapping[str, Any]] = EMPTY
        self.position = Position(None, 0)
        self.late: dict[str, None] = {}

    def divergences(self) -> Iterator[Divergence]:
        gone_elsewhere = False
        for body in self.bodies:
            moment = parse_instant(body["recorded_at"])
            try:
                self._pass_time(moment)
            except Endless as endless:
                yield Divergence(ELSEWHERE, body["seq"], moment, body["action"], ", ".join(body["after"]), str(endless))
                return
            refused = self._done_again(body, moment)
            self.snapshot = fold(self.snapshot, body.get("delta", EMPTY))
            if refused:
                codes = ", ".join(refusal.code for refusal in refused)
                yield Divergence(REFUSED, body["seq"], moment, body["action"], "taken", codes, refused)
                return
            if not gone_elsewhere and (place := self._elsewhere(body)) is not None:
                gone_elsewhere = True
                yield Divergence(ELSEWHERE, body["seq"], moment, body["action"], *place)
        yield from self._at_the_end(self.bodies[-1])

    # --- doing ------------------------------------------------------------------------------------------------------

    def _pass_time(self, until: Instant) -> None:
        for played in wait(self.made.new, self.position, until):
            self._keep(played)
        self.position = self.position._replace(now=max(self.position.now, until))

    def _done_again(self, body: Body, moment: Instant) -> tuple[Refusal, ...]:
        command: Open | Act
        match body["kind"]:
            case "open":
                command = Open(
                    self._actor(body), body["org"], body["case"], self._start_form(body), settings=body["delta"].get("settings", EMPTY)
                )
            case "act":
                occurred = parse_instant(body["occurred_at"])
                command = Act(
                    self._actor(body),
                    body["action"],
                    self._form(body),
                    body.get("reason"),
                    self._document(body),
                    occurred if occurred != moment else None,
                )
            case "correction":
                self._correct(self._data_in(body))
                return ()
            case _:
                return ()
        outcome = play(self.made.new, self.position, command)
        if isinstance(outcome, Refused):
            return outcome.refusals
        self._keep(outcome)
        return ()

    def _keep(self, played: Played) -> None:
        self.position = played.after
        self.late.update((change.name, None) for change in played.decision.deadlines if change.op in OVER_TIME)

    def _correct(self, values: Mapping[str, Any]) -> None:
        case = self.position.case
        assert case is not None
        known = {name: value for name, value in values.items() if name in self.made.new.definition.data}
        self.position = self.position._replace(case=case._replace(snapshot=fold(case.snapshot, {"data": known})))

    # --- what was sent ----------------------------------------------------------------------------------------------

    def _actor(self, body: Body) -> Actor:
        """Give who acted, with every role this person used in the case."""
        actor = body["actor"]
        return Actor(actor["id"], frozenset(self.roles[actor["id"]]), body["org"], actor.get("unit"), actor.get("acting_for"))

    def _start_form(self, body: Body) -> dict[str, Any]:
        start = self.made.new.definition.start
        return self._filled(start.form if start else None, self._data_in(body))

    def _data_in(self, body: Body) -> Mapping[str, Any]:
        """Give the values that an event changed."""
        return values_after(self.snapshot.get("data", EMPTY), body.get("delta", EMPTY).get("data", EMPTY))

    def _form(self, body: Body) -> dict[str, Any]:
        """Give the values of the form as it is asked for now: those that were entered, else those that stood there already."""
        action, delta = body["action"], body.get("delta", EMPTY)
        entered = self._data_in(body)
        if action.endswith(".ask"):  # what is asked for waits beside the data
            entered = (delta.get("asked", EMPTY).get(action.removesuffix(".ask")) or EMPTY).get("data", EMPTY)
        specs = [spec for spec in self.made.new.transitions.values() if spec.trigger is Trigger.ACT and spec.name == action]
        values = {name: value for spec in specs for name, value in self._filled(spec.form, entered).items()}
        ways = [*self._signed_in(body["actor"]["id"], entered)] if any(METHOD in spec.own for spec in specs) else []
        return {**values, METHOD: ways[-1]} if ways else values

    def _signed_in(self, person: str, entered: Mapping[str, Any]) -> Iterator[str]:
        """Give how somebody signed in to an attendance."""
        before = self.snapshot.get("data", EMPTY)
        for name, value in entered.items():
            item = self.made.old.definition.data.get(name)
            if item is not None and item.type.name is TypeName.ATTENDANCE:
                new = (row for row in value if row["person"] == person and row not in before.get(name, ()))
                yield from (row[METHOD] for row in new if METHOD in row)

    def _filled(self, form: Form | None, entered: Mapping[str, Any]) -> dict[str, Any]:
        before = self.snapshot.get("data", EMPTY)
        values: dict[str, Any] = {}
        for field in form.fields if form is not None else ():
            name = field.item.id
            source = self.sources.get(name, name)
            value = entered.get(source, () if field.adds_row else before.get(source))
            if field.adds_row:
                value = added(field, before.get(source, ()), value or ())
            if value is not None:
                values[name] = [as_filled_in(field, row) for row in value] if field.has_rows else value
        return values

    @staticmethod
    def _document(body: Body) -> Mapping[str, Any] | None:
        """Give the document that was attached."""
        if not body["action"].endswith(".attach"):
            return None
        kept = body["delta"]["documents"][body["action"].removesuffix(".attach")]
        return {"id": kept["id"], "sha256": kept["sha256"], "size": kept.get("size", 0), "media_type": kept.get("media_type", "")}

    # --- comparing --------------------------------------------------------------------------------------------------

    def _elsewhere(self, body: Body) -> tuple[str, str] | None:
        """Say where the case was and where it is instead; None where that is the same place, as far as it has a name now."""
        meant = self.made.all_states(body["after"])
        case = self.position.case
        assert case is not None
        if meant is None or set(meant) <= self.made.new.tree.active(case.configuration) - {ROOT}:
            return None
        return ", ".join(body["after"]), ", ".join(case.configuration)

    def _at_the_end(self, body: Body) -> Iterator[Divergence]:
        case = self.position.case
        assert case is not None
        moment = parse_instant(body["recorded_at"])
        if body.get("outcome") != case.outcome:
            yield Divergence(OUTCOME, body["seq"], moment, body["action"], shown(body.get("outcome")), shown(case.outcome))
        facts = (fact for each in self.bodies for fact in each.get("deadlines", ()) if fact["op"] in OVER_TIME)
        late = {self.made.deadlines.get(fact["name"], fact["name"]): None for fact in facts}
        yield from (Divergence(LATE, body["seq"], moment, name, "not late", "late") for name in self.late if name not in late)
        yield from (Divergence(IN_TIME, body["seq"], moment, name, "late", "not late") for name in late if name not in self.late)


def added(field: FormField, before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    """Give the rows that a form added to a list; entries of an attendance give way to later ones, and nobody fills in who is absent."""
    if field.item.type.name is TypeName.ATTENDANCE:
        return [row for row in after if row not in before and row["status"] != ABSENT]
    return [*after[len(before) :]]


def as_filled_in(field: FormField, row: Any) -> Any:
    """Give a row as it was typed in: without when and by whom, and of an entry in an attendance what its keeper can say."""
    if not isinstance(row, Mapping) or field.kind.element is None:
        return row
    asked = {each.id for each in field.kind.element.fields}
    return {key: value for key, value in row.items() if key in asked}


def shown(outcome: str | None) -> str:
    """Name an outcome."""
    return outcome or "running"


def tally(found: Iterable[Sequence[Divergence]]) -> dict[str, int]:
    """Count cases by the kinds of their divergences; ``same`` are those without any."""
    counts = {"same": 0}
    for divergences in found:
        for kind in {each.kind for each in divergences} or {"same"}:
            counts[kind] = counts.get(kind, 0) + 1
    return counts
