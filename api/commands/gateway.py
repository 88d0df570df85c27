"""The way to the service: the same calls whether a server is asked over HTTP or the database is opened here.

What the calls give has the form that the HTTP interface documents (`api/schemas`), so that commands need not know which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from api.commands.failing import Misused
from api.commands.here import Here
from engine.clock import Instant
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.errors import NotFound

Json = dict[str, Any]
EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, as the options of a command say it."""

    id: str | None = None
    roles: tuple[str, ...] = ()
    unit: str | None = None

    @property
    def is_given(self) -> bool:
        """Say whether any of it was said."""
        return self.id is not None or bool(self.roles) or self.unit is not None


@dataclass(frozen=True, slots=True)
class Act:
    """What is sent with an action. ``expected`` is the version it was decided on; None: the present one."""

    data: Mapping[str, Any]
    reason: str | None = None
    occurred_at: Instant | None = None
    expected: int | None = None
    key: str | None = None


class Calendars(Protocol):
    """Where calendars come from."""

    def calendar(self, name: str, first: int, last: int) -> Calendar:
        """Give a calendar that is right for the years from ``first`` to ``last``. Raises NotFound."""
        ...


class CalendarFolder:
    """Calendars from the folder of the workflows; nothing else is needed for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def calendar(self, name: str, first: int, last: int) -> Calendar:  # noqa: ARG002  the files hold all the years there are
        """Read a calendar."""
        known = load_calendars(self._folder)
        if name not in known:
            raise NotFound("calendar", name, known)
        return known[name]


Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Which rows of a registry: conditions ``FIELD:VALUE``, as of a day or a time, those that are retired too."""

    where: tuple[str, ...] = ()
    as_of: str | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class FigureTimes:
    """Over which days or times, as of when, and of which workflow figures are asked."""

    start: str | None = None
    end: str | None = None
    as_of: str | None = None
    workflow: str | None = None


class Registries(Protocol):
    """The calls about registries."""

    def all(self) -> Json:
        """List the registries: ``{registries}``."""
        ...

    def rows(self, registry: str, wanted: RowsWanted, limit: int, cursor: str | None) -> Json:
        """List rows: the registry with ``items`` and ``next``."""
        ...

    def row(self, registry: str, key: str, as_of: str | None) -> Json:
        """Give a row with its history."""
        ...

    def add(self, registry: str, data: Mapping[str, Any], reason: str | None) -> Json:
        """Add a row and give it."""
        ...

    def alter(self, registry: str, key: str, action: str, data: Mapping[str, Any], reason: str, expected: int | None) -> Json:
        """Change, correct, retire or restore a row, at the version that is expected or the present one, and give it."""
        ...

    def take(self, registry: str, file: Path, reason: str, sheet: str | None, progress: Progress, *, dry_run: bool) -> Json:
        """Import a file and give the report."""
        ...

    def give(self, registry: str, form: str, wanted: RowsWanted) -> bytes:
        """Export rows and give the bytes of the file."""
        ...


class Gateway(Calendars, Protocol):
    """The calls of the service. Each raises the errors of `engine.errors`, or AnsweredWithProblem with what a server said."""

    @property
    def registries(self) -> Registries:
        """Give the calls about registries."""
        ...

    def publish(self, sources: Sequence[tuple[bytes, str]], *, effective_from: str | None, dry_run: bool) -> list[Json]:
        """Publish files together, in force from a day or a time on: for each ``{workflow, version, digest, effective_from, problems}``."""
        ...

    def migrations(self, workflow: str) -> Json:
        """Count the running cases of a workflow: ``{workflow, versions}``."""
        ...

    def migrate(self, asked: Mapping[str, Any]) -> Json:
        """Plan, carry out or undo a part of a migration, as `api.schemas.migrations.Migrate` has it; ``next`` goes on."""
        ...

    def publish_drafts(self, sources: Sequence[tuple[bytes, str]]) -> Json:
        """Publish drafts in the sandbox: ``{definitions, trials_gone}``."""
        ...

    def reset_sandbox(self) -> Json:
        """Make the sandbox as new: ``{organisation, people, definitions}``."""
        ...

    def create_sandbox_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str) -> Json:
        """Make a key for the sandbox: ``{id, key}``."""
        ...

    def recount(self, asked: Mapping[str, Any]) -> Json:
        """Preview or apply changed calendars, a part at a time, as `api.schemas.calendars.Recount` has it; ``next`` goes on."""
        ...

    def open_case(self, workflow: str, version: int | None, client_ref: str | None, sent: Act) -> Json:
        """Open a case and give it."""
        ...

    def act(self, case: str, action: str, sent: Act) -> Json:
        """Take an action and give the case."""
        ...

    def comment(self, case: str, text: str) -> Json:
        """Comment on a case and give it."""
        ...

    def attach(self, case: str, document: str, file: Path, media_type: str, sent: Act) -> Json:
        """Hand in a file as a document of a case and give the case."""
        ...

    def word(self, case: str, document: str) -> bytes:
        """Make a document of a case as Word."""
        ...

    def attach_word(self, case: str, document: str, sent: Act) -> Json:
        """Make a document of a case as Word, attach it and give the case."""
        ...

    def cases(self, filters: Mapping[str, Any]) -> Json:
        """List cases: ``{cases, next}``."""
        ...

    def case(self, case: str) -> Json:
        """Give a case."""
        ...

    def actions(self, case: str) -> Json:
        """List the actions of a case: ``{version, actions}``."""
        ...

    def events(self, case: str, after: int, limit: int) -> Json:
        """List the events of a case: ``{events, next}``."""
        ...

    def deadlines(self, case: str) -> Json:
        """List the deadlines of a case: ``{deadlines}``."""
        ...

    def explain(self, case: str, deadline: str) -> Json:
        """Explain a deadline of a case."""
        ...

    def inbox(self, limit: int, cursor: str | None) -> Json:
        """List the open tasks of who asks: ``{tasks, next}``."""
        ...

    def indicators(self) -> Json:
        """List the indicators that may be asked for: ``{indicators}``."""
        ...

    def figures(self, key: str, times: FigureTimes) -> Json:
        """Count an indicator: ``{key, as_of, indicators}``."""
        ...

    def audit(self, filters: Mapping[str, Any]) -> Json:
        """List events of the organisation: ``{events, next}``."""
        ...

    def clock(self) -> Json:
        """Say where the clock stands: ``{now, manual}``."""
        ...

    def advance_clock(self, to: Instant) -> Json:
        """Move the manual clock: ``{now, fired, failed}``."""
        ...

    def create_key(self, actor: str, roles: Sequence[str], unit: str | None, label: str, expires_at: Instant | None) -> Json:
        """Make a key: ``{id, key}``."""
        ...

    def keys(self) -> Json:
        """List the keys: ``{keys}``."""
        ...

    def revoke_key(self, key: str) -> None:
        """Revoke a key."""
        ...

    def create_person(self, person: str, name: str, password: str, roles: Sequence[str], unit: str | None) -> Json:
        """Enter a person who may sign in."""
        ...

    def people(self) -> Json:
        """List the people: ``{people}``."""
        ...


@contextmanager
def gateway(place: Here, person: Person | None = None) -> Iterator[Gateway]:
    """Give the way to the service: over HTTP where YISHI_URL is set, else into the database."""
    # Each of the two brings half of the program along, and a command needs only one.
    person = person or Person()
    if place.settings.url is not None:
        from api.commands.remote import RemoteGateway  # noqa: PLC0415

        if person.is_given:
            raise Misused("--as, --role and --unit are for a database opened here; with YISHI_URL the key says who acts")
        with RemoteGateway.opened(place.settings.url, place.settings.key, place.language) as remote:
            yield remote
        return
    from api.commands.local import LocalGateway  # noqa: PLC0415

    with LocalGateway.opened(place.settings, person, place.language) as local:
        yield local


@contextmanager
def calendars(place: Here) -> Iterator[Calendars]:
    """Give the way to the calendars: over HTTP where YISHI_URL is set, else into their folder, without a database."""
    if place.settings.url is None:
        yield CalendarFolder(place.calendars_folder)
        return
    with gateway(place) as service:
        yield service
