"""Running a scenario: where it is given, step by step, what must hold; and the way the case went, for whoever has to find the fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from engine.clock import Instant, stopwatch
from engine.core.case import Case, Draft
from engine.core.command import Command, Fire
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.relations import children_of, links_of
from engine.definition.source import Path
from engine.proof.chronicle import Chronicle
from engine.proof.scenario_checks import ABSENT, Difference, Moment, check, plain_value, same_value
from engine.proof.scenario_coverage import Coverage, Item, observed_refusal
from engine.proof.scenario_goals import Goal, Taken, opened, standing_in, taking
from engine.proof.scenario_model import (
    ENDLESS,
    ActStep,
    CheckStep,
    CommentStep,
    Elsewhere,
    ElsewhereStep,
    OtherCase,
    Scenario,
    Step,
    WaitStep,
)
from engine.proof.scenario_paths import Finder, NotFound
from engine.proof.scenario_play import MOST_BY_ITSELF, Endless, Played, Position, command_for, comment_by, later, local, play, wait
from engine.proof.scenario_telling import Telling, note, offer, tell
from engine.proof.scenario_words import step_name, text_of, told_of

WITHIN = f"an end within {MOST_BY_ITSELF:,}"
CLOCK_ENDS = "the clock", f"{WITHIN} rungs: a loop with `cycles`, time or a person in it, or a shorter wait"
MESSAGES_END = "messages", f"{WITHIN}: a case that does not answer every message, a loop with `cycles`, time or a person in it"
"""What goes round for ever, and what it should have come to, and how."""
SHOWN = 10
"""Rungs and messages of it that the story tells."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one scenario. It passed if nothing differs. ``story``: the way the case went, a line for each thing that happened."""

    scenario: Scenario
    differences: tuple[Difference, ...]
    story: tuple[str, ...]
    seen: frozenset[Item]
    beside: tuple[tuple[Process, frozenset[Item]], ...] = ()  # what it has shown of other workflows
    seconds: float = 0.0  # how long it took to play, of the machine's time

    @property
    def passed(self) -> bool:
        """Whether everything was as the scenario says."""
        return not self.differences


class Routes:
    """Ways kept for scenarios that begin at the same place: one is sought once and then only walked, also where there is none."""

    def __init__(self, effort: int) -> None:
        self.effort = effort
        self._finders: dict[object, Finder] = {}
        self._ways: dict[object, tuple[Taken, ...]] = {}
        self._lost: dict[object, NotFound] = {}

    def go(self, scenario: Scenario, position: Position, goal: Goal) -> list[Played] | NotFound:
        """Go the shortest way from a position to a goal; give what happens on it."""
        finder = self.finder(scenario)
        for known in self.known(scenario, position, goal):
            if (walked := finder.walk(position, known, goal)) is not None:
                return walked
        found = self.find(scenario, position, goal)
        return found if isinstance(found, NotFound) else finder.walk(position, found, goal) or []

    def known(self, scenario: Scenario, position: Position, goal: Goal) -> Iterator[tuple[Taken, ...]]:
        """Give ways that were found before; whether one leads to the goal from here has to be seen."""
        if position.case is None and (known := self._ways.get((*_start(scenario), goal.name))) is not None:
            yield known

    def find(self, scenario: Scenario, position: Position, goal: Goal) -> tuple[Taken, ...] | NotFound:
        """Find the shortest way from a position to a goal."""
        finder = self.finder(scenario)
        if position.case is not None:
            return finder.find(position, goal)
        key = (*_start(scenario), goal.name)
        lost = self._lost.get((key, position.now))
        found = finder.find(position, goal) if lost is None else lost
        if isinstance(found, NotFound):
            self._lost[key, position.now] = found
        else:
            self._ways[key] = found
        return found

    def finder(self, scenario: Scenario) -> Finder:
        """Give what searches for a scenario, the same for all that begin with the same data and settings."""
        start, given = _start(scenario), scenario.given
        finder = self._finders.get(start)
        if finder is None:
            finder = self._finders[start] = Finder(scenario.process, given.data, given.settings, self.effort)
        return finder


def _start(scenario: Scenario) -> tuple[str, str, str]:
    given = scenario.given
    return scenario.process.definition.digest, repr(sorted(given.data.items())), repr(sorted(given.settings.items()))


def run(scenario: Scenario, routes: Routes, chronicle: Chronicle | None = None) -> Result:
    """Play a scenario on a case of its own. Stops at the first step that goes another way than it says: what follows would mean nothing.

    All that happens is written down in ``chronicle``, if there is one.
    """
    began = stopwatch()
    telling = Telling(scenario, Position(None, scenario.given.at, town=scenario.given.town), chronicle=chronicle)
    if chronicle is not None:
        chronicle.opens(scenario.process, {**scenario.process.settings, **scenario.given.settings}, scenario.given.settings)
    if all(place(telling, other, routes) for other in scenario.given.cases) and begin(telling, routes):
        for number, step in enumerate(scenario.steps):
            following = scenario.steps[number + 1] if number + 1 < len(scenario.steps) else None
            if not take(telling, step, routes, following):
                break
    beside = tuple((process, frozenset(seen)) for process, seen in telling.beside.values())
    return Result(scenario, tuple(telling.differences), tuple(telling.story), frozenset(telling.seen), beside, stopwatch() - began)


def cover(results: Iterable[Result]) -> tuple[Coverage, ...]:
    """Put together what all scenarios have shown, workflow by workflow."""
    found: dict[str, Coverage] = {}
    for result in results:
        process = result.scenario.process
        for shown, seen in ((process, result.seen), *result.beside):
            found.setdefault(shown.definition.digest, Coverage(shown)).add(seen)
    return tuple(found.values())


# --- where it begins ------------------------------------------------------------------------------------------------


def begin(telling: Telling, routes: Routes) -> bool:
    """Bring the case to where the scenario has it: open it, take the acts of `by`, then go the shortest way to `in`."""
    scenario, given = telling.scenario, telling.scenario.given
    path = (*scenario.path, "given")
    explicit = scenario.opens_itself
    if not explicit and (given.by or not given.states) and not go(telling, opened(), routes, path):
        return False
    if not all(take(telling, step, routes) for step in given.by):
        return False
    if given.states and not go(telling, standing_in(telling.process, given.states), routes, (*path, "in")):
        return False
    telling.fired.clear()
    telling.latest.clear()
    if not explicit:
        telling.differences += not_held(telling, path)
    if telling.chronicle is not None and (given.states or not explicit):
        telling.chronicle.stands(telling.process, telling.position)
    return not telling.differences


def place(telling: Telling, other: OtherCase, routes: Routes) -> bool:
    """Bring another case to where it is when the scenario begins; its id is the name it is given."""
    scenario = replace(telling.scenario, process=other.process, given=other.given, path=(*other.path, ".."))
    there = Telling(scenario, telling.position._replace(case=None))
    if not begin(there, routes):
        telling.differences += there.differences
        return False
    assert there.position.case is not None
    case = there.position.case._replace(id=other.name)
    telling.position = there.position._replace(case=None, others={**there.position.others, other.name: case})
    return True


def go(telling: Telling, goal: Goal, routes: Routes, path: Path) -> bool:
    """Go the shortest way to a goal. It is found by itself and shows nothing."""
    if goal.holds(telling.position):
        return True
    walked = routes.go(telling.scenario, telling.position, goal)
    if isinstance(walked, NotFound):
        telling.differences.append(Difference(path, "given", goal.name, walked.why, walked.rule))
        return False
    for played in walked:
        note(telling, played, found=True)
    return True


def not_held(telling: Telling, path: Path) -> list[Difference]:
    """Name the given data that the case does not have: no form on the way asked for them."""
    case = telling.position.case
    held = case.data if case is not None else {}
    expected = {name: plain_value(value) for name, value in telling.scenario.given.data.items()}
    return [
        Difference((*path, "data", name), f"given data.{name}", value, held.get(name, ABSENT))
        for name, value in expected.items()
        if not same_value(value, held.get(name, ABSENT))
    ]


# --- steps ----------------------------------------------------------------------------------------------------------


def take(telling: Telling, step: Step, routes: Routes, following: Step | None = None) -> bool:
    """Take one step; say whether the scenario can go on."""
    match step:
        case CheckStep():
            moment = Moment(telling.process, telling.position, telling.refused, tuple(telling.latest), tuple(telling.fired))
            telling.differences += check(moment, step.expected, step.path)
            return True
        case WaitStep():
            return let_time_pass(telling, step)
        case ElsewhereStep():
            return elsewhere(telling, step, routes)
        case CommentStep():
            telling.latest.clear()
            if telling.position.case is None:
                return misplaced(telling, step)
            command: Command = comment_by(telling.process, telling.position, step.who, step.text)
            return decide(telling, command, step, None)
        case ActStep():
            telling.latest.clear()
            if step.who is None:
                return go(telling, taking(telling.process, step.name), routes, step.path)
            if telling.position.case is None and step.name != "start":
                return misplaced(telling, step)
            if telling.position.case is not None and step.name == "start":
                telling.differences.append(Difference(step.path, "start", "a case that is not open yet", "it was opened by `given`"))
                return False
            return decide(telling, act_command(telling, step), step, following)


def elsewhere(telling: Telling, step: ElsewhereStep, routes: Routes) -> bool:
    """Let another case take steps; what it sends reaches this one as it would."""
    telling.latest.clear()
    mine, other = telling.position.case, which(telling.position, step.where)
    if mine is None or other is None:
        telling.differences.append(Difference(step.path, "elsewhere", f"{step.where.kind} {step.where.name}", "no such case"))
        return False
    others = {**{id_: case for id_, case in telling.position.others.items() if id_ != other.id}, mine.id: mine}
    there = Telling(
        replace(telling.scenario, process=step.process),
        telling.position._replace(case=other, others=others),
        chronicle=telling.chronicle,
        outer=telling,
    )
    offer(there)
    went = all(take(there, each, routes, following) for each, following in zip(step.steps, (*step.steps[1:], None), strict=True))
    position = there.position
    assert position.case is not None
    back = {id_: case for id_, case in position.others.items() if id_ != mine.id}
    telling.position = position._replace(case=position.others[mine.id], others={**back, position.case.id: position.case})
    telling.story += there.story
    for shown, seen in (*there.beside.values(), (step.process, there.seen)):
        telling.shown_beside(shown, seen)
    telling.differences += there.differences
    offer(telling)
    return went


def which(position: Position, where: Elsewhere) -> Case | None:
    """Find another case."""
    if position.case is None:
        return None
    draft = Draft(position.case.snapshot)
    match where.kind:
        case "children":
            ids = [case for case, entry in children_of(draft, where.name).items() if entry["key"] == where.key]
        case "links":
            ids = [entry["id"] for entry in links_of(draft, where.name).values()][where.nth - 1 :]
        case "parent":
            parent = draft.get("origin", "parent")
            ids = [] if parent is None else [parent["case"]]
        case _:
            ids = [where.name]
    return position.others.get(ids[0]) if ids else None


def act_command(telling: Telling, step: ActStep) -> Command:
    """Make the command of an act."""
    assert step.who is not None
    settings = telling.scenario.given.settings
    data = {name: value for name, value in step.data.items() if value is not None}
    return command_for(
        telling.process, telling.position, step.name, step.who, data, reason=step.reason, document=step.document, settings=settings
    )


def decide(telling: Telling, command: Command, step: ActStep | CommentStep, following: Step | None) -> bool:
    """Give a command to the core and compare what comes of it with what the step says."""
    try:
        outcome = play(telling.process, telling.position, command)
    except Endless as endless:
        goes_round(telling, endless, step)
        return False
    expected = step.refused if isinstance(step, ActStep) else None
    if isinstance(outcome, Refused):
        telling.refused = tuple(refusal.code for refusal in outcome.refusals)
        telling.seen |= observed_refusal(telling.process, telling.position, command, outcome)
        tell(telling, f"{told_of(command)} refused: {', '.join(telling.refused)}")
        if telling.chronicle is not None:
            telling.chronicle.refused(telling.process, telling.position, command, outcome)
        if expected is None and isinstance(following, CheckStep) and "refused" in following.expected:
            return True
        if expected is None:
            reasons = [f"{refusal.code}: {text_of(refusal)}" for refusal in outcome.refusals]
            telling.differences.append(Difference(step.path, f"{step_name(step)}", "taken", reasons))
            return False
        if sorted(expected) != sorted(telling.refused):
            telling.differences.append(Difference((*step.path, "refused"), "refused", sorted(expected), sorted(telling.refused)))
        return True
    telling.refused = ()
    note(telling, outcome)
    if not let_clock_fire(telling, telling.position.now, step):  # a rung at `start` is due at once
        return False
    if expected:
        telling.differences.append(Difference((*step.path, "refused"), "refused", sorted(expected), "taken"))
        return False
    return True


def let_time_pass(telling: Telling, step: WaitStep) -> bool:
    """Move the clock; what falls due on the way fires."""
    telling.latest.clear()
    telling.refused = ()
    now = telling.position.now
    until = step.until if step.until is not None else now
    if step.term is not None:
        until = later(telling.process.calendar, now, step.term)
    if until < now:
        calendar = telling.process.calendar
        telling.differences.append(Difference(step.path, "wait", f"a time after {local(calendar, now)}", local(calendar, until)))
        return False
    if not let_clock_fire(telling, until, step):
        return False
    telling.position = telling.position._replace(now=until)
    return True


def let_clock_fire(telling: Telling, until: Instant, step: Step) -> bool:
    """Let the clock fire what is due until an instant; say whether that came to an end."""
    fired: list[Played] = []
    try:
        fired += wait(telling.process, telling.position, until)
    except Endless as endless:
        first = endless.fired[0]
        goes_round(telling, endless, step, takewhile(lambda each: each is not first, fired))
        return False
    for played in fired:
        note(telling, played)
    return True


def goes_round(telling: Telling, endless: Endless, step: Step, went_before: Iterable[Played] = ()) -> None:
    """Say that what happens by itself goes round for ever, and tell how it began."""
    what, an_end = CLOCK_ENDS if isinstance(endless.fired[-1].command, Fire) else MESSAGES_END
    telling.differences.append(Difference(step.path, what, an_end, str(endless), ENDLESS))
    for played in (*went_before, *endless.fired[:SHOWN]):
        note(telling, played)


def misplaced(telling: Telling, step: Step) -> bool:
    """Say that there is no case yet."""
    telling.differences.append(Difference(step.path, "start", "a case", "none was opened yet: begin with `start`"))
    return False
