"""The one door: versions, keys, rights, numbers, batches; the same on both databases."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import CommandRefused, KeyReused, NotAllowed, NotFound, StaleVersion
from engine.runtime.answers import Answer, request_key
from engine.runtime.lane import Work
from engine.runtime.people import Principal
from tests.application import DAY, MEMBER, OFFICE, ORG, OTHER, START, Trial, trial


def test_version_that_was_not_seen_is_refused_and_nothing_is_recorded(office: Trial) -> None:
    case = office.open()
    office.act(case, "accept", data={"n": 1}, expected=1)
    with pytest.raises(StaleVersion):
        office.act(case, "call", expected=1)

    assert (2, 2) == (office.case(case.id).version, office.case(case.id).seq)


def test_comment_and_reminder_leave_the_version_as_it_was_seen(office: Trial) -> None:
    case = office.open()
    office.app.service.comment(OTHER, case.id, "请尽快").result()
    office.clock.instant += 6 * DAY
    assert 1 == office.app.service.fire_due(office.clock.now(), 10).result().fired

    assert 2 == office.act(case, "accept", data={"n": 1}, expected=1).case.version


def test_same_key_and_request_get_the_same_bytes_and_are_done_once(office: Trial) -> None:
    case = office.open()
    key = request_key(ORG, "li", "POST", "/x", "k1", b"{}")
    first = office.act(case, "accept", data={"n": 1}, key=key)
    again = office.act(case, "accept", data={"n": 1}, key=key)

    assert (first.status, first.body) == (again.status, again.body)
    assert ("true", 2) == (again.headers["Idempotency-Replayed"], office.case(case.id).seq)


def test_key_of_another_request_is_refused(office: Trial) -> None:
    case = office.open()
    office.act(case, "accept", data={"n": 1}, key=request_key(ORG, "li", "POST", "/x", "k1", b"a"))
    with pytest.raises(KeyReused):
        office.act(case, "call", key=request_key(ORG, "li", "POST", "/x", "k1", b"b"))


def test_refusal_is_decided_afresh_and_its_key_is_not_used_up(office: Trial) -> None:
    case = office.open()
    key = request_key(ORG, "li", "POST", "/x", "k1", b"{}")
    with pytest.raises(CommandRefused):
        office.act(case, "call", key=key)
    office.act(case, "accept", data={"n": 1})

    assert office.act(case, "call", key=key).case.data["calls"] == 1


def test_numbers_of_a_series_follow_each_other_within_a_year(office: Trial) -> None:
    numbers = [office.act(office.open(), "accept", data={"n": 1}).case.number for _ in range(3)]
    office.clock.instant += 366 * DAY

    assert ["2026议001", "2026议002", "2026议003"] == numbers
    assert "2027议001" == office.act(office.open(), "accept", data={"n": 1}).case.number


def test_case_of_another_organisation_is_not_there(office: Trial) -> None:
    case = office.open()
    stranger = Principal("li", "elsewhere", frozenset({"office", "admin"}))
    with pytest.raises(NotFound):
        office.act(case, "accept", stranger, data={"n": 1})


def test_case_of_a_process_one_has_no_part_in_is_not_there(office: Trial) -> None:
    case = office.open()
    with pytest.raises(NotFound):
        office.act(case, "accept", Principal("x", ORG, frozenset({"resident"})), data={"n": 1})


def test_earlier_occurrence_needs_its_right_a_reason_and_counts_for_deadlines(office: Trial) -> None:
    case = office.open()
    office.clock.instant += 10 * DAY
    signed = START + 2 * DAY
    with pytest.raises(NotAllowed):
        office.act(case, "accept", data={"n": 1}, reason="补录", occurred_at=signed)
    recorder = Principal("qian", ORG, frozenset({"office", "recorder"}))
    with pytest.raises(CommandRefused):
        office.act(case, "accept", recorder, data={"n": 1}, occurred_at=signed)
    with pytest.raises(CommandRefused):
        office.act(case, "accept", recorder, data={"n": 1}, reason="补录", occurred_at=START - DAY)
    answer = office.act(case, "accept", recorder, data={"n": 1}, reason="补录", occurred_at=signed)

    assert "met" == office.case(case.id).snapshot["ended"]["received.accept"][0]
    assert signed == answer.case.snapshot["entered"]["work"][0]


def test_who_accepted_cannot_close(office: Trial) -> None:
    case = office.open()
    office.act(case, "accept", data={"n": 1})
    with pytest.raises(CommandRefused) as refused:
        office.act(case, "close", reason="完成")

    assert ["duty_conflict", "missing_document"] == [one.code for one in refused.value.refusals]


def test_commands_that_wait_together_are_committed_together_each_with_its_own_answer(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        cases = [office.open() for _ in range(3)]
        gate = threading.Event()
        blocker = office.app.lane.submit(Work(lambda *_: gate.wait(10)))
        waiting = [office.app.service.act(OFFICE, case.id, "accept", data={"n": 1}) for case in cases]
        waiting += [office.app.service.act(OFFICE, cases[0].id, "call"), office.app.service.act(OFFICE, cases[0].id, "lapse")]
        gate.set()
        blocker.result()
        answers = [pending.result() for pending in waiting[:4]]
        with pytest.raises(CommandRefused):
            waiting[4].result()

    assert all(isinstance(answer, Answer) for answer in answers)
    assert [2, 2, 2, 3] == [answer.case.version for answer in answers]


def test_requests_sent_again_beside_others_are_done_once_though_nothing_would_refuse_them(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case, other = office.open(), office.open()
        key = request_key(ORG, "li", "POST", "/x", "k1", b"{}")
        first = office.app.service.comment(OTHER, case.id, "请尽快", key=key).result()
        gate = threading.Event()
        blocker = office.app.lane.submit(Work(lambda *_: gate.wait(10)))
        beside = office.app.service.act(OFFICE, other.id, "accept", data={"n": 1})
        again = [office.app.service.comment(OTHER, case.id, "请尽快", key=key) for _ in range(2)]
        changed = office.app.service.comment(OTHER, case.id, "另一句", key=key._replace(request_hash="0"))
        gate.set()
        blocker.result()

        assert [first.body] * 2 == [pending.result().body for pending in again]
        with pytest.raises(KeyReused):
            changed.result()
        assert (2, 2) == (beside.result().case.version, office.case(case.id).seq)


def test_work_that_fails_takes_nobody_with_it(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case = office.open()
        gate = threading.Event()
        blocker = office.app.lane.submit(Work(lambda *_: gate.wait(10)))
        good = office.app.service.act(OFFICE, case.id, "accept", data={"n": 1})
        bad = office.app.lane.submit(Work(lambda *_: 1 / 0))
        gate.set()
        blocker.result()

        assert 2 == good.result().case.version
        with pytest.raises(ZeroDivisionError):
            bad.result()


def test_two_who_act_on_one_version_one_wins(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        case = office.open()
        office.act(case, "accept", data={"n": 1})
        for n in range(2, 12):
            both = [
                office.app.service.act(who, case.id, "note", data={"n": n * 10 + place}, expected=n)
                for place, who in enumerate((OFFICE, OTHER))
            ]
            outcomes = []
            for pending in both:
                try:
                    outcomes.append(pending.result().case.version)
                except StaleVersion as stale:
                    outcomes.append(-stale.actual)
            assert sorted([n + 1, -(n + 1)]) == sorted(outcomes)


def test_long_case_runs_the_same_statements_as_a_short_one(office: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case row stays small: what a step reads and writes does not grow with the events behind it."""
    short, long = office.open(), office.open()
    for case in (short, long):
        office.act(case, "accept", data={"n": 1})
    for n in range(120):
        office.act(long, "note", data={"n": n})
    seen: dict[str, list[tuple[str, int]]] = {}
    for name, case in (("short", short), ("long", long)):
        log: list[tuple[str, int]] = []
        session: Any = type(office.app.lane._writer._session)
        original = session.commit

        def spy(self: object, writes: object, _log: list[tuple[str, int]] = log, _original: object = original) -> None:
            kept = list(writes)  # type: ignore[call-overload]
            _log.extend((f"{write[0]} {write[1].__name__}", len(write[2])) for write in kept)
            _original(self, iter(kept))  # type: ignore[operator]

        monkeypatch.setattr(session, "commit", spy)
        office.act(case, "note", data={"n": 999})
        monkeypatch.setattr(session, "commit", original)
        seen[name] = log

    assert seen["short"] == seen["long"] != []
    assert abs(len(str(office.case(long.id).snapshot)) - len(str(office.case(short.id).snapshot))) < 40


def test_role_only_reader_opens_what_it_may(office: Trial) -> None:
    case = office.open(MEMBER)

    assert "zhao" == case.opened_by
