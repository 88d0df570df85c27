"""A document of a case, filled in: the parts of its template with what its reader may see of the case, as paragraphs and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from api.console.case_page import names_of, newest, people_in, subject_of
from api.console.groups import PartiesShown, RelationShown, parties_shown, people_among, related_shown
from api.console.story import Entry, Telling
from api.console.texts import Words
from api.console.writing import Shown, Writer
from engine.clock import Instant, parse_instant, to_datetime
from engine.core.case import EMPTY
from engine.definition.datatypes import DataItem
from engine.definition.process import Document
from engine.definition.templates import Name, Part
from engine.errors import NotFound
from engine.runtime.application import Application
from engine.runtime.groups import parties_view
from engine.runtime.people import Principal
from engine.runtime.reading import Reading, Seen
from engine.runtime.related import related_view
from engine.runtime.views import asked_now, made_documents, may_see, owners, visible_data
from engine.store.deadlines import deadlines_of_case
from engine.store.trail import StoredEvent, trail

GAP = "＿＿＿＿"
"""Stands where the case has no value yet, to be seen and filled in by hand."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. ``style``: title, number, to, heading, text or signed."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; without a head it is pairs of a title and a value."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A whole document. ``changed_at``: when the case last changed."""

    title: str
    filename: str
    language: str
    changed_at: Instant
    parts: tuple[Paragraph | Table, ...]


def fill(application: Application, reading: Reading, principal: Principal, case_id: str, name: str, language: str) -> Filled:
    """Fill in a document with what its reader may see of the case now.

    Blocks. Raises NotFound for a case that is not the reader's to see, and for a document without a template.
    """
    seen = reading.seen(principal, case_id)
    document = template_of(seen, principal, name)
    words, now = Words(language), max(application.now(), seen.case.updated_at)
    events = tuple(trail(application.store, principal.org, case_id))
    groups = parties_view(seen.process, seen.case, now, language)
    wanted = {seen.case.opened_by, *(each.event.actor for each in events), *people_in(seen), *people_among(groups)}
    with application.store.read() as reader:
        names = names_of(reader, principal.org, wanted, words)
        dues = {
            row.name: row.due_at
            for row in deadlines_of_case(reader, principal.org, case_id)
            if orjson.loads(row.ledger).get("party") is None
        }
    writer, others = Writer(words, seen.process.calendar.zone, names), related_view(seen.process, seen.case, language)
    filling = Filling(
        seen=seen,
        principal=principal,
        writer=writer,
        data=visible_data(seen.process, seen.case, principal, asked_now(seen.process, seen.case, now, seen.world)),
        events=events,
        parties={group.name: group for group in parties_shown(groups, seen.process.definition, writer)},
        related={group.name: group for group in related_shown(seen, writer, partial(newest, application, principal))},
        told={each["name"]: [case["data"] for case in each["cases"]] for each in (*others["children"], *others["links"])},
        dues=dues,
        now=now,
    )
    title = writer.text(document.title)
    parts = tuple(filling.parts(document.template, title))
    stem = "-".join(each for each in (title, seen.case.number) if each)
    return Filled(title, f"{stem}.docx", language, seen.case.updated_at, parts)


def template_of(seen: Seen, principal: Principal, name: str) -> Document:
    """Give a document of the process that is made of a template and the reader's to see. Raises NotFound."""
    made = made_documents(seen.process.definition, principal)
    if name not in made:
        raise NotFound("document", name, made)
    return made[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Looks up what the names of a template stand for. Nothing that it finds is read as a template again."""

    seen: Seen
    principal: Principal
    writer: Writer
    data: Mapping[str, Any]
    events: Sequence[StoredEvent]
    parties: Mapping[str, PartiesShown]
    related: Mapping[str, RelationShown]
    told: Mapping[str, Sequence[Mapping[str, Any]]]  # by link or group of children: what each case has told
    dues: Mapping[str, Instant | None]
    now: Instant

    def parts(self, template: Iterable[Part], title: str) -> Iterator[Paragraph | Table]:
        """Give the document, part by part, under its own title where the template gives no other."""
        template, headings = tuple(template), 0
        if all(part.kind != "title" for part in template):
            yield Paragraph("title", title)
        for part in template:
            if part.kind == "heading":
                headings += 1
                yield Paragraph("heading", self.words("document_heading", n=self.ordinal(headings), text=self.text(part, None)))
            elif part.texts:
                yield from self.paragraphs(part)
            else:
                yield self.table(part)

    def paragraphs(self, part: Part) -> Iterator[Paragraph]:
        """Give the paragraphs of a text: one for each of its lines, or for each entry of its list."""
        if part.over is None:
            yield from (Paragraph(part.kind, line) for line in self.text(part, None).replace("\r\n", "\n").split("\n"))
            return
        entries = self.found(part.over) or []
        for number, entry in enumerate(entries, 1):
            yield Paragraph(part.kind, f"{number}. {self.text(part, entry)}")
        if not entries:
            yield Paragraph(part.kind, self.words("document_none"))

    def table(self, part: Part) -> Table:
        """Give a table."""
        words = self.words
        match part.kind:
            case "facts":
                return Table((), tuple((self.title(name), self.value(name, None)) for name in part.names))
            case "table":
                return self.records(part)
            case "acts":
                rows = tuple((each.when.text, each.what, each.who, each.said or "") for each in self.taken(part.chosen))
                return Table((words("document_when"), words("document_what"), words("document_who"), words("document_said")), rows)
            case "parties":
                group = self.parties.get(part.chosen[0])
                said = tuple(
                    (each.name, each.verdict or each.note, " ".join(filter(None, (each.by, each.at.text if each.at else ""))))
                    for each in (group.parties if group else ())
                )
                return Table((words("party"), words("party_verdict"), words("party_signed")), said)
            case _ if part.told:
                rows_told = tuple(
                    (str(number), *(self.written(item, data.get(item.id), gap="") for item in part.told))
                    for number, data in enumerate(self.told.get(part.chosen[0], ()), 1)
                )
                return Table((words("document_n"), *(self.writer.text(item.title) for item in part.told)), rows_told)
            case _:
                cases = self.related.get(part.chosen[0])
                rows_of = tuple((each.name, each.state, each.note) for each in (cases.cases if cases else ()))
                return Table((words("document_case"), words("document_stands"), words("document_note")), rows_of)

    def records(self, part: Part) -> Table:
        """Give a list of records with the columns that were chosen."""
        assert part.over is not None
        assert part.over.item is not None
        element = part.over.item.type.element
        fields = [each for each in (element.fields if element is not None else ()) if each.id in part.chosen]
        fields.sort(key=lambda each: part.chosen.index(each.id))
        rows = tuple(tuple(self.written(each, row.get(each.id), gap="") for each in fields) for row in self.found(part.over) or [])
        return Table(tuple(self.writer.text(each.title) for each in fields), rows)

    # --- texts and values -------------------------------------------------------------------------------------------

    @property
    def words(self) -> Words:
        """Give the words of the language."""
        return self.writer.words

    def ordinal(self, number: int) -> str:
        """Write the number of a heading."""
        return in_chinese(number) if self.words.chinese else str(number)

    def text(self, part: Part, entry: Any) -> str:
        """Put the values into a text."""
        pieces = part.texts.get(self.words.language) or next(iter(part.texts.values()))
        return "".join(piece if isinstance(piece, str) else self.value(piece, entry) for piece in pieces)

    def value(self, name: Name, entry: Any) -> str:
        """Give what a name stands for, as people read it."""
        match name.of:
            case "data" | "each":
                if name.of == "data" and not may_see(self.seen.process, self.seen.case, self.principal, name.path[0]):
                    return self.words("hidden")
                assert name.item is not None
                return self.written(name.item, self.found(name, entry))
            case "case":
                return self.of_case(name.path[0]) or GAP
            case "acts":
                return self.of_act(*name.path)
            case "deadlines":
                due = self.dues.get(name.path[0])
                return GAP if due is None else self.writer.due(due).text
            case _:
                return self.day(self.now)

    def found(self, name: Name, entry: Any = None) -> Any:
        """Find the value; None where there is none, or none for this reader."""
        value: Any = self.data if name.of == "data" else entry
        for step in name.path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    def written(self, item: DataItem, value: Any, gap: str = GAP) -> str:
        """Write a value by its type."""
        if value is None or value in ("", []):
            return gap
        settings = {**self.seen.process.settings, **self.seen.case.snapshot.get("settings", EMPTY)}
        return self.plain(self.writer.value(item, value, settings))

    def plain(self, shown: Shown) -> str:
        """Write what a page shows as a table or list in lines."""
        lines = [shown.text] if shown.text else []
        lines += [self.plain(each) for each in shown.items]
        lines += [f"{title}{self.words('colon')}{self.plain(each)}" for title, each in shown.pairs]
        lines += [self.words.listed([text for cell in row if (text := self.plain(cell))]) for row in shown.rows]
        return "\n".join(lines)

    def title(self, name: Name) -> str:
        """Give what a fact is called."""
        if name.item is not None:
            return self.writer.text(name.item.title)
        if name.of == "deadlines":
            return self.writer.text(self.seen.process.definition.deadlines[name.path[0]].title)
        if name.of == "acts":
            act = next(spec.title for spec in self.seen.process.transitions.values() if spec.name == name.path[0])
            return " · ".join((self.writer.text(act), self.words.known("document_act", name.path[1])))
        return self.words("document_today") if name.of == "today" else self.words(f"document_of_{name.path[0]}")

    def day(self, instant: Instant) -> str:
        """Write the day of an instant where the body is."""
        return self.writer.day(to_datetime(instant).astimezone(self.writer.zone).date())

    def of_case(self, fact: str) -> str:
        """Give a fact of the case; empty where there is none yet."""
        case, definition, writer = self.seen.case, self.seen.process.definition, self.writer
        facts: Mapping[str, Callable[[], str]] = {
            "number": lambda: case.number or "",
            "subject": lambda: subject_of(self.seen, self.principal, writer),
            "title": lambda: writer.text(definition.title),
            "opened_on": lambda: self.day(case.opened_at),
            "opened_by": lambda: writer.person(case.opened_by),
            "ended_on": lambda: "" if case.ended_at is None else self.day(case.ended_at),
            "outcome": lambda: "" if case.outcome is None else self.words.known("outcome", case.outcome),
            "where": lambda: writer.place(definition, case.configuration),
            "owner": lambda: "" if case.has_ended else writer.roles(definition, owners(self.seen.process, case.configuration)),
        }
        return facts[fact]()

    # --- acts -------------------------------------------------------------------------------------------------------

    def taken(self, names: Iterable[str]) -> list[Entry]:
        """Give the acts of these names in their order, as the timeline tells them; a time that was corrected as it is now."""
        wanted, telling = frozenset(names), Telling(self.seen, self.principal, self.writer, {})
        entries = {}
        for stored in self.events:
            if stored.event.kind == "act" and stored.event.action in wanted:
                entries[stored.event.seq] = telling.entry(stored)
            elif stored.event.kind == "correction":
                notes = orjson.loads(stored.event.body).get("notes", {})
                if "occurred_at" in notes and not notes.get("asked") and notes["corrects"] in entries:
                    entries[notes["corrects"]] = replace(entries[notes["corrects"]], when=self.writer.instant(notes["occurred_at"]))
        return list(entries.values())

    def of_act(self, act: str, fact: str) -> str:
        """Give a fact of an act where it was last taken."""
        entries = self.taken((act,))
        if not entries:
            return GAP
        last = entries[-1]
        facts = {
            "on": self.day(parse_instant(last.when.machine)),
            "at": last.when.text,
            "by": last.who,
            "role": last.role,
            "reason": last.said,
        }
        return facts[fact] or GAP


DIGITS = "零一二三四五六七八九"


def in_chinese(number: int) -> str:
    """Write a number below a hundred in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十") + (DIGITS[ones] if ones or not tens else "")
