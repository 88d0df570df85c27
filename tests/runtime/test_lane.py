"""The lane while it commits behind: what was decided meanwhile rests on what is being committed, and holds only if that does."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.core.case import Case
from engine.errors import CommandRefused, OutcomeUnknown, StaleVersion
from engine.runtime.lane import Pending, Work
from engine.runtime.recording import to_case
from engine.store.cases import get_case
from tests.application import ADMIN, DAY, OFFICE, OTHER, START, Trial, trial
from tests.proof.test_scenario_endless import TO_AND_FRO


def together(office: Trial, *commands: Any) -> list[Pending]:
    """Hand in commands while the lane is held up, so that they wait together; then let it go on."""
    gate = threading.Event()
    blocker = office.app.lane.submit(Work(lambda *_: gate.wait(10)))
    waiting = [command() for command in commands]
    gate.set()
    with suppress(OutcomeUnknown):
        blocker.result()
    return waiting


def noted(office: Trial, case: Case, n: int) -> Any:
    return lambda: office.app.service.act(OFFICE, case.id, "note", data={"n": n})


def accepted(office: Trial) -> Case:
    case = office.open()
    office.act(case, "accept", data={"n": 0})
    return case


def test_acts_on_one_case_that_wait_together_follow_each_other_over_many_commits(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case = accepted(office)
        before = office.case(case.id)
        answers = [pending.result() for pending in together(office, *(noted(office, case, n) for n in range(1, 41)))]

        assert list(range(before.seq + 1, before.seq + 41)) == [answer.case.seq for answer in answers]
        assert (before.seq + 40, 40) == (office.case(case.id).seq, office.case(case.id).data["n"])


def test_nobody_is_answered_before_the_disk(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case = accepted(office)
        for pending in together(office, *(noted(office, case, n) for n in range(1, 41))):
            answer = pending.result()
            with office.app.store.read() as connection:
                row = get_case(connection, case.org, case.id)
            assert row is not None
            assert row.seq >= answer.case.seq


def test_what_another_process_did_meanwhile_is_built_upon(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case = accepted(office)
        with trial(database_url, tmp_path) as elsewhere:
            elsewhere.act(case, "note", OTHER, data={"n": 7})
        answer = office.act(case, "call")

        assert (4, 7, 1) == (answer.case.seq, answer.case.data["n"], answer.case.data["calls"])


def test_a_refusal_rests_on_what_another_process_did_meanwhile(database_url: str, tmp_path: Path) -> None:
    """As this one remembers the case the act would be refused, or be stale; as it stands it is not, and the other way round."""
    with trial(database_url, tmp_path, threads=True) as office:
        first, second = office.open(), office.open()
        with trial(database_url, tmp_path) as elsewhere:
            elsewhere.act(first, "accept", OTHER, data={"n": 1})
            elsewhere.act(second, "accept", OTHER, data={"n": 1})

        assert 3 == office.act(first, "call", expected=2).case.version
        with pytest.raises(StaleVersion) as stale:
            office.act(second, "accept", data={"n": 2}, expected=1)
        assert 2 == stale.value.actual
        with pytest.raises(CommandRefused):
            office.act(second, "accept", data={"n": 2})


def test_a_commit_that_fails_behind_leaves_its_own_works_unknown_and_the_next_are_decided_anew(tmp_path: Path) -> None:
    with trial(f"sqlite:///{tmp_path / 'yishi.db'}", tmp_path, threads=True) as office:
        case = accepted(office)
        session: Any = office.app.lane._writer._session
        cursor = session._cursor

        class Failing:
            """A cursor whose disk fails at the next commit."""

            def execute(self, text: str, *values: Any) -> Any:
                if text == "COMMIT":
                    raise session._driver.OperationalError("disk I/O error")
                return cursor.execute(text, *values)

            def __getattr__(self, name: str) -> Any:
                return getattr(cursor, name)

        session._cursor = Failing()
        outcomes: list[Any] = []
        for pending in together(office, *(noted(office, case, n) for n in range(1, 9))):
            try:
                outcomes.append(pending.result().case.seq)
            except OutcomeUnknown as unknown:
                outcomes.append(unknown.code)
        lost = outcomes.count("outcome_unknown")
        with office.app.store.read() as connection:
            row = get_case(connection, case.org, case.id)

        assert 1 <= lost < 8
        assert ["outcome_unknown"] * lost + list(range(3, 11 - lost)) == outcomes
        assert row is not None
        assert to_case(row).seq == 10 - lost


def test_cases_that_answer_each_other_for_ever_keep_neither_the_sweep_nor_a_stop_waiting(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        office.app.registry.publish_all(ADMIN, [(TO_AND_FRO, "pair.yaml")], START)
        office.open()
        asker = office.app.service.open(OFFICE, "asker", data={"units": ["housing"]}).result().case
        office.act(asker, "ask")
        office.clock.instant += 30 * DAY
        stopping = threading.Thread(target=office.app.lane.stop, daemon=True)
        try:
            assert office.app.service.fire_due(office.clock.now(), 100).result(20).fired
            stopping.start()
            stopping.join(20)
            assert not stopping.is_alive()
        finally:
            for lane in (office.app.lane, office.app.sweeping):
                lane.follow_up = None  # so that a failure is told, where the block would never be left
