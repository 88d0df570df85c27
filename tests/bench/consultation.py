"""The consultation that every contender carries.

Twelve committed steps, after which the case stands where it began. Only the standard library is imported here: the peers run in an
environment of their own.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

ACTOR = "clerk-7"
OPENED = datetime(2026, 2, 10, 1, tzinfo=UTC)
REMARK = {
    "note": "the office has heard both departments and residents of the estate; pipes, meters and costs are agreed",
    "documents": ["report-2026-07", "minutes-2026-03"],
    "attendance": 42,
    "agreed": True,
    "sent_from": "10.0.0.1",
}


class Step(NamedTuple):
    action: str
    source: str
    target: str


STEPS = (
    Step("submit", "proposed", "vetting"),
    Step("approve", "vetting", "research"),
    Step("hold_symposium", "research", "research"),
    Step("conclude", "research", "prepared"),
    Step("convene", "prepared", "deliberation"),
    Step("close_session", "deliberation", "minuted"),
    Step("hand_over", "minuted", "handling"),
    Step("reply", "handling", "replied"),
    Step("inspect", "replied", "inspected"),
    Step("evaluate", "inspected", "evaluated"),
    Step("report", "evaluated", "reported"),
    Step("begin_again", "reported", "proposed"),
)
FIRST = STEPS[0].source
STATES = tuple(dict.fromkeys(step.source for step in STEPS))
TARGETS = {(step.source, step.action): step.target for step in STEPS}


def instant() -> datetime:
    """Give the time of a step: the machine's monotonic clock counted from a fixed day, as dear to ask as the real one."""
    return OPENED + timedelta(microseconds=time.perf_counter_ns() // 1000)
