"""Indicators and their figures: what is asked, and how it is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.common import Answered, Asked, Id, Moment

DayOrTime = Annotated[str, StringConstraints(min_length=10, max_length=40)]


class IndicatorAsked(Asked):
    """Over which time the figures are, and as of when they are told."""

    start: DayOrTime | None = Field(None, alias="from", description="the first day, or a time; without it the period is not given")
    end: DayOrTime | None = Field(None, alias="to", description="the last day, which counts in; or a time, which does not")
    as_of: DayOrTime | None = Field(None, description="as the trail stood at this time, or at the end of this day; without it: now")
    workflow: Id | None = Field(None, description="of this workflow alone")


class PartedBy(Answered):
    """What figures are parted by."""

    expression: str
    title: str


class QuotaSet(Answered):
    """What is to be reached; under the empty key, or for each value of `by`."""

    at_least: dict[str, str]
    pace: Literal["linear", "schedule"] | None
    warn: list[str]


class IndicatorListed(Answered):
    """An indicator of a workflow, by the version in force, or of a registry, which `workflow` then names."""

    workflow: str
    workflow_title: str
    version: int
    key: str
    title: str
    measure: Literal["count", "share", "sum", "mean", "rank", "distinct", "percentile"]
    over: str
    per: Literal["day", "week", "month", "quarter", "half_year", "year", "term"] | None
    unit: str | None
    shown_as: Literal["at_least", "about"] | None
    by: list[PartedBy]
    denominators: list[str] = Field(description="the names of what a share is a share of; one without a name is empty")
    quota: QuotaSet | None


class IndicatorList(Answered):
    """The indicators you may ask for."""

    indicators: list[IndicatorListed]


class CellValue(Answered):
    """One value of what a figure is parted by; null where it is not known."""

    value: Any
    label: str


class RankPlace(Answered):
    """A place of a ranking. `name` is the case, or the key of the row; `number` that of the case, if it has one."""

    place: int
    name: str
    number: str | None
    value: str


class QuotaReached(Answered):
    """Where a figure stands: what the whole period asks for, what was to be expected by now, whether it falls behind."""

    at_least: str
    expected: str
    behind: bool


class FigureSeen(Answered):
    """One figure. `shown` is for people; a bound is shown as one. `left_out`: rows in which what is measured is not known."""

    period: str | None
    by: list[CellValue]
    of: str | None = Field(description="which denominator")
    at: str | None = Field(description="which percentile")
    value: int | str | None
    numerator: int | str | None
    denominator: int | None
    left_out: int
    shown: str
    places: list[RankPlace] | None = None
    quota: QuotaReached | None = None


class IndicatorFigures(IndicatorListed):
    """The figures of one indicator. `from` is null where no period is given; `to` does not count in."""

    start: Moment | None = Field(alias="from")
    end: Moment | None = Field(alias="to")
    as_of: Moment
    zone: str = Field(description="the zone of the calendar by which days are told apart")
    figures: list[FigureSeen]
    whole: list[FigureSeen] = Field(description="all of it together, where it is parted")


class FigureAnswer(Answered):
    """The figures of every workflow that has an indicator of this key. What is counted apart is never added together."""

    key: str
    as_of: Moment
    indicators: list[IndicatorFigures]
