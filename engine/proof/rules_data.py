"""Rules about data: what an expression may read before anybody filled it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.effects import Effects, SetItems
from engine.definition.expressions import Expression
from engine.definition.process import Requirement, Transition
from engine.definition.source import Path
from engine.proof.filled import Items, required
from engine.proof.rules import WARNING, Finding, Subject, rule

Reading = tuple[Expression, Items, Path]
"""An expression that is evaluated at a known place, what is filled there, and where it stands."""


@rule("guard.unguarded_read", WARNING)
def unguarded_read(subject: Subject) -> Iterator[Finding]:
    """Find reads of items that may be empty there: no default, not filled on every path, not tested with `has`."""
    for expression, known, path in _readings(subject):
        asked = {name for name, item in subject.definition.data.items() if item.query is not None}
        for item in sorted(expression.unguarded - asked - subject.filled.with_computed(known)):
            text = f"`data.{item}` may be empty here, and the act is then refused with `missing_data`: test it with has(data.{item})"
            yield Finding(text, path, at_key=False)


def _readings(subject: Subject) -> Iterator[Reading]:
    start, filled = subject.definition.start, subject.filled
    if start is not None:
        form = filled.always | required(start.form)
        yield from _given(start.guard, form, ("start", "guard"))
        yield from _requirements(start.requires, form, ("start", "requires"))
        yield from _sets(start.effects, form, ("start", "set"))
    for state in subject.graph.states.values():
        if state.path not in subject.graph.reachable_states:
            continue
        where, known = subject.state_place(state.path), filled.active(state.path)
        for effects, key in ((state.entry, "entry"), (state.exit, "exit")):
            yield from _sets(effects, known, (*where, key, "set"))
        for deadline in state.deadlines:
            yield from _given(deadline.guard, known, (*subject.work.places[deadline.name], "guard"))
        for transition in state.transitions:
            if not transition.builtin:
                yield from _of_transition(subject, transition)


def _of_transition(subject: Subject, transition: Transition) -> Iterator[Reading]:
    place, before, tested = subject.place(transition), subject.filled.before(transition), subject.filled.tested
    yield from _given(transition.guard, before, (*place, "guard"))
    yield from _requirements(transition.requires, before, (*place, "requires"))
    yield from _sets(transition.effects, before | tested(transition.guard), (*place, "set"))
    for branch in transition.branches:
        at = subject.work.places[branch.id]
        yield from _given(branch.guard, before | tested(transition.guard), (*at, "guard"))
        if branch.effects:
            yield from _sets(branch.effects, before | tested(transition.guard) | tested(branch.guard), (*at, "set"))


def _given(expression: Expression | None, known: Items, path: Path) -> Iterator[Reading]:
    if expression is not None:
        yield expression, known, path


def _requirements(requires: tuple[Requirement, ...], known: Items, path: Path) -> Iterator[Reading]:
    for number, each in enumerate(requires):
        yield from _given(each.when, known, (*path, number, each.document))


def _sets(effects: Effects, known: Items, path: Path) -> Iterator[Reading]:
    for effect in effects:
        if isinstance(effect, SetItems):
            for item in effect.items:
                yield item.value, known, (*path, item.item)
