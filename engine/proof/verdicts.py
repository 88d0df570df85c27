"""How far the proof of a workflow goes: `proved`, `bounded` or `undecided`; `refused` where there are errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.definition.loader import LoadedDocument
from engine.errors import Problem


class Word(StrEnum):
    """The verdict in one word."""

    PROVED = "proved"  # every rule could tell, over all that a case can do
    BOUNDED = "bounded"  # so many things can happen that only some were looked at
    UNDECIDED = "undecided"  # some rule could not tell, or an error it found is waived
    REFUSED = "refused"  # there are errors


@dataclass(frozen=True, slots=True)
class Verdict:
    """What lint says of one workflow. ``reasons``: where and why it is not proved; waived errors are among them."""

    file: str
    workflow: str
    version: int
    word: Word
    reasons: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: {self.workflow} version {self.version}: {self.word}"


@dataclass(frozen=True, slots=True)
class Report:
    """What lint found: problems by place, and a verdict on each workflow, in the order of the files."""

    problems: tuple[Problem, ...]
    verdicts: tuple[Verdict, ...]


def verdict(loaded: LoadedDocument, findings: Iterable[Problem]) -> Verdict:
    """Give the verdict on a loaded workflow, from what the rules found."""
    assert loaded.workflow is not None
    found = list(findings)
    reasons = tuple(sorted(each for each in found if each.severity == "note" or (each.waived and each.severity == "error")))
    refused = any(each.severity == "error" and not each.waived for each in (*loaded.problems, *found))
    bounded = any(each.rule == BOUNDED for each in reasons)
    word = Word.REFUSED if refused else Word.BOUNDED if bounded else Word.UNDECIDED if reasons else Word.PROVED
    return Verdict(loaded.document.file, loaded.workflow.workflow, loaded.workflow.version, word, reasons)


BOUNDED = "space.bounded"
"""The rule whose note says that not all could be looked at."""
