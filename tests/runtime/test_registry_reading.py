"""Who sees which registries, rows and fields, and how rows are found by their values."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidInput, NotFound
from engine.runtime.row_reading import RowFilter
from engine.store.registry_rows import row, rows
from tests.application import ORG, START, Trial
from tests.registers import A1, A2, AUDITOR, MEMBER, OFFICE, STRANGER, added, altered, keys, reading

# --- who sees what --------------------------------------------------------------------------------------------------


def test_a_registry_is_there_for_its_keepers_those_it_is_open_to_and_who_may_read_everything(kept: Trial) -> None:
    added(kept, A1)
    names = {
        who.id: [each["registry"] for each in reading(kept).registries(who, "zh-CN")["registries"]]
        for who in (OFFICE, MEMBER, STRANGER, AUDITOR)
    }
    assert names == {
        "li": ["agreement", "report_to_party"],
        "zhao": ["agreement"],
        "qian": [],
        "sun": ["agreement", "report_to_party"],
    }
    with pytest.raises(NotFound):
        keys(kept, STRANGER)


def test_a_field_for_some_is_left_out_for_others_in_rows_history_and_filters(kept: Trial) -> None:
    added(kept, A1)
    altered(kept, "A1", "change", {"phone": "1"})
    seen = reading(kept).row(MEMBER, "agreement", "A1", None)
    assert "phone" not in seen["data"]
    assert [change["field"] for entry in seen["history"] for change in entry["changes"] if change["field"] == "phone"] == []
    assert "phone" in reading(kept).row(OFFICE, "agreement", "A1", None)["data"]
    with pytest.raises(InvalidInput):
        keys(kept, MEMBER, where={"phone": "1"})


# --- finding --------------------------------------------------------------------------------------------------------


def test_rows_are_found_by_the_values_of_their_fields(kept: Trial) -> None:
    added(kept, A1)
    added(kept, {**A2, "meetings": 2, "renewed": True})
    assert keys(kept, where={"partner": "court"}) == ["A1"]
    assert keys(kept, where={"topics": "law"}) == ["A1", "A2"]
    assert keys(kept, where={"topics": "law", "renewed": "true"}) == ["A2"]
    assert keys(kept, where={"meetings": "2"}) == ["A2"]
    assert keys(kept, where={"in_force": "true"}) == ["A1"], "a field that hangs on the day is computed and compared"
    assert keys(kept, where={"label": "A1 court"}) == ["A1"]
    assert keys(kept, where={"partner": "court"}, as_of=START) == ["A1"]
    with pytest.raises(InvalidInput) as wrong:
        keys(kept, where={"meetings": "many", "partnr": "x"})
    assert len(wrong.value.violations) == 2


def test_a_long_list_comes_in_pages(kept: Trial) -> None:
    for n in range(7):
        added(kept, {"code": f"B{n}"})
    seen, cursor = [], None
    while True:
        page = reading(kept).rows(OFFICE, "agreement", RowFilter(), "zh-CN", cursor=cursor, limit=3)
        seen += [each["key"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"B{n}" for n in range(7)]


def test_expressions_read_a_row_by_key_and_rows_by_values_on_any_connection(kept: Trial) -> None:
    added(kept, A1)
    added(kept, A2)
    altered(kept, "A2", "retire")
    definition = kept.app.registries.in_force
    with kept.app.store.read() as reader:
        agreement = definition(reader, ORG, "agreement").definition
        assert row(reader, agreement, ORG, "A2", START) is None
        assert row(reader, agreement, ORG, "A7", START) is None
        one = row(reader, agreement, ORG, "A1", START)
    assert one is not None
    assert (one["id"], one["in_force"], one["topics"]) == ("A1", True, ["law"])

    def on_the_lane(batch: Any, now: int) -> Any:
        return rows(batch, definition(batch, ORG, "agreement").definition, ORG, {"topics": "law"}, now)

    assert kept.app.lane.write(on_the_lane) == [one]
