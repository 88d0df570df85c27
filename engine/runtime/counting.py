"""Counting cases for figures: the facts of each case, brought up to date from the log when somebody asks, or by the scheduler.

The facts are a projection: they can be thrown away and are made anew from the trail. A new version of a workflow, or a new calendar,
changes their stamp, and then every case is counted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from engine.clock import Instant
from engine.core.compiled import Process
from engine.core.figures import Fact, facts_of, holds_for
from engine.core.story import Story, tell
from engine.definition.indicators import Indicator
from engine.runtime.application import Application
from engine.runtime.rebuilding import whole_body
from engine.store import figures as store
from engine.store.derived import FigureCaseRecord, FigureRecord
from engine.store.reader import Source
from engine.store.records import ServiceStateRecord
from engine.store.writer import Batch

FORM = 1
"""Raised with every change of what a fact says, so that what was counted before is counted again."""
SLICE = 40
"""Cases whose facts are written in one transaction: few enough that a clerk who waits for the same lane does not notice."""
AT_ONCE = 200
"""Cases whose trails are read with one statement."""
ROUNDS = 5
FAR = 2_000
"""Places of the log that are looked through again rather than remembered as seen, so that asking for a figure mostly writes nothing."""


class Counted(NamedTuple):
    """How far the facts of a workflow go: under which stamp, and up to which place in the log."""

    stamp: str
    position: int

    @classmethod
    def read(cls, text: str) -> Counted:
        """Read what `str` wrote; of nothing, that nothing is counted."""
        stamp, _, position = text.rpartition(" ")
        return cls(stamp, int(position or 0))

    def __str__(self) -> str:
        return f"{self.stamp} {self.position}"


class Counting:
    """Keeps the facts of all workflows. Safe to share between threads; blocks."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._store, self._registry = application.store, application.registry

    def up_to_date(self, org: str, process: Process, now: Instant) -> int:
        """Count what has changed; give how many cases were counted. ``process``: the version in force, whose indicators they are."""
        done = 0
        for _ in range(ROUNDS):
            more, is_whole = self._round(org, process, now)
            done += more
            if is_whole:
                break
        return done

    def facts_then(self, org: str, process: Process, indicator: Indicator, ids: Sequence[str], at: Instant) -> Iterator[Fact]:
        """Give the facts of some cases as they were at an instant, from their trails."""
        for story in self._stories(org, ids, at):
            yield from facts_of(story, self._process_of(story), [indicator], process.calendar, at)[indicator.name]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _round(self, org: str, process: Process, now: Instant) -> tuple[int, bool]:
        workflow, stamp = process.definition.workflow, stamp_of(process)
        with self._store.read() as reader:
            known = self._known(reader, org, workflow)
            head = store.log_head(reader, org)
            ids = list(dict.fromkeys(self._due(reader, org, workflow, stamp, known, now)))
        for start in range(0, len(ids), AT_ONCE):
            if not self._count(org, process, stamp, known, ids[start : start + AT_ONCE], now):
                return start, False
        if known.stamp == stamp and head - known.position < FAR:
            return len(ids), True
        reached = Counted(stamp, head)
        finished = self._application.sweeping.write(partial(self._finish, org=org, workflow=workflow, known=known, reached=reached))
        return len(ids), finished

    def _known(self, source: Source, org: str, workflow: str) -> Counted:
        return Counted.read(store.state_of(source, org, key_of(workflow)))

    def _due(self, reader: Source, org: str, workflow: str, stamp: str, known: Counted, now: Instant) -> Iterator[str]:
        """Name the cases that are to be counted."""
        if known.stamp != stamp:
            yield from store.uncounted(reader, org, workflow, stamp)
        yield from store.changed(reader, org, workflow, known.position)
        yield from store.turned(reader, org, workflow, now)

    def _count(self, org: str, process: Process, stamp: str, known: Counted, ids: Sequence[str], now: Instant) -> bool:
        """Count some cases; say whether nobody else has finished meanwhile what is done here."""
        indicators = list(process.definition.indicators.values())
        counted = []
        # All there is, whatever its time: where several machines write, their clocks may be ahead of ours.
        for story in self._stories(org, ids, None):
            facts = facts_of(story, self._process_of(story), indicators, process.calendar, now)
            span = holds_for(story, indicators, process.calendar, now)
            case = story.case
            row = FigureCaseRecord(org, process.definition.workflow, case.id, stamp, case.seq, span.since, span.until)
            counted.append((row, list(records_of(row, facts))))
        for start in range(0, len(counted), SLICE):
            some = counted[start : start + SLICE]
            if not self._application.sweeping.write(partial(self._write, process=process, known=known, counted=some, org=org)):
                return False
        return True

    def _write(
        self,
        batch: Batch,
        _: Instant,
        *,
        org: str,
        process: Process,
        known: Counted,
        counted: Sequence[tuple[FigureCaseRecord, Sequence[FigureRecord]]],
    ) -> bool:
        workflow = process.definition.workflow
        if Counted.read(batch.hold_state(org, key_of(workflow), "")) != known:
            return False
        store.replace_facts(batch, org, workflow, list(process.definition.indicators), counted)
        return True

    def _finish(self, batch: Batch, _: Instant, *, org: str, workflow: str, known: Counted, reached: Counted) -> bool:
        key = key_of(workflow)
        if Counted.read(batch.hold_state(org, key, "")) != known:
            return False
        batch.put(ServiceStateRecord(org, key, str(reached)))
        return True

    def _stories(self, org: str, ids: Sequence[str], at: Instant | None) -> Iterator[Story]:
        for start in range(0, len(ids), AT_ONCE):
            with self._store.read() as reader:
                found = store.trails(reader, org, ids[start : start + AT_ONCE], at)
            for events in found.values():
                story = tell(map(whole_body, events))
                if story is not None:
                    yield story

    def _process_of(self, story: Story) -> Process:
        case = story.case
        return self._registry.process(case.org, case.workflow, case.definition_version, case.digest)


def key_of(workflow: str) -> str:
    """Give the key of the service's state under which it stands how far a workflow is counted."""
    return f"figures:{workflow}"


def stamp_of(process: Process) -> str:
    """Give what the facts of a workflow hang on beside the trail: the definition, the calendar, and the form of facts."""
    return f"{FORM}:{process.definition.digest}:{process.calendar.version}"


def records_of(row: FigureCaseRecord, facts: dict[str, list[Fact]]) -> Iterator[FigureRecord]:
    """Give the rows of a case's facts."""
    for indicator, found in facts.items():
        for n, fact in enumerate(found):
            yield FigureRecord(row.org, row.workflow, indicator, row.case_id, n, *fact)
