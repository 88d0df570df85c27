"""Compiles the effects that reach other cases: open, collect, release, send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definition import model
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName, other_case
from engine.definition.expressions import Expression
from engine.definition.interface import Interface
from engine.definition.relation_values import given, ranged_over, values
from engine.definition.relations import CollectCases, Given, OpenCase, Picking, RelationEffect, ReleaseCases, SendSignal
from engine.definition.source import Path
from engine.definition.state_names import by_ending

PARENT = "parent"
PICK = DataItem("pick", {"zh-CN": "选取事项", "en": "Cases"}, DataType(TypeName.LIST, of=DataType(TypeName.TEXT, max=64)))
"""What an act asks for where the actor chooses which cases are meant: their ids."""


def relation_effects(
    work: Compilation, items: Mapping[str, DataItem], shape: model.Effects, path: Path, seen: Mapping[str, DataType] | None
) -> Iterator[RelationEffect]:
    """Give the effects on other cases, in the order of the language."""
    found = (
        _release(work, shape.release, (*path, "release")) if shape.release else None,
        _collect(work, shape.collect, (*path, "collect"), seen) if shape.collect else None,
        _open(work, shape.open, (*path, "open"), seen) if shape.open else None,
        _send(work, items, shape.send, (*path, "send"), seen) if shape.send else None,
    )
    yield from (effect for effect in found if effect is not None)


def picking(shape: model.Collect | model.Release) -> Picking | None:
    """Read ``1..20``; None for all."""
    least, _, most = shape.pick.partition("..")
    return Picking(int(least), int(most)) if most else None


def _link(work: Compilation, name: str, path: Path) -> tuple[model.Link, str, Interface] | None:
    """Find a link with the one workflow at its other end."""
    if name not in work.workflow.links:
        work.unknown("link", "name.unknown_link", name, work.workflow.links, path)
        return None
    link = work.workflow.links[name]
    if len(link.workflow) > 1:
        message = f"`{name}` may lead to {', '.join(link.workflow)}: only the other end can use such a link"
        work.report("link.several", message, path)
        return None
    other = work.interface(link.workflow[0], path)
    return (link, link.workflow[0], other) if other is not None else None


def _open(work: Compilation, shape: model.Open, path: Path, seen: Mapping[str, DataType] | None) -> OpenCase | None:
    found = _link(work, shape.link, (*path, "link"))
    if found is None:
        return None
    _, workflow, other = found
    return OpenCase(shape.link, workflow, given(work, shape.with_, other, (*path, "with"), seen))


def _collect(work: Compilation, shape: model.Collect, path: Path, seen: Mapping[str, DataType] | None) -> CollectCases | None:
    found = _link(work, shape.link, (*path, "link"))
    if found is None:
        return None
    _, workflow, other = found
    row = {**(seen or {}), "row": other_case(tuple(other.items.values()), workflow)}
    return CollectCases(
        link=shape.link,
        workflow=workflow,
        states=None if shape.in_ is None else tuple(_states(work, shape.in_, other, (*path, "in"))),
        where=work.expression(shape.where, "bool", (*path, "where"), row),
        picking=_range(work, shape, path),
    )


def _states(work: Compilation, names: tuple[str, ...], other: Interface, path: Path) -> Iterator[str]:
    known = by_ending(other.states)
    for number, name in enumerate(names):
        if name in known:
            yield known[name]
        else:
            work.unknown(f"state in `{other.workflow}`", "name.unknown_state", name, known, (*path, number))


def _release(work: Compilation, shape: model.Release, path: Path) -> ReleaseCases | None:
    if _link(work, shape.link, (*path, "link")) is None:
        return None
    return ReleaseCases(shape.link, _range(work, shape, path))


def _range(work: Compilation, shape: model.Collect | model.Release, path: Path) -> Picking | None:
    found = picking(shape)
    if found is not None and found.least > found.most:
        work.report("model.value", f"expected `pick` to name the least first, got {shape.pick!r}", (*path, "pick"))
    return found


def _send(
    work: Compilation, items: Mapping[str, DataItem], shape: model.Send, path: Path, seen: Mapping[str, DataType] | None
) -> SendSignal | None:
    over = None if shape.for_each is None else ranged_over(work, shape.for_each, items, (*path, "for_each"), seen)
    if shape.for_each is not None and over is None:
        return None
    for_each, each = (None, None) if over is None else over
    variables = {**(seen or {}), **({"each": each} if each is not None else {})} or None
    to = None if shape.to == PARENT else work.expression(shape.to, "any", (*path, "to"), variables)
    if shape.to != PARENT and (to is None or not _names_cases(work, shape.to, to, (*path, "to"))):
        return None
    carries = _carries(work, shape, to, (*path, "signal"))
    kind = f"value that `{shape.signal}` carries"
    told: Given = () if carries is None else values(work, shape.with_, carries, kind, (*path, "with"), variables)
    return SendSignal(shape.signal, to, told, for_each, each)


def _names_cases(work: Compilation, text: str, to: Expression, path: Path) -> bool:
    kind = to.gives.element or to.gives if to.gives is not None else None
    if kind is not None and (kind.name in {TypeName.CASE, TypeName.REF, TypeName.TEXT} or kind.field("id") is not None):
        return True
    work.report("send.to_whom", f"expected `to` to give cases (links.X, children.X, parent or a ref), got `{text}`", path)
    return False


def _carries(work: Compilation, shape: model.Send, to: Expression | None, path: Path) -> Mapping[str, DataType] | None:
    """Find what the signal carries, as the receiving workflow declares it; None, with a problem, where none would hear it from here."""
    kind = (to.gives.element or to.gives) if to is not None and to.gives is not None else None
    meant = [kind.target] if kind is not None and kind.target in work.library else list(work.library)
    here = work.workflow.workflow
    hearing = [each for each in meant if each is not None and shape.signal in work.library[each].signals]
    allowed = [each for each in hearing if here in work.library[each].senders[shape.signal]]
    if allowed:
        return (work.interface(allowed[0], path) or work.library[allowed[0]]).signals[shape.signal]
    if hearing:
        said = " or ".join(work.library[hearing[0]].senders[shape.signal])
        work.report("send.not_from_here", f"`{hearing[0]}` takes `{shape.signal}` from {said} only, not from `{here}`", path)
    else:
        known = {signal for each in meant if each is not None for signal in work.library[each].signals}
        work.unknown(f"signal in {' or '.join(map(str, meant[:3])) or 'any workflow'}", "name.unknown_signal", shape.signal, known, path)
    return None
