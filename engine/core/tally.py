"""What a ballot comes to, counted from its papers alone.

Papers that say the same lie in one cell for each mode and item: how many of each grade, or the sums of their points. A cell says
nothing about who handed in what, nor in which order; that is what makes a ballot secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.definition.ballots import ITEM, MODE, Ballot, Quorum
from engine.definition.canonical import rounded

Json = dict[str, Any]


@dataclass(slots=True)
class Cell:
    """Papers of one mode and item. ``sums``: of the points of all valid papers, by aspect."""

    valid: int = 0
    blank: int = 0
    invalid: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=dict)

    @property
    def cast(self) -> int:
        """All papers that came in, whatever is on them."""
        return self.valid + self.blank + self.invalid

    def add_paper(self, says: Any) -> None:
        """Add one paper: a grade, points by aspect, or None for a blank one."""
        if says is None:
            self.blank += 1
            return
        self.valid += 1
        if isinstance(says, str):
            self.grades[says] = self.grades.get(says, 0) + 1
        else:
            for aspect, points in says.items():
                self.sums[aspect] = self.sums.get(aspect, Decimal(0)) + Decimal(str(points))

    def add(self, other: Cell) -> None:
        """Add all papers of another cell."""
        self.valid, self.blank, self.invalid = self.valid + other.valid, self.blank + other.blank, self.invalid + other.invalid
        for grade, count in other.grades.items():
            self.grades[grade] = self.grades.get(grade, 0) + count
        for aspect, total in other.sums.items():
            self.sums[aspect] = self.sums.get(aspect, Decimal(0)) + total

    def to_json(self) -> Json:
        """Give the cell as JSON values; `from_json` reads them back. Keys are sorted, so that nothing tells of an order."""
        data: Json = {"valid": self.valid, "blank": self.blank, "invalid": self.invalid}
        if self.grades:
            data["grades"] = dict(sorted(self.grades.items()))
        if self.sums:
            data["sums"] = {aspect: str(total) for aspect, total in sorted(self.sums.items())}
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Cell:
        """Read a cell that `to_json` wrote."""
        sums = {aspect: Decimal(total) for aspect, total in data.get("sums", {}).items()}
        return Cell(data["valid"], data["blank"], data["invalid"], dict(data.get("grades", {})), sums)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Papers of others as they were counted, for one mode and item."""

    issued: int
    returned: int
    cell: Cell

    @property
    def is_sound(self) -> bool:
        """Whether no more came back than went out."""
        return self.returned <= self.issued


Cells = Mapping[tuple[str, int], Cell]
Masks = Mapping[str, int]
"""Mode -> the items that somebody may rate in it, or has rated, one bit each."""


def papers_due(ballot: Ballot, may: Masks, modes: Iterable[str], items: int) -> int:
    """Say how many papers somebody may hand in, in some modes and of some items: one for each of `per`."""
    masks = [may[mode] & items for mode in modes if mode in may]
    if MODE not in ballot.per:
        union = 0
        for mask in masks:
            union |= mask
        masks = [union]
    return sum(mask.bit_count() if ITEM in ballot.per else bool(mask) for mask in masks)


def tally(ballot: Ballot, items: int, roll: Sequence[Masks], cells: Cells, sheets: Mapping[tuple[str, int], Sheet]) -> Json:
    """Count a ballot of so many items. ``roll``: what each voter may rate; ``cells``: papers handed in; ``sheets``: those counted."""
    counted = {key: sheet.cell for key, sheet in sheets.items()}
    every, modes = (1 << items) - 1, tuple(ballot.modes)

    def part(which: Iterable[str], mask: int) -> Json:
        chosen = tuple(which)
        total = Cell()
        for heap in (cells, counted):
            for (mode, item), cell in heap.items():
                if mode in chosen and mask >> item & 1:
                    total.add(cell)
        return result(ballot, total, sum(papers_due(ballot, may, chosen, mask) for may in roll))

    whole = part(modes, every)
    handed_in = whole["cast"] - sum(sheet.returned for sheet in sheets.values())
    whole["issued"] = sum(sheet.issued for sheet in sheets.values()) + handed_in if sheets else whole["roll"]
    whole["returned"] = whole["cast"]
    sound = all(sheet.is_sound for sheet in sheets.values())
    by_mode = {mode: part((mode,), every) for mode in modes}
    whole["covered"] = sound and all(each["valid"] > 0 for each in by_mode.values())
    whole["quorate"] = sound and is_quorate(ballot.quorum, whole)
    if not sound:
        annul(whole)
    if ballot.has_modes:
        whole["modes"] = by_mode
    if ballot.items is not None:
        whole["items"] = ranked([{"n": number, **part(modes, 1 << number)} for number in range(items)])
    if not sound:
        for each in (*whole.get("modes", {}).values(), *whole.get("items", ())):
            annul(each)
    return whole


def result(ballot: Ballot, cell: Cell, roll: int) -> Json:
    """Say what some papers come to."""
    blank, invalid = (cell.blank, cell.invalid) if ballot.blanks == "abstain" else (0, cell.invalid + cell.blank)
    found: Json = {"roll": roll, "cast": cell.cast, "valid": cell.valid, "blank": blank, "invalid": invalid}
    if ballot.grades:
        found["counts"] = {grade: cell.grades.get(grade, 0) for grade in ballot.grades}
        found["share"] = {grade: decimal(Fraction(count, cell.valid or 1)) for grade, count in found["counts"].items()}
    if (mean := mean_of(ballot, cell)) is not None:
        found["mean"] = decimal(mean)
    if ballot.points and cell.valid:
        found["aspects"] = {aspect: decimal(Fraction(cell.sums.get(aspect, Decimal(0))) / cell.valid) for aspect in ballot.points}
    return found


def mean_of(ballot: Ballot, cell: Cell) -> Fraction | None:
    """Give what a valid paper counts on average; None where there is none, or grades have no values."""
    if not cell.valid:
        return None
    if ballot.points:
        return sum((Fraction(total) for total in cell.sums.values()), Fraction(0)) / cell.valid
    if not ballot.values:
        return None
    return sum((Fraction(ballot.values[grade]) * count for grade, count in cell.grades.items()), Fraction(0)) / cell.valid


def is_quorate(quorum: Quorum | None, whole: Json) -> bool:
    """Say whether enough papers came in. Of the roll and of those issued all papers count, of those returned the valid ones."""
    if quorum is None:
        return True
    if quorum.at_least is not None:
        return bool(whole["cast"] >= quorum.at_least)
    assert quorum.more_than is not None
    papers = whole["valid"] if quorum.of == "returned" else whole["cast"]
    return bool(papers > quorum.more_than * whole[quorum.of])


def ranked(rows: list[Json]) -> list[Json]:
    """Put items in order, the best mean first; equal means share a place, and what has no mean comes last without one."""
    order = sorted(rows, key=lambda row: -Fraction(row["mean"]) if "mean" in row else Fraction(10**18))
    for place, row in enumerate(order, 1):
        if "mean" in row:
            before = order[place - 2] if place > 1 else None
            row["rank"] = before["rank"] if before is not None and before["mean"] == row["mean"] else place
    return order


def annul(found: Json) -> None:
    """Make all papers invalid: more came back than went out, so nobody knows which of them count."""
    found |= {"valid": 0, "blank": 0, "invalid": found["cast"]}
    for word in ("mean", "aspects", "rank"):
        found.pop(word, None)
    for word, zero in (("counts", 0), ("share", "0")):
        if word in found:
            found[word] = dict.fromkeys(found[word], zero)


def decimal(number: Fraction) -> str:
    """Write a fraction as a decimal, rounded half up to nine places."""
    return rounded(Decimal(number.numerator) / Decimal(number.denominator), None)
