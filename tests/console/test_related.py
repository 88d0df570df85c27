"""The page of a case tells the cases it has to do with, by the words of their own workflows."""

from __future__ import annotations

import re

from engine.runtime.access import administrator_of_this_machine
from tests.console.browser import Page
from tests.console.conftest import START, Site, principal

DIVIDED = """workflow: divided
version: 1
title: {zh-CN: 分办事项, en: Divided matter}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}, member: {zh-CN: 委员, en: Member}}
data:
  topic: {type: text, max: 200, title: {zh-CN: 议题, en: Topic}}
  units: {type: list, of: unit, default: [office_unit, other_unit], title: {zh-CN: 承办单位, en: Units}}
  people: {type: list, of: person, default: [zhao], title: {zh-CN: 承办人, en: People}}
start: {by: member, form: [topic]}
initial: open
states:
  open:
    title: {zh-CN: 分办中, en: Open}
    owner: office
    children: {parts: {title: {zh-CN: 各单位办理, en: Parts}, workflow: part, for_each: data.units, key: each, waive: {by: office, reason: required}}}
    done: {to: asking}
  asking:
    title: {zh-CN: 约谈中, en: Asking}
    owner: office
    children: {talks: {title: {zh-CN: 约谈, en: Talks}, workflow: part, for_each: data.people, key: each}}
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

TIED = """workflow: question
version: 1
title: {zh-CN: 质询事项, en: Question}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}, member: {zh-CN: 委员, en: Member}}
data:
  topic: {type: text, max: 200, title: {zh-CN: 议题, en: Topic}}
links: {replies: {workflow: reply, inverse: question}}
start: {by: member, form: [topic]}
initial: open
states:
  open:
    title: {zh-CN: 待答复, en: Open}
    owner: office
    actions:
      ask: {title: {zh-CN: 交办, en: Ask}, by: office, open: {link: replies}}
      close: {title: {zh-CN: 办结, en: Close}, by: office, to: closed}
  closed: {title: {zh-CN: 已办结, en: Closed}, final: true, outcome: success}
---
workflow: reply
version: 1
title: {zh-CN: 答复函, en: Letter of reply}
language: [zh-CN, en]
calendar: cn
number: {series: reply, per: year, format: "{year}复{n}", at: sign}
roles: {office: {zh-CN: 办公室, en: Office}}
links: {question: {workflow: question, inverse: replies}}
initial: drafting
states:
  drafting:
    title: {zh-CN: 起草中, en: Being drafted}
    owner: office
    actions: {sign: {title: {zh-CN: 签发, en: Sign}, by: office, to: signed}}
  signed:
    title: {zh-CN: 已签发, en: Signed}
    owner: office
    actions: {send: {title: {zh-CN: 送达, en: Send}, by: office, to: sent}}
  sent: {title: {zh-CN: 已送达, en: Sent}, final: true, outcome: success}
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


def test_a_child_that_is_for_a_person_is_named_by_them(site: Site) -> None:
    application = site.desk.application
    operator = administrator_of_this_machine(application.org)
    site.do(lambda: application.registry.publish_all(operator, [(DIVIDED, "divided.yaml")], START))
    case = site.opened(workflow="divided")
    delivered(site)
    for child in site.desk.reading.related(principal("li"), case.id, "en")["children"][0]["cases"]:
        site.act(site.desk.reading.seen(principal("li"), child["id"]).case, "finish")
    delivered(site)
    (table,) = re.findall(r'<section aria-labelledby="related-talks">.*?</section>', site.signed_in("li").case(case).html, re.DOTALL)
    assert "赵强 正在办理" in " ".join(Page(table).text.split())


def delivered(site: Site) -> None:
    """Wait until the cases have told each other everything."""
    while site.do(lambda: site.desk.application.service.deliver().result()):
        pass


def test_a_linked_case_is_named_by_its_workflow_and_its_opening_until_it_has_a_number(site: Site) -> None:
    application = site.desk.application
    operator = administrator_of_this_machine(application.org)
    site.do(lambda: application.registry.publish_all(operator, [(TIED, "tied.yaml")], START))
    case = site.opened(workflow="question")
    site.act(case, "ask")
    delivered(site)

    def linked(language: str, to: str, back: str) -> str:
        page = site.signed_in("li", language).case(to)
        (table,) = re.findall(rf'<section aria-labelledby="related-{back}">.*?</section>', page.html, re.DOTALL)
        return " ".join(Page(table).text.split())

    (reply,) = (each["id"] for each in site.desk.reading.related(principal("li"), case.id, "en")["links"][0]["cases"])
    assert linked("zh-CN", case.id, "replies") == "相关事项：答复函 答复函（2026年2月10日 09:00提出） 起草中"
    assert linked("en", case.id, "replies") == "Related cases: Letter of reply Letter of reply (opened 10 Feb 2026 09:00) Being drafted"
    assert linked("en", reply, "question") == "Related cases: Question Question (opened 10 Feb 2026 09:00) Open"
    for action in ("sign", "send"):
        site.act(site.desk.reading.seen(principal("li"), reply).case, action)
    delivered(site)
    assert linked("zh-CN", case.id, "replies") == "相关事项：答复函 2026复1 办结"
