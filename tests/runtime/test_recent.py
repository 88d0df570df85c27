"""Cases that are kept with their row: the same as the row read again, and only while it stands."""

from __future__ import annotations

from hypothesis import given, settings

from engine.runtime.recent import MOST, RecentCases
from engine.runtime.recording import to_case, to_record
from tests.core.random_processes import Shape, examples, workflows
from tests.core.random_walks import WALKS, Walk
from tests.store.rows import case as row_of


@given(workflows(), WALKS)
@settings(max_examples=examples(20))
def test_a_case_as_it_was_decided_is_the_one_read_from_its_row(workflow: Shape, walk: list[int]) -> None:
    """Whatever is in a snapshot has the form that JSON gives back, or a case that is kept would differ from one that is read."""
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
        if played.case is not None:
            assert to_case(to_record(played.case)) == played.case


def test_a_case_is_kept_only_while_every_column_of_its_row_is_what_it_was() -> None:
    recent, row = RecentCases(), row_of()
    kept = to_case(row)
    recent.keep(row, kept)
    assert recent.case(row) is kept
    changed = row._replace(snapshot='{"data":{"topic":"changed by hand"}}')
    assert recent.case(changed) == to_case(changed)
    assert recent.case(row._replace(org="pudong")) is not kept


def test_the_oldest_are_forgotten() -> None:
    recent, first = RecentCases(), row_of(0)
    kept = to_case(first)
    recent.keep(first, kept)
    for n in range(1, MOST + 1):
        recent.keep(row_of(n), to_case(row_of(n)))
    assert recent.case(first) is not kept
    assert recent.case(first) == kept
