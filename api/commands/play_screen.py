"""What `yishi play` shows: where the case stands, what is due, what may whom do, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.text import Text

from api.commands.screen import show_line, show_table
from engine.clock import Instant
from engine.core.case import EMPTY
from engine.core.deadlines import is_overdue
from engine.core.ledger import Ledger
from engine.core.refusals import label
from engine.core.rungs import next_rung
from engine.core.wording import attendance_in_words, is_attendance
from engine.definition.process import ROOT
from engine.errors import Refusal
from engine.proof.playing import Happened, Offer, Playing
from engine.proof.scenario_checks import told
from engine.proof.scenario_play import Played, due_day, local

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "not_open": "尚未提出",
        "ended": "已结束",
        "due": "到期",
        "overdue": "已逾期",
        "provisional": "暂定",
        "waiting": "未起算",
        "running": "计时中",
        "paused": "暂停计时",
        "next": "下一次提醒",
        "nobody": "没有人可以操作；可以 wait",
        "depends": "取决于",
        "told": "通知",
        "escalated": "提请",
        "refused": "系统操作被拒绝",
        "nothing": "没有到期的提醒",
        "undone": "已撤回一步",
        "no_undo": "没有可以撤回的步骤",
        "given_up": "已放弃，未作改动",
        "no_rung": "没有待触发的提醒",
        "no_case": "尚未提出，没有可等的",
        "back": "只能往后：现在是",
        "which": "没有这个编号",
        "help": (
            "编号 或 操作名 [by 角色] [as 人] [of 单位]　　办理；表单逐项填写，单独一个 . 表示放弃\n"
            "wait 15 working days | wait until 2026-03-09 17:30 | wait next　　时间过去，到期的提醒会触发\n"
            "why 操作名　　为什么不能办　　data　　已填数据　　undo　　撤回一步　　quit　　结束并打印为场景"
        ),
    },
    "en": {
        "not_open": "not opened yet",
        "ended": "ended",
        "due": "due",
        "overdue": "overdue",
        "provisional": "provisional",
        "waiting": "not counting yet",
        "running": "running",
        "paused": "paused",
        "next": "next rung",
        "nobody": "nobody can act here; time can: wait",
        "depends": "depends on",
        "told": "told",
        "escalated": "escalated to",
        "refused": "what the clock would do was refused",
        "nothing": "no rung fired",
        "undone": "one step back",
        "no_undo": "there is no step to go back",
        "given_up": "given up; nothing has changed",
        "no_rung": "no rung is waiting to fire",
        "no_case": "no case is open yet",
        "back": "time only goes on: it is",
        "which": "there is no such number",
        "help": (
            "NUMBER, or ACT [by ROLE] [as PERSON] [of UNIT]: take an act; its form is asked field by field, a lone . gives up\n"
            "wait 15 working days | wait until 2026-03-09 17:30 | wait next: let time pass, rungs fire on the way\n"
            "why ACT: every reason why not    data: what was filled in    undo: one step back    quit: end, and print the way as a scenario"
        ),
    },
}


class Screen:
    """Prints for people, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = WORDS[language]

    def say(self, text: str) -> None:
        """Print a line."""
        show_line(text)

    def position(self, playing: Playing, offers: list[Offer]) -> None:
        """Print where the case stands and what may whom do."""
        self.say("")
        show_line(f"{local(playing.process.calendar, playing.position.now)}  {self.where(playing)}", style="bold")
        show_table(("", "", "", ""), [("  " + name, *rest) for name, *rest in self.deadlines(playing)])
        allowed = [offer for offer in offers if offer.allowed]
        rows = [
            (f"{number:>3}", label(offer.title, self.language), offer.act, offer.role, self.depends(offer))
            for number, offer in enumerate(allowed, 1)
        ]
        show_table(("", "", "", "", ""), [tuple(Text(cell, style="green") for cell in row) for row in rows])
        show_table(("", "", "", ""), [tuple(Text(cell, style="dim") for cell in row) for row in self.refused(offers)])
        if not allowed and playing.position.case is not None and not playing.position.case.has_ended:
            self.say(self.words["nobody"])

    def where(self, playing: Playing) -> str:
        """Say where the case stands: the titles of its states, and their names."""
        case = playing.position.case
        definition = playing.process.definition
        if case is None:
            return f"{label(definition.title, self.language)} {definition.workflow} {definition.version}: {self.words['not_open']}"
        titles = []
        for leaf in case.configuration:
            line = [path for path in reversed(definition.states[leaf].line) if path != ROOT]
            titles.append(f"{' · '.join(label(definition.states[path].title, self.language) for path in line)} ({leaf})")
        number = f"{case.number}  " if case.number else ""
        ended = f"  {self.words['ended']}: {case.outcome}" if case.has_ended else ""
        return number + " / ".join(titles) + ended

    def deadlines(self, playing: Playing) -> Iterable[tuple[str, str, str, str]]:
        """Give a row for each live deadline: what, when, how it stands, what comes next."""
        case, calendar = playing.position.case, playing.process.calendar
        for kept in (case.snapshot.get("deadlines", EMPTY) if case is not None else EMPTY).values():
            ledger = Ledger.from_json(kept)
            due = f"{self.words['due']} {due_day(calendar, ledger.due)}" if ledger.due is not None else ""
            marks = [self.words["overdue"]] if is_overdue(ledger, playing.position.now) else [self.words[ledger.status]]
            marks += [self.words["provisional"]] if ledger.provisional else []
            pending = next_rung(ledger)
            following = f"{self.words['next']} {pending[1]} {self.time(playing, pending[0])}" if pending is not None else ""
            title = label(playing.process.definition.deadlines[ledger.name].title, self.language)
            yield f"{title} {ledger.key}", due, ", ".join(marks), following

    def time(self, playing: Playing, instant: Instant) -> str:
        """Show an instant."""
        return local(playing.process.calendar, instant)

    def depends(self, offer: Offer) -> str:
        """Say which fields of its own form an act still hangs on."""
        return f"{self.words['depends']} {', '.join(offer.depends_on)}" if offer.depends_on else ""

    def refused(self, offers: list[Offer]) -> Iterable[tuple[str, str, str, str]]:
        """Give a row for each act that is refused; roles with the same reasons share one."""
        found = [offer for offer in offers if not offer.allowed]
        for (act, reasons), group in groupby(found, key=lambda offer: (offer.act, self.reasons(offer.refusals))):
            same = list(group)
            yield "  –", label(same[0].title, self.language), act, f"{', '.join(each.role for each in same)}: {reasons}"

    def reasons(self, refusals: Iterable[Refusal]) -> str:
        """Write reasons on one line."""
        return "; ".join(f"{each.code} {label(each.message, self.language)}" for each in refusals)

    def why(self, offers: list[Offer]) -> None:
        """Print every reason, with its facts, for each role."""
        for offer in offers:
            self.say(f"{offer.act}, {offer.role}: {'✓ ' + self.depends(offer) if offer.allowed else ''}".rstrip())
            self.refusals(offer.refusals)

    def refusals(self, refusals: Iterable[Refusal]) -> None:
        """Print reasons, one to a line, with their facts."""
        for each in refusals:
            facts = ", ".join(f"{name}: {value}" for name, value in each.facts.items())
            self.say(f"  {each.code}: {label(each.message, self.language)}" + (f" ({facts})" if facts else ""))

    def happened(self, playing: Playing, happened: Happened) -> None:
        """Print what a step led to."""
        for each in happened.played:
            self.say(self.line(playing, each))
        self.refusals(happened.refusals)

    def line(self, playing: Playing, played: Played) -> str:
        """Tell one command that was taken."""
        decision = played.decision
        what = f"{decision.action}: {decision.rung.rung}" if decision.rung is not None else f"{decision.action} ({decision.role})"
        moved = f" → {', '.join(decision.case.configuration)}" if decision.before != decision.case.configuration else ""
        text = f"{self.time(playing, played.after.now)}  {what}{moved}"
        informed = told([decision])
        escalated = [task.task["role"] for task in decision.tasks if task.op == "opened" and task.task.get("kind") == "escalation"]
        refused = [each["code"] for each in decision.notes.get("refused", ())]
        for word, names in (("told", informed), ("escalated", escalated), ("refused", refused)):
            text += f"  {self.words[word]}: {', '.join(names)}" if names else ""
        return text

    def data(self, playing: Playing) -> None:
        """Print what was filled in."""
        case, items = playing.position.case, playing.process.definition.data
        found = case.data.items() if case is not None else ()
        rows = (
            (name, attendance_in_words(value, self.language) if is_attendance(value) else value) for name, value in found if value != []
        )
        show_table(("", "", ""), [(name, label(items[name].title, self.language), value) for name, value in rows])


def as_json(playing: Playing, offers: list[Offer], language: str) -> dict[str, Any]:
    """Give a position for programs; acts that are open are numbered as they are for people."""
    case, calendar = playing.position.case, playing.process.calendar
    allowed = [offer for offer in offers if offer.allowed]
    kept = case.snapshot.get("deadlines", EMPTY) if case is not None else EMPTY
    return {
        "now": local(calendar, playing.position.now),
        "configuration": list(case.configuration) if case is not None else None,
        "outcome": case.outcome if case is not None else None,
        "number": case.number if case is not None else None,
        "data": dict(case.data) if case is not None else {},
        "deadlines": {name: None if (due := Ledger.from_json(each).due) is None else due_day(calendar, due) for name, each in kept.items()},
        "allowed": [{"number": number, "act": each.act, "role": each.role} for number, each in enumerate(allowed, 1)],
        "refused": [
            {"act": each.act, "role": each.role, "refusals": refusals_as_json(each.refusals, language)}
            for each in offers
            if not each.allowed
        ],
    }


def refusals_as_json(refusals: Iterable[Refusal], language: str) -> list[dict[str, Any]]:
    """Give reasons for programs."""
    return [{"code": each.code, "message": label(each.message, language), **each.facts} for each in refusals]
