"""A longer term: whether one may be asked for, and what it gives."""

from __future__ import annotations

from engine.clock import Instant
from engine.core.deadlines import is_overdue, recount
from engine.core.ledger import ADD, UP_TO, Grant, Ledger
from engine.definition.calendars import Calendar
from engine.definition.process import Deadline
from engine.definition.terms import Term


def extension_refusal(deadline: Deadline, ledger: Ledger, asked: Instant) -> str | None:
    """Say why an extension asked for at that instant is not open: not_here, limit_reached, too_late; None if it is."""
    if deadline.extension is None or not ledger.status.is_open or ledger.due is None:
        return "not_here"
    if len(ledger.grants) >= deadline.extension.at_most:
        return "limit_reached"
    if deadline.extension.before_due and is_overdue(ledger, asked):
        return "too_late"
    return None


def extend(
    deadline: Deadline,
    ledger: Ledger,
    calendar: Calendar,
    now: Instant,
    *,
    asked: Instant,
    up_to: Term | None = None,
    add: Term | None = None,
) -> Ledger:
    """Grant an extension: ``up_to`` counted from the original start, or ``add`` from the nominal due day; then rolled.

    Exactly one of the two is given. The later date holds, so that an extension takes no time away.
    Raises ValueError when there is no due day yet to extend.
    """
    term, kind = (up_to, UP_TO) if up_to is not None else (add, ADD)
    if term is None or (up_to is not None and add is not None):
        raise ValueError(f"expected exactly one of up_to and add for deadline {ledger.name!r}, got up_to={up_to} and add={add}")
    if ledger.due_date is None:
        raise ValueError(f"deadline {ledger.name!r} is {ledger.status}: it has no due day yet to extend")
    grant = Grant(now, asked, kind, str(term), ledger.due_date)
    return recount(deadline, ledger._replace(grants=(*ledger.grants, grant)), calendar)
