"""Indicators over HTTP: counted over a time, as of a time, each workflow apart."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from api.schemas.indicators import FigureAnswer, IndicatorList
from engine.definition.calendar_files import load_calendars
from engine.runtime.application import opened
from engine.runtime.figures import Figures
from engine.runtime.headline import headlines, read_headlines
from engine.runtime.playbook import read_playbook
from engine.scheduler.year import YearPlayer
from engine.scheduler.year_stage import set_stage
from engine.store.migration import migrate
from tests.api.conftest import PETITION, SHIPPED, Site, settings_for

SECOND = (
    PETITION.replace("version: 1", "version: 2", 1)
    + """indicators:
  petitions: {title: {zh-CN: 微建议件数, en: Petitions}, count: cases, by: data.parts, per: month, shown_as: at_least}
  accepted: {title: {zh-CN: 采纳率, en: Accepted}, share: count('accept') > 0, shown_as: about}
"""
)


@pytest.fixture
def counted(start: Callable[..., Site], database_url: str) -> Site:
    """Two petitions, one of them accepted, on each database."""
    site = start(database_url=database_url)
    answer = site.post("/v1/definitions", "admin", content=SECOND, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 201, answer.text
    first = site.opened()
    site.acted(first, "accept")
    site.opened(data={"topic": "树", "parts": 3})
    return site


def asked(site: Site, address: str, who: str = "li", language: str = "en") -> Any:
    answer = site.get(f"/v1/indicators{address}", who, language=language)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_indicators_are_listed_in_the_order_of_the_file(counted: Site) -> None:
    found = asked(counted, "")
    IndicatorList.model_validate(found)
    assert [("petition", 2, "petitions", "Petitions"), ("petition", 2, "accepted", "Accepted")] == [
        (each["workflow"], each["version"], each["key"], each["title"]) for each in found["indicators"]
    ]


def test_an_indicator_is_counted_and_a_bound_is_shown_as_one(counted: Site) -> None:
    found = asked(counted, "/petitions")
    FigureAnswer.model_validate(found)
    (view,) = found["indicators"]
    assert {(1, 1, "at least 1"), (3, 1, "at least 1")} == {
        (each["by"][0]["value"], each["value"], each["shown"]) for each in view["figures"]
    }
    assert [(None, 2, "at least 2")] == [(each["period"], each["value"], each["shown"]) for each in view["whole"]]
    (share,) = asked(counted, "/accepted", language="zh-CN")["indicators"][0]["figures"]
    assert ("0.5000", 1, 2, "约 50.00 %") == tuple(share[name] for name in ("value", "numerator", "denominator", "shown"))


def test_figures_are_of_a_time_and_as_of_a_time(counted: Site) -> None:
    now = asked(counted, "/petitions")["as_of"]
    day = now[:10]
    assert counted.post("/v1/clock/advance", "operator", {"to": f"{int(day[:4]) + 1}-02-01T00:00:00Z"}).status_code == 200
    counted.opened()

    def whole(query: str) -> int:
        return int(asked(counted, f"/petitions?{query}")["indicators"][0]["whole"][0]["value"])

    assert [3, 2, 1, 2] == [whole(""), whole(f"to={day}T23:59:59Z"), whole(f"from={int(day[:4]) + 1}-01-01"), whole(f"as_of={now}")]


def test_a_wrong_time_and_an_unknown_key_are_answered_with_the_way_out(counted: Site) -> None:
    wrong = counted.get("/v1/indicators/petitions?as_of=2999-01-01", "li")
    assert (422, "in_the_future") == (wrong.status_code, wrong.json()["violations"][0]["code"])
    unknown = counted.get("/v1/indicators/petition", "li")
    assert (404, True) == (unknown.status_code, "petitions" in unknown.text)
    assert 422 == counted.get("/v1/indicators/petitions?from=spring", "li").status_code
    assert 404 == counted.get("/v1/indicators/petitions", "stranger").status_code


def test_the_headline_figures_of_a_year_are_those_that_http_answers(start: Callable[..., Site], tmp_path: Path) -> None:
    place, year, url = "xingtai", SHIPPED / "demo" / "year", f"sqlite:///{tmp_path / 'year.db'}"
    books = read_playbook(year, load_calendars(SHIPPED / "calendars")["cn"], only=[place], share=20)
    migrate(url)
    with opened(settings_for(url, tmp_path), serve=True) as application:
        set_stage(application, books)
        assert YearPlayer(application, books).play().faults == []
        rows = headlines(Figures(application), [each for each in read_headlines(year / "figures.yaml") if each.place == place])
    assert {row.shape.of for row in rows} >= {"all", "fed_back", "instructed", "due"}
    site = start(database_url=url, publish=False, organisation=place)
    for row in rows:
        shape = row.shape
        given = {"from": shape.since, "to": shape.until, "workflow": shape.workflow}
        query = urlencode({name: value for name, value in given.items() if value is not None})
        (view,) = asked(site, f"/{shape.indicator}?{query}", "auditor")["indicators"]
        cells = [*(view["whole"] if not shape.by else ()), *view["figures"]]
        answered = [
            (Fraction(str(each["value"])) if each["numerator"] is None else each["numerator"], each["denominator"])
            for each in cells
            if each["of"] == shape.of and each["at"] is None and (not shape.by or [str(by["value"]) for by in each["by"]] == shape.by)
        ]
        assert (row.here if row.numerator is None else row.numerator, row.denominator) in answered, shape.id
