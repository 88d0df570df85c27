"""The deadlines of a case as states come and go: when each is armed, paused, ended, recomputed and fired.

`engine.core.deadlines` counts; this file says when. A ledger lives in the snapshot for as long as its deadline does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.clock import Instant, to_datetime
from engine.core import deadlines as counting
from engine.core import recurring, rungs
from engine.core import refusals as say
from engine.core.case import Configuration
from engine.core.command import Fire
from engine.core.decision import DeadlineChange
from engine.core.extensions import extend
from engine.core.ledger import Ledger, Status, key_named, key_of, live_of
from engine.core.undecidable import Undecidable, evaluated
from engine.definition.calendars import FIRST_YEAR, LAST_YEAR
from engine.definition.expressions import Expression
from engine.definition.process import DUE, Deadline, Rung, State, TermSource, Transition
from engine.definition.terms import Term, Unit

if TYPE_CHECKING:
    from engine.core.interpreter import Run

FIRST, LAST = FIRST_YEAR + 10, LAST_YEAR - 100
"""The years in which a given day may lie, so that what is counted from there stays within the calendars."""


class Ledgers:
    """The live deadlines of one case during one command, and what happened to them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._changes: list[DeadlineChange] = []

    def live(self, deadlines: Iterable[Deadline]) -> list[tuple[Deadline, list[Ledger]]]:
        """Give those of some deadlines that are live, each with its ledger or its open periods; only those are read."""
        return [(deadline, ledgers) for deadline in deadlines if (ledgers := self.of(deadline))]

    def of(self, deadline: Deadline) -> list[Ledger]:
        """Give what is live of a deadline: at most one ledger, or its open periods, the oldest first."""
        return [Ledger.from_json(kept) for kept in self._kept(deadline)]

    # --- states come and go -----------------------------------------------------------------------------------------

    def leave(self, state: State, after: Configuration) -> None:
        """End the deadlines of a state that is left, but for those whose clock only stands where the case goes now."""
        for deadline in state.every_deadline:
            kept = self._kept(deadline)
            if not kept:
                continue
            halt = halt_of(deadline, self.run.process.tree.active(after)) if deadline.paused_in else None
            if halt is not None:
                for each in kept:
                    self._keep("paused", counting.pause(Ledger.from_json(each), self.run.moment, halt))
            elif kept[0]["status"] != Status.PAUSED:
                self._close(deadline)

    def enter(self, state: State) -> None:
        """Arm the deadlines of a state that is entered, if their guard is true; a paused one goes on instead."""
        for deadline in state.deadlines:
            if not self._kept(deadline) and self._applies(deadline):
                self._arm(deadline)

    def pause_and_resume(self) -> None:
        """After a step: clocks stand in the states of `paused_in`, run on when the case is back, end if it went elsewhere."""
        if not self.run.process.pausing:
            return
        active = self.run.process.tree.active(self.run.configuration)
        for deadline, ledgers in self.live(self.run.process.pausing):
            halt = halt_of(deadline, active)
            stands = ledgers[0].status is Status.PAUSED
            if stands and halt is None and deadline.state not in active:
                self._close(deadline)
            elif stands and halt is None:
                for ledger in ledgers:
                    self._resume(deadline, ledger)
            elif halt is not None:
                for ledger in (each for each in ledgers if each.status is not Status.PAUSED):
                    self._keep("paused", counting.pause(ledger, self.run.moment, halt))

    def met_by(self, spec: Transition) -> None:
        """End the deadlines that a taken action meets; of one that recurs, the oldest open period."""
        for deadline in self.run.process.met_by.get(spec.id, ()):
            if deadline.rrule is not None:
                self._meet_oldest(deadline)
            else:
                self._close(deadline)

    def stop_all_but(self, final: str) -> None:
        """End all deadlines of a case that has ended, but the obligations of its final state."""
        if self.run.draft.section("deadlines"):
            for deadline in self.run.process.definition.deadlines.values():
                if deadline.state != final:
                    self._close(deadline)

    def invite(self, deadlines: Iterable[Deadline], party: str) -> None:
        """Arm the deadlines of a party that is invited, if their guard is true; one that is live goes on instead."""
        for deadline in deadlines:
            if key_named(deadline.name, party) not in self.run.draft.section("deadlines") and self._applies(deadline):
                self._arm(deadline, party)

    def release(self, deadlines: Iterable[Deadline], party: str) -> None:
        """End the deadlines of a party that has signed, or of which nothing is asked any more."""
        for deadline in deadlines:
            kept = self.run.draft.get("deadlines", key_named(deadline.name, party))
            if kept is not None:
                self._end(deadline, kept, counting.verdict(deadline, kept, self.run.moment))

    def stop(self, name: str) -> None:
        """End a deadline for which there is nothing left to do."""
        self._close(self.run.process.definition.deadlines[name])

    # --- what moves them --------------------------------------------------------------------------------------------

    def extend(self, name: str) -> None:
        """Grant the extension of a deadline; the gates have checked that it is open."""
        run, deadline = self.run, self.run.process.definition.deadlines[name]
        (ledger,), extension = self.of(deadline), deadline.extension
        assert extension is not None
        asked = run.asked["at"] if run.asked is not None else run.moment
        up_to, add = self._term(extension.up_to), self._term(extension.add)
        self._keep("extended", extend(deadline, ledger, run.process.calendar, run.moment, asked=asked, up_to=up_to, add=add))

    def recompute_changed(self) -> None:
        """Count again, on the record, where what `from` or `until` reads has changed."""
        if not self.run.process.reading:
            return
        changed = self.run.draft.touched("data")
        armed_now = {(change.name, change.n) for change in self._changes if change.op in ("armed", "waiting")}
        for deadline, ledgers in self.live(each for each in self.run.process.reading if not each.reads.isdisjoint(changed)):
            start, until = self._start(deadline), self._until(deadline)
            for ledger in ledgers:
                again = counting.recompute(deadline, ledger, self.run.process.calendar, start=start, until=until)
                if again != ledger:
                    self._keep("armed" if (ledger.name, ledger.n) in armed_now else "recomputed", again)

    def fire(self, command: Fire) -> Rung | None:
        """Mark a rung as fired and give it; None when it is not there to fire any more."""
        deadline = self.run.process.definition.deadlines.get(command.deadline)
        ledger = next((each for each in self.of(deadline) if each.n == command.n), None) if deadline is not None else None
        if deadline is None or ledger is None or rungs.next_rung(ledger) != (command.due, command.rung):
            return None
        if deadline.group is not None and ledger.party is not None:
            self.run.party_due = deadline.group, ledger.party
        fired = rungs.fire(ledger, command.rung, self.run.now, recorded_only=command.recorded_only)
        self._keep("noted" if command.recorded_only else "fired", fired)
        if deadline.rrule is not None and command.rung == DUE:
            self._begin_next(deadline, fired)
        return next(rung for rung in deadline.rungs if rung.at.text == command.rung)

    def changes(self) -> tuple[DeadlineChange, ...]:
        """Give what happened, in order."""
        return tuple(self._changes)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _kept(self, deadline: Deadline) -> list[Mapping[str, Any]]:
        section = self.run.draft.section("deadlines")
        if deadline.rrule is not None or deadline.group is not None:
            return live_of(section, deadline.name)
        return [section[deadline.name]] if deadline.name in section else []

    def _arm(self, deadline: Deadline, party: str | None = None) -> None:
        run = self.run
        if deadline.rrule is not None:
            run.draft.drop("ended", deadline.name)  # no period of the new stay has ended
            self._begin(recurring.first_period(deadline, run.process.calendar, run.moment, rest_day=self._rest_day(deadline)))
            return
        n, within = self._next_number(), self._term(deadline.within)
        if within is not None and within.unit is not Unit.HOURS and deadline.name in run.process.of_days and party is None:
            self._note("armed", deadline.name, n, counting.armed_on_its_day(deadline, run.process.calendar, run.moment, n, within))
            return
        kept = run.draft.get("previous", key_named(deadline.name, party))
        self._arm_from(deadline, run.moment, party, n=n, within=within, previous=None if kept is None else Ledger.from_json(kept))

    def _arm_from(
        self, deadline: Deadline, since: Instant, party: str | None, *, n: int, within: Term | None, previous: Ledger | None = None
    ) -> None:
        """Arm a deadline with a term whose clock runs from an instant."""
        ledger = counting.arm(
            deadline,
            self.run.process.calendar,
            since,
            n=n,
            within=within,
            start=self._start(deadline),
            until=self._until(deadline),
            lead=self._term(deadline.lead),
            previous=previous,
        )
        self._keep("waiting" if ledger.status is Status.WAITING else "armed", ledger._replace(armed=self.run.moment, party=party))

    def _next_number(self) -> int:
        n: int = self.run.draft.get("counters", "deadline", 0) + 1
        self.run.draft.put("counters", "deadline", n)
        return n

    def _keep(self, op: str, ledger: Ledger) -> None:
        self._note(op, ledger.key, ledger.n, (ledger.to_json(), rungs.next_rung(ledger)))

    def _note(self, op: str, key: str, n: int, kept: counting.Armed) -> None:
        data, following = kept
        self.run.draft.put("deadlines", key, data)
        next_at, rung = following or (None, None)
        self._changes.append(DeadlineChange(op, data["name"], n, data, next_at, rung))

    def _close(self, deadline: Deadline) -> None:
        """End all that is live of a deadline, because its state is left or it is met."""
        if deadline.rrule is not None:
            self._catch_up(deadline)
        for kept in self._kept(deadline):
            left = None if deadline.rrule is None else recurring.when_left(Ledger.from_json(kept), self.run.moment)
            self._end(deadline, kept, left or counting.verdict(deadline, kept, self.run.moment))

    def _end(self, deadline: Deadline, kept: Mapping[str, Any], status: Status) -> None:
        draft, key = self.run.draft, key_of(kept)
        name = deadline.name if deadline.rrule is not None else key  # of periods it is the last one that counts
        data = {**kept, "status": status.value, "ended": self.run.moment}
        draft.drop("deadlines", key)
        if deadline.rrule is None or status is not Status.ENDED:  # what was cut short says nothing about how the last period ended
            draft.put("ended", name, [status.value, kept["due"] or 0])
        if deadline.reentry == "continue":
            draft.put("previous", name, data)
        self._changes.append(DeadlineChange(status.value, deadline.name, kept["n"], data))

    # --- periods ----------------------------------------------------------------------------------------------------

    def _begin(self, period: Ledger | None) -> Ledger | None:
        """Begin a period, if the rule has one more."""
        if period is None:
            return None
        begun = period._replace(n=self._next_number())
        self._keep("armed", begun)
        return begun

    def _begin_next(self, deadline: Deadline, last: Ledger) -> Ledger | None:
        """Begin the period after the youngest one; of too many that are open, the oldest is missed."""
        calendar, rest_day = self.run.process.calendar, self._rest_day(deadline)
        begun = self._begin(recurring.next_period(deadline, last, calendar, self.run.moment, rest_day=rest_day))
        for oldest in self._kept(deadline)[: -recurring.MOST_OPEN]:
            self._end(deadline, oldest, Status.MISSED)
        return begun

    def _meet_oldest(self, deadline: Deadline) -> None:
        """End the oldest open period. One that has not begun cannot be met: what is done twice in a period counts once."""
        kept = self._kept(deadline)
        oldest = Ledger.from_json(kept[0]) if kept else None
        if oldest is None or not recurring.has_begun(oldest, self.run.moment):
            return
        self._end(deadline, kept[0], counting.verdict(deadline, kept[0], self.run.moment))
        if len(kept) == 1:
            self._begin_next(deadline, oldest)

    def _catch_up(self, deadline: Deadline) -> None:
        """Begin the periods that the clock has not come to yet, so that none of those past due is forgotten."""
        last = next(reversed(self.of(deadline)), None)
        while last is not None and counting.is_overdue(last, self.run.moment):
            last = self._begin_next(deadline, last)

    def _resume(self, deadline: Deadline, ledger: Ledger) -> None:
        resumed = counting.resume(deadline, ledger, self.run.process.calendar, self.run.moment)
        if resumed.period is not None and resumed.due is None:  # the rule came to its end while the clock stood
            self._end(deadline, resumed.to_json(), Status.ENDED)
        else:
            self._keep("resumed", resumed)

    def _rest_day(self, deadline: Deadline) -> str:
        return self.run.process.rest_day(deadline, self.run.view().settings)

    # --- what expressions say ---------------------------------------------------------------------------------------

    def _applies(self, deadline: Deadline) -> bool:
        return deadline.guard is None or evaluated(deadline.guard, self.run.view(), optional=True) is True

    def _start(self, deadline: Deadline) -> Instant | None:
        return self._when(deadline.start)

    def _until(self, deadline: Deadline) -> date | None:
        moment = self._when(deadline.until)
        return None if moment is None else self.run.process.calendar.local_date(moment)

    def _when(self, expression: Expression | None) -> Instant | None:
        """Give the instant an expression means; None while what it reads is empty. Raises Undecidable for one no calendar reaches."""
        if expression is None:
            return None
        found = evaluated(expression, self.run.view(), optional=True)
        if found is not None and not FIRST <= to_datetime(int(found)).year <= LAST:
            year = to_datetime(int(found)).year
            en, zh = f"a day of the years {FIRST} to {LAST} was expected, not of {year}", f"日期应在{FIRST}年至{LAST}年之间，实为{year}年"
            raise Undecidable(say.guard_undefined(expression.text, en, zh))
        return None if found is None else int(found)

    def _term(self, source: TermSource | None) -> Term | None:
        if source is None:
            return None
        return source.term or self.run.process.term(source, self.run.view().settings)


def halt_of(deadline: Deadline, active: set[str]) -> str | None:
    """Find an active state in which the clock of a deadline stands."""
    return next((path for path in deadline.paused_in if path in active), None)
