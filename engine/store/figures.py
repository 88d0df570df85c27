"""The facts that figures are made of: which cases are to be counted again, their trails, and facts added up.

All of it is a projection of the log. A case is counted again when it has an event that was not looked at, or when the clock alone has
changed what it adds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_

from engine.clock import Instant
from engine.store.derived import FigureCaseRecord, FigureRecord
from engine.store.log import HEAD
from engine.store.reader import Source, scoped
from engine.store.records import EventRecord
from engine.store.tables import case_event, cases, event_payload, figure, figure_case, log_entry, notice, service_state, unsealed
from engine.store.trail import WIDTH, StoredEvent, same_event
from engine.store.writer import Batch

AT_ONCE = 500
"""Cases that one statement names."""

Totals = tuple[str, str, str, str | None, str, int]
"""Period, cell, marks, value, name, and how many facts say this."""


def log_head(source: Source, org: str) -> int:
    """Return the last place in the log."""
    return int(state_of(source, org, HEAD) or 0)


def state_of(source: Source, org: str, key: str) -> str:
    """Return what the service remembers under a key, nothing where it remembers nothing."""
    rows = source.execute(scoped(service_state, org).with_only_columns(service_state.c.value).where(service_state.c.key == key))
    return next((str(value) for (value,) in rows), "")


def uncounted(source: Source, org: str, workflow: str, stamp: str) -> list[str]:
    """Return the cases of a workflow that were never counted under a stamp, by their ids."""
    counted = and_(figure_case.c.org == org, figure_case.c.workflow == workflow, figure_case.c.case_id == cases.c.id)
    statement = scoped(cases, org).with_only_columns(cases.c.id).outerjoin(figure_case, counted).where(cases.c.workflow == workflow)
    statement = statement.where(or_(figure_case.c.stamp.is_(None), figure_case.c.stamp != stamp)).order_by(cases.c.id)
    return [case_id for (case_id,) in source.execute(statement)]


def changed(source: Source, org: str, workflow: str, position: int) -> list[str]:
    """Return the cases with an event after a place in the log, or one that has no place yet, of which nothing was counted."""
    e, f = log_entry.c, figure_case.c
    sealed = scoped(log_entry, org).with_only_columns(e.case_id, e.seq).where(e.log_index > position, e.workflow == workflow)
    newest: dict[str, int] = {}
    for case_id, seq in (*source.execute(sealed), *_unsealed(source, org, workflow)):
        newest[case_id] = max(seq, newest.get(case_id, 0))
    ids = sorted(newest)
    known = scoped(figure_case, org).with_only_columns(f.case_id, f.seq).where(f.workflow == workflow)
    for start in range(0, len(ids), AT_ONCE):
        for case_id, seq in source.execute(known.where(f.case_id.in_(ids[start : start + AT_ONCE]))):
            if seq >= newest[case_id]:
                del newest[case_id]
    return sorted(newest)


def _unsealed(source: Source, org: str, workflow: str) -> Iterator[tuple[str, int]]:
    """Give what has no place in the log yet, which while a sealer runs is little; whose it is, is asked by key and not by a join."""
    waiting: dict[str, int] = {}
    for case_id, seq in source.execute(scoped(unsealed, org).with_only_columns(unsealed.c.case_id, unsealed.c.seq)):
        waiting[case_id] = max(seq, waiting.get(case_id, 0))
    ids = sorted(waiting)
    mine = scoped(cases, org).with_only_columns(cases.c.id).where(cases.c.workflow == workflow)
    for start in range(0, len(ids), AT_ONCE):
        for (case_id,) in source.execute(mine.where(cases.c.id.in_(ids[start : start + AT_ONCE]))):
            yield case_id, waiting[case_id]


def turned(source: Source, org: str, workflow: str, now: Instant) -> list[str]:
    """Return the cases whose facts no longer hold because time has passed."""
    statement = scoped(figure_case, org).with_only_columns(figure_case.c.case_id)
    statement = statement.where(figure_case.c.workflow == workflow, figure_case.c.until <= now).order_by(figure_case.c.case_id)
    return [case_id for (case_id,) in source.execute(statement)]


def not_holding(source: Source, org: str, workflow: str, at: Instant) -> list[str]:
    """Return the counted cases whose facts do not hold at an instant: younger ones, older ones, and those opened later."""
    statement = scoped(figure_case, org).with_only_columns(figure_case.c.case_id).where(figure_case.c.workflow == workflow, ~_holds(at))
    return [case_id for (case_id,) in source.execute(statement.order_by(figure_case.c.case_id))]


def trails(source: Source, org: str, ids: Collection[str], until: Instant | None) -> dict[str, list[StoredEvent]]:
    """Return what happened to some cases, until an instant or until now, by their ids, each in order."""
    found: dict[str, list[StoredEvent]] = {}
    statement = (
        scoped(case_event, org, event_payload.c.payload)
        .outerjoin_from(case_event, event_payload, same_event(event_payload, case_event))
        .where(case_event.c.case_id.in_(sorted(ids)))
        .order_by(case_event.c.case_id, case_event.c.seq)
    )
    if until is not None:
        statement = statement.where(case_event.c.recorded_at <= until)
    for row in source.execute(statement):
        found.setdefault(row[1], []).append(StoredEvent(EventRecord._make(row[:WIDTH]), row[WIDTH]))
    return found


def replace_facts(
    batch: Batch, org: str, workflow: str, indicators: Sequence[str], counted: Sequence[tuple[FigureCaseRecord, Sequence[FigureRecord]]]
) -> None:
    """Put the facts of some cases in place of those they had, but for a case that somebody has counted further meanwhile."""
    ids = [case.case_id for case, _ in counted]
    known = scoped(figure_case, org).with_only_columns(figure_case.c.case_id, figure_case.c.stamp, figure_case.c.seq)
    statement = known.where(figure_case.c.workflow == workflow, figure_case.c.case_id.in_(ids))
    before = {case_id: (stamp, seq) for case_id, stamp, seq in batch.execute(statement)}
    due = [each for each in counted if not _is_further(before.get(each[0].case_id), each[0])]
    f = figure.c
    again = [case.case_id for case, _ in due if case.case_id in before]
    if again:
        gone = delete(figure).where(f.org == org, f.workflow == workflow, f.indicator.in_(list(indicators)), f.case_id.in_(again))
        batch.execute(gone)
    for case, facts in due:
        batch.put(case)
        for fact in facts:
            batch.add(fact)


def _is_further(known: tuple[str, int] | None, case: FigureCaseRecord) -> bool:
    return known is not None and known[0] == case.stamp and known[1] > case.seq


def totals(
    source: Source,
    org: str,
    workflow: str,
    indicator: str,
    *,
    since: Instant | None,
    until: Instant | None,
    holding: Instant | None = None,
) -> list[Totals]:
    """Count the facts of an indicator that say the same. ``since`` counts in, ``until`` does not.

    ``holding``: those alone that held at an instant.
    """
    f = figure.c
    said = (f.period, f.cell, f.marks, f.value, f.name)
    statement: Select[Totals] = scoped(figure, org).with_only_columns(*said, func.sum(f.times))
    statement = statement.where(f.workflow == workflow, f.indicator == indicator)
    if since is not None:
        statement = statement.where(f.at >= since)
    if until is not None:
        statement = statement.where(f.at < until)
    if holding is not None:
        c = figure_case.c
        statement = statement.join(figure_case, and_(c.org == f.org, c.workflow == f.workflow, c.case_id == f.case_id))
        statement = statement.where(_holds(holding))
    return [(*row[:5], int(row[5])) for row in source.execute(statement.group_by(*said))]


def _holds(at: Instant) -> ColumnElement[bool]:
    return and_(figure_case.c.since <= at, or_(figure_case.c.until.is_(None), figure_case.c.until > at))


def numbers_of(source: Source, org: str, workflow: str) -> dict[str, str]:
    """Return the numbers of the cases of a workflow that have one, by their ids."""
    statement = scoped(cases, org).with_only_columns(cases.c.id, cases.c.number).where(cases.c.workflow == workflow)
    return {str(case_id): str(number) for case_id, number in source.execute(statement.where(cases.c.number.is_not(None)))}


def quota_notices(source: Source, org: str, head: int) -> int:
    """Count the notices about quotas that were written while the log stood at a place. Their numbers go down from 0, an event's go up."""
    n = notice.c
    statement = scoped(notice, org).with_only_columns(func.count()).where(n.log_index == head, n.number < 0)
    return next(int(count) for (count,) in source.execute(statement))
