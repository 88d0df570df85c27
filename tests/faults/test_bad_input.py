"""Must show 6 over HTTP: whatever is sent, a clear answer that names place and way out, and a server that goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import psutil
import pytest

from tests.faults.site import TOPIC, Desk, Json, done, set_up
from tests.server import ROOT, server

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}
MOST_GROWTH = 150_000_000
"""Bytes the server may take more after all that was thrown at it."""

PROCESS = """workflow: petition
version: 1
title: 来信
calendar: cn
roles: {office: 办公室}
data:
  topic: {type: text, title: 事由}
  parts: {type: int, title: 份数}
start: {by: office, form: [topic]}
initial: received
states:
  received:
    owner: office
    actions:
      finish: {by: office, guard: data.topic != 'x', to: done}
      edit: {by: office, form: [topic]}
  done: {final: true, outcome: success}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server for all of it: what harmed it would show in the tests that follow."""
    with server(tmp_path_factory.mktemp("yishi")) as installation:
        keys = set_up(installation)
        installation.start()
        yield Desk(installation, keys)


@pytest.fixture(scope="module")
def case(desk: Desk) -> Json:
    """A case to send bad input to; none of it may change it."""
    return desk.open()


@pytest.fixture(scope="module")
def memory(desk: Desk) -> int:
    """What the server's memory was before."""
    assert desk.server.process is not None
    return int(psutil.Process(desk.server.process.pid).memory_info().rss)


@pytest.fixture(scope="module")
def shipped(desk: Desk) -> set[tuple[str, int]]:
    """The workflows that were published before, with their versions."""
    return published(desk)


def published(desk: Desk) -> set[tuple[str, int]]:
    return {(each["workflow"], each["version"]) for each in done(desk.send("designer", "GET", "/v1/definitions"))["definitions"]}


@pytest.fixture(autouse=True)
def _unharmed(desk: Desk, case: Json, memory: int, shipped: set[tuple[str, int]]) -> Iterator[None]:
    """After each test the same process serves, nothing of the case has changed, and no workflow was published."""
    yield
    assert desk.server.process is not None
    assert desk.server.process.poll() is None
    assert desk.case(case["id"])["seq"] == case["seq"]
    assert published(desk) == shipped
    assert psutil.Process(desk.server.process.pid).memory_info().rss < memory + MOST_GROWTH


def refused(answer: httpx2.Response, status: int, code: str) -> Json:
    """Hold an answer against the form of a problem; give it."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    problem: Json = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:yishi:problem:{code}")
    assert problem["title"]
    return problem


# --- definitions ----------------------------------------------------------------------------------------------------


def bombs() -> str:
    """Nine levels of ten references each: a thousand million values in less than a kilobyte."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


MANY_ITEMS = "".join(f"  d{n}: {{type: int}}\n" for n in range(15_000))
DEFINITIONS: dict[str, tuple[str | bytes, str, tuple[int, int], str]] = {
    "unknown key": (PROCESS.replace("    owner:", "    ownr:"), "model.unknown_key", (13, 5), "did you mean 'owner'"),
    "wrong type": (PROCESS.replace("version: 1", "version: one"), "model.type", (2, 10), "expected"),
    "guard of a wrong type": (PROCESS.replace("data.topic != 'x'", "data.parts"), "guard.type", (15, 35), "true or false"),
    "guard that compares text with a number": (PROCESS.replace("!= 'x'", "> 3"), "guard.type", (15, 46), ""),
    "dangling target": (PROCESS.replace("to: done", "to: don"), "name.unknown_state", (15, 58), "did you mean 'done'"),
    "duplicate key": (PROCESS.replace("initial: received", "version: 2\ninitial: received"), "yaml.duplicate_key", (10, 1), "version"),
    "alias bomb": (bombs(), "yaml.alias", (4, 10), "20 aliases"),
    "200 kB of brackets": (b"[" * 200_000, "yaml.depth", (1, 61), "60"),
    "200 kB of braces": (b"{a: " * 50_000, "yaml.depth", (1, 241), "60"),
    "not UTF-8": (PROCESS.encode().replace("来信".encode(), b"\xc0\xb4"), "yaml.encoding", (3, 8), "0xC0"),
    "UTF-16": (PROCESS.encode("utf-16"), "yaml.encoding", (1, 1), "UTF-8"),
    "python tag": ("title: !!python/object/apply:os.system ['touch /tmp/yishi']", "yaml.tag", (1, 8), "tag"),
    "merge key": (PROCESS.replace("roles:", "<<: {a: 1}\nroles:"), "yaml.merge_key", (5, 1), "write the keys out"),
    "NUL": (PROCESS.replace("来信", "来\0信"), "yaml.character", (3, 9), "U+0000"),
    "lone surrogate": (PROCESS.replace("来信", '"\\ud800"'), "yaml.syntax", (3, 11), "escape"),
    "text that runs backwards": (PROCESS.replace("来信", "来\u202e信"), "yaml.character", (3, 9), "U+202E"),
    "a megabyte of it": ("a: " + "\u202e" * 330_000, "yaml.character", (1, 4), "U+202E"),
    "20,000 states": (PROCESS + "".join(f"  s{n}: {{title: x}}\n" for n in range(20_000)), "model.size", (11, 1), "at most 500 states"),
    "15,000 items": (PROCESS.replace("data:\n", "data:\n" + MANY_ITEMS), "model.size", (6, 1), "at most 2,000 data items"),
    "nothing": (b"", "yaml.empty", (1, 1), ""),
    "something else": (b"- 1\n- 2\n", "model.kind", (1, 1), "workflow"),
    "no calendar of that name": (PROCESS.replace("calendar: cn", "calendar: cnn"), "name.unknown_calendar", (4, 11), "did you mean 'cn'"),
}


@pytest.mark.parametrize(("text", "rule", "place", "way_out"), DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_a_bad_definition_is_told_with_its_place_and_the_way_out(
    desk: Desk, text: str | bytes, rule: str, place: tuple[int, int], way_out: str
) -> None:
    problem = refused(desk.send("designer", "POST", "/v1/definitions", content=text, headers=YAML), 422, "definition_refused")
    found = [each for each in problem["problems"] if each["rule"] == rule]
    assert found, problem["problems"]
    assert (found[0]["line"], found[0]["column"]) == place
    assert way_out in found[0]["message"]


def test_all_mistakes_of_a_definition_are_told_at_once(desk: Desk) -> None:
    text = PROCESS.replace("to: done", "to: don").replace("    owner:", "    ownr:").replace("data.topic != 'x'", "data.tpic != 'x'")
    problem = refused(desk.send("designer", "POST", "/v1/definitions", content=text, headers=YAML), 422, "definition_refused")
    assert {each["rule"] for each in problem["problems"]} >= {"model.unknown_key", "name.unknown_state", "guard.type"}


@pytest.mark.parametrize("how", ["at once", "in pieces"])
def test_a_file_of_50_megabytes_is_refused_without_being_read(desk: Desk, how: str) -> None:
    whole = 50_000_000
    content: Any = b"x" * whole if how == "at once" else (b"x" * 50_000 for _ in range(whole // 50_000))
    try:
        answer = desk.send("designer", "POST", "/v1/definitions", content=content, headers=YAML)
    except httpx2.WriteError:  # the server had said no and hung up before all was sent
        return
    problem = refused(answer, 413, "too_large")
    assert "1000000 bytes" in problem["detail"]


# --- JSON -----------------------------------------------------------------------------------------------------------

HEAD = '{"workflow": "member_deliberation", "data": {"topic": %s, "source": "member"}}'
BODIES: dict[str, tuple[str | bytes, str, str]] = {
    "NaN": (HEAD % "NaN", "not_json", ""),
    "Infinity": (HEAD % "-Infinity", "not_json", ""),
    "1e400": (HEAD % "1e400", "infinite", ""),
    "lone surrogate": (HEAD % '"\\ud800"', "lone_surrogate", ""),
    "lone surrogate in bytes": (HEAD.encode() % b'"\xed\xa0\x80"', "not_utf8", ""),
    "NUL": (HEAD % '"\\u0000"', "nul_character", "/data/topic"),
    "raw NUL": (HEAD % '"\0"', "control_character", ""),
    "duplicate key": ('{"workflow": "a", "workflow": "b"}', "duplicate_member", ""),
    "duplicate key further in": (HEAD % '{"a": 1, "a": 2}', "duplicate_member", ""),
    "deep nesting": (HEAD % ("[" * 40 + "]" * 40), "too_deep", "/data/topic" + "/0" * 30),
    "200 kB of brackets": (b"[" * 200_000, "not_json", ""),
    "huge integer": (HEAD % ("9" * 400), "infinite", ""),
    "integer beyond what others read": (HEAD % "9007199254740993", "too_precise", "/data/topic"),
    "not UTF-8": (HEAD.encode() % b'"\xff"', "not_utf8", ""),
    "no JSON": (b"{'workflow': 1}", "not_json", ""),
    "an array": (b"[]", "wrong_type", ""),
    "a wrong type": (b'{"workflow": 7}', "wrong_type", "/workflow"),
    "data that is no object": (b'{"workflow": "member_deliberation", "data": []}', "wrong_type", "/data"),
    "an unknown member": (b'{"workfow": "x", "workflow": "member_deliberation"}', "unknown_member", "/workfow"),
    "a time without zone": (b'{"workflow": "member_deliberation", "occurred_at": "2026-02-13T17:00:00"}', "wrong_time", "/occurred_at"),
}


@pytest.mark.parametrize(("body", "code", "pointer"), BODIES.values(), ids=BODIES.keys())
def test_bad_json_is_told_with_its_place(desk: Desk, body: str | bytes, code: str, pointer: str) -> None:
    problem = refused(desk.send("committee", "POST", "/v1/cases", content=body, headers=JSON), 422, "invalid_input")
    violation = next(each for each in problem["violations"] if each["code"] == code)
    assert (violation["in"], violation["pointer"]) == ("body", pointer)
    assert violation["message"]
    assert code != "not_json" or "line 1, column" in violation["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"data": {"topic": NaN}}', "not_json"),
        ('{"data": {"topic": "\\udfff"}}', "lone_surrogate"),
        ('{"data": {"topic": "\\u0000"}}', "nul_character"),
        ('{"data": {"problem_years": 1e400}}', "infinite"),
        ('{"data": {}, "data": {}}', "duplicate_member"),
        ('{"data": "x"}', "wrong_type"),
        ('{"reason": 5}', "wrong_type"),
        ('{"reson": "x"}', "unknown_member"),
        ('{"documents": [{}]}', "wrong_type"),
    ],
)
def test_an_act_with_bad_json_is_refused_and_not_taken(desk: Desk, case: Json, body: str, code: str) -> None:
    headers = {**JSON, "If-Match": '"1"'}
    answer = desk.send("committee", "POST", f"/v1/cases/{case['id']}/actions/edit", content=body, headers=headers)
    assert code in {each["code"] for each in refused(answer, 422, "invalid_input")["violations"]}


TITLES = {
    "topic": "Topic",
    "problem_years": "Years the problem lasted",
    "channel": "Channel",
    "special": "Special matter",
    "proposers": "Proposers",
    "score": "Score",
    "symposia": "Symposia",
}
FIELDS: dict[str, tuple[str, Any]] = {
    "text too long": ("topic", "长" * 201),
    "number for a text": ("topic", 7),
    "text for a number": ("problem_years", "12"),
    "fraction for a whole number": ("problem_years", 1.5),
    "truth value for a number": ("problem_years", True),
    "beyond its bounds": ("problem_years", 201),
    "not on the list": ("channel", "radio"),
    "text for a truth value": ("special", "yes"),
    "text for a list": ("proposers", "member"),
    "list of something else": ("proposers", [1]),
    "null": ("topic", None),
    "an item there is not": ("topik", "x"),
    "an item that is not in the form": ("score", "100"),
    "an item that is computed": ("symposia", 11),
}


@pytest.mark.parametrize(("item", "value"), FIELDS.values(), ids=FIELDS.keys())
def test_a_field_that_is_filled_in_wrongly_is_named(desk: Desk, case: Json, item: str, value: Any) -> None:
    headers = {"If-Match": '"1"'}
    answer = desk.send("committee", "POST", f"/v1/cases/{case['id']}/actions/edit", json={"data": {item: value}}, headers=headers)
    (refusal,) = refused(answer, 422, "refused")["refusals"]
    assert (refusal["code"], refusal["pointer"].removesuffix("/0")) == ("invalid_field", f"/data/{item}")
    assert refusal["message"].startswith(f"{TITLES.get(item, item)}: ")


def test_every_wrong_field_is_named_at_once(desk: Desk) -> None:
    body = {"workflow": "member_deliberation", "data": {"source": "press", "problem_years": -1, "special": "no"}}
    refusals = refused(desk.send("committee", "POST", "/v1/cases", json=body), 422, "refused")["refusals"]
    assert {(each["code"], each["pointer"]) for each in refusals} == {
        ("missing_field", "/data/topic"),
        ("invalid_field", "/data/source"),
        ("invalid_field", "/data/problem_years"),
        ("invalid_field", "/data/special"),
    }


def test_text_that_only_looks_dangerous_is_kept_as_it_is(desk: Desk) -> None:
    """Not everything odd is bad input: what is text stays text."""
    topic = "Robert'); DROP TABLE cases;-- <script>alert(1)</script> 𠮷野家 \U0001f3db ‍ \u200b"
    opened = done(desk.send("committee", "POST", "/v1/cases", json={**TOPIC, "data": {**TOPIC["data"], "topic": topic}}), 201)
    assert desk.case(opened["id"])["data"]["topic"] == topic


# --- the rest of a request ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", ["1", '"x"', 'W/"1"', "*", '"1", "2"', '"99999999999999999999"', '"-1"', '"²"', ""])
def test_a_version_that_is_none_is_told_how_to_look(desk: Desk, case: Json, stated: str) -> None:
    headers = [(b"If-Match", stated.encode("latin-1"))]
    with desk.server.client(desk.keys["committee"]) as client:
        answer = client.post(f"/v1/cases/{case['id']}/actions/submit", headers=headers, content=b"{}")
    (violation,) = refused(answer, 422, "invalid_input")["violations"]
    assert (violation["in"], violation["pointer"], violation["code"]) == ("header", "If-Match", "wrong_version")


@pytest.mark.parametrize("name", ["", "x" * 5000, "../../etc/passwd", "%ff%fe", "１"])
def test_a_case_that_is_none_is_not_found(desk: Desk, name: str) -> None:
    answer = desk.send("auditor", "GET", f"/v1/cases/{name}/events")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("limit", ["0", "-1", "x", "99999999999999999999", "1.5", "NaN"])
def test_a_limit_that_is_none_is_told(desk: Desk, limit: str) -> None:
    problem = refused(desk.send("auditor", "GET", f"/v1/cases?limit={limit}"), 422, "invalid_input")
    assert [(each["in"], each["pointer"]) for each in problem["violations"]] == [("query", "limit")]


@pytest.mark.parametrize("cursor", ["x", "%FF", "eyJ", "A" * 3000])
def test_a_cursor_that_is_none_is_told(desk: Desk, cursor: str) -> None:
    answer = desk.send("auditor", "GET", "/v1/cases", params={"cursor": cursor})
    assert refused(answer, 422, "invalid_input")["violations"][0]["pointer"] == "cursor"


@pytest.mark.parametrize("address", ["/v1/cases/%00/events", "/v1/cases?cursor=%00", "/v1/inbox%00"])
def test_nul_in_an_address_is_told(desk: Desk, address: str) -> None:
    (violation,) = refused(desk.send("auditor", "GET", address), 422, "invalid_input")["violations"]
    assert (violation["in"], violation["code"]) == ("path", "nul_character")


def test_a_document_larger_than_allowed_or_with_another_content_is_not_kept(desk: Desk, case: Json) -> None:
    path = f"/v1/cases/{case['id']}/documents?document=research_plan&filename=x.txt&sha256={'0' * 64}"
    small = desk.send("office", "POST", path, content=b"x", headers={"Content-Type": "text/plain"})
    assert "0000" in refused(small, 422, "digest_mismatch")["detail"]
    pieces = (b"x" * 1_000_000 for _ in range(51))
    try:
        large = desk.send("office", "POST", path, content=pieces, headers={"Content-Type": "text/plain"})
    except httpx2.WriteError:  # the server had said no and hung up before all was sent
        pass
    else:
        refused(large, 413, "too_large")
    assert done(desk.send("auditor", "GET", f"/v1/cases/{case['id']}/documents"))["documents"] == []
    assert [path for path in (desk.server.folder / "files").rglob("*") if path.is_file()] == []


def test_every_answer_is_given_in_the_language_that_is_asked_for(desk: Desk) -> None:
    titles = set()
    for language in ("zh-CN", "en"):
        answer = desk.send("designer", "POST", "/v1/definitions", content=b"[", headers={**YAML, "Accept-Language": language})
        titles.add(refused(answer, 422, "definition_refused")["title"])
        assert answer.headers["Content-Language"] == language
    assert len(titles) == 2


def test_the_texts_of_this_file_are_bad_and_nothing_else(desk: Desk) -> None:
    """Without its defect the process is taken; so it is the defect that is refused."""
    answer = desk.send("designer", "POST", "/v1/definitions?dry_run=true", content=PROCESS, headers=YAML)
    assert done(answer)["workflow"] == "petition"
    assert json.loads(HEAD % '"路灯"')["workflow"] == TOPIC["workflow"]
    assert (ROOT / "workflows" / "member_deliberation.yaml").is_file()
