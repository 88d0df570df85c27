"""The command line in this process, on a database of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.application import TRIAL as PLAIN_TRIAL

TRIAL = PLAIN_TRIAL.replace("attached_by: office}", 'attached_by: office, template: [{text: "关于{data.topic}"}]}')

ROOT = Path(__file__).resolve().parents[2]


class Yishi:
    """Runs commands and keeps nothing in between but the environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        for name in ("LC_ALL", "LC_MESSAGES", "LANG", "YISHI_URL", "YISHI_KEY"):
            monkeypatch.delenv(name, raising=False)
        self.set(database_url=f"sqlite:///{folder / 'yishi.db'}", files=str(folder / "files"), workflows=str(ROOT / "workflows"))

    def set(self, **settings: str) -> None:
        """Set settings."""
        for name, value in settings.items():
            self.monkeypatch.setenv(f"YISHI_{name.upper()}", value)

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Run a command; whatever comes of it, it is no crash."""
        done = CliRunner().invoke(app, list(arguments), input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def __call__(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """Run a command that succeeds; give what it prints."""
        done = self.run(*arguments, stdin=stdin)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run a command that succeeds; give the JSON it prints."""
        return json.loads(self(*arguments, "--json"))

    def refused(self, code: int, *arguments: str) -> dict[str, Any]:
        """Run a command that fails with an exit code; give the problem it prints as JSON."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == code, done.output
        problem: dict[str, Any] = json.loads(done.stderr)
        return problem


@pytest.fixture
def yishi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yishi:
    return Yishi(tmp_path, monkeypatch)


@pytest.fixture
def trial(yishi: Yishi) -> Yishi:
    """The command line with the process of `tests.application` published."""
    path = yishi.folder / "trial.yaml"
    path.write_text(TRIAL, "utf-8")
    yishi("publish", str(path))
    return yishi


OFFICE = ("--as", "li", "--role", "office")


@pytest.fixture
def open_case(trial: Yishi) -> Callable[[], str]:
    """Open a case and give its id."""

    def opened() -> str:
        return str(trial.json("case", "open", "trial", "-f", "topic=路灯", *OFFICE)["id"])

    return opened
