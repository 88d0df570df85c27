"""The timeline of a case on its page: who did what, in which role, when, what moved, what was entered and who was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.groups import party_of, verdicts_said
from api.console.writing import ROW_STAMPS, Shown, When, Writer
from engine.core.case import ADDED, CLOCK, EMPTY, changed_to
from engine.core.chain import is_commitment
from engine.core.refusals import label
from engine.core.wording import with_party, with_period
from engine.definition.datatypes import DataItem
from engine.runtime.people import Principal
from engine.runtime.reading import Seen
from engine.runtime.timeline import KINDS, OPERATIONS
from engine.runtime.views import event_view
from engine.store.trail import StoredEvent

Json = dict[str, Any]

QUIET = frozenset({"fired"})
"""Operations on deadlines that the entry itself tells already."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline. ``lines``: what else happened, as sentences; ``entered``: titles with values."""

    seq: int
    kind: str
    when: When
    recorded: When | None
    who: str
    role: str
    what: str
    said: str | None
    moved: str
    entered: tuple[tuple[str, Shown], ...]
    lines: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    by_clock: bool


class Telling:
    """Tells the events of one case to one reader."""

    def __init__(self, seen: Seen, principal: Principal, writer: Writer, filenames: Mapping[str, str]) -> None:
        self.seen, self.principal, self.writer, self.words = seen, principal, writer, writer.words
        self.definition, self.filenames = seen.process.definition, filenames
        self.titles = {spec.name: spec.title for spec in seen.process.transitions.values()}
        self.lists: dict[str, list[Any]] = {}
        self.settings = {**seen.process.settings, **seen.case.snapshot.get("settings", EMPTY)}

    def entries(self, events: Sequence[StoredEvent]) -> list[Entry]:
        """Tell events in their order."""
        return [self.entry(stored) for stored in events]

    def entry(self, stored: StoredEvent) -> Entry:
        """Tell one event."""
        event = stored.event
        body = event_view(self.seen.process, self.seen.case, self.principal, stored)
        acting_for = body["actor"].get("acting_for")
        role = self.writer.role(self.definition, event.role) if event.role else ""
        if acting_for:
            role += " " + self.words("on_behalf", person=self.writer.person(acting_for))
        return Entry(
            seq=event.seq,
            kind=event.kind,
            when=self.writer.instant(event.occurred_at),
            recorded=None if event.recorded_at == event.occurred_at else self.writer.instant(event.recorded_at),
            who=self.writer.person(event.actor),
            role="" if event.actor == CLOCK else role,
            what=self.what(body),
            said=self.said(body),
            moved=self.moved(body),
            entered=tuple(self.entered(body)),
            lines=tuple(self.lines(body)),
            files=tuple(self.files(body)),
            by_clock=event.actor == CLOCK,
        )

    def what(self, body: Json) -> str:
        """Say what was done."""
        notes = body.get("notes", {})
        match body["kind"]:
            case "open":
                return self.words("opened_case")
            case "comment":
                return self.words("comment")
            case "migration" | "calendar":
                return label(KINDS[body["kind"]], self.words.language)
            case "correction" if "approves" in notes:
                return self.words("correction_approved", seq=notes["corrects"], asked=notes["approves"])
            case "correction":
                return self.words("correction_asked" if notes.get("asked") else "correction", seq=notes.get("corrects", "?"))
            case "rung":
                deadline, at = self.deadline(body["action"], notes.get("party")), self.rung(body["action"], str(notes.get("rung", "")))
                return self.words("rung_event", deadline=deadline, at=at)
            case _:
                return label(self.titles[body["action"]], self.words.language) if body["action"] in self.titles else str(body["action"])

    def said(self, body: Json) -> str | None:
        """Give the reason, or the text of a comment."""
        reason = body.get("reason")
        if reason is None:
            return None
        return reason if isinstance(reason, str) else self.words("removed")

    def moved(self, body: Json) -> str:
        """Say from where to where the case went, if it did."""
        before, after = body["before"], body["after"]
        if before == after:
            return ""
        place = self.writer.place(self.definition, after)
        return (
            self.words("moved", before=self.writer.place(self.definition, before), after=place)
            if before
            else self.words("moved_to", after=place)
        )

    def entered(self, body: Json) -> Iterator[tuple[str, Shown]]:
        """Give the data that changed, of a list to which rows were added only those rows."""
        changed = body.get("delta", {}).get("data", {})
        for name, item in self.definition.data.items():
            if name not in changed or item.compute is not None:
                continue
            value = changed[name]
            title = self.writer.text(item.title)
            if value is None:
                yield title, Shown(self.words("empty"))
            elif is_commitment(value):
                yield title, Shown(self.words("not_shown"))
            elif value == {"hidden": True}:
                yield title, Shown(self.words("hidden"))
            elif not (body["kind"] == "open" and value == item.default):
                yield title, self.writer.value(item, self.added(item, value, body), self.settings)

    def added(self, item: DataItem, value: Any, body: Json) -> Any:
        """Give the rows that an act added to a list or changed: those that were not there, or else those of its moment. Else the value."""
        if isinstance(value, Mapping) and ADDED in value:
            if item.id in self.lists:
                self.lists[item.id] = changed_to(self.lists[item.id], value)
            return as_entered(item, value[ADDED])
        if not isinstance(value, list) or not all(isinstance(row, dict) and "at" in row for row in value):
            return value
        before, self.lists[item.id] = self.lists.get(item.id), value
        if before is not None:
            rows = [row for row in value if row not in before]
        else:
            rows = [row for row in value if row["at"] in {body["occurred_at"], body["recorded_at"]}]
        return as_entered(item, rows) or value

    def lines(self, body: Json) -> Iterator[str]:
        """Say what followed: number, document, deadlines, who was told, what was published, what was corrected, how it ended."""
        words, notes = self.words, body.get("notes", {})
        if "number" in body:
            yield words("numbered", number=body["number"])
        if "outcome" in notes:
            yield words("corrected_outcome", outcome=words.known("outcome", notes["outcome"]))
        if "occurred_at" in notes:
            yield words("corrected_time", at=self.writer.instant(notes["occurred_at"]).text)
        if notes.get("recorded_only"):
            yield words("rung_noted")
        if notes.get("refused"):
            yield words("rung_refused", codes=words.listed([each["code"] for each in notes["refused"]]))
        yield from verdicts_said(body, self.definition, self.writer)
        yield from self.deadlines(body)
        yield from self.told(body)
        for shown in body.get("published", ()):
            what = words.listed([self.title_of(name) for name in shown["what"]])
            yield words("published", roles=self.writer.roles(self.definition, shown["to"]), what=what)

    def deadlines(self, body: Json) -> Iterator[str]:
        """Say what happened to deadlines."""
        for fact in body.get("deadlines", ()):
            if fact["op"] in QUIET:
                continue
            operation = label(OPERATIONS[fact["op"]], self.words.language) if fact["op"] in OPERATIONS else fact["op"]
            due = ""
            if "due" in fact and fact["op"] not in {"met", "late", "missed", "cancelled", "stopped", "paused"}:
                due = self.words("comma") + self.words("due_is", due=self.writer.due(fact["due"]).text)
            title = with_period(self.deadline(fact["name"], fact.get("party")), fact.get("period"), self.words.language)
            yield f"{title}{self.words('colon')}{operation}{due}"

    def files(self, body: Json) -> Iterator[tuple[str, str]]:
        """Give the files that the event attached: id and name, as far as they are known."""
        for document in body.get("delta", {}).get("documents", {}).values():
            if document is not None and document.get("seq") == body["seq"] and document["id"] in self.filenames:
                yield document["id"], self.filenames[document["id"]]

    def told(self, body: Json) -> Iterator[str]:
        """Say who was told, and to whom it was escalated."""
        recipients: Sequence[Mapping[str, Any]] = body.get("notify", ())
        raised = [self.recipient(each) for each in recipients if each.get("as") == "escalation"]
        plain = [self.recipient(each) for each in recipients if each.get("as") != "escalation"]
        if raised:
            yield self.words("escalated", roles=self.words.listed(list(dict.fromkeys(raised))))
        if plain:
            yield self.words("told", roles=self.words.listed(list(dict.fromkeys(plain))))

    def recipient(self, each: Mapping[str, Any]) -> str:
        """Name one recipient: a person, a unit, or who holds a role."""
        if each.get("person"):
            return self.writer.person(str(each["person"]))
        role = self.writer.role(self.definition, str(each.get("role", each.get("as", ""))))
        return f"{role}（{self.writer.unit(str(each['unit']))}）" if each.get("unit") else role

    def deadline(self, name: str, party: str | None = None) -> str:
        """Give the title of a deadline; of one that each party has, with the party."""
        declared = self.definition.deadlines.get(name)
        if declared is None:
            return name
        who = party_of(party, declared.group, self.definition, self.writer)
        return with_party(self.writer.text(declared.title), who, self.words.language)

    def rung(self, deadline: str, at: str) -> str:
        """Say when a rung fires."""
        declared = self.definition.deadlines.get(deadline)
        found = next((rung.at for rung in declared.rungs if rung.at.text == at), None) if declared is not None else None
        return at if found is None else self.writer.rung(found)

    def title_of(self, name: str) -> str:
        """Give the title of a data item or a document."""
        found = self.definition.data.get(name) or self.definition.documents.get(name)
        return name if found is None else self.writer.text(found.title)


def as_entered(item: DataItem, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Give rows without when they came and by whom, unless they have fields of that name."""
    own = {each.id for each in item.type.element.fields} if item.type.element is not None else set()
    return [{key: each for key, each in row.items() if key in own or key not in ROW_STAMPS} for row in rows]
