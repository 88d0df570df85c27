"""The compiled process definition: what the loader makes of a YAML file and all that the core reads.

Everything is frozen and resolved: targets are full state paths, texts are maps of languages, expressions are compiled.
Identity is the digest; two definitions with the same digest behave the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.definition.effects import Effects

if TYPE_CHECKING:
    from engine.definition.ballots import Ballot
    from engine.definition.datatypes import DataItem, DataType
    from engine.definition.expressions import Expression, Scope
    from engine.definition.forms import Form
    from engine.definition.indicators import Indicator
    from engine.definition.migration_block import MigrationBlock
    from engine.definition.party_groups import PartyGroup
    from engine.definition.recurrences import Recurrence
    from engine.definition.relations import ChildGroup, Link, Signal
    from engine.definition.schedules import Schedule
    from engine.definition.templates import Part
    from engine.definition.terms import Term

Text = Mapping[str, str]
"""A text by language tag, e.g. ``{"zh-CN": "议题", "en": "Topic"}``. Never empty."""

ROOT = ""
"""The path of the root state: ``anywhere`` and ``start`` are declared there."""


DUE = "due"
"""The rung at the due instant."""

OUTCOMES = ("success", "partial", "rejected", "withdrawn", "referred", "merged", "lapsed", "failed")
"""How a case can end."""


class Kind(StrEnum):
    """What a state is made of."""

    ATOMIC = "atomic"
    COMPOUND = "compound"
    PARALLEL = "parallel"
    FINAL = "final"


class Trigger(StrEnum):
    """Who can take a transition. The machines prefix their events with it, so names of different kinds never meet."""

    ACT = "act"  # staff, the clock or the parent: `actions`
    HEAR = "hear"  # signals and raised events: `receive`
    ALWAYS = "always"  # eventless
    DONE = "done"  # completion of the source


# --- transitions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class History:
    """A target that is a memory. ``of`` None: the configuration that entering the present state left behind."""

    deep: bool
    of: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Cycles:
    """A budget: after ``at_most`` takings since opening or re-opening the next one goes to ``then`` (a state path)."""

    at_most: int
    then: str


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One way a transition may go. A transition without `choice` has exactly one, without a guard."""

    id: str  # transition id + "#" + index
    guard: Expression | None
    target: str | History | None  # a state path; None: nothing is left
    reenter: bool
    cycles: Cycles | None
    effects: Effects


@dataclass(frozen=True, slots=True)
class Refuse:
    """What a person is told when the guard says no."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Requirement:
    """A document that must be there (and approved, if it has approvers); with ``when``, only if that is true."""

    document: str
    when: Expression | None


@dataclass(frozen=True, slots=True)
class Limit:
    """``n per TERM|person|case``. ``term`` None: counted for the whole case."""

    times: int
    per_person: bool
    term: Term | None


@dataclass(frozen=True, slots=True)
class Reopening:
    """What bounds a way out of a final state: a term from the end (then `too_late`), and how often in the life of the case."""

    within: TermSource | None
    at_most: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """A transition as it was written, or a built-in act. It is equal to itself only.

    ``id`` is stable within a version: ``<source>/<trigger>:<name>``. ``name`` is what staff and the trail call it.
    """

    id: str
    source: str
    trigger: Trigger
    name: str
    title: Text
    branches: tuple[Branch, ...]
    effects: Effects = ()
    by: tuple[str, ...] = ()  # role ids, or clock, parent, anyone
    asked_by: tuple[str, ...] = ()  # not empty: ``name`` needs a pending ``name.ask`` by another person
    guard: Expression | None = None
    refuse: Refuse | None = None
    form: Form | None = None
    reason: str | None = None  # required | optional | None
    requires: tuple[Requirement, ...] = ()
    limit: Limit | None = None
    excluded: frozenset[str] = frozenset()  # `except`: state paths in (or below) which an `anywhere` action does not hold
    builtin: bool = False
    own: frozenset[str] = frozenset()  # fields of its form that are the act's own, and no items of the case
    signed: tuple[str, ...] = ()  # groups of parties that must all have signed
    reopens: Reopening | None = None  # set on what stands in `reopen`; its source is the final state


# --- deadlines, states ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RungTime:
    """When a rung fires: ``start``, ``due``, a share of the counted term, or a term before/after the due day."""

    text: str  # as written: unique within the deadline, the rung's identity
    share: int | None = None  # per cent of the counted term
    before: Term | None = None
    after: Term | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder: when, and what then happens."""

    at: RungTime
    escalate: str | None  # a task for that role; the state stays
    act: str | None  # an action of this state, taken by the clock
    effects: Effects
    title: Text | None = None
    written: bool = True  # else it is only there to begin the next period of a recurring deadline


@dataclass(frozen=True, slots=True)
class Extension:
    """`extend`: ``up_to`` counts from the original start, ``add`` from the nominal due day; then rolled."""

    up_to: TermSource | None
    add: TermSource | None
    at_most: int
    before_due: bool


@dataclass(frozen=True, slots=True)
class TermSource:
    """A term as written or by setting; exactly one is given."""

    term: Term | None
    setting: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """One deadline of a state. ``name`` is the full one: ``topic.vetting.decide`` (of `anywhere`: just ``decide``)."""

    name: str
    state: str
    title: Text
    basis: str | None  # source | rule | default; None on a timer
    timer: bool
    within: TermSource | None
    start: Expression | None  # `from`
    until: Expression | None
    lead: TermSource | None
    hour: str | None  # HH:MM; None: the calendar's closing hour
    guard: Expression | None
    met_by: str | None
    paused_in: frozenset[str]
    reentry: str  # restart | continue
    catch_up: str  # all | last | record
    extension: Extension | None
    rungs: tuple[Rung, ...]
    reads: frozenset[str]  # data items that `from` and `until` read: a change recomputes the deadline
    rrule: Recurrence | None = None  # a period ends at each occurrence; one of the rungs then stands at `due`
    group: str | None = None  # the group of parties of which each has one of its own
    rest_day: str = "keep"  # keep, next, previous, skip, or "settings.X", which holds one of them


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One state of the tree. Its numbers in document order make "lies inside" two comparisons."""

    path: str
    title: Text
    kind: Kind
    parent: str  # of the root: ROOT
    line: tuple[str, ...]  # itself and its ancestors, innermost first, ROOT last
    first: int  # place in document order …
    last: int  # … and that of the last descendant
    children: tuple[str, ...]
    initial: str | None  # compound: the path of the child entered by default
    owner: tuple[str, ...]  # role ids, inherited; in whose inbox the case lies
    outcome: str | None
    transitions: tuple[Transition, ...]  # document order: actions (with their built-ins), receive, always, done
    deadlines: tuple[Deadline, ...]
    entry: Effects
    exit: Effects
    parties: tuple[PartyGroup, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    children_groups: tuple[ChildGroup, ...] = ()

    @property
    def has_constructs(self) -> bool:
        """Whether it holds groups of children, of parties, or ballots."""
        return bool(self.children_groups or self.parties or self.ballots)

    @property
    def every_deadline(self) -> tuple[Deadline, ...]:
        """Its own deadlines, and those of its parties."""
        return (*self.deadlines, *(deadline for group in self.parties for deadline in group.deadlines)) if self.parties else self.deadlines

    def is_below(self, other: State) -> bool:
        """Say whether this state lies strictly inside the other."""
        return other.first < self.first <= other.last


# --- people, documents, settings, numbers ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the process. ``bound`` gives a person, a unit or a list of them; unset means nobody."""

    id: str
    title: Text
    bound: Expression | None  # gives a person, a unit or a list of them; unset: nobody
    superior_of: str | None
    parties: tuple[str, ...] = ()  # with `bound: party`: the groups whose parties have this role

    @property
    def is_bound(self) -> bool:
        """Whether only certain persons or units may act in it, in each case others."""
        return self.bound is not None or bool(self.parties)


@dataclass(frozen=True, slots=True)
class Duty:
    """One pair of a separation of duties: ``kind`` is different_person, different_unit, same_person or same_unit."""

    kind: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document the process asks for. Without approvers it exists once attached."""

    id: str
    title: Text
    attached_by: tuple[str, ...]
    approved_by: tuple[str, ...]  # empty: exists once attached
    template: tuple[Part, ...]  # of the Word file that is made of it; empty: it is written elsewhere
    per: str | None  # a state path: sought anew at each entry
    seen_by: tuple[str, ...] = ()  # role ids; empty: all who see the case


@dataclass(frozen=True, slots=True)
class Setting:
    """A typed constant that a body may change. ``value``: a Term for terms, a map for options, a scalar else.

    ``terms``: the least and the most of a term, as those of numbers stand in ``kind``. ``must_have``: options that every body keeps.
    """

    id: str
    title: Text
    kind: DataType
    value: object
    basis: str | None
    terms: tuple[Term, Term] | None = None
    must_have: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """How staff open a case."""

    by: tuple[str, ...]
    form: Form | None
    requires: tuple[Requirement, ...]
    guard: Expression | None
    refuse: Refuse | None
    effects: Effects


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """How a case gets its number. ``per``: year, term or ever; ``at``: start, or the name of an action.

    ``by``: a choice whose options each have a series of their own.
    """

    series: str
    per: str | None  # year | term | ever
    format: str
    at: str  # start, or an action's name
    by: DataItem | None = None

    def named(self, option: str | None) -> tuple[str, str]:
        """Give the series of a case in which ``by`` holds an option, and its format with the option's title in it."""
        if self.by is None or option is None:
            return self.series, self.format.replace("{by}", "")
        title = next(iter((self.by.type.options or {}).get(option, {"": option}).values()))
        return f"{self.series}.{option}", self.format.replace("{by}", title.replace("{", "{{").replace("}", "}}"))


@dataclass(frozen=True, slots=True)
class Memory:
    """What a case must remember beyond counts, worked out by the loader so that a case row stays small.

    ``actors``: acts whose persons and units are kept (duties). ``recent``: act -> how many latest takings are kept (limits).
    ``since``: (act, state) pairs counted since that state was last entered. History is kept for ``histories``.
    """

    actors: frozenset[str]
    recent: Mapping[str, int]
    since: frozenset[tuple[str, str]]
    histories: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class ProcessDefinition:
    """One version of one workflow, proven well-formed. Shared by every case and every thread."""

    workflow: str
    version: int
    digest: str  # sha256 of the source text, hex
    title: Text
    languages: tuple[str, ...]
    calendar: str
    source: str  # the YAML text as published
    states: Mapping[str, State]  # by path, document order, ROOT first
    roles: Mapping[str, Role]
    duties: tuple[Duty, ...]
    data: Mapping[str, DataItem]
    documents: Mapping[str, Document]
    settings: Mapping[str, Setting]
    start: Start | None
    number: NumberSeries | None
    scope: Scope  # the typed environment of this definition's expressions
    memory: Memory
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)  # by full name
    parties: Mapping[str, PartyGroup] = field(default_factory=dict)  # by name, document order
    ballots: Mapping[str, Ballot] = field(default_factory=dict)  # by name, document order
    computed: tuple[str, ...] = ()  # items with `compute`, in an order in which each reads only earlier ones
    committed: frozenset[str] = frozenset()  # items whose values stand in events as salted commitments
    findable: frozenset[str] = frozenset()  # items by which queries find cases
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    groups: Mapping[str, ChildGroup] = field(default_factory=dict)  # groups of children by name
    links: Mapping[str, Link] = field(default_factory=dict)
    signals: Mapping[str, Signal] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    imports: Mapping[str, int] = field(default_factory=dict)  # the other workflows it was checked against -> their versions
    migration: MigrationBlock | None = None  # `migrate`: how cases of an older version come over
