"""`indicators`: figures over the cases of a workflow, or the rows of a registry. What is counted, parted by what, what is to be reached.

What is counted are rows: a case, the taking of an act, an entry of an attendance, a paper of a ballot, a deadline that has come, a
child, the other end of a link, a row of a list. Expressions see the case, and where it is not the case itself that counts, its `row`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.definition.process import Text
from engine.definition.terms import Unit

if TYPE_CHECKING:
    from engine.definition.expressions import Expression

ROWS, CASES, ACT, ATTENDANCE, BALLOT, DEADLINE, CHILDREN, LINKS, DATA = (
    "rows",
    "cases",
    "act",
    "attendance",
    "ballot",
    "deadline",
    "children",
    "links",
    "data",
)
COUNT, SHARE, SUM, MEAN, RANK, DISTINCT, PERCENTILE = "count", "share", "sum", "mean", "rank", "distinct", "percentile"
ROW, OUTCOME = "row", "outcome"
ALL = ""
"""The name of a denominator that has none."""

YES_NO: Mapping[str, Text] = {"true": {"zh-CN": "是", "en": "yes"}, "false": {"zh-CN": "否", "en": "no"}}


@dataclass(frozen=True, slots=True)
class Over:
    """What is ranged over: its ``kind``, and the ``name`` of the act, deadline, list … in full; no name for cases and all ballots."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the things an indicator is parted by. ``options``: all values there are, if that is a closed list."""

    text: str
    title: Text
    value: Expression
    options: Mapping[str, Text] | None


@dataclass(frozen=True, slots=True)
class Quota:
    """What is to be reached: one number, or one for each value of `by`. ``pace``: linear, schedule or none; ``warn``: role ids."""

    at_least: Mapping[str, Decimal]  # ALL -> the one number
    pace: str | None
    warn: tuple[str, ...]
    settings: Mapping[str, str]  # of those numbers that a body may choose: the setting, whose default stands in ``at_least``

    def chosen(self, values: Mapping[str, Any]) -> Quota:
        """Give what a body has to reach that has chosen these values of settings."""
        own = {key: Decimal(str(values[name])) for key, name in self.settings.items() if name in values}
        return replace(self, at_least={**self.at_least, **own}) if own else self


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One indicator.

    ``value``: what is measured, a bool for `share`, nothing for `count`. ``of``: the denominators by name, None: all. ``on``: when a row
    happened, where that is not what its kind says. ``since``: the first day that counts. ``at``: percentiles. ``unit``: that of `time_in`.
    ``reads``: items of the case, or fields of the row, whose single values its figures give away.
    """

    name: str
    title: Text
    measure: str
    over: Over
    value: Expression | None
    of: Mapping[str, Expression | None]
    where: Expression | None
    by: tuple[Part, ...]
    on: Expression | None
    per: str | None
    since: date | None
    at: tuple[Decimal, ...]
    unit: Unit | None
    shown_as: str | None
    quota: Quota | None
    parts: bool
    reads: frozenset[str]

    def with_quota_of(self, chosen: Mapping[str, Any]) -> Indicator:
        """Give the same with the quota of a body that has chosen these values of settings."""
        quota = self.quota.chosen(chosen) if self.quota is not None else None
        return self if quota is self.quota else replace(self, quota=quota)

    @property
    def expressions(self) -> Iterator[Expression]:
        """Every expression of it."""
        found = (self.where, self.value, self.on, *self.of.values(), *(part.value for part in self.by))
        yield from (each for each in found if each is not None)
