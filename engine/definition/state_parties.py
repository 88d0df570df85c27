"""Groups of parties: from the model to what the core runs, with the acts that each group has by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition import model
from engine.definition.builtin_acts import granted, prefixed, transition_id
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName, simple
from engine.definition.effects import PartyAct
from engine.definition.forms import Form, FormField
from engine.definition.party_groups import PARTY, VERDICT, PartyGroup, parties_type
from engine.definition.process import Transition, Trigger
from engine.definition.source import Path
from engine.definition.state_deadlines import party_deadlines
from engine.definition.steps import Steps

_TITLES: Mapping[str, Mapping[str, str]] = {
    "sign": {"zh-CN": "会签：", "en": "Sign: "},
    "add": {"zh-CN": "增加：", "en": "Add: "},
    "remove": {"zh-CN": "移出：", "en": "Remove: "},
    "waive": {"zh-CN": "免签：", "en": "Waive: "},
}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    VERDICT: {"zh-CN": "意见", "en": "Verdict"},
    PARTY: {"zh-CN": "参与方", "en": "Party"},
}
_ITEM = re.compile(r"data\.([a-z][a-z0-9_]*)")


def declared_parties(work: Compilation) -> Iterator[tuple[str, str, model.Parties, Path]]:
    """Give every group as written: its name, the state that holds it, its shape and its place."""
    for site in work.states:
        for name, shape in site.shape.parties.items():
            yield name, site.path, shape, (*site.section, "parties", name)


def party_types(work: Compilation) -> DataType | None:
    """Give the type of `parties` in expressions; None where there are no groups. A name that is used twice is reported."""
    fields: dict[str, DataItem] = {}
    for name, state, shape, path in declared_parties(work):
        if name in fields:
            message = f"`{name}` is the name of another group: `parties.{name}` could mean either; rename the one in `{state}`"
            work.report("parties.twice", message, path, at_key=True)
        else:
            verdicts = {verdict: work.text(text, verdict) for verdict, text in shape.verdicts.items()}
            fields[name] = DataItem(name, work.text(shape.title, name), parties_type(verdicts))
    return DataType(TypeName.RECORD, fields=tuple(fields.values())) if fields else None


def groups_of_role(work: Compilation, role: str, path: Path) -> tuple[str, ...]:
    """Give the groups whose parties have a role with `bound: party`; that there is none is reported."""
    found = tuple(name for name, _, shape, _ in declared_parties(work) if role in shape.role)
    if not found:
        message = f"`bound: party` means the parties of a group with `role: {role}`, and there is no such group"
        work.report("role.no_parties", message, path)
    return found


def parties(steps: Steps, state: str) -> Iterator[PartyGroup]:
    """Give the groups of a state."""
    work = steps.work
    for name, shape in work.states[state].shape.parties.items():
        path: Path = (*work.states[state].section, "parties", name)
        source = work.expression(shape.from_, "people", (*path, "from"))
        roles = work.roles(shape.role, (*path, "role"))
        if shape.from_ is None:
            _check_roles(work, roles, (*path, "role"))
        yield PartyGroup(
            name=name,
            state=state,
            title=work.text(shape.title, name),
            roles=roles,
            source=source,
            persons=source is not None and source.gives_persons,
            listed=_listed(steps, shape, path),
            verdicts={verdict: work.text(text, verdict) for verdict, text in shape.verdicts.items()},
            refusing=frozenset(shape.refusing),
            deadlines=tuple(party_deadlines(steps, state, name, shape.deadlines, (*path, "deadlines"))),
        )


def party_acts(steps: Steps, group: PartyGroup) -> Iterator[Transition]:
    """Give the built-in acts of a group: sign, and whichever of add, remove and waive are granted."""
    site = steps.work.states[group.state]
    shape, path = site.shape.parties[group.name], (*site.section, "parties", group.name)
    yield from _act(
        steps,
        group,
        "sign",
        group.roles,
        reason=None,
        form=_signing_form(steps, group, shape, (*path, "form")),
        own=frozenset({VERDICT}),
        requires=steps.requirements(shape.requires, (*path, "requires")),
    )
    for act, grant in (("add", shape.add), ("remove", shape.remove), ("waive", shape.waive)):
        if grant is not None:
            yield from _granted(steps, group, act, grant, (*path, act))


def _granted(steps: Steps, group: PartyGroup, act: str, grant: model.Grant, path: Path) -> Iterator[Transition]:
    asked_by = steps.work.roles(grant.asked_by, (*path, "asked_by"))
    by = steps.work.roles(grant.by, (*path, "by"))
    form, own = Form((FormField(DataItem(PARTY, _FIELDS[PARTY], _kind_of_party(steps, group))),)), frozenset({PARTY})
    yield from _act(steps, group, act, by, asked_by, form=form, own=own, reason=grant.reason)


def _act(
    steps: Steps, group: PartyGroup, act: str, by: tuple[str, ...], asked_by: tuple[str, ...] = (), **gates: Any
) -> Iterator[Transition]:
    name, title = f"{group.name}.{act}", prefixed(_TITLES[act], group.title)
    steps.work.places[transition_id(group.state, Trigger.ACT, name)] = (*steps.work.states[group.state].section, "parties", group.name)
    return granted(group.state, name, title, PartyAct(group.name, act), by, asked_by, **gates)


def _kind_of_party(steps: Steps, group: PartyGroup) -> DataType:
    if group.source is not None:
        return simple(TypeName.PERSON if group.persons else TypeName.UNIT)
    roles = steps.work.workflow.roles
    return DataType(TypeName.CHOICE, options={role: steps.work.text(roles[role].title, role) for role in group.roles if role in roles})


def _signing_form(steps: Steps, group: PartyGroup, shape: model.Parties, path: Path) -> Form:
    for number, written in enumerate(shape.form):
        if written.rstrip("?+") == VERDICT:
            message = f"the form of a party always asks for its `{VERDICT}`; rename the data item to ask for another one"
            steps.work.report("parties.form", message, (*path, number))
    form = steps.form(shape.form, path)
    said = DataItem(VERDICT, _FIELDS[VERDICT], DataType(TypeName.CHOICE, options=group.verdicts))
    fields = (each for each in (form.fields if form is not None else ()) if each.item.id != VERDICT)
    return Form((*fields, FormField(said)))


def _check_roles(work: Compilation, roles: tuple[str, ...], path: Path) -> None:
    for number, role in enumerate(roles):
        declared = work.workflow.roles.get(role)
        if declared is not None and declared.bound == "party":
            message = f"`{role}` is bound to the parties, so it cannot say who they are: add `from`, or remove `bound: party`"
            work.report("parties.no_source", message, (*path, number))


def _listed(steps: Steps, shape: model.Parties, path: Path) -> str | None:
    """Give the item that holds the list of parties, where `from` is one that can be written; `add` needs it."""
    found = _ITEM.fullmatch(shape.from_.strip()) if shape.from_ is not None else None
    item = steps.items.get(found[1]) if found is not None else None
    written = steps.work.workflow.data.get(item.id) if item is not None else None
    if item is not None and item.type.name is TypeName.LIST and written is not None and not (written.compute or written.query):
        return item.id
    if shape.add is not None and shape.from_ is not None:
        message = "`add` adds to the list that `from` names: write `from: data.NAME`, a list that is filled in and not computed"
        steps.work.report("parties.add", message, (*path, "add"), at_key=True)
    return None
