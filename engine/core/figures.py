"""What one case adds to an indicator: a fact for each row that counts, as the trail tells of it at an instant.

Pure. A fact holds all that totals are made of, so totals ask no expression again. How long the facts of a case hold is told with them:
until its next event, or until the clock alone changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from dateutil.relativedelta import relativedelta

from engine.clock import Instant, parse_instant, rfc3339
from engine.core import periods
from engine.core.ballot_facts import COUNTED, SECTION, item_id
from engine.core.case import EMPTY, Draft
from engine.core.compiled import Process
from engine.core.ledger import Status
from engine.core.standing import unsealed
from engine.core.story import Stay, Story
from engine.core.tally import Cell as Papers
from engine.core.tally import decimal as written
from engine.core.tally import mean_of
from engine.core.view import CaseView, case_facts
from engine.definition import indicators as words
from engine.definition.ballots import Ballot
from engine.definition.calendars import Calendar
from engine.definition.expressions import EvaluationFailed, Expression, MissingData
from engine.definition.indicators import OUTCOME, ROW, Indicator
from engine.definition.periods import HOUR
from engine.definition.terms import Unit

OWED = frozenset({Status.MET, Status.LATE, Status.MISSED})


class Fact(NamedTuple):
    """One row that counts, or ``times`` rows that say the same.

    ``at``: when it happened; ``period`` and ``cell``: where it belongs, ``cell`` as the JSON list of what it is parted by. ``marks`` of a
    share: '1' or '0' for the condition, then for each denominator. ``value`` is what is measured, as text; None: it is not known.
    ``name`` tells rows apart that are ranked: the case, or the key of the row.
    """

    at: Instant
    period: str
    cell: str
    marks: str
    value: str | None
    name: str
    times: int


class Span(NamedTuple):
    """From when and until when facts hold, as far as is known; ``until`` None: until the next event."""

    since: Instant
    until: Instant | None


class Row(NamedTuple):
    """Something that counts: when it happened, what an expression sees of it (None: the case itself), how often it is there."""

    at: Instant
    seen: Any = None
    times: int = 1
    name: str = ""


class StoryView(CaseView):
    """What an expression of an indicator sees of a case: nobody acts, and the past is there to be asked."""

    __slots__ = ("_calendar", "_sealed", "_story", "_unit")

    def __init__(self, story: Story, process: Process, now: Instant) -> None:
        case = story.case
        self._story, self._calendar, self._unit = story, process.calendar, Unit.DAYS
        declared = process.definition.data.values()
        self._sealed = {each.id for each in declared if each.sealed_until and not unsealed(process, case, each.sealed_until)}
        super().__init__(
            process,
            Draft(case.snapshot),
            case.configuration,
            actor=EMPTY,
            case=case_facts(case, case.snapshot.get("origin", EMPTY).get("parent")),
            settings={**process.settings, **case.snapshot.get("settings", EMPTY)},
            data=self.opened(case.data),
            was=EMPTY,
            now=now,
            given={OUTCOME: case.outcome or ""},
        )

    def opened(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Leave out what is still sealed in this case: a figure must not give it away."""
        return {name: value for name, value in data.items() if name not in self._sealed} if self._sealed else data

    def counting(self, calendar: Calendar, unit: Unit | None) -> StoryView:
        """Have times counted on a calendar and in a unit."""
        self._calendar, self._unit = calendar, unit or Unit.DAYS
        return self

    def live(self, item: str) -> None:
        """Give nothing: what is asked anew with each look stands in no event until an act fixes it."""
        del item

    def count_since(self, act: str, state: str) -> int:
        """Say how many times an act was taken since a state was last entered."""
        found = self._draft.get("entered", state)
        keys = self._process.acts.get(act, ())
        return 0 if found is None else sum(each.key in keys and each.seq > found[1] for each in self._story.takings)

    def time_in(self, state: str) -> float | None:
        """Give how long a state was active, over all stays that have ended; None where there is none."""
        ended = [stay for stay in self._story.stays.get(state, ()) if stay.end is not None]
        return float(sum(lasted(stay, self._calendar, self._unit) for stay in ended)) if ended else None


class RowView(NamedTuple):
    """What an expression of an indicator sees of a registry beside `row`: the moment, and where a list is ranged over the row it is of."""

    now: Instant
    data: Mapping[str, Any]
    settings: Mapping[str, Any] = EMPTY


# --- facts ----------------------------------------------------------------------------------------------------------


def facts_of(story: Story, process: Process, indicators: Iterable[Indicator], calendar: Calendar, now: Instant) -> dict[str, list[Fact]]:
    """Give what a case adds to each indicator at an instant. ``process``: the version the case runs under."""
    view = StoryView(story, process, now)
    return {each.name: list(_facts(each, view, story, process, calendar, now)) for each in indicators}


def holds_for(story: Story, indicators: Iterable[Indicator], calendar: Calendar, now: Instant) -> Span:
    """Say how long the facts of a case hold around ``now``: nothing but its next event, a new day or a due instant changes them."""
    turns = set(_turns(story, indicators, calendar, now))
    return Span(
        since=max([story.case.updated_at, *(each for each in turns if each <= now)]),
        until=min((each for each in turns if each > now), default=None),
    )


def _turns(story: Story, indicators: Iterable[Indicator], calendar: Calendar, now: Instant) -> Iterator[Instant]:
    """Give the instants around ``now`` at which the clock alone may change a figure of this case."""
    overdue = False
    for each in indicators:
        overdue = overdue or each.over.kind == words.DEADLINE
        for expression in each.expressions:
            overdue = overdue or any(function == "overdue" for function, _ in expression.memory)
            if expression.reads_clock:
                today = calendar.local_date(now)
                yield from (calendar.midnight(today), calendar.midnight(today + timedelta(days=1)))
    if overdue:
        yield from (each.due for each in story.owed.values() if each.due is not None and each.status is Status.RUNNING)


def _facts(indicator: Indicator, view: StoryView, story: Story, process: Process, calendar: Calendar, now: Instant) -> Iterator[Fact]:
    if story.is_part and not indicator.parts:
        return
    view.counting(calendar, indicator.unit)
    for row in rows_of(indicator, view, story, process, now):
        given = view.given if row.seen is None else {**view.given, ROW: row.seen}
        found = fact(indicator, view, given, row._replace(name=row.name or story.case.id), calendar)
        if found is not None:
            yield found


def facts_of_rows(
    indicator: Indicator, rows: Iterable[tuple[Instant, Mapping[str, Any]]], calendar: Calendar, now: Instant
) -> Iterator[Fact]:
    """Give what rows of a registry add to an indicator, each with when it was added; or what the entries of a list of theirs do."""
    for added, kept in rows:
        view, name = RowView(now, kept), str(kept["id"])
        entries = kept.get(indicator.over.name, ()) if indicator.over.kind == words.DATA else (kept,)
        for seen in entries:
            found = fact(indicator, view, {ROW: seen}, Row(added, seen, name=name), calendar)
            if found is not None:
                yield found


def fact(indicator: Indicator, view: Any, given: Mapping[str, Any], row: Row, calendar: Calendar) -> Fact | None:
    """Give what one row adds to an indicator, None if it does not count. A row of which `on` is not known counts when it came."""
    if indicator.where is not None and not _holds(indicator.where, view, given):
        return None
    at = None if indicator.on is None else _value(indicator.on, view, given)
    at = row.at if at is None else at
    day = calendar.local_date(at)
    if indicator.since is not None and day < indicator.since:
        return None
    return Fact(
        at=at,
        period=periods.name_of(indicator.per, day),
        cell=orjson.dumps([_value(part.value, view, given) for part in indicator.by]).decode(),
        marks=_marks(indicator, view, given),
        value=_measured(indicator, view, given),
        name=row.name if indicator.measure == words.RANK else "",
        times=row.times,
    )


def _marks(indicator: Indicator, view: Any, given: Mapping[str, Any]) -> str:
    if indicator.measure != words.SHARE or indicator.value is None:
        return ""
    conditions = (indicator.value, *indicator.of.values())
    return "".join("1" if each is None or _holds(each, view, given) else "0" for each in conditions)


def _measured(indicator: Indicator, view: Any, given: Mapping[str, Any]) -> str | None:
    if indicator.measure in {words.COUNT, words.SHARE} or indicator.value is None:
        return ""
    value = _value(indicator.value, view, given)
    if value is None:
        return None
    return orjson.dumps(value).decode() if indicator.measure == words.DISTINCT else str(value)


def _holds(expression: Expression, view: Any, given: Mapping[str, Any]) -> bool:
    """Say whether a condition is true; one that reads what is empty is not."""
    return _value(expression, view, given) is True


def _value(expression: Expression, view: Any, given: Mapping[str, Any]) -> Any:
    try:
        return expression.evaluate(view, given)
    except (MissingData, EvaluationFailed):
        return None


# --- rows -----------------------------------------------------------------------------------------------------------


def rows_of(indicator: Indicator, view: StoryView, story: Story, process: Process, now: Instant) -> Iterator[Row]:
    """Give what an indicator ranges over in one case."""
    name, opened = indicator.over.name, story.case.opened_at
    match indicator.over.kind:
        case words.CASES:
            yield Row(opened)
        case words.ACT:
            keys = process.acts.get(name, ())
            for each in story.takings:
                if each.key in keys:
                    yield Row(each.at, {"at": rfc3339(each.at), "actor": each.actor, "data": view.opened(each.data)})
        case words.DEADLINE:
            yield from _deadlines(story, process, name, now)
        case words.BALLOT:
            yield from _papers(story, process, name)
        case words.CHILDREN | words.LINKS:
            others = view.children if indicator.over.kind == words.CHILDREN else view.links
            for other in others.get(name, ()):
                yield Row(instant_of(other.get("opened_at"), opened), other, name=other["key"] or other["number"] or other["id"])
        case _:
            for entry in view.data.get(name, ()):
                at = entry.get("at") if isinstance(entry, Mapping) else None
                yield Row(instant_of(at, opened), entry)


def instant_of(value: Any, otherwise: Instant) -> Instant:
    """Read when something happened, where it is known."""
    if isinstance(value, int):
        return value
    return parse_instant(value) if isinstance(value, str) and value else otherwise


def _deadlines(story: Story, process: Process, name: str, now: Instant) -> Iterator[Row]:
    """Give the deadlines of a name that were met or missed, or are past due: what was owed by now."""
    declared = process.definition.deadlines.get(name)
    for each in story.owed.values():
        if each.name != name or each.due is None or (declared is not None and declared.timer):
            continue
        if each.status in OWED or each.is_past(now):
            seen = {"status": each.status.value, "met": each.status is Status.MET, "due": rfc3339(each.due), "party": each.party}
            yield Row(each.due, {**seen, "period": each.period}, name=each.party)


def _papers(story: Story, process: Process, name: str) -> Iterator[Row]:
    """Give the papers of the ballots that are closed, those together that say the same. Before that nothing of one can be read."""
    for ballot in process.definition.ballots.values():
        kept = story.case.snapshot.get(SECTION, EMPTY).get(ballot.name)
        if kept is None or "closed" not in kept or name not in {"", ballot.name}:
            continue
        items = [item_id(item, number) for number, item in enumerate(kept["items"])]
        counted = (
            (key.removeprefix(f"{ballot.name}@"), sheet["cell"])
            for key, sheet in story.case.snapshot.get(COUNTED, EMPTY).items()
            if key.startswith(f"{ballot.name}@")
        )
        for where, cell in (*kept["box"].items(), *counted):
            mode, _, number = where.partition("@")
            seen = {"ballot": ballot.name, "mode": mode, "item": items[int(number)]}
            for paper, times in _alike(ballot, Papers.from_json(cell)):
                yield Row(kept["closed"], {**seen, **paper}, times)


def _alike(ballot: Ballot, papers: Papers) -> Iterator[tuple[dict[str, Any], int]]:
    if papers.grades:
        for grade, times in papers.grades.items():
            value = ballot.values.get(grade)
            yield {"valid": True, "grade": grade, **({} if value is None else {"points": str(value)})}, times
    elif papers.valid:
        mean = mean_of(ballot, papers)
        yield {"valid": True, **({} if mean is None else {"points": written(mean)})}, papers.valid
    if papers.blank + papers.invalid:
        yield {"valid": False}, papers.blank + papers.invalid


# --- time -----------------------------------------------------------------------------------------------------------


def lasted(stay: Stay, calendar: Calendar, unit: Unit) -> Decimal:
    """Give how long a stay lasted. Hours run; all else counts days, of which that of the beginning does not count."""
    assert stay.end is not None
    if unit is Unit.HOURS:
        return Decimal(stay.end - stay.begin) / HOUR
    begin, end = calendar.local_date(stay.begin), calendar.local_date(stay.end)
    match unit:
        case Unit.WORKING_DAYS:
            return Decimal(calendar.count_working_days(begin.toordinal(), end.toordinal()))
        case Unit.WEEKS:
            return Decimal((end - begin).days) / 7
        case Unit.MONTHS:
            return _months(begin, end)
        case Unit.YEARS:
            return _months(begin, end) / 12
        case _:
            return Decimal((end - begin).days)


def _months(begin: date, end: date) -> Decimal:
    """Give the whole months, and the days that are left as a part of the month they lie in."""
    whole = relativedelta(end, begin)
    months = whole.years * 12 + whole.months
    last, following = begin + relativedelta(months=months), begin + relativedelta(months=months + 1)
    return months + Decimal((end - last).days) / (following - last).days
