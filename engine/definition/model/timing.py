"""When: deadlines with their rungs and extensions, and schedules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.definition.model.declarations import Basis
from engine.definition.model.shapes import ID, Cel, Dotted, Hour, Id, Many, OneOrMany, Roles, Shape, TermOrSetting, Text, Word, expected
from engine.definition.model.steps import Effects, ReasonWanted
from engine.definition.rung_times import parse_rung_time

CatchUp = Literal["all", "last", "record"]
RestDay = Annotated[str, Word(rf"keep|next|previous|skip|settings\.{ID}", "keep, next, previous, skip or a setting")]
Rrule = Annotated[str, Word(r"FREQ=[A-Z]+(;[A-Z]+=[-+A-Z0-9,]+)*", "a recurrence of RFC 5545 like 'FREQ=WEEKLY;BYDAY=FR'")]


def _rung_time(value: Any) -> Any:
    try:
        parse_rung_time(value if isinstance(value, str) else str(value))
    except ValueError as error:
        raise expected(str(error)) from None
    return value


class Rung(Effects):
    """One rung of a deadline."""

    title: Text | None = None
    at: Annotated[str, BeforeValidator(_rung_time)]
    escalate: Id | None = None
    act: Dotted | None = None


class Extend(Shape):
    """`extend`: a longer term, granted by somebody."""

    by: Roles
    asked_by: Roles | None = None
    up_to: TermOrSetting | None = None
    add: TermOrSetting | None = None
    at_most: int = Field(1, ge=1)
    reason: ReasonWanted | None = None
    before_due: bool = False

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the new term is counted in one way."""
        if (self.up_to is None) == (self.add is None):
            yield "up_to", "expected exactly one of `up_to` and `add`"


class Closes(Shape):
    """`closes` of a ballot: the first two groups of a deadline."""

    within: TermOrSetting | None = None
    from_: Cel | None = Field(None, alias="from")
    until: Cel | None = None
    lead: TermOrSetting | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that one group of keys says when."""
        yield from _one_group(self, ("within", "until"))
        if self.from_ is not None and self.within is None:
            yield "from", "`from` needs `within`: it is where that term begins"
        if self.lead is not None and self.until is None:
            yield "lead", "`lead` needs `until`: it is counted back from there"


class Deadline(Closes):
    """`deadlines.X`."""

    title: Text | None = None
    rrule: Rrule | None = None
    rest_day: RestDay | None = None
    hour: Hour | None = None
    basis: Basis | None = None
    guard: Cel | None = None
    timer: bool = False
    met_by: Dotted | None = None
    paused_in: OneOrMany[Dotted] = ()
    reentry: Literal["restart", "continue"] = "restart"
    catch_up: CatchUp = "all"
    extend: Extend | None = None
    rungs: Many[Rung] = ()

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that one group of keys says when, and that rungs are told apart by their times."""
        yield from _one_group(self, ("within", "until", "rrule"))
        if self.from_ is not None and self.within is None:
            yield "from", "`from` needs `within`: it is where that term begins"
        if self.lead is not None and self.until is None:
            yield "lead", "`lead` needs `until`: it is counted back from there"
        if self.rest_day is not None and self.rrule is None:
            yield "rest_day", "`rest_day` needs `rrule`: other deadlines are rolled by the rule of periods"
        if self.rrule is not None and self.met_by is None:
            yield "rrule", "missing key `met_by`: with `rrule` it says what meets the oldest open period"
        if self.timer and self.met_by is not None:
            yield "met_by", "`met_by` and `timer` exclude each other: nobody can be late for a timer"
        if self.timer and self.extend is not None:
            yield "extend", "`extend` and `timer` exclude each other"
        seen: set[str] = set()
        for rung in self.rungs:
            if (when := parse_rung_time(rung.at).text) in seen:
                yield "rungs", f"two rungs stand at '{when}'; `at` is what tells them apart: give one rung both effects"
            seen.add(when)


class Schedule(Shape):
    """`schedules.X`: opens cases of this workflow."""

    rrule: Rrule
    hour: Hour | None = None
    rest_day: RestDay = "keep"
    lead: TermOrSetting | None = None
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with")
    catch_up: CatchUp = "last"


def _one_group(shape: Shape, keys: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    given = [key for key in keys if getattr(shape, key) is not None]
    if len(given) != 1:
        names = ", ".join(f"`{key}`" for key in keys)
        yield (given[1] if given else ""), f"expected exactly one of {names}, got {' and '.join(given) or 'none'}"
