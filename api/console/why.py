"""Deadlines on the page of a case: due when, why then, and what the clock does about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api.console.groups import party_of
from api.console.writing import When, Writer
from engine.clock import Instant
from engine.core.explain import explain
from engine.core.ledger import AWAY, OVER_TIME, Ledger
from engine.core.refusals import label
from engine.core.wording import with_party, with_period
from engine.definition.effects import Effect, Notify
from engine.definition.periods import CORRESPONDING, ROLL
from engine.definition.process import Rung
from engine.definition.terms import parse_term
from engine.runtime.reading import Seen
from engine.store.records import DeadlineRecord

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its cells, and whether it deserves attention."""

    cells: tuple[str | When, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineShown:
    """A deadline with its reasons, ready for the page."""

    name: str
    n: int
    title: str
    status: str
    is_open: bool
    overdue: bool
    was_late: bool
    provisional: bool
    due: When | None
    basis: str
    steps: tuple[str, ...]
    days: tuple[Row, ...]
    pauses: tuple[Row, ...]
    extensions: tuple[Row, ...]
    rungs: tuple[Row, ...]
    rules: tuple[str, ...]
    calendar: str
    agrees: bool


class Explaining:
    """Shows the deadlines of one case."""

    def __init__(self, seen: Seen, writer: Writer, now: Instant) -> None:
        self.definition, self.calendar = seen.process.definition, seen.process.calendar
        self.writer, self.words, self.now = writer, writer.words, now

    def shown(self, rows: Sequence[DeadlineRecord]) -> Iterator[DeadlineShown]:
        """Show deadlines in the order given; those that this version of the process does not have are left out."""
        for row in rows:
            if row.name in self.definition.deadlines:
                yield self.deadline(Ledger.from_json(orjson.loads(row.ledger)))

    def deadline(self, ledger: Ledger) -> DeadlineShown:
        """Show one deadline."""
        declared, words = self.definition.deadlines[ledger.name], self.words
        story = explain(declared, ledger, self.calendar, self.now, words.language, states=self.definition.states)
        rungs = {rung.at.text: rung for rung in declared.rungs}
        identity = story["calendar"]
        return DeadlineShown(
            name=ledger.name,
            n=ledger.n,
            title=with_party(
                with_period(label(declared.title, words.language), story["period"], words.language),
                party_of(ledger.party, declared.group, self.definition, self.writer),
                words.language,
            ),
            status=story["status_text"],
            is_open=ledger.status.is_open,
            overdue=bool(story["overdue"]) and ledger.status.is_open and not declared.timer,
            was_late=ledger.status in OVER_TIME,
            provisional=ledger.provisional,
            due=None if ledger.due is None else self.writer.due(ledger.due),
            basis=words.known("basis", declared.basis) if declared.basis else "",
            steps=tuple(step["text"] for step in story["steps"] if step["kind"] not in {"pause", "extension"}),
            days=tuple(self._day(day, ledger) for day in story["days"]),
            pauses=tuple(self._pause(pause) for pause in story["pauses"]),
            extensions=tuple(self._extension(grant, ledger, place) for place, grant in enumerate(story["extensions"])),
            rungs=tuple(self._rung(rung, rungs.get(rung["at"])) for rung in story["rungs"]),
            rules=tuple(dict.fromkeys(story["rules"].values())),
            calendar=words("calendar", id=identity["id"], version=identity["version"], zone=identity["zone"]),
            agrees=story["agrees"],
        )

    def _day(self, day: Json, ledger: Ledger) -> Row:
        reason = f"{day['reason']}（{self.words('provisional')}）" if day["provisional"] else day["reason"]
        return Row((self.writer.day(day["date"]), self._counts(day, ledger), reason), marked=not day["works"])

    def _counts(self, day: Json, ledger: Ledger) -> str:
        """Say what a day does in the count."""
        if day["counted"] is not None:
            return self.words("day_n", n=day["counted"])
        if ledger.period is not None:
            return self.words(
                "day_start" if day["date"] == ledger.period.after.isoformat() else "day_of_rule" if day["works"] else "day_rests"
            )
        if ledger.start is not None and day["date"] == self.calendar.local_date(ledger.start).isoformat():
            return self.words("day_start")
        if day["rule"] == CORRESPONDING:
            return self.words("day_last")
        if not day["works"]:
            return self.words("day_skipped")
        return self.words("day_moved_to" if day["rule"] == ROLL else "day_from")

    def _pause(self, pause: Json) -> Row:
        state = pause["state"]
        where = self.words("pause_away") if state in (None, AWAY) else self.writer.state(self.definition, state)
        until = self.words("until_now") if pause["to"] is None else self.writer.instant(pause["to"])
        return Row((self.writer.instant(pause["from"]), until, where), marked=pause["to"] is None)

    def _extension(self, grant: Json, ledger: Ledger, place: int) -> Row:
        term = parse_term(ledger.grants[place].term).text(self.words.language)
        how = self.words(f"extension_{grant['mode']}", term=term)
        return Row((self.writer.instant(grant["at"]), how, self.writer.instant(grant["asked"]), self.writer.day(grant["before"])))

    def _rung(self, rung: Json, declared: Rung | None) -> Row:
        words, fired = self.words, rung["fired"]
        at = rung["at"] if declared is None else self.writer.rung(declared.at)
        does = "" if declared is None else self.does(declared)
        instant: str | When = "" if rung["instant"] is None else self.writer.due(rung["instant"])
        match rung["state"]:
            case "fired" if fired is not None:
                became: str | When = self.writer.instant(fired)
            case "recorded" if fired is not None:
                became = words("rung_recorded", at=self.writer.instant(fired).text)
            case state:
                became = words(f"rung_{state}")
        return Row((at, does, instant, became), marked=fired is not None)

    def does(self, rung: Rung) -> str:
        """Say what a rung does."""
        said = list(self._effects(rung.effects))
        if rung.escalate is not None:
            said.insert(0, self.words("does_escalate", roles=self.writer.role(self.definition, rung.escalate)))
        if rung.act is not None:
            said.insert(0, self.words("does_act", act=self.act(rung.act)))
        return self.words("semicolon").join(said) or self.words("does_note")

    def _effects(self, effects: tuple[Effect, ...]) -> Iterator[str]:
        for effect in effects:
            if isinstance(effect, Notify):
                yield self.words("does_notify", roles=self.writer.roles(self.definition, effect.to))

    def act(self, name: str) -> str:
        """Give the title of an act."""
        found = (spec.title for state in self.definition.states.values() for spec in state.transitions if spec.name == name)
        return label(next(found, {"": name}), self.words.language)


def by_due(rows: Sequence[DeadlineRecord]) -> list[DeadlineRecord]:
    """Put the deadlines that are due first in front; those without a date come last."""
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or 0, row.n))
