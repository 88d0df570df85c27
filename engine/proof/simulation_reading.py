"""A file of assumptions about a workflow, laid over the defaults. All that is wrong is told at once, at its line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from engine.core.compiled import Process
from engine.definition.datatypes import DataType, TypeName
from engine.definition.model.shapes import shown
from engine.definition.party_groups import VERDICT
from engine.definition.process import ROOT, Transition
from engine.definition.reader import Source, read
from engine.definition.registry import RegistryDefinition
from engine.definition.source import Document, Path
from engine.definition.state_names import by_ending
from engine.definition.terms import parse_term
from engine.errors import Problem, did_you_mean
from engine.proof.rows_given import kept
from engine.proof.scenario_checks import plain_value
from engine.proof.scenario_town import Kept
from engine.proof.simulation_defaults import acts_of, leads_away
from engine.proof.simulation_model import OF_EACH, WEEKDAYS, WEEKEND, Assumptions, Even, Likely, Skewed, Spread, StateAssumption, Weekday
from engine.proof.simulation_shapes import AssumptionsShape, SpreadShape, StateShape

OF_OTHERS = OF_EACH | {"simulation"}


class Read(NamedTuple):
    """What a file assumes of each workflow; with problems, only the defaults."""

    assumptions: Mapping[str, Assumptions]
    problems: tuple[Problem, ...]


def read_assumptions(
    source: Source,
    file: str,
    processes: Mapping[str, Process],
    defaults: Mapping[str, Assumptions],
    registry: Callable[[str], RegistryDefinition | None] = lambda _: None,
) -> Read:
    """Lay a file of assumptions over the defaults: a document for each workflow. Never raises for what the file contains.

    The first of the workflows is the one that is simulated: only what is said of it can say when, how many, and who, and what stands in
    registries. ``registry``: finds one by its name.
    """
    reading = read(source, file)
    problems, found = list(reading.problems), dict(defaults)
    for document in reading.documents:
        one = _Reader(document, processes, registry)
        one.read(found)
        problems += one.problems
    if problems:
        return Read(defaults, tuple(sorted(set(problems))))
    main = found[next(iter(processes))]
    return Read({name: replace(each, people=main.people, registries=main.registries) for name, each in found.items()}, ())


class _Reader:
    """Reads what is assumed of one workflow and gathers what is wrong with it."""

    def __init__(self, document: Document, processes: Mapping[str, Process], registry: Callable[[str], RegistryDefinition | None]) -> None:
        self.document, self.processes, self.registry = document, processes, registry
        self.main = next(iter(processes))
        self.process = processes[self.main]
        self.problems: list[Problem] = []

    def read(self, found: dict[str, Assumptions]) -> None:
        """Lay the document over what is assumed so far."""
        shape = self.shape()
        if shape is None:
            return
        name = shape.simulation
        if name not in self.processes:
            near = did_you_mean(name, self.processes)
            self.report(f"these assumptions are about {name!r}, not about {', '.join(self.processes)}{near}", ("simulation",))
            return
        self.process = self.processes[name]
        if name == self.main:
            found[name] = self.assumptions(shape, found[name])
            return
        for key in shape.model_fields_set - OF_OTHERS:
            written = AssumptionsShape.model_fields[key].alias or key
            self.report(f"`{written}` is told of {self.main!r}, the workflow that is simulated", (written,), at_key=True)
        found[name] = self.of_each(shape, found[name])

    def of_each(self, shape: AssumptionsShape, defaults: Assumptions) -> Assumptions:
        return replace(
            defaults,
            data={**defaults.data, **self.data(shape.data)},
            states={**defaults.states, **self.states(shape.states, defaults.states)},
        )

    def assumptions(self, shape: AssumptionsShape, defaults: Assumptions) -> Assumptions:
        roles = {role for process in self.processes.values() for role in process.definition.roles}
        openers = self.names("role that may open a case", shape.openers, defaults.openers, ("openers",))
        capacity = self.names("role", shape.capacity, roles, ("capacity",))
        people = self.names("role", shape.people, roles, ("people",))
        return replace(
            self.of_each(shape, defaults),
            begin=defaults.begin if shape.from_ is None else self.day(shape.from_, ("from",)),
            term=defaults.term if shape.for_ is None else parse_term(shape.for_),
            opens=defaults.opens if shape.hours is None else shape.hours[0],
            closes=defaults.closes if shape.hours is None else shape.hours[1],
            arrivals=defaults.arrivals if shape.arrivals is None else daily(shape.arrivals),
            openers=defaults.openers if shape.openers is None else openers,
            people={**defaults.people, **people},
            capacity=capacity,
            registries={**defaults.registries, **self.registries(shape.registries)},
            basis=shape.basis,
        )

    def registries(self, given: Mapping[str, Sequence[Mapping[str, Any]]]) -> Mapping[str, Kept]:
        found: dict[str, Kept] = {}
        for name, rows in given.items():
            here, definition = ("registries", name), self.registry(name)
            if definition is None:
                self.report(f"there is no registry {name!r} beside the workflow", here, at_key=True)
            else:
                found[name] = kept(definition, rows, here, self.report)
        return found

    def shape(self) -> AssumptionsShape | None:
        try:
            return AssumptionsShape.model_validate(self.document.data)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                self.report(each["msg"], each["loc"], at_key=each["type"] == "model.unknown_key")
            return None

    # --- states -----------------------------------------------------------------------------------------------------

    def states(self, shapes: Mapping[str, StateShape], defaults: Mapping[str, StateAssumption]) -> Mapping[str, StateAssumption]:
        names = by_ending(defaults)
        found: dict[str, StateAssumption] = {}
        for name, shape in shapes.items():
            here = ("states", name)
            path = names.get(name)
            if path is None:
                self.report(self.no_state(name, names), here, at_key=True)
                continue
            default = defaults[path]
            acts = acts_of(self.process, self.process.states[path])
            leading = [act for act, spec in acts.items() if leads_away(spec)]
            found[path] = StateAssumption(
                takes=default.takes if shape.takes is None else spread(shape.takes),
                ways=default.ways if shape.ways is None else self.names("act that leads away", shape.ways, leading, (*here, "ways")),
                meanwhile=default.meanwhile if shape.meanwhile is None else self.names("act", shape.meanwhile, acts, (*here, "meanwhile")),
                basis=shape.basis,
                branches={act: self.branches(acts, act, weights, (*here, "branches", act)) for act, weights in shape.branches.items()},
            )
        return found

    def branches(self, acts: Mapping[str, Transition], act: str, weights: Mapping[str, float], path: Path) -> Mapping[str, float]:
        """Read how likely the branches of an act are, by the states they lead to."""
        choosing = [name for name, spec in acts.items() if len(spec.branches) > 1]
        if not self.names("act with a `choice`", {act: weights}, choosing, path[:-1]):
            return {}
        there = by_ending(branch.target for branch in acts[act].branches if isinstance(branch.target, str))
        known = self.names("state that a branch leads to", weights, there, path)
        if known and not any(known.values()):
            self.report("expected a weight above 0 for one of the branches at least", path)
        return {there[name]: weight for name, weight in known.items()}

    def no_state(self, name: str, names: Iterable[str]) -> str:
        known = self.process.definition.states
        if name in by_ending(path for path in known if path != ROOT):
            return f"{name!r} is no state in which a case waits: it has states of its own, is final, or is never reached"
        return f"there is no state {name!r} in {self.process.definition.workflow!r}{did_you_mean(name, names)}"

    # --- data -------------------------------------------------------------------------------------------------------

    def data(self, given: Mapping[str, Any]) -> Mapping[str, Likely]:
        definition, found = self.process.definition, dict[str, Likely]()
        kinds = {item.id: item.type for item in definition.data.values()}
        kinds |= {f"{each.name}.{VERDICT}": DataType(TypeName.CHOICE, options=each.verdicts) for each in definition.parties.values()}
        self.names("data item", given, kinds, ("data",))
        for name, value in given.items():
            likely = likely_of(kinds[name], value) if name in kinds else None
            if isinstance(likely, Likely):
                found[name] = likely
            elif likely is not None:
                self.report(f"expected `{name}` to be {likely}, got {shown(value)}", ("data", name))
        return found

    # --- parts ------------------------------------------------------------------------------------------------------

    def names(self, what: str, given: Mapping[str, Any] | None, known: Iterable[str], path: Path) -> Mapping[str, Any]:
        """Check names; give what is given of those that are known."""
        there = list(known)
        for name in given or ():
            if name not in there:
                way_out = did_you_mean(name, there) or f"; there is {', '.join(there) or 'none'}"
                self.report(f"there is no {what} {name!r} here{way_out}", (*path, name), at_key=True)
        return {name: value for name, value in (given or {}).items() if name in there}

    def day(self, text: str, path: Path) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            self.report(f"expected a day that exists, got {text!r}: {error}", path)
            return date.min

    def report(self, message: str, path: Sequence[str | int], *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem("simulation.assumption", message, path, at_key=at_key))


def spread(takes: float | SpreadShape) -> Spread:
    """Give a length as it was written."""
    if isinstance(takes, float):
        return Even(takes, takes)
    if takes.between is not None:
        return Even(*takes.between)
    assert takes.median is not None
    assert takes.p90 is not None
    return Skewed(takes.median, takes.p90)


def daily(arrivals: float | Mapping[Weekday, float]) -> tuple[float, ...]:
    """Give the cases of each weekday. A weekend day that is worked is like the mean of the others where nothing is said of it."""
    if isinstance(arrivals, float):
        return (arrivals / 5,) * 7
    mean = sum(arrivals.values()) / len(arrivals) if arrivals else 0.0
    return tuple(arrivals.get(day, mean if day in WEEKEND else 0.0) for day in WEEKDAYS)


def likely_of(kind: DataType, value: Any) -> Likely | str:
    """Read how likely the values of an item are; where that cannot be read, say what was expected."""
    match kind.name, value:
        case TypeName.BOOL, int() | Decimal() if is_number(value) and 0 <= value <= 1:
            share = float(value)
            return Likely(share, ((True, share), (False, 1 - share)))
        case TypeName.BOOL, _:
            return "the chance that it is true, from 0 to 1"
        case TypeName.CHOICE, dict() if all(is_number(each) and each >= 0 for each in value.values()) and any(value.values()):
            options = list(kind.options or value)
            unknown = next((name for name in value if name not in options), None)
            if unknown is not None:
                return f"a map of its options; there is no {unknown!r}{did_you_mean(unknown, options)}"
            return Likely({name: float(each) for name, each in value.items()}, tuple((name, float(each)) for name, each in value.items()))
        case TypeName.CHOICE, _:
            return "a map of options and weights, one of them above 0"
        case TypeName.INT | TypeName.DECIMAL, {"between": [low, high]} if is_number(low) and is_number(high) and low <= high:
            return Likely({"between": [float(low), float(high)]}, between=(float(low), float(high)))
        case _, list() if value:
            values = plain_value(value)
            return Likely(values, tuple((each, 1.0) for each in values))
        case _:
            return "a list of values, or {between: [low, high]} of numbers"


def is_number(value: Any) -> bool:
    """Say whether a value is a number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
