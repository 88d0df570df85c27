"""The page of a case tells its parties: who was asked, what each said; and offers those that can be named."""

from __future__ import annotations

import re

import pytest

from engine.core.case import Case
from engine.runtime.access import administrator_of_this_machine
from tests.console.browser import Page
from tests.console.conftest import START, Site

SIGNING = """workflow: signing
version: 1
title: {zh-CN: 会签, en: Signing}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}, member: {zh-CN: 委员, en: Member}, chair: {zh-CN: 主席, en: Chair}}
data:
  topic: {type: text, max: 200, title: {zh-CN: 议题, en: Topic}}
  units: {type: list, of: unit, default: [office_unit, other_unit], title: {zh-CN: 会办单位, en: Units}}
start: {by: member, form: [topic]}
initial: open
states:
  open:
    title: {zh-CN: 会签中, en: Open}
    owner: office
    parties:
      co:
        title: {zh-CN: 会办意见, en: Opinions}
        role: office
        from: data.units
        verdicts: {agree: {zh-CN: 同意, en: agrees}, disagree: {zh-CN: 不同意, en: disagrees}}
        refusing: [disagree]
        waive: {by: office, reason: required}
    actions: {end: {title: {zh-CN: 办结, en: End}, by: office, signed: [co], to: over}}
  over: {title: {zh-CN: 结束, en: Over}, final: true, outcome: success}
"""


@pytest.fixture
def signing(site: Site) -> Case:
    application = site.desk.application
    operator = administrator_of_this_machine(application.org)
    site.do(lambda: application.registry.publish(operator, SIGNING, "signing.yaml", START))
    return site.opened(workflow="signing")


def rows(page: Page) -> list[str]:
    table = re.search(r'<section aria-labelledby="parties-co">.*?</section>', page.html, re.DOTALL)
    assert table is not None
    return [Page(row).text for row in re.findall(r"<tr>.*?</tr>", table[0], re.DOTALL)][1:]


def test_each_party_stands_in_a_table_with_what_it_said(site: Site, signing: Case) -> None:
    office = site.signed_in("li")
    assert ["区政协办公室 尚未签署", "other_unit 尚未签署"] == rows(office.case(signing))
    assert "会签：会办意见 还差2方" in office.case(signing).text

    page = office.acted(signing, "co.sign", data__verdict="disagree")

    assert ["区政协办公室 不同意 不通过 李明 · 2026年2月10日 09:00", "other_unit 尚未签署"] == rows(page)
    assert "区政协办公室：不同意" in page.text  # in the timeline


def test_who_can_be_named_is_offered_by_name(site: Site, signing: Case) -> None:
    page = site.signed_in("li").case(signing)

    assert ">区政协办公室</option>" in page.html
    assert ">other_unit</option>" in page.html


def test_a_gate_that_waits_says_for_whom(site: Site, signing: Case) -> None:
    assert "“会办意见”会签未完成（尚待会签：office_unit、other_unit）。" in site.signed_in("li").case(signing).text


def test_in_english_too(site: Site, signing: Case) -> None:
    page = site.signed_in("li", "en").acted(signing, "co.sign", data__verdict="agree")

    assert "Opinions 1 still awaited" in page.text
    assert ["District office agrees 李明 · 10 Feb 2026 09:00", "other_unit has not signed yet"] == rows(page)
