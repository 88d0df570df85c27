"""An installation for faults: a real server with people's keys, set up in this process before it starts, which takes no second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from engine.clock import parse_instant, rfc3339
from engine.runtime.access import Access, administrator_of_this_machine
from engine.runtime.application import opened
from engine.runtime.bootstrap import publish_shipped, units_written
from engine.runtime.demonstration import read_people
from engine.scheduler.demonstration import begin_at
from engine.settings import Settings
from tests.server import ROOT, Server

PEOPLE = read_people(ROOT / "workflows" / "demo" / "people.yaml")
Keys = Mapping[str, Mapping[str, str]]
Json = dict[str, Any]

TOPIC: Json = {"workflow": "member_deliberation", "data": {"topic": "推动解决小区未通天然气问题", "source": "member"}}


def settings_of(server: Server) -> Settings:
    """The settings that a server was given."""
    given = {key.removeprefix("YISHI_").lower(): value for key, value in server.environment.items() if key.startswith("YISHI_")}
    return Settings.model_validate(given)


def set_up(server: Server, *, begin: str | None = None, publish: Mapping[str, str] | None = None) -> Keys:
    """Make the database with the shipped processes and more; give each person's header. `begin` sets a manual clock, be it back in time."""
    with opened(settings_of(server)) as application:
        if begin is not None:
            begin_at(application, parse_instant(begin))
        publish_shipped(application)
        operator = administrator_of_this_machine(application.org)
        for name, text in (publish or {}).items():
            application.registry.publish(operator, text, name, application.now())
        application.lane.write(units_written(application.org, PEOPLE))
        access = Access(application.store, application.lane)
        made = {person.id: access.create(operator, person.id, person.roles, unit=person.unit) for person in PEOPLE.people}
    return {name: {"Authorization": f"Bearer {key.secret}"} for name, key in made.items()}


class Desk:
    """Requests to a server by anybody, each on a connection of its own, for the server may be another one by then."""

    def __init__(self, server: Server, keys: Keys) -> None:
        self.server, self.keys = server, keys

    def send(self, who: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx2.Response:
        """Send a request as somebody."""
        sent = {**self.keys[who], "Accept-Language": "en", **(headers or {})}
        with self.server.client(sent) as client:
            return client.request(method, path, **more)

    def open(self, who: str = "committee") -> Json:
        """Open a case of member deliberation."""
        return done(self.send(who, "POST", "/v1/cases", json=TOPIC), 201)

    def case(self, case_id: str) -> Json:
        """Look at a case."""
        return done(self.send("auditor", "GET", f"/v1/cases/{case_id}"))

    def act(self, who: str, case: Json, action: str, *, reason: str | None = None, **form: Any) -> Json:
        """Take an action on a case as it was seen."""
        body = {"data": form} | ({"reason": reason} if reason else {})
        path = f"/v1/cases/{case['id']}/actions/{action}"
        return done(self.send(who, "POST", path, json=body, headers={"If-Match": f'"{case["version"]}"'}))

    def advance(self, to: str) -> int:
        """Move the manual clock; give how many rungs fired."""
        answer = done(self.send("operator", "POST", "/v1/clock/advance", json={"to": to}))
        assert answer["failed"] == 0
        return int(answer["fired"])

    def events(self, case_id: str) -> list[Json]:
        """The trail of a case."""
        events: list[Json] = done(self.send("auditor", "GET", f"/v1/cases/{case_id}/events?limit=500"))["events"]
        return events

    def rungs(self, case_id: str) -> list[tuple[str, str, str]]:
        """The rungs in the trail of a case: which, its instant, and when it was recorded."""
        rungs = [event for event in self.events(case_id) if event["kind"] == "rung"]
        return [(event["notes"]["rung"], event["occurred_at"], event["recorded_at"]) for event in rungs]


def done(answer: httpx2.Response, status: int = 200) -> Json:
    """What a request that must be taken was answered."""
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


def at(local: str) -> str:
    """A local time of the demonstration's zone, in RFC 3339."""
    return f"{local.replace(' ', 'T')}:00+08:00"


def utc(local: str) -> str:
    """The same as the service writes it."""
    return rfc3339(parse_instant(at(local)))
