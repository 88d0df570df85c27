"""The story of a case as its trail tells it: who did what and when, where the case then stood, and why each date is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.clock import Instant, parse_instant, to_datetime
from engine.core.case import CLOCK
from engine.core.compiled import Process
from engine.core.explain import explain
from engine.core.ledger import Ledger
from engine.core.refusals import label
from engine.core.wording import with_party, with_period
from engine.definition.calendars import Calendar
from engine.definition.periods import WORKING_DAYS
from engine.definition.process import RungTime
from engine.errors import NotFound, Text
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.recording import to_case
from engine.runtime.views import event_view, state_title
from engine.store.cases import get_case
from engine.store.trail import StoredEvent, events_of_case

Json = dict[str, Any]
PAGE = 500

COUNTED = frozenset({"armed", "resumed", "extended", "recomputed", "remaining", "restarted"})
"""What gives a deadline its date; the reasons for the date are told then."""

KINDS: Mapping[str, Text] = {
    "open": {"zh-CN": "提出", "en": "Opened"},
    "comment": {"zh-CN": "留言", "en": "Comment"},
    "correction": {"zh-CN": "更正", "en": "Correction"},
    "migration": {"zh-CN": "流程版本迁移", "en": "Moved to another version"},
    "calendar": {"zh-CN": "工作日历有变，重新计算期限", "en": "Counted again, for the calendar has changed"},
}
OPERATIONS: Mapping[str, Text] = {
    "armed": {"zh-CN": "起算", "en": "begins"},
    "waiting": {"zh-CN": "待起算", "en": "waits for its date"},
    "paused": {"zh-CN": "暂停计时", "en": "stands still"},
    "resumed": {"zh-CN": "恢复计时", "en": "runs on"},
    "extended": {"zh-CN": "延期", "en": "extended"},
    "recomputed": {"zh-CN": "重新计算", "en": "counted again"},
    "fired": {"zh-CN": "提醒", "en": "rung"},
    "noted": {"zh-CN": "补记", "en": "noted after a stop"},
    "met": {"zh-CN": "按期完成", "en": "met"},
    "late": {"zh-CN": "逾期完成", "en": "met late"},
    "missed": {"zh-CN": "逾期未完成", "en": "missed"},
    "cancelled": {"zh-CN": "取消", "en": "cancelled"},
    "ended": {"zh-CN": "终止", "en": "ended"},
    "kept": {"zh-CN": "保留期限", "en": "keeps its date"},
    "remaining": {"zh-CN": "按剩余期限续算", "en": "goes on with what was left"},
    "restarted": {"zh-CN": "重新起算", "en": "begins anew"},
    "restored": {"zh-CN": "恢复原期限", "en": "as before the migration"},
}


def timeline(application: Application, principal: Principal, case_id: str, language: str) -> list[Json]:
    """Read the story of a case. Local times are of the calendar's zone. Raises NotFound."""
    with application.store.read() as reader:
        row = get_case(reader, principal.org, case_id)
        if row is None:
            raise NotFound("case", case_id)
        stored: list[StoredEvent] = []
        while page := events_of_case(reader, principal.org, case_id, after=len(stored), limit=PAGE):
            stored += page
    process = application.registry.process(principal.org, row.workflow, row.definition_version, row.digest)
    if not principal.takes_part_in(process.definition) and row.opened_by != principal.id:
        raise NotFound("case", case_id)
    tellers: dict[str, _Teller] = {}
    case, entries = to_case(row), []
    for each in stored:  # an event speaks the language of the version it was recorded under
        body = event_view(process, case, principal, each)
        if body["digest"] not in tellers:
            then = application.registry.process(principal.org, row.workflow, body["definition"], body["digest"])
            tellers[body["digest"]] = _Teller(then, application.calendars[then.definition.calendar], language)
        entries.append(tellers[body["digest"]].entry(each, body))
    return entries


class _Teller:
    def __init__(self, process: Process, calendar: Calendar, language: str) -> None:
        self.process = process
        self.definition = process.definition
        self.calendar = calendar
        self.language = language
        self.titles = {spec.name: spec.title for spec in process.transitions.values()}

    def entry(self, stored: StoredEvent, body: Json) -> Json:
        """Tell one event."""
        event = stored.event
        told: Json = {
            "seq": event.seq,
            "at": body["occurred_at"],
            "local": local_time(self.calendar, event.occurred_at),
            "kind": event.kind,
            "actor": event.actor,
            "role": self.role(event.role),
            "action": event.action,
            "what": self.what(body),
            "where": [state_title(self.process, leaf, self.language) for leaf in body["after"]],
            "moved": body["before"] != body["after"],
            "deadlines": list(self.deadlines(body, event.recorded_at)),
        }
        if event.recorded_at != event.occurred_at:
            told["recorded_at"] = body["recorded_at"]
        if isinstance(reason := body.get("reason"), str):
            told["reason"] = reason
        if recipients := body.get("notify"):
            told["told"] = sorted({self.role(each["role"]) for each in recipients if each.get("role")})
            if raised := [self.role(each["role"]) for each in recipients if each.get("as") == "escalation"]:
                told["escalated_to"] = raised
        told.update({name: body[name] for name in ("number", "outcome") if name in body})
        return told

    def what(self, body: Json) -> str:
        """Say what was done."""
        if body["kind"] in KINDS:
            return label(KINDS[body["kind"]], self.language)
        if body["kind"] == "rung":
            return f"{self.deadline(body['action'])} · {self.rung(body['action'], body['notes']['rung'])}"
        return label(self.titles[body["action"]], self.language) if body["action"] in self.titles else str(body["action"])

    def deadlines(self, body: Json, now: Instant) -> Iterator[Json]:
        """Tell what happened to deadlines, and where one got its date, how."""
        kept = body.get("delta", {}).get("deadlines", {}).values()
        ledgers = {ledger["n"]: ledger for ledger in kept if ledger is not None}
        for fact in body.get("deadlines", ()):
            told = {
                "name": fact["name"],
                "title": with_party(
                    with_period(self.deadline(fact["name"]), fact.get("period"), self.language), fact.get("party"), self.language
                ),
                "op": fact["op"],
                "text": label(OPERATIONS[fact["op"]], self.language) if fact["op"] in OPERATIONS else fact["op"],
            }
            if "due" in fact:
                told["due"] = fact["due"]
                told["local_due"] = self.local_due(parse_instant(fact["due"]))
            ledger = ledgers.get(fact["n"])
            if fact["op"] in COUNTED and ledger is not None:
                told["why"] = self.why(Ledger.from_json(ledger), now)
                told["provisional"] = ledger["provisional"]
            yield told

    def why(self, ledger: Ledger, now: Instant) -> list[str]:
        """Give the steps by which a date came about, and the rest days in between that do not count."""
        story = explain(self.definition.deadlines[ledger.name], ledger, self.calendar, now, self.language, states=self.definition.states)
        why = [step["text"] for step in story["steps"]]
        resting = [day["reason"] for day in story["days"] if day["rule"] == WORKING_DAYS and not day["works"]]
        if resting:
            why.insert(-1, self.passed_over(resting))
        return why

    def passed_over(self, reasons: list[str]) -> str:
        """Say how many rest days do not count, and what they are."""
        if self.language.startswith("zh"):
            return f"其间休息日{len(reasons)}天不计入：{'、'.join(dict.fromkeys(reasons))}"
        return f"{len(reasons)} rest days in between do not count: {', '.join(dict.fromkeys(reasons))}"

    def deadline(self, name: str) -> str:
        """Give the title of a deadline; of one that this version does not have, its name."""
        declared = self.definition.deadlines.get(name)
        return name if declared is None else label(declared.title, self.language)

    def rung(self, deadline: str, at: str) -> str:
        """Say which rung of a deadline it was."""
        for rung in self.definition.deadlines[deadline].rungs:
            if rung.at.text == at:
                return label(rung.title or rung_text(rung.at), self.language)
        return at

    def role(self, role: str) -> str:
        """Give the title of a role."""
        if role == CLOCK:
            return "系统时钟" if self.language.startswith("zh") else "clock"
        found = self.definition.roles.get(role)
        return role if found is None else label(found.title, self.language)

    def local_due(self, instant: Instant) -> str:
        """Write a due instant as people say it: the end of a day is 24:00 of that day, not 00:00 of the next."""
        moment = to_datetime(instant).astimezone(self.calendar.zone)
        if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
            return f"{to_datetime(instant - 1).astimezone(self.calendar.zone):%Y-%m-%d} 24:00"
        return f"{moment:%Y-%m-%d %H:%M}"


def local_time(calendar: Calendar, instant: Instant) -> str:
    """Write an instant in the zone of a calendar."""
    return f"{to_datetime(instant).astimezone(calendar.zone):%Y-%m-%d %H:%M}"


def rung_text(at: RungTime) -> Text:
    """Say when a rung fires."""
    if at.share is not None:
        return {"zh-CN": f"期限已过{at.share}%", "en": f"{at.share} % of the term"}
    if at.before is not None:
        return {"zh-CN": f"到期前{at.before.text('zh-CN')}", "en": f"{at.before} before it is due"}
    if at.after is not None:
        return {"zh-CN": f"到期后{at.after.text('zh-CN')}", "en": f"{at.after} after it was due"}
    return {"zh-CN": "到期", "en": "due"} if at.text == "due" else {"zh-CN": "起算", "en": "start"}
