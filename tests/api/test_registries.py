"""Registries over HTTP: rows are read, changed on the version that was seen, and exchanged as files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from anyio.to_thread import run_sync
from python_calamine import CalamineWorkbook

from engine.clock import SECOND, parse_instant, rfc3339, to_datetime
from engine.scheduler.sealer import Sealer
from tests.api.conftest import Site
from tests.registers import A1, A2, AGREEMENT, LEDGER

YAML = {"Content-Type": "application/yaml"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
CSV = {"Content-Type": "text/csv"}
PATH = "/v1/registries/agreement"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = 24 * 3600 * SECOND


@pytest.fixture
def kept(start: Callable[..., Site]) -> Site:
    """A site with the registries published."""
    site = start(publish=False)
    answer = site.post("/v1/definitions", "admin", content=f"{AGREEMENT}---\n{LEDGER}", headers=YAML)
    assert answer.status_code == 201, answer.text
    return site


def added(site: Site, values: dict[str, Any], who: str = "li") -> httpx2.Response:
    return site.post(PATH, who, {"data": values})


def altered(site: Site, how: str, body: dict[str, Any], version: int = 1, who: str = "li", key: str = "A1") -> httpx2.Response:
    headers = {"If-Match": f'"{version}"'}
    if how == "change":
        return site.send("PATCH", f"{PATH}/{key}", who, json=body, headers=headers)
    return site.post(f"{PATH}/{key}/{how}", who, body, headers=headers)


def listed(site: Site, query: str = "", who: str = "li") -> list[str]:
    answer = site.get(f"{PATH}{query}", who)
    assert answer.status_code == 200, answer.text
    return [row["key"] for row in answer.json()["items"]]


def test_registries_are_published_like_workflows(start: Callable[..., Site]) -> None:
    site = start(publish=False)
    tried = site.post("/v1/definitions?dry_run=true", "admin", content=AGREEMENT, headers=YAML)
    first = site.post("/v1/definitions", "admin", content=AGREEMENT, headers=YAML)
    again = site.post("/v1/definitions", "admin", content=AGREEMENT, headers=YAML)
    assert [answer.status_code for answer in (tried, first, again)] == [200, 201, 200]
    registry = first.json()
    assert (registry["registry"], registry["version"], registry["new"]) == ("agreement", 1, True)
    wrong = site.post("/v1/definitions", "admin", content=AGREEMENT.replace("row.until", "row.til"), headers=YAML)
    assert (wrong.status_code, wrong.json()["problems"][0]["rule"]) == (422, "expression.type")
    dated = site.post("/v1/definitions?effective_from=2027-01-01", "admin", content=AGREEMENT, headers=YAML)
    assert (dated.status_code, dated.json()["violations"][0]["in"]) == (422, "query")
    assert site.post("/v1/definitions", "li", content=AGREEMENT, headers=YAML).status_code == 403
    nothing = site.post("/v1/definitions", "admin", content=b"null", headers={"Content-Type": "application/json"})
    assert (nothing.status_code, nothing.json()["problems"][0]["rule"]) == (422, "yaml.empty")


def test_a_row_is_added_looked_at_changed_corrected_retired_and_restored(kept: Site) -> None:
    made = added(kept, {**A1, "until": "9000-01-01"})
    assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{PATH}/A1", '"1"')
    assert kept.get(made.headers["Location"], "zhao").json()["data"]["in_force"] is True
    changed = altered(kept, "change", {"data": {"until": "2020-01-01", "since": None}, "reason": "续签"})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json()["data"]["in_force"] is False
    assert altered(kept, "corrections", {"data": {"meetings": 3}, "reason": "录入有误"}, 2).status_code == 200
    assert altered(kept, "retire", {"reason": "终止"}, 3).json()["retired"] is True
    assert altered(kept, "restore", {"reason": "恢复"}, 4).json()["retired"] is False
    seen = kept.get(f"{PATH}/A1", "li")
    assert seen.headers["ETag"] == '"5"'
    assert [entry["action"] for entry in seen.json()["history"]] == ["add", "change", "correct", "retire", "restore"]
    assert seen.json()["history"][1]["changes"][0] == {"field": "since", "before": "2026-01-01", "after": None}


def test_a_change_is_decided_on_the_version_that_was_seen(kept: Site) -> None:
    added(kept, A1)
    without = kept.send("PATCH", f"{PATH}/A1", "li", json={"data": {}, "reason": "x"})
    assert (without.status_code, without.json()["code"]) == (428, "version_required")
    altered(kept, "change", {"data": {"meetings": 1}, "reason": "x"})
    stale = altered(kept, "change", {"data": {"meetings": 2}, "reason": "x"})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')
    (change,) = stale.json()["changes"]
    assert (change["version"], change["action"], change["actor"]) == (2, "change", "li")


def test_what_is_refused_says_why_and_its_status_says_what_would_help(kept: Site) -> None:
    added(kept, A1)

    def told(answer: httpx2.Response) -> tuple[int, list[str]]:
        return answer.status_code, [refusal["code"] for refusal in answer.json()["refusals"]]

    assert told(added(kept, A1)) == (409, ["row_exists"])
    assert told(added(kept, A2, "zhao")) == (403, ["wrong_role"])
    assert told(added(kept, {"code": "A3", "until": "soon"})) == (422, ["invalid_field"])
    assert told(altered(kept, "restore", {"reason": "x"})) == (409, ["row_not_retired"])
    assert altered(kept, "change", {"data": {}}).status_code == 422
    assert altered(kept, "change", {"data": {}, "reason": "x"}, key="A9").status_code == 404
    for who in ("stranger", "qian"):
        assert kept.get("/v1/registries/report_to_party", who).status_code == 404
    chinese = kept.post(PATH, "li", {"data": {"code": "A3", "until": "soon"}}, language="zh-CN").json()
    assert chinese["refusals"][0]["message"].startswith("有效期至：应为日期")


def test_a_request_with_a_key_is_done_once(kept: Site) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = kept.post(PATH, "li", {"data": A1}, headers=headers)
    again = kept.post(PATH, "li", {"data": A1}, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_registries_and_rows_are_listed_for_who_may_look(kept: Site) -> None:
    added(kept, A1)
    (only,) = kept.get("/v1/registries", "zhao").json()["registries"]
    assert (only["registry"], only["rows"], only["may_keep"]) == ("agreement", 1, False)
    assert [field["field"] for field in only["fields"]] == [
        "code",
        "partner",
        "since",
        "until",
        "topics",
        "meetings",
        "fund",
        "renewed",
        "note",
        "in_force",
        "label",
    ]
    assert kept.get("/v1/registries", "stranger").json() == {"registries": []}
    assert "phone" not in kept.get(f"{PATH}/A1", "zhao").json()["data"]


def test_rows_are_filtered_paged_and_read_as_they_stood(kept: Site) -> None:
    added(kept, A1)
    before = kept.desk.application.now()
    after = before + 2 * DAY
    assert kept.post("/v1/clock/advance", "operator", {"to": rfc3339(after)}).status_code == 200
    added(kept, A2)
    assert listed(kept, "?where=topics:youth") == ["A2"]
    assert listed(kept, "?where=topics:law&where=partner:court") == ["A1"]
    assert listed(kept, f"?as_of={to_datetime(before).astimezone(ZONE).date()}") == ["A1"], "as at the end of that day"
    assert listed(kept, f"?as_of={to_datetime(after).astimezone(ZONE).isoformat()}") == ["A1", "A2"]
    assert listed(kept, f"?as_of={rfc3339(before - 1)}") == []
    page = kept.get(f"{PATH}?limit=1&where=topics:law&where=renewed:false", "li")
    following = page.headers["Link"].split(">")[0].removeprefix("<")
    assert page.json()["items"][0]["key"] == "A1"
    assert [row["key"] for row in kept.get(following, "li").json()["items"]] == ["A2"]
    wrong = kept.get(f"{PATH}?where=colour:red&where=meetings:many", "li")
    assert (wrong.status_code, [each["code"] for each in wrong.json()["violations"]]) == (422, ["unknown_field", "invalid_field"])
    assert kept.get(f"{PATH}?where=colour", "li").status_code == 422
    assert kept.get(f"{PATH}?as_of=yesterday", "li").status_code == 422


def test_what_is_exported_can_be_imported_again_as_it_is(kept: Site) -> None:
    added(kept, {**A1, "note": "=1+1"})
    added(kept, A2)
    for form, headers in (("xlsx", XLSX), ("csv", CSV)):
        for language in ("zh-CN", "en"):
            file = kept.get(f"{PATH}/export?format={form}", "li", language=language)
            assert file.headers["Content-Type"].startswith(headers["Content-Type"])
            assert "attachment" in file.headers["Content-Disposition"]
            report = kept.post(f"{PATH}/import?reason=x", "li", content=file.content, headers=headers)
            assert report.status_code == 200, report.text
            assert report.json()["unchanged"] == 2


def test_an_export_shows_no_more_than_its_reader_may_see(kept: Site) -> None:
    added(kept, A1)
    heads = CalamineWorkbook.from_filelike(io.BytesIO(kept.get(f"{PATH}/export", "zhao", language="zh-CN").content))
    assert "联系电话" not in heads.get_sheet_by_index(0).to_python()[0]
    assert kept.get(f"{PATH}/export", "stranger").status_code == 404
    lines = kept.get(f"{PATH}/export?format=csv&where=partner:justice", "li").text.splitlines()
    assert len(lines) == 1


def test_an_import_takes_all_of_a_file_or_nothing_and_names_every_bad_cell(kept: Site) -> None:
    bad = "编号,有效期至,会商次数\nB1,2026-06-30,1\nB2,2026-06-31,两次\n".encode()
    refused = kept.post(f"{PATH}/import?reason=x", "li", content=bad, headers=CSV)
    assert (refused.status_code, refused.json()["code"], refused.json()["total"]) == (422, "import_refused", 2)
    assert [(fault["row"], fault["column"], fault["field"], fault["found"]) for fault in refused.json()["faults"]] == [
        (3, "B", "until", "2026-06-31"),
        (3, "C", "meetings", "两次"),
    ]
    assert listed(kept) == []
    good = bad.replace(b"31,", b"30,").replace("两次".encode(), b"2")
    tried = kept.post(f"{PATH}/import?reason=x&dry_run=true", "li", content=good, headers=CSV)
    assert (tried.json()["added"], tried.json()["dry_run"], listed(kept)) == (2, True, [])
    headers = {**CSV, "Idempotency-Key": "k"}
    done = kept.post(f"{PATH}/import?reason=x", "li", content=good, headers=headers)
    assert (done.status_code, done.json()["added"], listed(kept)) == (200, 2, ["B1", "B2"])
    assert kept.post(f"{PATH}/import?reason=x", "li", content=good, headers=headers).content == done.content


def test_an_import_that_cannot_be_read_or_may_not_be_done_says_so(kept: Site) -> None:
    def code(answer: httpx2.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["code"]

    assert code(kept.post(f"{PATH}/import?reason=x", "li", content=b"hello", headers=XLSX)) == (422, "file_refused")
    assert code(kept.post(f"{PATH}/import?reason=x", "li", content=b"{}", headers={"Content-Type": "application/json"})) == (
        415,
        "unsupported_media_type",
    )
    assert code(kept.post(f"{PATH}/import", "li", content=b"code\nB1\n", headers=CSV)) == (422, "invalid_input")
    assert code(kept.post(f"{PATH}/import?reason=x", "zhao", content=b"code\nB1\n", headers=CSV)) == (403, "refused")
    assert code(kept.post(f"{PATH}/import?reason=x", "stranger", content=b"code\nB1\n", headers=CSV)) == (404, "not_found")


def test_import_and_export_are_no_rows(kept: Site) -> None:
    answer = kept.send("PATCH", f"{PATH}/export", "li", json={"data": {}, "reason": "x"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert kept.get(f"{PATH}/import", "li").status_code == 405
    added(kept, {"code": "imports"})
    assert kept.get(f"{PATH}/imports", "li").status_code == 200


def test_the_events_of_rows_stand_in_the_trail_of_the_organisation(kept: Site) -> None:
    added(kept, A1)
    kept.portal.call(seal, kept)
    (event,) = kept.get("/v1/audit/events?workflow=agreement", "auditor").json()["events"]
    assert (event["kind"], event["registry"], event["key"], event["action"]) == ("registry", "agreement", "A1", "add")
    assert parse_instant(event["recorded_at"])


async def seal(site: Site) -> None:
    application = site.desk.application
    await run_sync(lambda: Sealer(application).run_once(application.now()))
