"""`yishi demo --year` plays the places of the sources; `--figures` sets their headline figures beside what the trail gives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.commands.failing import Misused
from api.commands.here import Here
from api.commands.options import ZH
from api.commands.screen import console, show_json, show_line
from engine.core.refusals import label
from engine.definition.calendar_files import load_calendars
from engine.runtime.application import opened
from engine.runtime.figures import Figures
from engine.runtime.headline import Headline, There, headlines, read_headlines
from engine.runtime.playbook import FIGURES, Playbook, read_playbook
from engine.scheduler.year import Played, YearPlayer
from engine.scheduler.year_stage import set_stage
from engine.settings import Settings
from engine.store.migration import migrate

Json = dict[str, Any]

CALENDAR = "cn"
EVERY = 5_000
"""Off a terminal a line tells how far it is, after so many steps."""
WORDS = {
    ZH: {
        "figure": "数据",
        "source": "出处",
        "there": "原文",
        "here": "本系统",
        "agrees": "相符",
        "how": "如何得出",
        "at_least": "不少于",
        "about": "约",
        "none": "未给出",
        "played": "{matters}件事项，{steps}步，{fired}次到点",
        "sum": "{agree}项相符，{differ}项不符，{open}项原文未给出数值",
    },
    "en": {
        "figure": "figure",
        "source": "source",
        "there": "there",
        "here": "here",
        "agrees": "agrees",
        "how": "how it was computed",
        "at_least": "at least",
        "about": "about",
        "none": "not given",
        "played": "{matters} matters, {steps} steps, {fired} rungs fired",
        "sum": "{agree} agree, {differ} differ, of {open} the source gives no value",
    },
}


def play_year(place: Here, settings: Settings, only: Sequence[str], share: int, *, as_json: bool) -> bool:
    """Play the year, or go on with it; say whether every step went as the playbook has it."""
    books = books_of(place, only, share)
    migrate(settings.database_url)
    with opened(settings, serve=True) as application:
        set_stage(application, books)
        with progress(silent=as_json) as told:
            played = YearPlayer(application, books, told).play()
    if as_json:
        show_json(as_values(played))
    else:
        words = WORDS.get(place.language, WORDS["en"])
        for fault in played.faults:
            show_line(str(fault), style="red")
        show_line(words["played"].format(matters=played.matters, steps=played.steps, fired=played.fired))
    return not played.faults


def books_of(place: Here, only: Sequence[str], share: int) -> list[Playbook]:
    """Read the playbook of the workflows in use."""
    folder = place.settings.workflows / "demo" / "year"
    if not folder.is_dir():
        raise Misused(f"expected a playbook in the folder {folder}, found none")
    return read_playbook(folder, load_calendars(place.calendars_folder)[CALENDAR], only=only, share=share)


def show_figures(place: Here, settings: Settings, only: Sequence[str], *, as_json: bool) -> bool:
    """Print the figures of the sources beside those of the trail; say whether all that a source states comes out."""
    folder = place.settings.workflows / "demo" / "year"
    shapes = [each for each in read_headlines(folder / FIGURES) if not only or each.place in only]
    with opened(settings) as application:
        found = headlines(Figures(application), shapes)
    if as_json:
        show_json({"figures": [headline_values(each, place.language) for each in found]})
    else:
        show_table(found, place.language)
    return all(each.agrees is not False for each in found)


def as_values(played: Played) -> Json:
    """Give what was played as JSON values."""
    faults = [asdict(each) for each in played.faults]
    return {"matters": played.matters, "steps": played.steps, "fired": played.fired, "faults": faults}


def headline_values(found: Headline, language: str) -> Json:
    """Give one figure as JSON values."""
    shape = found.shape
    return {
        "id": shape.id,
        "title": label(shape.title, language),
        "source": shape.source,
        "there": shape.there.model_dump(exclude_unset=True),
        "here": None if found.here is None else float(found.here),
        "numerator": found.numerator,
        "denominator": found.denominator,
        "agrees": found.agrees,
        "missing": found.missing,
        "place": shape.place,
        "indicator": shape.indicator,
        "how": label(shape.how, language),
    }


def show_table(found: Sequence[Headline], language: str) -> None:
    """Print the table."""
    words, screen = WORDS.get(language, WORDS["en"]), console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("figure", "source", "there", "here", "agrees", "how"):
        table.add_column(words[name], overflow="fold")
    marks = {True: "[green]✓", False: "[red]✗", None: "–"}
    for each in found:
        shape = each.shape
        stated, counted = there_text(shape.there, words), here_text(each)
        table.add_row(label(shape.title, language), shape.source, stated, counted, marks[each.agrees], label(shape.how, language))
    screen.print(table)
    verdicts = [each.agrees for each in found]
    show_line(words["sum"].format(agree=verdicts.count(True), differ=verdicts.count(False), open=verdicts.count(None)))


def there_text(there: There, words: dict[str, str]) -> str:
    """Say what a source states."""
    (name,) = there.model_fields_set
    value = getattr(there, name)
    match name:
        case "exact":
            return str(value)
        case "at_least" | "about":
            return f"{words[name]} {value}"
        case "percent":
            return f"{value} %"
        case "percent_at_least":
            return f"{words['at_least']} {value} %"
        case _:
            return words["none"]


def here_text(found: Headline) -> str:
    """Say what the service counts: a rate and a mean with both counts."""
    if found.here is None:
        return found.missing
    if found.rate:
        return f"{found.numerator}/{found.denominator} = {float(found.here * 100):.2f} %"
    if found.numerator is not None and found.shape.what == "value":
        return f"{found.numerator}/{found.denominator} = {float(found.here):.2f}"
    return str(found.here) if found.here == Fraction(int(found.here)) else f"{float(found.here):.2f}"


@contextmanager
def progress(*, silent: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how far the year is: a bar on a terminal, elsewhere a line now and then."""
    screen = Console(file=sys.stderr)
    if silent or screen.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=screen, transient=True, disable=silent) as bar:
            task = bar.add_task("")
            yield lambda done, of: bar.update(task, completed=done, total=of)
        return
    last = 0

    def tell(done: int, of: int) -> None:
        nonlocal last
        if done // EVERY > last:
            last = done // EVERY
            screen.print(f"{done} / {of}")

    yield tell


def database_of(place: Here, given: str | None) -> Settings:
    """Give the settings of the year: a manual clock and a database of its own, kept below var unless another is named."""
    folder = Path("var")
    url = given or f"sqlite:///{folder / 'demo-year.db'}"
    files = place.settings.files if given else folder / "demo-year-files"
    return place.settings.model_copy(update={"database_url": url, "clock": "manual", "files": files})
