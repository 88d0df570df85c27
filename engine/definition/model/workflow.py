"""A whole workflow, and a registry."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.definition.model.declarations import CelOrMap, DataItem, Document, Duty, Link, NamedRole, Number, Setting, Signal, Start
from engine.definition.model.shapes import BY_FORM, ID, OTHER, TEXT, Cel, Dotted, Id, Language, Many, OneOrMany, Roles, Shape, Text, Word
from engine.definition.model.states import Anywhere, Reopen, State, inner_states
from engine.definition.model.timing import Schedule

Scope = Annotated[
    str,
    Word(
        rf"cases|ballot|(act|attendance|ballot|deadline|children|links|data)\.{ID}(\.{ID})*",
        "cases, or act., attendance., ballot., deadline., children., links. or data. with a name",
    ),
]
CelOrList = Annotated[Annotated[Cel, TEXT] | Annotated[Many[Cel], OTHER], BY_FORM]
MEASURES = ("count", "share", "sum", "mean", "rank", "distinct", "percentile")


class Quota(Shape):
    """`quota` of an indicator."""

    at_least: Any
    pace: Literal["linear", "schedule"] | None = None
    warn: Roles = ()

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is a number, a setting, or one of them for each value of `by`."""
        if not (
            _is_amount(self.at_least)
            or (isinstance(self.at_least, dict) and self.at_least and all(_is_amount(each) for each in self.at_least.values()))
        ):
            yield "at_least", "expected `at_least` to be a number, a setting like 'settings.least', or a map of them"


def _is_amount(value: Any) -> bool:
    return (isinstance(value, int | Decimal) and not isinstance(value, bool)) or (isinstance(value, str) and value.startswith("settings."))


class Indicator(Shape):
    """`indicators.X`: one measure."""

    title: Text | None = None
    count: Scope | None = None
    share: Cel | None = None
    sum: Cel | None = None
    mean: Cel | None = None
    rank: Cel | None = None
    distinct: Cel | None = None
    percentile: Cel | None = None
    over: Scope | None = None
    of: CelOrMap | None = None
    at: Many[int | Decimal] | None = None
    unit: Literal["hours", "days", "weeks", "months", "years", "working days"] | None = None
    where: Cel | None = None
    by: CelOrList | None = None
    per: Literal["day", "week", "month", "quarter", "half_year", "year", "term"] | None = None
    from_: str | None = Field(None, alias="from")
    shown_as: Literal["at_least", "about"] | None = None
    quota: Quota | None = None
    parts: bool = False

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that there is one measure, with the keys that belong to it."""
        given = [key for key in MEASURES if getattr(self, key) is not None]
        if len(given) != 1:
            yield (given[1] if given else ""), f"expected exactly one measure ({', '.join(MEASURES)}), got {' and '.join(given) or 'none'}"
        if self.of is not None and self.share is None:
            yield "of", "`of` needs `share`: it is the denominator"
        if self.count is not None and self.over is not None:
            yield "over", "`count` says itself what is counted; leave `over` out"
        for key in ("at", "unit"):
            if getattr(self, key) is not None and self.percentile is None:
                yield key, f"`{key}` needs `percentile`"


class Migrate(Shape):
    """`migrate`: how running cases of an older version come over."""

    from_: int = Field(alias="from")
    states: dict[Dotted, Dotted] = Field(default_factory=dict)
    data: dict[Id, Cel] = Field(default_factory=dict)
    deadlines: dict[Dotted, Literal["keep", "recompute", "remaining", "restart"]] = Field(default_factory=dict)


class Workflow(Shape):
    """A workflow file."""

    workflow: Id
    version: int = Field(ge=1)
    title: Text
    language: OneOrMany[Language] = Field(("zh-CN",), min_length=1)
    calendar: Id
    settings: dict[Id, Setting] = Field(default_factory=dict)
    lists: dict[Id, dict[Id, Text]] = Field(default_factory=dict)
    number: Number | None = None
    roles: dict[Id, NamedRole]
    duties: Many[Duty] = ()
    data: dict[Id, DataItem] = Field(default_factory=dict)
    documents: dict[Id, Document] = Field(default_factory=dict)
    links: dict[Id, Link] = Field(default_factory=dict)
    signals: dict[Id, Signal] = Field(default_factory=dict)
    schedules: dict[Id, Schedule] = Field(default_factory=dict)
    start: Start | None = None
    owner: Roles | None = None
    initial: Id | None = None
    states: dict[Id, State] = Field(default_factory=dict)
    regions: dict[Id, State] = Field(default_factory=dict)
    anywhere: Anywhere | None = None
    reopen: dict[Id, Reopen] = Field(default_factory=dict)
    indicators: dict[Id, Indicator] = Field(default_factory=dict)
    migrate: Migrate | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that there are states, and that a case ends in one of them with an outcome."""
        yield from inner_states(self.initial, self.states, self.regions)
        if not self.states and not self.regions:
            yield "", "missing key `states`"
        for name, state in self.states.items():
            if state.final and state.outcome is None:
                yield "states", f"missing key `outcome` in `{name}`: a final state of the top level says how the case ended"


class Registry(Shape):
    """A registry file: rows instead of cases."""

    registry: Id
    title: Text
    key: Id
    fields: dict[Id, DataItem] = Field(min_length=1)
    kept_by: Roles
    ledger: bool = False
    indicators: dict[Id, Indicator] = Field(default_factory=dict)

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the key is a field."""
        if self.key not in self.fields:
            yield "key", f"expected `key` to be one of the fields ({', '.join(self.fields)}), got {self.key!r}"
