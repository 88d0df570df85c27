"""A whole workflow, a registry, and a preset of settings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.definition.model.declarations import Basis, CelOrMap, DataItem, Document, Duty, Link, NamedRole, Number, Setting, Signal, Start
from engine.definition.model.shapes import BY_FORM, ID, OTHER, TEXT, Cel, Dotted, Id, Language, Many, OneOrMany, Roles, Shape, Text, Word
from engine.definition.model.states import Anywhere, Reopen, State, inner_states
from engine.definition.model.timing import Schedule

Scope = Annotated[
    str,
    Word(
        rf"cases|rows|ballot|(act|attendance|ballot|deadline|children|links|data)\.{ID}(\.{ID})*",
        "cases, rows (of a registry), or act., attendance., ballot., deadline., children., links. or data. with a name",
    ),
]
CelOrList = Annotated[Annotated[Cel, TEXT] | Annotated[Many[Cel], OTHER], BY_FORM]
MEASURES = ("count", "share", "sum", "mean", "rank", "distinct", "percentile")


class Quota(Shape):
    """`quota` of an indicator."""

    at_least: Any = Field(description="A number, a setting, or one for each value of `by`.")
    pace: Literal["linear", "schedule"] | None = Field(None, description="How much of it is expected by now.")
    warn: Roles = Field((), description="Who is told when it falls behind.")

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

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    count: Scope | None = Field(None, description="How many of these: cases, act.X, children.X …")
    share: Cel | None = Field(None, description="Which part of them this holds for.")
    sum: Cel | None = Field(None, description="The sum of this.")
    mean: Cel | None = Field(None, description="The mean of this.")
    rank: Cel | None = Field(None, description="Their order by this; equal values share a place.")
    distinct: Cel | None = Field(None, description="How many different values of this.")
    percentile: Cel | None = Field(None, description="The percentiles of this.")
    over: Scope | None = Field(None, description="What is ranged over; cases by default.")
    of: CelOrMap | None = Field(None, description="The denominator of a share, or several by name.")
    at: Many[int | Decimal] | None = Field(None, description="Which percentiles, like [50, 90].")
    unit: Literal["hours", "days", "weeks", "months", "years", "working days"] | None = Field(None, description="The unit of a time.")
    where: Cel | None = Field(None, description="Which of them.")
    by: CelOrList | None = Field(None, description="Grouped by this, or by several.")
    on: Cel | None = Field(None, description="On which day a row counts; a case by default when it was opened, an act when it was taken …")
    per: Literal["day", "week", "month", "quarter", "half_year", "year", "term"] | None = Field(
        None, description="One figure for each period."
    )
    from_: str | None = Field(None, alias="from", description="Counted from this day.")
    shown_as: Literal["at_least", "about"] | None = Field(None, description="How an uncertain figure is shown.")
    quota: Quota | None = Field(None, description="What should be reached.")
    parts: bool = Field(False, description="Whether parts of a divided matter count too.")

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

    from_: int = Field(alias="from", description="The version they come from.")
    states: dict[Dotted, Dotted] = Field(default_factory=dict, description="Old state -> new state.")
    data: dict[Id, Cel] = Field(default_factory=dict, description="New data item -> expression.")
    deadlines: dict[Dotted, Literal["keep", "recompute", "remaining", "restart"]] = Field(
        default_factory=dict, description="Deadline, or default -> what becomes of it."
    )


class Workflow(Shape):
    """A workflow file."""

    workflow: Id = Field(description="The workflow's id; it never changes.")
    version: int = Field(ge=1, le=999_999, description="Raised with every change, also of a label.")
    title: Text = Field(description="What staff see; a text or one for each language.")
    language: OneOrMany[Language] = Field(
        ("zh-CN",), min_length=1, description="The languages its texts are to be in; the first is that of plain texts."
    )
    calendar: Id = Field(description="The calendar of the body: working days, zone, closing hour.")
    settings: dict[Id, Setting] = Field(default_factory=dict, description="What a body may change without a new version.")
    lists: dict[Id, dict[Id, Text]] = Field(default_factory=dict, description="Closed lists, shared by choice and tags: id -> options.")
    number: Number | None = Field(None, description="The number a case gets.")
    roles: dict[Id, NamedRole] = Field(description="Who takes part: id -> text, or title with `bound` or `superior_of`.")
    duties: Many[Duty] = Field((), description="Separation of duties over the whole case.")
    data: dict[Id, DataItem] = Field(default_factory=dict, description="What a case knows: id -> item.")
    documents: dict[Id, Document] = Field(default_factory=dict, description="Papers that acts require: id -> who hands in, who approves.")
    links: dict[Id, Link] = Field(default_factory=dict, description="Cases this one is tied to.")
    signals: dict[Id, Signal] = Field(default_factory=dict, description="What other cases may tell this one.")
    schedules: dict[Id, Schedule] = Field(default_factory=dict, description="Cases that open by themselves.")
    start: Start | None = Field(
        None, description="Who opens a case, and what is filled in. Without it only other cases and schedules open it."
    )
    owner: Roles | None = Field(None, description="In whose inbox a case lies unless a state says otherwise.")
    initial: Id | None = Field(None, description="The state in which a case begins.")
    states: dict[Id, State] = Field(default_factory=dict, description="The steps a case goes through.")
    regions: dict[Id, State] = Field(default_factory=dict, description="Parts that run in parallel from the beginning.")
    anywhere: Anywhere | None = Field(None, description="What holds in every state that is not final.")
    reopen: dict[Id, Reopen] = Field(default_factory=dict, description="The only way out of a final state.")
    indicators: dict[Id, Indicator] = Field(default_factory=dict, description="Figures over all cases.")
    migrate: Migrate | None = Field(None, description="How running cases of an older version come over.")

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

    registry: Id = Field(description="The registry's id; it never changes.")
    title: Text = Field(description="What staff see; a text or one for each language.")
    language: OneOrMany[Language] = Field(
        ("zh-CN",), min_length=1, description="The languages its texts are to be in; the first is that of plain texts."
    )
    calendar: Id | None = Field(None, description="The calendar whose days `today` counts; not needed where the body has one only.")
    key: Id = Field(description="The field that tells rows apart.")
    fields: dict[Id, DataItem] = Field(min_length=1, description="The fields of a row: id -> item.")
    kept_by: Roles = Field(min_length=1, description="Who keeps it: adds, changes, corrects and retires rows.")
    seen_by: Roles = Field((), description="Who else may look at it; 'anyone' is everybody of the body who may sign in.")
    ledger: bool = Field(False, description="Whether rows are only added and corrected, never changed.")
    indicators: dict[Id, Indicator] = Field(default_factory=dict, description="Figures over its rows.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the key is a field."""
        if self.key not in self.fields:
            yield "key", f"expected `key` to be one of the fields ({', '.join(self.fields)}), got {self.key!r}"


class Preset(Shape):
    """A preset: what one body, or the rule of one place, chooses for the settings of a workflow."""

    preset: Id = Field(description="The preset's id.")
    workflow: Id = Field(description="The workflow whose settings these are.")
    title: Text = Field(description="What staff see; a text or one for each language.")
    language: OneOrMany[Language] = Field(
        ("zh-CN",), min_length=1, description="The languages its texts are to be in; the first is that of plain texts."
    )
    basis: Basis = Field(description="Where the values come from: this very process's source, a written rule, or nobody but us.")
    settings: dict[Id, Any] = Field(description="Setting -> value; those that are left out have the workflow's default.")
