"""The deadlines of a case as states come and go: when each is armed, paused, ended, recomputed and fired.

`engine.core.deadlines` counts; this file says when. A ledger lives in the snapshot for as long as its deadline does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.clock import Instant
from engine.core import deadlines as counting
from engine.core import refusals as say
from engine.core.case import Configuration
from engine.core.command import Fire
from engine.core.decision import DeadlineChange
from engine.core.ledger import Ledger, Status
from engine.core.undecidable import Undecidable
from engine.definition.expressions import EvaluationFailed, Expression, MissingData
from engine.definition.process import Deadline, Rung, State, TermSource, Transition
from engine.definition.terms import Term, Unit

if TYPE_CHECKING:
    from engine.core.interpreter import Run


class Ledgers:
    """The live deadlines of one case during one command, and what happened to them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._changes: list[DeadlineChange] = []

    def live(self, deadlines: Iterable[Deadline]) -> list[tuple[Deadline, Ledger]]:
        """Give those of some deadlines that are live; only those are read."""
        kept = self.run.draft.section("deadlines")
        return [(deadline, Ledger.from_json(kept[deadline.name])) for deadline in deadlines if deadline.name in kept]

    # --- states come and go -----------------------------------------------------------------------------------------

    def leave(self, state: State, after: Configuration) -> None:
        """End the deadlines of a state that is left, but for those whose clock only stands where the case goes now."""
        if not state.deadlines:
            return
        active = self.run.process.tree.active(after)
        for deadline in state.deadlines:
            kept = self.run.draft.get("deadlines", deadline.name)
            if kept is None:
                continue
            halt = next((path for path in deadline.paused_in if path in active), None)
            if halt is not None:
                self._keep("paused", counting.pause(Ledger.from_json(kept), self.run.moment, halt))
            elif kept["status"] != Status.PAUSED:
                self._end(deadline, kept)

    def enter(self, state: State) -> None:
        """Arm the deadlines of a state that is entered, if their guard is true; a paused one goes on instead."""
        for deadline in state.deadlines:
            if self.run.draft.get("deadlines", deadline.name) is None and self._applies(deadline):
                self._arm(deadline)

    def pause_and_resume(self) -> None:
        """After a step: clocks stand in the states of `paused_in`, run on when the case is back, end if it went elsewhere."""
        if not self.run.process.pausing:
            return
        active = self.run.process.tree.active(self.run.configuration)
        for deadline, ledger in self.live(self.run.process.pausing):
            halt = next((path for path in deadline.paused_in if path in active), None)
            if ledger.status is Status.PAUSED and halt is None:
                if deadline.state in active:
                    self._keep("resumed", counting.resume(deadline, ledger, self.run.process.calendar, self.run.moment))
                else:
                    self._end(deadline, ledger.to_json())
            elif ledger.status is not Status.PAUSED and halt is not None:
                self._keep("paused", counting.pause(ledger, self.run.moment, halt))

    def met_by(self, spec: Transition) -> None:
        """End the deadlines that a taken action meets."""
        for deadline in self.run.process.met_by.get(spec.id, ()):
            if (kept := self.run.draft.get("deadlines", deadline.name)) is not None:
                self._end(deadline, kept)

    def stop_all_but(self, final: str) -> None:
        """End all deadlines of a case that has ended, but the obligations of its final state."""
        kept = self.run.draft.section("deadlines")
        for deadline in self.run.process.definition.deadlines.values():
            if deadline.name in kept and deadline.state != final:
                self._end(deadline, kept[deadline.name])

    # --- what moves them --------------------------------------------------------------------------------------------

    def extend(self, name: str) -> None:
        """Grant the extension of a deadline; the gates have checked that it is open."""
        run, deadline = self.run, self.run.process.definition.deadlines[name]
        ledger, extension = self._ledger(deadline), deadline.extension
        assert ledger is not None
        assert extension is not None
        asked = run.asked_at if run.asked_at is not None else run.moment
        up_to, add = self._term(extension.up_to), self._term(extension.add)
        self._keep("extended", counting.extend(deadline, ledger, run.process.calendar, run.moment, asked=asked, up_to=up_to, add=add))

    def recompute_changed(self) -> None:
        """Count again, on the record, where what `from` or `until` reads has changed."""
        if not self.run.process.reading:
            return
        changed = self.run.draft.touched("data")
        armed_now = {(change.name, change.n) for change in self._changes if change.op in ("armed", "waiting")}
        for deadline, ledger in self.live(each for each in self.run.process.reading if not each.reads.isdisjoint(changed)):
            again = counting.recompute(
                deadline, ledger, self.run.process.calendar, start=self._start(deadline), until=self._until(deadline)
            )
            if again != ledger:
                self._keep("armed" if (ledger.name, ledger.n) in armed_now else "recomputed", again)

    def fire(self, command: Fire) -> Rung | None:
        """Mark a rung as fired and give it; None when it is not there to fire any more."""
        deadline = self.run.process.definition.deadlines.get(command.deadline)
        ledger = self._ledger(deadline) if deadline is not None else None
        if deadline is None or ledger is None or ledger.n != command.n or counting.next_rung(ledger) != (command.due, command.rung):
            return None
        fired = counting.fire(ledger, command.rung, self.run.now, recorded_only=command.recorded_only)
        self._keep("noted" if command.recorded_only else "fired", fired)
        return next(rung for rung in deadline.rungs if rung.at.text == command.rung)

    def changes(self) -> tuple[DeadlineChange, ...]:
        """Give what happened, in order."""
        return tuple(self._changes)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _ledger(self, deadline: Deadline) -> Ledger | None:
        kept = self.run.draft.get("deadlines", deadline.name)
        return None if kept is None else Ledger.from_json(kept)

    def _arm(self, deadline: Deadline) -> None:
        run = self.run
        n = run.draft.get("counters", "deadline", 0) + 1
        run.draft.put("counters", "deadline", n)
        within = self._term(deadline.within)
        if within is not None and within.unit is not Unit.HOURS and deadline.name in run.process.of_days:
            self._note("armed", deadline.name, n, counting.armed_on_its_day(deadline, run.process.calendar, run.moment, n, within))
            return
        previous = run.draft.get("previous", deadline.name)
        ledger = counting.arm(
            deadline,
            run.process.calendar,
            run.moment,
            n=n,
            within=within,
            start=self._start(deadline),
            until=self._until(deadline),
            lead=self._term(deadline.lead),
            previous=None if previous is None else Ledger.from_json(previous),
        )
        self._keep("waiting" if ledger.status is Status.WAITING else "armed", ledger)

    def _keep(self, op: str, ledger: Ledger) -> None:
        self._note(op, ledger.name, ledger.n, (ledger.to_json(), counting.next_rung(ledger)))

    def _note(self, op: str, name: str, n: int, kept: counting.Armed) -> None:
        data, following = kept
        self.run.draft.put("deadlines", name, data)
        next_at, rung = following or (None, None)
        self._changes.append(DeadlineChange(op, name, n, data, next_at, rung))

    def _end(self, deadline: Deadline, kept: Mapping[str, Any]) -> None:
        draft, name, now = self.run.draft, deadline.name, self.run.moment
        status = counting.verdict(deadline, kept, now).value
        data = {**kept, "status": status, "ended": now}
        draft.drop("deadlines", name)
        draft.put("ended", name, [status, kept["due"] or 0])
        if deadline.reentry == "continue":
            draft.put("previous", name, data)
        self._changes.append(DeadlineChange(status, name, kept["n"], data))

    def _applies(self, deadline: Deadline) -> bool:
        return deadline.guard is None or self._evaluate(deadline.guard) is True

    def _start(self, deadline: Deadline) -> Instant | None:
        return self._when(deadline.start)

    def _until(self, deadline: Deadline) -> date | None:
        moment = self._when(deadline.until)
        return None if moment is None else self.run.process.calendar.local_date(moment)

    def _when(self, expression: Expression | None) -> Instant | None:
        """Give the instant an expression means; None while what it reads is empty."""
        if expression is None:
            return None
        try:
            return int(expression.evaluate(self.run.view()))
        except MissingData:
            return None
        except EvaluationFailed as failure:
            raise Undecidable(say.guard_undefined(expression.text, str(failure))) from failure

    def _evaluate(self, expression: Expression) -> object:
        try:
            return expression.evaluate(self.run.view())
        except MissingData:
            return None
        except EvaluationFailed as failure:
            raise Undecidable(say.guard_undefined(expression.text, str(failure))) from failure

    def _term(self, source: TermSource | None) -> Term | None:
        if source is None:
            return None
        return source.term or self.run.process.term(source, self.run.view().settings)
