"""The gates of a transition: who, duties, limit, form, reason, documents, guard, branch. All run, so that all reasons come at once.

Listing the actions of a case and taking one run the same gates; that is what makes the two agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core import refusals as say
from engine.core.asking import answer
from engine.core.attendance import entry_refusals
from engine.core.ballot_gates import ballot_refusals
from engine.core.case import CLOCK, EMPTY, Actor, Case, Draft
from engine.core.compiled import Process, act_key
from engine.core.construct_gates import child_refusals, in_turn, party_refusals
from engine.core.extensions import extension_refusal
from engine.core.form_rows import Keeping, with_rows
from engine.core.ledger import Ledger
from engine.core.standing import bound_to, document_state
from engine.core.undecidable import Undecidable
from engine.core.view import CaseView, actor_facts, case_facts
from engine.core.world import NOWHERE, World
from engine.definition.effects import ApproveDocument, AttachDocument
from engine.definition.expressions import EvaluationFailed, Expression, MissingData
from engine.definition.forms import Form
from engine.definition.periods import count_forward
from engine.definition.process import Branch, Limit, Refuse, Role, Transition, Trigger
from engine.errors import Refusal

ANYONE = "anyone"
"""Stands in `by` for whoever may see the case."""


class Request(NamedTuple):
    """What came with a command, as the gates see it. ``listing``: nothing was sent yet, only what could be taken is asked."""

    actor: Actor
    data: Mapping[str, Any] = EMPTY
    reason: str | None = None
    has_document: bool = False
    listing: bool = False
    world: World = NOWHERE


class Gates:
    """The gates on one configuration of one case, for one request. Evaluations are kept: a case is read once a moment."""

    def __init__(
        self,
        process: Process,
        case: Case,
        draft: Draft,
        configuration: tuple[str, ...],
        now: Instant,
        request: Request,
        given: Mapping[str, Any] = EMPTY,
    ) -> None:
        self.process, self.case, self.draft, self.now, self.request = process, case, draft, now, request
        self.configuration, self.given = configuration, given
        self.opening: Mapping[str, Any] = EMPTY  # what the form of an opening gives
        self.data = draft.section("data")
        own = draft.section("settings")
        self.settings = {**process.settings, **own} if own else process.settings
        self.guards: dict[str, bool] = {}
        self.roles: dict[str, str] = {}  # transition id -> the role that was used
        self.forms: dict[str, Mapping[str, Any]] = {}  # transition id -> the items its form gives
        self.own: dict[str, Mapping[str, Any]] = {}  # transition id -> what its form gives that is no item of the case
        self.choices: dict[str, Mapping[str, tuple[str, ...]]] = {}  # listing: transition id -> field -> the only ids it takes now
        self.undecided: dict[str, tuple[str, ...]] = {}  # listing: transition id -> form items its guard still waits for
        self._plain_view: CaseView | None = None
        self._case_facts: Mapping[str, Any] | None = None

    def __call__(self, spec: Transition) -> Branch | tuple[Refusal, ...]:
        """Run every gate of a transition."""
        if spec.trigger is not Trigger.ACT:
            return self._eventless(spec)
        closed = self.process.closed_by.get(spec.id)
        if closed is not None and not closed.isdisjoint(self.process.tree.active(self.configuration)):
            return (say.not_here(spec.name, spec.title, self.process.titles(self.configuration)),)
        values, own, faults = self._form(spec)
        if self.case.seq == 0 and not self.request.listing:  # who opens a case is bound to what the opening itself says
            self.opening = values
        role, reasons = self._who(spec)
        particular = spec.id in self.process.particular
        if particular:
            reasons += [*self._duties(spec), *self._limit(spec), *self._asked(spec)]
            reasons += [*self._extension(spec), *self._handed_in(spec), *self._reopening(spec)]
        reasons += faults
        if particular:
            reasons += [*party_refusals(self, spec, role, own), *ballot_refusals(self, spec, role, own, sound=not faults)]
        if spec.reason == "required" and not (self.request.reason or self.request.listing):
            reasons.append(say.reason_required())
        view = self.view(role, values)
        if particular:
            reasons += child_refusals(self, spec, own)
        branch: Branch | None = None
        if not faults and not self._waits_for_asking(spec):  # what was never asked for has no form to judge
            reasons += self._guard(spec, view)
            branch, more = self._branch(spec, view)
            reasons += more
        if particular:
            reasons += entry_refusals(self, spec, branch)
        if spec.requires:
            reasons += self._documents(spec, view)
        if reasons or branch is None:
            return tuple(reasons)
        self.roles[spec.id], self.forms[spec.id], self.own[spec.id] = role, values, own
        return branch

    def view(self, role: str, values: Mapping[str, Any] = EMPTY) -> CaseView:
        """Give the view of an expression: the data with the form's values, if there are any, and what is computed from them."""
        opening = self.case.seq == 0 and bool(self.process.asked_at_opening)
        if values or opening:
            return self._computed(self._view(role, _applied(self.data, values)), role, {*values})
        if self._plain_view is None or self._plain_view.actor["role"] != role:
            self._plain_view = self._view(role, self.data)
        return self._plain_view

    def _view(self, role: str, data: Mapping[str, Any]) -> CaseView:
        if self._case_facts is None:
            self._case_facts = case_facts(self.case, self.draft.get("origin", "parent"))
        return CaseView(
            self.process,
            self.draft,
            self.configuration,
            actor=actor_facts(self.request.actor, role),
            case=self._case_facts,
            settings=self.settings,
            data=data,
            was=self.data,
            now=self.now,
            given=self.given,
            world=self.request.world,
        )

    def _computed(self, view: CaseView, role: str, changed: set[str]) -> CaseView:
        """Derive what a form changes: a guard sees all data as they will be. What cannot be derived is empty, and refused when taken."""
        for item in self.process.asked_at_opening if self.case.seq == 0 else ():
            with suppress(Undecidable):
                changed.add(item.id)
                view = self._view(role, _applied(view.data, {item.id: answer(item, view, self.request.world)}))
        for name in self.process.definition.computed:
            compute = self.process.definition.data[name].compute
            if compute is None or compute.reads.isdisjoint(changed):
                continue
            value = None
            with suppress(MissingData, EvaluationFailed):
                value = compute.evaluate(view)
            if value != view.data.get(name):
                changed.add(name)
                view = self._view(role, _applied(view.data, {name: value}))
        return view

    # --- one gate each ----------------------------------------------------------------------------------------------

    def _eventless(self, spec: Transition) -> Branch | tuple[Refusal, ...]:
        view = self.view("")
        reasons = [*self._reopening(spec), *self._guard(spec, view)]
        branch, more = self._branch(spec, view)
        return branch if branch is not None and not reasons else tuple(reasons + more)

    def _who(self, spec: Transition) -> tuple[str, list[Refusal]]:
        """Find the first role of `by` that the actor holds here."""
        actor, roles = self.request.actor, self.process.definition.roles
        unbound: Role | None = None
        for name in in_turn(self, spec):
            if name == ANYONE or (name == CLOCK and actor.id == CLOCK):
                return name, []
            if name not in actor.roles or name not in roles:
                continue
            if self.is_bound(roles[name], actor):
                return name, []
            unbound = unbound or roles[name]
        if unbound is not None:
            return unbound.id, [say.not_bound(unbound.id, unbound.title)]
        return "", [say.wrong_role((name, roles[name].title) for name in spec.by if name in roles)]

    def is_bound(self, role: Role, actor: Actor) -> bool:
        """Say whether the holder of a role is the one this case means. An empty item binds the role to nobody."""
        return not role.is_bound or not bound_to(role, self.view("", self.opening)).isdisjoint({actor.id, actor.unit} - {None})

    def _duties(self, spec: Transition) -> Iterator[Refusal]:
        actor = self.request.actor
        if actor.id == CLOCK:
            return
        for duty in self.process.definition.duties:
            names = {spec.name, act_key(spec)}
            if names.isdisjoint(duty.acts):
                continue
            mine = actor.id if duty.kind.endswith("person") else actor.unit
            for act in duty.acts:
                if act in names and duty.kind.startswith("different"):
                    continue  # the same act may be taken twice by the same person; the duty is between acts
                kept = self.draft.get("actors", act)
                others = kept["persons" if duty.kind.endswith("person") else "units"] if kept else []
                clash = mine in others if duty.kind.startswith("different") else bool(others) and mine not in others
                if clash:
                    yield say.duty_conflict(duty.kind, act, self.process.title_of(act), actor.id)

    def _limit(self, spec: Transition) -> Iterator[Refusal]:
        limit = spec.limit
        if limit is None:
            return
        ends = [
            self._free_at(limit, at)
            for at, who in self.draft.get("recent", act_key(spec), ())
            if not limit.per_person or who == self.request.actor.id
        ]
        running = [end for end in ends if end is None or end > self.now]
        if len(running) >= limit.times:
            yield say.limit_reached(limit.times, min((end for end in running if end is not None), default=None))

    def _free_at(self, limit: Limit, at: Instant) -> Instant | None:
        return None if limit.term is None else count_forward(self.process.calendar, at, limit.term, roll=False).instant

    def _waits_for_asking(self, spec: Transition) -> bool:
        return bool(spec.asked_by) and self.draft.get("asked", spec.name.removesuffix(".decline")) is None

    def _asked(self, spec: Transition) -> Iterator[Refusal]:
        asker = spec.name.removesuffix(".ask") if spec.builtin and spec.name.endswith(".ask") else None
        if asker is not None and self.draft.get("asked", asker) is not None:
            yield say.already_asked(asker)
        declines = spec.builtin and spec.name.endswith(".decline")
        if not spec.asked_by and not declines:
            return
        target = spec.name.removesuffix(".decline") if declines else spec.name
        pending = self.draft.get("asked", target)
        if pending is None:
            yield say.not_asked(target)
        elif pending["by"] == self.request.actor.id:
            yield say.duty_conflict("different_person", f"{target}.ask", self.process.title_of(f"{target}.ask"), self.request.actor.id)

    def _extension(self, spec: Transition) -> Iterator[Refusal]:
        """Refuse an extension unless its deadline runs, its budget lasts and, with `before_due`, it is asked for in time."""
        name = self.process.extends.get(spec.id)
        if name is None:
            return
        deadline, kept = self.process.definition.deadlines[name], self.draft.get("deadlines", name)
        pending = self.draft.get("asked", spec.name) if spec.asked_by else None
        ledger = Ledger.from_json(kept) if kept is not None else None
        code = "not_here" if ledger is None else extension_refusal(deadline, ledger, pending["at"] if pending else self.now)
        if code == "limit_reached" and deadline.extension is not None:
            yield say.limit_reached(deadline.extension.at_most, None)
        elif code == "too_late" and ledger is not None and ledger.due is not None:
            yield say.too_late(ledger.due)
        elif code is not None:
            yield say.not_here(spec.name, spec.title, self.process.titles(self.configuration))

    def _handed_in(self, spec: Transition) -> Iterator[Refusal]:
        """Refuse to approve a document that is not there, and to attach without handing one in."""
        for effect in spec.effects if spec.builtin else ():
            if isinstance(effect, ApproveDocument):
                missing = document_state(self.process, self.draft, effect.document) == "absent"
            elif isinstance(effect, AttachDocument):
                missing = not (self.request.has_document or self.request.listing)
            else:
                continue
            if missing:
                yield say.missing_document(effect.document, self.process.definition.documents[effect.document].title, "absent")

    def _reopening(self, spec: Transition) -> Iterator[Refusal]:
        """Refuse to re-open a case that ended too long ago, or that was re-opened as often as it may be."""
        bounds = spec.reopens
        if bounds is None or self.case.ended_at is None:
            return
        if bounds.within is not None:
            last = count_forward(self.process.calendar, self.case.ended_at, self.process.term(bounds.within, self.settings)).instant
            if self.now >= last:
                yield say.too_late(last)
        times = self.view("").count(spec.name)
        if bounds.at_most is not None and times >= bounds.at_most:
            yield say.limit_reached(bounds.at_most, None)

    def _form(self, spec: Transition) -> tuple[Mapping[str, Any], Mapping[str, Any], list[Refusal]]:
        """Give what is filled in, items of the case and the act's own fields apart, and what is wrong with it."""
        form = spec.form
        values: Mapping[str, Any] = EMPTY
        faults: list[Refusal] = []
        if spec.asked_by:
            pending = self.draft.get("asked", spec.name)
            values = pending["data"] if pending else EMPTY
        elif form is None:
            faults = [say.invalid_field(item, "此操作没有要填写的内容", "this act has no form") for item in self.request.data]
        elif not self.request.listing:
            values, found = form.validate(self.request.data, self.settings)
            faults = [self._fault(fault, form) for fault in found]
            if not form.rows.keys().isdisjoint(values):
                values, more = with_rows(
                    form, values, self.data, Keeping(self.now, self.request.actor.id, self.process.calendar, self.process.added_to)
                )
                faults += more
        if not spec.own:
            return values, EMPTY, faults
        own = {name: value for name, value in values.items() if name in spec.own}
        return {name: value for name, value in values.items() if name not in spec.own}, own, faults

    def _fault(self, fault: Refusal, form: Form) -> Refusal:
        """Name the item of a form's fault in the words of the definition, with its place in what was sent."""
        field = str(fault.facts["field"])
        name, _, inner = field.partition(".")
        item = form.item(name) or self.process.definition.data.get(name)
        if fault.code == "missing_field" and item is not None and not inner:
            return say.missing_field(field, item.title)
        return say.in_field(fault, field, item.title if item else {say.ZH: name, say.EN: name})

    def _guard(self, spec: Transition, view: CaseView) -> list[Refusal]:
        if spec.guard is None:
            return []
        if self.request.listing and (waiting := waits_for(self.process, spec, spec.guard)):
            self.undecided[spec.id] = waiting
            return []
        return self._ask(spec.id, spec.guard, view, spec.refuse)

    def _branch(self, spec: Transition, view: CaseView) -> tuple[Branch | None, list[Refusal]]:
        for branch in spec.branches:
            if branch.guard is None:
                return branch, []
            if self.request.listing and (waiting := waits_for(self.process, spec, branch.guard)):
                self.undecided[spec.id] = tuple(dict.fromkeys((*self.undecided.get(spec.id, ()), *waiting)))
                return branch, []
            reasons = self._ask(branch.id, branch.guard, view, None)
            if not reasons:
                return branch, []
            if reasons[0].code != "guard_failed":
                return None, reasons
        return None, [say.no_branch()]

    def _documents(self, spec: Transition, view: CaseView) -> Iterator[Refusal]:
        for requirement in spec.requires:
            if requirement.when is not None:
                if self.request.listing and waits_for(self.process, spec, requirement.when):
                    continue
                reasons = self._ask("", requirement.when, view, None)
                if reasons:
                    yield from (reason for reason in reasons if reason.code != "guard_failed")
                    continue
            document = self.process.definition.documents[requirement.document]
            state = document_state(self.process, self.draft, document.id)
            if state != "present":
                yield say.missing_document(document.id, document.title, state)

    def _ask(self, key: str, guard: Expression, view: CaseView, refuse: Refuse | None) -> list[Refusal]:
        """Evaluate: nothing on True; on False the refusal, in the designer's words if there are any; else what is missing."""
        try:
            passed = guard.evaluate(view) is True
        except MissingData as missing:
            item = self.process.definition.data.get(missing.item)
            return [say.missing_data(missing.item, guard.text, item.title if item else None)]
        except EvaluationFailed as failure:
            return [say.guard_undefined(guard.text, str(failure))]
        if key:
            self.guards[key] = passed
        return [] if passed else [say.guard_failed(guard.text, refuse)]


def waits_for(process: Process, spec: Transition, expression: Expression) -> tuple[str, ...]:
    """Name the items of the transition's own form that an expression reads: undecided until they are filled in."""
    if spec.form is None:
        return ()
    own = [field.item.id for field in spec.form.fields]
    computed = process.definition.computed
    return tuple(item for item in own if item in expression.reads) or (tuple(own) if not expression.reads.isdisjoint(computed) else ())


def hangs_on_roles(process: Process, spec: Transition) -> bool:
    """Say whether an act is open to each holder of a role of its `by`, as long as nothing is filled in. True only where no gate objects."""
    roles = process.definition.roles
    return (
        spec.id not in process.particular
        and spec.id not in process.closed_by
        and not spec.requires
        and all(name == ANYONE or (name in roles and not roles[name].is_bound) for name in spec.by)
        and all(guard is None or bool(waits_for(process, spec, guard)) for guard in (spec.guard, spec.branches[0].guard))
    )


def _applied(data: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Apply values to data: each replaces what was there, None empties it."""
    return {item: value for item, value in {**data, **values}.items() if value is not None}
