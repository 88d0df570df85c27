"""What is read of indicators: which there are, and their figures over a time, as the trail stood at an instant.

A key may stand in several workflows, and each has its own figures: what is counted apart is never added together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core import periods
from engine.core.compiled import Process
from engine.core.quotas import Standing, standing
from engine.core.refusals import label
from engine.core.totals import Figure, Group, figures, whole
from engine.definition.calendars import Calendar
from engine.definition.indicators import RANK, SHARE, Indicator, Part
from engine.definition.terms import Unit
from engine.errors import InvalidInput, NotFound, NotInForce, Violation
from engine.runtime.application import Application
from engine.runtime.counting import Counting
from engine.runtime.people import Principal
from engine.store.definitions import list_versions
from engine.store.figures import not_holding, numbers_of, totals

Json = dict[str, Any]

BOUNDS = {"at_least": {"zh-CN": "不少于", "en": "at least"}, "about": {"zh-CN": "约", "en": "about"}}
UNITS = {
    Unit.HOURS: {"zh-CN": "小时", "en": "hours"},
    Unit.DAYS: {"zh-CN": "日", "en": "days"},
    Unit.WEEKS: {"zh-CN": "周", "en": "weeks"},
    Unit.MONTHS: {"zh-CN": "个月", "en": "months"},
    Unit.YEARS: {"zh-CN": "年", "en": "years"},
    Unit.WORKING_DAYS: {"zh-CN": "个工作日", "en": "working days"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Over which time figures are asked, and as of when.

    ``since`` and ``until`` are days, both included, or instants, of which the last is not; None leaves that side open. ``as_of``: a day
    (its end), an instant, or None: now.
    """

    since: date | Instant | None = None
    until: date | Instant | None = None
    as_of: date | Instant | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What `Asked` means on a calendar: instants, ``until`` not included."""

    since: Instant | None
    until: Instant | None
    as_of: Instant
    is_past: bool


class Figures:
    """Reads figures for one principal at a time. Safe to share between threads. Every method blocks; none may run on an event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._store, self._registry = application.store, application.registry
        self.counting = Counting(application)

    def indicators(self, principal: Principal, language: str) -> Json:
        """List the indicators that this reader may ask for, by workflow and in the order of the file."""
        found = [indicator_view(process, each, language) for process, each in self._open_to(principal)]
        return {"indicators": found}

    def figures(self, principal: Principal, key: str, asked: Asked, language: str, *, workflow: str | None = None) -> Json:
        """Give the figures of every indicator with a key. Raises NotFound, InvalidInput for a time that is yet to come."""
        open_to = list(self._open_to(principal))
        found = [(process, each) for process, each in open_to if each.name == key and workflow in {None, process.definition.workflow}]
        if not found:
            raise NotFound("indicator", key, {each.name for _, each in open_to})
        now = self._application.now()
        windows = [window_of(asked, process.calendar, now) for process, _ in found]
        views = [self._view(principal.org, *each, window, language) for each, window in zip(found, windows, strict=True)]
        return {"key": key, "as_of": rfc3339(windows[0].as_of), "indicators": views}

    def in_force(self, org: str) -> Iterator[Process]:
        """Give the version in force of each workflow, by name."""
        now = self._application.now()
        with self._store.read() as reader:
            workflows = sorted({row.workflow for row in list_versions(reader, org)})
        for workflow in workflows:
            try:
                yield self._registry.opening(org, workflow)(now)
            except NotInForce:
                continue

    def groups(self, org: str, process: Process, indicator: Indicator, window: Window) -> list[Group]:
        """Count what an indicator ranges over in a window."""
        workflow = process.definition.workflow
        self.counting.up_to_date(org, process, self._application.now())
        holding = window.as_of if window.is_past else None
        with self._store.read() as reader:
            rows = totals(reader, org, workflow, indicator.name, since=window.since, until=window.until, holding=holding)
            others = not_holding(reader, org, workflow, window.as_of) if window.is_past else []
        then = self.counting.facts_then(org, process, indicator, others, window.as_of)
        inside = (each for each in then if each.at >= (window.since or each.at) and each.at < (window.until or each.at + 1))
        return [*(Group(*row) for row in rows), *(Group(*each[1:]) for each in inside)]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _open_to(self, principal: Principal) -> Iterator[tuple[Process, Indicator]]:
        for process in self.in_force(principal.org):
            if principal.takes_part_in(process.definition):
                yield from ((process, each) for each in process.definition.indicators.values() if may_ask(principal, process, each))

    def _view(self, org: str, process: Process, indicator: Indicator, window: Window, language: str) -> Json:
        groups = self.groups(org, process, indicator, window)
        found = figures(indicator, groups, list(periods_shown(indicator, groups, window, process.calendar)))
        together = whole(indicator, groups) if indicator.measure != RANK and (indicator.by or indicator.per) else []
        numbers = self._numbers(org, process, indicator)
        reached = standing(process, indicator, found, process.calendar.local_date(window.as_of))
        first = first_instant(indicator, window, process.calendar)
        return {
            **indicator_view(process, indicator, language),
            "from": None if first is None else rfc3339(first),
            "to": None if window.until is None else rfc3339(window.until),
            "as_of": rfc3339(window.as_of),
            "figures": [figure_view(indicator, each, numbers, reached.get(place), language) for place, each in enumerate(found)],
            "whole": [figure_view(indicator, each, {}, None, language) for each in together],
        }

    def _numbers(self, org: str, process: Process, indicator: Indicator) -> Mapping[str, str]:
        if indicator.measure != RANK:
            return {}
        with self._store.read() as reader:
            return numbers_of(reader, org, process.definition.workflow)


# --- times ----------------------------------------------------------------------------------------------------------


def window_of(asked: Asked, calendar: Calendar, now: Instant) -> Window:
    """Read the times of a question on a calendar. Raises InvalidInput for those that are yet to come, or in the wrong order."""
    as_of = now if asked.as_of is None else _end(asked.as_of, calendar)
    if isinstance(asked.as_of, date) and asked.as_of == calendar.local_date(now):
        as_of = now
    since = calendar.midnight(asked.since) if isinstance(asked.since, date) else asked.since
    until = None if asked.until is None else _end(asked.until, calendar)
    faults = []
    if as_of > now:
        faults.append(Violation("as_of", "in_the_future", f"expected a time up to now, {rfc3339(now)}: what is to come is in no trail"))
    if since is not None and until is not None and since >= until:
        faults.append(Violation("to", "wrong_order", f"expected a time after `from`, {rfc3339(since)}"))
    if faults:
        raise InvalidInput(faults)
    return Window(since, until, as_of, is_past=as_of < now)


def _end(moment: date | Instant, calendar: Calendar) -> Instant:
    return calendar.midnight(moment + timedelta(days=1)) if isinstance(moment, date) else moment


def first_instant(indicator: Indicator, window: Window, calendar: Calendar) -> Instant | None:
    """Give from when on an indicator counts in a window; None: no period is given."""
    first = None if indicator.since is None else calendar.midnight(indicator.since)
    return max((each for each in (first, window.since) if each is not None), default=None)


def periods_shown(indicator: Indicator, groups: Iterable[Group], window: Window, calendar: Calendar) -> Iterator[str]:
    """Name the periods to show: those of the window as far as it is bounded, else those in which something is, and the present one."""
    if not periods.is_divided(indicator.per):
        yield periods.ALWAYS
        return
    today, first = calendar.local_date(window.as_of), first_instant(indicator, window, calendar)
    last = today if window.until is None else min(today, calendar.local_date(window.until - 1))
    seen = sorted({group.period for group in groups})
    if first is not None:
        yield from periods.between(indicator.per, calendar.local_date(first), last)
    elif seen:
        yield from periods.from_name(indicator.per or "", seen[0], last)
    else:
        yield from periods.between(indicator.per, last, last)


# --- rights and views -----------------------------------------------------------------------------------------------


def may_ask(principal: Principal, process: Process, indicator: Indicator) -> bool:
    """Say whether a reader may see every item whose single values an indicator gives away."""
    read = (process.definition.data[name] for name in indicator.reads)
    return all(not each.seen_by or not principal.roles.isdisjoint(each.seen_by) or "audit" in principal.rights for each in read)


def indicator_view(process: Process, indicator: Indicator, language: str) -> Json:
    """Give an indicator without its figures."""
    definition, quota = process.definition, indicator.quota
    return {
        "workflow": definition.workflow,
        "workflow_title": label(definition.title, language),
        "version": definition.version,
        "key": indicator.name,
        "title": label(indicator.title, language),
        "measure": indicator.measure,
        "over": str(indicator.over),
        "per": indicator.per,
        "unit": None if indicator.unit is None else str(indicator.unit),
        "shown_as": indicator.shown_as,
        "by": [{"expression": part.text, "title": label(part.title, language)} for part in indicator.by],
        "denominators": list(indicator.of),
        "quota": None
        if quota is None
        else {
            "at_least": {key: str(amount) for key, amount in quota.at_least.items()},
            "pace": quota.pace,
            "warn": list(quota.warn),
        },
    }


def figure_view(indicator: Indicator, figure: Figure, numbers: Mapping[str, str], reached: Standing | None, language: str) -> Json:
    """Give one figure with its cell in words."""
    view: Json = {
        "period": figure.period or None,
        "by": [value_view(part, value, language) for part, value in zip(indicator.by, figure.by, strict=False)],
        "of": figure.of or None,
        "at": figure.at,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "left_out": figure.left_out,
        "shown": shown(indicator, figure, language),
    }
    if indicator.measure == RANK:
        view["places"] = [
            {"place": each.place, "name": each.name, "number": numbers.get(each.name), "value": each.value} for each in figure.places
        ]
    if reached is not None:
        view["quota"] = {"at_least": str(reached.at_least), "expected": str(reached.expected), "behind": reached.is_behind}
    return view


def value_view(part: Part, value: Any, language: str) -> Json:
    """Give one value of a cell: as it is, and as people read it; what is not known has no label of its own."""
    key = str(value).lower() if isinstance(value, bool) else value
    options = part.options or {}
    unknown = {"zh-CN": "未填写", "en": "not given"}
    return {
        "value": value,
        "label": label(unknown, language) if value is None else label(options[key], language) if key in options else str(value),
    }


def shown(indicator: Indicator, figure: Figure, language: str) -> str:
    """Write a figure for people: a share in per cent, a time with its unit, a bound as a bound."""
    if figure.value is None or indicator.measure == RANK:
        return "–"
    text = str(figure.value)
    if indicator.measure == SHARE:
        text = f"{Decimal(text) * 100:.2f} %"
    elif indicator.unit is not None:
        text = f"{text} {label(UNITS[indicator.unit], language)}"
    bound = "" if indicator.shown_as is None else label(BOUNDS[indicator.shown_as], language)
    return f"{bound} {text}".strip()
