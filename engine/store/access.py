"""Who may come in: keys, people, sessions and units."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select

from engine.store.reader import everywhere, scoped
from engine.store.records import ApiKeyRecord, PersonRecord, SessionRecord, UnitRecord
from engine.store.tables import api_key, person, session, unit


def api_key_by_secret(connection: Connection, secret_sha256: str) -> ApiKeyRecord | None:
    """Return the key with a secret, also when it is revoked or has run out; its organisation follows from it."""
    row = connection.execute(everywhere(api_key).where(api_key.c.secret_sha256 == secret_sha256)).first()
    return ApiKeyRecord._make(row) if row else None


def get_api_key(connection: Connection, org: str, key_id: str) -> ApiKeyRecord | None:
    """Return a key by its id."""
    row = connection.execute(scoped(api_key, org).where(api_key.c.id == key_id)).first()
    return ApiKeyRecord._make(row) if row else None


def list_api_keys(connection: Connection, org: str) -> list[ApiKeyRecord]:
    """Return all keys of the organisation, in the order of their making."""
    return [ApiKeyRecord._make(row) for row in connection.execute(scoped(api_key, org).order_by(api_key.c.created_at, api_key.c.id))]


def session_by_token(connection: Connection, token_sha256: str) -> SessionRecord | None:
    """Return the session with a token, also when it has run out; its organisation follows from it."""
    row = connection.execute(everywhere(session).where(session.c.token_sha256 == token_sha256)).first()
    return SessionRecord._make(row) if row else None


def get_person(connection: Connection, org: str, person_id: str) -> PersonRecord | None:
    """Return a person, also one who may no longer sign in."""
    row = connection.execute(scoped(person, org).where(person.c.id == person_id)).first()
    return PersonRecord._make(row) if row else None


def list_persons(connection: Connection, org: str) -> list[PersonRecord]:
    """Return all people of the organisation by their ids."""
    return [PersonRecord._make(row) for row in connection.execute(scoped(person, org).order_by(person.c.id))]


def people_of(org: str) -> Select[Any]:
    """Select id, roles and unit of those who may act, by their ids."""
    mine = scoped(person, org).where(person.c.disabled_at.is_(None)).order_by(person.c.id)
    return mine.with_only_columns(person.c.id, person.c.roles, person.c.unit)


def get_unit(connection: Connection, org: str, unit_id: str) -> UnitRecord | None:
    """Return a unit."""
    row = connection.execute(scoped(unit, org).where(unit.c.id == unit_id)).first()
    return UnitRecord._make(row) if row else None


def list_units(connection: Connection, org: str) -> list[UnitRecord]:
    """Return all units of the organisation by their ids."""
    return [UnitRecord._make(row) for row in connection.execute(scoped(unit, org).order_by(unit.c.id))]
