"""Which items are surely filled where: a forward walk over the moves, joined by what all ways have in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.definition.expressions import Expression
from engine.definition.forms import Form
from engine.definition.process import ROOT, Kind, ProcessDefinition, State, Transition, Trigger
from engine.proof.graph import Edge, Graph
from engine.proof.logic.formula import surely_present
from engine.proof.logic.reading import Reader

Items = frozenset[str]


class Filled:
    """What a case surely has, by the state it is in. A round of the walk can only take items away, so it ends."""

    def __init__(self, definition: ProcessDefinition, graph: Graph, reader: Reader) -> None:
        self.definition, self.graph, self.reader = definition, graph, reader
        self.tested = cache(self._tested)
        self.always = frozenset(name for name, item in definition.data.items() if item.default is not None)
        self.opening = self.always | self._opening()
        self.at = self._flow()

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

    def before(self, transition: Transition) -> Items:
        """Give what is filled when a transition is weighed: its own form is applied first."""
        if transition.trigger is Trigger.DONE:
            return self.completed(transition.source)
        if transition.source == ROOT:
            leaves = [self.at[leaf] for leaf in self.graph.open_in(transition) if leaf in self.at]
            return (frozenset.intersection(*leaves) if leaves else self.opening) | self._form(transition)
        return self.active(transition.source) | self._form(transition)

    def _tested(self, guard: Expression | None) -> Items:
        """Give what a guard that was true has read or tested."""
        there = surely_present(self.reader.meaning(guard).true)
        return frozenset(name.removeprefix("data.") for name in there if name.startswith("data."))

    def _form(self, transition: Transition) -> Items:
        return required(form_of(transition, self.graph.states))

    def _opening(self) -> Items:
        start = self.definition.start
        if start is not None:
            return required(start.form) | Graph.sets(start.effects)
        # Opened by other cases only, which fill what no form here asks for.
        forms = [required(each.form, optional=True) for state in self.graph.states.values() for each in state.transitions]
        return frozenset(self.definition.data).difference(*forms)

    def _flow(self) -> dict[str, Items]:
        everything = frozenset(self.definition.data)
        self.at = dict.fromkeys(self.graph.reachable, everything)
        entries = self.graph.entered(ROOT)
        for leaf in entries:
            self.at[leaf] = self.opening
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
        return here | around | self._form(transition) | sets | self.tested(transition.guard) | self.tested(branch.guard)

    def _is_parallel(self, path: str) -> bool:
        return self.graph.states[path].kind is Kind.PARALLEL

    def _entered_with(self, leaf: str) -> Items:
        return frozenset().union(*(Graph.sets(self.graph.states[path].entry) for path in self.graph.states[leaf].line))


def form_of(spec: Transition, states: Mapping[str, State]) -> Form | None:
    """Give the form that is filled in for a transition; where somebody asks for it, that of the asking."""
    if not spec.asked_by:
        return spec.form
    return next((each.form for each in states[spec.source].transitions if each.name == f"{spec.name}.ask"), None)


def required(form: Form | None, *, optional: bool = False) -> Items:
    """Give the items that a form demands, or all of its items."""
    return frozenset(each.item.id for each in form.fields if optional or not each.optional) if form is not None else frozenset()


def may_be_filled(definition: ProcessDefinition, graph: Graph) -> dict[str, Items]:
    """Give what may be filled in each leaf that can be reached: a walk that joins what any way brings. Other cases may fill anything."""
    given = frozenset(name for name, item in definition.data.items() if item.default not in (None, []))
    start = definition.start
    opening = frozenset(definition.data) if start is None else given | required(start.form, optional=True) | Graph.sets(start.effects)
    at = {leaf: opening | _filled_in(graph, leaf) for leaf in graph.reachable}
    edges = [edge for edge in graph.edges if edge.leaf in graph.reachable and edge.to in graph.reachable]
    changed = True
    while changed:
        changed = False
        for edge in edges:
            joined = at[edge.to] | at[edge.leaf] | _brought(edge)
            if joined != at[edge.to]:
                at[edge.to], changed = joined, True
    computed = frozenset(definition.computed)
    return {leaf: items | computed for leaf, items in at.items()}


def _brought(edge: Edge) -> Items:
    effects = Graph.sets(edge.transition.effects) | Graph.sets(edge.branch.effects)
    return required(edge.transition.form, optional=True) | effects


def _filled_in(graph: Graph, leaf: str) -> Items:
    """Give what people and effects may fill while a leaf is active and stays so, in it or around it."""
    states = [graph.states[path] for path in graph.states[leaf].line]
    staying = [spec for state in states for spec in state.transitions if any(branch.target is None for branch in spec.branches)]
    effects = [*(each for state in states for each in (state.entry, state.exit)), *(spec.effects for spec in staying)]
    effects += [branch.effects for spec in staying for branch in spec.branches]
    effects += [rung.effects for state in states for deadline in state.deadlines for rung in deadline.rungs]
    return frozenset().union(*(required(spec.form, optional=True) for spec in staying), *map(Graph.sets, effects))
