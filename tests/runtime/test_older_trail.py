"""Trails are kept for decades: what was written before form 2 of events is read, verified and gone on with as what is written now."""

from __future__ import annotations

from typing import Any

import orjson

from engine.core.chain import verify_chain
from engine.runtime.rebuilding import rebuilt, whole_body
from engine.store.trail import StoredEvent, events_of_case
from tests.application import DAY, ORG, Trial
from tests.older_trail import HOMES, LAST, PLACES, hangs_together, older_case


def events(office: Trial, case_id: str) -> list[StoredEvent]:
    with office.app.store.read() as reader:
        return events_of_case(reader, ORG, case_id)


def broken(stored: list[StoredEvent]) -> list[int]:
    return verify_chain([each.event.body.encode() for each in stored], [each.event.hash for each in stored])


def of_rows(name: str, value: Any) -> list[Any]:
    return [row[name] for row in value]


def test_older_events_tell_the_whole_list_each_time(office: Trial) -> None:
    """So the other tests here do read what form 1 was."""
    bodies = [whole_body(each) for each in events(office, older_case(office.app))]
    assert [body["v"] for body in bodies] == [1] * LAST
    visits = [body["delta"]["data"]["visits"] for body in bodies if body["action"] == "visit"]
    counts = [body["delta"]["data"]["counts"] for body in bodies if body["action"] == "count"]
    assert [of_rows("place", told) for told in visits] == [["东街"], ["东街", "西街"], ["东街", "西街", "南街"]]
    assert [of_rows("homes", told) for told in counts] == [[11], [11, 12], [11, 12, 13]]


def test_a_case_is_rebuilt_from_older_events_as_its_row_has_it(office: Trial) -> None:
    case_id = older_case(office.app)
    stored, case = events(office, case_id), office.case(case_id)
    assert rebuilt(stored) == case
    assert of_rows("place", case.data["visits"]) == [*PLACES]
    for seq, (visits, counts) in enumerate([(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)], 1):
        then = rebuilt(stored[:seq])
        assert then is not None
        assert of_rows("place", then.data.get("visits", ())) == [*PLACES[:visits]]
        assert of_rows("homes", then.data.get("counts", ())) == [*HOMES[:counts]]


def test_the_chain_of_an_older_trail_is_whole_and_a_changed_byte_breaks_it(office: Trial) -> None:
    stored = events(office, older_case(office.app))
    assert hangs_together(stored)
    assert broken(stored) == []
    changed = stored[4].event._replace(body=stored[4].event.body.replace('"homes":11', '"homes":10'))
    stored[4] = stored[4]._replace(event=changed)
    assert not hangs_together(stored)
    assert broken(stored) == [4]


def test_an_act_on_a_case_with_an_older_trail_goes_on_in_the_form_of_now(office: Trial) -> None:
    case_id = older_case(office.app)
    head = office.case(case_id).head
    office.act(case_id, "visit", data={"visits": [{"place": "北街"}]})
    office.act(case_id, "count", data={"counts": {"homes": 14}})
    stored, case = events(office, case_id), office.case(case_id)
    visit, count = (whole_body(each) for each in stored[LAST:])

    assert [orjson.loads(each.event.body)["v"] for each in stored] == [1] * LAST + [2, 2]
    assert visit["prev"] == head
    assert of_rows("place", visit["delta"]["data"]["visits"]["+"]) == ["北街"]
    assert of_rows("homes", count["delta"]["data"]["counts"]["+"]) == [14]
    assert of_rows("place", case.data["visits"]) == [*PLACES, "北街"]
    assert of_rows("homes", case.data["counts"]) == [*HOMES, 14]
    assert case.data["visited"] == len(PLACES) + 1
    assert rebuilt(stored) == case
    assert hangs_together(stored)
    assert broken(stored) == []


def test_deadlines_of_a_case_with_an_older_trail_fire_and_end(office: Trial) -> None:
    case_id = older_case(office.app)
    office.clock.instant += 40 * DAY
    office.app.service.fire_due(office.clock.now(), 50).result()
    office.act(case_id, "close")
    stored, case = events(office, case_id), office.case(case_id)
    assert [(body["v"], body["kind"], body["action"]) for body in map(whole_body, stored[LAST:])] == [
        (2, "rung", "rounds.close"),
        (2, "act", "close"),
    ]
    assert case.outcome == "success"
    assert rebuilt(stored) == case
    assert broken(stored) == []
