"""Random workflows in the language itself, for tests that must hold for every workflow.

`workflows()` draws the plain data of a workflow; `as_yaml` writes it down for the loader. What is drawn loads without a problem: its names
mean something, what is raised is received, no target lies in a sister region. It may still be a bad process (with traps, or never settling).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, cast

import yaml
from hypothesis import strategies as st

from tests.core.plain_chart import Chart, State, is_descendant, proper_ancestors

Draw = Callable[..., Any]
Shape = dict[str, Any]

ACTS = ("go", "back", "skip")
EVENTS = ("called", "told")
ROLES = ("office", "member")
FORMS: dict[str, list[str]] = {"go": [], "back": ["n"], "skip": []}  # an action asks for the same wherever it stands
DATA: Shape = {
    "n": {"type": "int", "default": 0},
    "b": {"type": "bool", "default": False},
    "m": {"type": "int"},
    "twice": {"type": "int", "compute": "data.n * 2"},
    "gone": {"type": "int", "compute": "count('go')"},
}
GUARDS = (
    "data.n > 1",
    "data.b",
    "!data.b",
    "data.twice < 4 && data.b",
    "data.m > 0",
    "has(data.m) || data.n == 0",
    "data.gone > 1",
    "data.n != 1",
)
SETS: tuple[tuple[str, str], ...] = (
    ("n", "(data.n + 1) % 4"),
    ("b", "!data.b"),
    ("b", "data.n > 1"),
    ("m", "data.n + 1"),
    ("n", "data.m % 3"),
    ("n", "0"),
)


def examples(quick: int) -> int:
    """Say how many examples a test takes: few while developing, a hundred times as many to prove."""
    return quick * (100 if os.environ.get("HYPOTHESIS_PROFILE") == "prove" else 1)


def as_yaml(workflow: Shape) -> str:
    """Write a workflow down."""
    text: str = yaml.dump(workflow, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=140)
    return text


def from_yaml(text: str) -> Shape:
    """Read a workflow as plain data."""
    read: Shape = yaml.load(text, Loader=yaml.CSafeLoader)
    return read


@st.composite
def workflows(draw: Draw, *, empty: bool = True, onward: bool = False) -> Shape:
    """Draw a workflow. Without ``empty`` nothing reads what may be empty; with ``onward`` every case can end."""
    return (Onward if onward else Drawing)(draw, empty=empty).workflow()


class Drawing:
    """Draws one workflow: first the tree of its states, then what leads where."""

    def __init__(self, draw: Draw, *, empty: bool) -> None:
        self.draw = draw
        self.conditions = [text for text in GUARDS if empty or "data.m" not in text]
        self.sets = [each for each in SETS if empty or "data.m" not in each[1]]
        self.left = self.some(2, 14)  # states still to be laid out

    def workflow(self) -> Shape:
        """Draw the whole."""
        top = self.states(0)
        names = list(top)
        for number in range(self.some(1, 2)):
            top[f"end{number}"] = {"final": True, "outcome": "success"}
        whole: Shape = {
            "workflow": "drawn",
            "version": 1,
            "title": "试",
            "calendar": "cn",
            "roles": {"office": "办公室", "member": "委员"},
            "data": DATA,
            "start": {"by": list(ROLES), "form": ["n"]},
            "initial": self.one_of(names),
            "states": top,
            "anywhere": {},
        }
        self.chart = Chart(whole)
        for state in self.chart.states.values():
            self.fill(state, self.shape_of(state, whole))
        for state in self.chart.states.values():
            if self.sometimes(4) and not state.is_final:
                self.deadline(state, self.shape_of(state, whole))
        if not whole["anywhere"]:
            del whole["anywhere"]
        leave_out_unheard(whole, self.chart)
        return whole

    # --- the tree ---------------------------------------------------------------------------------------------------

    def states(self, depth: int) -> Shape:
        """Draw the states inside one."""
        found: Shape = {}
        for name in "abcd"[: self.some(2, 4) if depth == 0 else self.some(1, 3)]:
            self.left -= 1
            found[name] = self.inner(depth + 1)
        return found

    def inner(self, depth: int) -> Shape:
        """Draw what a state is made of."""
        kind = self.one_of(["atomic", "atomic", "compound", "parallel"]) if self.left > 0 and depth < 4 else "atomic"
        if kind == "compound":
            return self.compound(depth)
        if kind == "parallel":
            return {"regions": {name: self.compound(depth + 1) for name in "pqr"[: self.some(1, 3) if self.sometimes(4) else 2]}}
        return {}

    def compound(self, depth: int) -> Shape:
        """Draw a compound state or region; most can complete."""
        states = self.states(depth)
        initial = self.one_of(list(states))
        if not self.sometimes(4):
            states["z"] = {"final": True}
            initial = "z" if self.sometimes(12) else initial
        return {"initial": initial, "states": states}

    # --- what leads where -------------------------------------------------------------------------------------------

    @staticmethod
    def shape_of(state: State, whole: Shape) -> Shape:
        """Give where the transitions of a state are written: those of the root under `anywhere`."""
        shape: Shape = whole["anywhere"] if state.parent is None else cast("Shape", state.shape)
        return shape

    def fill(self, state: State, shape: Shape) -> None:
        """Draw the transitions and effects of a state."""
        if state.is_final:
            if self.sometimes(4):
                shape["entry"] = self.effects()
            return
        root = state.parent is None
        for name in ACTS:
            if (name == "go" and not root and not state.children) or self.sometimes(6 if root else 3):
                shape.setdefault("actions", {})[name] = self.action(state, name)
        if self.sometimes(3):
            shape["receive"] = {self.one_of(EVENTS): self.transition(state)}
        if root:
            return
        if self.sometimes(5):
            shape["always"] = self.transition(state, budget=True)
        if state.children and not self.sometimes(4):
            shape["done"] = self.transition(state)
        for key in ("entry", "exit"):
            if self.sometimes(6):
                shape[key] = self.effects()

    def action(self, state: State, name: str) -> Shape:
        """Draw an action."""
        who = self.one_of([["office", "member"], ["office", "clock"], ["office"], ["member"], ["office", "member", "clock"], "anyone"])
        made: Shape = {"by": who, **self.transition(state)}
        if FORMS[name]:
            made["form"] = list(FORMS[name])
        if self.sometimes(10):
            made["limit"] = f"{self.some(1, 3)} per case"
        if state.parent is None and self.sometimes(2):
            closed = [other for other in self.chart.states.values() if other.parent is not None and not other.is_final]
            made["except"] = [self.one_of(closed).path]
        return made

    def transition(self, state: State, *, budget: bool = False) -> Shape:
        """Draw a transition; one with a ``budget`` goes round at most twice."""
        if self.sometimes(12 if budget else 5):
            ways = [self.way(state, guarded=True, budget=budget) for _ in range(self.some(1, 2))]
            return {**self.guard(3), "choice": [*ways, *([] if self.sometimes(3) else [self.way(state, guarded=False, budget=budget)])]}
        made = self.way(state, guarded=False, budget=budget)
        return {**self.guard(1 if budget and not self.sometimes(6) else 3), **made}

    def way(self, state: State, *, guarded: bool, budget: bool) -> Shape:
        """Draw one way a transition may go."""
        made: Shape = self.guard(1) if guarded else {}
        goals = list(self.goals(state, ends=self.sometimes(5)))
        if budget and not self.sometimes(6):  # onward, so that the case comes to rest
            goals = [(goal, lost) for goal, lost in goals if goal.order > state.order and not is_descendant(goal, state)]
        if not self.sometimes(3):  # to a step of its own rather than to what is around
            goals = [(goal, lost) for goal, lost in goals if goal.is_atomic and goal is not state] or goals
        if goals and (budget or not self.sometimes(8)):
            goal, reenter = self.one_of(goals)
            made["to"] = (
                self.history(state, goal) if self.sometimes(20 if budget else 6) else self.one_of(spellings(self.chart, state, goal))
            )
            if reenter or self.sometimes(10):
                made["reenter"] = True
            if budget or self.sometimes(10):
                then, lost = self.one_of(goals)
                made["cycles"] = {"at_most": self.some(1, 2), "then": self.one_of(spellings(self.chart, state, then))}
                made.update({"reenter": True} if lost else {})
        return {**made, **(self.effects() if self.sometimes(3) else {})}

    def goals(self, source: State, *, ends: bool) -> Iterator[tuple[State, bool]]:
        """Give the states that may be a target, and whether only with `reenter`; those that end the case if asked for."""
        for state in self.chart.states.values():
            if state in self.chart.final and not ends:
                continue
            parallels = [around for around in proper_ancestors(state) if around.is_parallel]
            inside = [around for around in parallels if is_descendant(source, around)]
            if state.parent is None or any(region(source, around) is not region(state, around) for around in inside):
                continue
            if spellings(self.chart, source, state):
                yield state, source in parallels

    def history(self, source: State, goal: State) -> Shape:
        """Draw a history: of what entering the present state left behind, or of a state."""
        if self.sometimes(2) and source.parent is not None:
            return {"history": "deep"}
        made: Shape = {"history": self.one_of(["deep", "shallow"]), "of": self.one_of(spellings(self.chart, source, goal))}
        if self.sometimes(2):
            inside = [state for state in self.chart.states.values() if is_descendant(state, goal) or self.sometimes(8)]
            named = [spelled for state in inside if state.parent is not None for spelled in spellings(self.chart, source, state)]
            if named:
                made["default"] = self.one_of(named)
        return made

    def guard(self, one_in: int) -> Shape:
        """Draw a guard, or none."""
        if not self.sometimes(one_in) or (one_in > 1 and self.sometimes(2)):
            return {}
        inside = [f"In('{state.path}')" for state in self.chart.states.values() if state.parent is not None]
        return {"guard": self.one_of([*self.conditions, self.one_of(inside)])}

    def effects(self) -> Shape:
        """Draw effects."""
        made: Shape = {}
        if self.sometimes(2):
            made["set"] = dict([self.one_of(self.sets)])
        if self.sometimes(2):
            made["raise"] = self.one_of(EVENTS)
        return made

    def deadline(self, state: State, shape: Shape) -> None:
        """Draw a deadline; the clock may take what it may take here."""
        near = [
            other for other in self.chart.states.values() if other is state or is_descendant(state, other) or is_descendant(other, state)
        ]
        acts = {name: one for other in near for name, one in self.actions(other).items() if "clock" in one["by"]}
        rungs: list[Shape] = [{"at": "due", **({"act": self.one_of(sorted(acts))} if acts else {"notify": ["office"]})}]
        if self.sometimes(3):
            rungs.insert(0, {"at": "50 %", "set": dict([self.one_of(self.sets)])})
        made: Shape = {"within": self.one_of(["2 days", "3 working days", "1 week"]), "basis": "default", "rungs": rungs}
        taken = sorted({name for other in self.chart.states.values() for name in self.actions(other)})
        if taken and self.sometimes(4):
            made["met_by"] = self.one_of(taken)
        elsewhere = [
            spelled for other in self.chart.states.values() if other not in near for spelled in spellings(self.chart, state, other)
        ]
        if elsewhere and self.sometimes(2):
            made["paused_in"] = [self.one_of(elsewhere)]
        shape["deadlines"] = {"due": made}

    def actions(self, state: State) -> Shape:
        """Give the actions drawn for a state."""
        shape = self.chart.workflow["anywhere"] if state.parent is None else state.shape
        found: Shape = shape.get("actions", {})
        return found

    # --- dice -------------------------------------------------------------------------------------------------------

    def some(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))

    def sometimes(self, one_in: int) -> bool:
        """Say yes once in so many times; what is simplest is no."""
        return one_in == 1 or self.some(1, one_in) == one_in

    def one_of(self, those: Any) -> Any:
        return self.draw(st.sampled_from(those))


class Onward(Drawing):
    """Draws workflows in which every case can end: from everywhere `go` leads on, and nothing that goes by itself leads back."""

    def compound(self, depth: int) -> Shape:
        made = super().compound(depth)
        made["states"].setdefault("z", {"final": True})
        return made

    def fill(self, state: State, shape: Shape) -> None:
        super().fill(state, shape)
        if state.is_final:
            return
        shape.pop("always", None)
        shape.get("receive", {}).update({name: {"set": dict([self.one_of(self.sets)])} for name in shape.get("receive", {})})
        if state.parent is None or state.parent.is_parallel:  # a region ends with its last state, and waits for its sisters
            shape.get("actions", {}).pop("go", None)
            shape.pop("done", None)
            return
        on = self.next_to(state)
        shape.setdefault("actions", {})["go"] = {"by": "anyone", "to": on}
        if state.children:
            shape["done"] = {"to": on}

    def next_to(self, state: State) -> str:
        """Name the state after another, or an end where its name means something else here."""
        assert state.parent is not None
        after = (other for other in state.parent.children if other.order > state.order)
        return next((name for other in after for name in spellings(self.chart, state, other)), "end0")


def region(state: State, parallel: State) -> State | None:
    """Give the region of a parallel state in which a state lies."""
    return next((around for around in (state, *proper_ancestors(state)) if around.parent is parallel), None)


def spellings(chart: Chart, scope: State, state: State) -> list[str]:
    """Give the names by which a state can be named in another."""
    steps = state.path.split(".")
    found = []
    for first in range(len(steps)):
        name = ".".join(steps[first:])
        try:
            if chart.find(name, scope) is state:
                found.append(name)
        except KeyError:
            continue
    return found


def leave_out_unheard(workflow: Shape, chart: Chart) -> None:
    """Leave out what is raised and never received, and what is received and never raised: the loader refuses both."""
    shapes = [workflow.get("anywhere", {}), *(state.shape for state in chart.states.values() if state.parent is not None)]
    found = True
    while found:  # what is left out may have raised something itself
        effects = [each for shape in shapes for each in with_effects(shape)]
        raised = {each["raise"] for each in effects if "raise" in each}
        received = {name for shape in shapes for name in shape.get("receive", {})}
        found = raised != received
        for each in effects:
            if each.get("raise") not in received:
                each.pop("raise", None)
        for shape in shapes:
            kept = {name: each for name, each in shape.pop("receive", {}).items() if name in raised}
            shape.update({"receive": kept} if kept else {})


def with_effects(shape: Any) -> Iterator[Shape]:
    """Give everything in a state that has effects."""
    transitions = [
        *shape.get("actions", {}).values(),
        *shape.get("receive", {}).values(),
        *(shape[k] for k in ("always", "done") if k in shape),
    ]
    for each in transitions:
        yield from (each, *each.get("choice", ()))
    yield from (shape[key] for key in ("entry", "exit") if key in shape)
