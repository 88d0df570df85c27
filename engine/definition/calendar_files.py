"""Reading calendars from their files: ``NAME.yaml`` for the calendar, ``NAME/2026.yaml`` for a year of it.

A calendar that is `based_on` another has all of its years and may name a closing hour of its own; a year file of its own adds
days to the other's year or changes them, as for a region's own holidays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from engine.definition.calendars import FIRST_YEAR, LAST_YEAR, Calendar, CalendarYear, Special, closing_hour
from engine.definition.reader import read
from engine.definition.source import Document
from engine.errors import DefinitionRefused, Problem, Text, did_you_mean

RULE = "calendar"


def load_calendars(directory: Path) -> Mapping[str, Calendar]:
    """Read every calendar of a directory, by id.

    Raises DefinitionRefused with every problem of every file, each at its line and column.
    """
    reading = _Reading(directory)
    files = reading.calendar_files()
    calendars: dict[str, Calendar] = {}
    for name in reading.bases_first(files):
        document, file = files[name]
        base = calendars.get(file.based_on) if file.based_on is not None else None
        if base is None and file.zone is None:
            reading.report(document, "expected `zone`, an IANA time zone like 'Asia/Shanghai', or `based_on`, a calendar that has one")
            continue
        calendars[name] = _build(file, reading.years(name), base)
    if reading.problems:
        raise DefinitionRefused(sorted(reading.problems))
    return calendars


# --- what may stand in the files ------------------------------------------------------------------------------------


def _is_hour(text: str) -> str:
    closing_hour(text)
    return text


def _is_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected an IANA time zone like 'Asia/Shanghai', got {text!r}") from None
    return text


def _is_month_and_day(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError:
        raise ValueError(f"expected a month and a day like '05-01', got {text!r}") from None
    return text


_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Texts = Annotated[dict[str, Annotated[str, StringConstraints(min_length=1)]], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FixedDay(_Strict):
    on: Annotated[str, AfterValidator(_is_month_and_day)]
    reason: _Texts


class _CalendarFile(_Strict):
    calendar: str
    title: _Texts
    based_on: str | None = None
    zone: Annotated[str, AfterValidator(_is_zone)] | None = None
    closing: Annotated[str, AfterValidator(_is_hour)] | None = None
    # At least one weekday is worked: else no search for a working day would end.
    weekend: Annotated[list[_Weekday], Field(max_length=6)] | None = None
    fixed: list[_FixedDay] | None = None


class _SpecialDay(_Strict):
    date: date
    kind: Literal["rest", "work"]
    reason: _Texts


class _YearFile(_Strict):
    calendar: str
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    status: Literal["announced", "provisional"]
    source: _Texts
    published: date
    days: list[_SpecialDay]


# --- reading --------------------------------------------------------------------------------------------------------

_File = TypeVar("_File", bound=BaseModel)


class _Reading:
    """One reading of a directory; collects problems instead of stopping at the first."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[Problem] = []

    def calendar_files(self) -> dict[str, tuple[Document, _CalendarFile]]:
        files: dict[str, tuple[Document, _CalendarFile]] = {}
        for path in sorted(self.directory.glob("*.yaml")):
            for document, file in self._read(path, _CalendarFile):
                if file.calendar != path.stem:
                    self.report(document, f"expected {path.stem!r}, the name of the file, got {file.calendar!r}", ("calendar",))
                files[path.stem] = document, file
        return files

    def years(self, name: str) -> dict[int, CalendarYear]:
        years: dict[int, CalendarYear] = {}
        for path in sorted((self.directory / name).glob("*.yaml")):
            for document, file in self._read(path, _YearFile):
                if file.calendar != name:
                    self.report(document, f"expected {name!r}, the name of the folder, got {file.calendar!r}", ("calendar",))
                if str(file.year) != path.stem:
                    self.report(document, f"expected {path.stem}, the name of the file, got {file.year}", ("year",))
                years[file.year] = CalendarYear(file.year, file.status, file.source, file.published, self._days(document, file))
        return years

    def _days(self, document: Document, file: _YearFile) -> dict[date, Special]:
        days: dict[date, Special] = {}
        for place, entry in enumerate(file.days):
            if entry.date.year != file.year:
                self.report(document, f"expected a day of {file.year}, got {entry.date}", ("days", place, "date"))
            if entry.date in days:
                self.report(document, f"{entry.date} stands here twice; a day has one kind and one reason", ("days", place, "date"))
            days[entry.date] = Special(entry.kind, entry.reason)
        return days

    def bases_first(self, files: Mapping[str, tuple[Document, _CalendarFile]]) -> list[str]:
        """Order the calendars so that each follows the one it is based on; what has no such order is reported and left out."""
        order: list[str] = []
        waiting = dict(files)
        while ready := [name for name, (_, file) in waiting.items() if file.based_on is None or file.based_on in order]:
            order += ready
            for name in ready:
                del waiting[name]
        for document, file in waiting.values():
            if file.based_on not in files:
                known = f"expected the name of a readable calendar, got {file.based_on!r}{did_you_mean(str(file.based_on), files)}"
                self.report(document, known, ("based_on",))
            else:
                circle = f"calendar {file.calendar!r} is based on {file.based_on!r}, which is based on nothing that is complete"
                self.report(document, circle, ("based_on",))
        return order

    def _read(self, path: Path, model: type[_File]) -> Iterable[tuple[Document, _File]]:
        reading = read(path, path.relative_to(self.directory).as_posix())
        self.problems += reading.problems
        for document in reading.documents[:1]:
            try:
                yield document, model.model_validate(document.data)
            except ValidationError as error:
                for mistake in error.errors(include_url=False):
                    self.report(document, _said(mistake["type"], mistake["msg"], mistake["loc"], model), mistake["loc"])

    def report(self, document: Document, message: str, path: tuple[str | int, ...] = ()) -> None:
        self.problems.append(document.problem(RULE, message, path))


def _said(kind: str, message: str, path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    name = ".".join(str(step) for step in path) or "the file"
    if kind == "extra_forbidden":
        return f"unknown key `{name}`{did_you_mean(str(path[-1]), model.model_fields)}"
    return f"`{name}`: {message.removeprefix('Value error, ')}"


# --- building -------------------------------------------------------------------------------------------------------


def _build(file: _CalendarFile, own_years: Mapping[int, CalendarYear], base: Calendar | None) -> Calendar:
    if base is None:
        base = _blank(ZoneInfo(file.zone or "UTC"))
    zone = ZoneInfo(file.zone) if file.zone is not None else base.zone
    closing = file.closing or base.closing
    weekend = frozenset(map(get_args(_Weekday).index, file.weekend)) if file.weekend is not None else base.weekend
    fixed: Mapping[tuple[int, int], Text] = base.fixed
    if file.fixed is not None:
        fixed = {(int(day.on[:2]), int(day.on[3:])): day.reason for day in file.fixed}
    years = dict(base.years)
    for number, year in own_years.items():
        years[number] = _over(years[number], year) if number in years else year
    data = {
        "zone": str(zone),
        "closing": closing,
        "weekend": sorted(weekend),
        "fixed": {f"{month:02}-{day:02}": reason for (month, day), reason in fixed.items()},
        "years": {str(number): _year_data(year) for number, year in years.items()},
    }
    digest = hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Calendar(file.calendar, file.title, zone, closing, weekend, fixed, years, f"{file.calendar}@{digest[:12]}")


def _blank(zone: ZoneInfo) -> Calendar:
    return Calendar("", {}, zone, "24:00", frozenset({5, 6}), {}, {}, "")


def _over(base: CalendarYear, own: CalendarYear) -> CalendarYear:
    """Lay a body's own days over the year it is based on. The year is as settled as the base's: that one moves days."""
    return CalendarYear(base.year, base.status, base.source, base.published, {**base.days, **own.days})


def _year_data(year: CalendarYear) -> object:
    days = {day.isoformat(): [special.kind, special.reason] for day, special in year.days.items()}
    return {"status": year.status, "source": year.source, "published": year.published, "days": days}
