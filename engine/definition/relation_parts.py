"""Compiles what a workflow has to do with other cases: links, signals, groups of children. Types come from the other workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.definition import model
from engine.definition.builtin_acts import granted, prefixed, transition_id
from engine.definition.compilation import ACTING, Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName, other_case, record
from engine.definition.forms import Form, FormField
from engine.definition.interface import Interface, carried
from engine.definition.process import Transition, Trigger
from engine.definition.relation_values import given, ranged_over
from engine.definition.relations import ChildGroup, Link, OpenChildren, Signal, WaiveChild
from engine.definition.source import Path

SOONEST = ("all", "any", "majority")
CHILD = DataItem("child", {"zh-CN": "子事项", "en": "Which"}, DataType(TypeName.TEXT, max=400))
"""What `waive` is told: the key of the child."""


def links(work: Compilation) -> dict[str, Link]:
    """Give the links; each end must be declared in its own workflow, under the name the other calls `inverse`."""
    found = {}
    for name, link in work.workflow.links.items():
        path: Path = ("links", name)
        for workflow in link.workflow:
            other = work.interface(workflow, (*path, "workflow"))
            if other is not None:
                _check_inverse(work, name, link, other, (*path, "inverse"))
        found[name] = Link(name, link.workflow, link.inverse, told_items(work, link.workflow, link.read or (), (*path, "read")))
    return found


def _check_inverse(work: Compilation, name: str, link: model.Link, other: Interface, path: Path) -> None:
    if link.inverse not in other.links:
        work.unknown(f"link in `{other.workflow}`", "link.no_inverse", link.inverse, other.links, path)
        return
    back = other.links[link.inverse]
    if work.workflow.workflow not in back.workflow or back.inverse != name:
        said = f"`{other.workflow}` says that its `{link.inverse}` is `{back.inverse}` of {' or '.join(back.workflow)}"
        work.report("link.other_inverse", f"the two ends of a link name each other; {said}", path)


def signals(work: Compilation) -> dict[str, Signal]:
    """Give the signals that may be received."""
    found = {}
    for name, signal in work.workflow.signals.items():
        for workflow in signal.from_:
            work.interface(workflow, ("signals", name, "from"))
        found[name] = Signal(name, signal.from_, carried(signal.carries))
    return found


def told_items(work: Compilation, workflows: Iterable[str], read: Sequence[str], path: Path) -> tuple[DataItem, ...]:
    """Type the items that other cases tell; where several workflows may stand at the other end, all must have them alike."""
    found: dict[str, DataItem] = {}
    for workflow in workflows:
        if (other := work.library.get(workflow)) is None:
            continue
        for number, name in enumerate(read):
            item = other.items.get(name)
            if item is None:
                work.unknown(f"data item in `{workflow}`", "name.unknown_item", name, other.items, (*path, number))
            else:
                found.setdefault(name, item)
    return tuple(found.values())


def construct_types(work: Compilation) -> dict[str, DataType]:
    """Type what expressions see as `children` and `links`."""
    groups = {
        name: _cases(told_items(work, (shape.workflow,), shape.read, (*path, "read")), shape.workflow)
        for name, shape, path in _groups(work)
    }
    tied = {
        name: _cases(told_items(work, link.workflow, link.read or (), ("links", name, "read")), link.workflow[0])
        for name, link in work.workflow.links.items()
    }
    return {word: record(kinds) for word, kinds in (("children", groups), ("links", tied)) if kinds}


def _cases(told: tuple[DataItem, ...], workflow: str) -> DataType:
    return DataType(TypeName.LIST, of=other_case(told, workflow))


def _groups(work: Compilation) -> Iterator[tuple[str, model.Children, Path]]:
    for site in work.states:
        for name, group in site.shape.children.items():
            yield name, group, (*site.where, "children", name)


class ChildGroups:
    """Compiles the groups of children of one workflow, with their built-in acts."""

    def __init__(self, work: Compilation, items: Mapping[str, DataItem]) -> None:
        self.work, self.items = work, items
        self._seen: dict[str, str] = {}

    def of_state(self, state: str) -> Iterator[ChildGroup]:
        """Give the groups of a state. A name is used once in a workflow: expressions say `children.NAME`."""
        site = self.work.states[state]
        for name, group in site.shape.children.items():
            path: Path = (*site.where, "children", name)
            if name in self._seen:
                message = f"the group `{name}` stands in `{self._seen[name]}` already; expressions could not tell them apart"
                self.work.report("children.twice", message, path, at_key=True)
            self._seen[name] = state
            made = self._group(state, name, group, path)
            if made is not None:
                yield made

    def _group(self, state: str, name: str, group: model.Children, path: Path) -> ChildGroup | None:
        work = self.work
        other = work.interface(group.workflow, (*path, "workflow"))
        over = ranged_over(work, group.for_each, self.items, (*path, "for_each"))
        condition = None if group.done_when in SOONEST else work.expression(group.done_when, "bool", (*path, "done_when"))
        if other is None or over is None:
            return None
        rows, each = over
        row = {"each": each}
        key = work.expression(group.key, DataType(TypeName.TEXT), (*path, "key"), row)
        organisation = group.organisation and work.expression(group.organisation, DataType(TypeName.TEXT), (*path, "organisation"), row)
        if key is None:
            return None
        return ChildGroup(
            name=name,
            state=state,
            title=work.text(group.title, name),
            workflow=group.workflow,
            for_each=rows,
            each=each,
            key=key,
            organisation=organisation or None,
            given=given(work, group.with_, other, (*path, "with"), row),
            copied=self._copied(group, other, (*path, "copy")),
            at=self._place(group, other, (*path, "at")),
            read=told_items(work, (group.workflow,), group.read, (*path, "read")),
            done_when=condition or group.done_when,
            when_left=group.when_left,
            listed=self._listed(group, (*path, "add")),
        )

    def _copied(self, group: model.Children, other: Interface, path: Path) -> tuple[str, ...]:
        plain = [name for name, item in self.work.workflow.data.items() if item.compute is None and item.query is None]
        if group.copy_ is None:
            return ()
        if group.copy_ == "all":
            return tuple(name for name in plain if name in other.items)
        for number, name in enumerate(group.copy_):
            if name not in other.items:
                self.work.unknown(f"data item in `{other.workflow}`", "name.unknown_item", name, other.items, (*path, number))
            self.work.item(name, (*path, number))
        return tuple(name for name in group.copy_ if name in other.items and name in plain)

    def _place(self, group: model.Children, other: Interface, path: Path) -> str | None:
        if group.at is not None and group.at not in other.states:
            self.work.unknown(f"state in `{other.workflow}`", "name.unknown_state", group.at, other.states, path)
            return None
        return group.at

    def _listed(self, group: model.Children, path: Path) -> str | None:
        """Give the data item that `for_each` names; `add` needs one to add to."""
        name = group.for_each.removeprefix("data.")
        listed = name if group.for_each == f"data.{name}" and name in self.work.workflow.data else None
        if group.add is not None and (listed is None or self.work.workflow.data[listed].compute or self.work.workflow.data[listed].query):
            message = f"`add` adds a row to the list of `for_each`, which must be an item that can be filled in, got {group.for_each!r}"
            self.work.report("children.add_to_what", message, path)
        return listed

    # --- built-in acts ----------------------------------------------------------------------------------------------

    def acts(self, state: str) -> Iterator[Transition]:
        """Give the acts `<group>.add` and `<group>.waive` of a state's groups."""
        site = self.work.states[state]
        for name, group in site.shape.children.items():
            path: Path = (*site.where, "children", name)
            listed = group.for_each.removeprefix("data.")
            if group.add is not None and listed in self.items:
                form = Form((FormField(self.items[listed], adds_row=True),))
                yield from self._act(state, f"{name}.add", ADD, group, group.add, form, OpenChildren(name), (*path, "add"))
            if group.waive is not None:
                form = Form((FormField(CHILD),))
                yield from self._act(state, f"{name}.waive", WAIVE, group, group.waive, form, WaiveChild(name), (*path, "waive"))

    def _act(
        self,
        state: str,
        name: str,
        words: Mapping[str, str],
        group: model.Children,
        grant: model.Grant,
        form: Form,
        effect: OpenChildren | WaiveChild,
        path: Path,
    ) -> Iterator[Transition]:
        work, own = self.work, frozenset({CHILD.id} if isinstance(effect, WaiveChild) else ())
        title = prefixed(words, work.text(group.title, name.partition(".")[0]))
        asked_by = work.roles(grant.asked_by, (*path, "asked_by"))
        by = work.roles(grant.by, (*path, "by"), ACTING)
        work.places[transition_id(state, Trigger.ACT, name)] = path
        return granted(state, name, title, effect, by, asked_by, form=form, reason=grant.reason, own=own)


ADD: Mapping[str, str] = {"zh-CN": "增加：", "en": "Add: "}
WAIVE: Mapping[str, str] = {"zh-CN": "免除：", "en": "Waive: "}
