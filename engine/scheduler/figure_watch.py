"""The watch over figures: keeps their facts up to date in the background, and tells who is to be told when a quota falls behind.

A warning is a notice to the roles that the quota names, once in each period for each cell. It is no event of any case: whoever doubts it
can have the figure counted again as of its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import NamedTuple

import orjson

from engine.clock import Instant
from engine.core import periods
from engine.core.compiled import Process
from engine.core.quotas import standing
from engine.core.refusals import EN, ZH, label
from engine.core.totals import figures
from engine.definition.indicators import Indicator, Part
from engine.runtime.application import Application
from engine.runtime.figures import Asked, Figures, Subject, value_view, window_of
from engine.store.figures import log_head, quota_notices
from engine.store.records import NoticeRecord, ServiceStateRecord
from engine.store.writer import Batch

KIND = "quota"
"""The kind of the notices."""


class Lag(NamedTuple):
    """A figure that is behind: where, in words of both languages, and how far."""

    indicator: Indicator
    cell: str
    text: dict[str, str]


@dataclass(slots=True)
class FigureWatch:
    """Counts what has changed, and looks at the quotas once a day. Any number of nodes may do so at once."""

    application: Application
    _looked: dict[str, date] = field(default_factory=dict)

    def run_once(self, now: Instant) -> int:
        """Bring all facts up to date; give how many notices were written."""
        reading, org, told = Figures(self.application), self.application.org, 0
        for subject in reading.subjects(org, at_work=True):
            if isinstance(subject.of, Process):
                reading.counting.up_to_date(org, subject.of, now)
            today = subject.calendar.local_date(now)
            if self._looked.get(subject.name) != today:
                told += self._tell(org, subject, today, list(self._behind(reading, org, subject, now)))
                self._looked[subject.name] = today
        return told

    def _behind(self, reading: Figures, org: str, subject: Subject, now: Instant) -> Iterator[Lag]:
        today = subject.calendar.local_date(now)
        for indicator in subject.indicators.values():
            if indicator.quota is None or not indicator.quota.warn:
                continue
            since = periods.first_day(indicator.per, today) if indicator.per and periods.is_divided(indicator.per) else None
            window = window_of(Asked(since=since), subject.calendar, now)
            groups = reading.groups(org, subject, indicator, window)
            found = figures(indicator, groups, [periods.name_of(indicator.per, today)])
            for place, each in standing(indicator, found, today, subject.schedules, subject.calendar).items():
                if each.is_behind:
                    figure = found[place]
                    cell = orjson.dumps([figure.period, *figure.by, figure.of]).decode()
                    reached = f"{figure.value or 0} / {each.expected} / {each.at_least}"
                    yield Lag(indicator, cell, wording(subject, indicator, figure.by, reached))

    def _tell(self, org: str, subject: Subject, today: date, behind: list[Lag]) -> int:
        if not behind:
            return 0
        written: int = self.application.sweeping.write(partial(tell, org=org, subject=subject, today=today, behind=behind))
        return written


def tell(batch: Batch, now: Instant, *, org: str, subject: Subject, today: date, behind: Iterable[Lag]) -> int:
    """Write the notices that were not written yet in the present period, and remember them until it is over."""
    key = f"quota:{subject.name}"
    known: dict[str, str] = orjson.loads(batch.hold_state(org, key, "{}"))  # name and cell -> the first day after its period
    still = {name: until for name, until in known.items() if until > today.isoformat()}
    head, number = log_head(batch, org), 0
    told = quota_notices(batch, org, head)
    for each in behind:
        name = f"{each.indicator.name} {each.cell}"
        if name in still:
            continue
        still[name] = over_on(each.indicator, today)
        for role in each.indicator.quota.warn if each.indicator.quota is not None else ():
            number += 1
            text = orjson.dumps(each.text).decode()
            batch.add(NoticeRecord(org, head, -told - number, "", 0, KIND, role, None, None, text, now, None))
    if still != known:
        batch.put(ServiceStateRecord(org, key, orjson.dumps(still, option=orjson.OPT_SORT_KEYS).decode()))
    return number


def over_on(indicator: Indicator, today: date) -> str:
    """Give the day from which a quota may be warned of again; without periods that is the next year."""
    per = indicator.per if indicator.per is not None and periods.is_divided(indicator.per) else "year"
    return periods.next_first_day(per, today).isoformat()


def wording(subject: Subject, indicator: Indicator, by: Iterable[object], reached: str) -> dict[str, str]:
    """Say in both languages what is behind, with what is there, what was to be expected and what is asked for."""
    title, workflow, parts = indicator.title, subject.title, list(zip(indicator.by, by, strict=True))
    zh, en = (cell_text(parts, language) for language in (ZH, EN))
    return {
        ZH: f"{label(workflow, ZH)}：{label(title, ZH)}{zh}落后于进度（{reached}）",
        EN: f"{label(workflow, EN)}: {label(title, EN)}{en} is behind ({reached})",
    }


def cell_text(parts: Iterable[tuple[Part, object]], language: str) -> str:
    """Name a cell in brackets; nothing where figures are not parted."""
    names = [value_view(part, value, language)["label"] for part, value in parts]
    return f" [{' / '.join(names)}]" if names else ""
