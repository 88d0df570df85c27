"""Setting up an installation: the shipped workflows published and, for a trial, people who can sign in. Doing it again changes nothing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from engine.clock import Instant
from engine.definition.texts import with_texts
from engine.definition.workflow_files import REGISTRIES, workflow_files
from engine.errors import NotAuthenticated
from engine.runtime.access import Access, administrator_of_this_machine
from engine.runtime.application import Application
from engine.runtime.demonstration import People, Person
from engine.runtime.publishing import publish
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published
from engine.runtime.sign_in import SignIn
from engine.store.records import UnitRecord
from engine.store.writer import Batch

PASSWORD_BYTES = 12
KEYS, PASSWORDS = "demo-keys.env", "demo-passwords.env"
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(\S+)")


@dataclass(frozen=True, slots=True)
class SignInOf:
    """How a person of the demonstration gets in. ``password`` is None where an earlier run made one that is not kept any more."""

    person: Person
    password: str | None
    key: str


def registry_files(folder: Path) -> list[Path]:
    """Give the registry files that belong to a folder of workflows."""
    return workflow_files(folder / REGISTRIES)


@dataclass(frozen=True, slots=True)
class Shipped:
    """What is published of the configured folder."""

    registries: list[PublishedRegistry]
    workflows: list[Published]


def publish_shipped(application: Application) -> Shipped:
    """Publish every registry and workflow of the configured folder that is not published yet; registries first, for workflows name them.

    Raises DefinitionRefused with the problems of all files that have any, and VersionPublished where a published version was changed.
    """
    operator = administrator_of_this_machine(application.org)
    folder = application.settings.workflows
    sources = [(with_texts(path, path.read_bytes()), str(path)) for path in (*registry_files(folder), *workflow_files(folder))]
    done = publish(application, operator, sources)
    return Shipped([each for each in done if isinstance(each, PublishedRegistry)], [each for each in done if isinstance(each, Published)])


def admit(application: Application, people: People, folder: Path) -> list[SignInOf]:
    """Enter the people of a demonstration, each with a random password and an API key, and write both to files only the owner can read.

    Who is there already keeps password and key. The files are ``demo-keys.env`` and ``demo-passwords.env``, a line ``PERSON=SECRET`` each.
    """
    operator = administrator_of_this_machine(application.org)
    access = Access(application.store, application.lane)
    sign_in = SignIn(application.store, application.lane, application.org, session_hours=application.settings.session_hours)
    application.lane.write(units_written(application.org, people))
    known = {each["id"] for each in sign_in.people(operator)}
    keys, passwords = read_secrets(folder / KEYS), read_secrets(folder / PASSWORDS)
    admitted = []
    for person in people.people:
        name = variable(person.id)
        if person.id not in known:
            passwords[name] = secrets.token_urlsafe(PASSWORD_BYTES)
            sign_in.create_person(operator, person.id, person.name, passwords[name], person.roles, unit=person.unit)
        if not opens(access, keys.get(name), person.id):
            keys[name] = access.create(operator, person.id, person.roles, unit=person.unit, label="demonstration").secret
        admitted.append(SignInOf(person, passwords.get(name), keys[name]))
    write_secrets(folder / KEYS, keys)
    write_secrets(folder / PASSWORDS, passwords)
    return admitted


def units_written(org: str, people: People) -> Callable[[Batch, Instant], None]:
    """Give what writes the units."""

    def write(batch: Batch, _: Instant) -> None:
        for unit in people.units:
            batch.put(UnitRecord(org, unit.id, orjson.dumps(unit.title).decode(), unit.parent))

    return write


def opens(access: Access, key: str | None, person: str) -> bool:
    """Say whether a key is valid here and belongs to a person."""
    if key is None:
        return False
    try:
        return access.authenticate(key).id == person
    except NotAuthenticated:
        return False


def variable(person: str) -> str:
    """Give the name of a variable for a person's id."""
    return re.sub(r"[^A-Z0-9]", "_", person.upper())


def read_secrets(path: Path) -> dict[str, str]:
    """Read a file of secrets; where there is none there are none."""
    if not path.exists():
        return {}
    return {match[1]: match[2] for line in path.read_text("utf-8").splitlines() if (match := LINE.fullmatch(line.strip()))}


def write_secrets(path: Path, found: Mapping[str, str]) -> None:
    """Write a file of secrets that nobody but its owner may read at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{name}={secret}\n" for name, secret in found.items()), "utf-8")
    fresh.replace(path)
