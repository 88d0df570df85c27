"""The playbook of a demonstration year: the places, who takes part, what is brought in on which day. Inputs only, never a total.

A place is a file ``PLACE.yaml``. Its courses say how a kind of matter runs; each row of a ledger (a CSV file in the folder ``PLACE``) and
each day of a rhythm is one matter that takes its course. What comes of it, and every figure over it, is the service's own.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, Field, model_validator

from engine.clock import Instant, from_datetime
from engine.definition.calendars import Calendar
from engine.definition.source import Document
from engine.errors import DefinitionRefused, Problem, did_you_mean
from engine.runtime.demonstration import People, Person, Strict, Texts, Unit, checked, documents_of, must_read
from engine.runtime.playbook_values import filled

RULE = "playbook"
ZONE = ZoneInfo("Asia/Shanghai")
OPENS_AT = "09:00"
FIGURES = "figures.yaml"
COLUMNS = ("ref", "on", "course", "by")
"""What every row of a ledger has; `$NAME` in a course names any other column."""


def _is_rule(text: str) -> str:
    try:
        rrulestr(text, dtstart=datetime(2025, 1, 1))  # noqa: DTZ001  only whether it can be read
    except ValueError as error:
        raise ValueError(f"expected a rule of RFC 5545 like 'FREQ=WEEKLY;BYDAY=TU', got {text!r}: {error}") from None
    return text


Day = Annotated[str, must_read(date.fromisoformat, "a day like '2025-02-10'")]
TimeOfDay = Annotated[str, must_read(time.fromisoformat, "a time of day like '09:00'")]


class CourseStep(Strict):
    """What one person does in the course of a matter, so many days after the step before; ``by`` a person, or `$by` for that of the row.

    ``of`` leads to another case by the names of links and groups of children: `[report, tasks]` is the task for this matter of the report
    that it is in, `["groups:$group"]` the child with that key, `["supervisions:2"]` the
    second link.
    """

    after: Annotated[int, Field(ge=0, le=1000)] = 0
    at: TimeOfDay | None = None
    by: str
    open: dict[str, Any] | None = None
    act: str | None = None
    attach: str | None = None
    comment: str | None = None
    of: list[str] = Field(default_factory=list)
    data: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    text: str = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = [name for name in ("open", "act", "attach", "comment") if getattr(self, name) is not None]
        if len(things) != 1:
            raise ValueError(f"expected exactly one of open, act, attach and comment, got {', '.join(things) or 'none'}")
        return self


class Course(Strict):
    """How a kind of matter runs. The first step opens the case, unless it ``joins`` one that is there: its number, or `$NAME_ref`.

    ``body``: in which organisation of those below it runs; else it is the place's own.
    """

    workflow: str
    body: str | None = None
    joins: str | None = None
    steps: list[CourseStep] = Field(min_length=1)

    @model_validator(mode="after")
    def _begins(self) -> Self:
        opening = [number for number, step in enumerate(self.steps) if step.open is not None]
        if opening != ([0] if self.joins is None else []):
            raise ValueError("expected the first step to open the case and no other, or none to do so where the course joins a case")
        return self


class Rhythm(Strict):
    """What is brought in on set days: one matter a day for each name of ``each``. Days on which nobody works are left out."""

    course: str
    on: Annotated[str, AfterValidator(_is_rule)]
    since: Day = Field(alias="from")
    until: Day = Field(alias="to")
    each: list[str] = Field(default_factory=lambda: [""], min_length=1)
    by: str = "$each"
    also: dict[str, str] = Field(default_factory=dict, alias="with")


class Rows(Strict):
    """Rows of a registry, from a CSV file in the folder of the place, imported before the first day as a clerk imports a file."""

    by: str
    registry: str
    file: str


class Below(Strict):
    """The bodies of the levels below a place: rows of the register of organisations, each an organisation with people of its own."""

    file: str
    workflows: list[str] = Field(min_length=1)
    people: list[Person]


class Place(Strict):
    """One place: an organisation of its own, perhaps with others below it.

    ``schedules``: the workflows whose cases open by themselves here, each with the day from which they do.
    """

    place: str
    title: Texts
    source: str
    workflows: list[str] = Field(default_factory=list)
    presets: list[str] = Field(default_factory=list)
    units: list[Unit] = Field(default_factory=list)
    people: list[Person]
    below: Below | None = None
    rows: list[Rows] = Field(default_factory=list)
    schedules: dict[str, Day] = Field(default_factory=dict)
    courses: dict[str, Course]
    ledgers: list[str] = Field(default_factory=list)
    rhythms: list[Rhythm] = Field(default_factory=list)

    def everybody(self) -> People:
        """Give who takes part."""
        return People(units=self.units, people=self.people)


class Matter(NamedTuple):
    """One matter on its course: which, from which day, the values of its row, and where that stands."""

    ref: str
    day: date
    course: str
    values: Mapping[str, str]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Playbook:
    """A place with its matters, in the order of their first day, and the rows of the bodies below it."""

    place: Place
    folder: Path
    matters: tuple[Matter, ...]
    lines: Mapping[str, Sequence[int]]
    """Where the steps of each course stand in the file of the place."""
    below: tuple[Mapping[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """Give a digest of all that is played, in hex: another share, course or row has another."""
        made = hashlib.sha256(self.place.model_dump_json().encode())
        for matter in self.matters:
            made.update(repr((matter.ref, matter.day, matter.course, sorted(matter.values.items()))).encode())
        made.update(repr([sorted(row.items()) for row in self.below]).encode())
        return made.hexdigest()

    @property
    def begins(self) -> Instant:
        """Give when it begins: with its first matter, or on the day from which cases open by themselves."""
        first = [instants(each, self.place.courses[each.course])[0] for each in self.matters[:1]]
        return min(first + [_at(date.fromisoformat(day), OPENS_AT) for day in self.place.schedules.values()])

    def where(self, matter: Matter, step: int) -> tuple[str, str]:
        """Say where a matter is written, and where a step of its course."""
        return f"{matter.file}:{matter.line}", f"{self.folder}.yaml:{self.lines[matter.course][step]}"

    @property
    def bodies(self) -> list[str]:
        """The organisations: its own, then those below it."""
        return [self.place.place, *(row["organisation"] for row in self.below)]

    def below_of(self, body: str) -> list[Mapping[str, str]]:
        """Give the bodies directly below one."""
        return [row for row in self.below if row["superior"] == body]


def read_playbook(folder: Path, calendar: Calendar, *, only: Sequence[str] = (), share: int = 1) -> list[Playbook]:
    """Read the places of a folder. ``share``: every how manyth matter of a course is kept; the first of each course always is.

    Raises DefinitionRefused with every mistake at its place.
    """
    files = sorted(path for path in folder.glob("*.yaml") if path.name != FIGURES and (not only or path.stem in only))
    books, problems = list[Playbook](), list[Problem]()
    for path in files:
        try:
            books.append(_book(path, calendar, share))
        except DefinitionRefused as refused:
            problems += refused.problems
    if unknown := set(only) - {path.stem for path in files}:
        known = [path.stem for path in folder.glob("*.yaml") if path.name != FIGURES]
        name = min(unknown)
        problems.append(Problem(str(folder), 1, 1, RULE, f"there is no place {name!r}{did_you_mean(name, known) or '.'}"))
    if problems:
        raise DefinitionRefused(problems)
    return books


def _book(path: Path, calendar: Calendar, share: int) -> Playbook:
    document = documents_of(path, RULE)[0]
    place = checked(document, Place, RULE)
    folder = path.parent / place.place
    matters: list[Matter] = []
    problems = list(_unknown_names(document, place))
    if place.place != path.stem:
        problems.append(document.problem(RULE, f"expected {path.stem!r}, the name of the file, got {place.place!r}", ("place",)))
    for number, name in enumerate(place.ledgers):
        if not (folder / name).is_file():
            problems.append(document.problem(RULE, f"there is no ledger {folder / name}", ("ledgers", number)))
            continue
        matters += _ledger(folder / name, place, problems)
    for number, rhythm in enumerate(place.rhythms):
        line = document.problem(RULE, "", ("rhythms", number)).line
        matters += _days(rhythm, number, calendar, str(path), line)
    problems += _twice(matters)
    if problems:
        raise DefinitionRefused(problems)
    steps = {
        name: [document.problem(RULE, "", ("courses", name, "steps", step)).line for step in range(len(course.steps))]
        for name, course in place.courses.items()
    }
    below = tuple(_bodies(folder, place, share))
    there = {place.place, *(row["organisation"] for row in below)}
    kept = _shared([matter for matter in matters if body_of(place, matter) in there], share)
    return Playbook(place, folder, tuple(sorted(kept, key=lambda each: (each.day, each.ref))), steps, below)


def body_of(place: Place, matter: Matter) -> str:
    """Give the organisation in which a matter runs."""
    body = place.courses[matter.course].body
    return place.place if body is None else str(filled(body, matter.values, {}))


def _bodies(folder: Path, place: Place, share: int) -> Iterator[Mapping[str, str]]:
    """Give the bodies below a place, each after the one above it; every how manyth of those below the same, and the first always."""
    if place.below is None:
        return
    counted = {place.place: 0}
    with (folder / place.below.file).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            above = row["superior"]
            if above not in counted:
                continue
            counted[above] += 1
            if counted[above] % share == 1 % share:
                counted[row["organisation"]] = 0
                yield row


def _unknown_names(document: Document, place: Place) -> Iterator[Problem]:
    people = {person.id for person in [*place.people, *(place.below.people if place.below else [])]}
    for name, course in place.courses.items():
        for number, step in enumerate(course.steps):
            if not step.by.startswith("$") and step.by not in people:
                text = f"there is no person {step.by!r}{did_you_mean(step.by, people) or '.'}"
                yield document.problem(RULE, text, ("courses", name, "steps", number, "by"))
    for number, rhythm in enumerate(place.rhythms):
        if rhythm.course not in place.courses:
            text = f"there is no course {rhythm.course!r}{did_you_mean(rhythm.course, place.courses) or '.'}"
            yield document.problem(RULE, text, ("rhythms", number, "course"))


def _twice(matters: Sequence[Matter]) -> Iterator[Problem]:
    seen: dict[str, Matter] = {}
    for matter in matters:
        if (first := seen.setdefault(matter.ref, matter)) is not matter:
            text = f"the ref {matter.ref!r} stands at {first.file}:{first.line} already; each matter has one of its own"
            yield Problem(matter.file, matter.line, 1, RULE, text)


def _ledger(path: Path, place: Place, problems: list[Problem]) -> Iterator[Matter]:
    file = str(path)
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            problems.append(Problem(file, 1, 1, RULE, f"expected the columns {', '.join(COLUMNS)}, found no {', '.join(missing)}"))
            return
        for row in reader:
            if row["course"] not in place.courses:
                text = f"there is no course {row['course']!r}{did_you_mean(row['course'], place.courses) or '.'}"
                problems.append(Problem(file, reader.line_num, 1, RULE, text))
                continue
            try:
                day = date.fromisoformat(row["on"])
            except ValueError:
                problems.append(Problem(file, reader.line_num, 1, RULE, f"expected a day like '2025-02-10' in `on`, got {row['on']!r}"))
                continue
            yield Matter(row["ref"], day, row["course"], {key: value for key, value in row.items() if key}, file, reader.line_num)


def _days(rhythm: Rhythm, number: int, calendar: Calendar, file: str, line: int) -> Iterator[Matter]:
    first, last = date.fromisoformat(rhythm.since), date.fromisoformat(rhythm.until)
    for moment in rrulestr(rhythm.on, dtstart=datetime.combine(first, time())):
        day = moment.date()
        if day > last:
            break
        if not calendar.works(day.toordinal()):
            continue
        for each in rhythm.each:
            said = {"by": rhythm.by, "each": each, "day": day.isoformat(), **rhythm.also}
            values = {key: value.replace("$each", each).replace("$day", day.isoformat()) for key, value in said.items()}
            yield Matter(f"{rhythm.course}-{number}-{day:%m%d}-{each}", day, rhythm.course, values, file, line)


def _shared(matters: list[Matter], share: int) -> Iterator[Matter]:
    """Keep every how manyth matter of each course. What others name is kept with them: it would go nowhere without."""
    if share == 1:
        yield from matters
        return
    named = {ref for matter in matters for ref in _named(matter)}
    by_ref = {matter.ref: matter for matter in matters}
    counted: dict[str, int] = {}
    kept: set[str] = set()
    for matter in matters:
        if matter.ref in named:
            continue
        counted[matter.course] = counted.get(matter.course, -1) + 1
        if counted[matter.course] % share == 0:
            keep = [matter.ref]
            while keep:
                if (ref := keep.pop()) not in kept and ref in by_ref:
                    kept.add(ref)
                    keep += _named(by_ref[ref])
    yield from (matter for matter in matters if matter.ref in kept)


def _named(matter: Matter) -> Iterator[str]:
    """Give the refs of other rows that a row names."""
    cells = (value for name, value in matter.values.items() if name.endswith("_ref") and value)
    yield from (ref for cell in cells for ref in cell.strip("[]").split() if ref != matter.ref)


def instants(matter: Matter, course: Course) -> list[Instant]:
    """Give the instant of each step: days count from the step before, at nine unless the step says another time."""
    day, found = matter.day, []
    for step in course.steps:
        day += timedelta(days=step.after)
        found.append(_at(day, step.at or OPENS_AT))
    return found


def _at(day: date, hour: str) -> Instant:
    return from_datetime(datetime.combine(day, time.fromisoformat(hour), ZONE))
