"""Rows of registries in the store: by key and by the values of their fields, through the index, alike on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.definition.registry import RegistryDefinition
from engine.store.errors import ConcurrentWrite
from engine.store.records import EventRecord, RegistryDefinitionRecord, RegistryIndexRecord, RegistryRowRecord
from engine.store.registry_rows import (
    all_rows,
    count_rows,
    current_rows,
    events_of_rows,
    get_row,
    index_of_rows,
    list_registries,
    registry_in_force,
    row,
    rows,
    rows_by_key,
)
from engine.store.store import Store
from engine.store.writer import Writer
from tests.definition.loading import loaded
from tests.store.rows import NOW, ORG
from tests.store.test_plans import plan_of

MEMBER = """\
registry: member
title: 委员
key: person
kept_by: office
fields:
  person:   {type: person}
  sector:   {type: text}
  levels:   {type: tags, options: {city: 市级, county: 县级}}
  standing: {type: bool, default: false}
  until:    {type: date}
  serving:  {type: bool, compute: "!has(row.until) || today <= row.until"}
"""


def definition() -> RegistryDefinition:
    (found,) = loaded(MEMBER).registries
    return found


DEFINITION = definition()
PEOPLE: dict[str, dict[str, Any]] = {
    "li": {"sector": "edu", "levels": ["city", "county"], "standing": True},
    "wang": {"sector": "edu", "levels": ["county"], "standing": False},
    "zhao": {"sector": "law", "levels": ["city"], "standing": True, "until": "2020-01-01"},
}


def record(key: str, values: dict[str, Any], **changes: Any) -> RegistryRowRecord:
    body = orjson.dumps({"person": key, **values}).decode()
    made = RegistryRowRecord(ORG, "member", key, f"id-{key}", 1, "h" * 64, 1, body, NOW, NOW, "li", None)
    return made._replace(**changes)


def written(writer: Writer, people: dict[str, dict[str, Any]] = PEOPLE) -> None:
    with writer.begin() as batch:
        for key, values in people.items():
            batch.add(record(key, values))
            for field, value in DEFINITION.index_entries(key, {"person": key, **values}):
                batch.add(RegistryIndexRecord(ORG, "member", field, value, key))
        batch.commit()


def keys(store: Store, **where: Any) -> list[str]:
    with store.read() as reader:
        return [each["id"] for each in rows(reader, DEFINITION, ORG, where, NOW)]


def test_a_row_is_found_by_its_key_and_completed(store: Store, writer: Writer) -> None:
    written(writer)
    with store.read() as reader:
        assert row(reader, DEFINITION, ORG, "li", NOW) == {"id": "li", "person": "li", **PEOPLE["li"], "serving": True}
        assert row(reader, DEFINITION, ORG, "qian", NOW) is None
        assert row(reader, DEFINITION, "elsewhere", "li", NOW) is None
        assert set(rows_by_key(reader, ORG, "member", ["li", "zhao", "qian"])) == {"li", "zhao"}


def test_rows_are_found_by_one_value_or_several_by_an_entry_of_a_list_and_by_what_hangs_on_the_day(store: Store, writer: Writer) -> None:
    written(writer)
    assert keys(store) == ["li", "wang", "zhao"]
    assert keys(store, sector="edu") == ["li", "wang"]
    assert keys(store, sector="edu", standing=True) == ["li"]
    assert keys(store, levels="city") == ["li", "zhao"]
    assert keys(store, serving=True) == ["li", "wang"]
    assert keys(store, levels="city", serving=True) == ["li"]
    assert keys(store, sector="art") == []


def test_a_long_text_is_told_from_another_that_begins_alike(store: Store, writer: Writer) -> None:
    long = "长" * 300
    written(writer, {"li": {"sector": long + "a"}, "wang": {"sector": long + "b"}})
    assert keys(store, sector=long + "b") == ["wang"]


def test_a_retired_row_is_not_found_and_not_counted_but_kept(store: Store, writer: Writer) -> None:
    written(writer)
    with writer.begin() as batch:
        batch.put(record("li", PEOPLE["li"], version=2, retired_at=NOW))
        batch.commit()
    assert keys(store, sector="edu") == ["wang"]
    with store.read() as reader:
        assert row(reader, DEFINITION, ORG, "li", NOW) is None
        kept = get_row(reader, ORG, "member", "li")
        assert kept is not None
        assert (kept.version, kept.id, kept.retired_at) == (2, "id-li", NOW)
        assert count_rows(reader, ORG) == {"member": 2}
        assert len(all_rows(reader, ORG, "member")) == 3


def test_a_batch_reads_what_was_committed_before_it(writer: Writer) -> None:
    written(writer)
    with writer.begin() as batch:
        assert [each["id"] for each in rows(batch, DEFINITION, ORG, {"sector": "law"}, NOW)] == ["zhao"]
        assert index_of_rows(batch, ORG, "member")["zhao"] >= {("sector", "law"), ("levels", "city")}


def test_of_two_who_add_one_key_the_second_is_told(writer: Writer) -> None:
    written(writer, {"li": {}})
    with writer.begin() as batch:
        batch.add(record("li", {}))
        with pytest.raises(ConcurrentWrite):
            batch.commit()


def test_the_latest_definition_is_in_force_and_each_organisation_has_its_own(store: Store, writer: Writer) -> None:
    with writer.begin() as batch:
        for org, version in ((ORG, 1), (ORG, 2), ("elsewhere", 3)):
            batch.add(RegistryDefinitionRecord(org, "member", version, f"d{version}", "{}", MEMBER, NOW, "li"))
        batch.commit()
    with store.read() as reader:
        found = registry_in_force(reader, ORG, "member")
        assert found is not None
        assert (found.version, found.digest) == (2, "d2")
        assert [each.version for each in list_registries(reader, ORG)] == [2]
        assert registry_in_force(reader, ORG, "unit") is None


def test_the_events_of_rows_are_read_until_an_instant(store: Store, writer: Writer) -> None:
    with writer.begin() as batch:
        for key, seq in (("li", 1), ("li", 2), ("wang", 1)):
            batch.add(EventRecord(ORG, f"id-{key}", seq, "registry", "member", "add", "li", "office", NOW + seq, NOW + seq, "{}", "h"))
        batch.commit()
    with store.read() as reader:
        found = events_of_rows(reader, ORG, ["id-li", "id-wang"], NOW + 1)
    assert {key: [each.event.seq for each in events] for key, events in found.items()} == {"id-li": [1], "id-wang": [1]}


def test_equality_is_a_look_into_the_index_on_sqlite(sqlite_store: Store, statements: list[str]) -> None:
    with sqlite_store.read() as connection:
        rows(connection, DEFINITION, ORG, {"sector": "edu", "standing": True}, NOW)
        plan = plan_of(connection, statements[-1])
    assert "SEARCH by0 USING PRIMARY KEY (org=? AND name=? AND field=? AND value=?" in plan
    assert "SEARCH by1 USING PRIMARY KEY (org=? AND name=? AND field=? AND value=? AND key=?)" in plan
    assert "SEARCH registry_row USING INDEX sqlite_autoindex_registry_row_1 (org=? AND name=? AND key=?)" in plan
    assert "SCAN" not in plan


def test_equality_is_a_look_into_the_index_on_postgresql(postgresql_store: Store) -> None:
    writer = postgresql_store.writer()
    written(writer, {f"p{n}": {"sector": f"s{n % 50}"} for n in range(2_000)})
    writer.close()
    with postgresql_store.read() as connection:
        statement = current_rows(ORG, DEFINITION, {"sector": "s7"})
        compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(each[0] for each in connection.exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%")))
    assert "registry_index_pkey" in plan
    assert "Seq Scan on registry_index" not in plan
