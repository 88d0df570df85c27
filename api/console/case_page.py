"""The page of one case, put together from what its reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection

from api.console.acting import Actions, Attempt, actions_of, kept_of, new_key
from api.console.groups import BallotShown, PartiesShown, RelationShown, ballots_shown, parties_shown, people_among, related_shown
from api.console.story import Entry, Telling
from api.console.texts import Words
from api.console.why import DeadlineShown, Explaining, by_due
from api.console.writing import Names, Shown, When, Writer
from api.deps import Desk
from engine.core.case import EMPTY
from engine.core.ledger import Status
from engine.core.refusals import label
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.process import ProcessDefinition
from engine.errors import NotFound
from engine.runtime.application import Application
from engine.runtime.groups import parties_view
from engine.runtime.notices import MOST, unread_count
from engine.runtime.people import Principal
from engine.runtime.reading import Seen
from engine.runtime.views import may_see_document, owners, visible_data
from engine.store.access import get_person, list_units
from engine.store.deadlines import deadlines_of_case
from engine.store.documents import documents_of_case
from engine.store.records import DeadlineRecord, DocumentRecord
from engine.store.trail import StoredEvent, events_of_case

EVENTS_ON_A_PAGE = 100
ENDED_DEADLINES = 20
MOST_NAMES = 300


@dataclass(frozen=True, slots=True)
class FileShown:
    """An attached file."""

    id: str
    name: str
    size: str
    by: str
    at: When


@dataclass(frozen=True, slots=True)
class DocumentShown:
    """A document of the process: what is attached, whether it counts, what was attached before, and whether it can be made here.

    ``key``: makes it harmless to have it made and attached twice; empty where the reader cannot attach it now.
    """

    name: str
    title: str
    state: str
    file: FileShown | None
    earlier: tuple[FileShown, ...]
    is_made: bool
    key: str


@dataclass(frozen=True, slots=True)
class AskedShown:
    """Something that was asked for and waits for another person."""

    title: str
    by: str
    at: When
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """Some entries of the timeline. ``earlier``: after which seq the page before begins, None where there is none."""

    entries: tuple[Entry, ...]
    first: int
    last: int
    count: int
    earlier: int | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """All that the page of a case shows."""

    id: str
    version: int
    subject: str
    number: str | None
    workflow: str
    definition_version: int
    client_ref: str | None
    where: tuple[str, ...]
    owner: str
    outcome: str
    opened_at: When
    opened_by: str
    ended_at: When | None
    overdue: bool
    data: tuple[tuple[str, Shown], ...]
    parties: tuple[PartiesShown, ...]
    ballots: tuple[BallotShown, ...]
    related: tuple[RelationShown, ...]
    documents: tuple[DocumentShown, ...]
    deadlines: tuple[DeadlineShown, ...]
    ended_deadlines: tuple[DeadlineShown, ...]
    more_deadlines: int
    actions: Actions
    asked: tuple[AskedShown, ...]
    story: Story
    changes: tuple[Entry, ...]
    kept: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    zone: str
    comment_key: str
    document_key: str
    upload_limit: str


@dataclass(frozen=True, slots=True)
class _Rows:
    events: Sequence[StoredEvent]
    changes: Sequence[StoredEvent]
    deadlines: Sequence[DeadlineRecord]
    documents: Sequence[DocumentRecord]
    units: Sequence[tuple[str, str]]
    names: Names


def newest(application: Application, principal: Principal, workflow: str) -> ProcessDefinition | None:
    """Give the newest version of another workflow, None where none is published."""
    try:
        return application.registry.published(principal.org, workflow).definition
    except NotFound:
        return None


def case_page(
    desk: Desk, principal: Principal, case_id: str, words: Words, *, after: int | None = None, attempt: Attempt | None = None
) -> CasePage:
    """Put the page together. ``after``: the timeline begins behind this seq, by default so that it ends with the latest entry.

    Blocks. Raises NotFound for a case that is not the reader's to see.
    """
    seen = desk.reading.seen(principal, case_id)
    case, process = seen.case, seen.process
    definition, now = process.definition, max(desk.application.now(), case.updated_at)
    begin = max(0, case.seq - EVENTS_ON_A_PAGE) if after is None else min(max(0, after), case.seq)
    groups = parties_view(process, case, now, words.language)
    rows = read_rows(desk, principal, seen, begin, attempt, words, people_among(groups))
    writer = Writer(words, process.calendar.zone, rows.names)
    filenames = {row.id: row.filename for row in rows.documents}
    telling, explaining = Telling(seen, principal, writer, filenames), Explaining(seen, writer, now)
    live = [row for row in rows.deadlines if Status(row.status).is_open]
    over = [row for row in rows.deadlines if not Status(row.status).is_open]
    deadlines = tuple(explaining.shown(by_due(live)))
    settings = {**process.settings, **case.snapshot.get("settings", EMPTY)}
    values = visible_data(process, case, principal)
    entries = telling.entries(rows.events)
    actions = actions_of(seen, principal, writer, now, attempt)
    return CasePage(
        id=case.id,
        version=case.version,
        subject=subject_of(seen, principal, writer),
        number=case.number,
        workflow=writer.text(definition.title),
        definition_version=case.definition_version,
        client_ref=case.client_ref,
        where=tuple(writer.state(definition, leaf) for leaf in case.configuration),
        owner="" if case.has_ended else writer.roles(definition, owners(process, case.configuration)),
        outcome="" if case.outcome is None else words.known("outcome", case.outcome),
        opened_at=writer.instant(case.opened_at),
        opened_by=writer.person(case.opened_by),
        ended_at=None if case.ended_at is None else writer.instant(case.ended_at),
        overdue=any(deadline.overdue for deadline in deadlines),
        data=tuple(
            (writer.text(item.title), writer.value(item, values[name], settings))
            for name, item in definition.data.items()
            if name in values and values[name] != []
        ),
        parties=tuple(parties_shown(groups, definition, writer)),
        ballots=tuple(ballots_shown(seen, principal, writer)),
        related=tuple(related_shown(seen, writer, partial(newest, desk.application, principal))),
        documents=tuple(documents_shown(seen, principal, rows.documents, writer, {name for name, _ in actions.attach})),
        deadlines=deadlines,
        ended_deadlines=tuple(explaining.shown(over[-ENDED_DEADLINES:])),
        more_deadlines=max(0, len(over) - ENDED_DEADLINES),
        actions=actions,
        asked=tuple(asked_shown(seen, telling, writer)),
        story=Story(tuple(entries), begin + 1, begin + len(entries), case.seq, None if begin == 0 else max(0, begin - EVENTS_ON_A_PAGE)),
        changes=tuple(telling.entries(rows.changes)),
        kept=kept_of(seen, writer, actions, attempt),
        units=tuple(rows.units),
        zone=writer.zone_name(),
        comment_key=new_key(),
        document_key=new_key(),
        upload_limit=writer.size(desk.documents.limit),
    )


def read_rows(
    desk: Desk, principal: Principal, seen: Seen, begin: int, attempt: Attempt | None, words: Words, others: Iterable[str]
) -> _Rows:
    """Read what belongs to the case, all in one look at the database. ``others``: more people who have to be named."""
    org, case = principal.org, seen.case
    with desk.application.store.read() as reader:
        events = events_of_case(reader, org, case.id, after=begin, limit=EVENTS_ON_A_PAGE)
        changes = [
            found
            for each in (attempt.stale or () if attempt else ())
            for found in events_of_case(reader, org, case.id, after=each["seq"] - 1, limit=1)
        ]
        deadlines = deadlines_of_case(reader, org, case.id)
        definition = seen.process.definition
        documents = [row for row in documents_of_case(reader, org, case.id) if may_see_document(definition, principal, row.name)]
        wanted = {
            case.opened_by,
            *(stored.event.actor for stored in (*events, *changes)),
            *(row.attached_by for row in documents),
            *people_in(seen),
            *others,
        }
        names = names_of(reader, org, wanted, words)
    return _Rows(events, changes, deadlines, documents, list(names.units.items()), names)


def names_of(reader: Connection, org: str, wanted: Iterable[str], words: Words) -> Names:
    """Read the names of some people, and of all units."""
    units = {row.id: label(decoded(row.title), words.language) for row in list_units(reader, org)}
    people = {person: row.name for person in sorted(wanted)[:MOST_NAMES] if (row := get_person(reader, org, person)) is not None}
    return Names(people, units)


def decoded(title: str) -> Mapping[str, str]:
    """Read a text that is stored as JSON."""
    found: Mapping[str, str] = orjson.loads(title)
    return found


def people_in(seen: Seen) -> set[str]:
    """Find the ids of people among the data."""
    found: set[str] = set()
    for name, value in seen.case.data.items():
        item = seen.process.definition.data.get(name)
        if item is not None:
            found |= set(persons(item.type, value))
    found |= {str(asked["by"]) for asked in seen.case.snapshot.get("asked", EMPTY).values()}
    return found | {str(document.get("approved_by", "")) for document in seen.case.snapshot.get("documents", EMPTY).values()} - {""}


def persons(kind: DataType, value: Any) -> Iterable[str]:
    """Give the ids of people in one value."""
    if isinstance(value, list):
        element = kind.element
        for each in value if element is not None else ():
            yield from persons(element, each) if element is not None else ()
    elif isinstance(value, dict):
        if isinstance(value.get("by"), str):
            yield value["by"]
        known: Mapping[str, DataItem] = {each.id: each for each in kind.struct_fields}
        for key, each in value.items():
            if key in known:
                yield from persons(known[key].type, each)
    elif kind.name is TypeName.PERSON:
        yield str(value)


def subject_of(seen: Seen, principal: Principal, writer: Writer) -> str:
    """Give what a case is about: the first text of its start form that the reader may see, else the title of its workflow."""
    definition = seen.process.definition
    values = visible_data(seen.process, seen.case, principal)
    form = definition.start.form if definition.start is not None else None
    for line in form.fields if form is not None else ():
        if line.item.type.name is TypeName.TEXT and isinstance(value := values.get(line.item.id), str):
            return value
    return writer.text(definition.title)


def documents_shown(
    seen: Seen, principal: Principal, rows: Sequence[DocumentRecord], writer: Writer, attachable: set[str]
) -> Iterable[DocumentShown]:
    """Show each document of the process, with the file that counts now and those before it. ``attachable``: by the reader, now."""
    words = writer.words
    definition = seen.process.definition
    for name, declared in definition.documents.items():
        if not may_see_document(definition, principal, name):
            continue
        attached = seen.case.snapshot.get("documents", EMPTY).get(name)
        files = {row.id: file_shown(row, writer) for row in rows if row.name == name}
        current = files.pop(attached["id"], None) if attached is not None else None
        if attached is None:
            state = words("document_missing")
        elif "approved_by" in attached:
            state = words("document_approved", by=writer.person(attached["approved_by"]))
        else:
            state = words("document_waits") if declared.approved_by else ""
        is_made = bool(declared.template)
        key = new_key() if is_made and name in attachable else ""
        yield DocumentShown(name, writer.text(declared.title), state, current, tuple(files.values()), is_made, key)


def file_shown(row: DocumentRecord, writer: Writer) -> FileShown:
    """Show one file."""
    return FileShown(row.id, row.filename, writer.size(row.size), writer.person(row.attached_by), writer.instant(row.attached_at))


def asked_shown(seen: Seen, telling: Telling, writer: Writer) -> Iterable[AskedShown]:
    """Show what was asked for and not yet decided."""
    for action, asked in seen.case.snapshot.get("asked", EMPTY).items():
        title = writer.text(telling.titles[action]) if action in telling.titles else action
        yield AskedShown(title, writer.person(str(asked["by"])), writer.instant(int(asked["at"])), str(asked.get("reason") or ""))


def around(desk: Desk, principal: Principal, words: Words) -> dict[str, Any]:
    """Give what stands around every page: the instant of the service's clock, whether it is moved by hand, how much is unread. Blocks."""
    clock = Writer(words, common_zone(desk)).instant(desk.application.now()), desk.application.manual
    count = unread_count(desk.application, principal)
    return {"clock": clock, "unread": "" if not count else f"{MOST - 1}+" if count == MOST else str(count)}


def common_zone(desk: Desk) -> tzinfo:
    """Give the time zone of what belongs to no case."""
    calendars = desk.application.calendars
    return (calendars.get("cn") or next(iter(calendars.values()))).zone
