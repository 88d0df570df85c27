"""Attendance in the definition: who can be entered where, by which act, and how one signs in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definition import model
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.effects import Attend
from engine.definition.forms import FormField
from engine.definition.process import State, Transition
from engine.definition.source import Path

METHOD = "method"
"""The field of an act's form that says how its actor signs in."""

NOBODY = frozenset({"clock", "parent"})
"""Who can act and is no person."""


def attend_effects(work: Compilation, shape: model.Effects, path: Path, *, by_person: bool) -> Iterator[Attend]:
    """Give the entries an act makes for its actor. Where nobody acts there is nobody to enter."""
    for key, item in (("attend", shape.attend), ("excuse", shape.excuse)):
        if item is None or not work.item(item, (*path, key)):
            continue
        kind = work.workflow.data[item].type
        if kind != "attendance":
            work.report("attend.not_attendance", f"`{item}` is of type {kind}; `{key}` enters somebody in an attendance", (*path, key))
        elif not by_person:
            text = f"`{key}` enters whoever acts, and here nobody does: put it on an action that neither clock nor parent takes"
            work.report("attend.nobody", text, (*path, key))
        yield Attend(item, excused=key == "excuse")


def signing_in(work: Compilation, action: model.Action, items: Mapping[str, DataItem], path: Path) -> FormField | None:
    """Give the form field in which the actor says how, where an act can be taken in several ways."""
    attended = dict.fromkeys(item for shape in (action, *(action.choice or ())) if (item := shape.attend) is not None and item in items)
    methods = {key: text for item in attended for key, text in items[item].methods.items()}
    if len(methods) < 2:
        return None
    if any(each.rstrip("?+") == METHOD for each in action.form):
        work.report("attend.method", f"this act asks for `{METHOD}` because it signs in: call the data item otherwise", (*path, "form"))
        return None
    title = {"zh-CN": "签到方式", "en": "How"}
    return FormField(DataItem(METHOD, title, DataType(TypeName.CHOICE, options=methods)), optional=True)


def enters_its_actor(transition: Transition) -> bool:
    """Say whether taking a transition can enter its actor in an attendance."""
    return any(_entered_by(transition))


def taken_in(states: Iterable[State], items: Iterable[DataItem]) -> dict[str, tuple[DataItem, ...]]:
    """Find for each state the attendances that its acts fill and of which it is known who is expected: there somebody can be missing."""
    expecting = [item for item in items if item.expected is not None]
    filled = {state.path: {name for each in state.transitions for name in (*_entered_by(each), *_rows_of(each))} for state in states}
    taken = {path: tuple(item for item in expecting if item.id in names) for path, names in filled.items()}
    return {path: found for path, found in taken.items() if found}


def _entered_by(transition: Transition) -> Iterator[str]:
    for effects in (transition.effects, *(branch.effects for branch in transition.branches)):
        yield from (effect.item for effect in effects if isinstance(effect, Attend))


def _rows_of(transition: Transition) -> Iterable[str]:
    return transition.form.rows if transition.form is not None else ()
