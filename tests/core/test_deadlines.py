"""The ledger of one deadline: arming, pausing, extending, recomputing, firing and ending."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import cast

import pytest

from engine.clock import Instant
from engine.core.deadlines import arm, end, is_overdue, pause, recompute, recount, resume
from engine.core.extensions import extend, extension_refusal
from engine.core.ledger import Ledger, RungEntry, Status
from engine.core.rungs import due_rungs, fire, next_rung
from engine.definition.calendars import Calendar, CalendarYear, Special
from engine.definition.terms import parse_term
from tests.core.deadline_cases import CN, DAY, EXPRESSION, armed, at, deadline, extendable, shown

# --- arming ---------------------------------------------------------------------------------------------------------


def test_vetting_that_runs_over_spring_festival_is_chased_and_due_on_the_right_days() -> None:
    """The example of the language: from 10 February 15 working days end on 9 March, 80 % of them on the twelfth."""
    ledger = armed(deadline("80 %", "due", "5 working days after", "10 working days after"), "2026-02-10 09:00", "15 working days")
    assert ledger.status is Status.RUNNING
    assert ledger.due_date == date(2026, 3, 9)
    assert shown(ledger) == {
        "80 %": "2026-03-04",
        "due": "2026-03-09",
        "5 working days after": "2026-03-16",
        "10 working days after": "2026-03-23",
    }


def test_a_share_of_a_term_in_months_is_a_share_of_its_calendar_days() -> None:
    ledger = armed(deadline("50 %", "start"), "2026-03-20 09:00", "3 months")  # 92 days to the nominal 20 June, rolled to 22 June
    assert (ledger.nominal, ledger.due_date) == (date(2026, 6, 20), date(2026, 6, 22))
    assert shown(ledger) == {"50 %": "2026-05-05", "start": "2026-03-20 09:00"}


def test_a_share_of_hours_is_exact() -> None:
    assert shown(armed(deadline("80 %", "12 hours before"), "2026-02-10 09:00", "48 hours")) == {
        "80 %": "2026-02-11 23:24",
        "12 hours before": "2026-02-11 21:00",
    }


def test_the_deadlines_hour_holds_for_the_due_day_and_the_rungs() -> None:
    ledger = armed(deadline("80 %", "due", hour="17:30"), "2026-02-10 09:00", "15 working days")
    assert shown(ledger) == {"80 %": "2026-03-04 17:30", "due": "2026-03-09 17:30"}


def test_days_before_and_after_count_from_the_rolled_due_day_and_are_not_rolled() -> None:
    ledger = armed(deadline("1 week before", "1 month after", "3 days after"), "2025-11-17 09:00", "3 months")
    assert ledger.due_date == date(2026, 2, 24)
    assert shown(ledger) == {"1 week before": "2026-02-17", "1 month after": "2026-03-24", "3 days after": "2026-02-27"}


def test_a_date_given_is_rolled_forward_and_with_a_lead_counted_back() -> None:
    timer = arm(deadline("due"), CN, at("2026-01-05 09:00"), n=1, until=date(2026, 2, 17))
    assert (timer.nominal, timer.due_date) == (date(2026, 2, 17), date(2026, 2, 24))
    notice = arm(deadline("due", hour="17:30"), CN, at("2026-01-05 09:00"), n=2, until=date(2026, 3, 9), lead=parse_term("15 working days"))
    assert shown(notice) == {"due": "2026-02-10 17:30"}


def test_from_replaces_the_entry_as_the_start() -> None:
    ledger = arm(
        deadline("due", start=EXPRESSION), CN, at("2026-03-10 09:00"), n=1, within=parse_term("5 days"), start=at("2026-03-02 00:00")
    )
    assert ledger.due_date == date(2026, 3, 9)


def test_what_cannot_be_counted_yet_waits_until_the_data_are_there() -> None:
    spec = deadline("due", "1 week before")
    waiting = arm(spec, CN, at("2026-01-05 09:00"), n=1, lead=parse_term("15 working days"))
    assert (waiting.status, waiting.due, next_rung(waiting)) == (Status.WAITING, None, None)
    running = recompute(spec, waiting, CN, until=date(2026, 3, 9))
    assert (running.status, running.due_date) == (Status.RUNNING, date(2026, 2, 10))
    moved = recompute(spec, running, CN, until=date(2026, 3, 16))
    assert moved.due_date == date(2026, 2, 24)
    emptied = recompute(spec, moved, CN)
    assert (emptied.status, emptied.due) == (Status.WAITING, None)


def test_a_waiting_start_waits_too() -> None:
    spec = deadline("due", start=EXPRESSION)
    waiting = arm(spec, CN, at("2026-01-05 09:00"), n=1, within=parse_term("5 days"))
    assert waiting.status is Status.WAITING
    assert recompute(spec, waiting, CN, start=at("2026-03-02 00:00")).due_date == date(2026, 3, 9)


def test_rungs_that_fired_stay_fired_when_the_date_moves() -> None:
    spec = deadline("1 week before", "due")
    ledger = fire(arm(spec, CN, at("2026-01-05 09:00"), n=1, until=date(2026, 3, 9)), "1 week before", at("2026-03-03 00:00"))
    moved = recompute(spec, ledger, CN, until=date(2026, 4, 9))
    assert shown(moved) == {"1 week before": "2026-03-02", "due": "2026-04-09"}
    assert next_rung(moved) == (at("2026-04-10 00:00"), "due")


def test_only_a_rung_beyond_the_announced_years_is_provisional_when_the_due_day_is_not() -> None:
    ledger = armed(deadline("80 %", "due", "5 working days after"), "2026-12-14 09:00", "10 working days")
    assert not ledger.provisional
    assert [rung.provisional for rung in ledger.rungs] == [False, False, True]


def test_a_calendar_that_is_announced_later_moves_what_has_not_fired() -> None:
    year = CN.years[2027]
    notice = {date(2027, 1, 2): Special("work", {"en": "make-up"}), date(2027, 1, 4): Special("rest", {"en": "moved"})}
    announced = CalendarYear(2027, "announced", year.source, date(2026, 11, 25), {**year.days, **notice})
    newer = Calendar(CN.id, CN.title, CN.zone, CN.closing, CN.weekend, CN.fixed, {**CN.years, 2027: announced}, "cn@newer0000000")
    spec = deadline("80 %", "due", "1 working day after")
    before = fire(armed(spec, "2026-12-21 09:00", "8 working days"), "80 %", at("2026-12-31 00:00"))
    after = recount(spec, before, newer)
    assert (before.provisional, before.rungs[2].provisional, after.rungs[2].provisional) == (False, True, False)
    assert shown(before)["1 working day after"] == "2027-01-04"
    assert shown(after)["1 working day after"] == "2027-01-02"
    assert (after.calendar, after.rungs[0]) == ("cn@newer0000000", before.rungs[0])


# --- pausing --------------------------------------------------------------------------------------------------------


def test_working_days_go_on_after_a_pause_as_the_count_that_was_left() -> None:
    spec = deadline("80 %", "due")
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")  # due 16 March; paused on 6 March, 4 used
    paused = pause(ledger, at("2026-03-06 10:00"), "suspended")
    assert (paused.status, next_rung(paused)) == (Status.PAUSED, None)
    resumed = resume(spec, paused, CN, at("2026-03-20 15:00"))  # 6 left: 23-27 and 30 March
    assert resumed.status is Status.RUNNING
    assert shown(resumed) == {"80 %": "2026-03-26", "due": "2026-03-30"}


def test_days_and_months_move_by_the_calendar_days_of_the_pause_and_are_then_rolled() -> None:
    spec = deadline("due")
    paused = pause(armed(spec, "2025-11-10 09:00", "3 months"), at("2026-01-05 10:00"), "suspended")  # nominal 10 February
    resumed = resume(spec, paused, CN, at("2026-01-12 10:00"))
    assert (resumed.nominal, resumed.due_date) == (date(2026, 2, 17), date(2026, 2, 24))


def test_hours_go_on_to_the_microsecond() -> None:
    spec = deadline("80 %", "due")
    paused = pause(armed(spec, "2026-03-02 09:00", "48 hours"), at("2026-03-03 10:00"), "suspended")
    assert shown(resume(spec, paused, CN, at("2026-03-09 12:30"))) == {"80 %": "2026-03-10 01:54", "due": "2026-03-10 11:30"}


def test_a_pause_after_the_due_day_leaves_it_and_moves_the_rungs_that_follow() -> None:
    spec = deadline("due", "5 working days after")
    late = fire(armed(spec, "2026-03-02 09:00", "5 working days"), "due", at("2026-03-10 00:00"))
    paused = pause(late, at("2026-03-12 10:00"), "suspended")
    assert is_overdue(paused, at("2026-03-13 00:00"))
    assert shown(resume(spec, paused, CN, at("2026-03-20 10:00"))) == {"due": "2026-03-09", "5 working days after": "2026-03-24"}


def test_a_pause_on_the_last_day_that_ends_after_closing_leaves_the_next_working_day() -> None:
    spec = deadline("due", hour="17:30")
    for term, due in (("5 working days", "2026-03-16 17:30"), ("7 days", "2026-03-16 17:30")):
        paused = pause(armed(spec, "2026-03-02 09:00", term), at("2026-03-09 16:00"), "suspended")
        assert shown(resume(spec, paused, CN, at("2026-03-13 18:00"))) == {"due": due}
        assert shown(resume(spec, paused, CN, at("2026-03-13 17:00"))) == {"due": "2026-03-13 17:30"}


def test_a_date_given_stands_where_it_is_the_pause_only_silences_its_rungs() -> None:
    spec = deadline("1 week before", "due")
    paused = pause(arm(spec, CN, at("2026-01-05 09:00"), n=1, until=date(2026, 3, 9)), at("2026-02-25 10:00"), "suspended")
    assert next_rung(paused) is None
    resumed = resume(spec, paused, CN, at("2026-03-05 10:00"))
    assert shown(resumed) == {"1 week before": "2026-03-02", "due": "2026-03-09"}


def test_a_paused_deadline_that_ends_is_judged_by_the_day_or_instant_of_the_pause() -> None:
    spec = deadline("due")
    ledger = armed(spec, "2026-03-02 09:00", "5 working days")
    assert end(spec, pause(ledger, at("2026-03-06 10:00"), "suspended"), at("2026-05-01 00:00")).status is Status.MET
    assert end(spec, pause(ledger, at("2026-03-12 10:00"), "suspended"), at("2026-05-01 00:00")).status is Status.LATE


def test_pausing_twice_and_resuming_what_runs_change_nothing() -> None:
    spec = deadline("due")
    ledger = armed(spec, "2026-03-02 09:00", "5 working days")
    paused = pause(ledger, at("2026-03-06 10:00"), "suspended")
    assert pause(paused, at("2026-03-07 10:00"), "elsewhere") == paused
    assert resume(spec, ledger, CN, at("2026-03-07 10:00")) == ledger


def test_waiting_goes_on_waiting_after_a_pause_and_data_may_come_meanwhile() -> None:
    spec = deadline("due")
    waiting = arm(spec, CN, at("2026-01-05 09:00"), n=1)
    paused = pause(waiting, at("2026-01-06 09:00"), "suspended")
    assert resume(spec, paused, CN, at("2026-01-07 09:00")).status is Status.WAITING
    dated = recompute(spec, paused, CN, until=date(2026, 3, 9))
    assert (dated.status, dated.due_date) == (Status.PAUSED, date(2026, 3, 9))
    assert resume(spec, dated, CN, at("2026-01-07 09:00")).status is Status.RUNNING


# --- extension ------------------------------------------------------------------------------------------------------


def test_up_to_counts_from_the_original_start_and_add_from_the_nominal_due_day() -> None:
    spec = extendable("80 %", "due")
    ledger = armed(spec, "2025-11-17 09:00", "3 months")  # nominal 17 February, rolled to the 24th
    now = at("2026-02-10 09:00")
    longer = extend(spec, ledger, CN, now, asked=now, up_to=parse_term("6 months"))
    assert (longer.nominal, longer.due_date) == (date(2026, 5, 17), date(2026, 5, 18))
    added = extend(spec, ledger, CN, now, asked=now, add=parse_term("1 month"))
    assert (added.nominal, added.due_date) == (date(2026, 3, 17), date(2026, 3, 17))


def test_an_extension_leaves_what_has_fired_and_moves_the_rest() -> None:
    spec = extendable("80 %", "due", "5 working days after")
    ledger = fire(armed(spec, "2026-03-02 09:00", "10 working days"), "80 %", at("2026-03-13 00:00"))
    longer = extend(spec, ledger, CN, at("2026-03-13 09:00"), asked=at("2026-03-12 09:00"), up_to=parse_term("20 working days"))
    assert shown(longer) == {"80 %": "2026-03-12", "due": "2026-03-30", "5 working days after": "2026-04-07"}
    assert longer.rungs[0].fired == at("2026-03-13 00:00")


def test_a_shorter_extension_takes_no_time_away() -> None:
    spec = extendable("due")
    ledger = armed(spec, "2026-03-02 09:00", "3 months")
    now = at("2026-03-03 09:00")
    assert extend(spec, ledger, CN, now, asked=now, up_to=parse_term("10 working days")).due == ledger.due


def test_an_extension_and_a_pause_add_up_in_either_order() -> None:
    spec = extendable("due")
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")
    grant = at("2026-03-10 09:00")
    first = resume(spec, pause(ledger, at("2026-03-04 09:00"), "suspended"), CN, at("2026-03-06 09:00"))
    extended = extend(spec, first, CN, grant, asked=grant, add=parse_term("5 working days"))
    assert extended.due_date == date(2026, 3, 25)  # 16 March, two days paused, five added
    other = pause(
        extend(spec, ledger, CN, at("2026-03-03 09:00"), asked=at("2026-03-03 09:00"), add=parse_term("5 working days")),
        at("2026-03-04 09:00"),
        "x",
    )
    assert resume(spec, other, CN, at("2026-03-06 09:00")).due_date == date(2026, 3, 25)


def test_asking_is_open_before_due_and_as_often_as_granted() -> None:
    spec = extendable("due")
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")
    due = cast("Instant", ledger.due)
    assert extension_refusal(spec, ledger, due - 1) is None
    assert extension_refusal(spec, ledger, due) == "too_late"
    assert extension_refusal(extendable("due", before_due=False), ledger, due + DAY) is None
    granted = extend(spec, ledger, CN, due + 1, asked=due - 1, up_to=parse_term("6 months"))
    assert extension_refusal(spec, granted, due) == "limit_reached"
    assert extension_refusal(deadline("due"), ledger, due - 1) == "not_here"
    assert extension_refusal(spec, end(spec, ledger, due - 5), due - 1) == "not_here"


def test_an_extension_asked_for_before_the_pause_is_not_too_late_in_it() -> None:
    spec = extendable("due")
    late_pause = pause(armed(spec, "2026-03-02 09:00", "5 working days"), at("2026-03-12 09:00"), "suspended")
    assert extension_refusal(spec, late_pause, at("2026-03-09 09:00")) is None
    assert extension_refusal(spec, late_pause, at("2026-03-13 09:00")) == "too_late"


def test_an_extension_needs_exactly_one_term_and_a_due_day() -> None:
    spec = extendable("due")
    ledger = armed(spec, "2026-03-02 09:00", "5 working days")
    with pytest.raises(ValueError, match="exactly one of up_to and add"):
        extend(spec, ledger, CN, 1, asked=1)
    with pytest.raises(ValueError, match="no due day yet"):
        extend(spec, arm(spec, CN, 1, n=1), CN, 1, asked=1, add=parse_term("1 day"))


def test_a_given_date_can_be_extended_from_its_nominal_day() -> None:
    spec = extendable("due")
    ledger = arm(spec, CN, at("2026-01-05 09:00"), n=1, until=date(2026, 2, 17))
    assert extend(spec, ledger, CN, 1, asked=1, add=parse_term("1 month")).nominal == date(2026, 3, 17)


# --- ends -----------------------------------------------------------------------------------------------------------


def test_a_deadline_is_met_before_its_due_instant_and_late_from_it_on() -> None:
    spec = deadline("due")
    ledger = armed(spec, "2026-03-02 09:00", "5 working days")
    due = cast("Instant", ledger.due)
    assert end(spec, ledger, due - 1).status is Status.MET
    assert end(spec, ledger, due).status is Status.LATE
    assert (is_overdue(ledger, due - 1), is_overdue(ledger, due)) == (False, True)
    assert is_overdue(end(spec, ledger, due), due + DAY)
    assert not is_overdue(end(spec, ledger, due - 1), due + DAY)


def test_timers_and_what_never_began_are_neither_met_nor_late() -> None:
    assert (
        end(deadline("due", timer=True), armed(deadline("due", timer=True), "2026-03-02 09:00", "1 day"), at("2027-01-01 00:00")).status
        is Status.ENDED
    )
    assert end(deadline("due"), arm(deadline("due"), CN, 1, n=1), 2).status is Status.ENDED


def test_what_has_ended_stays_as_it_ended() -> None:
    spec = deadline("due")
    ended = end(spec, armed(spec, "2026-03-02 09:00", "5 working days"), at("2026-03-03 09:00"))
    assert next_rung(ended) is None
    assert (
        recompute(spec, ended, CN) == recount(spec, ended, CN) == pause(ended, 1, "x") == end(spec, ended, at("2027-01-01 00:00")) == ended
    )
    assert end(spec, armed(spec, "2026-03-02 09:00", "1 day"), 1, Status.CANCELLED).status is Status.CANCELLED


# --- re-entry -------------------------------------------------------------------------------------------------------


def test_restart_gives_a_full_new_term_and_continue_deducts_what_was_used() -> None:
    spec = deadline("80 %", "due", reentry="continue")
    first = fire(armed(spec, "2026-03-02 09:00", "10 working days"), "80 %", at("2026-03-13 00:00"))
    left = end(spec, first, at("2026-03-13 09:00"))  # 9 used
    again = arm(spec, CN, at("2026-04-01 09:00"), n=2, within=parse_term("10 working days"), previous=left)
    assert (again.n, again.due_date) == (2, date(2026, 4, 2))
    assert again.rungs[0].fired == at("2026-03-13 00:00")
    fresh = arm(deadline("80 %", "due"), CN, at("2026-04-01 09:00"), n=2, within=parse_term("10 working days"), previous=left)
    assert (fresh.due_date, fresh.rungs[0].fired) == (date(2026, 4, 16), None)


def test_continue_adds_the_days_away_to_a_term_in_months_and_remembers_pauses_and_extensions() -> None:
    spec = extendable("due", reentry="continue")
    ledger = armed(spec, "2026-03-02 09:00", "1 month")
    ledger = resume(spec, pause(ledger, at("2026-03-03 09:00"), "suspended"), CN, at("2026-03-06 09:00"))
    ledger = extend(spec, ledger, CN, at("2026-03-09 09:00"), asked=at("2026-03-09 09:00"), add=parse_term("1 week"))
    left = end(spec, ledger, at("2026-03-10 09:00"))
    again = arm(spec, CN, at("2026-03-20 09:00"), n=2, within=parse_term("1 month"), previous=left)
    assert left.nominal == date(2026, 4, 12)
    assert again.nominal == date(2026, 4, 22)
    assert extension_refusal(spec, again, at("2026-03-21 09:00")) == "limit_reached"


def test_a_stay_that_ended_in_a_pause_continues_from_that_pause() -> None:
    spec = deadline("due", reentry="continue")
    paused = pause(armed(spec, "2026-03-02 09:00", "10 working days"), at("2026-03-06 09:00"), "suspended")
    again = arm(
        spec, CN, at("2026-03-20 09:00"), n=2, within=parse_term("10 working days"), previous=end(spec, paused, at("2026-03-10 09:00"))
    )
    assert again.due_date == date(2026, 3, 30)


def test_what_was_used_up_is_overdue_at_once_when_it_continues() -> None:
    spec = deadline("due", reentry="continue")
    left = end(spec, armed(spec, "2026-03-02 09:00", "5 working days"), at("2026-03-20 09:00"))
    again = arm(spec, CN, at("2026-04-01 09:00"), n=2, within=parse_term("5 working days"), previous=left)
    assert is_overdue(again, at("2026-04-01 09:00"))


# --- rungs ----------------------------------------------------------------------------------------------------------


def test_rungs_come_in_order_of_time_and_ties_as_they_are_written() -> None:
    ledger = armed(deadline("5 working days after", "due", "100 %", "start"), "2026-03-02 09:00", "10 working days")
    order = []
    while (upcoming := next_rung(ledger)) is not None:
        order.append(upcoming[1])
        ledger = fire(ledger, upcoming[1], upcoming[0])
    assert order == ["start", "due", "100 %", "5 working days after"]


def test_a_rung_fires_once() -> None:
    ledger = fire(armed(deadline("due"), "2026-03-02 09:00", "1 day"), "due", at("2026-03-04 00:00"))
    with pytest.raises(ValueError, match="no rung 'due' that has not fired yet"):
        fire(ledger, "due", at("2026-03-05 00:00"))
    with pytest.raises(ValueError, match="no rung '99 %'"):
        fire(ledger, "99 %", at("2026-03-05 00:00"))


@pytest.mark.parametrize(
    ("catch_up", "recorded"),
    [("all", [False, False, False]), ("last", [False, True, False]), ("record", [False, True, True])],
)
def test_after_a_stop_catch_up_says_which_missed_rungs_fire(catch_up: str, recorded: list[bool]) -> None:
    """80 % fell due before the service stopped, due and 5 working days after while it stood."""
    spec = deadline("80 %", "due", "5 working days after", "1 month after", catch_up=catch_up)
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")
    found = due_rungs(spec, ledger, at("2026-03-30 09:00"), stopped=at("2026-03-14 09:00"))
    assert [rung.at for rung in found] == ["80 %", "due", "5 working days after"]
    assert [rung.recorded_only for rung in found] == recorded
    assert [rung.instant for rung in found] == sorted(rung.instant for rung in found)


def test_without_a_stop_every_due_rung_fires_whatever_catch_up_says() -> None:
    spec = deadline("80 %", "due", catch_up="record")
    ledger = armed(spec, "2026-03-02 09:00", "10 working days")
    assert [rung.recorded_only for rung in due_rungs(spec, ledger, at("2026-03-30 09:00"))] == [False, False]
    assert due_rungs(spec, ledger, at("2026-03-03 09:00")) == ()


def test_a_rung_that_was_only_recorded_does_not_fire_later() -> None:
    spec = deadline("due")
    ledger = fire(armed(spec, "2026-03-02 09:00", "1 day"), "due", at("2026-03-10 00:00"), recorded_only=True)
    assert next_rung(ledger) is None
    assert ledger.to_json()["fired"] == {}
    assert ledger.to_json()["recorded"] == {"due": at("2026-03-10 00:00")}
    assert due_rungs(spec, ledger, at("2026-03-11 00:00")) == ()


def test_a_ledger_is_a_value_that_nobody_can_change() -> None:
    ledger = armed(deadline("due"), "2026-03-02 09:00", "1 day")
    with pytest.raises(AttributeError):
        ledger.due = 1  # type: ignore[misc]
    assert Ledger.from_json(MappingProxyType(ledger.to_json())) == ledger
    assert ledger.rungs == (RungEntry("due", ledger.due),)


def test_a_pause_between_the_nominal_and_the_rolled_day_does_not_run_out_by_itself() -> None:
    """Nominal 17 February, rolled to the 24th; four days more would end on the 24th again, before the return."""
    spec = deadline("due")
    paused = pause(armed(spec, "2025-11-17 09:00", "3 months"), at("2026-02-23 09:00"), "suspended")
    assert resume(spec, paused, CN, at("2026-02-27 09:00")).due_date == date(2026, 2, 27)
