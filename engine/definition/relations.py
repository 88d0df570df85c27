"""What a case has to do with other cases: children, links, signals. Frozen and resolved, like all of a definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.definition.datatypes import DataItem, DataType

if TYPE_CHECKING:
    from engine.definition.expressions import Expression
    from engine.definition.process import Text

Given = tuple[tuple[str, "Expression"], ...]
"""What another case is given: its data item, or what a signal carries, and the expression that says its value."""


@dataclass(frozen=True, slots=True, eq=False)
class ChildGroup:
    """`children.X` of a state: one case of ``workflow`` for each row of ``for_each``.

    ``each`` is the type of a row, which ``key``, ``organisation`` and ``given`` read. ``copied``: items that go along under their own
    names. ``at``: the state the child starts in; it is then a part of this very matter. ``listed``: the data item that ``for_each``
    names, to which `add` adds. ``done_when`` is all, any, majority, or a condition.
    """

    name: str
    state: str
    title: Text
    workflow: str
    for_each: Expression
    each: DataType
    key: Expression
    organisation: Expression | None
    given: Given
    copied: tuple[str, ...]
    at: str | None
    read: tuple[DataItem, ...]
    done_when: Expression | str
    when_left: str
    listed: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """`links.X`: cases this one is tied to. ``read``: items that those tell this one."""

    name: str
    workflows: tuple[str, ...]
    inverse: str
    read: tuple[DataItem, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """`signals.X`: what cases of other workflows may tell this one, and what it carries."""

    name: str
    senders: tuple[str, ...]
    carries: Mapping[str, DataType]


# --- effects on other cases -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class OpenCase:
    """`open`: a case at the other end of a link."""

    link: str
    workflow: str
    given: Given


@dataclass(frozen=True, slots=True, eq=False)
class SendSignal:
    """`send`: a signal. ``to`` gives a case, a list of cases, or ids of cases; None: the parent. ``each``: an entry of ``for_each``."""

    signal: str
    to: Expression | None
    given: Given
    for_each: Expression | None
    each: DataType | None


@dataclass(frozen=True, slots=True)
class Picking:
    """`pick`: how many the actor chooses; None where all are meant."""

    least: int
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class CollectCases:
    """`collect`: cases that stand in one of ``states`` (None: they are tied in any state) and meet ``where`` are gathered."""

    link: str
    workflow: str
    states: tuple[str, ...] | None
    where: Expression | None
    picking: Picking | None


@dataclass(frozen=True, slots=True)
class ReleaseCases:
    """`release`: gathered cases are let go."""

    link: str
    picking: Picking | None


@dataclass(frozen=True, slots=True)
class OpenChildren:
    """The built-in act ``<group>.add``: a row more has come; those of its rows that have no running child get one."""

    group: str


@dataclass(frozen=True, slots=True)
class WaiveChild:
    """The built-in act ``<group>.waive``: the chosen child counts as done."""

    group: str


RelationEffect = OpenCase | SendSignal | CollectCases | ReleaseCases | OpenChildren | WaiveChild
