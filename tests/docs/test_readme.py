"""What the READMEs tell a newcomer to type works as it stands there, on a server that was set up as `make run` sets it up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server import ROOT, Server, server

READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACT = re.compile(r'^act "\$\w+" (?P<action>\w+)[^#\n]*(?:# refused: (?P<code>\w+))?', re.MULTILINE)
ATTACH = re.compile(r'\| attach "\$\w+" (\w+) ')
STAGES = ["topic", "research", "deliberation", "submission", "follow_up", "evaluation", "closed"]
DEFAULT_PLACES = ("DATABASE_URL", "FILES", "WORKFLOWS")


def blocks(readme: str) -> list[str]:
    """What a reader types, in order."""
    return BLOCK.findall((ROOT / readme).read_text("utf-8"))


SCRIPT = "\n".join(blocks("README.md"))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in a fresh folder with nothing but the workflows in it; all it makes goes below `var`, as it does by default."""
    folder = tmp_path_factory.mktemp("yishi")
    shutil.copytree(ROOT / "workflows", folder / "workflows")
    with server(folder, f"sqlite:///{folder}/var/yishi.db") as made:
        made.cwd = folder
        for name in DEFAULT_PLACES:
            del made.environment[f"YISHI_{name}"]
        made.yishi("init", "--demo")
        yield made.start()


@pytest.fixture(scope="module")
def played(installation: Server) -> str:
    """What a terminal shows of all blocks, typed one after the other in the server's folder. Any command that fails ends it."""
    if shutil.which("curl") is None and "CI" not in os.environ:
        pytest.skip("the README is written for curl, which is not installed here")
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "API": f"{installation.url}/v1"}
    done = subprocess.run(
        ["sh", "-e", "-u"], input=SCRIPT, cwd=installation.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def trail(installation: Server, case_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The case and its events, asked for as the auditor."""
    keys = dict(line.split("=", 1) for line in (installation.folder / "var" / "demo-keys.env").read_text().splitlines())
    with installation.client({"Authorization": f"Bearer {keys['AUDITOR']}"}) as client:
        return client.get(f"/v1/cases/{case_id}").json(), client.get(f"/v1/cases/{case_id}/events").json()["events"]


# --- what happens ---------------------------------------------------------------------------------------------------


def test_the_case_ends_closed_with_success(installation: Server, played: str) -> None:
    case, events = trail(installation, played.split(maxsplit=1)[0])
    assert (case["configuration"], case["outcome"]) == (["closed"], "success")
    stages = [event["after"][0].split(".")[0] for event in events]
    assert list(dict.fromkeys(stages)) == STAGES


def test_each_act_is_taken_or_refused_as_the_text_says(played: str) -> None:
    """Every `# refused: CODE` beside an act comes, and nothing else is refused."""
    said = [(each["action"], each["code"]) for each in ACT.finditer(SCRIPT)]
    shown = re.findall(r"^(\w+)\n((?:  .*\n)+)", played, re.MULTILINE)
    acted = [(name, next(iter(re.findall(r"refused: (\w+)", below)), None)) for name, below in shown if name in dict(said)]
    assert acted == said
    assert {code for _, code in said} == {None, "duty_conflict", "missing_document", "not_bound", "no_score"}


def test_the_lone_member_is_refused_with_a_problem_document(played: str) -> None:
    head, body = played.split("\n", 1)[1].split("\n\n", 2)[:2]
    assert "application/problem+json" in head
    assert '"code":"lone_member"' in body


def test_the_trail_that_is_printed_is_that_of_the_acts_that_were_taken(installation: Server, played: str) -> None:
    _, events = trail(installation, played.split(maxsplit=1)[0])
    attached = {f"{name}.attach" for name in ATTACH.findall(SCRIPT)}
    taken = {each["action"] for each in ACT.finditer(SCRIPT)}
    assert {event["action"] for event in events} == {"start"} | attached | taken
    assert played.splitlines()[-len(events) :] == [
        f"{event['seq']} {event['recorded_at']} {event['actor']['id']} {event['actor']['role']} {event['action']} -> {event['after'][0]}"
        for event in events
    ]


def test_the_due_date_is_explained_with_its_days_and_rungs(played: str) -> None:
    assert re.search(r"^.+ · 10 working days · basis: default$", played, re.MULTILINE)
    assert len(re.findall(r"^  rung .+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", played, re.MULTILINE)) == 3


def test_the_keys_can_be_read_by_their_owner_only(installation: Server) -> None:
    assert [path.stat().st_mode & 0o777 for path in sorted((installation.folder / "var").glob("demo-*.env"))] == [0o600, 0o600]


# --- the text -------------------------------------------------------------------------------------------------------


def test_both_readmes_have_the_same_commands() -> None:
    first, second = (blocks(readme) for readme in READMES)
    assert len(first) > 5
    assert first == second


def test_what_starts_the_story_is_what_make_run_does() -> None:
    """The tests here set up by `init --demo` and `serve`; that is the whole of `make run` after the installation."""
    rule = re.search(r"^run:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert rule is not None
    assert re.findall(r"yishi (.+)", rule[1]) == ["init --demo", "serve"]
