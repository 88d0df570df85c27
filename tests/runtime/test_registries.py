"""Rows change through one door, by who keeps them, and nothing of it is ever lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core.chain import verify_chain
from engine.errors import CommandRefused, NotFound, StaleVersion
from engine.runtime.answers import request_key
from engine.runtime.reading import Reading
from engine.scheduler.sealer import Sealer
from engine.store.registry_rows import get_row
from engine.store.trail import EventFilter, StoredEvent, events_of_case
from tests.application import ADMIN, DAY, ORG, START, Trial, trial
from tests.registers import A1, A2, AGREEMENT, AUDITOR, MEMBER, OFFICE, OTHER, STRANGER, added, altered, keys, published, reading


def refusals(office: Trial, *arguments: Any, **more: Any) -> list[str]:
    with pytest.raises(CommandRefused) as refused:
        altered(office, *arguments, **more)
    return [refusal.code for refusal in refused.value.refusals]


def trail(office: Trial, key: str = "A1") -> list[StoredEvent]:
    with office.app.store.read() as reader:
        record = get_row(reader, ORG, "agreement", key)
        assert record is not None
        return events_of_case(reader, ORG, record.id)


# --- one door -------------------------------------------------------------------------------------------------------


def test_a_row_is_added_with_defaults_and_seen_with_what_is_computed(kept: Trial) -> None:
    answer = kept.app.rows.add(OFFICE, "agreement", A1).result()
    assert (answer.status, answer.headers) == (201, {"ETag": '"1"', "Location": "/v1/registries/agreement/A1"})
    seen = answer.json()
    assert seen["data"] == {**A1, "meetings": 0, "renewed": False, "in_force": True, "label": "A1 court"}
    assert (seen["version"], seen["retired"], seen["updated_by"]) == (1, False, "li")


def test_only_those_who_keep_a_registry_write_to_it(kept: Trial) -> None:
    with pytest.raises(CommandRefused) as refused:
        added(kept, A1, principal=MEMBER)
    assert [refusal.code for refusal in refused.value.refusals] == ["wrong_role"]
    with pytest.raises(CommandRefused):
        added(kept, A1, principal=ADMIN)
    with pytest.raises(NotFound):
        added(kept, A1, principal=STRANGER)


def test_everything_that_is_wrong_with_a_row_is_told_at_once(kept: Trial) -> None:
    with pytest.raises(CommandRefused) as refused:
        added(kept, {"code": "A1", "until": "2026-02-30", "meetings": 1.5, "topics": ["sport"], "colour": 1, "in_force": True})
    told = [(refusal.code, refusal.facts["pointer"]) for refusal in refused.value.refusals]
    assert sorted(told) == [("invalid_field", f"/data/{name}") for name in ("colour", "in_force", "meetings", "topics/0", "until")]


@pytest.mark.parametrize("key", ["", " A1", "a/b", "import", "x" * 21, "a?b", ".."])
def test_a_key_that_could_not_stand_in_an_address_is_refused(kept: Trial, key: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        added(kept, {"code": key})
    assert {refusal.facts["pointer"] for refusal in refused.value.refusals} == {"/data/code"}


def test_a_key_is_given_once_also_when_its_row_is_retired(kept: Trial) -> None:
    added(kept, A1)
    for retired in (False, True):
        if retired:
            altered(kept, "A1", "retire")
        with pytest.raises(CommandRefused) as refused:
            added(kept, A1)
        assert [refusal.code for refusal in refused.value.refusals] == ["row_exists"]


def test_the_same_key_in_another_form_of_unicode_is_the_same_key(kept: Trial) -> None:
    added(kept, {"code": "é"})
    with pytest.raises(CommandRefused):
        added(kept, {"code": "e\u0301"})


def test_a_change_keeps_what_it_does_not_name_and_empties_what_is_null(kept: Trial) -> None:
    added(kept, A1)
    changed = altered(kept, "A1", "change", {"until": "2027-06-30", "since": None})
    assert changed["version"] == 2
    assert changed["data"]["until"] == "2027-06-30"
    assert "since" not in changed["data"]
    assert changed["data"]["partner"] == "court"


def test_a_change_to_what_is_there_already_is_no_event(kept: Trial) -> None:
    added(kept, A1)
    assert altered(kept, "A1", "change", {"until": A1["until"]})["version"] == 1
    assert len(trail(kept)) == 1


def test_whoever_decided_on_an_older_version_is_told(kept: Trial) -> None:
    added(kept, A1)
    altered(kept, "A1", "change", {"meetings": 1}, expected=1)
    with pytest.raises(StaleVersion) as stale:
        altered(kept, "A1", "change", {"meetings": 2}, expected=1)
    assert (stale.value.expected, stale.value.actual) == (1, 2)


def test_all_but_adding_needs_a_reason(kept: Trial) -> None:
    added(kept, A1)
    for action in ("change", "correct", "retire"):
        assert refusals(kept, "A1", action, {"meetings": 1}, reason=" ") == ["reason_required"]


def test_a_row_keeps_its_key(kept: Trial) -> None:
    added(kept, A1)
    with pytest.raises(CommandRefused) as refused:
        altered(kept, "A1", "change", {"code": "A9"})
    assert [refusal.facts["pointer"] for refusal in refused.value.refusals] == ["/data/code"]


def test_a_retired_row_is_neither_listed_nor_changed_until_it_is_restored(kept: Trial) -> None:
    added(kept, A1)
    assert altered(kept, "A1", "retire")["retired"]
    assert keys(kept) == []
    assert keys(kept, retired=True) == ["A1"]
    assert refusals(kept, "A1", "change", {"meetings": 1}) == ["row_retired"]
    assert not altered(kept, "A1", "restore")["retired"]
    assert refusals(kept, "A1", "restore") == ["row_not_retired"]
    assert keys(kept) == ["A1"]


def test_the_rows_of_a_ledger_are_added_and_corrected_never_changed(kept: Trial) -> None:
    added(kept, {"number": "1", "on": "2026-03-01"}, "report_to_party")
    assert refusals(kept, "1", "change", {"on": "2026-03-02"}, registry="report_to_party") == ["ledger"]
    assert altered(kept, "1", "correct", {"on": "2026-03-02"}, registry="report_to_party")["version"] == 2
    assert altered(kept, "1", "retire", registry="report_to_party")["retired"]


def test_a_repeated_request_is_answered_with_the_same_bytes(kept: Trial) -> None:
    key = request_key(ORG, "li", "POST", "/v1/registries/agreement", "k1", b"{}")
    first = kept.app.rows.add(OFFICE, "agreement", A1, key=key).result()
    again = kept.app.rows.add(OFFICE, "agreement", A1, key=key).result()
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_cannot_be_computed_from_a_row_is_refused(office: Trial) -> None:
    published(office, AGREEMENT + "  share: {type: int, title: 比, compute: 100 / row.meetings}\n")
    with pytest.raises(CommandRefused) as refused:
        added(office, A1)
    assert [refusal.facts["pointer"] for refusal in refused.value.refusals] == ["/data/share"]
    assert added(office, {**A1, "meetings": 4})["data"]["share"] == 25


# --- many at once ---------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(database_url: str, tmp_path: Path) -> Iterator[Trial]:
    with trial(database_url, tmp_path, threads=True) as made:
        published(made)
        yield made


def test_of_many_who_add_one_key_or_change_one_version_just_one_does(busy: Trial) -> None:
    outcomes: list[str] = []
    for pending in [busy.app.rows.add(OFFICE, "agreement", A1) for _ in range(8)]:
        try:
            pending.result()
            outcomes.append("added")
        except CommandRefused as refused:
            outcomes.append(refused.refusals[0].code)
    assert sorted(outcomes) == ["added"] + ["row_exists"] * 7
    waiting = [
        busy.app.rows.alter(OFFICE, "agreement", "A1", "change", values={"meetings": n}, reason="x", expected=1) for n in range(1, 9)
    ]
    changed = 0
    for pending in waiting:
        try:
            pending.result()
            changed += 1
        except StaleVersion:
            continue
    assert changed == 1
    assert len(trail(busy)) == 2


# --- the trail ------------------------------------------------------------------------------------------------------


def test_the_events_of_a_row_hang_together_and_hold_no_free_text(kept: Trial) -> None:
    added(kept, {**A1, "note": "秘密备注"})
    altered(kept, "A1", "correct", {"note": "另一备注"}, reason="录入有误")
    altered(kept, "A1", "retire", reason="已终止")
    stored = trail(kept)
    assert [event.event.action for event in stored] == ["add", "correct", "retire"]
    assert verify_chain([each.event.body.encode() for each in stored], [each.event.hash for each in stored]) == []
    bodies = "".join(each.event.body for each in stored)
    for text in ("秘密备注", "另一备注", "录入有误", "0311-8600"):
        assert text not in bodies
    assert orjson.loads(stored[0].event.body)["delta"]["partner"] == "court"


def test_the_row_is_what_its_events_make_of_it(kept: Trial) -> None:
    added(kept, A1)
    altered(kept, "A1", "change", {"meetings": 3, "since": None})
    altered(kept, "A1", "correct", {"note": "x"})
    now = reading(kept).row(OFFICE, "agreement", "A1", None)
    then = reading(kept).row(OFFICE, "agreement", "A1", kept.clock.now())
    assert now == then
    with kept.app.store.read() as reader:
        record = get_row(reader, ORG, "agreement", "A1")
    assert record is not None
    assert (record.version, record.head) == (3, trail(kept)[-1].event.hash)


def test_the_history_says_who_did_what_when_and_why_with_before_and_after(kept: Trial) -> None:
    added(kept, {"code": "A1", "until": "2026-06-30"})
    kept.clock.instant += DAY
    altered(kept, "A1", "change", {"until": "2027-06-30"}, reason="续签", principal=OTHER)
    first, second = reading(kept).row(OFFICE, "agreement", "A1", None)["history"]
    assert (first["action"], first["actor"], first["reason"]) == ("add", "li", None)
    assert (second["action"], second["actor"], second["role"], second["reason"]) == ("change", "wang", "office", "续签")
    assert second["at"] == "2026-03-03T01:00:00Z"
    assert second["changes"] == [{"field": "until", "before": "2026-06-30", "after": "2027-06-30"}]


def test_rows_are_read_as_they_stood_at_a_time(kept: Trial) -> None:
    added(kept, A1)
    kept.clock.instant += DAY
    added(kept, A2)
    altered(kept, "A1", "change", {"until": "2026-03-02"})
    kept.clock.instant += DAY
    altered(kept, "A1", "retire")
    assert keys(kept) == ["A2"]
    assert keys(kept, as_of=START) == ["A1"]
    assert keys(kept, as_of=START + DAY) == ["A1", "A2"]
    assert keys(kept, as_of=START - 1) == []
    before = reading(kept).row(OFFICE, "agreement", "A1", START)
    assert (before["data"]["until"], before["data"]["in_force"], before["version"]) == ("2026-06-30", True, 1)
    assert reading(kept).row(OFFICE, "agreement", "A1", START + DAY)["data"]["in_force"] is False
    with pytest.raises(NotFound):
        reading(kept).row(OFFICE, "agreement", "A2", START)


def test_an_old_row_is_read_as_it_was_defined_then(kept: Trial) -> None:
    added(kept, A1)
    kept.clock.instant += DAY
    published(kept, AGREEMENT.replace("today <= row.until", "today < row.until"))
    altered(kept, "A1", "change", {"until": "2026-03-02"})
    assert reading(kept).row(OFFICE, "agreement", "A1", None)["data"]["in_force"] is False
    assert reading(kept).row(OFFICE, "agreement", "A1", START)["data"]["in_force"] is True


def test_auditors_find_the_events_of_rows_in_the_sealed_log(kept: Trial) -> None:
    added(kept, {**A1, "note": "备注"})
    kept.open()
    Sealer(kept.app).run_once(kept.clock.now())
    found = Reading(kept.app).audit(AUDITOR, EventFilter(workflow="agreement"), cursor=None, limit=10)
    (event,) = found["events"]
    assert (event["kind"], event["action"], event["registry"], event["key"]) == ("registry", "add", "agreement", "A1")
    assert event["delta"]["note"] == "备注"
    assert event["log_index"] in {1, 2}
    everything = Reading(kept.app).audit(AUDITOR, EventFilter(), cursor=None, limit=10)["events"]
    assert sorted(each["kind"] for each in everything) == ["open", "registry"]
