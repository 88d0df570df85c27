"""The way a case of a scenario goes: a line for each thing that happens, for whoever has to find a fault, and its chronicle."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.case import Case
from engine.core.compiled import Process
from engine.core.decision import Decision
from engine.proof.chronicle import Chronicle
from engine.proof.scenario_checks import Difference, told
from engine.proof.scenario_coverage import Item, observed
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_play import Played, Position, local
from engine.proof.scenario_words import told_of


@dataclass(slots=True)
class Telling:
    """One scenario being played."""

    scenario: Scenario
    position: Position
    fired: list[tuple[str, str]] = field(default_factory=list)
    latest: list[Decision] = field(default_factory=list)
    refused: tuple[str, ...] = ()
    story: list[str] = field(default_factory=list)
    seen: set[Item] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    beside: dict[str, tuple[Process, set[Item]]] = field(default_factory=dict)  # by digest: what other cases have shown
    chronicle: Chronicle | None = None  # where it is written down, if somebody asks for that
    outer: Telling | None = None  # the scenario this one is a part of, whose case hears what happens here

    @property
    def process(self) -> Process:
        """The workflow, ready to run."""
        return self.scenario.process

    def shown_beside(self, process: Process, seen: set[Item]) -> None:
        """Keep what a case of another workflow has shown."""
        self.beside.setdefault(process.definition.digest, (process, set()))[1].update(seen)


def note(telling: Telling, played: Played, *, found: bool = False) -> None:
    """Keep what a command that was taken led to."""
    telling.position = played.after
    for each in (played, *played.rest):
        keep(telling, each, found=found)
    if not found:
        offer(telling)


def offer(telling: Telling) -> None:
    """Write down what is open to whom now, if that is asked for."""
    if telling.chronicle is not None:
        telling.chronicle.offers(telling.process, telling.position)


def keep(telling: Telling, played: Played, *, found: bool) -> None:
    """Keep one thing that happened, with the scenario of the case that it happened to."""
    decision = played.decision
    whose: Telling | None = telling
    while whose is not None and (whose.position.case is None or whose.position.case.id != decision.case.id):
        whose = whose.outer
    if telling.chronicle is not None and not found and (process := process_of(telling, decision.case)) is not None:
        telling.chronicle.happened(process, played)
    if whose is None:
        tell(telling, f"  {decision.case.workflow}: {told_of(played.command)} → {', '.join(decision.case.configuration)}")
        other = None if found or telling.position.town is None else telling.position.town.find(decision.case.workflow)
        if other is not None:
            telling.shown_beside(other, observed(other, played))
        return
    whose.latest.append(decision)
    if decision.rung is not None:
        whose.fired.append((decision.action, decision.rung.rung))
    if not found:
        whose.seen |= observed(whose.process, played)
    where = ", ".join(decision.case.configuration)
    arrow = f" → {where}" if decision.before != decision.case.configuration else f" (stays in {where})"
    informed = told([decision])
    more = f", told {', '.join(informed)}" if informed else ""
    refused = decision.notes.get("refused")
    more += f", its act refused: {', '.join(each['code'] for each in refused)}" if refused else ""
    tell(telling, f"{told_of(played.command)}{arrow}{more}{' [found]' if found else ''}")


def process_of(telling: Telling, case: Case) -> Process | None:
    """Give the workflow of the case that something happened to."""
    mine, town = telling.position.case, telling.position.town
    if mine is not None and mine.id == case.id:
        return telling.process
    return town.find(case.workflow) if town is not None else None


def tell(telling: Telling, what: str) -> None:
    """Add a line to the story."""
    telling.story.append(f"{local(telling.process.calendar, telling.position.now)}  {what}")
