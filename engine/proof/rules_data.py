"""Rules about data: what an expression may read before anybody filled it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition.effects import Effects, SetItems
from engine.definition.expressions import Expression
from engine.definition.forms import Form
from engine.definition.process import ROOT, Kind, Requirement, Transition, Trigger
from engine.definition.source import Path
from engine.proof.graph import Edge, Graph
from engine.proof.rules import WARNING, Finding, Subject, rule

Items = frozenset[str]


@rule("guard.unguarded_read", WARNING)
def unguarded_read(subject: Subject) -> Iterator[Finding]:
    """Find reads of items that may be empty there: no default, not filled on every path, not tested with `has`."""
    if any(problem.rule.startswith("unsupported.") for problem in subject.work.problems):
        return  # what such a construct fills is not known yet
    filled = Filled(subject)
    for expression, known, path in filled.readings():
        for item in sorted(expression.unguarded - filled.with_computed(known)):
            text = f"`data.{item}` may be empty here, and the act is then refused with `missing_data`: test it with has(data.{item})"
            yield Finding(text, path, at_key=False)


class Filled:
    """Which items are surely filled where: a forward flow over the moves, joined by what all ways have in common."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.graph, self.definition = subject, subject.graph, subject.definition
        self.always = frozenset(name for name, item in self.definition.data.items() if item.default is not None)
        self.opening = self.always | self._opening()
        self.at = self._flow()

    def readings(self) -> Iterator[tuple[Expression, Items, Path]]:
        """Give the expressions that are evaluated at a known place, with what is filled there and where they stand."""
        start = self.definition.start
        if start is not None:
            form = _required(start.form)
            yield from _given(start.guard, self.always | form, ("start", "guard"))
            yield from _requirements(start.requires, self.always | form, ("start", "requires"))
            yield from _sets(start.effects, self.always | form, ("start", "set"))
        for state in self.graph.states.values():
            if state.path not in self.graph.reachable_states:
                continue
            where, known = self.subject.state_place(state.path), self.active(state.path)
            for effects, key in ((state.entry, "entry"), (state.exit, "exit")):
                yield from _sets(effects, known, (*where, key, "set"))
            for deadline in state.deadlines:
                yield from _given(deadline.guard, known, (*self.subject.work.places[deadline.name], "guard"))
            for transition in state.transitions:
                if not transition.builtin:
                    yield from self._of_transition(transition)

    def _of_transition(self, transition: Transition) -> Iterator[tuple[Expression, Items, Path]]:
        place, before = self.subject.place(transition), self._before(transition)
        yield from _given(transition.guard, before, (*place, "guard"))
        yield from _requirements(transition.requires, before, (*place, "requires"))
        yield from _sets(transition.effects, before | _tested(transition.guard), (*place, "set"))
        for branch in transition.branches:
            at = self.subject.work.places[branch.id]
            yield from _given(branch.guard, before | _tested(transition.guard), (*at, "guard"))
            if branch.effects:
                yield from _sets(branch.effects, before | _tested(transition.guard) | _tested(branch.guard), (*at, "set"))

    def with_computed(self, known: Items) -> Items:
        """Add the computed items that follow from what is filled: a `compute` over an empty item is empty."""
        for name in self.definition.computed:
            compute = self.definition.data[name].compute
            if compute is not None and compute.unguarded <= known:
                known |= {name}
        return known

    def active(self, path: str) -> Items:
        """Give what is surely filled while a state is active."""
        state = self.graph.states[path]
        if not state.children:
            return self.at.get(path, self.opening)
        inner = [self.active(child) for child in state.children if child in self.graph.reachable_states]
        if not inner:
            return self.opening
        return frozenset.union(*inner) if state.kind is Kind.PARALLEL else frozenset.intersection(*inner)

    def completed(self, path: str) -> Items:
        """Give what is surely filled when a state is complete."""
        state = self.graph.states[path]
        if state.kind is Kind.PARALLEL:
            return frozenset().union(*(self.completed(child) for child in state.children))
        finals = [self.active(child) for child in state.children if self.graph.states[child].kind is Kind.FINAL]
        reached = [self.active(child) for child in state.children if self.graph.states[child].kind is Kind.FINAL and child in self.at]
        return frozenset.intersection(*reached) if reached and finals else self.active(path)

    def _before(self, transition: Transition) -> Items:
        """Give what is filled when a transition is weighed: its own form is applied first."""
        if transition.trigger is Trigger.DONE:
            return self.completed(transition.source)
        if transition.source == ROOT:
            leaves = [self.at[leaf] for leaf in self.graph.open_in(transition) if leaf in self.at]
            return (frozenset.intersection(*leaves) if leaves else self.opening) | self._form(transition)
        return self.active(transition.source) | self._form(transition)

    def _form(self, transition: Transition) -> Items:
        if not transition.asked_by:
            return _required(transition.form)
        asks = (each for each in self.graph.states[transition.source].transitions if each.name == f"{transition.name}.ask")
        return frozenset().union(*(_required(each.form) for each in asks))

    def _opening(self) -> Items:
        start = self.definition.start
        if start is not None:
            return _required(start.form) | Graph.sets(start.effects)
        # Opened by other cases only, which fill what no form here asks for.
        forms = [_required(each.form, optional=True) for state in self.graph.states.values() for each in state.transitions]
        return frozenset(self.definition.data).difference(*forms)

    def _flow(self) -> dict[str, Items]:
        """Work out what is filled in each leaf that can be reached; each round can only take items away, so it ends."""
        everything = frozenset(self.definition.data)
        self.at = dict.fromkeys(self.graph.reachable, everything)
        for leaf in self.graph.entered(ROOT):
            self.at[leaf] = self.opening
        entries = self.graph.entered(ROOT)
        edges = [edge for edge in self.graph.edges if edge.leaf in self.graph.reachable]
        changed = True
        while changed:
            changed = False
            for edge in edges:
                brought = self._brought(edge)
                joined = self.at[edge.to] & (brought | self._entered_with(edge.to))
                if edge.to in entries:
                    joined &= self.opening | self._entered_with(edge.to)
                if joined != self.at[edge.to]:
                    self.at[edge.to], changed = joined, True
        return self.at

    def _brought(self, edge: Edge) -> Items:
        transition, branch = edge.transition, edge.branch
        here = self.completed(transition.source) if transition.trigger is Trigger.DONE else self.at[edge.leaf]
        around = frozenset().union(*(self.active(path) for path in self.graph.states[edge.leaf].line if self._is_parallel(path)))
        left = [path for path in self.graph.states[edge.leaf].line if path not in self.graph.states[edge.to].line]
        exits = frozenset().union(*(Graph.sets(self.graph.states[path].exit) for path in left))
        sets = Graph.sets(transition.effects) | Graph.sets(branch.effects) | exits
        return here | around | self._form(transition) | sets | _tested(transition.guard) | _tested(branch.guard)

    def _is_parallel(self, path: str) -> bool:
        return self.graph.states[path].kind is Kind.PARALLEL

    def _entered_with(self, leaf: str) -> Items:
        return frozenset().union(*(Graph.sets(self.graph.states[path].entry) for path in self.graph.states[leaf].line))


def _required(form: Form | None, *, optional: bool = False) -> Items:
    return frozenset(each.item.id for each in form.fields if optional or not each.optional) if form is not None else frozenset()


_MAY_NOT_READ = re.compile(r"\|\||\?|!\s*\(|!\s*has\b|\.(?:exists|exists_one|all|filter|map)\(")


def _tested(guard: Expression | None) -> Items:
    """Give what a guard that was true has read or tested. Where it may be true without reading all of it, we know nothing."""
    if guard is None or _MAY_NOT_READ.search(guard.text):
        return frozenset()
    return guard.unguarded | guard.has_checked


def _given(expression: Expression | None, known: Items, path: Path) -> Iterator[tuple[Expression, Items, Path]]:
    if expression is not None:
        yield expression, known, path


def _requirements(requires: tuple[Requirement, ...], known: Items, path: Path) -> Iterator[tuple[Expression, Items, Path]]:
    for number, each in enumerate(requires):
        yield from _given(each.when, known, (*path, number, each.document))


def _sets(effects: Effects, known: Items, path: Path) -> Iterator[tuple[Expression, Items, Path]]:
    for effect in effects:
        if isinstance(effect, SetItems):
            for item in effect.items:
                yield item.value, known, (*path, item.item)
