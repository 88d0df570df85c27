"""The page of a case tells the cases it has to do with, by the words of their own workflows."""

from __future__ import annotations

import re

from engine.runtime.access import administrator_of_this_machine
from tests.console.browser import Page
from tests.console.conftest import START, Site

DIVIDED = """workflow: divided
version: 1
title: {zh-CN: 分办事项, en: Divided matter}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}, member: {zh-CN: 委员, en: Member}}
data:
  topic: {type: text, max: 200, title: {zh-CN: 议题, en: Topic}}
  units: {type: list, of: unit, default: [office_unit, other_unit], title: {zh-CN: 承办单位, en: Units}}
start: {by: member, form: [topic]}
initial: open
states:
  open:
    title: {zh-CN: 分办中, en: Open}
    owner: office
    children: {parts: {title: {zh-CN: 各单位办理, en: Parts}, workflow: part, for_each: data.units, key: each, waive: {by: office, reason: required}}}
    done: {to: over}
  over: {title: {zh-CN: 结束, en: Over}, final: true, outcome: success}
---
workflow: part
version: 1
title: {zh-CN: 单位办理, en: Part}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}}
initial: handling
states:
  handling:
    title: {zh-CN: 正在办理, en: Being handled}
    owner: office
    actions: {finish: {title: {zh-CN: 办结, en: Finish}, by: office, to: finished}}
  finished: {title: {zh-CN: 已办, en: Finished}, final: true, outcome: success}
"""


def test_a_child_stands_in_the_table_with_the_title_of_its_state(site: Site) -> None:
    application = site.desk.application
    operator = administrator_of_this_machine(application.org)
    site.do(lambda: application.registry.publish_all(operator, [(DIVIDED, "divided.yaml")], START))
    case = site.opened(workflow="divided")
    for language, title in (("zh-CN", "正在办理"), ("en", "Being handled")):
        html = site.signed_in("li", language).case(case).html
        (table,) = re.findall(r'<section aria-labelledby="[^"]*parts[^"]*">.*?</section>', html, re.DOTALL)
        rows = [Page(row).text for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]
        assert len(rows) == 2
        assert all(title in row and "handling" not in row for row in rows), rows
