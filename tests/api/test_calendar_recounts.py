"""A changed calendar over HTTP: what would move, applied a part at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import SHIPPED, Site
from tests.notices import enter_notice, late_in_the_year


@pytest.fixture
def changed(start: Callable[..., Site], database_url: str, tmp_path: Path) -> Site:
    """Three petitions opened before the notice of the next year came, and the service started again on it."""
    folder = tmp_path / "workflows"
    shutil.copytree(SHIPPED / "calendars", folder / "calendars")
    before = start(database_url, workflows=folder)
    assert before.post("/v1/clock/advance", "operator", {"to": late_in_the_year()}).status_code == 200
    for _ in range(3):
        before.opened()
    enter_notice(folder)
    return start(database_url, publish=False, workflows=folder)


def asked(site: Site, *, dry_run: bool = False, **more: Any) -> dict[str, Any]:
    answer = site.post("/v1/calendars/recounts", "admin", {"dry_run": dry_run, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_would_move_is_told_and_nothing_moves(changed: Site) -> None:
    found = asked(changed, dry_run=True)
    assert (found["moved"], found["dry_run"], len(found["cases"])) == (3, True, 3)
    (moved,) = found["cases"][0]["deadlines"]
    assert (moved["name"], moved["was_provisional"], moved["provisional"]) == ("received.vet", True, False)
    assert moved["old_due"] < moved["new_due"]
    assert asked(changed, dry_run=True) == found
    assert changed.get(f"/v1/cases/{found['cases'][0]['case']}", "li").json()["deadlines"][0]["due"] == moved["old_due"]


def test_it_is_applied_in_parts_and_the_trail_has_it(changed: Site) -> None:
    first = asked(changed, limit=2, reason="国务院办公厅通知")
    assert (first["moved"], first["cases"]) == (2, [])
    assert asked(changed, limit=2, cursor=first["next"])["moved"] == 1
    assert asked(changed)["moved"] == 0
    case = changed.get("/v1/cases", "li").json()["cases"][-1]  # the one that was opened first
    event = changed.get(f"/v1/cases/{case['id']}/events", "li").json()["events"][-1]
    assert (event["kind"], event["action"], event["reason"], event["actor"]) == (
        "calendar",
        "recount",
        "国务院办公厅通知",
        {"id": "admin", "role": "calendar_keeper"},
    )


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("designer", {"dry_run": False}, 403),
        ("li", {"dry_run": True}, 403),
        ("admin", {}, 422),
        ("admin", {"dry_run": True, "calendar": "cn"}, 422),
        ("admin", {"dry_run": True, "cursor": "?"}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused(site: Site, who: str, body: dict[str, Any], status: int) -> None:
    assert site.post("/v1/calendars/recounts", who, body).status_code == status
