"""The service without a server: the database is opened here, as one more writer.

Whoever may open the database is trusted to say who acts; who says nothing acts as ``cli:USER``, and the trail shows it.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from api.commands.gateway import Act, CalendarFolder, FigureTimes, Json, Person
from api.commands.local_registries import LocalRegistries
from api.schemas.calendars import Recount, recounted
from api.schemas.migrations import Migrate, asked_for
from api.schemas.sandbox import drafts_view, sandbox_view
from api.schemas.service import published_view
from engine.clock import Instant, parse_day_or_instant, rfc3339
from engine.definition.calendars import Calendar
from engine.errors import NotFound, StaleVersion
from engine.runtime.access import Access
from engine.runtime.answers import RequestKey, request_key
from engine.runtime.application import Application, opened
from engine.runtime.documents import Documents, file_name_of, handed_in, media_type_of
from engine.runtime.figures import Asked, Figures
from engine.runtime.lane import Pending
from engine.runtime.migrating import Migrating
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.reading import ClientRefTaken, Reading
from engine.runtime.recounting import Recounting
from engine.runtime.sandbox import Sandbox
from engine.runtime.sign_in import SignIn
from engine.scheduler.sealer import Sealer
from engine.scheduler.sweep import Sweep, advance_clock
from engine.settings import Settings
from engine.store.access import get_person
from engine.store.cases import CaseFilter
from engine.store.records import DocumentRecord
from engine.store.trail import EventFilter

ADMINISTRATOR = "admin"


class LocalGateway:
    """Carries out the calls in this process. The database is opened by the first call that needs it."""

    def __init__(self, settings: Settings, person: Person, language: str, stack: ExitStack) -> None:
        self._settings = settings
        self._person = person
        self._language = language
        self._stack = stack

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, person: Person, language: str) -> Iterator[LocalGateway]:
        """Keep the database open for as long as the block lasts."""
        with ExitStack() as stack:
            yield cls(settings, person, language, stack)

    @cached_property
    def application(self) -> Application:
        """Open the database, brought up to date."""
        return self._stack.enter_context(opened(self._settings))

    @cached_property
    def principal(self) -> Principal:
        """Say who acts: the person that was named, with the roles named or else those entered for that person; else the operator."""
        person, org = self._person, self._settings.organisation
        if person.id is None:
            return Principal(operator(), org, frozenset({ADMINISTRATOR, *person.roles}), person.unit, key="cli")
        if person.roles:
            return Principal(person.id, org, frozenset(person.roles), person.unit, key="cli")
        with self.application.store.read() as reader:
            row = get_person(reader, org, person.id)
        if row is None:
            raise NotFound("person", person.id)
        return Principal(person.id, org, frozenset(orjson.loads(row.roles)), person.unit or row.unit, key="cli")

    @property
    def _reading(self) -> Reading:
        return Reading(self.application)

    @property
    def _access(self) -> Access:
        return Access(self.application.store, self.application.lane)

    @property
    def _sign_in(self) -> SignIn:
        return SignIn(
            self.application.store, self.application.lane, self._settings.organisation, session_hours=self._settings.session_hours
        )

    @property
    def _documents(self) -> Documents:
        return Documents(self._settings.files, self._settings.upload_limit).of(self.principal.org)

    @property
    def registries(self) -> LocalRegistries:
        """Give the calls about registries."""
        return LocalRegistries(self.application, self.principal, self._language)

    # --- changing ---------------------------------------------------------------------------------------------------

    def publish(self, sources: Sequence[tuple[bytes, str]], *, effective_from: str | None, dry_run: bool) -> list[Json]:
        """Publish definitions together."""
        begins = None if effective_from is None else parse_day_or_instant(effective_from)
        done = publish(self.application, self.principal, sources, effective_from=begins, dry_run=dry_run)
        return [published_view(each) for each in done]

    def migrations(self, workflow: str) -> Json:
        """Count the running cases of a workflow."""
        return self._migrating.standing(self.principal, workflow)

    def migrate(self, asked: Mapping[str, Any]) -> Json:
        """Plan, carry out or undo a part of a migration."""
        return asked_for(self._migrating, self.principal, Migrate.model_validate(asked), self._language)

    def publish_drafts(self, sources: Sequence[tuple[bytes, str]]) -> Json:
        """Publish drafts in the sandbox."""
        return drafts_view(self._sandbox.publish(self.principal, sources))

    def reset_sandbox(self) -> Json:
        """Make the sandbox as new."""
        return sandbox_view(self._sandbox.reset(self.principal))

    def create_sandbox_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str) -> Json:
        """Make a key for the sandbox."""
        made = self._sandbox.create_key(self.principal, actor, roles, unit=unit, label=label)
        return {"id": made.id, "key": made.secret}

    @property
    def _sandbox(self) -> Sandbox:
        return Sandbox(self.application)

    def recount(self, asked: Mapping[str, Any]) -> Json:
        """Preview or apply changed calendars, a part at a time."""
        return recounted(self._recounting, self.principal, Recount.model_validate(asked), self._language)

    @cached_property
    def _recounting(self) -> Recounting:
        return Recounting(self.application)

    @cached_property
    def _migrating(self) -> Migrating:
        return Migrating(self.application)

    def open_case(self, workflow: str, version: int | None, client_ref: str | None, sent: Act) -> Json:
        """Open a case."""
        key = self._key("POST", "/v1/cases", sent, workflow, str(version), client_ref or "")
        taken = None if client_ref is None else self._reading.case_of_reference(self.principal.org, workflow, client_ref)
        if taken is not None and key is None:
            raise ClientRefTaken(client_ref or "", taken)
        pending = self.application.service.open(
            self.principal,
            workflow,
            version=version,
            data=sent.data,
            client_ref=client_ref,
            reason=sent.reason,
            occurred_at=sent.occurred_at,
            key=key,
            language=self._language,
        )
        return answer(pending)

    def act(self, case: str, action: str, sent: Act) -> Json:
        """Take an action."""
        return self._taken(case, action, sent, None)

    def comment(self, case: str, text: str) -> Json:
        """Comment on a case."""
        return answer(self.application.service.comment(self.principal, case, text, language=self._language))

    def attach(self, case: str, document: str, file: Path, media_type: str, sent: Act) -> Json:
        """Hand in a file."""
        self._reading.demand_attaching(self.principal, case, document)
        return self._taken(case, f"{document}.attach", sent, self._stored(case, document, file, media_type))

    def word(self, case: str, document: str) -> bytes:
        """Make a document as Word."""
        from api.console.making import make  # noqa: PLC0415  brings the pages along; most commands need none

        return make(self.application, self._reading, self.principal, case, document, self._language).content

    def attach_word(self, case: str, document: str, sent: Act) -> Json:
        """Make a document as Word and attach it."""
        from api.console.making import make_to_attach  # noqa: PLC0415

        self._reading.demand_attaching(self.principal, case, document)
        row = make_to_attach(self.application, self._reading, self._documents, self.principal, case, document, self._language)
        return self._taken(case, f"{document}.attach", sent, row)

    def _taken(self, case: str, action: str, sent: Act, document: DocumentRecord | None) -> Json:
        key = self._key("POST", f"/v1/cases/{case}/actions/{action}", sent)
        try:
            return answer(
                self.application.service.act(
                    self.principal,
                    case,
                    action,
                    data=sent.data,
                    reason=sent.reason,
                    document=document,
                    occurred_at=sent.occurred_at,
                    expected=sent.expected,
                    key=key,
                    language=self._language,
                )
            )
        except StaleVersion as stale:
            changes = self._reading.changes_since(self.principal.org, case, stale.expected)
            raise StaleVersion(stale.expected, stale.actual, changes) from None

    def _stored(self, case: str, document: str, file: Path, media_type: str) -> DocumentRecord:
        with file.open("rb") as stream:
            stored = self._documents.stored(stream)
        kind, at = media_type_of(media_type), self.application.now()
        return handed_in(stored, self.principal, case, document, file_name_of(file.name), kind, at=at)

    def _key(self, method: str, path: str, sent: Act, *more: str) -> RequestKey | None:
        if sent.key is None:
            return None
        body = orjson.dumps([dict(sent.data), sent.reason, sent.occurred_at, *more], option=orjson.OPT_SORT_KEYS)
        return request_key(self.principal.org, self.principal.id, method, path, sent.key, body, str(sent.expected))

    def advance_clock(self, to: Instant) -> Json:
        """Move the manual clock."""
        self.principal.demand("clock")
        application = self.application
        done = advance_clock(application, Sweep(application), to)
        return {"now": rfc3339(application.now()), "fired": done.fired, "failed": done.failed}

    def create_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str, expires_at: Instant | None) -> Json:
        """Make a key."""
        made = self._access.create(self.principal, actor, roles, unit=unit, label=label, expires_at=expires_at)
        return {"id": made.id, "key": made.secret}

    def revoke_key(self, key: str) -> None:
        """Revoke a key."""
        self._access.revoke(self.principal, key)

    def create_person(self, person: str, name: str, password: str, roles: Sequence[str], unit: str | None) -> Json:
        """Enter a person."""
        return self._sign_in.create_person(self.principal, person, name, password, roles, unit=unit)

    # --- reading ----------------------------------------------------------------------------------------------------

    def cases(self, filters: Mapping[str, Any]) -> Json:
        """List cases."""
        asked = dict(filters)
        limit, cursor, overdue = asked.pop("limit"), asked.pop("cursor"), asked.pop("overdue")
        only = CaseFilter(**asked, overdue_at=self.application.now() if overdue else None)
        return self._reading.cases(self.principal, only, self._language, cursor=cursor, limit=limit)

    def case(self, case: str) -> Json:
        """Give a case."""
        return self._reading.case(self.principal, case, self._language)

    def actions(self, case: str) -> Json:
        """List actions."""
        return self._reading.actions(self.principal, case, self._language)

    def events(self, case: str, after: int, limit: int) -> Json:
        """List events."""
        return self._reading.events(self.principal, case, after=after, limit=limit)

    def deadlines(self, case: str) -> Json:
        """List deadlines."""
        return self._reading.deadlines(self.principal, case, self._language)

    def explain(self, case: str, deadline: str) -> Json:
        """Explain a deadline."""
        return self._reading.explain(self.principal, case, deadline, self._language)

    def inbox(self, limit: int, cursor: str | None) -> Json:
        """List open tasks."""
        return self._reading.inbox(self.principal, self._language, cursor=cursor, limit=limit)

    def indicators(self) -> Json:
        """List indicators."""
        return Figures(self.application).indicators(self.principal, self._language)

    def figures(self, key: str, times: FigureTimes) -> Json:
        """Count an indicator."""
        Sealer(self.application).run_once(self.application.now())  # what changed is sought in the sealed log, as an auditor does
        since, until, as_of = (None if each is None else parse_day_or_instant(each) for each in (times.start, times.end, times.as_of))
        asked = Asked(since, until, as_of)
        return Figures(self.application).figures(self.principal, key, asked, self._language, workflow=times.workflow)

    def audit(self, filters: Mapping[str, Any]) -> Json:
        """List events of the organisation."""
        asked = dict(filters)
        limit, cursor = asked.pop("limit"), asked.pop("cursor")
        # An auditor asks the sealed log, and without a server nobody else may have sealed.
        Sealer(self.application).run_once(self.application.now())
        only = EventFilter(since=asked.pop("from"), until=asked.pop("to"), **asked)
        return self._reading.audit(self.principal, only, cursor=cursor, limit=limit)

    def keys(self) -> Json:
        """List keys."""
        return {"keys": self._access.list(self.principal)}

    def people(self) -> Json:
        """List people."""
        return {"people": self._sign_in.people(self.principal)}

    def clock(self) -> Json:
        """Say where the clock stands."""
        return {"now": rfc3339(self.application.now()), "manual": self.application.manual}

    def calendar(self, name: str, first: int, last: int) -> Calendar:
        """Read a calendar."""
        return CalendarFolder(self._settings.workflows / "calendars").calendar(name, first, last)


def operator() -> str:
    """Name the operator after the account of the machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in a container
        return f"cli:{os.getuid()}"


def answer(pending: Pending) -> Json:
    """Wait for a command and give what it is answered with."""
    body: Json = pending.result().json()
    return body
