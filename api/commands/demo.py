"""`yishi demo`: one real matter, played from its topic to its evaluation on a manual clock, and its story read back from the trail."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from api.commands.demo_year import database_of, play_year, show_figures
from api.commands.failing import Exit
from api.commands.here import Here, here
from api.commands.options import EN, ZH, AsJson, command_app
from api.commands.screen import console, show_json, show_line
from engine.clock import rfc3339
from engine.core.compiled import Process
from engine.core.ledger import OVER_TIME
from engine.core.refusals import label
from engine.errors import NotFound
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.application import Application, opened
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.demonstration import People, Script, Step, read_people, read_scripts
from engine.runtime.timeline import local_time, timeline
from engine.runtime.views import refusal_views
from engine.scheduler.demonstration import Played, Tried, begin_at, play
from engine.settings import Settings

app = command_app()

Json = dict[str, Any]

ROOM = 140
"""Columns from which on each thing gets a column of its own."""
STYLES = {"rung": "yellow", "refused": "red"}
WORDS = {
    ZH: {
        "when": "时间",
        "who": "谁",
        "what": "办理",
        "where": "现处环节",
        "followed": "期限、提醒与说明",
        "comma": "、",
        "then": "；",
        "refused": "不予办理",
        "told": "告知",
        "escalated": "提级至",
        "due": "到期",
        "number": "编号",
        "reason": "理由",
        "clock": "系统",
        "outcome": "结果",
        "sum": "共{steps}步，{events}条记录，{rungs}次到点，{refused}次不予办理；全部从留痕中读出。",
    },
    EN: {
        "when": "when",
        "who": "who",
        "what": "what",
        "where": "now in",
        "followed": "dates, reminders, remarks",
        "comma": ", ",
        "then": "; ",
        "refused": "refused",
        "told": "told",
        "escalated": "escalated to",
        "due": "due",
        "number": "number",
        "reason": "reason",
        "clock": "the clock",
        "outcome": "outcome",
        "sum": "{steps} steps, {events} events, {rungs} rungs, {refused} refusals; all of it read back from the trail.",
    },
}


@app.command()
def demo_command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Which demonstration, of the folder demo among the workflows.")
    ] = "gas_supply",
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="A fresh database to play in and keep; default: one that is thrown away."),
    ] = None,
    year: Annotated[
        bool,
        typer.Option("--year", help="Play the places of the sources through a year, in var/demo-year.db; stopped, it goes on."),
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Set the headline figures of the sources beside what the trail of the year gives.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option("--place", metavar="PLACE", help="With --year and --figures: only this place.")] = None,
    share: Annotated[int, typer.Option("--share", min=1, metavar="NUMBER", help="With --year: only every how manyth matter.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Play a real matter with its real dates on a manual clock, and print the story that the trail tells."""
    place = here(context)
    if year or figures:
        settings = database_of(place, database)
        went = not year or play_year(place, settings, only or (), share, as_json=as_json and not figures)
        if not (went and (not figures or show_figures(place, settings, only or (), as_json=as_json))):
            raise typer.Exit(Exit.PROBLEMS)
        return
    folder = place.settings.workflows / "demo"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise NotFound("demonstration", name, [each.stem for each in folder.glob("*.yaml") if each.stem not in {"people", "cases"}])
    (script, *_), people = read_scripts(path), read_people(folder / "people.yaml")
    with stage(place, database) as settings, opened(settings) as application:
        start = script.instant(script.steps[0])
        if start is not None:
            begin_at(application, start)
        publish_shipped(application)
        with progress(script, silent=as_json) as told:
            played = play(application, script, people, told=told)
        story = story_of(application, played, people, place.language)
    if as_json:
        show_json(story)
    else:
        show_story(story, place.language)


@contextmanager
def stage(place: Here, database: str | None) -> Iterator[Settings]:
    """Give the settings of a trial: a manual clock, and a database and documents of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yishi-demo-")))
        url = database or f"sqlite:///{folder / 'demo.db'}"
        files = place.settings.files if database else folder / "files"
        yield place.settings.model_copy(update={"database_url": url, "clock": "manual", "files": files})


@contextmanager
def progress(script: Script, *, silent: bool) -> Iterator[Callable[[int, Step], None]]:
    """Show on a terminal how far the script has been played."""
    screen = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=silent or not screen.is_terminal) as bar:
        task = bar.add_task("", total=len(script.steps))
        yield lambda number, step: bar.update(task, completed=number, description=step.at or "")


# --- the story ------------------------------------------------------------------------------------------------------


def story_of(application: Application, played: Played, people: People, language: str) -> Json:
    """Read the story back from the trail, with the refused tries, which are no part of it, at their places."""
    operator = administrator_of_this_machine(application.org)
    entries = timeline(application, operator, played.case_id, language)
    notes = {tried.seq: tried.step.note for tried in played.tried if tried.seq is not None}
    persons = people.by_id
    for entry in entries:
        person = persons.get(entry["actor"])
        entry["who"] = person.name if person else WORDS[language]["clock"]
        note = notes.get(entry["seq"])
        if note:
            entry["note"] = label(note, language)
    process = application.registry.published(application.org, played.script.workflow, played.script.version)
    refused = [refused_entry(tried, people, process, language) for tried in played.tried if tried.seq is None]
    case = entries[-1]
    return {
        "demo": played.script.demo,
        "title": label(played.script.title, language),
        "case": played.case_id,
        "outcome": case.get("outcome"),
        "steps": len(played.script.steps),
        "timeline": sorted([*entries, *refused], key=lambda entry: (entry["at"], entry.get("seq", 0))),
    }


def refused_entry(tried: Tried, people: People, process: Process, language: str) -> Json:
    """Tell of a try that was refused."""
    step, person = tried.step, people.by_id[tried.step.by]
    action = step.act or (f"{step.attach}.attach" if step.attach else "start")
    titles = (label(spec.title, language) for spec in process.transitions.values() if spec.name == action)
    entry: Json = {
        "at": rfc3339(tried.at),
        "local": local_time(process.calendar, tried.at),
        "kind": "refused",
        "actor": person.id,
        "who": person.name,
        "role": label(person.title, language) if person.title else "",
        "action": action,
        "what": next(titles, action),
        "where": [],
        "deadlines": [],
        "refusals": refusal_views(tried.refusals, language),
    }
    if step.note:
        entry["note"] = label(step.note, language)
    return entry


# --- for people -----------------------------------------------------------------------------------------------------


def show_story(story: Json, language: str) -> None:
    """Print the story as a table: when, who, what, where the case then stands, and what followed."""
    words, screen = WORDS[language], console()
    screen.print(Text(f"{story['title']}  {story['case']}", style="bold"), soft_wrap=True)
    wide = screen.width >= ROOM
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(words["when"], no_wrap=True)
    for name in ("who", "what", "where", "followed") if wide else ("what",):
        table.add_column(words[name], overflow="fold")
    where: list[str] = []
    for entry in story["timeline"]:
        moved = " / ".join(entry["where"]) if entry["where"] != where else ""
        where = entry["where"] or where
        style = STYLES.get(entry["kind"], "")
        cells = [Text(who_text(entry), style=style), Text(entry["what"], style=style), Text(moved, style="green")]
        below = list(followed(entry, words))
        if wide:
            table.add_row(Text(entry["local"]), *cells, Text("\n").join(below))
        else:
            headline = Text("  ").join(cell for cell in cells if cell)
            table.add_row(Text(entry["local"]), Text("\n").join([headline, *below]))
    screen.print(table)
    kinds = [entry["kind"] for entry in story["timeline"]]
    refused = kinds.count("refused")
    show_line(words["sum"].format(steps=story["steps"], events=len(kinds) - refused, rungs=kinds.count("rung"), refused=refused))
    show_line(f"{words['outcome']}: {story['outcome']}", style="bold")


def who_text(entry: Json) -> str:
    """Say who it was, and as what."""
    return entry["who"] if entry["kind"] == "rung" or not entry["role"] else f"{entry['who']} · {entry['role']}"


def followed(entry: Json, words: dict[str, str]) -> Iterator[Text]:
    """Give what followed: refusals, dates with their reasons, who was told."""
    for refusal in entry.get("refusals", ()):
        yield Text(f"{words['refused']} {refusal['code']}: {refusal['message']}", style="red")
    if "number" in entry:
        yield Text(f"{words['number']} {entry['number']}")
    if "reason" in entry:
        yield Text(f"{words['reason']}: {entry['reason']}")
    for deadline in entry["deadlines"]:
        yield from deadline_lines(deadline, words)
    if "escalated_to" in entry:
        yield Text(f"{words['escalated']} {words['comma'].join(entry['escalated_to'])}", style="bold yellow")
    if "told" in entry:
        yield Text(f"{words['told']} {words['comma'].join(entry['told'])}", style="dim")
    if "note" in entry:
        yield Text(f"※ {entry['note']}", style="italic")


def deadline_lines(deadline: Json, words: dict[str, str]) -> Iterator[Text]:
    """Tell what happened to a deadline, and why its date is what it is."""
    due = f" {words['due']} {deadline['local_due']}" if "local_due" in deadline else ""
    late = deadline["op"] in OVER_TIME
    yield Text(f"{deadline['title']} {deadline['text']}{due}", style="bold red" if late else "cyan")
    if "why" in deadline:
        yield Text(words["then"].join(deadline["why"]), style="dim")
