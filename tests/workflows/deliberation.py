"""The shipped process of member deliberation through the one door, on a manual clock, by the people of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.case import Case
from tests.town import Facts, Matter, Town

TOPIC: Mapping[str, Any] = {"topic": "推动解决小区未通天然气问题", "source": "member", "channel": "three_services"}

WAY: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("committee", "submit", {}),
    ("secretary", "approve", {"tests_met": ["small_entry", "close"]}),
    ("office", "research_plan.attach", {}),
    ("office", "start_research", {"researchers": ["member", "committee"]}),
    ("member", "visit_site", {"visits": {"place": "小区", "finding": "楼内管道已预埋"}}),
    ("committee", "hold_symposium", {"talks": {"with": "区住建局、燃气公司", "gist": "比选接入方案"}}),
    ("office", "research_report.attach", {}),
    ("office", "draft_solution", {}),
    ("office", "preliminary_solution.attach", {}),
    ("office", "conclude", {}),
    ("office", "close_session", {"agreed": True, "attended": 34}),
    ("office", "minutes.attach", {}),
    ("office", "issue_minutes", {}),
    ("leader", "instruct", {"instruction": "请区住建局牵头。", "department": "housing_bureau"}),
    ("assessment", "assign", {"assessment_item": "小区管道天然气开通"}),
    ("housing", "complete", {"result": "小区管道天然气正式开通。"}),
    ("office", "confirm_effect", {"outcome_kind": "solved"}),
    ("office", "invite", {"evaluator": "evaluation_agency"}),
    ("evaluator", "evaluation_report.attach", {}),
    ("evaluator", "record_score", {"score": "92.5"}),
    ("office", "close", {}),
)
"""Who does what when all goes well: a committee's topic from its submission to its closing."""


class Deliberation(Matter):
    """One case of the process, not opened at first, and all that its tests do with it and ask about it."""

    def __init__(self, town: Town) -> None:
        super().__init__(town, "")

    def at(self, local: str) -> None:
        """Move the clock to a local time; what is due on the way fires at its own instant."""
        self.town.at(local)

    def open(self, by: str = "committee", *, settings: Mapping[str, Any] | None = None, **form: Any) -> Case:
        """Open the case; `form` adds to a committee's topic, or with None takes away from it."""
        self.id = self.town.open(by, "member_deliberation", settings=settings, **topic(form)).id
        return self.case

    def opening_refused(self, by: str, **form: Any) -> Facts:
        """Try an opening that must be refused; give the facts of each refusal by its code."""
        return self.town.opening_refused(by, "member_deliberation", **topic(form))

    def reach(self, place: str, *, without: frozenset[str] = frozenset()) -> None:
        """Open a committee's case and take it the ordinary way, some steps left out, until it stands in `place`."""
        self.open()
        self.go_on(place, without=without)

    def go_on(self, place: str, *, after: str | None = None, without: frozenset[str] = frozenset()) -> None:
        """Take the case further the ordinary way, from behind the step `after`, until it stands in `place`."""
        names = [action for _, action, _ in WAY]
        for by, action, form in WAY[names.index(after) + 1 if after else 0 :]:
            if self.here == place:
                return
            if action not in without:
                self.act(by, action, **form)
        assert self.here == place


def topic(changed: Mapping[str, Any]) -> dict[str, Any]:
    """A committee's topic with some entries changed, and without those that are None."""
    return {name: value for name, value in {**TOPIC, **changed}.items() if value is not None}
