"""A second interpreter of the language: Appendix D of the SCXML recommendation as it stands there, for the engine to be compared with.

It reads a workflow as the plain data a YAML parser gives and shares no code with the engine. It knows no calendar: a rung fires when
it is told to. The functions have the names of the appendix; what it says of `<invoke>`, data models and external queues has no place here.

Where the language differs from SCXML on purpose, this follows the language:

1.  There is no `type="internal"`: going to a descendant is internal, unless `reenter` says otherwise; `anywhere` is the root's.
2.  What stands under `actions`, `receive`, `always` and `done` never answers for another kind; names are equal or not, there are no
    prefixes or wildcards; `done` is heard by the state that is complete only.
3.  A transition has gates (who, how often, the form) beside its guard, and ways (`choice`) of which the first true one is taken. If no
    way is open, it is not enabled and an outer one may be. A condition that has no value closes its transition, not only its way.
4.  The form is put into the data before anything is left. The items with `compute` follow every step.
5.  `cycles` sends a transition elsewhere once its budget is spent.
6.  The domain of a transition is found once, before anything is left. (The appendix finds it again while entering, when a history it
    asks may have been recorded anew, and its default for a history enters ancestors that were never left.)
7.  A state is complete once a step is over, and says so once in a stay. (The appendix raises `done.state.*` between the entries, at
    each entry of a final state.) What a history brings back complete is not announced again.
8.  A history without `of` goes back to what the move that entered its state left behind; entering it again from itself keeps that.
    Without anything left behind, and where a history was never recorded and has no default, states are entered as usual.
9.  A command is taken as a whole or refused as a whole: where no transition is enabled, where more than a hundred steps would follow,
    where a `set` reads an empty item.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.core.plain_chart import Chart, Shape, State, Taken, Transition, as_list, entry_order, exit_order, is_descendant, proper_ancestors
from tests.core.plain_expressions import NoValue, evaluate, items_read

MOST_STEPS = 100
CLOCK = "clock"


class Refused(Exception):
    """The command is refused as a whole."""


class Step(NamedTuple):
    """One microstep."""

    event: str
    taken: tuple[str, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]


class Move(NamedTuple):
    """A transition that leads somewhere: below ``domain`` all is left and something is entered."""

    taken: Taken
    target: str | Shape
    domain: State


class Request(NamedTuple):
    """Who asks, and with which form. Without a form only what could be taken is asked."""

    roles: Collection[str] = ()
    form: Shape | None = None


@dataclass
class Memory:
    """All that a case is, and what happens in one command."""

    configuration: set[State] = field(default_factory=set)
    data: dict[str, Any] = field(default_factory=dict)
    history: dict[State, list[State]] = field(default_factory=dict)  # the atomic states that were active below
    behind: dict[State, list[State]] = field(default_factory=dict)
    announced: set[State] = field(default_factory=set)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)  # (source, name) -> takings
    cycles: dict[str, int] = field(default_factory=dict)
    deadlines: dict[str, tuple[int, str]] = field(default_factory=dict)  # name -> (number, running or paused)
    armed: int = 0

    def copied(self) -> Memory:
        return Memory(**{name: copy.copy(value) for name, value in vars(self).items()})


class Interpreter:
    """One case of a workflow. Every command gives whether it was taken; refused ones change nothing."""

    def __init__(self, workflow: Shape) -> None:
        self.chart = Chart(workflow)
        self.memory = Memory()
        self.steps: list[Step] = []
        self.dropped: list[str] = []
        self.queue: deque[str] = deque()
        self.request = Request()

    # --- commands ---------------------------------------------------------------------------------------------------

    def open(self, roles: Collection[str], form: Shape) -> bool:
        """Enter the initial configuration (`interpret`)."""
        start, root = self.chart.workflow["start"], self.chart.root
        items = self.chart.workflow.get("data", {})
        self.memory.data = {name: item["default"] for name, item in items.items() if "default" in item}
        opening = Transition("/act:start", root, "act:start", {**start, "to": self.chart.workflow["initial"]})
        self.memory.configuration = {root}

        def begin() -> None:
            way = self.enabled_way(opening)
            if way is None:
                raise Refused
            self.take_form(opening)
            self.arm(root)
            self.microstep([way], "act:start")

        return self._command(Request(roles, form), begin)

    def act(self, name: str, roles: Collection[str], form: Shape) -> bool:
        """Take an action (an external event)."""

        def take() -> None:
            enabled = self.select_transitions(f"act:{name}")
            if not enabled:
                raise Refused
            for one in enabled:
                self.take_form(one.transition)
            self.microstep(enabled, f"act:{name}")

        return self._command(Request(roles, form), take)

    def fire(self, deadline: str, rung: Shape) -> bool:
        """Let a rung fire: its effects, then its action by the clock. An action that is refused leaves the rung fired."""

        def ring() -> None:
            self.execute([rung])
            self.compute()
            enabled = self.select_transitions(f"act:{rung['act']}") if "act" in rung else []
            if enabled:
                self.microstep(enabled, f"act:{rung['act']}")

        assert self.memory.deadlines[deadline][1] == "running"
        return self._command(Request((CLOCK,), {}), ring)

    def rung(self, deadline: str, at: str) -> Shape:
        """Give a rung as written."""
        named = (shape for state in self.chart.states.values() for name, shape in self.chart.deadlines(state) if name == deadline)
        return next(rung for shape in named for rung in shape["rungs"] if rung["at"] == at)

    def listed(self, roles: Collection[str]) -> set[str]:
        """Name the actions that are open, whatever a form that is not filled in yet may decide."""
        self.request = Request(roles)
        names = {t.event for state in self.memory.configuration for t in state.transitions if t.event.startswith("act:")}
        return {name.removeprefix("act:") for name in names if self.select_transitions(name)}

    def _command(self, request: Request, begin: Any) -> bool:
        before = self.memory.copied()
        self.steps, self.dropped, self.request = [], [], request
        self.queue.clear()
        try:
            begin()
            self.main_event_loop()
        except Refused:
            self.memory = before
            return False
        return True

    def main_event_loop(self) -> None:
        """Run the macrostep to its end, once the transitions of the external event were taken."""
        while not self.has_ended:
            event = "always:"
            enabled = self.select_transitions(event)
            if not enabled:
                if not self.queue:
                    return
                event = self.queue.popleft()
                enabled = self.select_transitions(event)
            if enabled:
                self.microstep(enabled, event)
            elif event.startswith("hear:"):
                self.dropped.append(event.removeprefix("hear:"))
        last = next(state for state in self.chart.final if state in self.memory.configuration)
        kept = dict(self.chart.deadlines(last))
        self.memory.deadlines = {name: ledger for name, ledger in self.memory.deadlines.items() if name in kept}

    @property
    def has_ended(self) -> bool:
        return not self.memory.configuration.isdisjoint(self.chart.final)

    @property
    def leaves(self) -> list[str]:
        """The active atomic states, in document order."""
        return [state.path for state in entry_order(self.memory.configuration) if state.is_atomic]

    # --- selecting --------------------------------------------------------------------------------------------------

    def select_transitions(self, event: str) -> list[Taken]:
        enabled: list[Taken] = []
        for state in entry_order(s for s in self.memory.configuration if s.is_atomic):
            for around in (state, *proper_ancestors(state)):
                ways = (self.enabled_way(t) for t in around.transitions if t.event == event)
                if (way := next((way for way in ways if way is not None), None)) is not None:
                    if way not in enabled:
                        enabled.append(way)
                    break
        return self.remove_conflicting_transitions(enabled)

    def remove_conflicting_transitions(self, enabled: list[Taken]) -> list[Taken]:
        filtered: list[Taken] = []
        for t1 in enabled:
            preempted, to_remove = False, []
            for t2 in filtered:
                if self.compute_exit_set([t1]) & self.compute_exit_set([t2]):
                    if is_descendant(t1.transition.source, t2.transition.source):
                        to_remove.append(t2)
                    else:
                        preempted = True
                        break
            if not preempted:
                filtered = [t for t in filtered if t not in to_remove] + [t1]
        return filtered

    def enabled_way(self, transition: Transition) -> Taken | None:
        """`conditionMatch`, with the gates: give the way that is open."""
        if not self.is_heard(transition):
            return None
        try:
            if not self.is_true(transition.shape.get("guard"), transition):
                return None
            open_ways = (n for n, way in enumerate(transition.ways) if self.is_true(way.get("guard"), transition))
            way = next(open_ways, None)
        except NoValue:
            return None
        return None if way is None else Taken(transition, way)

    def is_heard(self, transition: Transition) -> bool:
        """Try the gates: where it holds, who takes it, how often, and with which form."""
        shape, source, active = transition.shape, transition.source, self.memory.configuration
        if source is self.chart.root and transition.event != "act:start":
            closed = [self.chart.find(name, source) for name in as_list(shape.get("except"))]
            if not active.isdisjoint([*closed, *self.chart.final]):
                return False
        if not transition.event.startswith("act:"):
            return True
        if "limit" in shape and self.memory.counts.get(key(transition), 0) >= int(shape["limit"].split()[0]):
            return False
        filled = self.request.form is None or set(self.request.form) == set(shape.get("form", []))
        return filled and not {*self.request.roles, "anyone"}.isdisjoint(as_list(shape["by"]))

    def is_true(self, guard: str | None, transition: Transition) -> bool:
        if guard is None:
            return True
        form = set(transition.shape.get("form", []))
        if self.request.form is None and form and items_read(guard) & {*form, *self.computed}:
            return True
        data = self.memory.data
        if transition.event.startswith("act:") and self.request.form:
            data = self.with_computed({**data, **self.request.form})
        return evaluate(guard, data, self.asked) is True

    @property
    def asked(self) -> Mapping[str, Any]:
        def count(name: str) -> int:
            return sum(n for (source, act), n in self.memory.counts.items() if name in {act, f"{source}.{act}".lstrip(".")})

        return {"In": lambda path: self.chart.states[path] in self.memory.configuration, "count": count}

    # --- where transitions lead -------------------------------------------------------------------------------------

    def target(self, taken: Taken) -> str | Shape | None:
        """Give what the way leads to as written; with its budget spent, `then`."""
        target: str | Shape | None = taken.shape.get("to")
        cycles = taken.shape.get("cycles")
        return cycles["then"] if cycles and self.memory.cycles.get(taken.id, 0) >= cycles["at_most"] else target

    def effective_target_states(self, source: State, target: str | Shape | None) -> list[State]:
        if target is None:
            return []
        if isinstance(target, str):
            return [self.chart.find(target, source)]
        if "of" not in target:
            return self.memory.behind.get(source) or [self.chart.initial(self.chart.root)]
        parent = self.chart.find(target["of"], source)
        recorded = self.memory.history.get(parent)
        if not recorded:
            return [self.chart.find(target["default"], source) if "default" in target else parent]
        if target["history"] == "deep" or parent.is_atomic:
            return recorded
        return [child for child in parent.children if any(child in (leaf, *proper_ancestors(leaf)) for leaf in recorded)]

    def transition_domain(self, taken: Taken) -> State | None:
        source, targets = taken.transition.source, self.effective_target_states(taken.transition.source, self.target(taken))
        if not targets:
            return None
        internal = not taken.shape.get("reenter")
        if internal and source.is_compound and all(is_descendant(state, source) for state in targets):
            return source
        return self.find_lcca([source, *targets])

    def find_lcca(self, states: list[State]) -> State:
        for around in proper_ancestors(states[0]):
            if (around.is_compound or around.parent is None) and all(is_descendant(state, around) for state in states[1:]):
                return around
        return self.chart.root

    def compute_exit_set(self, transitions: Iterable[Taken]) -> set[State]:
        domains = [domain for t in transitions if (domain := self.transition_domain(t)) is not None]
        return {state for state in self.memory.configuration for domain in domains if is_descendant(state, domain)}

    def add_descendant_states_to_enter(self, state: State, to_enter: set[State]) -> None:
        to_enter.add(state)
        if state.is_compound:
            initial = self.chart.initial(state)
            self.add_descendant_states_to_enter(initial, to_enter)
            self.add_ancestor_states_to_enter(initial, state, to_enter)
        elif state.is_parallel:
            self.add_missing_regions(state, to_enter)

    def add_ancestor_states_to_enter(self, state: State, below: State, to_enter: set[State]) -> None:
        for around in proper_ancestors(state, below):
            to_enter.add(around)
            if around.is_parallel:
                self.add_missing_regions(around, to_enter)

    def add_missing_regions(self, parallel: State, to_enter: set[State]) -> None:
        for child in parallel.children:
            if not any(is_descendant(state, child) for state in to_enter):
                self.add_descendant_states_to_enter(child, to_enter)

    # --- moving -----------------------------------------------------------------------------------------------------

    def microstep(self, enabled: list[Taken], event: str) -> None:
        if len(self.steps) == MOST_STEPS:
            raise Refused
        moves = [Move(t, target, domain) for t in enabled if (target := self.target(t)) and (domain := self.transition_domain(t))]
        exited = exit_order(self.compute_exit_set(enabled))
        left = [state for state in entry_order(self.memory.configuration) if state.is_atomic]
        self.record_history(exited, left)
        entered, restored = set[State](), set[State]()
        for move in moves:
            states, brought_back = self.compute_entry_set(move)
            entered |= states
            restored |= brought_back
            behind = [leaf for leaf in left if is_descendant(leaf, move.domain)]
            self.memory.behind.update({state: behind for state in states if state not in exited})
        self.memory.configuration = (self.memory.configuration - set(exited)) | entered
        self.exit_states(exited)
        self.execute_transition_content(enabled)
        self.enter_states(entry_order(entered), restored)
        self.steps.append(Step(event, tuple(one.id for one in enabled), paths(exited), paths(entry_order(entered))))

    def record_history(self, exited: list[State], left: list[State]) -> None:
        for state in exited:
            self.memory.history[state] = [leaf for leaf in left if leaf is state or is_descendant(leaf, state)]

    def compute_entry_set(self, move: Move) -> tuple[set[State], set[State]]:
        """Give what is entered, and which of it a history brings back."""
        to_enter, source, target = set[State](), move.taken.transition.source, move.target
        states = self.effective_target_states(source, target)
        for state in states:
            self.add_descendant_states_to_enter(state, to_enter)
        for state in states:
            self.add_ancestor_states_to_enter(state, move.domain, to_enter)
        lines = {around for state in states for around in (state, *proper_ancestors(state, move.domain))}
        if isinstance(target, str):
            return to_enter, set()
        if "of" not in target:
            return to_enter, lines if self.memory.behind.get(source) else set()
        parent = self.chart.find(target["of"], source)
        recorded = bool(self.memory.history.get(parent))
        return to_enter, {state for state in lines if recorded and (state is parent or is_descendant(state, parent))}

    def exit_states(self, exited: list[State]) -> None:
        for state in exited:
            self.disarm(state)
            self.memory.announced.discard(state)
            self.execute([state.shape.get("exit", {})])

    def execute_transition_content(self, enabled: list[Taken]) -> None:
        for one in enabled:
            self.count(one)
            self.execute([one.transition.shape, one.shape] if "choice" in one.transition.shape else [one.shape])
            self.meet(one.transition)

    def enter_states(self, entered: list[State], restored: set[State]) -> None:
        for state in entered:
            self.execute([state.shape.get("entry", {})])
            self.arm(state)
        self.pause_and_resume()
        self.compute()
        self.memory.announced |= {state for state in restored if self.is_in_final_state(state)}
        finals = [state for state in entered if state.is_final]
        self.memory.configuration -= set(finals)
        for state in finals:
            self.memory.configuration.add(state)
            self.announce(state)

    def announce(self, final: State) -> None:
        """Raise what the entry of a final state completes: the state around it, then the parallel state around that."""
        for around in list(proper_ancestors(final, self.chart.root))[:2]:
            if (around is final.parent or around.is_parallel) and self.is_in_final_state(around) and around not in self.memory.announced:
                self.memory.announced.add(around)
                self.queue.append(f"done:{around.path}")

    def is_in_final_state(self, state: State) -> bool:
        if state.is_parallel:
            return all(self.is_in_final_state(child) for child in state.children)
        return any(child.is_final and child in self.memory.configuration for child in state.children)

    # --- executable content, data -----------------------------------------------------------------------------------

    def execute(self, shapes: Iterable[Shape]) -> None:
        for shape in shapes:
            try:
                self.memory.data |= {item: evaluate(text, self.memory.data, self.asked) for item, text in shape.get("set", {}).items()}
            except NoValue as empty:
                raise Refused from empty
            if "raise" in shape:
                self.queue.append(f"hear:{shape['raise']}")

    def count(self, one: Taken) -> None:
        if "cycles" in one.shape:
            self.memory.cycles[one.id] = self.memory.cycles.get(one.id, 0) + 1
        if one.transition.event.startswith(("act:", "hear:")):
            self.memory.counts[key(one.transition)] = self.memory.counts.get(key(one.transition), 0) + 1

    def take_form(self, transition: Transition) -> None:
        form = self.request.form or {}
        self.memory.data |= {item: form[item] for item in transition.shape.get("form", [])}
        self.compute()

    def compute(self) -> None:
        self.memory.data = self.with_computed(self.memory.data)

    def with_computed(self, data: Shape) -> dict[str, Any]:
        """Derive what is computed, in the order of the file; one over an empty item is empty."""
        found = {item: value for item, value in data.items() if item not in self.computed}
        for item, text in self.computed.items():
            try:
                found[item] = evaluate(text, found, self.asked)
            except NoValue:
                continue
        return found

    @property
    def computed(self) -> dict[str, str]:
        return {name: item["compute"] for name, item in self.chart.workflow.get("data", {}).items() if "compute" in item}

    # --- deadlines --------------------------------------------------------------------------------------------------

    def arm(self, state: State) -> None:
        """Arm the deadlines of a state that is entered; a paused one goes on."""
        for name, _ in self.chart.deadlines(state):
            if name not in self.memory.deadlines:
                self.memory.armed += 1
                self.memory.deadlines[name] = (self.memory.armed, "running")

    def disarm(self, state: State) -> None:
        """End the running deadlines of a state that is left, but for those that pause where the case goes now."""
        for name, shape in self.chart.deadlines(state):
            number, status = self.memory.deadlines.get(name, (0, "ended"))
            if status != "ended" and self.pauses(state, shape):
                self.memory.deadlines[name] = (number, "paused")
            elif status == "running":
                del self.memory.deadlines[name]

    def pause_and_resume(self) -> None:
        for state in self.chart.states.values():
            for name, shape in self.chart.deadlines(state):
                number, status = self.memory.deadlines.get(name, (0, "ended"))
                if status == "ended" or self.pauses(state, shape) == (status == "paused"):
                    continue
                if status == "paused" and state not in self.memory.configuration:
                    del self.memory.deadlines[name]
                else:
                    self.memory.deadlines[name] = (number, "running" if status == "paused" else "paused")

    def pauses(self, state: State, shape: Shape) -> bool:
        return any(self.chart.find(name, state) in self.memory.configuration for name in as_list(shape.get("paused_in")))

    def meet(self, transition: Transition) -> None:
        """End the deadlines that the taking of a transition meets."""
        source, name = key(transition)
        for state in self.chart.states.values():
            for deadline, shape in self.chart.deadlines(state):
                if shape.get("met_by") in {name, f"{source}.{name}"}:
                    self.memory.deadlines.pop(deadline, None)


def key(transition: Transition) -> tuple[str, str]:
    """Give under what the takings of a transition are counted."""
    return transition.source.path, transition.event.split(":", 1)[1]


def paths(states: Iterable[State]) -> tuple[str, ...]:
    return tuple(state.path for state in states)
