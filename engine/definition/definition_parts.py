"""Puts a definition together from its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.definition import model
from engine.definition.ballots import Ballot
from engine.definition.builtin_acts import builtin_act, prefixed
from engine.definition.calendars import Calendar
from engine.definition.compilation import ANYBODY, Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.declared_data import computed_order, data_items, is_committed, is_findable
from engine.definition.declared_settings import setting_types, settings
from engine.definition.effects import ApproveDocument, AttachDocument, Effect
from engine.definition.expressions import Expression, Names, Scope, structs_of_case
from engine.definition.indicator_parts import Indicators
from engine.definition.indicator_rows import Ranging
from engine.definition.indicators import Indicator
from engine.definition.memory import memory_of, of_effects, of_requirements
from engine.definition.migration_block import migration_block
from engine.definition.party_groups import PartyGroup
from engine.definition.process import (
    ROOT,
    Deadline,
    Document,
    Duty,
    Kind,
    NumberSeries,
    ProcessDefinition,
    Role,
    Start,
    State,
    Transition,
    Trigger,
)
from engine.definition.queries import query
from engine.definition.relation_parts import ChildGroups, construct_types, links, signals
from engine.definition.relations import Link
from engine.definition.schedules import schedules
from engine.definition.source import Path
from engine.definition.state_ballots import ballot_acts, ballot_types, ballots
from engine.definition.state_deadlines import closings, deadlines, extensions
from engine.definition.state_names import by_ending
from engine.definition.state_parties import declared_parties, groups_of_role, parties, party_acts, party_types
from engine.definition.steps import Steps
from engine.definition.templates import Known, Templates

_PLACEHOLDER = re.compile(r"\{(?:year|term|by|n(?::0[1-9])?)\}")


class Parts:
    """Compiles one workflow, part by part; what is wrong is reported to the compilation."""

    def __init__(self, work: Compilation, calendar: Calendar) -> None:
        self.work = work
        self.plain_items = data_items(work)
        self.settings = settings(work)
        self.setting_types = setting_types(self.settings)
        self.scope = work.scope = _scope(work, self.plain_items, self.setting_types, calendar)
        self.items = {name: self._with_expressions(name, item) for name, item in self.plain_items.items()}
        self.steps = Steps(work, self.items)
        self.children = ChildGroups(work, self.items)
        self.documents = self._documents()
        self.roles = self._roles()

    def definition(self, *, digest: str) -> ProcessDefinition:
        """Give the definition as far as it could be built."""
        work, workflow = self.work, self.work.workflow
        number = self.number()
        start = self.start()
        duties = self.duties()
        states = self.states()
        tied, heard = links(work), signals(work)
        found = {deadline.name: deadline for state in states.values() for deadline in state.every_deadline}
        return ProcessDefinition(
            workflow=workflow.workflow,
            version=workflow.version,
            digest=digest,
            title=work.text(workflow.title, workflow.workflow),
            languages=work.languages,
            calendar=workflow.calendar,
            source=work.document.text,
            states=states,
            roles=self.roles,
            duties=duties,
            data=self.items,
            documents=self.with_templates(states, found, tied),
            settings=self.settings,
            start=start,
            number=number,
            scope=self.scope,
            memory=memory_of(states, duties, self._other_expressions(start)),
            deadlines=found,
            ballots={ballot.name: ballot for state in states.values() for ballot in state.ballots},
            parties={group.name: group for state in states.values() for group in state.parties},
            computed=self.computed(),
            committed=frozenset(name for name, item in self.items.items() if is_committed(item)),
            findable=frozenset(name for name, item in self.items.items() if is_findable(item)),
            indicators=self.indicators(),
            groups={group.name: group for state in states.values() for group in state.children_groups},
            links=tied,
            signals=heard,
            schedules=schedules(work, self.steps),
            migration=migration_block(work, self.items),
            imports=dict(work.imports),
        )

    def _other_expressions(self, start: Start | None) -> Iterator[Expression | None]:
        yield from (item.compute for item in self.items.values())
        yield from (role.bound for role in self.roles.values())
        if start is not None:
            yield start.guard
            yield from of_requirements(start.requires)
            yield from of_effects(start.effects)

    # --- data -------------------------------------------------------------------------------------------------------

    def _with_expressions(self, name: str, item: DataItem) -> DataItem:
        written = self.work.workflow.data[name]
        path: Path = ("data", name)
        compute = self.work.expression(written.compute, item.type, (*path, "compute"))
        expected = self.work.expression(written.expected, "people", (*path, "expected")) if written.expected else None
        asked = query(self.work, written, item, (*path, "query")) if written.query is not None else None
        return replace(item, compute=compute, expected=expected, query=asked)

    def indicators(self) -> dict[str, Indicator]:
        """Give the figures over all cases."""
        work, workflow = self.work, self.work.workflow
        ranging = Ranging(work, self.items)
        return Indicators(work, ranging, self.items, self.settings, scheduled=bool(workflow.schedules)).all(workflow.indicators)

    def computed(self) -> tuple[str, ...]:
        """Order computed items so that each reads only earlier ones; a circle is reported at its first item."""
        needs = {name: item.compute.reads for name, item in self.items.items() if item.compute is not None}
        return computed_order(self.work, needs, "items", ("data",))

    # --- people, documents, numbers ---------------------------------------------------------------------------------

    def _roles(self) -> dict[str, Role]:
        """Give the roles; `bound` gives a person, a unit or a list of them."""
        work = self.work
        found = {}
        for name, role in work.workflow.roles.items():
            path: Path = ("roles", name)
            if role.superior_of is not None:
                work.roles((role.superior_of,), (*path, "superior_of"))
            of_parties = role.bound == "party"
            bound = work.expression(role.bound, "people", (*path, "bound")) if not of_parties else None
            groups = groups_of_role(work, name, (*path, "bound")) if of_parties else ()
            found[name] = Role(name, work.text(role.title, name), bound, role.superior_of, groups)
        return found

    def duties(self) -> tuple[Duty, ...]:
        """Give the separations of duties, with their acts in one spelling."""
        found = []
        for number, duty in enumerate(self.work.workflow.duties):
            for kind, acts in duty.given():
                names = [self.work.act(act, ("duties", number, kind, place)) for place, act in enumerate(acts)]
                found.append(Duty(kind, tuple(name for name in names if name is not None)))
        return tuple(found)

    def _documents(self) -> dict[str, Document]:
        """Give the documents; one without `attached_by` may be attached by anyone in the case."""
        work = self.work
        found = {}
        for name, document in work.workflow.documents.items():
            path: Path = ("documents", name)
            found[name] = Document(
                id=name,
                title=work.text(document.title, name),
                attached_by=work.roles(document.attached_by, (*path, "attached_by"), ANYBODY) or ("anyone",),
                approved_by=work.roles(document.approved_by, (*path, "approved_by")),
                template=(),  # checked once all is known that it may name
                per=work.state_by_ending(document.per, (*path, "per")) if document.per else None,
                seen_by=work.roles(document.seen_by, (*path, "seen_by")),
            )
        return found

    def with_templates(
        self, states: Mapping[str, State], deadlines: Mapping[str, Deadline], tied: Mapping[str, Link]
    ) -> dict[str, Document]:
        """Give the documents with the parts of what is made of them."""
        known = Known(
            items=self.items,
            deadlines=by_ending(name for name, each in deadlines.items() if each.group is None),
            parties=[group.name for state in states.values() for group in state.parties],
            cases={
                **{link.name: link.read for link in tied.values()},
                **{group.name: group.read for state in states.values() for group in state.children_groups},
            },
        )
        templates = Templates(self.work, known)
        return {
            name: replace(
                document, template=templates.parts(self.work.workflow.documents[name].template or (), ("documents", name, "template"))
            )
            for name, document in self.documents.items()
        }

    def number(self) -> NumberSeries | None:
        """Give the number series."""
        number = self.work.workflow.number
        if number is None:
            return None
        if {"{", "}"} & set(_PLACEHOLDER.sub("", number.format)):
            message = f"expected `format` to hold no braces but {{n}}, {{n:03}}, {{year}}, {{term}} and {{by}}, got {number.format!r}"
            self.work.report("model.value", message, ("number", "format"))
        if "{n" not in number.format:
            self.work.report(
                "model.value", "expected `format` to hold {n} or {n:03}: without it two cases would get one number", ("number", "format")
            )
        at = "start" if number.at == "start" else self.work.act(number.at, ("number", "at"))
        return NumberSeries(number.series, number.per, number.format, at or "start", self._numbered_by(number))

    def _numbered_by(self, number: model.Number) -> DataItem | None:
        """Give the choice whose options have a series each."""
        if (number.by is None) == ("{by}" in number.format):
            self.work.report(
                "model.value", "`by` and `{by}` in `format` go together: without it two series would give the same number", ("number",)
            )
        if number.by is None or not self.work.item(number.by, ("number", "by")):
            return None
        item = self.items[number.by]
        if item.type.name is not TypeName.CHOICE:
            self.work.report("model.value", f"expected a choice, got `{item.id}`, which is {item.type}", ("number", "by"))
        return item

    def start(self) -> Start | None:
        """Give how staff open a case; None where only other cases do."""
        work, start, path = self.work, self.work.workflow.start, ("start",)
        if start is None:
            return None
        effects = self.steps.start_effects(start.set, (*path, "set"))
        return Start(
            by=work.roles(start.by, (*path, "by"), ANYBODY),
            form=self.steps.form(start.form, (*path, "form")),
            requires=self.steps.requirements(start.requires, (*path, "requires")),
            guard=work.expression(start.guard, "bool", (*path, "guard")),
            refuse=self.steps.refuse(start.refuse),
            effects=effects,
        )

    # --- states -----------------------------------------------------------------------------------------------------

    def states(self) -> dict[str, State]:
        """Give the states by path, in document order."""
        work = self.work
        order = {site.path: place for place, site in enumerate(work.states)}
        owners: dict[str, tuple[str, ...]] = {}
        found = {}
        for site in work.states:
            path, shape = site.path, site.shape
            owners[path] = work.roles(shape.owner, (*site.where, "owner")) or (owners[site.parent] if path != ROOT else ())
            below = [each for each in order if path in work.states.line(each)]
            groups, voted = tuple(parties(self.steps, path)), tuple(ballots(self.steps, path))
            found[path] = State(
                path=path,
                title=work.text(shape.title, path.rpartition(".")[2]),
                kind=site.kind,
                parent=site.parent,
                line=work.states.line(path),
                first=order[path],
                last=order[below[-1]],
                children=site.children,
                initial=self._initial(path),
                owner=owners[path],
                outcome=shape.outcome,
                transitions=tuple(self._transitions(path, groups, voted)),
                deadlines=(*deadlines(self.steps, path), *closings(self.steps, path)),
                ballots=voted,
                entry=self.steps.effects(shape.entry, (*site.where, "entry")),
                exit=self.steps.effects(shape.exit, (*site.where, "exit")),
                parties=groups,
                children_groups=tuple(self.children.of_state(path)),
            )
        return found

    def _initial(self, path: str) -> str | None:
        site = self.work.states[path]
        initial = site.shape.initial
        if site.kind is not Kind.COMPOUND or initial is None:
            return None
        full = f"{path}.{initial}" if path else initial
        if full in self.work.states.sites:
            return full
        known = [child.rpartition(".")[2] for child in site.children]
        self.work.unknown("state", "name.unknown_state", initial, known, (*site.where, "initial"))
        return site.children[0]

    def _transitions(self, path: str, groups: tuple[PartyGroup, ...], voted: tuple[Ballot, ...]) -> Iterator[Transition]:
        written = tuple(self.steps.of_state(path))
        yield from (each for each in written if each.trigger is Trigger.ACT)
        yield from extensions(self.steps, path)
        for group in groups:
            yield from party_acts(self.steps, group)
        for ballot in voted:
            yield from ballot_acts(self.steps, ballot)
        yield from self.children.acts(path)
        if path == ROOT:
            yield from self._document_acts()
        if path in self.steps.ends:
            yield from self.steps.reopenings(path)
        yield from (each for each in written if each.trigger is not Trigger.ACT)

    def _document_acts(self) -> Iterator[Transition]:
        for name, document in self.documents.items():
            attach = {"zh-CN": "提交：", "en": "Attach: "}
            yield self._document_act(f"{name}.attach", attach, document, document.attached_by, AttachDocument(name))
            if document.approved_by:
                approve = {"zh-CN": "审定：", "en": "Approve: "}
                yield self._document_act(f"{name}.approve", approve, document, document.approved_by, ApproveDocument(name))

    def _document_act(self, name: str, words: Mapping[str, str], document: Document, by: tuple[str, ...], effect: Effect) -> Transition:
        return builtin_act(ROOT, name, prefixed(words, document.title), effect, by, excluded=self.steps.ends)


def _scope(
    work: Compilation,
    items: Mapping[str, DataItem],
    setting_types: Mapping[str, DataType],
    calendar: Calendar,
) -> Scope:
    """Give the typed names of this workflow's expressions.

    A state or act may be named by the end of its path where that means one thing only; the core knows full names.
    """
    states = [site.path for site in work.states if site.path != ROOT]
    timed = [f"{site.path}.{name}".lstrip(".") for site in work.states for name in site.shape.deadlines]
    timed += [f"{state}.{group}.{name}" for group, state, shape, _ in declared_parties(work) for name in shape.deadlines]
    acts = {written: spelled for written in work.acts.known() if (spelled := work.acts.spelled(written)) is not None}
    names = Names(acts={**by_ending([act.full for act in work.acts.acts]), **acts}, states=by_ending(states), deadlines=by_ending(timed))
    constructs = {**construct_types(work), "parties": party_types(work), "ballots": ballot_types(work, items)}
    known = {name: kind for name, kind in constructs.items() if kind is not None}
    return Scope(structs_of_case(items, setting_types, known), names, calendar)
