"""What is read of indicators: which there are, and their figures over a time, as the trail stood at an instant.

A key may stand in several workflows, and each has its own figures: what is counted apart is never added together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core import periods
from engine.core.compiled import Process
from engine.core.figures import facts_of_rows
from engine.core.quotas import Standing, standing
from engine.core.refusals import label
from engine.core.totals import Figure, Group, figures, whole
from engine.definition.calendars import Calendar
from engine.definition.indicators import RANK, SHARE, Indicator, Part
from engine.definition.process import Text
from engine.definition.registry import RegistryDefinition
from engine.definition.schedules import Schedule
from engine.definition.terms import Unit
from engine.errors import InvalidInput, NotFound, NotInForce, Violation
from engine.runtime.application import Application
from engine.runtime.counting import Counting
from engine.runtime.people import Principal
from engine.runtime.row_reading import RowReading
from engine.runtime.row_views import may_look
from engine.store.cases import has_case_of
from engine.store.definitions import list_versions
from engine.store.figures import not_holding, numbers_of, totals
from engine.store.registry_rows import list_registries

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

    def has(self, at: Instant) -> bool:
        """Say whether an instant lies in it."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Subject:
    """What has indicators: a workflow, by its version in force, or a registry. ``chosen``: what the body has chosen for its settings."""

    name: str
    title: Text
    version: int
    calendar: Calendar
    of: Process | RegistryDefinition
    chosen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        """Its indicators, in the order of the file, with the quotas of the body."""
        if not isinstance(self.of, Process):
            return self.of.indicators
        return {name: each.with_quota_of(self.chosen) for name, each in self.of.definition.indicators.items()}

    @property
    def schedules(self) -> Iterable[Schedule]:
        """Its schedules as the body has them; a registry has none."""
        return self.of.schedules(self.chosen) if isinstance(self.of, Process) else ()

    def is_open_to(self, principal: Principal) -> bool:
        """Say whether a reader may ask for figures of it at all."""
        return principal.takes_part_in(self.of.definition) if isinstance(self.of, Process) else may_look(principal, self.of)

    def may_ask(self, principal: Principal, indicator: Indicator) -> bool:
        """Say whether a reader may see every item whose single values an indicator gives away."""
        items = self.of.definition.data if isinstance(self.of, Process) else self.of.fields
        read = (items[name] for name in indicator.reads)
        return all(not each.seen_by or not principal.roles.isdisjoint(each.seen_by) or "audit" in principal.rights for each in read)


class Figures:
    """Reads figures for one principal at a time. Safe to share between threads. Every method blocks; none may run on an event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._store, self._registry = application.store, application.registry
        self._rows = RowReading(application)
        self.counting = Counting(application)

    def indicators(self, principal: Principal, language: str) -> Json:
        """List the indicators that this reader may ask for, by workflow and in the order of the file."""
        return {"indicators": [indicator_view(subject, each, language) for subject, each in self._open_to(principal)]}

    def figures(self, principal: Principal, key: str, asked: Asked, language: str, *, workflow: str | None = None) -> Json:
        """Give the figures of every indicator with a key. Raises NotFound, InvalidInput for a time that is yet to come."""
        open_to = list(self._open_to(principal))
        found = [(subject, each) for subject, each in open_to if each.name == key and workflow in {None, subject.name}]
        if not found:
            raise NotFound("indicator", key, {each.name for _, each in open_to})
        now = self._application.now()
        windows = [window_of(asked, subject.calendar, now) for subject, _ in found]
        views = [self._view(principal.org, *each, window, language) for each, window in zip(found, windows, strict=True)]
        return {"key": key, "as_of": rfc3339(windows[0].as_of), "indicators": views}

    def subjects(self, org: str, *, at_work: bool = False) -> Iterator[Subject]:
        """Give all that has indicators: the version in force of each workflow, then the registries, by name.

        ``at_work``: of workflows only those with cases or a quota, for of the others there is nothing to count and nobody to warn.
        """
        now = self._application.now()
        with self._store.read() as reader:
            versions = list_versions(reader, org)
            declares = self._registry.declares
            quotas = {row.workflow for row in versions if at_work and "quota" in declares(org, row.workflow, row.version, row.digest)}
            named = sorted({row.workflow for row in versions})
            workflows = [name for name in named if not at_work or name in quotas or has_case_of(reader, org, name)]
            registries = [(row.version, self._application.registries.compiled(row)) for row in list_registries(reader, org)]
        for workflow in workflows:
            try:
                process = self._registry.opening(org, workflow)(now)
            except NotInForce:
                continue
            if process.definition.indicators:
                chosen = self._registry.presets.settings(org, process)
                yield Subject(workflow, process.definition.title, process.definition.version, process.calendar, process, chosen)
        for version, each in registries:
            if each.indicators:
                yield Subject(each.registry, each.title, version, self._application.calendars[each.calendar], each)

    def groups(self, org: str, subject: Subject, indicator: Indicator, window: Window) -> list[Group]:
        """Count what an indicator ranges over in a window."""
        if not isinstance(subject.of, Process):
            rows = self._rows.standing(org, subject.name, window.as_of if window.is_past else None)
            facts = facts_of_rows(indicator, rows, subject.calendar, window.as_of)
            return [Group(*each[1:]) for each in facts if window.has(each.at)]
        process, workflow = subject.of, subject.name
        self.counting.up_to_date(org, process, self._application.now())
        holding = window.as_of if window.is_past else None
        with self._store.read() as reader:
            counted = totals(reader, org, workflow, indicator.name, since=window.since, until=window.until, holding=holding)
            others = not_holding(reader, org, workflow, window.as_of) if window.is_past else []
        then = self.counting.facts_then(org, process, indicator, others, window.as_of)
        return [*(Group(*row) for row in counted), *(Group(*each[1:]) for each in then if window.has(each.at))]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _open_to(self, principal: Principal) -> Iterator[tuple[Subject, Indicator]]:
        for subject in self.subjects(principal.org):
            if subject.is_open_to(principal):
                yield from ((subject, each) for each in subject.indicators.values() if subject.may_ask(principal, each))

    def _view(self, org: str, subject: Subject, indicator: Indicator, window: Window, language: str) -> Json:
        groups = self.groups(org, subject, indicator, window)
        found = figures(indicator, groups, list(periods_shown(indicator, groups, window, subject.calendar)))
        together = whole(indicator, groups) if indicator.measure != RANK and (indicator.by or indicator.per) else []
        numbers = self._numbers(org, subject, indicator)
        reached = standing(indicator, found, subject.calendar.local_date(window.as_of), subject.schedules, subject.calendar)
        first = first_instant(indicator, window, subject.calendar)
        return {
            **indicator_view(subject, indicator, language),
            "from": None if first is None else rfc3339(first),
            "to": None if window.until is None else rfc3339(window.until),
            "as_of": rfc3339(window.as_of),
            "zone": str(subject.calendar.zone),
            "figures": [figure_view(indicator, each, numbers, reached.get(place), language) for place, each in enumerate(found)],
            "whole": [figure_view(indicator, each, {}, None, language) for each in together],
        }

    def _numbers(self, org: str, subject: Subject, indicator: Indicator) -> Mapping[str, str]:
        if indicator.measure != RANK or not isinstance(subject.of, Process):
            return {}
        with self._store.read() as reader:
            return numbers_of(reader, org, subject.name)


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


# --- views -----------------------------------------------------------------------------------------------


def indicator_view(subject: Subject, indicator: Indicator, language: str) -> Json:
    """Give an indicator without its figures. ``workflow`` may be a registry, whose rows are counted."""
    quota = indicator.quota
    return {
        "workflow": subject.name,
        "workflow_title": label(subject.title, language),
        "version": subject.version,
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
