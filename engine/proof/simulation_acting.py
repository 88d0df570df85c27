"""Who acts and what is filled in: people so that every role and duty can be satisfied, forms by values that are valid and likely.

What is refused is tried again only with what may help: another person where it is about the person, another form where it is about that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from engine.clock import Instant
from engine.core.case import EMPTY, Case
from engine.core.command import Open
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.world import World
from engine.definition.datatypes import TypeName
from engine.definition.forms import FormField
from engine.definition.process import Transition
from engine.errors import Refusal
from engine.proof.playing import staff
from engine.proof.scenario_examples import LEFT_OUT, Examples
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_names import ANYONE
from engine.proof.scenario_play import Played, Position, asked_to_sign, bound_to_now, command_for, decided
from engine.proof.scenario_relevance import Relevance
from engine.proof.simulation_model import Assumptions, Likely

REASON = "理由"
DRAWS = 12
"""Forms drawn for one person before an act counts as refused; a guard that one value in four passes is then hardly ever missed."""

NOBODY = "nobody"
"""Why an act is not taken where nobody is meant by its roles: what they are bound to is empty."""

ABOUT_PERSON = frozenset({"wrong_role", "not_bound", "duty_conflict", "own_matter", "already_voted", "already_entered", "not_on_roll"})
NOT_ABOUT_FORM = ABOUT_PERSON | {
    *("unknown_action", "not_here", "ended", "limit_reached", "missing_document", "awaiting_parties", "not_asked", "already_asked"),
    *("ballot_closed", "too_late", "unsettled", "bad_time"),
}


class Acting:
    """Takes acts in the cases of one workflow. ``world`` gives the body as it stands at an instant."""

    def __init__(self, process: Process, assumptions: Assumptions, world: Callable[[Instant], World]) -> None:
        self.process, self.assumptions, self.world = process, assumptions, world
        self.relevance = Relevance(process)
        keys = {name: tuple(rows) for name, (_, rows) in assumptions.registries.items() if rows}
        self.examples = Examples(process, self.relevance, {}, keys)
        self._values: dict[tuple[str, bool, bool, object], list[Any]] = {}

    def open(self, case_id: str, now: Instant, rng: Random) -> tuple[Who, Played | tuple[Refusal, ...]]:
        """Open a case: by a role as likely as assumed; where that is refused with every form, by another."""
        who, found = Who(ANYONE), tuple[Refusal, ...]()
        spec = self.process.opening
        for role in in_weighted_order(self.assumptions.openers, rng) if spec is not None else ():
            assert spec is not None
            who = self.somebody(role, rng)
            outcome = self.attempt(spec, START, Position(None, now), [who], rng, case_id)
            if isinstance(outcome, Played):
                return who, outcome
            found = outcome
        return who, found

    def take(
        self, spec: Transition, position: Position, opener: Who, rng: Random, wanted: str | None = None
    ) -> Played | tuple[Refusal, ...]:
        """Take an act by whoever may, or give the reasons why nobody may. ``wanted``: the state it is to lead to, if a form can do it."""
        return self.attempt(spec, spec.name, position, self.people(spec, position, opener, rng), rng, wanted=wanted)

    def attempt(
        self,
        spec: Transition,
        name: str,
        position: Position,
        people: list[Who],
        rng: Random,
        case_id: str = "",
        wanted: str | None = None,
    ) -> Played | tuple[Refusal, ...]:
        """Try an act with one person after the other; where nobody may, the reasons are those of whoever came nearest.

        Where no form that was drawn leads to the state that is ``wanted``, the first that led anywhere counts.
        """
        nearest: tuple[Refusal, ...] = ()
        elsewhere: Played | None = None
        for who in people:
            reasons: tuple[Refusal, ...] = ()
            for data in self.fillings(spec, position.now, rng):
                reason, document = None if spec.reason is None else REASON, spec.builtin and name.endswith(".attach")
                command = command_for(self.process, position, name, who, data, reason=reason, document=document)
                command = command._replace(case_id=case_id) if isinstance(command, Open) else command
                outcome = decided(self.process, position, command, self.world(position.now))
                if not isinstance(outcome, Refused):
                    if wanted is None or wanted in targets(spec, outcome):
                        return outcome
                    elsewhere = elsewhere or outcome
                    continue
                reasons = outcome.refusals
                if any(refusal.code in NOT_ABOUT_FORM for refusal in reasons):
                    break
            if elsewhere is not None:
                return elsewhere
            nearest = min(filter(None, (nearest, reasons)), key=len)
            if not self.depends_on_person(spec, reasons):
                break
        return nearest

    def depends_on_person(self, spec: Transition, reasons: tuple[Refusal, ...]) -> bool:
        """Say whether somebody else might not be refused."""
        return any(refusal.code in ABOUT_PERSON or "person" in refusal.facts for refusal in reasons) or self.relevance.depends_on_actor(
            spec
        )

    # --- people -----------------------------------------------------------------------------------------------------

    def somebody(self, role: str, rng: Random) -> Who:
        """Give one of the persons of a role."""
        return Who(role, f"{role}_{rng.randint(1, self.assumptions.people.get(role, 1))}")

    def people(self, spec: Transition, position: Position, opener: Who, rng: Random) -> list[Who]:
        """Give who might take an act, in the order of asking: those of its roles, by chance, then who already had to do with the case.

        Of parties only those are asked that have not signed, or that stand in the way.
        """
        parties = asked_to_sign(self.process, position.case, spec.name) if position.case is not None else None
        if parties is not None:
            rng.shuffle(parties)
            return [who if who.person is not None else who._replace(person=self.somebody(who.role, rng).person) for who in parties]
        roles = staff(spec.by)
        rng.shuffle(roles)
        found = [who for role in roles for who in self.holders(role, position, rng)]
        if opener.role in roles:
            found.append(opener)
        seen = position.case.snapshot.get("actors", EMPTY) if position.case is not None else EMPTY
        persons = dict.fromkeys(person for kept in seen.values() for person in kept["persons"])
        return [*found, *(Who(role, person) for role in roles for person in persons)]

    def holders(self, role: str, position: Position, rng: Random) -> list[Who]:
        """Give the persons of a role: of one that is bound, whom it is bound to."""
        if role == ANYONE:
            return [Who(role)]
        if self.process.definition.roles[role].is_bound:
            persons = self.process.binds_person.get(role, False)
            bound = bound_to_now(self.process, position, role)
            return [Who(role, one) if persons else Who(role, self.somebody(role, rng).person, one) for one in bound]
        first = rng.randrange(many) if (many := self.assumptions.people.get(role, 1)) > 1 else 0
        return [Who(role, f"{role}_{(first + n) % many + 1}") for n in range(many)]

    # --- forms ------------------------------------------------------------------------------------------------------

    def fillings(self, spec: Transition, now: Instant, rng: Random) -> Iterator[Mapping[str, Any]]:
        """Draw fillings of a form: many where what is filled in decides, else one."""
        if spec.form is None or spec.asked_by:
            yield EMPTY
            return
        lines = [(field, self.assumptions.data.get(assumed_as(spec, field))) for field in spec.form.fields]
        chance = any(likely is not None or len(self.values(field, now)) > 1 for field, likely in lines)
        for _ in range(DRAWS if chance else 1):
            drawn = {field.item.id: self.value(field, likely, now, rng) for field, likely in lines}
            yield {name: value for name, value in drawn.items() if value is not LEFT_OUT}

    def value(self, field: FormField, likely: Likely | None, now: Instant, rng: Random) -> Any:
        """Draw the value of one line of a form: as assumed, else any of its example values."""
        return rng.choice(self.values(field, now)) if likely is None else draw(likely, field, rng)

    def values(self, field: FormField, now: Instant) -> list[Any]:
        """Give the example values of one line of a form."""
        key = (field.item.id, field.optional, field.adds_row, self.process.calendar.local_date(now))
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = self.examples.values(field, now)
        return found


def targets(spec: Transition, played: Played) -> frozenset[object]:
    """Give where the branches lead that an act has taken."""
    taken = {branch for step in played.decision.steps for branch in step.taken}
    return frozenset(branch.target for branch in spec.branches if branch.id in taken)


def assumed_as(spec: Transition, field: FormField) -> str:
    """Give the name under which the values of a line are assumed: an item of the case, or ``GROUP.verdict`` of an act's own."""
    return f"{spec.name.rpartition('.')[0]}.{field.item.id}" if field.item.id in spec.own else field.item.id


def draw(likely: Likely, field: FormField, rng: Random) -> Any:
    """Draw a value as it was assumed; a number between two is rounded to what the item holds."""
    if likely.between is None:
        values, weights = zip(*likely.values, strict=True)
        return rng.choices(values, weights)[0]
    low, high = likely.between
    if field.item.type.name is TypeName.INT:
        return rng.randint(math.ceil(low), math.floor(high))
    scale = field.item.type.scale if field.item.type.scale is not None else 1
    return str(Decimal(rng.uniform(low, high)).quantize(Decimal(1).scaleb(-scale)))


def in_weighted_order(weights: Mapping[str, float], rng: Random) -> list[str]:
    """Give names in an order by chance in which each comes first as often as its weight among all says; without weight, never."""
    keyed = [(-math.log(1.0 - rng.random()) / weight, name) for name, weight in weights.items() if weight > 0]
    return [name for _, name in sorted(keyed)]


def need(process: Process, case: Case, reasons: tuple[Refusal, ...]) -> str | None:
    """Name the act that provides what alone stands in the way: a document, its approval, then that something is asked for.

    A document that is sought anew in a state where the case has not been yet is none that could be handed in.
    """
    entered, documents = case.snapshot.get("entered", EMPTY), process.definition.documents
    missing = [reason.facts for reason in reasons if reason.code == "missing_document"]
    asked = [reason.facts for reason in reasons if reason.code == "not_asked"]
    if len(missing) + len(asked) < len(reasons):
        return None
    if any((per := documents[str(each["missing"])].per) is not None and per not in entered for each in missing):
        return None
    for each in missing:
        return f"{each['missing']}.{'attach' if each['state'] == 'absent' else 'approve'}"
    for each in asked:
        return f"{each['action']}.ask"
    return None


def codes(reasons: tuple[Refusal, ...]) -> tuple[str, ...]:
    """Give the codes of a refusal, each once; of nobody to ask, that."""
    return tuple(dict.fromkeys(reason.code for reason in reasons)) or (NOBODY,)
