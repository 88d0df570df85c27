"""Transitions of every kind: actions, what is heard, always, done, re-openings; and the effects of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.definition import model
from engine.definition.attendance import NOBODY, attend_effects, signing_in
from engine.definition.builtin_acts import asking, transition_id
from engine.definition.cel_results import Expected
from engine.definition.compilation import ACTING, SHOWN, TOLD, Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName, record
from engine.definition.effects import Effect, Effects, Notify, Publish, Raise, SetItem, SetItems
from engine.definition.expressions import Expression
from engine.definition.forms import Form, FormField
from engine.definition.interface import carried
from engine.definition.process import (
    ROOT,
    Branch,
    Cycles,
    History,
    Kind,
    Limit,
    Refuse,
    Reopening,
    Requirement,
    TermSource,
    Transition,
    Trigger,
)
from engine.definition.relation_effects import PICK, picking, relation_effects
from engine.definition.source import Path
from engine.definition.terms import parse_term

_LIMIT = re.compile(r"([1-9][0-9]{0,5}) per (.+)")


class Steps:
    """Compiles what makes a case go on, for one workflow."""

    def __init__(self, work: Compilation, items: Mapping[str, DataItem]) -> None:
        self.work, self.items = work, items
        self._carried: dict[str, Mapping[str, DataType]] = {}  # by signal: types are kept, for expressions know them by identity
        self._seen: Mapping[str, DataType] | None = None
        self._by_person = False  # whether a person takes what is compiled now

    def expression(self, text: str | None, expects: Expected, path: Path) -> Expression | None:
        """Compile an expression; in a transition that hears a signal it sees the `signal`."""
        return self.work.expression(text, expects, path, self._seen)

    @contextmanager
    def _hearing(self, trigger: Trigger, name: str) -> Iterator[None]:
        """Let expressions see what a signal carries while its transition is compiled."""
        signal = self.work.workflow.signals.get(name) if trigger is Trigger.HEAR else None
        if signal is not None and signal.carries:
            self._seen = self._carried.setdefault(name, {"signal": record(carried(signal.carries))})
        yield
        self._seen = None

    @contextmanager
    def _taken_by(self, by: Iterable[str]) -> Iterator[None]:
        """Let effects enter whoever acts in an attendance while an action is compiled that persons alone take."""
        self._by_person = NOBODY.isdisjoint(by)
        yield
        self._by_person = False

    # --- transitions ------------------------------------------------------------------------------------------------

    def of_state(self, state: str) -> Iterator[Transition]:
        """Give the transitions written in a state: actions (with asking), receive, always, done."""
        site = self.work.states[state]
        for name, action in site.shape.actions.items():
            yield from self.action(state, name, action, (*site.section, "actions", name))
        for name, heard in site.shape.receive.items():
            yield self.transition(state, Trigger.HEAR, name, heard, (*site.section, "receive", name))
        if site.shape.always is not None:
            yield self.transition(state, Trigger.ALWAYS, "always", site.shape.always, (*site.section, "always"))
        if site.shape.done is not None:
            yield self.transition(state, Trigger.DONE, "done", site.shape.done, (*site.section, "done"))

    def reopenings(self, state: str) -> Iterator[Transition]:
        """Give the ways out of a final state."""
        for name, reopen in self.work.workflow.reopen.items():
            path: Path = ("reopen", name)
            ended = self.work.state_list(reopen.from_, ROOT, (*path, "from"))
            for other in ended - self.ends:
                self.work.report(
                    "reopen.not_final", f"`{other}` is no final state of the top level: a case there is still open", (*path, "from")
                )
            if state in ended:
                reopening = Reopening(within=self.term(reopen.within, (*path, "within")), at_most=reopen.at_most)
                yield from self.action(state, name, reopen, path, declared_in=ROOT, reopens=reopening)
                if reopen.signal is not None:
                    if reopen.signal not in self.work.workflow.signals:
                        known = self.work.workflow.signals
                        self.work.unknown("signal", "name.unknown_signal", reopen.signal, known, (*path, "signal"))
                    yield self.transition(state, Trigger.HEAR, reopen.signal, reopen, path, declared_in=ROOT, reopens=reopening)

    def action(
        self, state: str, name: str, action: model.Action, path: Path, *, declared_in: str | None = None, reopens: Reopening | None = None
    ) -> Iterator[Transition]:
        """Give the transition of an action; where another must ask first, also those of asking and declining."""
        work = self.work
        form, own = self.with_own_fields(self.form(action.form, (*path, "form")), action, path)
        reason = action.reason
        gates: dict[str, Any] = {
            "guard": self.expression(action.guard, "bool", (*path, "guard")),
            "refuse": self.refuse(action.refuse),
            "requires": self.requirements(action.requires, (*path, "requires")),
            "limit": self.limit(action.limit, (*path, "limit")),
            "signed": self.signed(action.signed, (*path, "signed")),
            "excluded": self.excluded(state, action, path),
            "reopens": reopens,
            "own": own,
        }
        asked_by = work.roles(action.asked_by, (*path, "asked_by"))
        by = work.roles(action.by, (*path, "by"), ACTING)
        title = work.text(action.title, name)
        work.places[transition_id(state, Trigger.ACT, name)] = path
        with self._taken_by(action.by):
            branches, effects = self.branches(state, Trigger.ACT, name, action, path, declared_in), self.effects(action, path)
        yield Transition(
            id=transition_id(state, Trigger.ACT, name),
            source=state,
            trigger=Trigger.ACT,
            name=name,
            title=title,
            branches=branches,
            effects=effects,
            by=by,
            asked_by=asked_by,
            form=None if asked_by else form,
            reason=None if asked_by else reason,
            **gates,
        )
        if asked_by:
            yield from asking(state, name, title, asked_by, by, form=form, reason=reason, **gates)

    def transition(
        self,
        state: str,
        trigger: Trigger,
        name: str,
        transition: model.Transition,
        path: Path,
        *,
        declared_in: str | None = None,
        reopens: Reopening | None = None,
    ) -> Transition:
        """Give a transition nobody acts for."""
        self.work.places[transition_id(state, trigger, name)] = path
        with self._hearing(trigger, name):
            return Transition(
                id=transition_id(state, trigger, name),
                source=state,
                trigger=trigger,
                name=name,
                title=self.work.text(transition.title, name),
                branches=self.branches(state, trigger, name, transition, path, declared_in),
                effects=self.effects(transition, path),
                guard=self.expression(transition.guard, "bool", (*path, "guard")),
                excluded=self.excluded(state, None, path),
                reopens=reopens,
            )

    def excluded(self, state: str, action: model.Action | None, path: Path) -> frozenset[str]:
        """Give the states in which something of `anywhere` does not hold: the final ones, and those of `except`."""
        if state != ROOT:
            return frozenset()
        written = self.work.state_list(action.except_, ROOT, (*path, "except")) if action else frozenset()
        return written | self.ends

    @property
    def ends(self) -> frozenset[str]:
        """The final states of the top level."""
        return frozenset(site.path for site in self.work.states if site.kind is Kind.FINAL and site.parent == ROOT)

    def branches(
        self, state: str, trigger: Trigger, name: str, shape: model.Transition, path: Path, declared_in: str | None = None
    ) -> tuple[Branch, ...]:
        """Give the ways a transition may go; one without a guard if it has no `choice`."""
        if shape.choice is None:
            return (self.branch(state, f"{transition_id(state, trigger, name)}#0", shape, path, declared_in, alone=True),)
        return tuple(
            self.branch(state, f"{transition_id(state, trigger, name)}#{number}", branch, (*path, "choice", number), declared_in)
            for number, branch in enumerate(shape.choice)
        )

    def branch(
        self, state: str, branch_id: str, shape: model.Branch, path: Path, declared_in: str | None, *, alone: bool = False
    ) -> Branch:
        """Give one way. Alone, its guard and effects are those of the transition itself."""
        scope = state if declared_in is None else declared_in
        self.work.places[branch_id] = path
        return Branch(
            id=branch_id,
            guard=None if alone else self.expression(shape.guard, "bool", (*path, "guard")),
            target=self.target(shape, state, scope, (*path, "to")),
            reenter=shape.reenter,
            cycles=self.cycles(shape.cycles, scope, (*path, "cycles")),
            effects=() if alone else self.effects(shape, path),
        )

    def target(self, shape: model.Branch, state: str, scope: str, path: Path) -> str | History | None:
        """Resolve a target; one in a sister region, or one that would lose sister regions, is reported."""
        to = shape.to
        if to is None:
            return None
        if isinstance(to, model.History):
            of = self.work.state(to.of, scope, (*path, "of")) if to.of else None
            default = self.work.state(to.default, scope, (*path, "default")) if to.default else None
            return History(deep=to.history == "deep", of=of, default=default)
        found = self.work.state(to, scope, path)
        if found is not None:
            self._check_regions(state, found, shape.reenter, path)
        return found

    def _check_regions(self, source: str, target: str, reenter: bool, path: Path) -> None:
        states = self.work.states
        for around in states.line(target)[1:]:
            if states[around].kind is not Kind.PARALLEL:
                continue
            mine, theirs = states.region_of(source, around), states.region_of(target, around)
            if mine is not None and mine != theirs:
                text = f"`{target}` lies in a sister region: raise an event here and receive it there, or leave `{around}`"
                self.work.report("target.sister_region", text, path)
            elif source == around and not reenter:
                text = f"going to `{target}` from `{around}` would lose its other regions; with `reenter: true` all of them begin anew"
                self.work.report("target.loses_regions", text, path)

    def cycles(self, cycles: model.Cycles | None, scope: str, path: Path) -> Cycles | None:
        """Give a budget; None if where it leads afterwards is unknown."""
        if cycles is None:
            return None
        then = self.work.state(cycles.then, scope, (*path, "then"))
        return Cycles(cycles.at_most, then) if then is not None else None

    # --- gates ------------------------------------------------------------------------------------------------------

    def form(self, written: tuple[str, ...], path: Path) -> Form | None:
        """Give the form of an act: ``x`` must be filled in, ``x?`` may stay empty, ``x+`` adds a row."""
        fields: dict[str, FormField] = {}
        for number, each in enumerate(written):
            name = each.rstrip("?+")
            if not self.work.item(name, (*path, number)):
                continue
            if name in fields:
                self.work.report("form.twice", f"`{name}` stands in this form twice", (*path, number))
            self._check_fillable(name, each, (*path, number))
            if name in self.items:
                fields[name] = FormField(self.items[name], optional=each.endswith("?"), adds_row=each.endswith("+"))
        return Form(tuple(fields.values())) if fields else None

    def with_own_fields(self, form: Form | None, action: model.Action, path: Path) -> tuple[Form | None, frozenset[str]]:
        """Add to a form what an act asks for itself, and name it: the cases it gathers or lets go, how its actor signs in."""
        shapes = [shape for each in (action, *(action.choice or ())) for shape in (each.collect, each.release) if shape is not None]
        own = [FormField(PICK)] if any(picking(shape) for shape in shapes) else []
        if (method := signing_in(self.work, action, self.items, path)) is not None:
            own.append(method)
        if not own:
            return form, frozenset()
        return Form((*(form.fields if form else ()), *own)), frozenset(each.item.id for each in own)

    def _check_fillable(self, name: str, written: str, path: Path) -> None:
        item = self.work.workflow.data[name]
        if item.compute is not None or item.query is not None:
            key = "compute" if item.compute else "query"
            self.work.report("form.derived", f"`{name}` is derived by `{key}` and cannot be filled in", path)
        if item.type == "attendance" and not written.endswith("+"):
            self.work.report("form.attendance", f"people are entered in an attendance one by one: write `{name}+`", path)
        if written.endswith("+") and item.type not in {TypeName.LIST, TypeName.ATTENDANCE}:
            self.work.report("form.not_a_list", f"`{written}` adds a row, but `{name}` is of type {item.type}; write `{name}`", path)

    def requirements(self, written: tuple[model.Requirement, ...], path: Path) -> tuple[Requirement, ...]:
        """Give the documents an act needs."""
        found = []
        for number, each in enumerate(written):
            at: Path = (*path, number) if each.when is None else (*path, number, each.document)
            if self.work.document_name(each.document, at):
                found.append(Requirement(each.document, self.expression(each.when, "bool", at)))
        return tuple(found)

    def signed(self, names: tuple[str, ...], path: Path) -> tuple[str, ...]:
        """Give the groups of parties that must all have signed before an act."""
        return tuple(name for number, name in enumerate(names) if self._group(name, "parties", (*path, number)))

    def _group(self, name: str, kind: str, path: Path) -> bool:
        known = [each for site in self.work.states for each in getattr(site.shape, kind)]
        if name not in known:
            what, rule = ("group of parties", "name.unknown_parties") if kind == "parties" else ("ballot", "name.unknown_ballot")
            self.work.unknown(what, rule, name, known, path)
        return name in known

    def refuse(self, refuse: model.Refuse | None) -> Refuse | None:
        """Give what a person is told when the guard says no."""
        return Refuse(refuse.code, self.work.text(refuse.text, refuse.code)) if refuse else None

    def limit(self, written: str | None, path: Path) -> Limit | None:
        """Read ``n per person``, ``n per case`` or ``n per TERM``."""
        match = _LIMIT.fullmatch(written) if written else None
        if match is None:
            return None
        times, per = int(match[1]), match[2]
        if per in {"person", "case"}:
            return Limit(times, per_person=per == "person", term=None)
        try:
            return Limit(times, per_person=False, term=parse_term(per))
        except ValueError:
            wanted = "'1 per person', '2 per case' or '1 per 3 working days'"
            self.work.report("model.value", f"expected `limit` to be like {wanted}, got {written!r}", path)
            return None

    def term(self, written: str | None, path: Path) -> TermSource | None:
        """Give a term as written, or the setting that holds it."""
        if written is None:
            return None
        if not written.startswith("settings."):
            return TermSource(parse_term(written), None)
        name = written.removeprefix("settings.")
        known = {each for each, setting in self.work.workflow.settings.items() if setting.type == "term"}
        if name not in known:
            self.work.unknown("setting of type term", "name.unknown_setting", name, known, path)
            return None
        return TermSource(None, name)

    # --- effects ----------------------------------------------------------------------------------------------------

    def effects(self, shape: model.Effects | None, path: Path, *, party: bool = False) -> Effects:
        """Give effects in their order: set, attend, excuse, raise, release, collect, open, send, publish, notify.

        ``party``: they belong to one party, so that `party` says who is told.
        """
        return tuple(self._effects(shape, path, party)) if shape is not None else ()

    def start_effects(self, written: Mapping[str, str], path: Path) -> Effects:
        """Give the effects of opening: it sets items and does nothing else."""
        items = tuple(self._set(written, path))
        return (SetItems(items),) if items else ()

    def _effects(self, shape: model.Effects, path: Path, party: bool) -> Iterator[Effect]:
        if items := tuple(self._set(shape.set, (*path, "set"))):
            yield SetItems(items)
        yield from attend_effects(self.work, shape, path, by_person=self._by_person)
        if shape.raise_ is not None:
            yield Raise(shape.raise_)
        yield from relation_effects(self.work, self.items, shape, path, self._seen)
        if shape.publish is not None:
            yield self._publish(shape.publish, (*path, "publish"))
        if shape.notify:
            yield self._notify(shape.notify, (*path, "notify"), party)

    def _notify(self, written: tuple[str, ...], path: Path, party: bool) -> Notify:
        for number, name in enumerate(written):
            kind, _, group = name.partition(".")
            if kind in {"parties", "voters"}:
                self._group(group, "parties" if kind == "parties" else "ballots", (*path, number))
            elif name == "party" and not party:
                message = "`party` is the one whose deadline it is: it has a meaning in the deadlines of parties only"
                self.work.report("notify.party", message, (*path, number))
        return Notify(self.work.roles(written, path, TOLD))

    def _set(self, written: Mapping[str, str], path: Path) -> Iterator[SetItem]:
        for name, text in written.items():
            at = (*path, name)
            if not self.work.item(name, at):
                continue
            if self.work.workflow.data[name].compute is not None:
                self.work.report("set.computed", f"`{name}` is computed and cannot be set", at)
            if self.items[name].type.name is TypeName.ATTENDANCE:
                self.work.report("set.attendance", f"`{name}` is an attendance: `attend`, `excuse` and the form item `{name}+` fill it", at)
                continue
            value = self.expression(text, self.items[name].type, at)
            if value is not None:
                yield SetItem(name, value)

    def _publish(self, shape: model.Publish, path: Path) -> Publish:
        workflow = self.work.workflow
        known = [*workflow.data, *workflow.documents, *workflow.links, *workflow.indicators]
        for number, name in enumerate(shape.what):
            if name not in known:
                self.work.unknown("data item, document, link or indicator", "name.unknown_item", name, known, (*path, "what", number))
        for number, name in enumerate(shape.to):
            if name.startswith("data."):
                self.work.item(name.removeprefix("data."), (*path, "to", number))
        self.work.roles(shape.to, (*path, "to"), SHOWN)
        self.work.used.update(shape.what)
        return Publish(shape.what, shape.to)
