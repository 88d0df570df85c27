"""Cases as they were recorded last, so that whoever acts on one again need not read its JSON again.

What counts is the row: a case is only taken from here while its row is, in every column, the one it was kept with. So it does not
matter who else writes, on this node or another, nor that a commit failed.
"""

from __future__ import annotations

from engine.core.case import Case
from engine.runtime.recording import to_case
from engine.store.records import CaseRecord

MOST = 1_000


class RecentCases:
    """The cases that were recorded last, by organisation and id."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[CaseRecord, Case]] = {}

    def case(self, row: CaseRecord) -> Case:
        """Give the case of a row."""
        kept = self._kept.get((row.org, row.id))
        return kept[1] if kept is not None and kept[0] == row else to_case(row)

    def keep(self, row: CaseRecord, case: Case) -> None:
        """Keep a case with the row it was recorded as."""
        key = (row.org, row.id)
        if self._kept.pop(key, None) is None and len(self._kept) >= MOST:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = (row, case)
