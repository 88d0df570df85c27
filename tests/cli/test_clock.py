from __future__ import annotations

from tests.cli.conftest import OFFICE, Yishi


def test_the_manual_clock_moves_and_fires_what_is_due_on_the_way(trial: Yishi) -> None:
    trial.monkeypatch.setenv("YISHI_CLOCK", "manual")
    now = trial.json("clock", "show")
    assert now["manual"] is True
    case = trial.json("case", "open", "trial", "-f", "topic=路灯", *OFFICE)["id"]
    (deadline,) = trial.json("case", "show", case)["deadlines"]
    moved = trial.json("clock", "advance", deadline["due"])
    assert (moved["now"], moved["fired"], moved["failed"]) == (deadline["due"], 2, 0)
    rungs = [event for event in trial.json("audit", "show", "--case", case)["events"] if event["kind"] == "rung"]
    assert [event["notes"]["rung"] for event in rungs] == ["80 %", "due"]
    assert rungs[1]["occurred_at"] == deadline["due"]
    assert trial.json("clock", "advance", deadline["due"])["fired"] == 0, "each rung fires once"


def test_the_clock_is_not_moved_back(trial: Yishi) -> None:
    trial.monkeypatch.setenv("YISHI_CLOCK", "manual")
    assert trial.refused(3, "clock", "advance", "2001-01-01T00:00:00Z")["code"] == "clock_refused"


def test_the_clock_of_the_machine_is_not_moved_at_all(trial: Yishi) -> None:
    assert trial.json("clock", "show")["manual"] is False
    assert trial.refused(5, "clock", "advance", "2999-01-01T00:00:00Z")["code"] == "clock_is_not_manual"


def test_a_database_with_cases_of_one_clock_is_refused_to_the_other(trial: Yishi) -> None:
    trial("case", "open", "trial", "-f", "topic=路灯", *OFFICE)
    trial.monkeypatch.setenv("YISHI_CLOCK", "manual")
    assert trial.refused(3, "clock", "show")["code"] == "clock_refused"
