from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from api.logging import set_up_logging
from tests.cli.conftest import Yishi


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    written = capsys.readouterr()
    assert written.out == "", "what a command prints is not mixed with its log"
    return [json.loads(line) for line in written.err.splitlines()]


def test_outside_a_terminal_a_line_is_a_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info")
    structlog.get_logger("x").info("sweep", fired=2)
    (line,) = lines(capsys)
    assert (line["event"], line["fired"], line["level"]) == ("sweep", 2, "info")
    assert line["timestamp"].endswith("Z")


def test_nothing_of_a_person_is_logged_whoever_tries(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug")
    structlog.get_logger("x").info("act", actor="li", person="wang", reason="因病", data={"topic": "x"}, password="p", token="t", case="c1")
    (line,) = lines(capsys)
    assert line.keys() == {"event", "level", "timestamp", "case"}


def test_of_an_exception_the_type_and_the_place_are_logged_but_not_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The text may quote what somebody wrote, or a row of the database."""
    set_up_logging("info")
    try:
        raise ValueError("李秀英, 139")
    except ValueError as failure:
        structlog.get_logger("x").error("loop.failed", exc_info=failure)
        structlog.get_logger("x").exception("http.failed")
        logging.getLogger("library").exception("failed")
    found = lines(capsys)
    assert [line["error"] for line in found] == ["ValueError"] * 3
    assert all("test_logging.py" in line["at"][0] for line in found)
    assert not any("李秀英" in json.dumps(line, ensure_ascii=False) for line in found)


def test_at_the_level_debug_the_whole_traceback_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug")
    structlog.get_logger("x").error("failed", exc_info=ValueError("whole text"))
    (line,) = lines(capsys)
    assert "whole text" in line["traceback"]


def test_below_its_level_nothing_is_written_nor_by_talkative_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info")
    structlog.get_logger("x").debug("small")
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    logging.getLogger("uvicorn.access").warning("GET /v1/cases?person=li")
    assert lines(capsys) == []


def test_a_command_is_one_line_where_the_log_is_asked_for_and_none_else(yishi: Yishi) -> None:
    assert yishi.run("calendar", "explain", "2026-02-14").stderr == ""
    yishi.set(log="info")
    written = [yishi.run("calendar", "explain", day).stderr.splitlines()[-1] for day in ("2026-02-14", "tomorrow")]
    done, failed = map(json.loads, written)
    assert (done["event"], done["command"], done["exit_code"], failed["exit_code"]) == ("command", "calendar", 0, 2)
    assert done["ms"] > 0
