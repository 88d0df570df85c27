"""The service over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx2
import orjson

from api.commands.failing import AnsweredWithProblem, Misused
from api.commands.gateway import EMPTY, Act, FigureTimes, Json
from api.commands.remote_registries import RemoteRegistries
from engine.clock import Instant, from_datetime, rfc3339
from engine.definition.calendars import Calendar, CalendarYear, Special
from engine.errors import ClockIsNotManual, YishiError

PATIENCE = 60.0
MOST_YEARS = 3
"""Years of days that the server gives at once."""
SATURDAY_AND_SUNDAY = frozenset({5, 6})

Sources = Sequence[tuple[bytes, str]]
"""Texts of files, each with its name."""
BETWEEN = b"\n---\n"


class Unreachable(YishiError):
    """The server does not answer."""

    code = "unreachable"


class RemoteGateway:
    """Asks a server, with the key that says who asks."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def opened(cls, url: str, key: str | None, language: str) -> Iterator[RemoteGateway]:
        """Keep connections for as long as the block lasts."""
        headers = {"Accept-Language": language, "Accept": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        try:
            # A key goes to the server it is meant for: neither a proxy from the environment nor a redirect may carry it elsewhere.
            client = httpx2.Client(
                base_url=url.rstrip("/") + "/v1", headers=headers, timeout=PATIENCE, trust_env=False, follow_redirects=False
            )
        except httpx2.InvalidURL as error:
            raise Misused(f"YISHI_URL: expected an address like http://127.0.0.1:8000, got {url!r}: {error}") from None
        with client:
            yield cls(client)

    @property
    def registries(self) -> RemoteRegistries:
        """Give the calls about registries."""
        return RemoteRegistries(self._ask, self._send, self._fetch)

    # --- changing ---------------------------------------------------------------------------------------------------

    def publish(self, sources: Sequence[tuple[bytes, str]], *, effective_from: str | None, dry_run: bool) -> list[Json]:
        """Publish definitions together."""
        params = asked({"dry_run": dry_run or None, "effective_from": effective_from})
        yaml = {"Content-Type": "application/yaml"}
        answer = self._ask("POST", "/definitions", content=joined(sources), headers=yaml, params=params, sources=sources)
        return list(answer.get("definitions", [answer]))

    def migrations(self, workflow: str) -> Json:
        """Count the running cases of a workflow."""
        return self._ask("GET", "/migrations", params={"workflow": workflow})

    def migrate(self, asked: Mapping[str, Any]) -> Json:
        """Plan, carry out or undo a part of a migration."""
        return self._send("POST", "/migrations", given(asked))

    def publish_drafts(self, sources: Sequence[tuple[bytes, str]]) -> Json:
        """Publish drafts in the sandbox."""
        yaml = {"Content-Type": "application/yaml"}
        return self._ask("POST", "/sandbox/definitions", content=joined(sources), headers=yaml, sources=sources)

    def reset_sandbox(self) -> Json:
        """Make the sandbox as new."""
        return self._ask("POST", "/sandbox/reset")

    def create_sandbox_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str) -> Json:
        """Make a key for the sandbox."""
        return self._send("POST", "/sandbox/keys", given({"actor": actor, "roles": list(roles), "unit": unit, "label": label}))

    def recount(self, asked: Mapping[str, Any]) -> Json:
        """Preview or apply changed calendars, a part at a time."""
        return self._send("POST", "/calendars/recounts", given(asked))

    def open_case(self, workflow: str, version: int | None, client_ref: str | None, sent: Act) -> Json:
        """Open a case."""
        body = {"workflow": workflow, "version": version, "client_ref": client_ref, **body_of(sent)}
        return self._send("POST", "/cases", given(body), headers=headers_of(sent))

    def act(self, case: str, action: str, sent: Act) -> Json:
        """Take an action, on the version that is expected or on the present one."""
        return self._send("POST", f"/cases/{quoted(case)}/actions/{quoted(action)}", body_of(sent), headers=self._decided_on(case, sent))

    def comment(self, case: str, text: str) -> Json:
        """Comment on a case."""
        return self._send("POST", f"/cases/{quoted(case)}/comments", {"text": text})

    def attach(self, case: str, document: str, file: Path, media_type: str, sent: Act) -> Json:
        """Hand in a file; the digest that is sent first lets the server see that all of it arrived."""
        said = {"document": document, "filename": file.name, "sha256": digest(file)}
        headers = {**self._decided_on(case, sent), "Content-Type": media_type}
        with file.open("rb") as stream:
            return self._ask("POST", f"/cases/{quoted(case)}/documents", content=stream, params=said, headers=headers)

    def word(self, case: str, document: str) -> bytes:
        """Make a document as Word."""
        return self._fetch(word_of(case, document))

    def attach_word(self, case: str, document: str, sent: Act) -> Json:
        """Make a document as Word and attach it."""
        return self._ask("POST", word_of(case, document), headers=self._decided_on(case, sent))

    def advance_clock(self, to: Instant) -> Json:
        """Move the manual clock."""
        return self._send("POST", "/clock/advance", {"to": rfc3339(to)})

    def create_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str, expires_at: Instant | None) -> Json:
        """Make a key."""
        return self._send(
            "POST", "/keys", given({"actor": actor, "roles": list(roles), "unit": unit, "label": label, "expires_at": written(expires_at)})
        )

    def revoke_key(self, key: str) -> None:
        """Revoke a key."""
        self._ask("DELETE", f"/keys/{quoted(key)}")

    def create_person(self, person: str, name: str, password: str, roles: Sequence[str], unit: str | None) -> Json:
        """Enter a person."""
        return self._send("POST", "/people", given({"id": person, "name": name, "password": password, "roles": list(roles), "unit": unit}))

    # --- reading ----------------------------------------------------------------------------------------------------

    def cases(self, filters: Mapping[str, Any]) -> Json:
        """List cases."""
        return self._ask("GET", "/cases", params=asked(filters))

    def case(self, case: str) -> Json:
        """Give a case."""
        return self._ask("GET", f"/cases/{quoted(case)}")

    def actions(self, case: str) -> Json:
        """List actions."""
        return self._ask("GET", f"/cases/{quoted(case)}/actions")

    def events(self, case: str, after: int, limit: int) -> Json:
        """List events."""
        return self._ask("GET", f"/cases/{quoted(case)}/events", params={"after": str(after), "limit": str(limit)})

    def deadlines(self, case: str) -> Json:
        """List deadlines."""
        return self._ask("GET", f"/cases/{quoted(case)}/deadlines")

    def explain(self, case: str, deadline: str) -> Json:
        """Explain a deadline."""
        return self._ask("GET", f"/cases/{quoted(case)}/deadlines/{quoted(deadline)}/explain")

    def inbox(self, limit: int, cursor: str | None) -> Json:
        """List open tasks."""
        return self._ask("GET", "/inbox", params=asked({"limit": limit, "cursor": cursor}))

    def indicators(self) -> Json:
        """List indicators."""
        return self._ask("GET", "/indicators")

    def figures(self, key: str, times: FigureTimes) -> Json:
        """Count an indicator."""
        params = asked({"from": times.start, "to": times.end, "as_of": times.as_of, "workflow": times.workflow})
        return self._ask("GET", f"/indicators/{quoted(key)}", params=params)

    def audit(self, filters: Mapping[str, Any]) -> Json:
        """List events of the organisation."""
        return self._ask("GET", "/audit/events", params=asked({**filters, "from": written(filters["from"]), "to": written(filters["to"])}))

    def keys(self) -> Json:
        """List keys."""
        return self._ask("GET", "/keys")

    def people(self) -> Json:
        """List people."""
        return self._ask("GET", "/people")

    def clock(self) -> Json:
        """Say where the clock stands. The machine's clock has no address; the time of the server stands in every answer."""
        try:
            return self._ask("GET", "/clock")
        except AnsweredWithProblem as answered:
            if answered.code != ClockIsNotManual.code:
                raise
        dated = self._client.get("/clock").headers["Date"]
        return {"now": rfc3339(from_datetime(parsedate_to_datetime(dated))), "manual": False}

    def calendar(self, name: str, first: int, last: int) -> Calendar:
        """Build a calendar from the days that the server gives."""
        parts = [
            self._ask(
                "GET",
                f"/calendars/{quoted(name)}/days",
                params={"from": f"{year}-01-01", "to": f"{min(year + MOST_YEARS - 1, last)}-12-31"},
            )
            for year in range(first, last + 1, MOST_YEARS)
        ]
        return calendar_of(parts)

    # --- the wire ---------------------------------------------------------------------------------------------------

    def _decided_on(self, case: str, sent: Act) -> dict[str, str]:
        expected = sent.expected if sent.expected is not None else self.case(case)["version"]
        return {"If-Match": f'"{expected}"', **headers_of(sent)}

    def _send(self, method: str, path: str, body: Mapping[str, Any], *, headers: Mapping[str, str] = EMPTY) -> Json:
        return self._ask(method, path, content=orjson.dumps(body), headers={"Content-Type": "application/json", **headers})

    def _ask(self, method: str, path: str, *, sources: Sources = (), **request: Any) -> Json:
        return read(self._answered(method, path, sources=sources, **request))

    def _fetch(self, path: str, **request: Any) -> bytes:
        content: bytes = self._answered("GET", path, **request).content
        return content

    def _answered(self, method: str, path: str, *, sources: Sources = (), **request: Any) -> httpx2.Response:
        try:
            answer = self._client.request(method, path, **request)
        except httpx2.TransportError as error:
            said = f"{self._client.base_url} does not answer ({type(error).__name__})"
            raise Unreachable(f"{said}; is it running, and is YISHI_URL right?") from error
        if answer.is_success:
            return answer
        body = read(answer)
        for found in body.get("problems", ()) if sources else ():
            found["file"], found["line"] = placed(found["line"], sources)
        raise AnsweredWithProblem({"code": f"http_{answer.status_code}", "title": answer.reason_phrase, **body})


def word_of(case: str, document: str) -> str:
    """Write the address at which a document is made."""
    return f"/cases/{quoted(case)}/documents/{quoted(document)}/word"


def joined(sources: Sources) -> bytes:
    """Give several files as one."""
    return BETWEEN.join(content for content, _ in sources)


def placed(line: int, sources: Sources) -> tuple[str, int]:
    """Give the file that a line of several files sent as one stands in, and its number there."""
    *earlier, last = sources
    for content, file in earlier:
        following = (content + BETWEEN).count(b"\n")
        if line <= following:
            return file, line
        line -= following
    return last[1], line


def read(answer: httpx2.Response) -> Json:
    """Read the body of an answer. What is no JSON object, such as a proxy's page, says nothing."""
    if not answer.content:
        return {}
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    if answer.is_success:
        raise Unreachable("Something else than a Yishi server answered; is YISHI_URL right?")
    return {}


def body_of(sent: Act) -> Json:
    """Give the body of an action."""
    return given({"data": dict(sent.data), "reason": sent.reason, "occurred_at": written(sent.occurred_at)})


def headers_of(sent: Act) -> dict[str, str]:
    """Give the key of an action, if it has one."""
    return {} if sent.key is None else {"Idempotency-Key": sent.key}


def given(body: Mapping[str, Any]) -> Json:
    """Leave out what was not given."""
    return {name: value for name, value in body.items() if value is not None}


def asked(filters: Mapping[str, Any]) -> dict[str, str]:
    """Write filters for an address."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in filters.items() if value is not None}


def written(instant: Instant | None) -> str | None:
    """Write an instant, if there is one."""
    return None if instant is None else rfc3339(instant)


def quoted(part: str) -> str:
    """Write one part of an address."""
    return quote(part, safe="")


def digest(file: Path) -> str:
    """Give the SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def calendar_of(parts: Sequence[Json]) -> Calendar:
    """Put a calendar together from lists of days."""
    years: dict[int, dict[date, Special]] = {}
    provisional: set[int] = set()
    weekend: set[int] = set()
    for day in (day for part in parts for day in part["days"]):
        on = date.fromisoformat(day["date"])
        special = years.setdefault(on.year, {})
        if day["provisional"]:
            provisional.add(on.year)
        if day["kind"] == "weekend":
            weekend.add(on.weekday())
        elif day["kind"] in {"rest", "work"}:
            special[on] = Special(day["kind"], {"zh-CN": day["reason"], "en": day["reason"]})
    built = {
        year: CalendarYear(year, "provisional" if year in provisional else "announced", {}, None, days) for year, days in years.items()
    }
    head = parts[0]
    return Calendar(
        head["calendar"], {}, ZoneInfo(head["zone"]), head["closing"], frozenset(weekend or SATURDAY_AND_SUNDAY), {}, built, head["version"]
    )
