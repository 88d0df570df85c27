"""Keys and people on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotAuthenticated
from engine.runtime.access import Access
from engine.runtime.application import opened
from engine.runtime.sign_in import SignIn
from engine.settings import load_settings
from tests.cli.conftest import Yishi


def test_a_key_is_printed_once_and_alone(yishi: Yishi) -> None:
    made = yishi.json("key", "create", "--actor", "li", "--role", "office", "--unit", "cppcc")
    assert list(made) == ["key"]
    with opened(load_settings()) as application:
        who = Access(application.store, application.lane).authenticate(made["key"])
    assert (who.id, who.roles, who.unit) == ("li", frozenset({"office"}), "cppcc")
    assert made["key"] not in yishi("key", "list", "--json")


@pytest.mark.parametrize("roles", [("--role", "a", "--role", "b"), ("--role", "a", "b")])
def test_a_key_may_have_several_roles(yishi: Yishi, roles: tuple[str, ...]) -> None:
    yishi("key", "create", "--actor", "li", *roles, "--unit", "cppcc")
    (key,) = yishi.json("key", "list")["keys"]
    assert (key["roles"], key["unit"]) == (["a", "b"], "cppcc")


def test_a_key_without_a_role_or_for_the_clock_is_wrong_usage(yishi: Yishi) -> None:
    assert yishi.refused(2, "key", "create", "--actor", "li")["code"] == "usage"
    assert yishi.refused(2, "key", "create", "--actor", "clock", "--role", "office")["code"] == "invalid_input"


def test_a_revoked_key_opens_nothing(yishi: Yishi) -> None:
    secret = yishi("key", "create", "--actor", "li", "--role", "office").strip()
    (key,) = yishi.json("key", "list")["keys"]
    yishi("key", "revoke", key["id"])
    with opened(load_settings()) as application, pytest.raises(NotAuthenticated):
        Access(application.store, application.lane).authenticate(secret)
    assert yishi.json("key", "list")["keys"][0]["revoked_at"] is not None
    assert yishi.refused(5, "key", "revoke", "nothing")["code"] == "not_found"


def test_the_first_administrator_gets_a_random_password_where_nobody_can_be_asked(yishi: Yishi) -> None:
    made = yishi.json("user", "create", "wang", "--name", "王")
    assert made["roles"] == ["admin"]
    assert len(made["password"]) >= 20
    with opened(load_settings()) as application:
        sign_in = SignIn(application.store, application.lane, application.org, session_hours=1)
        assert sign_in.sign_in("wang", made["password"]).principal.id == "wang"
    assert made["password"] != yishi.json("user", "create", "zhao")["password"]
    assert [each["id"] for each in yishi.json("user", "list")["people"]] == ["wang", "zhao"]


def test_a_person_is_entered_once(yishi: Yishi) -> None:
    yishi("user", "create", "wang")
    assert yishi.refused(3, "user", "create", "wang")["code"] == "person_exists"


def test_a_password_lies_nowhere_in_the_database(yishi: Yishi, tmp_path: Path) -> None:
    password = yishi.json("user", "create", "wang")["password"]
    assert all(password.encode() not in path.read_bytes() for path in tmp_path.glob("yishi.db*"))
