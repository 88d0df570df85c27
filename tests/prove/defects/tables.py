"""What was found of the seeded defects: a table by operator, every survivor with its place, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    lint: int
    scenario: int
    survived: int
    equivalent: int

    @property
    def by_lint(self) -> float:
        """The part that lint found."""
        return self.lint / self.seeded if self.seeded else 1.0

    @property
    def found(self) -> float:
        """The part that lint or else a scenario found."""
        return (self.lint + self.scenario) / self.seeded if self.seeded else 1.0


def count(outcomes: Iterable[Outcome]) -> Counts:
    """Count; what behaves as the unbroken file is no defect."""
    verdicts = [each.judged.verdict for each in outcomes]
    lint, scenario, survived, equivalent = (
        verdicts.count(each) for each in (Verdict.LINT, Verdict.SCENARIO, Verdict.SURVIVED, Verdict.EQUIVALENT)
    )
    return Counts(lint + scenario + survived, lint, scenario, survived, equivalent)


def by_operator(outcomes: Sequence[Outcome]) -> Table:
    """Make the table, operators in the order of the modules, with the sums of structure and value."""
    table = Table("breaks", "operator", "defects", "lint", "scenario", "survived", "by lint", "found", "(equivalent)")
    for breaks in (STRUCTURE, VALUE):
        mine = [each for each in outcomes if each.mutant.breaks == breaks]
        for name in [name for name, registered in OPERATORS.items() if registered.breaks == breaks]:
            _row(table, breaks, name, [each for each in mine if each.mutant.operator == name])
        _row(table, breaks, "all", mine, end=True)
    return table


def _row(table: Table, breaks: str, name: str, outcomes: Sequence[Outcome], *, end: bool = False) -> None:
    if outcomes:
        all_of = count(outcomes)
        figures = map(str, (all_of.seeded, all_of.lint, all_of.scenario, all_of.survived))
        table.add_row(breaks, name, *figures, _share(all_of.by_lint), _share(all_of.found), str(all_of.equivalent), end_section=end)


def _share(part: float) -> str:
    return f"{part:.1%}"


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
        said.append(f"{breaks}: {found.seeded} defects, lint finds {_share(found.by_lint)}, with scenarios {_share(found.found)}")
    return "; ".join(said)


def goals(outcomes: Sequence[Outcome]) -> bool:
    """Say whether the goals are met: at least nine in ten broken values are found."""
    return count(each for each in outcomes if each.mutant.breaks == VALUE).found >= VALUE_GOAL
