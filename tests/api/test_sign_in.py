"""Passwords and sessions of people at a browser."""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.clock import FixedClock, SystemClock
from engine.errors import InvalidInput, NotAllowed, NotAuthenticated
from engine.runtime import sign_in as module
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.people import Principal
from engine.runtime.sign_in import FREE_ATTEMPTS, HOUR, LONGEST_WAIT, PersonExists, SignIn, TooManyAttempts
from tests.api.conftest import Site

OPERATOR = administrator_of_this_machine("default")
PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def people(site: Site, clock: FixedClock) -> SignIn:
    """A cheap argon2: what is tested is who gets in, not how long it takes."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    application = site.desk.application
    found = SignIn(application.store, application.lane, "default", session_hours=12, clock=clock, hashing=cheap)
    found.create_person(OPERATOR, "sun", "孙", PASSWORD, ["office"], unit="u1")
    return found


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A stopwatch that the test moves."""
    shown = [1_000.0]
    monkeypatch.setattr(module, "stopwatch", lambda: shown[0])
    return shown


def test_the_right_password_begins_a_session(people: SignIn) -> None:
    session = people.sign_in("sun", PASSWORD)
    assert (session.principal.id, session.principal.roles, session.principal.unit) == ("sun", frozenset({"office"}), "u1")
    assert people.session(session.token) == session
    assert people.known(session.token) == session
    assert session.token not in session.principal.key


def test_every_session_has_a_token_and_a_form_token_of_its_own(people: SignIn) -> None:
    one, other = people.sign_in("sun", PASSWORD), people.sign_in("sun", PASSWORD)
    assert len({one.token, other.token, one.csrf, other.csrf}) == 4


@pytest.mark.parametrize(("person", "password"), [("sun", "wrong"), ("nobody", PASSWORD), ("sun", ""), ("", ""), ("sun", PASSWORD + " ")])
def test_who_is_wrong_is_not_told_what_was_wrong(people: SignIn, person: str, password: str) -> None:
    with pytest.raises(NotAuthenticated, match=r"^Name or password is wrong\.$"):
        people.sign_in(person, password)


def test_an_unknown_name_costs_as_much_work_as_a_wrong_password(people: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the time of the answer would tell who exists."""
    verified: list[str] = []
    verify = people._hashing.verify

    def counted(password: str, hashed: str) -> bool:
        verified.append(hashed)
        return verify(password, hashed)

    monkeypatch.setattr(people._hashing, "verify", counted)
    for person in ("sun", "nobody"):
        with pytest.raises(NotAuthenticated):
            people.sign_in(person, "wrong")
    known, unknown = (hashed.split("$")[:4] for hashed in verified)
    assert known == unknown, "the same parameters of argon2"


@pytest.mark.parametrize("person", ["sun", "nobody"])
def test_patience_runs_out_and_comes_back(people: SignIn, seconds: list[float], person: str) -> None:
    """Each further failure doubles the wait, up to a bound: else anybody could lock anybody out for good."""
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotAuthenticated):
            people.sign_in(person, "wrong")
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyAttempts) as caught:
            people.sign_in(person, PASSWORD)
        waits.append(caught.value.retry_after)
        seconds[0] += caught.value.retry_after
        with pytest.raises(NotAuthenticated):
            people.sign_in(person, "wrong")
    assert waits[:4] == [2, 3, 5, 9]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT + 1


def test_a_right_password_makes_up_for_wrong_ones(people: SignIn, seconds: list[float]) -> None:
    for _ in range(3):
        for _ in range(FREE_ATTEMPTS - 1):
            with pytest.raises(NotAuthenticated):
                people.sign_in("sun", "wrong")
        assert people.sign_in("sun", PASSWORD).principal.id == "sun"
    assert seconds == [1_000.0]


def test_a_session_ends_at_its_hour_and_when_one_signs_out(people: SignIn, clock: FixedClock) -> None:
    first, second = people.sign_in("sun", PASSWORD), people.sign_in("sun", PASSWORD)
    people.session(first.token)
    people.sign_out(first.token)
    assert people.known(first.token) is None
    with pytest.raises(NotAuthenticated):
        people.session(first.token)
    assert people.session(second.token) == second
    clock.instant += 12 * HOUR
    assert people.known(second.token) is None
    with pytest.raises(NotAuthenticated):
        people.session(second.token)


def test_people_are_entered_by_those_who_may_and_only_once(people: SignIn) -> None:
    with pytest.raises(NotAllowed, match="people"):
        people.create_person(Principal("li", "default", frozenset({"office"})), "qian", "钱", PASSWORD, ["office"])
    with pytest.raises(PersonExists):
        people.create_person(OPERATOR, "sun", "孙", PASSWORD, ["office"])
    with pytest.raises(InvalidInput, match="10 to 200"):
        people.create_person(OPERATOR, "qian", "钱", "short", ["office"])


def test_without_a_password_nobody_signs_in(people: SignIn) -> None:
    entered = people.create_person(OPERATOR, "qian", "钱", None, ["office"])
    assert entered["may_sign_in"] is False
    with pytest.raises(NotAuthenticated):
        people.sign_in("qian", "")
