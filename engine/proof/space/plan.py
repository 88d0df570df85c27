"""What the exploration needs of a definition, worked out once: which transitions answer to what, and what is raised by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.core.compiled import act_key, opening
from engine.core.tree import Memories, Move, Tree
from engine.definition.effects import AskFor, Decline, Effect, Raise, SetItems
from engine.definition.process import ROOT, Branch, Deadline, History, Kind, ProcessDefinition, Rung, State, Transition, Trigger
from engine.proof.graph import Graph
from engine.proof.logic.formula import Variable
from engine.proof.space.gates import Gates
from engine.proof.space.tracking import Tracked, items_of


@dataclass(frozen=True, eq=False)
class Plan:
    """A definition with its gates. ``ignored``: regions of a view that are left out (`views`)."""

    definition: ProcessDefinition
    gates: Gates
    ignored: frozenset[str] = frozenset()

    @cached_property
    def states(self) -> Mapping[str, State]:
        """The states by path."""
        return self.definition.states

    @cached_property
    def tree(self) -> Tree:
        """The arithmetic of states."""
        return Tree(self.definition.states)

    @cached_property
    def opening(self) -> Transition:
        """How a case is opened: by staff, or by other cases, which fill in what they like."""
        initial = self.states[ROOT].initial
        way = Branch(id="/act:start#0", guard=None, target=initial, reenter=False, cycles=None, effects=())
        by_others = Transition(id="/act:start", source=ROOT, trigger=Trigger.ACT, name="start", title={}, branches=(way,), by=("parent",))
        return opening(self.definition) or by_others

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """All transitions that may change where a case stands or what its guards see; documents and extensions are not among them."""
        return tuple(each for state in self.states.values() for each in state.transitions if self.matters(each))

    def matters(self, spec: Transition) -> bool:
        """Say whether a transition may change where a case stands or what its guards see. Asking only keeps a form for later."""
        return not spec.builtin or (bool(self.fills(spec)) and not any(isinstance(each, AskFor | Decline) for each in spec.effects))

    def fills(self, spec: Transition) -> frozenset[str]:
        """Name the items that people fill in with an act; lists that an act of parties keeps up to date among them."""
        gate = self.gates.of(spec)
        return gate.form | gate.kept if spec.trigger is Trigger.ACT else frozenset()

    @cached_property
    def raised(self) -> frozenset[str]:
        """The events that the case raises itself."""
        return Graph.raises(effect for state in self.states.values() for effect in effects_of(state))

    @cached_property
    def ends(self) -> frozenset[str]:
        """The final states of the top level."""
        return frozenset(child for child in self.states[ROOT].children if self.states[child].kind is Kind.FINAL)

    @cached_property
    def remembered(self) -> frozenset[str]:
        """The states whose history somebody asks for."""
        return frozenset(history.of for _, history in self._histories() if history.of is not None)

    @cached_property
    def looked_behind(self) -> frozenset[str]:
        """The states that remember what was active before they were entered."""
        return frozenset(source for source, history in self._histories() if history.of is None)

    def _histories(self) -> Iterator[tuple[str, History]]:
        for spec in self.transitions:
            for branch in spec.branches:
                if isinstance(branch.target, History):
                    yield spec.source, branch.target

    def is_relevant(self, spec: Transition, tracked: Tracked) -> bool:
        """Say whether a transition may change where a case stands, or what is known of its data."""
        effects = (*spec.effects, *(effect for branch in spec.branches for effect in branch.effects))
        return (
            any(branch.target is not None for branch in spec.branches)
            or any(isinstance(effect, Raise) for effect in effects)
            or bool(tracked.touched((*Graph.sets(effects), *self.fills(spec))))
            or any(act_key(spec) == act for measure in tracked.measures for _, act, _ in measure.terms)
        )

    @cached_property
    def eventless(self) -> bool:
        """Whether any transition is eventless."""
        return any(spec.trigger is Trigger.ALWAYS for spec in self.transitions)

    def answering(self, leaf: str, trigger: Trigger, name: str) -> tuple[Transition, ...]:
        """Give the transitions that answer to an event in a leaf, the nearest first."""
        found = self._answering.get((leaf, trigger, name))
        if found is None:
            specs = (spec for path in self.holders(leaf) for spec in self.states[path].transitions if self.matters(spec))
            found = self._answering[leaf, trigger, name] = tuple(spec for spec in specs if _event(spec) == (trigger, name))
        return found

    @cached_property
    def _answering(self) -> dict[tuple[str, Trigger, str], tuple[Transition, ...]]:
        return {}

    def holders(self, leaf: str) -> tuple[str, ...]:
        """Give the states whose transitions hold in a leaf: once a case has ended, only the ways to re-open it."""
        line = self.states[leaf].line
        return line[:1] if leaf in self.ends else line

    def open_in(self, leaves: tuple[str, ...]) -> Iterator[Transition]:
        """Give the transitions that hold in a configuration, whatever their gates say."""
        active = self.active(leaves)
        holders = dict.fromkeys(path for leaf in leaves for path in self.holders(leaf))
        specs = (spec for path in holders for spec in self.states[path].transitions)
        return (spec for spec in specs if self.matters(spec) and spec.excluded.isdisjoint(active))

    @cached_property
    def names_at(self) -> Mapping[str, tuple[tuple[Trigger, str], ...]]:
        """Give, by leaf, the acts and outside events that something there answers to."""
        found = {}
        for state in self.states.values():
            if state.children:
                continue
            specs = (spec for path in self.holders(state.path) for spec in self.states[path].transitions if self.matters(spec))
            wanted = (spec for spec in specs if self.comes_from_outside(spec))
            found[state.path] = tuple(dict.fromkeys((spec.trigger, spec.name) for spec in wanted))
        return found

    def comes_from_outside(self, spec: Transition) -> bool:
        """Say whether somebody takes a transition, or another case tells what it hears; not the case itself."""
        return spec.trigger is Trigger.ACT or (spec.trigger is Trigger.HEAR and spec.name not in self.raised)

    @cached_property
    def rungs(self) -> tuple[tuple[Deadline, Rung], ...]:
        """Give the rungs that raise an event or set an item."""
        rungs = ((deadline, rung) for deadline in self.definition.deadlines.values() for rung in deadline.rungs)
        return tuple((deadline, rung) for deadline, rung in rungs if any(isinstance(each, Raise | SetItems) for each in rung.effects))

    def active(self, leaves: tuple[str, ...]) -> frozenset[str]:
        """Give the paths of all active states."""
        found = self._active.get(leaves)
        if found is None:
            found = self._active[leaves] = frozenset(self.tree.active(leaves))
        return found

    @cached_property
    def _active(self) -> dict[tuple[str, ...], frozenset[str]]:
        return {}

    def complete(self, leaves: tuple[str, ...]) -> tuple[str, ...]:
        """Give the states that are complete of themselves, inner ones first; what others have to do for it is not seen (`waiting`)."""
        return self._completion(leaves)[0]

    def waiting(self, leaves: tuple[str, ...]) -> tuple[str, ...]:
        """Give the states that would be complete if parties, children and the like, or regions that are left out, were."""
        return self._completion(leaves)[1]

    def _completion(self, leaves: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = self._completions.get(leaves)
        if found is None:
            inner = [state for state in self.tree.composites(leaves) if self._is_complete_inside(state, leaves)]
            waits = {state.path for state in inner if state.has_constructs or self._leaves_regions_out(state)}
            complete = tuple(state.path for state in inner if state.path not in waits)
            found = self._completions[leaves] = (complete, tuple(state.path for state in inner if state.path in waits))
        return found

    @cached_property
    def _completions(self) -> dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
        return {}

    def _is_complete_inside(self, state: State, leaves: tuple[str, ...]) -> bool:
        children = [self.states[child] for child in state.children]
        if state.kind is Kind.PARALLEL:
            return all(self._is_complete_inside(child, leaves) for child in children if child.path not in self.ignored)
        return not children or any(child.kind is Kind.FINAL and child.path in leaves for child in children)

    def _leaves_regions_out(self, state: State) -> bool:
        return state.kind is Kind.PARALLEL and not self.ignored.isdisjoint(state.children)

    @cached_property
    def moves(self) -> Mapping[str, Move]:
        """Give the moves that ask no history, by branch."""
        none = Memories({}, {})
        ways = ((spec, branch) for spec in (self.opening, *self.transitions) for branch in spec.branches)
        return {branch.id: self.tree.move(spec, branch, branch.target, none) for spec, branch in ways if isinstance(branch.target, str)}

    @cached_property
    def ways_out(self) -> tuple[tuple[str, Transition, Branch], ...]:
        """Give, with the state around them, the transitions of regions that are left out which lead out of that state."""
        found = []
        for spec in self.transitions:
            region = next((path for path in self.states[spec.source].line if path in self.ignored), None)
            around = self.states[self.states[region].parent] if region is not None else None
            for branch in spec.branches if around is not None else ():
                then = branch.cycles.then if branch.cycles is not None else None
                targets = [target for target in (branch.target, then) if isinstance(target, str)]
                if around is not None and any(around.path not in self.states[target].line for target in targets):
                    found.append((around.path, spec, branch))
        return tuple(found)

    def stays(self, variable: Variable) -> bool:
        """Say whether a variable is fully known, and stays as it is until something in this view changes it."""
        if variable.opaque or variable.name.startswith("was.") or self.gates.changes_by_itself(variable):
            return False
        return self._foreign_items.isdisjoint(items_of(variable))

    @cached_property
    def _foreign_items(self) -> frozenset[str]:
        """The items that regions which are left out may write."""
        inside = [state for state in self.states.values() if self.is_ignored(state.path)]
        fills = (self.fills(spec) for state in inside for spec in state.transitions)
        return Graph.sets(effect for state in inside for effect in effects_of(state)).union(*fills)

    @cached_property
    def foreign_acts(self) -> frozenset[str]:
        """The acts that regions which are left out may take."""
        inside = (state for state in self.states.values() if self.is_ignored(state.path))
        return frozenset(act_key(spec) for state in inside for spec in state.transitions)

    def is_ignored(self, path: str) -> bool:
        """Say whether a state lies in a region that is left out."""
        return bool(self.ignored) and not self.ignored.isdisjoint(self.states[path].line)


def _event(spec: Transition) -> tuple[Trigger, str]:
    match spec.trigger:
        case Trigger.ALWAYS:
            return spec.trigger, ""
        case Trigger.DONE:
            return spec.trigger, spec.source
        case _:
            return spec.trigger, spec.name


def effects_of(state: State) -> Iterator[Effect]:
    """Give all effects written in a state."""
    yield from (*state.entry, *state.exit)
    for spec in state.transitions:
        yield from spec.effects
        for branch in spec.branches:
            yield from branch.effects
    for deadline in state.deadlines:
        for rung in deadline.rungs:
            yield from rung.effects
