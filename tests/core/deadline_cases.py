"""Deadlines and terms to try, on the shipped calendar."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import strategies as st

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.deadlines import arm
from engine.core.ledger import Ledger
from engine.definition.calendar_files import load_calendars
from engine.definition.expressions import Expression
from engine.definition.process import Deadline, Extension, Rung, TermSource
from engine.definition.rung_times import parse_rung_time
from engine.definition.terms import Term, Unit, parse_term

CN = load_calendars(Path(__file__).parents[2] / "workflows" / "calendars")["cn"]
EXPRESSION = cast("Expression", object())
"""Stands for "there is a `from`": what it gives is an argument here."""

MINUTE: Instant = 60_000_000
DAY: Instant = 24 * 60 * MINUTE
STARTS = st.builds(
    lambda day, minute: CN.midnight(day) + minute * MINUTE, st.dates(date(2024, 1, 1), date(2028, 6, 1)), st.integers(0, 1439)
)
TERMS = st.builds(Term, st.integers(1, 90), st.sampled_from([Unit.HOURS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.WORKING_DAYS]))
SPANS = st.integers(0, 60 * 24 * 60).map(lambda minutes: minutes * MINUTE)
LADDER = ("start", "80 %", "3 working days before", "12 hours before", "due", "5 working days after", "1 month after", "36 hours after")


def deadline(*rungs: str, **more: Any) -> Deadline:
    plain: dict[str, Any] = {
        "name": "topic.vetting.decide", "state": "topic.vetting", "title": {"zh-CN": "审议", "en": "Vetting"}, "basis": "default",
        "timer": False, "within": None, "start": None, "until": None, "lead": None, "hour": None, "guard": None, "met_by": None,
        "paused_in": frozenset(), "reentry": "restart", "catch_up": "all", "extension": None, "reads": frozenset(),
        "rungs": tuple(Rung(parse_rung_time(at), None, None, ()) for at in rungs),
    }  # fmt: skip
    return Deadline(**(plain | more))


def at(text: str) -> Instant:
    """Give an instant of the calendar's zone: ``2026-02-10 09:00``."""
    return parse_instant(text.replace(" ", "T") + "+08:00")


def armed(spec: Deadline, start: str, within: str, **more: Any) -> Ledger:
    return arm(spec, CN, at(start), n=1, within=parse_term(within), **more)


def shown(ledger: Ledger) -> dict[str, str]:
    """Give the rungs with the local day at whose end, or the local time at which, they fire."""
    rungs = {}
    for rung in ledger.rungs:
        assert rung.instant is not None
        day = CN.local_date(rung.instant)
        whole = CN.midnight(day) == rung.instant
        rungs[rung.at] = str(day - timedelta(days=1)) if whole else f"{day} {rfc3339(rung.instant + 8 * 60 * MINUTE)[11:16]}"
    return rungs


def extendable(*rungs: str, before_due: bool = True, **more: Any) -> Deadline:
    half_year = TermSource(parse_term("6 months"), None)
    return deadline(*rungs, extension=Extension(half_year, None, at_most=1, before_due=before_due), **more)
