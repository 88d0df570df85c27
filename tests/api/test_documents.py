"""Documents: the bytes arrive whole and as announced, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engine.runtime.documents import disposition_of, file_name_of, media_type_of
from tests.api.conftest import Site

REPORT = "调研报告".encode() * 1000


def upload(site: Site, case: dict[str, Any], who: str = "li", body: Any = REPORT, **asked: Any) -> httpx2.Response:
    content = body if isinstance(body, bytes) else REPORT
    query = {"document": "report", "filename": "报告.pdf", "sha256": hashlib.sha256(content).hexdigest(), **asked}
    headers = {"Content-Type": "application/pdf", **query.pop("headers", {})}
    return site.post(f"/v1/cases/{case['id']}/documents", who, params=query, content=body, headers=headers)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_document_is_handed_in_approved_and_fetched(each_site: Site, tmp_path: Path) -> None:
    case = each_site.acted(each_site.opened(), "accept", "recorder")
    attached = upload(each_site, case)
    assert attached.status_code == 200, attached.text
    kept = attached.json()["documents"]["report"]
    digest = hashlib.sha256(REPORT).hexdigest()
    assert (kept["sha256"], kept["size"], kept["media_type"], kept["by"]) == (digest, len(REPORT), "application/pdf", "li")
    assert files(tmp_path / "files") == [f"{digest[:2]}/{digest}"]
    case = attached.json()
    approved = each_site.post(
        f"/v1/cases/{case['id']}/documents/{kept['id']}/approve", "chair", {}, headers={"If-Match": f'"{case["version"]}"'}
    )
    assert approved.status_code == 200, approved.text
    assert approved.json()["documents"]["report"]["approved_by"] == "chair"
    (listed,) = each_site.get(f"/v1/cases/{case['id']}/documents", "zhao").json()["documents"]
    assert (listed["filename"], listed["seq"]) == ("报告.pdf", kept["seq"])
    fetched = each_site.get(f"/v1/cases/{case['id']}/documents/{listed['id']}", "zhao")
    assert fetched.content == REPORT
    assert fetched.headers["Content-Type"] == "application/pdf"
    assert fetched.headers["Content-Disposition"].endswith("filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert each_site.acted(approved.json(), "finish")["outcome"] == "success"


def test_what_arrives_otherwise_than_announced_is_not_kept(site: Site, tmp_path: Path) -> None:
    answer = upload(site, site.opened(), sha256="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (422, "digest_mismatch")
    assert answer.json()["sha256"] == hashlib.sha256(REPORT).hexdigest()
    assert files(tmp_path / "files") == []


@pytest.mark.parametrize("stated", [True, False])
def test_a_document_beyond_the_limit_is_not_kept(start: Callable[..., Site], tmp_path: Path, stated: bool) -> None:
    site = start(upload_limit=1_000)

    async def pieces() -> Any:
        for place in range(0, len(REPORT), 600):
            yield REPORT[place : place + 600]

    answer = upload(site, site.opened(), body=REPORT if stated else pieces())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert files(tmp_path / "files") == []


def test_who_may_not_attach_is_told_before_anything_is_kept(site: Site, tmp_path: Path) -> None:
    case = site.opened()
    answer = upload(site, case, "zhao")
    assert answer.status_code == 403
    assert [refusal["code"] for refusal in answer.json()["refusals"]] == ["wrong_role"]
    assert upload(site, case, document="reprot").json()["detail"] == "There is no document 'reprot', did you mean 'report'?"
    assert not (tmp_path / "files").exists()


def test_a_document_can_be_kept_first_and_attached_by_its_act(each_site: Site) -> None:
    case = each_site.opened()
    kept = upload(each_site, case, attach="false")
    assert (kept.status_code, kept.json()["seq"]) == (201, None)
    wrong = each_site.act(case, "accept", documents=[kept.json()["id"]])
    assert wrong.json()["violations"][0]["code"] == "wrong_action"
    taken = each_site.acted(case, "report.attach", documents=[kept.json()["id"]])
    assert taken["documents"]["report"]["id"] == kept.json()["id"]
    (listed,) = each_site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"]
    assert listed["seq"] == taken["seq"]
    again = each_site.act(taken, "report.attach", documents=[kept.json()["id"]])
    assert again.json()["violations"][0]["code"] == "attached_already"


def test_the_act_that_attaches_needs_a_document(site: Site) -> None:
    answer = site.act(site.opened(), "report.attach")
    assert (answer.status_code, [refusal["code"] for refusal in answer.json()["refusals"]]) == (409, ["missing_document"])


def test_the_same_upload_with_its_key_is_attached_once(site: Site) -> None:
    case = site.opened()
    first, again = (upload(site, case, headers={"Idempotency-Key": "k", "If-Match": '"1"'}) for _ in range(2))
    assert first.status_code == 200
    assert first.content == again.content
    assert len(site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"]) == 1
    other = upload(site, case, headers={"Idempotency-Key": "k", "If-Match": '"1"'}, filename="另.pdf")
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_document_that_is_only_kept_is_kept_once_too(site: Site) -> None:
    case = site.opened()
    first, again = (upload(site, case, attach="false", headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert len(site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"]) == 1


def test_a_key_does_not_help_who_may_not_attach(site: Site) -> None:
    case = site.opened()
    for attach in ("true", "false"):
        answer = upload(site, case, "zhao", attach=attach, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    assert site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"] == []


def test_documents_of_other_cases_are_not_there(site: Site) -> None:
    one, other = site.opened(), site.opened()
    document = upload(site, one).json()["documents"]["report"]["id"]
    assert site.get(f"/v1/cases/{other['id']}/documents/{document}", "li").status_code == 404
    assert site.get(f"/v1/cases/{one['id']}/documents/{document}", "stranger").status_code == 404


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\报告.docx", "报告.docx"),
        ("a\nb\r.pdf", "ab.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("..", "document"),
        ("", "document"),
        ("x" * 500 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_file_name_is_safe_to_save_under(stated: str, kept: str) -> None:
    assert file_name_of(stated) == kept


def test_no_file_name_breaks_out_of_its_header() -> None:
    assert disposition_of('a"; x="报.pdf') == "attachment; filename=\"a__ x___.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22%E6%8A%A5.pdf"


@pytest.mark.parametrize(
    ("stated", "kept"),
    [("text/HTML; charset=x", "text/html"), (None, "application/octet-stream"), ("a/b\r\nX: y", "application/octet-stream")],
)
def test_a_media_type_is_one_or_plain_bytes(stated: str | None, kept: str) -> None:
    assert media_type_of(stated) == kept
