"""`yishi play`: go through a workflow at the terminal, on a virtual clock, without a database."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.commands.diagram import definition_in
from api.commands.failing import Misused
from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.play_form import Asking, GivenUp
from api.commands.play_screen import Screen, as_json, refusals_as_json
from api.commands.screen import show_line
from engine.clock import Instant, SystemClock, from_datetime
from engine.core.compiled import compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.terms import parse_term
from engine.proof.playing import Happened, Offer, Playing, playing
from engine.proof.scenario_model import Who
from engine.proof.scenario_play import Endless

app = command_app()

BY = re.compile(r"(?P<act>\S+)(?: by (?P<role>\S+))?(?: as (?P<person>\S+))?(?: of (?P<unit>\S+))?")


@app.command()
def play_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workflow file.")],
    workflow: Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Which workflow of a file that holds several.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it begins, like '2026-03-02 09:00' on the calendar; default: now.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Play a workflow: where am I, what may whom do, and why not. `?` explains what can be typed; `quit` prints the way as a scenario.

    Commands come from the terminal or, one a line, from the standard input; with --json each position is printed as JSON on a line.
    """
    place = here(context)
    if file == Path("-"):
        raise Misused("FILE: the standard input holds what is typed; name a file")
    definition = definition_in(place, file, workflow)
    process = compile_process(definition, load_calendars(place.calendars_folder)[definition.calendar])
    begin = SystemClock().now() if at is None else local_time(at, process.calendar)
    Table(playing(process, begin), place.language, json=json).play()


def local_time(text: str, calendar: Calendar) -> Instant:
    """Read a time as the clock on the wall shows it; a day alone begins at 09:00. Raises Misused."""
    try:
        given = datetime.fromisoformat(text if len(text) > len("2026-03-02") else f"{text} 09:00")
    except ValueError:
        raise Misused(f"expected a time like '2026-03-02 09:00', got {text!r}") from None
    if given.tzinfo is not None:
        raise Misused(f"expected a time without a zone, for it is the calendar's, got {text!r}")
    return from_datetime(given.replace(tzinfo=calendar.zone))


class Table:
    """One game: reads what is typed, takes the step, shows where it led."""

    def __init__(self, start: Playing, language: str, *, json: bool) -> None:
        self.playing, self.language, self.json = start, language, json
        self.screen = Screen(language)
        self.offers = start.offers()

    def play(self) -> None:
        """Go on until it is over; then print the way."""
        self.show()
        while (line := self.next_line()) is not None and line not in {"quit", "q", "exit"}:
            try:
                self.take(line)
            except Misused as misused:
                self.say(misused.detail)
            except GivenUp:
                self.say(self.screen.words["given_up"])
            except EOFError:
                break
        self.show_way()

    def next_line(self) -> str | None:
        """Read what is typed next; None at the end."""
        try:
            return " ".join(self.ask("> ").split())
        except EOFError:
            return None

    def ask(self, prompt: str) -> str:
        """Ask for a line. What comes from a file is shown after the prompt, so that the whole reads like a game at the terminal."""
        if sys.stdin.isatty():
            return input(prompt)
        line = sys.stdin.readline()
        if not self.json:
            show_line(prompt + line.rstrip("\n"))
        if not line:
            raise EOFError
        return line.rstrip("\n")

    # --- what can be typed ------------------------------------------------------------------------------------------

    def take(self, line: str) -> None:
        """Do what was typed. Raises Misused where it means nothing, or the clock would go round for ever."""
        word, _, rest = line.partition(" ")
        match word:
            case "":
                self.show()
            case "?" | "help" | "h":
                self.say(self.screen.words["help"])
            case "undo" | "u":
                self.undo()
            case "data" | "d":
                self.screen.data(self.playing)
            case "why":
                self.why(rest)
            case "wait" | "w":
                try:
                    self.move(*self.waited(rest))
                except Endless as endless:
                    raise Misused(str(endless)) from None
            case "act":
                self.act(*self.named(rest))
            case _ if word.isdecimal():
                self.act(*self.numbered(int(word)))
            case _:
                self.act(*self.named(line))

    def numbered(self, number: int) -> tuple[Offer, Who]:
        """Find an offer by its number."""
        allowed = [offer for offer in self.offers if offer.allowed]
        if not 1 <= number <= len(allowed):
            raise Misused(f"{self.screen.words['which']}: {number}")
        return allowed[number - 1], Who(allowed[number - 1].role)

    def named(self, text: str) -> tuple[Offer, Who]:
        """Find an act by its name, for a role and perhaps a person and a unit."""
        found = BY.fullmatch(text)
        if found is None:
            raise Misused(f"expected ACT [by ROLE] [as PERSON] [of UNIT], got {text!r}; ? explains what can be typed")
        known = self.known(found["act"])
        role = found["role"] or known[0].role
        if role not in self.playing.process.definition.roles and role != "anyone":
            raise Misused(f"expected a role ({', '.join(self.playing.process.definition.roles)}), got {role!r}")
        who = Who(role, found["person"], found["unit"])
        offers = self.playing.offers_of(found["act"], who)
        return (offers or known)[0], who

    def known(self, act: str) -> list[Offer]:
        """Give the offers of an act. Raises Misused where there is none of that name, or not here."""
        offers = [offer for offer in self.offers if offer.act == act]
        if not offers and self.playing.knows(act):
            raise Misused(f"{act!r} is no act of where the case stands; here: {', '.join(dict.fromkeys(each.act for each in self.offers))}")
        if not offers:
            raise Misused(f"there is no act {act!r}{self.playing.unknown(act) or '; ? explains what can be typed'}")
        return offers

    def waited(self, text: str) -> tuple[Playing, Happened]:
        """Let time pass: a term, until a time, or until the next rung."""
        if self.playing.position.case is None:
            raise Misused(self.screen.words["no_case"])
        if text == "next":
            due = self.playing.next_rung()
            if due is None:
                raise Misused(self.screen.words["no_rung"])
            return self.playing.wait_until(due)
        if text.startswith("until "):
            until = local_time(text.removeprefix("until "), self.playing.process.calendar)
            if until < self.playing.position.now:
                raise Misused(f"{self.screen.words['back']} {self.screen.time(self.playing, self.playing.position.now)}")
            return self.playing.wait_until(until)
        try:
            term = parse_term(text)
        except ValueError as error:
            raise Misused(f"wait: {error}") from None
        return self.playing.wait_for(term)

    def act(self, offer: Offer, who: Who) -> None:
        """Take an act: ask for its form and its reason, unless it is refused whatever stands in them."""
        if not offer.allowed:
            self.tell(Happened(refusals=offer.refusals))
            return
        asking = Asking(self.ask, self.say, self.language, self.playing.settings())
        data = asking.form(offer.form)
        self.move(*self.playing.act(offer, who, data, asking.reason(offer.reason)))

    def why(self, text: str) -> None:
        """Say why an act cannot be taken, for each role."""
        offers = self.known(text)
        if self.json:
            told = [
                {"role": each.role, "allowed": each.allowed, "refusals": refusals_as_json(each.refusals, self.language)} for each in offers
            ]
            show_json_line({"why": text, "offers": told})
        else:
            self.screen.why(offers)

    def undo(self) -> None:
        """Go one step back."""
        if self.playing.before is None:
            self.say(self.screen.words["no_undo"])
            return
        self.playing = self.playing.before
        self.offers = self.playing.offers()
        self.say(self.screen.words["undone"])
        self.show()

    # --- what is shown ----------------------------------------------------------------------------------------------

    def move(self, playing: Playing, happened: Happened) -> None:
        """Take what a step led to for where the case stands now."""
        moved = playing is not self.playing
        self.playing = playing
        self.offers = playing.offers()
        self.tell(happened)
        if moved:
            self.show()

    def tell(self, happened: Happened) -> None:
        """Show what happened, or why it did not."""
        if not self.json:
            self.screen.happened(self.playing, happened)
        elif happened.refusals:
            show_json_line({"refusals": refusals_as_json(happened.refusals, self.language)})
        else:
            show_json_line({"happened": [self.screen.line(self.playing, each) for each in happened.played]})

    def show(self) -> None:
        """Show where the case stands."""
        if self.json:
            show_json_line(as_json(self.playing, self.offers, self.language))
        else:
            self.screen.position(self.playing, self.offers)

    def say(self, text: str) -> None:
        """Say something to whoever plays."""
        if self.json:
            show_json_line({"said": text})
        else:
            self.screen.say(text)

    def show_way(self) -> None:
        """Print the way that was played as a scenario."""
        way = self.playing.scenario("played by hand")
        if self.json:
            show_json_line({"scenario": way})
        elif way:
            typer.echo("\n" + way, nl=False)


def show_json_line(value: dict[str, Any]) -> None:
    """Print a JSON object on a line of its own."""
    typer.echo(orjson.dumps(value, default=str))
