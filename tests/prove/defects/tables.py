"""What was found of the seeded defects: tables by file and by operator, every survivor with its place, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as FilePath
from typing import NamedTuple

from rich.table import Table

from tests.prove.defects.judging import Judged, Verdict
from tests.prove.defects.operators import OPERATORS, STRUCTURE, VALUE, Mutant

VALUE_GOAL = 0.9


class Outcome(NamedTuple):
    """A mutant and what became of it."""

    mutant: Mutant
    judged: Judged


class Counts(NamedTuple):
    """How many defects were seeded that make a difference, and what found them."""

    seeded: int
    rules: int
    scenario: int
    survived: int
    equivalent: int

    @property
    def found(self) -> float:
        """The part that lint found, by a rule or by a scenario."""
        return (self.rules + self.scenario) / self.seeded if self.seeded else 1.0


def count(outcomes: Iterable[Outcome]) -> Counts:
    """Count; what behaves as the unbroken file is no defect."""
    verdicts = [each.judged.verdict for each in outcomes]
    rules, scenario, survived, equivalent = (
        verdicts.count(each) for each in (Verdict.RULE, Verdict.SCENARIO, Verdict.SURVIVED, Verdict.EQUIVALENT)
    )
    return Counts(rules + scenario + survived, rules, scenario, survived, equivalent)


HEADINGS = ("defects", "by rules", "by scenarios", "survived", "found", "(no difference)")


def by_workflow(outcomes: Sequence[Outcome]) -> Table:
    """Make the table of the files, with structure and value apart, and with the sums of all."""
    table = Table("workflow", "breaks", *HEADINGS)
    files = dict.fromkeys(file_of(each) for each in outcomes)
    for file in files:
        mine = [each for each in outcomes if file_of(each) == file]
        for breaks in (STRUCTURE, VALUE):
            _row(table, (file, breaks), [each for each in mine if each.mutant.breaks == breaks], end=breaks == VALUE)
    for breaks in (STRUCTURE, VALUE):
        _row(table, ("all", breaks), [each for each in outcomes if each.mutant.breaks == breaks])
    return table


def file_of(outcome: Outcome) -> str:
    """Name the file of a mutant."""
    return FilePath(outcome.mutant.place.split(":")[0]).stem


def by_operator(outcomes: Sequence[Outcome]) -> Table:
    """Make the table of the operators in the order of their modules, with the sums of structure and value."""
    table = Table("breaks", "operator", *HEADINGS)
    for breaks in (STRUCTURE, VALUE):
        mine = [each for each in outcomes if each.mutant.breaks == breaks]
        for name in [name for name, registered in OPERATORS.items() if registered.breaks == breaks]:
            _row(table, (breaks, name), [each for each in mine if each.mutant.operator == name])
        _row(table, (breaks, "all"), mine, end=True)
    return table


def _row(table: Table, of: tuple[str, str], outcomes: Sequence[Outcome], *, end: bool = False) -> None:
    if outcomes:
        all_of = count(outcomes)
        figures = map(str, (all_of.seeded, all_of.rules, all_of.scenario, all_of.survived))
        table.add_row(*of, *figures, _share(all_of.found), str(all_of.equivalent), end_section=end)


def _share(part: float) -> str:
    return f"{int(part * 1000) / 10}%"  # never rounded up: 100% means all


def survivors(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Give what nothing found, a line for each place and operator."""
    lines: dict[str, list[str]] = {}
    for mutant, judged in outcomes:
        if judged.verdict is Verdict.SURVIVED:
            lines.setdefault(f"{mutant.place}: survived: {mutant.operator}: ", []).append(mutant.what)
    for begin, all_of in lines.items():
        same, arrow, _ = all_of[0].rpartition(" → ")
        others = [what.removeprefix(same + arrow) for what in all_of]
        yield begin + (f"{same}{arrow}{', '.join(others)}" if arrow and len(others) > 1 else "; ".join(all_of))


def summary(outcomes: Sequence[Outcome]) -> str:
    """Say in a line what was found."""
    said = []
    for breaks in (STRUCTURE, VALUE):
        found = count(each for each in outcomes if each.mutant.breaks == breaks)
        said.append(f"{breaks}: {found.seeded} defects, lint finds {_share(found.found)}, {found.survived} survived")
    return "; ".join(said)


def goals(outcomes: Sequence[Outcome]) -> bool:
    """Say whether the goals are met: every broken structure is found, and at least nine in ten broken values."""
    structure, value = (count(each for each in outcomes if each.mutant.breaks == breaks) for breaks in (STRUCTURE, VALUE))
    return structure.survived == 0 and value.found >= VALUE_GOAL
