"""Why this date: a deadline told day by day, with the rule behind each step, in Chinese and English.

The telling is counted anew from the ledger's facts on the calendar given, by the same code that set the date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.counting import Stretch
from engine.core.deadlines import Count, counted, is_overdue
from engine.core.explain_period import RECURRENCE, RECURRENCE_TEXT, days_of_period, steps_of_period
from engine.core.ledger import AWAY, Grant, Ledger, Pause, Status
from engine.core.recurring import has_begun
from engine.core.refusals import label
from engine.core.wording import moment, moved_off_rest_days, tell, written
from engine.definition.calendars import Calendar
from engine.definition.periods import CORRESPONDING, ROLL, START, WORKING_DAYS, DayStep, Due, count_back, counted_days, on_day, rolled_days
from engine.definition.process import Deadline, State
from engine.definition.terms import Term, Unit, parse_term
from engine.errors import Text

PAUSED, EXTENDED, PROVISIONAL = "paused_in", "extend", "provisional"

RULES: Mapping[str, Text] = {
    START: {
        "zh-CN": "民法典第二百零一条：按年、月、日计算的，开始的当日不计入，自下一日起算；按小时计算的，自该时点起算",
        "en": "Civil Code art. 201: by years, months or days, the day of the start does not count; hours run from the hour",
    },
    CORRESPONDING: {
        "zh-CN": "民法典第二百零二条：按年、月计算的，到期月的对应日为最后一日；没有对应日的，月末日为最后一日",
        "en": "Civil Code art. 202: years and months end on the corresponding day, or on the month's last where there is none",
    },
    ROLL: {
        "zh-CN": "民法典第二百零三条：最后一日是休息日的，顺延至休息日结束的次日；截止于二十四时，有业务时间的截止于停止业务活动之时",
        "en": "Civil Code art. 203: a last day that is a rest day becomes the day after the rest; it ends at 24:00 or when business stops",
    },
    WORKING_DAYS: {
        "zh-CN": "民法典第二百零四条：另有规定的从其规定；按工作日计算的，休息日不计入，调休上班日计入；倒推计算的，遇休息日提前",
        "en": (
            "Civil Code art. 204: other rules go first; terms in working days leave out rest days and count make-up days; "
            "counted backwards, a rest day gives way to the working day before it"
        ),
    },
    PAUSED: {
        "zh-CN": "流程规定：暂停期间不计时，恢复后剩余的工作日、小时继续计算，按日、月计算的顺延暂停的日历天数",
        "en": "The process: the clock stands in a pause; then what was left in working days or hours runs on, days and months move by it",
    },
    EXTENDED: {
        "zh-CN": "流程规定：延期自原起算点计算，或自名义到期日续算，再按休息日顺延",
        "en": "The process: an extension counts from the original start or from the nominal due day, and is then moved off rest days",
    },
    RECURRENCE: RECURRENCE_TEXT,
    PROVISIONAL: {
        "zh-CN": "该年放假安排尚未公布：暂按周末和法定固定节假日计算，公布后重新计算并留痕",
        "en": "Not announced yet: weekends and statutory days are assumed; once it is out, the date is counted again on record",
    },
}

_STATUS: Mapping[Status, Text] = {
    Status.WAITING: {"zh-CN": "等待起算所需的数据", "en": "waiting for the data it is counted from"},
    Status.RUNNING: {"zh-CN": "计时中", "en": "running"},
    Status.PAUSED: {"zh-CN": "暂停中，恢复后继续计时", "en": "paused; the clock runs on when the case returns"},
    Status.MET: {"zh-CN": "按期完成", "en": "met"},
    Status.LATE: {"zh-CN": "逾期完成", "en": "late"},
    Status.ENDED: {"zh-CN": "已终止，不计按期或逾期", "en": "ended, neither met nor late"},
    Status.MISSED: {"zh-CN": "逾期未完成", "en": "missed"},
    Status.CANCELLED: {"zh-CN": "已取消", "en": "cancelled"},
}
_AHEAD: Text = {"zh-CN": "本期尚未开始", "en": "has not begun yet"}


NO_STATES: Mapping[str, State] = MappingProxyType({})


def explain(
    deadline: Deadline,
    ledger: Ledger,
    calendar: Calendar,
    now: Instant,
    language: str | None = None,
    *,
    states: Mapping[str, State] = NO_STATES,
) -> dict[str, Any]:
    """Tell how a deadline's date came about, as JSON values. ``states``: the definition's, to call a pause by its state's title.

    ``steps`` in order, each with its rule and a text; ``days`` the days that were looked at, with the reason why each counts or
    not; ``rungs`` with instant and what became of it. Instants are RFC 3339 in UTC, dates of the calendar's zone. Texts are maps
    of ``zh-CN`` and ``en``, or of one language alone when that is given. ``agrees`` is false if the calendar given leads to
    another date than the ledger has. Raises ValueError beyond the years a calendar can know.
    """
    found = counted(deadline, ledger, calendar)
    days = tuple(_days(deadline, ledger, calendar, found)) if found is not None else ()
    steps = list(_steps(deadline, ledger, calendar, found, days, states))
    story = {
        "name": ledger.name,
        "n": ledger.n,
        "title": deadline.title,
        "basis": deadline.basis,
        "status": ledger.status.value,
        "status_text": _AHEAD if ledger.period is not None and not has_begun(ledger, now) else _STATUS[ledger.status],
        "period": None if ledger.period is None else ledger.period.number,
        "party": ledger.party,
        "overdue": is_overdue(ledger, now),
        "start": None if ledger.start is None else rfc3339(ledger.start),
        "until": None if ledger.until is None else ledger.until.isoformat(),
        "term": _term_text(ledger.term),
        "lead": _term_text(ledger.lead),
        "nominal_date": None if ledger.nominal is None else ledger.nominal.isoformat(),
        "due_date": None if ledger.due_date is None else ledger.due_date.isoformat(),
        "due": None if ledger.due is None else rfc3339(ledger.due),
        "provisional": ledger.provisional,
        "calendar": {"id": calendar.id, "version": ledger.calendar, "explained_with": calendar.version, "zone": str(calendar.zone)},
        "agrees": (None if found is None else found.due.instant) == ledger.due,
        "steps": steps,
        "days": [_day(calendar, step) for step in days],
        "pauses": [_pause(pause) for pause in ledger.pauses],
        "extensions": [_grant(grant) for grant in ledger.grants],
        "rungs": [_rung(ledger, place, now) for place in range(len(ledger.rungs))],
        "rules": {
            rule: RULES[rule] for rule in RULES if any(step["rule"] == rule for step in steps) or any(day.rule == rule for day in days)
        },
    }
    return story if language is None else _in_language(story, language)


# --- days -----------------------------------------------------------------------------------------------------------


def _days(deadline: Deadline, ledger: Ledger, calendar: Calendar, found: Count) -> Iterator[DayStep]:
    due, trace = found.due, found.stretches
    if ledger.period is not None:
        yield from days_of_period(ledger.period, calendar, due)
        return
    if not found.terms and ledger.until is not None:
        base = _given_day(deadline, ledger, ledger.until, calendar)
        yield from base.days
        if not trace:
            return
    elif ledger.start is not None and not _by_hours(trace):
        first = calendar.day(calendar.local_date(ledger.start))
        yield DayStep(first.date, None, first.works, first.reason, START)
    told = date.min
    for place, stretch in enumerate(trace):
        if place + 1 < len(trace) and trace[place + 1].moved is not None:
            continue
        for step in _stretch(calendar, stretch):
            if step.date > told:  # the day the clock stopped and ran on again stands in both stretches
                yield step
                told = step.date
    if due.date != due.nominal:
        yield from rolled_days(calendar, due.nominal, due.date)
    elif date.min < told < due.date:  # hours after days end on a day that was not looked at
        last = calendar.day(due.date)
        yield DayStep(due.date, None, last.works, last.reason, START)


def _stretch(calendar: Calendar, stretch: Stretch) -> Iterator[DayStep]:
    unit = stretch.term.unit
    if unit is Unit.WORKING_DAYS:
        for step in counted_days(calendar, stretch.start, stretch.end, working=True, number=stretch.counted):
            beyond = step.counted is not None and step.counted > stretch.term.n
            yield DayStep(step.date, None, step.works, step.reason, ROLL) if beyond else step
    elif unit in (Unit.DAYS, Unit.WEEKS) and stretch.moved is None:
        yield from counted_days(calendar, stretch.start, stretch.end, working=False)
    elif unit is not Unit.HOURS:
        day = calendar.day(stretch.end)
        yield DayStep(stretch.end, None, day.works, day.reason, CORRESPONDING if unit in (Unit.MONTHS, Unit.YEARS) else PAUSED)


def _given_day(deadline: Deadline, ledger: Ledger, until: date, calendar: Calendar) -> Due:
    if ledger.lead is None:
        return on_day(calendar, until, hour=deadline.hour, explain=True)
    return count_back(calendar, until, parse_term(ledger.lead), hour=deadline.hour, explain=True)


def _by_hours(trace: tuple[Stretch, ...]) -> bool:
    return all(stretch.term.unit is Unit.HOURS for stretch in trace)


# --- steps ----------------------------------------------------------------------------------------------------------


def _steps(
    deadline: Deadline, ledger: Ledger, calendar: Calendar, found: Count | None, days: tuple[DayStep, ...], states: Mapping[str, State]
) -> Iterator[dict[str, Any]]:
    yield from _beginning(ledger, calendar)
    for pause in ledger.pauses:
        yield tell("pause", PAUSED, _pause_text(pause, calendar, states), **_pause(pause))
    for grant in ledger.grants:
        yield tell("extension", EXTENDED, _grant_text(grant, calendar), **_grant(grant))
    if found is None:
        yield tell("waiting", None, _STATUS[Status.WAITING])
        return
    yield from (
        _ending(deadline, ledger, calendar, found)
        if ledger.period is None
        else steps_of_period(deadline, ledger.period, calendar, found.due)
    )
    if found.due.provisional:
        years = sorted({day.date.year for day in days if not calendar.announced(day.date.year)})
        listed = "、".join(map(str, years)), ", ".join(map(str, years))
        yield tell(
            "provisional",
            PROVISIONAL,
            {"zh-CN": f"{listed[0]}年的放假安排尚未公布，日期暂定", "en": f"Not announced yet: {listed[1]}; the date is provisional"},
        )


def _beginning(ledger: Ledger, calendar: Calendar) -> Iterator[dict[str, Any]]:
    if ledger.term is not None and ledger.start is not None:
        term = parse_term(ledger.term)
        first = calendar.local_date(ledger.start)
        at = moment(ledger.start, calendar)
        counts = (
            {"zh-CN": f"自{at['zh-CN']}起算", "en": f"Runs from {at['en']}"}
            if term.unit is Unit.HOURS
            else {"zh-CN": f"{written(first)['zh-CN']}开始，当日不计入", "en": f"Starts on {written(first)['en']}, which does not count"}
        )
        yield tell("start", START, counts, date=first.isoformat(), instant=rfc3339(ledger.start))
        yield tell("term", _rule_of(term), {"zh-CN": f"期限{term.text('zh-CN')}", "en": f"The term is {term}"}, term=str(term))
    elif ledger.until is not None:
        day = written(ledger.until)
        if ledger.lead is None:
            yield tell(
                "until", None, {"zh-CN": f"到期日定为{day['zh-CN']}", "en": f"Due on {day['en']}, as given"}, date=ledger.until.isoformat()
            )
        else:
            lead = parse_term(ledger.lead)
            text = {
                "zh-CN": f"自{day['zh-CN']}向前倒推{lead.text('zh-CN')}，当日不计入",
                "en": f"{lead} before {day['en']}, which does not count",
            }
            yield tell("lead", WORKING_DAYS, text, date=ledger.until.isoformat(), term=str(lead))


def _ending(deadline: Deadline, ledger: Ledger, calendar: Calendar, found: Count) -> Iterator[dict[str, Any]]:
    due, trace = found.due, found.stretches
    if (trace and trace[-1].term.unit is Unit.HOURS) or (
        not trace and ledger.lead is not None and parse_term(ledger.lead).unit is Unit.HOURS
    ):
        at = moment(due.instant, calendar)
        yield tell("due", START, {"zh-CN": f"到期时刻：{at['zh-CN']}", "en": f"Due at {at['en']}"}, instant=rfc3339(due.instant))
        return
    nominal = written(due.nominal)
    rule = _rule_of(trace[-1].term) if trace else WORKING_DAYS if ledger.lead is not None else None
    yield tell(
        "nominal",
        rule,
        {"zh-CN": f"期间最后一日：{nominal['zh-CN']}", "en": f"The last day is {nominal['en']}"},
        date=due.nominal.isoformat(),
    )
    if due.date != due.nominal:
        yield moved_off_rest_days(calendar, due, ROLL if due.date > due.nominal else WORKING_DAYS)
    hour = deadline.hour or calendar.closing
    day = written(due.date)
    text = {"zh-CN": f"截止时间：{day['zh-CN']}{hour}", "en": f"Due on {day['en']} at {hour}"}
    yield tell("due", ROLL, text, date=due.date.isoformat(), instant=rfc3339(due.instant))


def _rule_of(term: Term) -> str:
    if term.unit is Unit.WORKING_DAYS:
        return WORKING_DAYS
    return CORRESPONDING if term.unit in (Unit.MONTHS, Unit.YEARS) else START


# --- parts ----------------------------------------------------------------------------------------------------------


def _day(calendar: Calendar, step: DayStep) -> dict[str, Any]:
    return {
        "date": step.date.isoformat(),
        "counted": step.counted,
        "works": step.works,
        "reason": step.reason,
        "rule": step.rule,
        "provisional": not calendar.announced(step.date.year),
    }


def _pause(pause: Pause) -> dict[str, Any]:
    return {"from": rfc3339(pause.start), "to": None if pause.end is None else rfc3339(pause.end), "state": pause.state or None}


def _pause_text(pause: Pause, calendar: Calendar, states: Mapping[str, State]) -> Text:
    begin = moment(pause.start, calendar)
    end = {"zh-CN": "今", "en": "now"} if pause.end is None else moment(pause.end, calendar)
    title: Text = states[pause.state].title if pause.state in states else {"zh-CN": pause.state}
    called = {tongue: label(title, tongue) for tongue in ("zh-CN", "en")}
    where = (
        {"zh-CN": "不在本环节", "en": "the case was elsewhere"}
        if pause.state == AWAY
        else {"zh-CN": f"处于“{called['zh-CN']}”", "en": f"in {called['en']!r}"}
    )
    return {
        "zh-CN": f"{begin['zh-CN']}至{end['zh-CN']}暂停计时（{where['zh-CN']}）",
        "en": f"The clock stood from {begin['en']} to {end['en']} ({where['en']})",
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "at": rfc3339(grant.at),
        "asked": rfc3339(grant.asked),
        "mode": grant.kind,
        "term": grant.term,
        "before": grant.before.isoformat(),
    }


def _grant_text(grant: Grant, calendar: Calendar) -> Text:
    at, before, term = moment(grant.at, calendar), written(grant.before), parse_term(grant.term)
    up_to = grant.kind == "up_to"
    return {
        "zh-CN": f"{at['zh-CN']}批准延期，{'自起算点共' if up_to else '再加'}{term.text('zh-CN')}（原到期日{before['zh-CN']}）",
        "en": f"Extended at {at['en']} {f'to {term} from the start' if up_to else f'by {term}'} (was due on {before['en']})",
    }


def _rung(ledger: Ledger, place: int, now: Instant) -> dict[str, Any]:
    rung = ledger.rungs[place]
    if rung.fired is not None:
        state = "recorded" if rung.skipped else "fired"
    elif ledger.status is Status.RUNNING and rung.instant is not None:
        state = "due" if rung.instant <= now else "pending"
    else:
        state = "pending" if ledger.status.is_open else "never"
    return {
        "at": rung.at,
        "instant": None if rung.instant is None else rfc3339(rung.instant),
        "fired": None if rung.fired is None else rfc3339(rung.fired),
        "state": state,
        "provisional": rung.provisional,
    }


def _term_text(text: str | None) -> Text | None:
    return None if text is None else {"zh-CN": parse_term(text).text("zh-CN"), "en": text}


def _in_language(value: Any, language: str) -> Any:
    """Put one language in place of each map of languages."""
    if isinstance(value, Mapping):
        if value.keys() & {"zh-CN", "en"}:
            return label(value, language)
        return {key: _in_language(inner, language) for key, inner in value.items()}
    return [_in_language(inner, language) for inner in value] if isinstance(value, list) else value
