"""A definition made ready to run: region machines, who asks which of them, and the moves that need no memory.

Built once for a digest and shared by every case and thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.case import Configuration
from engine.core.deadlines import is_of_days
from engine.core.machine import Chosen, Cursor, Gate, RegionMachine
from engine.core.tree import Memories, Move, Tree
from engine.definition.attendance import enters_its_actor, taken_in
from engine.definition.calendars import Calendar
from engine.definition.datatypes import DataItem
from engine.definition.effects import AskFor, ExtendDeadline
from engine.definition.process import (
    ROOT,
    Branch,
    Deadline,
    History,
    Kind,
    ProcessDefinition,
    Role,
    State,
    TermSource,
    Text,
    Transition,
    Trigger,
)
from engine.definition.schedules import Schedule, with_rest_day
from engine.definition.terms import Term, parse_term
from engine.errors import Refusal

NO_MEMORIES = Memories({}, {})


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """One version of a workflow, compiled, with the calendar its deadlines are counted on."""

    definition: ProcessDefinition
    calendar: Calendar
    tree: Tree
    paths: Mapping[str, tuple[tuple[RegionMachine, str], ...]]  # leaf -> whom to ask, the innermost region first
    moves: Mapping[str, Move]  # by branch id, of the branches that ask no history
    acts: Mapping[str, tuple[str, ...]]  # a name that stands for acts -> the ``state.act`` keys it counts
    remembered: tuple[State, ...]  # states whose history somebody asks for
    looked_behind: frozenset[str]  # states that remember what was active before they were entered
    transitions: Mapping[str, Transition] = field(default_factory=dict)  # by id
    met_by: Mapping[str, tuple[Deadline, ...]] = field(default_factory=dict)  # transition id -> deadlines that taking it meets
    of_days: frozenset[str] = frozenset()  # names of deadlines that hang on the day of their start alone
    pausing: tuple[Deadline, ...] = ()  # those whose clock stands in some states
    reading: tuple[Deadline, ...] = ()  # those that count again when data change
    closed_by: Mapping[str, frozenset[str]] = field(default_factory=dict)  # transition id -> states of `except` inside regions
    particular: frozenset[str] = frozenset()  # ids of transitions that ask for more than a role, a form, documents and guards
    eventless: bool = False  # whether any transition is
    composites: bool = False  # whether any state but the root has states or constructs, and so can be complete
    constructs: bool = False  # whether any state holds constructs
    added_to: frozenset[str] = frozenset()  # lists to which some form adds rows
    taken_in: Mapping[str, tuple[DataItem, ...]] = field(default_factory=dict)  # state -> attendances taken in it, with who is expected
    asked_at_opening: tuple[DataItem, ...] = ()  # items that a query fills when the case opens
    fixed_by: Mapping[str, tuple[DataItem, ...]] = field(default_factory=dict)  # act -> items whose query it fixes
    looks_up: bool = False  # whether any item holds refs of which more is read than the id
    settings: Mapping[str, Any] = field(default_factory=dict)  # the defaults, in canonical JSON
    binds_person: Mapping[str, bool] = field(default_factory=dict)  # bound role -> whether to persons (else to units)
    extends: Mapping[str, str] = field(default_factory=dict)  # transition id -> the deadline it, or what it asks for, extends
    opening: Transition | None = None  # `start`, where staff may open a case
    entering: Transition = field(kw_only=True)  # the same for a case that another one or a schedule opens: into the initial state
    cancelling: Transition = field(kw_only=True)  # out of everything, when the parent has no use for the case any more

    @property
    def states(self) -> Mapping[str, State]:
        """The states by path, in document order."""
        return self.tree.states

    def title_of(self, act: str) -> Text:
        """Give the title of an act, named as ``act`` or ``state.act``."""
        found = (spec.title for spec in self.transitions.values() if act in {spec.name, act_key(spec)})
        return next(found, {"zh-CN": act})

    def titles(self, configuration: Configuration) -> dict[str, Text]:
        """Give the titles of the active leaves."""
        return {leaf: self.states[leaf].title for leaf in configuration}

    def term(self, source: TermSource, settings: Mapping[str, Any]) -> Term:
        """Give a term as written, or as the settings of the case have it."""
        return source.term if source.term is not None else parse_term(str(settings[source.setting or ""]))

    def rest_day(self, recurring: Deadline | Schedule, settings: Mapping[str, Any]) -> str:
        """Give where occurrences go that are rest days, as written or as the settings have it."""
        setting = recurring.rest_day.removeprefix("settings.")
        return recurring.rest_day if setting == recurring.rest_day else str(settings[setting])

    def schedules(self, settings: Mapping[str, Any]) -> Iterator[Schedule]:
        """Give the schedules as a body has them that chose these settings; the rest has the defaults."""
        for schedule in self.definition.schedules.values():
            yield with_rest_day(schedule, self.rest_day(schedule, {**self.settings, **settings}))

    def select(self, configuration: Configuration, trigger: str, gate: Gate) -> tuple[list[Chosen], dict[Transition, tuple[Refusal, ...]]]:
        """Ask each region, on the configuration before the step, what it takes; and why what was tried is not taken."""
        cursor = Cursor(gate)
        answers: dict[RegionMachine, Chosen | None] = {}
        chosen: list[Chosen] = []
        for leaf in configuration:
            for machine, place in self.paths[leaf]:
                if machine not in answers:  # a region around several active leaves is asked once
                    answers[machine] = machine.choose(place, trigger, cursor)
                if (answer := answers[machine]) is not None:
                    if answer not in chosen:
                        chosen.append(answer)
                    break
        return chosen, cursor.refused

    def acts_at(self, configuration: Configuration) -> list[str]:
        """List the names of the actions of the configuration, in document order, each once."""
        triggers = (t for leaf in configuration for machine, place in self.paths[leaf] for t in machine.triggers_at(place))
        return [t.removeprefix("act:") for t in dict.fromkeys(triggers) if t.startswith("act:")]

    def specs_at(self, configuration: Configuration, act: str) -> list[Transition]:
        """List the transitions of the configuration that an act may take."""
        asked = dict.fromkeys(region for leaf in configuration for region in self.paths[leaf])
        return [spec for machine, place in asked for spec in machine.specs_at(place, f"act:{act}")]

    def move(self, chosen: Chosen, target: str | History, memories: Memories, domain: State | None = None) -> Move:
        """Say where a chosen branch leads, given the target it really takes and, once that was found, what stays."""
        fixed = self.moves.get(chosen.branch.id)
        if fixed is not None and target == chosen.branch.target:
            return fixed
        return self.tree.move(chosen.spec, chosen.branch, target, memories, domain)


def trigger_of(spec: Transition) -> str:
    """Give the machines' name of what takes a transition; kinds are prefixed, so that their names never meet."""
    if spec.trigger is Trigger.ALWAYS:
        return "always:"
    return f"{spec.trigger}:{spec.source if spec.trigger is Trigger.DONE else spec.name}"


def act_key(spec: Transition) -> str:
    """Give the key under which takings of a transition are counted: ``state.act``, of the root just ``act``."""
    return f"{spec.source}.{spec.name}" if spec.source != ROOT else spec.name


def compile_process(definition: ProcessDefinition, calendar: Calendar) -> Process:
    """Build the machines and tables of a definition."""
    states = with_cancelled(definition.states)
    tree = Tree(states)
    heads = [ROOT, *(child for state in states.values() if state.kind is Kind.PARALLEL for child in state.children)]
    machines = {head: compile_region(states, states[head]) for head in heads}
    leaves = [state for state in states.values() if not state.children]
    specs = [spec for state in states.values() for spec in state.transitions]
    targets = [branch.target for spec in specs for branch in spec.branches]
    of = {target.of for target in targets if isinstance(target, History) and target.of is not None}
    behind = {spec.source for spec in specs for branch in spec.branches if isinstance(branch.target, History) and branch.target.of is None}
    extends, start = dict(extending(specs)), opening(definition)
    taken = specs if start is None else [*specs, start]
    return Process(
        definition=definition,
        calendar=calendar,
        tree=tree,
        paths={leaf.path: tuple(path(states, machines, leaf)) for leaf in leaves},
        moves=dict(fixed_moves(tree, specs)),
        acts=countable(specs),
        remembered=tuple(state for state in states.values() if state.path in of),
        looked_behind=frozenset(behind),
        transitions={spec.id: spec for spec in specs},
        met_by={spec.id: met for spec in specs if (met := meets(definition, spec))},
        of_days=frozenset(deadline.name for deadline in definition.deadlines.values() if is_of_days(deadline)),
        pausing=tuple(deadline for deadline in definition.deadlines.values() if deadline.paused_in),
        reading=tuple(deadline for deadline in definition.deadlines.values() if deadline.reads),
        closed_by={spec.id: inside for spec in specs if (inside := inside_regions(states, spec.excluded))},
        particular=frozenset(spec.id for spec in taken if is_particular(definition, spec, extends)),
        eventless=any(spec.trigger is Trigger.ALWAYS for spec in specs),
        composites=any(state.children or state.has_constructs for state in states.values() if state.path != ROOT),
        constructs=any(state.has_constructs for state in states.values()),
        added_to=frozenset(name for spec in taken for name in added_by(spec)),
        taken_in=taken_in(definition.states.values(), definition.data.values()),
        asked_at_opening=tuple(item for item in definition.data.values() if item.query is not None and not item.is_live),
        fixed_by=fixed_by(definition),
        looks_up=any(item.type.reads_others for item in definition.data.values()),
        settings={one.id: str(one.value) if isinstance(one.value, Term) else one.value for one in definition.settings.values()},
        extends=extends,
        binds_person={role.id: binds_person(definition, role) for role in definition.roles.values() if role.is_bound},
        opening=start,
        entering=entering(definition),
        cancelling=cancelling(),
    )


def inside_regions(states: Mapping[str, State], paths: frozenset[str]) -> frozenset[str]:
    """Give those states that lie in a region: the region of `anywhere` does not tell them apart, so the gates must."""
    return frozenset(path for path in paths if any(states[around].kind is Kind.PARALLEL for around in states[path].line[1:]))


def is_particular(definition: ProcessDefinition, spec: Transition, extends: Mapping[str, str]) -> bool:
    """Say whether a transition knows a duty, a limit, asking and deciding, parties, an extension, a document, bounds, an attendance."""
    in_duties = any(not {spec.name, act_key(spec)}.isdisjoint(duty.acts) for duty in definition.duties)
    return (
        in_duties
        or spec.builtin
        or bool(spec.asked_by or spec.signed)
        or spec.id in extends
        or spec.limit is not None
        or spec.reopens is not None
        or enters_its_actor(spec)
    )


def added_by(spec: Transition) -> Iterator[str]:
    """Name the lists to which the form of a transition adds rows."""
    if spec.form is not None:
        yield from (field.item.id for field in spec.form.fields if field.adds_row)


def fixed_by(definition: ProcessDefinition) -> dict[str, tuple[DataItem, ...]]:
    """Find the items whose query an act fixes."""
    found: dict[str, tuple[DataItem, ...]] = {}
    for item in definition.data.values():
        if item.query is not None and item.query.fixed_at is not None:
            found[item.query.fixed_at] = (*found.get(item.query.fixed_at, ()), item)
    return found


def meets(definition: ProcessDefinition, spec: Transition) -> tuple[Deadline, ...]:
    """Find the deadlines whose `met_by` is a transition."""
    return tuple(deadline for deadline in definition.deadlines.values() if deadline.met_by in {spec.name, act_key(spec)})


def extending(specs: list[Transition]) -> Iterator[tuple[str, str]]:
    """Find the acts that grant an extension, and those that ask for one."""
    for spec in specs:
        for effect in spec.effects:
            if isinstance(effect, ExtendDeadline):
                yield spec.id, effect.deadline
            elif isinstance(effect, AskFor):
                asked = (other for other in specs if other.source == spec.source and other.name == effect.action)
                yield from ((spec.id, grant.deadline) for other in asked for grant in other.effects if isinstance(grant, ExtendDeadline))


def binds_person(definition: ProcessDefinition, role: Role) -> bool:
    """Say whether a bound role is bound to persons; else it is bound to units."""
    return role.bound.gives_persons if role.bound is not None else any(definition.parties[group].persons for group in role.parties)


def opening(definition: ProcessDefinition) -> Transition | None:
    """Give `start` the form of a transition into the initial state, so that opening is an act like any other."""
    start = definition.start
    if start is None:
        return None
    return replace(
        entering(definition),
        effects=start.effects,
        by=start.by,
        guard=start.guard,
        refuse=start.refuse,
        form=start.form,
        requires=start.requires,
    )


def entering(definition: ProcessDefinition) -> Transition:
    """Give the way into a case that nobody fills in a form for."""
    return Transition(
        id="/act:start",
        source=ROOT,
        trigger=Trigger.ACT,
        name="start",
        title={"zh-CN": "提出", "en": "Open"},
        branches=into(definition.states[ROOT].initial),
        builtin=True,
    )


def into(state: str | None) -> tuple[Branch, ...]:
    """Give the only way of an opening: into the initial state, or the one that is named."""
    return (Branch(id="/act:start#0", guard=None, target=state, reenter=False, cycles=None, effects=()),)


CANCELLED = "cancelled"
"""The final state in which a case ends that its parent has no use for; every workflow has it, written or not."""
CANCELLED_TITLE = {"zh-CN": "已取消", "en": "Cancelled"}


def with_cancelled(states: Mapping[str, State]) -> Mapping[str, State]:
    """Add the final state `cancelled`, unless the workflow has a state of that name at the top."""
    if CANCELLED in states:
        return states
    root, place = states[ROOT], len(states)
    added = State(
        path=CANCELLED,
        title=CANCELLED_TITLE,
        kind=Kind.FINAL,
        parent=ROOT,
        line=(CANCELLED, ROOT),
        first=place,
        last=place,
        children=(),
        initial=None,
        owner=(),
        outcome="withdrawn",
        transitions=(),
        deadlines=(),
        entry=(),
        exit=(),
    )
    return {**states, ROOT: replace(root, last=place, children=(*root.children, CANCELLED)), CANCELLED: added}


def cancelling() -> Transition:
    """Give the way out of everything."""
    way = Branch(id="/hear:parent.cancelled#0", guard=None, target=CANCELLED, reenter=False, cycles=None, effects=())
    return Transition(
        id="/hear:parent.cancelled",
        source=ROOT,
        trigger=Trigger.HEAR,
        name="parent.cancelled",
        title={"zh-CN": "上级事项取消", "en": "Cancelled by the parent"},
        branches=(way,),
        builtin=True,
    )


def compile_region(states: Mapping[str, State], head: State) -> RegionMachine:
    """Flatten a region: each leaf owns the rules of the states around it, inner before outer, in document order."""
    leaves, rules = list(leaves_of(states, head)), list[tuple[str, str, Transition]]()
    for leaf in leaves:
        ends = leaf.kind is Kind.FINAL and leaf.parent == ROOT
        # A case that has ended hears nothing but what its final state itself declares: the ways to re-open it.
        holders = leaf.line[:1] if ends else leaf.line[: leaf.line.index(head.path) + 1]
        for holder in holders:
            for spec in states[holder].transitions:
                if spec.excluded.isdisjoint(leaf.line):
                    rules.append((trigger_of(spec), leaf.path, spec))
    return RegionMachine([leaf.path for leaf in leaves], rules)


def leaves_of(states: Mapping[str, State], state: State) -> Iterator[State]:
    """Give the leaves of one region. A parallel state is one of them: what is inside it belongs to other regions."""
    if state.kind is not Kind.COMPOUND:
        yield state
    else:
        for child in state.children:
            yield from leaves_of(states, states[child])


def path(states: Mapping[str, State], machines: Mapping[str, RegionMachine], leaf: State) -> Iterator[tuple[RegionMachine, str]]:
    """Give the regions around a leaf, innermost first, each with the place the leaf has in it."""
    place = leaf.path
    for holder in leaf.line:
        if holder in machines:
            yield machines[holder], place
            place = states[holder].parent  # the parallel state around: a leaf of the region around that


def fixed_moves(tree: Tree, specs: list[Transition]) -> Iterator[tuple[str, Move]]:
    """Give the moves that depend on no memory, by branch id."""
    for spec in specs:
        for branch in spec.branches:
            if isinstance(branch.target, str):
                yield branch.id, tree.move(spec, branch, branch.target, NO_MEMORIES)


def countable(specs: list[Transition]) -> dict[str, tuple[str, ...]]:
    """Map every name an expression may count, ``act`` and ``state.act``, to the keys that are counted."""
    names: dict[str, dict[str, None]] = {}
    for spec in specs:
        if spec.trigger in (Trigger.ACT, Trigger.HEAR):
            names.setdefault(spec.name, {})[act_key(spec)] = None
            names.setdefault(act_key(spec), {})[act_key(spec)] = None
    return {name: tuple(keys) for name, keys in names.items()}
