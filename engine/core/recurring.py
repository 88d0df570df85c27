"""The periods of a deadline that recurs (`rrule`): when each begins, how it ends, which one an act meets.

Each period is a ledger with a number of its own, so that its rungs fire once and its end stands in the trail. Closed ones leave the
snapshot. Those that are open form a queue: an act of `met_by` meets the oldest, and only the youngest is not past due. What is given
here has no number yet.

Pure, like `engine.core.deadlines`, which counts the due day of a period from its facts like that of any other deadline.
"""

from __future__ import annotations

from engine.clock import Instant
from engine.core.deadlines import is_overdue, recount
from engine.core.ledger import Ledger, Period, Status
from engine.definition.calendars import Calendar
from engine.definition.process import Deadline

MOST_OPEN = 60
"""How many periods of a deadline stay open: when one more begins, the oldest is missed. It bounds what a case has to remember."""


def first_period(deadline: Deadline, calendar: Calendar, now: Instant, *, rest_day: str, since: Instant | None = None) -> Ledger | None:
    """Begin the first period when the state is entered: it ends at the first occurrence after that day. None if there is none.

    ``rest_day`` is that of the deadline with settings resolved. ``since``: when the rule began, where that was earlier: what a new
    version asks for was not owed before. Raises ValueError beyond the years a calendar can know.
    """
    day = calendar.local_date(now)
    period = Period(1, day if since is None else calendar.local_date(since), day, str(deadline.rrule), rest_day)
    ledger = Ledger(0, deadline.name, Status.RUNNING, armed=now, calendar=calendar.version, rungs=(), start=now, period=period)
    return _unless_over(recount(deadline, ledger, calendar))


def next_period(deadline: Deadline, last: Ledger, calendar: Calendar, now: Instant, *, rest_day: str) -> Ledger | None:
    """Give the period after another: it begins where that one ends, which may lie ahead. None when the rule has come to its end."""
    due, day, kept = last.due, last.due_date, last.period
    assert due is not None
    assert day is not None
    assert kept is not None
    period = Period(kept.number + 1, kept.since, day, str(deadline.rrule), rest_day)
    pauses = tuple(pause for pause in last.pauses if pause.end is None or pause.end > due)
    status = Status.PAUSED if pauses and pauses[-1].end is None else Status.RUNNING
    ledger = Ledger(0, deadline.name, status, armed=now, calendar=calendar.version, rungs=(), start=due, pauses=pauses, period=period)
    return _unless_over(recount(deadline, ledger, calendar))


def _unless_over(ledger: Ledger) -> Ledger | None:
    return None if ledger.due is None else ledger


def has_begun(ledger: Ledger, now: Instant) -> bool:
    """Say whether a period has begun; one that has not cannot be met."""
    return ledger.start is not None and ledger.start <= now


def falls_due_again(deadline: Deadline, ledger: Ledger, calendar: Calendar, after: Instant, now: Instant) -> bool:
    """Say whether a rung of the next period fell due after an instant too: then the one at that instant is not the last that was missed."""
    assert ledger.period is not None
    following = next_period(deadline, ledger, calendar, now, rest_day=ledger.period.rest_day)
    return following is not None and any(rung.instant is not None and after < rung.instant <= now for rung in following.rungs)


def when_left(ledger: Ledger, now: Instant) -> Status:
    """Say how a period ends whose state is left: missed if it is past due, else cut short, which is neither met nor missed."""
    return Status.MISSED if is_overdue(ledger, now) else Status.ENDED
