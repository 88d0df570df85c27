"""The same commands against a server: they say what they say on a database of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.access import Access, administrator_of_this_machine
from engine.runtime.application import opened
from engine.settings import Settings
from tests.cli.conftest import OFFICE, ROOT, TRIAL, Yishi
from tests.registers import AGREEMENT
from tests.server import Server, server


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server, and a key for each of some people."""
    with server(tmp_path_factory.mktemp("server"), clock="manual", log="info") as made:
        people = {"admin": "admin", "auditor": "auditor", "member": "member", "li": "office"}
        with opened(Settings(database_url=made.database_url, clock="manual", workflows=ROOT / "workflows")) as application:
            access, operator = Access(application.store, application.lane), administrator_of_this_machine(application.org)
            keys = {person: access.create(operator, person, [role]).secret for person, role in people.items()}
        yield made.start(), keys


@pytest.fixture
def running(installed: tuple[Server, dict[str, str]]) -> Server:
    return installed[0]


@pytest.fixture
def keys(installed: tuple[Server, dict[str, str]]) -> dict[str, str]:
    return installed[1]


@pytest.fixture
def remote(running: Server, keys: dict[str, str], yishi: Yishi) -> Yishi:
    """The command line of the administrator, with the trial published, and a database here that must never be opened."""
    yishi.set(url=running.url, key=keys["admin"], database_url=f"sqlite:///{yishi.folder / 'never.db'}")
    path = yishi.folder / "trial.yaml"
    path.write_text(TRIAL, "utf-8")
    yishi("publish", str(path))
    yishi.set(key=keys["li"])
    return yishi


@pytest.fixture
def case(remote: Yishi) -> str:
    return str(remote.json("case", "open", "trial", "-f", "topic=路灯")["id"])


def test_rows_of_registries_are_kept_imported_and_exported_by_whoever_holds_the_key(
    remote: Yishi, keys: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(AGREEMENT, "utf-8")
    remote.set(key=keys["admin"])
    assert remote.json("publish", str(file))[0]["registry"] == "agreement"
    remote.set(key=keys["li"])
    assert remote.json("registry", "add", "agreement", "-f", "code=A1", "-f", "partner=court")["version"] == 1
    changed = remote.json("registry", "change", "agreement", "A1", "--reason", "续签", "-f", "until=2026-06-30")
    assert (changed["version"], changed["data"]["until"]) == (2, "2026-06-30")
    assert remote.refused(3, "registry", "retire", "agreement", "A1", "--reason", "x", "--expect", "1")["code"] == "stale_version"
    sheet = tmp_path / "agreements.xlsx"
    assert remote.json("registry", "export", "agreement", str(sheet))["bytes"] == sheet.stat().st_size
    assert remote.json("registry", "import", "agreement", str(sheet), "--reason", "x")["unchanged"] == 1
    rows = tmp_path / "rows.csv"
    rows.write_text("编号,有效期至\nB1,soon\n", "utf-8")
    refused = remote.refused(1, "registry", "import", "agreement", str(rows), "--reason", "x")
    assert (refused["code"], refused["faults"][0]["column"]) == ("import_refused", "B")
    seen = remote.json("registry", "show", "agreement", "A1")
    assert [entry["action"] for entry in seen["history"]] == ["add", "change"]
    listed = remote.json("registry", "show", "agreement", "--where", "partner=court", "--as-of", "9000-01-01")
    assert [row["key"] for row in listed["items"]] == ["A1"]
    assert [each["registry"] for each in remote.json("registry", "list")["registries"]] == ["agreement"]


def test_a_case_is_opened_acted_on_commented_attached_and_explained_by_whoever_holds_the_key(
    remote: Yishi, case: str, keys: dict[str, str], tmp_path: Path
) -> None:
    assert remote.json("case", "act", case, "accept", "-f", "n=3")["state"] == "work"
    assert remote.json("case", "comment", case, "已联系")["version"] == 2
    report = tmp_path / "报告.txt"
    report.write_text("调研报告", "utf-8")
    assert remote.json("case", "attach", case, "report", str(report))["documents"]["report"]["size"] == 12
    word = tmp_path / "report.docx"
    assert remote.json("case", "document", case, "report", "--out", str(word))["bytes"] == word.stat().st_size
    assert remote.json("case", "document", case, "report", "--attach")["documents"]["report"]["size"] == word.stat().st_size
    assert remote.json("case", "explain", case)[0]["name"] == "received.accept"
    assert case in {each["id"] for each in remote.json("case", "list", "--running", "--state", "work")["cases"]}
    assert case in {task["case"] for task in remote.json("inbox")["tasks"]}
    events = remote.json("audit", "show", "--case", case)["events"]
    assert [(event["kind"], event["actor"]["id"]) for event in events] == [
        ("open", "li"),
        ("act", "li"),
        ("comment", "li"),
        ("act", "li"),
        ("act", "li"),
    ]
    assert not (tmp_path / "never.db").exists()
    remote.set(key=keys["auditor"])
    until = time.monotonic() + 20
    while remote.json("audit", "show", "--actor", "li", "--limit", "1")["next"] is None:
        assert time.monotonic() < until, "the server seals every second"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("case", "act", "{case}", "close"), 4, "refused"),
        (("case", "act", "{case}", "acept"), 5, "refused"),
        (("case", "act", "{case}", "accept", "-f", "n=1", "--expect", "7"), 3, "stale_version"),
        (("case", "show", "nowhere"), 5, "not_found"),
        (("case", "open", "trail"), 5, "not_found"),
        (("audit", "show"), 4, "not_allowed"),
        (("key", "list"), 4, "not_allowed"),
        (("case", "list", "--limit", "2", "--cursor", "x"), 2, "invalid_input"),
    ],
)
def test_errors_are_the_same_with_the_same_exit_code(
    remote: Yishi, case: str, arguments: tuple[str, ...], exit_code: int, code: str
) -> None:
    given = [argument.format(case=case) for argument in arguments]
    far = remote.refused(exit_code, *given)
    assert far["code"] == code
    assert far["title"]


def test_refusals_are_told_alike_near_and_far(remote: Yishi, case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    far = remote.refused(4, "case", "act", case, "close")
    for name in ("YISHI_URL", "YISHI_KEY"):
        monkeypatch.delenv(name)
    remote.set(database_url=f"sqlite:///{tmp_path / 'near.db'}")
    remote("publish", str(tmp_path / "trial.yaml"))
    near_case = remote.json("case", "open", "trial", "-f", "topic=路灯", *OFFICE)["id"]
    near = remote.refused(4, "case", "act", near_case, "close", *OFFICE)
    assert near == far


def test_the_calendar_of_the_server_counts_as_its_files_do(remote: Yishi, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted() -> list[Any]:
        found = [
            remote.json("calendar", "due", "--from", "2026-02-10T09:00+08:00", "--within", term, *more)
            for term in ("5 working days", "1 month", "48 hours", "2 years", "300 working days")
            for more in ((), ("--roll", "none"))
        ]
        return [*found, remote.json("calendar", "show", "--from", "2026-02-01")]

    far = counted()
    monkeypatch.delenv("YISHI_URL")
    assert counted() == far


def test_the_running_cases_of_a_server_are_counted_by_what_a_draft_changes(
    remote: Yishi, case: str, keys: dict[str, str], tmp_path: Path
) -> None:
    remote.set(key=keys["admin"])
    draft = tmp_path / "draft.yaml"
    draft.write_text(TRIAL.replace("version: 1", "version: 2", 1).replace("within: 5 working days", "within: 4 working days"), "utf-8")
    (state,) = remote.json("case", "show", case)["configuration"]
    found = remote.json("diff", str(tmp_path / "trial.yaml"), str(draft), "--live")
    assert [(each["class"], each["state"]) for each in found["differences"]] == [("tightening", "received")]
    assert state == "received"
    assert found["running"]["tightening"] == found["differences"][0]["running"] >= 1


def test_clock_keys_people_and_publishing_go_to_the_server(remote: Yishi, keys: dict[str, str]) -> None:
    remote.set(key=keys["admin"])
    now = remote.json("clock", "show")
    assert now["manual"] is True
    assert remote.json("clock", "advance", now["now"])["now"] == now["now"]
    made = remote.json("key", "create", "--actor", "zhou", "--role", "office", "--expires-at", "2999-01-01T00:00:00Z")
    (listed,) = [key for key in remote.json("key", "list")["keys"] if key["actor"] == "zhou"]
    remote("key", "revoke", listed["id"])
    remote.set(key=made["key"])
    assert remote.refused(4, "case", "list")["code"] == "not_authenticated"
    remote.set(key=keys["admin"])
    assert len(remote.json("user", "create", "zhou", "--role", "office")["password"]) >= 20
    assert "zhou" in {each["id"] for each in remote.json("user", "list")["people"]}


def test_what_does_not_pass_is_refused_with_the_name_of_the_file(remote: Yishi, keys: dict[str, str], tmp_path: Path) -> None:
    remote.set(key=keys["admin"])
    broken = tmp_path / "broken.yaml"
    broken.write_text(TRIAL.replace("to: work}", "to: wrk}"), "utf-8")
    sound = tmp_path / "agreement.yaml"
    sound.write_text(AGREEMENT, "utf-8")
    line = 1 + TRIAL[: TRIAL.index("to: work}")].count("\n")
    for files in ([broken], [sound, broken], [broken, sound]):
        done = remote.run("publish", *map(str, files))
        assert done.exit_code == 1
        assert f"{broken}:{line}:" in done.stderr


def test_with_a_key_nobody_says_who_acts(remote: Yishi, case: str) -> None:
    assert remote.refused(2, "case", "show", case, *OFFICE)["code"] == "usage"


def test_without_a_key_nothing_is_open(remote: Yishi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YISHI_KEY")
    assert remote.refused(4, "case", "list")["code"] == "not_authenticated"


def test_a_server_that_does_not_answer_is_told_as_such(yishi: Yishi) -> None:
    yishi.set(url="http://127.0.0.1:9", key="yk_x")
    problem = yishi.refused(1, "case", "list")
    assert problem["code"] == "unreachable"
    assert "YISHI_URL" in problem["detail"]


def test_a_key_goes_nowhere_but_to_its_server(yishi: Yishi) -> None:
    """A redirect could send the key to somebody else."""
    asked: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{listening.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yishi.set(url=f"http://127.0.0.1:{listening.server_port}", key="yk_x")
        assert yishi.refused(1, "case", "list")["code"] == "http_302"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
    assert asked == ["/v1/cases?limit=50"]


# --- serving --------------------------------------------------------------------------------------------------------


def test_the_server_says_where_it_is_and_logs_one_line_a_request_without_persons(running: Server, remote: Yishi, case: str) -> None:
    remote("case", "show", case)
    written = (running.folder / "server.log").read_text("utf-8").splitlines()
    assert f"Yishi: {running.url}" in written
    requests = [json.loads(line) for line in written if line.startswith("{") and '"request"' in line]
    assert {"/v1/cases/{case_id}"} <= {line["route"] for line in requests}
    assert case not in "".join(written)


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", ":8000", "192.0.2.1:8000"])
def test_an_address_that_others_reach_has_to_be_meant(yishi: Yishi, bind: str) -> None:
    yishi.set(bind=bind)
    done = yishi.run("serve")
    assert done.exit_code == 2
    assert "--public" in done.stderr


def test_a_server_ends_in_peace_when_it_is_told_to(tmp_path: Path) -> None:
    with server(tmp_path) as made:
        made.start()
        process = made.process
        assert process is not None
        made.stop()
        assert process.returncode == 0


def test_arguments_that_are_no_text_are_wrong_usage(running: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "case", "show", b"\xff"], env=running.environment, cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, b"UTF-8" in done.stderr) == (2, True)


def test_the_command_is_utf_8_whatever_the_locale(running: Server, keys: dict[str, str]) -> None:
    environment = {**running.environment, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "YISHI_URL": running.url}
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "case", "show", "没有"],
        env={**environment, "YISHI_KEY": keys["li"]},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 5
    assert "没有" in done.stderr.decode("utf-8")
