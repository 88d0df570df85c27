"""What a mutation operator is, and the register of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.definition.source import Path, pointer
from tests.prove.defects.chart import Chart
from tests.prove.defects.edits import Drop, Edit, Replace, scalar

STRUCTURE, VALUE = "structure", "value"


class Seed(NamedTuple):
    """One defect to seed: where the file is changed, and how."""

    path: Path
    edit: Edit


def dropped(found: Iterable[tuple[Path, Any]]) -> Iterator[Seed]:
    """Leave out each of these."""
    yield from (Seed(path, Drop(path)) for path, _ in found)


def replaced(path: Path, values: Iterable[object]) -> Iterator[Seed]:
    """Put each of these values."""
    yield from (Seed(path, Replace(path, scalar(value))) for value in values)


Operator = Callable[[Chart], Iterator[Seed]]


@dataclass(frozen=True, slots=True)
class Registered:
    """An operator with its name, and what it breaks."""

    name: str
    breaks: str
    seeds: Operator


OPERATORS: dict[str, Registered] = {}


def operator(name: str, breaks: str) -> Callable[[Operator], Operator]:
    """Register an operator; ``breaks`` is structure or value."""

    def register(seeds: Operator) -> Operator:
        OPERATORS[name] = Registered(name, breaks, seeds)
        return seeds

    return register


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one defect. ``id`` tells it apart from all others of the file, in this run and the next."""

    operator: str
    breaks: str
    path: Path
    place: str
    what: str
    text: str

    @property
    def id(self) -> str:
        """Name it by operator, place and text."""
        return f"{self.operator} {pointer(self.path)} {hashlib.sha256(self.text.encode()).hexdigest()[:12]}"


def mutants(workflows: Iterable[Chart]) -> Iterator[Mutant]:
    """Apply every operator to the workflows of a file, wherever it can be; what two of them have in common is made once."""
    for chart in workflows:
        yield from _of(chart)


def _of(chart: Chart) -> Iterator[Mutant]:
    seen = {chart.text.text}
    for registered in OPERATORS.values():
        for path, edit in registered.seeds(chart):
            if path not in chart.text:
                continue  # it stands behind an alias, and is broken at the anchor
            text = chart.text.apply(edit)
            if text not in seen:
                seen.add(text)
                at = chart.text.place(path)
                yield Mutant(registered.name, registered.breaks, path, f"{chart.file}:{at.line}:{at.column}", told(chart, edit), text)


def told(chart: Chart, edit: Edit) -> str:
    """Say in a few words what was changed."""
    last = str(edit.path[-1])
    match edit:
        case Drop():
            return f"without {last}" if isinstance(edit.path[-1], str) else f"without {short(chart.text.written(edit.path))}"
        case Replace():
            return f"{last}: {short(chart.text.written(edit.path))} → {short(edit.text)}"
        case _:
            return f"{last} and {edit.other[-1]} swapped"


def short(text: str) -> str:
    """Bring a text onto one line that is not long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else flat[:99] + "…"
