"""What Prometheus reads: a few series, true to what happened, for whoever has the right, and nothing about persons."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from engine.runtime.tally import Tally
from tests.api.conftest import Site

FAMILIES = {
    "yishi_http_requests": "counter",
    "yishi_http_request_duration_seconds": "histogram",
    "yishi_lane_waiting": "gauge",
    "yishi_lane_commits": "counter",
    "yishi_lane_batch_commands": "histogram",
    "yishi_rungs_fired": "counter",
    "yishi_sweep_lag_seconds": "gauge",
    "yishi_unsealed_events": "gauge",
    "yishi_cases_open": "gauge",
}


def scraped(site: Site) -> dict[str, list[Sample]]:
    answer = site.get("/metrics", "monitor")
    assert answer.status_code == 200, answer.text
    return {family.name: family.samples for family in text_string_to_metric_families(answer.text)}


def value(families: dict[str, list[Sample]], name: str, **labels: str) -> float:
    """Add up the samples of a name that have these labels."""
    family = name.removesuffix("_total").removesuffix("_count").removesuffix("_sum")
    return sum(each.value for each in families[family] if each.name == name and labels.items() <= each.labels.items())


def test_the_series_are_these_each_with_its_type_and_what_it_is(site: Site) -> None:
    text = site.get("/metrics", "monitor").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    ours = {name: family.type for name, family in families.items() if name.startswith("yishi_")}
    assert ours == FAMILIES
    assert all(families[name].documentation for name in FAMILIES)
    assert "process_resident_memory_bytes" in families


def test_they_are_for_whoever_watches_over_the_service_and_nobody_else(site: Site) -> None:
    assert site.get("/metrics").status_code == 401
    assert site.get("/metrics", "li").status_code == 403
    for who in ("admin", "monitor"):
        assert site.get("/metrics", who).status_code == 200
    assert site.get("/v1/cases", "monitor").json()["cases"] == []


def test_the_form_is_the_one_that_is_accepted(site: Site) -> None:
    assert site.get("/metrics", "monitor").headers["Content-Type"].startswith("text/plain; version=")
    open_metrics = site.get("/metrics", "monitor", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


def test_requests_are_counted_by_the_address_as_it_is_declared(site: Site) -> None:
    case = site.opened()
    before = scraped(site)
    for _ in range(3):
        site.get(f"/v1/cases/{case['id']}", "li")
    site.get(f"/v1/cases/{case['id']}", "stranger")
    site.send("GET", "/no/such/place", "li")
    site.send("BREW", "/v1/cases", "li")
    after = scraped(site)

    def more(**labels: str) -> float:
        return value(after, "yishi_http_requests_total", **labels) - value(before, "yishi_http_requests_total", **labels)

    assert more(method="GET", route="/v1/cases/{case_id}", status="200") == 3
    assert more(method="GET", route="/v1/cases/{case_id}", status="404") == 1
    assert more(method="GET", route="-", status="404") == 1
    assert more(method="other", status="405") == 1
    assert more(route="/metrics") == 1
    took = value(after, "yishi_http_request_duration_seconds_count") - value(before, "yishi_http_request_duration_seconds_count")
    assert took == 7


def test_commits_and_what_shared_them_are_counted(each_site: Site) -> None:
    before = scraped(each_site)
    for _ in range(4):
        each_site.opened()
    refused = each_site.post("/v1/cases", "li", {"workflow": "petition", "data": {}})
    assert refused.status_code == 409
    after = scraped(each_site)
    commits, batches, works = (
        value(after, name, lane="main") - value(before, name, lane="main")
        for name in ("yishi_lane_commits_total", "yishi_lane_batch_commands_count", "yishi_lane_batch_commands_sum")
    )
    assert (commits, batches, works) == (4, 4, 4)
    assert value(after, "yishi_lane_waiting", lane="main") == 0


def test_open_cases_unsealed_events_and_rungs_are_told(each_site: Site) -> None:
    case, _ = each_site.opened(), each_site.opened()
    found = scraped(each_site)
    assert value(found, "yishi_cases_open", workflow="petition") == 2
    assert value(found, "yishi_unsealed_events") == 2
    assert value(found, "yishi_sweep_lag_seconds") == 0
    assert value(found, "yishi_rungs_fired_total") == 0
    due = each_site.get(f"/v1/cases/{case['id']}/deadlines", "li").json()["deadlines"][0]["due"]
    each_site.acted(case, "accept")
    assert each_site.post("/v1/clock/advance", "operator", {"to": due}).status_code == 200
    assert value(scraped(each_site), "yishi_rungs_fired_total") == 2


def test_nothing_in_it_names_a_person_or_a_case(site: Site) -> None:
    case = site.opened()
    site.acted(case, "accept")
    site.get(f"/v1/cases/{case['id']}/events", "li")
    text = site.get("/metrics", "monitor").text
    assert case["id"] not in text
    assert not re.search(r"\b(li|zhao|monitor|yk_\w+)\b", text)


def test_a_tally_cumulates_its_classes() -> None:
    tally = Tally((1, 2.5, 10))
    for size in (1, 2, 2.5, 11):
        tally.note(size)
    assert (list(tally.cumulated()), tally.total) == ([("1", 1), ("2.5", 3), ("10", 3), ("+Inf", 4)], 16.5)
