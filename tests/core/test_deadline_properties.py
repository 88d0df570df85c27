"""What must hold of a deadline whatever the term, the start and the pauses."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Instant
from engine.core import deadlines
from engine.core.deadlines import arm, armed_on_its_day, end, is_of_days, pause, recompute, recount, resume, verdict
from engine.core.extensions import extend
from engine.core.ledger import Ledger
from engine.core.rungs import fire, next_rung
from engine.definition.periods import count_forward, working_days
from engine.definition.process import TermSource
from engine.definition.terms import Term, Unit
from tests.core.deadline_cases import CN, EXPRESSION, LADDER, SPANS, STARTS, TERMS, deadline, extendable


def profile(value: object) -> bool:
    """Say whether a value is of the form that events and snapshots keep."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and profile(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(profile(inner) for inner in value)
    return value is None or isinstance(value, bool | str) or (isinstance(value, int) and abs(value) < 2**53)


@given(STARTS, TERMS, SPANS, SPANS, st.booleans(), st.booleans())
def test_a_ledger_survives_json_whatever_happened_to_it(
    start: Instant, term: Term, after: Instant, long: Instant, ends: bool, extended: bool
) -> None:
    spec = extendable(*LADDER)
    ledger = arm(spec, CN, start, n=7, within=term)
    if extended:
        ledger = extend(spec, ledger, CN, start, asked=start, add=term)
    ledger = pause(fire(ledger, "start", start), start + after, "suspended")
    ledger = end(spec, ledger, start + after + long) if ends else resume(spec, ledger, CN, start + after + long)
    data = ledger.to_json()
    assert profile(data)
    assert Ledger.from_json(json.loads(json.dumps(data))) == ledger


@given(STARTS, TERMS)
def test_arming_counts_as_the_periods_do(start: Instant, term: Term) -> None:
    ledger, due = arm(deadline("due"), CN, start, n=1, within=term), count_forward(CN, start, term)
    assert (ledger.due, ledger.due_date, ledger.nominal, ledger.provisional) == (due.instant, due.date, due.nominal, due.provisional)


@given(STARTS, TERMS)
def test_the_plan_remembered_for_a_day_is_the_one_counted_anew(start: Instant, term: Term) -> None:
    spec = deadline(*LADDER)
    ledger = arm(spec, CN, start, n=1, within=term)
    found = deadlines.counted(spec, ledger, CN)
    assert found is not None
    anew = tuple(deadlines._rungs(spec, start, CN, found))
    assert (ledger.due, ledger.rungs) == (found.due.instant, anew)


@given(STARTS, TERMS.filter(lambda term: term.unit is not Unit.HOURS))
def test_a_deadline_that_hangs_on_its_day_alone_is_armed_from_memory_like_any_other(start: Instant, term: Term) -> None:
    spec = deadline(*LADDER[1:], within=TermSource(term, None))
    assert is_of_days(spec)
    ledger = arm(spec, CN, start, n=7, within=term)
    assert armed_on_its_day(spec, CN, start, 7, term) == (ledger.to_json(), next_rung(ledger))


def test_a_deadline_that_hangs_on_more_than_its_day_is_not_armed_from_memory() -> None:
    within = TermSource(Term(3, Unit.DAYS), None)
    others: list[dict[str, Any]] = [{"start": EXPRESSION}, {"until": EXPRESSION}, {"reentry": "continue"}, {"within": None}]
    assert not any(is_of_days(deadline("due", **({"within": within} | other))) for other in others)
    assert not is_of_days(deadline("start", "due", within=within))


@given(STARTS, TERMS, SPANS, SPANS, st.booleans(), st.booleans(), st.booleans())
def test_how_a_deadline_ends_is_read_from_its_json(
    start: Instant, term: Term, after: Instant, long: Instant, timer: bool, paused: bool, waits: bool
) -> None:
    spec = deadline("due", timer=timer)
    ledger = arm(spec, CN, start, n=1, within=None if waits else term)
    if paused:
        ledger = pause(ledger, start + after, "suspended")
    for state in (ledger, end(spec, ledger, start + after)):
        assert verdict(spec, state.to_json(), start + after + long) is end(spec, state, start + after + long).status


@given(STARTS, TERMS, SPANS, SPANS, SPANS, SPANS)
def test_a_pause_never_shortens_and_a_second_one_adds_to_the_first(
    start: Instant, term: Term, a: Instant, b: Instant, c: Instant, d: Instant
) -> None:
    spec = deadline("due")
    plain = arm(spec, CN, start, n=1, within=term)
    once = resume(spec, pause(plain, start + a, "x"), CN, start + a + b)
    twice = resume(spec, pause(once, start + a + b + c, "x"), CN, start + a + b + c + d)
    dues = [cast("Instant", ledger.due) for ledger in (plain, once, twice)]
    assert dues == sorted(dues)
    if start + a < dues[0]:
        assert dues[1] > start + a + b, "what was not due when the clock stopped is not due when it runs on"


@given(STARTS, st.integers(1, 60), SPANS, SPANS)
def test_working_days_used_and_left_make_the_whole_term(start: Instant, n: int, a: Instant, b: Instant) -> None:
    spec = deadline("due")
    paused = pause(arm(spec, CN, start, n=1, within=Term(n, Unit.WORKING_DAYS)), start + a, "x")
    stop, back = CN.local_date(start + a), CN.local_date(start + a + b)
    used = working_days(CN, CN.local_date(start), stop)
    resumed = resume(spec, paused, CN, start + a + b)
    assert resumed.due_date is not None
    if used < n:
        assert used + working_days(CN, back, resumed.due_date) == n


@given(STARTS, st.integers(1, 200), SPANS, SPANS)
def test_hours_move_by_exactly_the_length_of_the_pause(start: Instant, n: int, a: Instant, b: Instant) -> None:
    spec = deadline("due")
    plain = arm(spec, CN, start, n=1, within=Term(n, Unit.HOURS))
    due, resumed = cast("Instant", plain.due), resume(spec, pause(plain, start + a, "x"), CN, start + a + b)
    assert resumed.due == (due + b if start + a < due else due)


@given(STARTS, TERMS, TERMS, st.booleans(), SPANS, SPANS)
def test_an_extension_never_moves_the_due_instant_earlier(
    start: Instant, term: Term, more: Term, up_to: bool, a: Instant, b: Instant
) -> None:
    spec = extendable(*LADDER)
    ledger = resume(spec, pause(arm(spec, CN, start, n=1, within=term), start + a, "x"), CN, start + a + b)
    longer = extend(spec, ledger, CN, start, asked=start, **{"up_to" if up_to else "add": more})
    assert cast("Instant", longer.due) >= cast("Instant", ledger.due)


@given(STARTS, TERMS, SPANS, SPANS)
def test_shares_and_due_keep_their_order_through_pauses(start: Instant, term: Term, a: Instant, b: Instant) -> None:
    spec = deadline("start", "25 %", "50 %", "100 %", "due", "1 working day after", "1 month after")
    ledger = resume(spec, pause(arm(spec, CN, start, n=1, within=term), start + a, "x"), CN, start + a + b)
    instants = [cast("Instant", rung.instant) for rung in ledger.rungs]
    assert instants[:5] == sorted(instants[:5])
    assert instants[4] < min(instants[5:])


@given(STARTS, TERMS, SPANS, SPANS)
def test_counting_again_from_the_same_facts_gives_the_same_ledger(start: Instant, term: Term, a: Instant, b: Instant) -> None:
    spec = extendable(*LADDER)
    ledger = extend(spec, arm(spec, CN, start, n=1, within=term), CN, start, asked=start, add=term)
    ledger = resume(spec, pause(ledger, start + a, "x"), CN, start + a + b)
    assert recount(spec, ledger, CN) == recompute(spec, ledger, CN) == ledger
