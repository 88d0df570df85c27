"""Pictures of published definitions."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from engine.proof.diagram.pictures import Pictures
from tests.api.conftest import Site


def test_a_version_is_drawn_in_the_language_asked_for(site: Site) -> None:
    for language, owner in (("en", "Owner: "), ("zh-CN", "承办：")):
        answer = site.get("/v1/definitions/petition/1/diagram.svg", "zhao", language=language)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.headers["vary"] == "Accept-Language"
        assert ET.fromstring(answer.text).get("lang") == language  # noqa: S314  our own
        assert owner in answer.text


def test_a_picture_opened_by_itself_may_run_and_load_nothing(site: Site) -> None:
    headers = site.get("/v1/definitions/petition/1/diagram.svg", "zhao").headers
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_version_is_written_for_mermaid(site: Site) -> None:
    answer = site.get("/v1/definitions/petition/1/diagram.mmd", "zhao")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/vnd.mermaid")
    assert "stateDiagram-v2" in answer.text


def test_what_is_not_there_is_not_drawn_and_a_key_is_needed(site: Site) -> None:
    for form in ("svg", "mmd"):
        assert site.get(f"/v1/definitions/petition/99/diagram.{form}", "zhao").status_code == 404
        assert site.get(f"/v1/definitions/nothing/1/diagram.{form}", "zhao").status_code == 404
        assert site.get(f"/v1/definitions/petition/1/diagram.{form}").status_code == 401


def test_without_elkjs_it_is_told_what_to_run_and_mermaid_goes_on(site: Site, tmp_path: Path) -> None:
    site.desk.pictures = Pictures(tmp_path / "nothing installed")
    answer = site.get("/v1/definitions/petition/1/diagram.svg", "zhao")
    assert answer.status_code == 503
    assert answer.json()["code"] == "drawing_unavailable"
    assert "make assets" in answer.json()["detail"]
    assert site.get("/v1/definitions/petition/1/diagram.mmd", "zhao").status_code == 200
