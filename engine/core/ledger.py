"""What a case remembers of one armed deadline: the facts, from which every date can be counted again.

A ledger is a value. It lives in the case's snapshot as JSON of strings, integers, booleans, lists and objects: ``due`` is null
while there is none, all else that is not known is left out. Instants are microseconds since 1970 UTC, dates ``YYYY-MM-DD``.

``fired`` maps the `at` of each rung that fired to the instant of its command, ``recorded`` those that `catch_up` only recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from engine.clock import Instant

AWAY = ""
"""The state of a pause that was no pause but the time between two stays, with ``reentry: continue``."""


PERIOD, PARTY = "#", "@"
"""Part the name of a deadline from the number of a period of one that recurs, and from the party of whom it is the own one."""


class Status(StrEnum):
    """Where a deadline stands. Only a running one fires rungs; the last five are its ends."""

    WAITING = "waiting"  # what `from` or `until` reads is empty
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    LATE = "late"
    ENDED = "ended"  # a timer, one that never began to run, or a period cut short: neither met nor late
    MISSED = "missed"  # a period of a recurring deadline that was past due when its state was left
    CANCELLED = "cancelled"  # dropped by a migration or with the case

    @property
    def is_open(self) -> bool:
        """Say whether the deadline can still run."""
        return self in _OPEN


OVER_TIME = frozenset({Status.LATE, Status.MISSED})
"""The ends of a deadline for which somebody was late."""


_OPEN = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED})


class Pause(NamedTuple):
    """A time in which the clock stood, and the state it stood in. ``end`` is None while it lasts."""

    start: Instant
    end: Instant | None
    state: str


UP_TO, ADD = "up_to", "add"
"""The kinds of extension: counted from the original start, or from the nominal due day."""


class Grant(NamedTuple):
    """One granted extension: ``kind`` is up_to (from the original start) or add (from the nominal due day)."""

    at: Instant
    asked: Instant
    kind: str
    term: str
    before: date  # the due day as it was


class RungEntry(NamedTuple):
    """One rung of the ladder. ``fired`` says when its command was taken; ``skipped`` that it was only recorded (`catch_up`)."""

    at: str
    instant: Instant | None = None
    provisional: bool = False
    fired: Instant | None = None
    skipped: bool = False


class Period(NamedTuple):
    """Which period of a recurring deadline a ledger is of: the ``number``, counted from 1 in a stay.

    ``since`` is the day the rule begins, ``after`` the day this period begins; neither counts. ``rule`` and ``rest_day`` are what
    it was armed with.
    """

    number: int
    since: date
    after: date
    rule: str
    rest_day: str


class Ledger(NamedTuple):
    """One armed deadline, or one period of one that recurs. ``n`` is its number within the case, ``name`` the deadline's full name.

    ``party`` is the party whose own it is, where each of several has one.

    ``start``, ``until``, ``term``, ``lead`` and ``period`` are what it was armed with; ``calendar`` is the version the dates were last
    counted with; ``nominal``, ``due_date``, ``due`` and ``provisional`` are the result and follow from the rest.
    """

    n: int
    name: str
    status: Status
    armed: Instant
    calendar: str
    rungs: tuple[RungEntry, ...]
    start: Instant | None = None
    until: date | None = None
    term: str | None = None
    lead: str | None = None
    nominal: date | None = None
    due_date: date | None = None
    due: Instant | None = None
    provisional: bool = False
    pauses: tuple[Pause, ...] = ()
    grants: tuple[Grant, ...] = ()
    ended: Instant | None = None
    period: Period | None = None
    party: str | None = None

    @property
    def key(self) -> str:
        """Give the key under which it stands in the snapshot: its name, with the party or the number of the period, if it has one."""
        return key_named(self.name, self.party, None if self.period is None else self.period.number)

    def to_json(self) -> dict[str, Any]:
        """Give the ledger as JSON values; `from_json` reads them back."""
        data: dict[str, Any] = {
            "n": self.n,
            "name": self.name,
            "status": self.status.value,
            "armed": self.armed,
            "calendar": self.calendar,
            "due": self.due,
            "provisional": self.provisional,
            "rungs": [_rung_to_json(rung) for rung in self.rungs],
            "fired": {rung.at: rung.fired for rung in self.rungs if rung.fired is not None and not rung.skipped},
        }
        if recorded := {rung.at: rung.fired for rung in self.rungs if rung.skipped and rung.fired is not None}:
            data["recorded"] = recorded
        facts = (("start", self.start), ("term", self.term), ("lead", self.lead), ("ended", self.ended))
        days = (("until", self.until), ("nominal", self.nominal), ("due_date", self.due_date))
        data |= {key: value for key, value in facts if value is not None}
        data |= {key: day.isoformat() for key, day in days if day is not None}
        if self.party is not None:
            data["party"] = self.party
        if self.period is not None:
            data["period"] = _period_to_json(self.period)
        if self.pauses:
            data["pauses"] = [_pause_to_json(pause) for pause in self.pauses]
        if self.grants:
            data["extensions"] = [_grant_to_json(grant) for grant in self.grants]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Ledger:
        """Read a ledger that `to_json` wrote."""
        return Ledger(
            n=data["n"],
            name=data["name"],
            status=Status(data["status"]),
            armed=data["armed"],
            calendar=data["calendar"],
            rungs=tuple(_rungs(data)),
            start=data.get("start"),
            until=_day(data.get("until")),
            term=data.get("term"),
            lead=data.get("lead"),
            nominal=_day(data.get("nominal")),
            due_date=_day(data.get("due_date")),
            due=data["due"],
            provisional=data["provisional"],
            pauses=tuple(Pause(pause["from"], pause.get("to"), pause["state"]) for pause in data.get("pauses", ())),
            grants=tuple(
                Grant(grant["at"], grant["asked"], grant["kind"], grant["term"], date.fromisoformat(grant["before"]))
                for grant in data.get("extensions", ())
            ),
            ended=data.get("ended"),
            period=_period(data.get("period")),
            party=data.get("party"),
        )


def key_of(kept: Mapping[str, Any]) -> str:
    """Give the key under which a ledger stands in the snapshot, given its JSON."""
    return key_named(kept["name"], kept.get("party"), kept["period"]["number"] if "period" in kept else None)


def key_named(name: str, party: str | None, period: int | None = None) -> str:
    """Give the key of the ledger of a deadline, of a party's own one, or of one period."""
    if party is not None:
        return f"{name}{PARTY}{party}"
    return name if period is None else f"{name}{PERIOD}{period}"


def live_of(section: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give what is live of a deadline in a snapshot's section: its ledger, or those of its open periods or parties, the oldest first."""
    if name in section:
        return [section[name]]
    several = (f"{name}{PERIOD}", f"{name}{PARTY}")
    return sorted((kept for key, kept in section.items() if key.startswith(several)), key=lambda kept: int(kept["n"]))


def ended_of(section: Mapping[str, Any], name: str) -> list[str]:
    """Give how a deadline ended last, in the section of those that ended: one status, or one for each party."""
    return [found[0] for key, found in section.items() if key == name or key.startswith(f"{name}{PARTY}")]


def _rungs(data: Mapping[str, Any]) -> Iterator[RungEntry]:
    fired, recorded = data["fired"], data.get("recorded", {})
    for rung in data["rungs"]:
        at = rung["at"]
        yield RungEntry(at, rung.get("instant"), rung.get("provisional", False), fired.get(at, recorded.get(at)), at in recorded)


def _rung_to_json(rung: RungEntry) -> dict[str, Any]:
    data: dict[str, Any] = {"at": rung.at}
    if rung.instant is not None:
        data["instant"] = rung.instant
    if rung.provisional:
        data["provisional"] = True
    return data


def _pause_to_json(pause: Pause) -> dict[str, Any]:
    data: dict[str, Any] = {"from": pause.start, "state": pause.state}
    if pause.end is not None:
        data["to"] = pause.end
    return data


def _grant_to_json(grant: Grant) -> dict[str, Any]:
    return {"at": grant.at, "asked": grant.asked, "kind": grant.kind, "term": grant.term, "before": grant.before.isoformat()}


def _period(data: Mapping[str, Any] | None) -> Period | None:
    if data is None:
        return None
    since, after = date.fromisoformat(data["since"]), date.fromisoformat(data["after"])
    return Period(data["number"], since, after, data["rule"], data["rest_day"])


def _period_to_json(period: Period) -> dict[str, Any]:
    return {**period._asdict(), "since": period.since.isoformat(), "after": period.after.isoformat()}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
