"""A registry and a ledger that the tests of all rooms keep."""

from __future__ import annotations

from typing import Any

from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.registries import PublishedRegistry
from engine.runtime.row_reading import RowFilter, RowReading
from tests.application import ADMIN, ORG, Trial

AGREEMENT = """\
registry: agreement
title: 协同协议
key: code
kept_by: [office]
seen_by: [member]
fields:
  code:     {type: text, title: 编号, max: 20}
  partner:  {type: unit, title: 协同单位}
  since:    {type: date, title: 签订日期}
  until:    {type: date, title: 有效期至}
  topics:   {type: tags, title: 领域, options: {law: 法治, trade: 营商, youth: 未成年人}}
  meetings: {type: int, title: 会商次数, default: 0}
  fund:     {type: decimal, scale: 2, title: 经费}
  renewed:  {type: bool, title: 已续签, default: false}
  note:     {type: text, title: 备注}
  phone:    {type: text, title: 联系电话, seen_by: office, sensitive: true}
  in_force: {type: bool, title: 有效, compute: today <= row.until}
  label:    {type: text, title: 名称, compute: "row.code + ' ' + row.partner"}
"""
LEDGER = """\
registry: report_to_party
title: 请示报告台账
key: number
kept_by: office
ledger: true
fields:
  number: {type: text, title: 编号}
  on:     {type: date, title: 日期}
  matter: {type: text, title: 事项}
"""

OFFICE = Principal("li", ORG, frozenset({"office"}))
OTHER = Principal("wang", ORG, frozenset({"office"}))
MEMBER = Principal("zhao", ORG, frozenset({"member"}))
STRANGER = Principal("qian", ORG, frozenset({"resident"}))
AUDITOR = Principal("sun", ORG, frozenset({"auditor"}))

A1 = {"code": "A1", "partner": "court", "since": "2026-01-01", "until": "2026-06-30", "topics": ["law"], "phone": "0311-8600"}
A2 = {"code": "A2", "partner": "procuratorate", "until": "2026-03-01", "topics": ["law", "youth"]}


def published(office: Trial, text: str = AGREEMENT, **more: Any) -> list[PublishedRegistry]:
    """Publish registries."""
    done = publish(office.app, ADMIN, [(text, "registry.yaml")], **more)
    return [each for each in done if isinstance(each, PublishedRegistry)]


def added(office: Trial, values: dict[str, Any], registry: str = "agreement", principal: Principal = OFFICE) -> dict[str, Any]:
    """Add a row and give it."""
    row: dict[str, Any] = office.app.rows.add(principal, registry, values).result().json()
    return row


def altered(office: Trial, key: str, action: str, values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Change, correct, retire or restore a row and give it."""
    registry, principal = more.pop("registry", "agreement"), more.pop("principal", OFFICE)
    told: Any = {"reason": "依来函", **more}
    row: dict[str, Any] = office.app.rows.alter(principal, registry, key, action, values=values or {}, **told).result().json()  # type: ignore[arg-type]
    return row


def reading(office: Trial) -> RowReading:
    """Give the door for reading rows."""
    return RowReading(office.app)


def keys(office: Trial, principal: Any = OFFICE, **only: Any) -> list[str]:
    """Give the keys of the agreements that somebody finds."""
    found = reading(office).rows(principal, "agreement", RowFilter(**only), "zh-CN", cursor=None, limit=50)
    return [each["key"] for each in found["items"]]
