"""Playing a workflow by hand: where the case stands, what may whom do and why not, step by step and back, on a virtual clock.

A value is never changed: each step gives a new one and keeps the one before, so that undoing is going back to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.actions import ActionStatus, list_actions
from engine.core.case import CLOCK
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.definition.forms import Form
from engine.definition.process import Text, Transition
from engine.definition.terms import Term
from engine.errors import Refusal, did_you_mean
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_play import Played, Position, actor, command_for, later, local, play, upcoming, wait
from engine.proof.scenario_propose import by, inline

MINUTE: Instant = 60_000_000
NOT_STAFF = frozenset({CLOCK, "parent"})
"""What stands in `by` and is nobody who sits at a desk."""


class Offer(NamedTuple):
    """One act for one role: open, with the form it asks for, or refused with every reason."""

    act: str
    title: Text
    role: str
    allowed: bool
    refusals: tuple[Refusal, ...]
    form: Form | None
    reason: str | None
    attaches: bool
    depends_on: tuple[str, ...] = ()


class Happened(NamedTuple):
    """What a step led to, or the reasons for which it was refused."""

    played: tuple[Played, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Playing:
    """A case being played. ``steps``: the way it came, as a scenario writes it; ``fired``: the rungs that fired on it."""

    process: Process
    begin: Instant
    position: Position
    steps: tuple[Mapping[str, Any], ...] = ()
    fired: tuple[str, ...] = ()
    before: Playing | None = field(default=None, repr=False)

    # --- looking ----------------------------------------------------------------------------------------------------

    def offers(self) -> list[Offer]:
        """List every act of where the case stands, for each role that may have to do with it; those that are open first."""
        found = self._openings() if self.position.case is None else self._acts()
        return sorted(found, key=lambda offer: not offer.allowed)

    def offers_of(self, act: str, who: Who | None = None) -> list[Offer]:
        """List an act for each of its roles, or for one person."""
        if who is None:
            return [offer for offer in self.offers() if offer.act == act]
        return [offer for offer in self._for(who, [who.role]) if offer.act == act]

    def unknown(self, act: str) -> str:
        """Say which act may have been meant by a name that is none."""
        return did_you_mean(act, {START, *(spec.name for spec in self.process.transitions.values() if spec.trigger == "act")})

    def knows(self, act: str) -> bool:
        """Say whether the workflow has an act of that name, wherever the case stands."""
        return act == START or any(spec.trigger == "act" and spec.name == act for spec in self.process.transitions.values())

    def settings(self) -> Mapping[str, Any]:
        """Give the settings of the case."""
        own = self.position.case.snapshot.get("settings", {}) if self.position.case is not None else {}
        return {**self.process.settings, **own}

    def _openings(self) -> list[Offer]:
        opening = self.process.opening
        if opening is None:
            return []
        title = opening.title or {"en": START}
        return [Offer(START, title, role, True, (), opening.form, opening.reason, False) for role in staff(opening.by)]

    def _acts(self) -> list[Offer]:
        case = self.position.case
        assert case is not None
        acts = self.process.acts_at(case.configuration)
        takers = {act: staff(role for spec in self._specs(act) for role in spec.by) for act in acts}
        roles = dict.fromkeys(role for found in takers.values() for role in found)
        mine = {role: {offer.act: offer for offer in self._for(Who(role), [role])} for role in roles}
        return [offer for act in acts for role in takers[act] if (offer := mine[role].get(act)) is not None]

    def _specs(self, act: str) -> Iterable[Transition]:
        return (spec for spec in self.process.transitions.values() if spec.trigger == "act" and spec.name == act)

    def _for(self, who: Who, roles: list[str]) -> list[Offer]:
        if self.position.case is None:
            return [offer for offer in self._openings() if offer.role in roles]
        person = actor(self.process, self.position, who)
        listed = list_actions(self.process, self.position.case, person, self.position.now)
        return [offer_of(each, who.role, decides=any(spec.asked_by for spec in self._specs(each.name))) for each in listed]

    # --- stepping ---------------------------------------------------------------------------------------------------

    def act(self, offer: Offer, who: Who, data: Mapping[str, Any], reason: str | None) -> tuple[Playing, Happened]:
        """Take an act. Refused, everything stays as it is."""
        command = command_for(self.process, self.position, offer.act, who, data, reason=reason, document=offer.attaches)
        outcome = play(self.process, self.position, command)
        if isinstance(outcome, Refused):
            return self, Happened(refusals=outcome.refusals)
        facts = {"by": by(who), **({"data": dict(data)} if data else {}), **({"reason": reason} if reason else {})}
        step = {offer.act: facts["by"] if facts.keys() == {"by"} and isinstance(facts["by"], str) else facts}
        return replace(self, position=outcome.after, steps=(*self.steps, step), before=self), Happened((outcome,))

    def wait_for(self, term: Term) -> tuple[Playing, Happened]:
        """Let a term pass; what falls due on the way fires."""
        return self._wait(later(self.process.calendar, self.position.now, term), {"wait": str(term)})

    def wait_until(self, until: Instant) -> tuple[Playing, Happened]:
        """Let time pass until an instant, which is taken to the whole minute after it."""
        until = -(-until // MINUTE) * MINUTE
        return self._wait(until, {"wait": {"until": local(self.process.calendar, until)}})

    def next_rung(self) -> Instant | None:
        """Give the instant at which the next rung fires."""
        due = upcoming(self.position.case) if self.position.case is not None else None
        return None if due is None else max(due.due, self.position.now)

    def _wait(self, until: Instant, step: Mapping[str, Any]) -> tuple[Playing, Happened]:
        played = tuple(wait(self.process, self.position, until))
        reached = played[-1].after if played else self.position
        fired = tuple(f"{each.decision.action}: {each.decision.rung.rung}" for each in played if each.decision.rung is not None)
        moved = replace(self, position=reached._replace(now=until), steps=(*self.steps, step), fired=(*self.fired, *fired), before=self)
        return moved, Happened(played)

    # --- the way as a scenario --------------------------------------------------------------------------------------

    def scenario(self, name: str) -> str:
        """Write the way that was played as a scenario, in YAML; an empty text where there was none."""
        if not self.steps:
            return ""
        given = {"workflow": self.process.definition.workflow, "at": local(self.process.calendar, self.begin)}
        lines = [f"- name: {inline(name)}", f"  given: {inline(given)}", "  when:", *(f"    - {inline(step)}" for step in self.steps)]
        case = self.position.case
        if case is not None:
            then: dict[str, Any] = {"in": list(case.configuration)}
            then |= {"outcome": case.outcome} if case.outcome is not None else {}
            then |= {"number": case.number} if case.number is not None else {}
            then |= {"rungs": list(self.fired)} if self.fired else {}
            lines.append(f"  then: {inline(then)}")
        return "\n".join(lines) + "\n"


def playing(process: Process, begin: Instant) -> Playing:
    """Begin to play a workflow at an instant, taken to the whole minute; no case is open yet."""
    begin -= begin % MINUTE
    return Playing(process, begin, Position(None, begin))


def staff(roles: Iterable[str]) -> list[str]:
    """Leave out who is no person: the clock, the parent case."""
    return [role for role in dict.fromkeys(roles) if role not in NOT_STAFF]


def offer_of(status: ActionStatus, role: str, *, decides: bool) -> Offer:
    """Give an act as it is open to a role, or refused. Who ``decides`` what another asked for fills in nothing: the asker did."""
    form = None if decides else status.form
    return Offer(status.name, status.title, role, status.allowed, status.refusals, form, status.reason, status.attaches, status.depends_on)
