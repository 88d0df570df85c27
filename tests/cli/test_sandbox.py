"""`yishi sandbox`: a draft is tried beside the body, here and on a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.runtime.access import Access
from engine.runtime.application import opened
from engine.settings import Settings
from tests.application import TRIAL
from tests.cli.conftest import OFFICE, ROOT, Yishi
from tests.server import server


@pytest.fixture
def draft(yishi: Yishi) -> Path:
    path = yishi.folder / "draft.yaml"
    path.write_text(TRIAL.replace("version: 1", "version: 2", 1), "utf-8")
    return path


def test_a_draft_goes_to_the_sandbox_and_the_body_stays_as_it_was(trial: Yishi, draft: Path, open_case: Callable[[], str]) -> None:
    case = open_case()
    assert trial("sandbox", "publish", str(draft)).startswith("trial 2 ")
    assert trial.json("case", "show", open_case(), *OFFICE)["definition_version"] == 1
    assert trial.json("case", "show", case, *OFFICE)["trial"] is False
    draft.write_text(draft.read_text("utf-8").replace("max: 200", "max: 100"), "utf-8")
    assert trial.json("sandbox", "publish", str(draft))["trials_gone"] == 0
    assert trial("sandbox", "reset").strip() == "default~sandbox: 0 people, 1 definitions"


def test_a_key_of_the_sandbox_is_made_here(trial: Yishi) -> None:
    trial("sandbox", "reset")
    secret = trial.json("sandbox", "key", "--actor", "li", "--role", "office")["key"]
    with opened(Settings(database_url=f"sqlite:///{trial.folder / 'yishi.db'}", workflows=ROOT / "workflows")) as application:
        assert Access(application.store, application.lane).authenticate(secret).org == "default~sandbox"
    assert trial.run("sandbox", "key", "--actor", "li").exit_code == 2


def test_on_a_server_every_command_works_in_the_sandbox_with_its_key(yishi: Yishi, draft: Path, tmp_path: Path) -> None:
    with server(tmp_path, clock="manual") as made:
        designer = made.key("sun", "designer")["Authorization"].removeprefix("Bearer ")
        yishi.set(url=made.start().url, key=designer, database_url=f"sqlite:///{tmp_path / 'never.db'}")
        assert yishi.json("sandbox", "reset") == {"organisation": "default~sandbox", "people": 0, "definitions": 0}
        yishi("sandbox", "publish", str(draft))
        yishi.set(key=yishi("sandbox", "key", "--actor", "li", "--role", "office").strip())
        case = yishi.json("case", "open", "trial", "-f", "topic=路灯")
        assert (case["trial"], case["definition_version"]) == (True, 2)
        assert yishi.json("case", "act", case["id"], "accept", "-f", "n=1")["number"].startswith("试-")
        yishi.set(key=designer)
        assert yishi.json("case", "list")["cases"] == []
    assert not (tmp_path / "never.db").exists()
