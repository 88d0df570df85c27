"""What `yishi simulate` shows to people: one table for each question, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.commands.screen import show_line, show_table
from engine.core.compiled import Process
from engine.core.refusals import label
from engine.definition.terms import parse_term

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "head": "{title}：自{begin}起{term}，种子 {seed}",
        "assumed": "以下是按假设推演的结果，不是预测：每周提出{arrivals}件；全部假设见 --show-assumptions",
        "weekly": "（各日不等）",
        "cases": "提出 {opened} 件，办结 {ended} 件，在办 {open} 件",
        "length": "已办结的用时（工作日）：中位 {median}，九成不超过 {p90}",
        "not_opened": "未能提出：{codes}",
        "months": "逐月",
        "month": "月份",
        "opened": "提出",
        "ended": "办结",
        "open": "月末在办",
        "outcomes": "结果",
        "outcome": "结果",
        "count": "件数",
        "share": "占比",
        "median": "中位",
        "p90": "九成以内",
        "states": "环节停留（工作日）",
        "state": "环节",
        "stays": "次数",
        "now": "仍在",
        "waited": "其中等待",
        "deadlines": "期限",
        "deadline": "期限",
        "armed": "起算",
        "met": "按期",
        "late": "逾期办结",
        "running": "未结",
        "past_due": "未结且逾期",
        "overdue": "逾期率",
        "rungs": "到期提醒与提级",
        "rung": "时点",
        "fired": "触发",
        "does": "作用",
        "told": "提醒",
        "escalates": "提请{role}",
        "acts": "自动办理：{act}",
        "refused": "被拒绝 {n} 次",
        "roles": "工作量",
        "role": "角色",
        "act_count": "办理",
        "a_week": "每周",
        "busiest": "最忙一周",
        "tasks": "在手任务",
        "most": "最多",
        "escalations": "提级",
        "path": "关键路径：总用时由哪些期限决定（仅计已办结的）",
        "days_a_case": "每件天数",
        "leads": "居首件数",
        "without": "（无期限）{states}",
        "stuck": "无人能推进的事项",
        "why": "原因",
    },
    "en": {
        "head": "{title}: {term} from {begin}, seed {seed}",
        "assumed": "what follows from assumptions, not a forecast: {arrivals} cases a week; --show-assumptions prints them all",
        "weekly": "not equally many",
        "cases": "opened {opened}, ended {ended}, open {open}",
        "length": "those that ended took (working days): median {median}, nine in ten at most {p90}",
        "not_opened": "could not be opened: {codes}",
        "months": "Month by month",
        "month": "month",
        "opened": "opened",
        "ended": "ended",
        "open": "open at its end",
        "outcomes": "Outcomes",
        "outcome": "outcome",
        "count": "cases",
        "share": "share",
        "median": "median",
        "p90": "p90",
        "states": "Dwell time by state (working days)",
        "state": "state",
        "stays": "stays",
        "now": "still there",
        "waited": "of it waiting",
        "deadlines": "Deadlines",
        "deadline": "deadline",
        "armed": "armed",
        "met": "met",
        "late": "late",
        "running": "running",
        "past_due": "past due",
        "overdue": "overdue",
        "rungs": "Rungs and escalations",
        "rung": "rung",
        "fired": "fired",
        "does": "does",
        "told": "tells",
        "escalates": "escalates to {role}",
        "acts": "takes {act}",
        "refused": "refused {n} times",
        "roles": "Workload",
        "role": "role",
        "act_count": "acts",
        "a_week": "a week",
        "busiest": "busiest week",
        "tasks": "open tasks",
        "most": "most",
        "escalations": "escalations",
        "path": "Critical path: which deadlines make up the length (of cases that ended)",
        "days_a_case": "days a case",
        "leads": "leads in",
        "without": "(no deadline) {states}",
        "stuck": "Cases nobody can move",
        "why": "why",
    },
}


class Screen:
    """Prints a simulation. ``processes``: the workflows by name, the one that was simulated first."""

    def __init__(self, processes: Mapping[str, Process], language: str) -> None:
        self.processes, self.language = processes, language
        self.process = next(iter(processes.values()))
        self.words = WORDS[language]

    def show(self, found: Mapping[str, Any]) -> None:
        """Print all of it."""
        self.summary(found)
        self.section(found)
        self.roles(found["roles"])
        main = self.process
        for name, part in found["related"].items():
            self.process = self.processes[name]
            show_line("")
            show_line(f"{label(self.process.definition.title, self.language)} {name}", style="bold")
            self.counts(part["cases"])
            self.section(part)
        self.process = main

    def section(self, found: Mapping[str, Any]) -> None:
        """Print what was found about one workflow."""
        self.table("months", ("month", "opened", "ended", "open"), found["months"])
        self.outcomes(found["outcomes"])
        self.states(found["states"])
        self.deadlines(found["deadlines"])
        self.rungs(found["rungs"])
        self.path(found["critical_path"])
        self.rows("stuck", ("state", "count", "why"), [(self.state(row["state"]), row["cases"], row["codes"]) for row in found["stuck"]])

    def summary(self, found: Mapping[str, Any]) -> None:
        """Print what was simulated and how many cases there were."""
        assumed, cases = found["assumptions"], found["cases"]
        title, term = label(self.process.definition.title, self.language), parse_term(assumed["for"]).text(self.language)
        show_line(self.words["head"].format(title=title, begin=assumed["from"], term=term, seed=found["seed"]), style="bold")
        arrivals = f"{assumed['arrivals']:g}" if isinstance(assumed["arrivals"], float) else self.words["weekly"]
        show_line(self.words["assumed"].format(arrivals=arrivals), style="dim")
        self.counts(cases)

    def counts(self, cases: Mapping[str, Any]) -> None:
        """Print how many cases there were, and how long they took."""
        show_line(self.words["cases"].format(**cases))
        if cases["days"] is not None:
            show_line(self.words["length"].format(**cases["days"]))
        if cases["not_opened"]:
            show_line(self.words["not_opened"].format(codes=", ".join(f"{code} {many}" for code, many in cases["not_opened"].items())))

    def outcomes(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print how cases ended."""
        cells = [(self.state(row["state"]), row["outcome"], row["cases"], per_cent(row["share"]), *spread(row["days"])) for row in rows]
        self.rows("outcomes", ("state", "outcome", "count", "share", "median", "p90"), cells)

    def states(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print how long stays lasted."""
        cells = [
            (self.state(row["state"]), row["stays"], row["open"], *spread(row["days"]), (row["waited"] or {}).get("median"))
            for row in rows
            if row["stays"]
        ]
        self.rows("states", ("state", "stays", "now", "median", "p90", "waited"), cells)

    def deadlines(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print how deadlines ended."""
        counts = ("armed", "met", "late", "running", "past_due")
        cells = [(self.deadline(row["deadline"]), *(row[key] for key in counts), per_cent(row["overdue"])) for row in rows if row["armed"]]
        self.rows("deadlines", ("deadline", *counts, "overdue"), cells)

    def rungs(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print which rungs fired."""
        cells = [(self.deadline(row["deadline"]), row["at"], row["fired"], self.does(row)) for row in rows if row["fired"]]
        self.rows("rungs", ("deadline", "rung", "fired", "does"), cells)

    def does(self, row: Mapping[str, Any]) -> str:
        """Say what a rung does."""
        if row["escalates"]:
            return self.words["escalates"].format(role=self.role(row["escalates"]))
        if row["acts"]:
            refused = f", {self.words['refused'].format(n=row['refused'])}" if row["refused"] else ""
            return self.words["acts"].format(act=label(self.process.title_of(row["acts"]), self.language)) + refused
        return self.words["told"]

    def roles(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print who had how much to do."""
        counts = ("acts", "acts_a_week", "busiest_week", "tasks", "most_tasks", "escalations")
        cells = [(self.role(row["role"]), *(row[key] for key in counts)) for row in rows]
        self.rows("roles", ("role", "act_count", "a_week", "busiest", "tasks", "most", "escalations"), cells)

    def path(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print which deadlines make up the length."""
        cells = [(self.governed(row), per_cent(row["share"]), row["days_a_case"], row["cases"], row["leads"]) for row in rows]
        self.rows("path", ("deadline", "share", "days_a_case", "count", "leads"), cells)

    def governed(self, row: Mapping[str, Any]) -> str:
        """Name a deadline of the critical path, or the states that stand under none."""
        if row["deadline"] is not None:
            return self.deadline(row["deadline"])
        return self.words["without"].format(states=", ".join(map(self.state, row["states"])))

    # --- names ------------------------------------------------------------------------------------------------------

    def state(self, path: str) -> str:
        """Name a state by its title and its path; of another workflow its name stands before a slash."""
        process, own = self.of(path)
        return f"{label(process.states[own].title, self.language)} {path}"

    def deadline(self, name: str) -> str:
        """Name a deadline by its title and its full name."""
        process, own = self.of(name)
        return f"{label(process.definition.deadlines[own].title, self.language)} {name}"

    def of(self, name: str) -> tuple[Process, str]:
        """Give the workflow that a name is of, and the name it has there."""
        workflow, slash, own = name.partition("/")
        return (self.processes[workflow], own) if slash else (self.process, name)

    def role(self, name: str) -> str:
        """Name a role by its title."""
        roles = (process.definition.roles.get(name) for process in (self.process, *self.processes.values()))
        found = next((role for role in roles if role is not None), None)
        return name if found is None else label(found.title, self.language)

    # --- tables -----------------------------------------------------------------------------------------------------

    def table(self, title: str, keys: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Print rows whose keys are the words of the heads."""
        self.rows(title, keys, [tuple(row[key] for key in keys) for row in rows])

    def rows(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table below its title; none where there is nothing in it."""
        if rows:
            show_line("")
            show_line(self.words[title], style="bold")
            show_table([self.words[head] for head in heads], rows)


def spread(days: Mapping[str, float] | None) -> tuple[object, object]:
    """Give median and 90th percentile as cells."""
    return (None, None) if days is None else (days["median"], days["p90"])


def per_cent(share: float | None) -> str:
    """Give a share as a cell."""
    return "" if share is None else f"{share:.1%}"
