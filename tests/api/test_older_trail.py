"""Over HTTP a case whose trail begins in an older form reads like any other."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync

from tests.api.conftest import Site
from tests.older_trail import HOMES, LAST, PLACES, older_case


def told(event: dict[str, Any], item: str) -> Any:
    return event["delta"]["data"][item]


def test_events_of_both_forms_are_told_whole_and_chained(each_site: Site) -> None:
    case_id = each_site.portal.call(run_sync, older_case, each_site.desk.application)
    case = each_site.get(f"/v1/cases/{case_id}", "li").json()
    assert [row["place"] for row in case["data"]["visits"]] == [*PLACES]
    case = each_site.acted(case, "visit", data={"visits": [{"place": "北街"}]})
    case = each_site.acted(case, "count", data={"counts": [{"homes": 14}]})

    events = each_site.get(f"/v1/cases/{case_id}/events", "li").json()["events"]
    assert [event["v"] for event in events] == [1] * LAST + [2, 2]
    assert [event["prev"] for event in events] == ["0" * 64, *(event["hash"] for event in events[:-1])]
    assert [row["place"] for row in told(events[LAST - 2], "visits")] == [*PLACES]
    assert [row["homes"] for row in told(events[LAST - 1], "counts")] == [*HOMES]
    assert [row["place"] for row in told(events[LAST], "visits")["+"]] == ["北街"]
    assert [row["homes"] for row in told(events[LAST + 1], "counts")["+"]] == [14]
    assert [row["place"] for row in case["data"]["visits"]] == [*PLACES, "北街"]
    assert [row["homes"] for row in case["data"]["counts"]] == [*HOMES, 14]
