"""`yishi calendar`: which days are worked and why, when a term ends, what a year brings, and what a changed calendar moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import typer

from api.commands.failing import Exit, Misused
from api.commands.gateway import calendars, gateway
from api.commands.here import Here, here, instant_given, term_given
from api.commands.moving import Cases, asked_of, joined, parts
from api.commands.options import AsJson, Reason, command_app
from api.commands.screen import show_facts, show_json, show_line, show_table
from engine.clock import Instant, parse_instant, rfc3339, to_datetime
from engine.core.compiled import Process, compile_process
from engine.core.refusals import label
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import LAST_YEAR, WEEKDAYS, Calendar, closing_hour
from engine.definition.loader import load
from engine.definition.periods import DayStep, count_forward, last_working_day, next_working_day
from engine.definition.terms import Term
from engine.definition.workflow_files import workflow_files
from engine.errors import DefinitionRefused, did_you_mean
from engine.proof.year_plan import DUE, OPENS, Planned, year_plan

app = command_app("Which days are worked and why; when a term ends; what a year brings; what a changed calendar moves.")

Name = Annotated[str, typer.Option("--calendar", metavar="NAME", help="Which calendar.")]
FAR = 366
MINUTES_OF_A_YEAR = 525_960
MARKS = {True: {"zh-CN": "上班", "en": "works"}, False: {"zh-CN": "休息", "en": "rests"}}
ENTRIES = {OPENS: {"zh-CN": "启动", "en": "opens"}, DUE: {"zh-CN": "到期", "en": "due"}}
PROVISIONAL = {"zh-CN": "暂定", "en": "provisional"}


class Roll(StrEnum):
    """What becomes of a last day that is a rest day."""

    NEXT = "next"
    NONE = "none"


@app.command("show")
def show(
    context: typer.Context,
    calendar: Name = "cn",
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day; default: today.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; default: 30 days later.")] = None,
    as_json: AsJson = False,
) -> None:
    """List days: worked or not, and the reason. A day of a year whose notice is not out is provisional."""
    place = here(context)
    begin = day_given(first, "--from") if first else today(place, calendar)
    end = day_given(last, "--to") if last else begin + timedelta(days=30)
    if not begin <= end <= begin + timedelta(days=FAR):
        raise Misused(f"expected --to between --from and {FAR} days after it, got {begin} to {end}")
    with calendars(place) as service:
        known = service.calendar(calendar, begin.year, end.year)
    days = [day_facts(known, begin + timedelta(days=number), place.language) for number in range((end - begin).days + 1)]
    if as_json:
        show_json({"calendar": known.id, "version": known.version, "zone": str(known.zone), "closing": known.closing, "days": days})
        return
    rows = [(day["date"], MARKS[day["works"]][place.language], day["reason"], mark(day, place.language)) for day in days]
    show_table(("", "", "", ""), rows)


@app.command("explain")
def explain(
    context: typer.Context,
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day, like 2026-02-14.")],
    calendar: Name = "cn",
    as_json: AsJson = False,
) -> None:
    """Say why a day is worked or not, by whose notice, and which working days are next to it."""
    place = here(context)
    asked = day_given(day, "DATE")
    with calendars(place) as service:
        # The next working day may lie in the year beside.
        facts = explain_day(service.calendar(calendar, asked.year - 1, asked.year + 1), asked, place.language)
    if as_json:
        show_json(facts)
    else:
        show_facts(facts)


@app.command("due")
def due(
    context: typer.Context,
    start: Annotated[str, typer.Option("--from", metavar="INSTANT", help="The instant from which to count, with its zone.")],
    within: Annotated[str, typer.Option("--within", metavar="TERM", help="'15 working days', '3 months', '48 hours', P3M, PT48H …")],
    calendar: Name = "cn",
    roll: Annotated[
        Roll, typer.Option("--roll", help="A last day that is a rest day: the next working day, or left where it is.")
    ] = Roll.NEXT,
    hour: Annotated[
        str | None, typer.Option("--hour", metavar="HH:MM", help="When that day ends; default: the calendar's closing hour.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say when a term ends, with every day that was looked at and why it counts or not."""
    place = here(context)
    term, begin, closing = term_given(within, "--within"), instant_given(start, "--from"), hour_given(hour)
    first = to_datetime(begin).year - 1
    with calendars(place) as service:
        known = service.calendar(calendar, first, min(first + 3 + 2 * term.typical_minutes // MINUTES_OF_A_YEAR, LAST_YEAR))
    facts = due_facts(known, begin, term, roll is Roll.NEXT, closing, place.language)
    if as_json:
        show_json(facts)
        return
    show_line(f"{facts['due_date']}  {facts['due']}" + (f"  {PROVISIONAL[place.language]}" if facts["provisional"] else ""))
    rows = [
        (day["date"], day["counted"] or "", MARKS[day["works"]][place.language], day["reason"], mark(day, place.language))
        for day in facts["days"]
    ]
    show_table(("", "", "", "", ""), rows)


@app.command("year")
def year(
    context: typer.Context,
    asked: Annotated[int | None, typer.Argument(metavar="YEAR", help="Which year; default: this one.", min=1990, max=LAST_YEAR)] = None,
    workflow: Annotated[list[str] | None, typer.Option("--workflow", metavar="NAME", help="Only of this one; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a year day by day: which cases open by themselves, and which duties come round. Read from the workflows of the folder."""
    place = here(context)
    wanted = today(place, "cn").year if asked is None else asked
    plan = year_plan(recurring(place, workflow or []), wanted)
    if as_json:
        show_json({"year": wanted, "entries": [planned_facts(each, place.language) for each in plan]})
        return
    for month, entries in groupby(plan, key=lambda each: each.day.month):
        show_line(f"{wanted}-{month:02}")
        show_table(("", "", "", ""), [planned_row(planned_facts(each, place.language), place.language) for each in entries])


@app.command("changes")
def changes(context: typer.Context, case: Cases = None, as_json: AsJson = False) -> None:
    """Say which live deadlines the calendars as they are now would move, or make certain; exit with 1 if there are any.

    The files are read where the command runs: with another YISHI_WORKFLOWS a notice can be looked at before it is entered.
    """
    with gateway(here(context)) as service:
        found = joined([*parts(service.recount, asked_of(case, dry_run=True))])
    if as_json:
        show_json(found)
    else:
        for each in found["cases"]:
            show_line(f"{each['case']} {each['number'] or ''} {each['workflow']}", style="bold")
            show_table(("", "", "", "was", "is", ""), list(moved_rows(each)))
        show_line(f"{found['moved']} would change")
    if found["moved"]:
        raise typer.Exit(Exit.PROBLEMS)


@app.command("recount")
def recount(context: typer.Context, case: Cases = None, reason: Reason = None, as_json: AsJson = False) -> None:
    """Count live deadlines again on the calendars as they are now; each case gets an event. Look at `yishi calendar changes` first.

    Rungs that have fired stay fired, what has not fired moves. Broken off, it is simply begun again.
    """
    with gateway(here(context)) as service:
        done = joined([*parts(service.recount, asked_of(case, dry_run=False, reason=reason))])
    if as_json:
        show_json(done)
    else:
        show_line(f"{done['moved']} changed, {done['skipped']} as they were")


def moved_rows(case: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Show each deadline of a case that moves, and below it its rungs."""
    for each in case["deadlines"]:
        yield "", each["title"], "", *(date_shown(each, name, "due") for name in ("old", "new")), ", ".join(each["rungs_due"])
        for rung in each["rungs"]:
            yield "", "", rung["at"], *(date_shown(rung, name, "instant") for name in ("old", "new")), ""


def date_shown(moved: Mapping[str, Any], which: str, what: str) -> str:
    """Show a date before or after; with a question mark while it may still change."""
    uncertain = moved["was_provisional" if which == "old" else "provisional"]
    return f"{moved[f'{which}_{what}']}{' ?' if uncertain else ''}"


def recurring(place: Here, names: list[str]) -> list[Process]:
    """Load the workflows of the folder. Raises DefinitionRefused with every problem, Misused for a name that is not there."""
    known, folder = load_calendars(place.calendars_folder), place.settings.workflows
    loaded = [load(path, str(path), calendars=known) for path in workflow_files(folder)]
    if errors := [problem for each in loaded for problem in each.problems if problem.severity == "error"]:
        raise DefinitionRefused(errors)
    found = {each.workflow: each for file in loaded for each in file.definitions}
    for name in names:
        if name not in found:
            raise Misused(f"there is no workflow {name!r} in {folder}{did_you_mean(name, found)}")
    return [compile_process(each, known[each.calendar]) for each in found.values() if not names or each.workflow in names]


# --- facts ----------------------------------------------------------------------------------------------------------


def due_facts(calendar: Calendar, start: Instant, term: Term, roll: bool, hour: str | None, language: str) -> dict[str, Any]:
    """Give what `calendar due` prints. Raises Misused beyond the years a calendar can know."""
    try:
        found = count_forward(calendar, start, term, roll=roll, hour=hour, explain=True)
    except (ValueError, OverflowError) as error:
        raise Misused(f"--within: {error}") from None
    return {
        "due": rfc3339(found.instant),
        "due_date": found.date.isoformat(),
        "nominal_date": found.nominal.isoformat(),
        "provisional": found.provisional,
        "calendar": calendar.version,
        "days": [step_facts(calendar, step, language) for step in found.days],
    }


def step_facts(calendar: Calendar, step: DayStep, language: str) -> dict[str, Any]:
    """Give one day that was looked at."""
    return {
        "date": step.date.isoformat(),
        "counted": step.counted,
        "works": step.works,
        "reason": label(step.reason, language),
        "rule": step.rule,
        "provisional": not calendar.announced(step.date.year),
    }


def day_facts(calendar: Calendar, day: date, language: str) -> dict[str, Any]:
    """Give what a calendar says of a day."""
    found = calendar.day(day)
    return {
        "date": day.isoformat(),
        "works": found.works,
        "kind": found.kind,
        "reason": label(found.reason, language),
        "provisional": found.provisional,
    }


def explain_day(calendar: Calendar, day: date, language: str) -> dict[str, Any]:
    """Give all that the calendar knows of a day."""
    year = calendar.years.get(day.year)
    return {
        **day_facts(calendar, day, language),
        "notice": label(year.source, language) if year is not None and year.source else None,
        "published": None if year is None or year.published is None else year.published.isoformat(),
        "working_day_before": last_working_day(calendar, day - timedelta(days=1)).isoformat(),
        "working_day_after": next_working_day(calendar, day + timedelta(days=1)).isoformat(),
        "calendar": calendar.version,
    }


def planned_facts(planned: Planned, language: str) -> dict[str, Any]:
    """Give one entry of a year."""
    return {
        "date": planned.day.isoformat(),
        "weekday": label(WEEKDAYS[planned.day.weekday()], language),
        "kind": planned.kind,
        "workflow": planned.workflow,
        "workflow_title": label(planned.workflow_title, language),
        "name": planned.name,
        "title": None if planned.title is None else label(planned.title, language),
        "opens_on": None if planned.opens_on is None else planned.opens_on.isoformat(),
    }


def planned_row(entry: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Give one entry of a year as a line."""
    kind = ENTRIES[entry["kind"]][language] + (f" ({entry['opens_on']})" if entry["opens_on"] else "")
    return entry["date"], entry["weekday"], kind, " · ".join(each for each in (entry["workflow_title"], entry["title"]) if each)


def mark(day: Mapping[str, Any], language: str) -> str:
    """Mark a day that may still change."""
    return PROVISIONAL[language] if day["provisional"] else ""


def today(place: Here, calendar: str) -> date:
    """Give the day of the service's clock in the zone of a calendar."""
    with gateway(place) as service:
        now = parse_instant(service.clock()["now"])
        year = to_datetime(now).year
        return service.calendar(calendar, year, year).local_date(now)


def day_given(text: str, option: str) -> date:
    """Read a day. Raises Misused."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misused(f"{option}: expected a day like 2026-02-14, got {text!r}") from None


def hour_given(text: str | None) -> str | None:
    """Read an hour. Raises Misused."""
    if text is not None:
        try:
            closing_hour(text)
        except ValueError as error:
            raise Misused(f"--hour: {error}") from None
    return text
