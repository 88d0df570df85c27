"""Errors: one form, stable codes, texts in the reader's language."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest
import structlog
from sqlalchemy.exc import OperationalError

import engine
from api.problems import KINDS, language_of, problem_of
from engine.errors import (
    ClockRefused,
    CommandRefused,
    ConfigurationError,
    DefinitionRefused,
    InvalidInput,
    Overloaded,
    Problem,
    Refusal,
    StaleVersion,
    YishiError,
)
from tests.api.conftest import Site

NEVER_OVER_HTTP = {
    *("error", "configuration"),
    *("expression", "missing_data", "evaluation_failed"),
    *("demonstration_failed", "drawing_unavailable", "layout_failed"),
}
"""The base and what stops the start; what the engine catches itself; what only commands do."""


def all_errors() -> list[type[YishiError]]:
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    found, waiting = [], [YishiError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


def test_every_error_of_the_engine_has_a_status_and_a_title() -> None:
    unknown = {kind.code for kind in all_errors() if kind.__module__.startswith("engine.")} - KINDS.keys() - NEVER_OVER_HTTP
    assert unknown == set()


def test_a_problem_has_the_members_of_the_standard() -> None:
    found = problem_of(Overloaded(7), "en")
    assert found.headers["Retry-After"] == "7"
    assert dict(found.document) == {
        "type": "urn:yishi:problem:overloaded",
        "title": "Overloaded",
        "status": 503,
        "detail": "Too many requests are waiting; come back after the time given.",
        "code": "overloaded",
    }


@pytest.mark.parametrize(
    "error",
    [
        StaleVersion(1, 2),
        InvalidInput([]),
        CommandRefused([Refusal("x", {"zh-CN": "不行", "en": "No"})]),
        DefinitionRefused([Problem("f", 1, 1, "r", "m")]),
        ClockRefused("x"),
    ],
)
def test_codes_never_follow_the_language(error: YishiError) -> None:
    zh, en = problem_of(error, "zh-CN"), problem_of(error, "en")
    assert zh.status == en.status
    assert {key: zh.document[key] for key in ("type", "status", "code")} == {key: en.document[key] for key in ("type", "status", "code")}
    assert zh.document["title"] != en.document["title"]


def test_what_the_engine_does_not_expect_tells_nothing_to_the_outside() -> None:
    found = problem_of(ConfigurationError("the password is x"), "en")
    assert found.status == 500
    assert "password" not in str(found.document)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        (["wrong_role"], 403),
        (["not_bound", "duty_conflict"], 403),
        (["wrong_role", "guard_failed"], 409),
        (["missing_field", "reason_required", "invalid_field"], 422),
        (["missing_field", "missing_document"], 409),
        (["unknown_action"], 404),
        (["ended"], 409),
        ([], 409),
    ],
)
def test_the_status_of_a_refusal_says_what_to_do_about_it(codes: list[str], status: int) -> None:
    """Another person, another form, another address; or the case itself has to change."""
    refused = CommandRefused([Refusal(code, {"zh-CN": "不行", "en": "No"}) for code in codes])
    assert problem_of(refused, "en").status == status


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        (b"", "zh-CN"),
        (b"en", "en"),
        (b"en-GB,en;q=0.9", "en"),
        (b"zh-TW", "zh-CN"),
        (b"de, en;q=0.5, zh;q=0.4", "en"),
        (b"en;q=0.4, zh;q=0.5", "zh-CN"),
        (b"de, *", "zh-CN"),
        (b"en;q=0", "zh-CN"),
        (b"en;q=x, \xff;;", "zh-CN"),
    ],
)
def test_texts_follow_accept_language(header: bytes | None, language: str) -> None:
    assert language_of(header) == language


def test_an_address_that_is_none_is_told_as_a_problem(site: Site) -> None:
    for method, path, status, code in (("GET", "/v1/nothing", 404, "no_such_route"), ("PUT", "/v1/cases", 405, "method_not_allowed")):
        answer = site.send(method, path, "li")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert "POST" in site.send("PUT", "/v1/cases", "li").headers["Allow"]


def test_a_fault_of_ours_is_a_problem_too_and_stands_in_the_log(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is x")

    monkeypatch.setattr(site.desk.reading, "case", broken)
    with structlog.testing.capture_logs() as lines:
        answer = site.get("/v1/cases/1", "li")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "password" not in answer.text
    failed, request = lines
    assert (failed["event"], failed["error"]) == ("http.failed", "RuntimeError")
    assert (request["event"], request["status"]) == ("request", 500)


def test_a_database_that_does_not_answer_is_no_fault_of_the_request(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(site.desk.application.store, "read", gone)
    answer = site.get("/v1/cases/1", "li")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "database_unavailable", "1")
    assert "SELECT" not in answer.text
    assert (site.get("/readyz").status_code, site.get("/livez").status_code) == (503, 200)


def test_a_full_queue_says_when_to_come_back(start: Callable[..., Site], monkeypatch: pytest.MonkeyPatch) -> None:
    site = start()
    case = site.opened()
    monkeypatch.setattr(site.desk.application.lane, "_most_waiting", 0)
    answer = site.act(case, "accept")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "overloaded", "1")


def test_the_line_of_a_request_names_nobody(site: Site) -> None:
    case = site.opened()
    with structlog.testing.capture_logs() as lines:
        site.act(case, "accept", "li")
    (line,) = lines
    assert line["route"] == "/v1/cases/{case_id}/actions/{action}"
    assert (line["method"], line["status"]) == ("POST", 200)
    assert line["ms"] >= 0
    assert "li" not in line.values()
    assert case["id"] not in str(line)


def test_every_error_has_words_in_both_languages() -> None:
    assert all(inspect.isfunction(kind.detail_zh) or kind.detail_zh is None for kind in KINDS.values())
    assert all(any("\u4e00" <= char <= "\u9fff" for char in kind.zh) for kind in KINDS.values())
