"""When: deadlines with their rungs and extensions, and schedules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from engine.definition.model.declarations import Basis
from engine.definition.model.shapes import ID, Cel, Dotted, Hour, Id, Many, OneOrMany, Roles, Shape, TermOrSetting, Text, Word, expected
from engine.definition.model.steps import Effects, ReasonWanted
from engine.definition.recurrences import parse_recurrence
from engine.definition.rung_times import parse_rung_time

CatchUp = Literal["all", "last", "record"]
RestDay = Annotated[str, Word(rf"keep|next|previous|skip|settings\.{ID}", "keep, next, previous, skip or a setting")]


def _recurrence(value: Any) -> Any:
    if isinstance(value, str):
        try:
            parse_recurrence(value)
        except ValueError as error:
            raise PydanticCustomError("model.value", "{reason}", {"reason": str(error)}) from None
    return value


RRULE_SCHEMA = {
    "type": "string",
    "pattern": r"^(?=.*FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY))[A-Z]+=[-+A-Z0-9,]+(?:;[A-Z]+=[-+A-Z0-9,]+)*$",
    "examples": ["FREQ=WEEKLY;BYDAY=FR", "FREQ=MONTHLY;BYMONTHDAY=25", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"],
}
Rrule = Annotated[str, BeforeValidator(_recurrence), WithJsonSchema(RRULE_SCHEMA)]


def _rung_time(value: Any) -> Any:
    try:
        parse_rung_time(value if isinstance(value, str) else str(value))
    except ValueError as error:
        raise expected(str(error)) from None
    return value


RUNG_TIME_SCHEMA = {
    "type": "string",
    "pattern": r"^(?:start|due|(?:[1-9][0-9]?|100) ?%|(?:[0-9]{1,9} +(?:working )?[a-z]+|P[0-9A-Z]+) (?:before|after))$",
    "examples": ["80 %", "due", "3 working days before", "5 working days after"],
}


class Rung(Effects):
    """One rung of a deadline."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    at: Annotated[str, BeforeValidator(_rung_time), WithJsonSchema(RUNG_TIME_SCHEMA)] = Field(
        description="When: start, 80 %, 3 working days before, due, 1 month after."
    )
    escalate: Id | None = Field(None, description="The role that gets a task one level up; the state stays.")
    act: Dotted | None = Field(None, description="An action of this state that the clock then takes.")


class Extend(Shape):
    """`extend`: a longer term, granted by somebody."""

    by: Roles = Field(description="Who grants it.")
    asked_by: Roles | None = Field(None, description="Who asks for it first.")
    up_to: TermOrSetting | None = Field(None, description="The longest term, counted from the original start.")
    add: TermOrSetting | None = Field(None, description="A term added to the nominal due day.")
    at_most: int = Field(1, ge=1, description="How often.")
    reason: ReasonWanted | None = Field(None, description="Whether a reason is asked for.")
    before_due: bool = Field(False, description="Whether it must be asked for before the due instant.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the new term is counted in one way."""
        if (self.up_to is None) == (self.add is None):
            yield "up_to", "expected exactly one of `up_to` and `add`"


class Closes(Shape):
    """`closes` of a ballot: the first two groups of a deadline."""

    within: TermOrSetting | None = Field(
        None, description="A term from `from` or from the entry: 15 working days, 3 months, 48 hours, settings.X."
    )
    from_: Cel | None = Field(None, alias="from", description="Where the term begins; by default when the state is entered.")
    until: Cel | None = Field(None, description="A date.")
    lead: TermOrSetting | None = Field(None, description="Counted back from `until`.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that one group of keys says when."""
        yield from _one_group(self, ("within", "until"))
        if self.from_ is not None and self.within is None:
            yield "from", "`from` needs `within`: it is where that term begins"
        if self.lead is not None and self.until is None:
            yield "lead", "`lead` needs `until`: it is counted back from there"


class Deadline(Closes):
    """`deadlines.X`."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    rrule: Rrule | None = Field(None, description="A recurrence of RFC 5545: a period ends at each occurrence.")
    rest_day: RestDay | None = Field(None, description="Where an occurrence goes that is a rest day.")
    hour: Hour | None = Field(None, description="When the last day ends, like '17:30'; by default the calendar's closing hour.")
    basis: Basis | None = Field(
        None, description="Where the number comes from: this very process's source, a written rule, or nobody but us."
    )
    guard: Cel | None = Field(None, description="Armed only if this holds.")
    timer: bool = Field(False, description="A time at which something happens and nobody is late.")
    met_by: Dotted | None = Field(None, description="The act that meets it; by default leaving the state.")
    paused_in: OneOrMany[Dotted] = Field((), description="States in which the clock stands.")
    reentry: Literal["restart", "continue"] = Field("restart", description="Whether a new stay begins a new term or uses up the rest.")
    catch_up: CatchUp = Field("all", description="Which missed rungs fire after the service stood still.")
    extend: Extend | None = Field(None, description="A longer term, granted by somebody.")
    rungs: Many[Rung] = Field((), description="Who is reminded, what is escalated, and when.")

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
        if self.rrule is not None and self.extend is not None:
            yield "extend", "`extend` and `rrule` exclude each other: a period ends when the rule says, and what comes later is late"
        if self.rrule is not None and self.reentry == "continue":
            yield "reentry", "`reentry: continue` and `rrule` exclude each other: a rule has no term that a new stay could use up"
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

    rrule: Rrule = Field(description="A recurrence of RFC 5545.")
    hour: Hour | None = Field(None, description="At what time of the day.")
    rest_day: RestDay = Field("keep", description="Where an occurrence goes that is a rest day.")
    lead: TermOrSetting | None = Field(None, description="How long before the occurrence the case is opened.")
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with", description="What the case is opened with; reads `occurrence`.")
    catch_up: CatchUp = Field("last", description="Which missed occurrences are opened after the service stood still.")


def _one_group(shape: Shape, keys: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    given = [key for key in keys if getattr(shape, key) is not None]
    if len(given) != 1:
        names = ", ".join(f"`{key}`" for key in keys)
        yield (given[1] if given else ""), f"expected exactly one of {names}, got {' and '.join(given) or 'none'}"
