"""Supervision: themes (X2), from clue to report and back (X4), its figures (X1, X3, X5), linked levels (P4), measures (T3b), partners (H7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town, local, somebody

pytestmark = pytest.mark.carried_by("democratic_supervision")

OFFICE, HEAD, LEADER, INSPECTION = "office", "secretary", "leader", "assessment"
SQUAD = "squad"
OTHER_SQUAD = somebody("other_leader", "squad", unit="squad_2")
OFFICER = "resident"
THEMES = ("projects", "tax_per_mu", "pollution", "civilised_city", "safety")


def clue(town: Town, by: Any = OFFICER, **more: Any) -> Matter:
    """A clue that a recruited supervisor handed in."""
    given = {"clue_source": "officer", "theme": "pollution", "text": "河道排污", "squad": "squad_1", **more}
    return town.open(by, "supervision_issue", **given)


def waiting(town: Town, kind: str = "problem", **more: Any) -> Matter:
    """An issue that waits for the weekly report."""
    issue = clue(town, **more)
    issue.attach(OFFICER, "evidence")
    issue.act(SQUAD, "verify", kind=kind, urgent=False)
    return issue


def weekly(town: Town, monday: str) -> Matter:
    """The weekly report that opens by itself."""
    town.at(f"{monday} 09:00")
    return town.cases("special_report")[0]


def sent_up(report: Matter) -> None:
    """The office draws the report up and the secretary-general sends it."""
    report.act(OFFICE, "edit")
    report.attach(OFFICE, "report")
    report.act(HEAD, "report.approve")
    report.act(HEAD, "send_up")


def instructed(report: Matter, *issues: Matter) -> dict[str, Matter]:
    """A leader orders, and the inspection offices break it down; the tasks by issue."""
    report.act(LEADER, "instruct", instruction_kind="order", instruction="请限期整改")
    report.act(
        INSPECTION,
        "decompose",
        tasks=[{"issue": each.id, "department": "housing_bureau", "demand": "整改", "due": "2026-06-10"} for each in issues],
    )
    return {str(task.data["issue"]["id"]): task for task in report.children("tasks")}


def fed_back(task: Matter, *, solved: bool = True) -> None:
    """The department reports and the inspection offices accept it."""
    task.attach("housing", "feedback")
    task.act("housing", "report", solved=solved, measures="已整改")
    task.act(INSPECTION, "accept")


def certified(issue: Matter) -> None:
    """The squad saw that it is solved."""
    issue.attach(INSPECTION, "feedback_report")
    issue.act(SQUAD, "certify", effect="河水变清")


# --- X2, P4(d) ------------------------------------------------------------------------------------------------------


def test_x2_each_issue_has_one_of_four_themes_and_one(town: Town) -> None:
    given: dict[str, Any] = {"clue_source": "officer", "text": "河道排污", "squad": "squad_1"}
    assert town.opening_refused(OFFICER, "supervision_issue", **given)["missing_field"]["missing"] == "theme"
    assert "invalid_field" in town.opening_refused(OFFICER, "supervision_issue", **given, theme="traffic")
    assert [town.open(OFFICER, "supervision_issue", **given, theme=theme).data["theme"] for theme in THEMES] == [*THEMES]


def test_p4_supervision_may_be_linked_with_bodies_of_other_levels(town: Town) -> None:
    linked = clue(town, linked_with=["county_north", "county_south"])
    assert (linked.data["linked_with"], clue(town).data["linked_with"]) == (["county_north", "county_south"], [])


# --- X4 -------------------------------------------------------------------------------------------------------------


def test_x4_a_clue_becomes_an_issue_a_report_an_instruction_tasks_and_feedback_that_the_squad_checks(town: Town) -> None:
    issue = clue(town)
    assert "missing_document" in issue.refused(SQUAD, "verify", kind="problem", urgent=False)
    assert "not_bound" in issue.refused(OTHER_SQUAD, "verify", kind="problem", urgent=False)
    issue.attach(OFFICER, "evidence")
    issue.act(SQUAD, "verify", kind="problem", urgent=False)
    other = clue(town)

    report = weekly(town, "2026-03-09")
    assert (issue.here, [each.id for each in report.linked("items")]) == ("batched", [issue.id])
    task = {"issue": issue.id, "department": "housing_bureau", "demand": "整改", "due": "2026-04-10"}
    assert "not_here" in report.refused(INSPECTION, "decompose", tasks=[task])  # no decomposition without an instruction
    sent_up(report)
    report.act(LEADER, "instruct", instruction_kind="order", instruction="请限期整改")
    assert (issue.here, issue.data["instruction"]) == ("instructed", "请限期整改")
    assert "issue_without_task" in report.refused(INSPECTION, "decompose", tasks=[{**task, "issue": other.id}])
    report.act(INSPECTION, "decompose", tasks=[task])

    (given,) = report.children("tasks")
    assert "missing_document" in given.refused("housing", "report", solved=True, measures="截污")
    fed_back(given)
    assert (issue.here, report.outcome) == ("verifying", "success")
    assert "missing_document" in issue.refused(SQUAD, "certify", effect="河水变清")  # nothing is solved without the feedback report
    certified(issue)
    assert issue.outcome == "success"


def test_x4_the_department_that_solved_it_cannot_certify_itself(town: Town) -> None:
    issue = clue(town, squad="housing_bureau")
    inside = somebody("inside", "squad", unit="housing_bureau")
    issue.attach(OFFICER, "evidence")
    issue.act(inside, "verify", kind="problem", urgent=False)
    report = weekly(town, "2026-03-09")
    sent_up(report)
    fed_back(instructed(report, issue)[issue.id])
    issue.attach(INSPECTION, "feedback_report")
    assert "self_certified" in issue.refused(inside, "certify", effect="自评良好")


def test_x4_what_is_not_accepted_is_issued_again(town: Town) -> None:
    issue = waiting(town)
    report = weekly(town, "2026-03-09")
    sent_up(report)
    fed_back(instructed(report, issue)[issue.id])
    issue.act(SQUAD, "reject", reason="现场未整改")
    assert issue.here == "waiting"
    assert [each.id for each in weekly(town, "2026-03-16").linked("items")] == [issue.id]


def test_x4_weekly_as_it_happens_and_special_reports_have_a_series_each(town: Town) -> None:
    waiting(town)
    first = weekly(town, "2026-03-09")
    urgent = clue(town)
    urgent.attach(OFFICER, "evidence")
    urgent.act(SQUAD, "verify", kind="problem", urgent=True, urgent_why="正在发生")
    (as_it_happens,) = urgent.linked("report")
    alone = waiting(town)
    alone.act(OFFICE, "report_specially", reason="跨县污染")
    (special,) = alone.linked("report")
    waiting(town)
    second = weekly(town, "2026-03-16")
    assert "not_by_hand" in second.refused(OFFICE, "add", pick=[alone.id])
    for report in (first, as_it_happens, special, second):
        sent_up(report)
    assert [each.number for each in (first, as_it_happens, special, second)] == [
        "周报〔2026〕第1号",
        "随报〔2026〕第1号",
        "专报〔2026〕第1号",
        "周报〔2026〕第2号",
    ]


def test_x4_a_week_without_issues_leaves_a_gap_that_is_seen(town: Town) -> None:
    assert (weekly(town, "2026-03-09").here, town.count("special_report")) == ("empty_week", 1)
    waiting(town)
    assert (weekly(town, "2026-03-16").here, town.count("special_report")) == ("gathering", 2)


def test_x4_silence_is_chased_and_never_decides(town: Town) -> None:
    """Ten working days from 9 March end on 23 March; ten more, with Qingming on 6 April, on 7 April."""
    waiting(town)
    report = weekly(town, "2026-03-09")
    sent_up(report)
    town.at("2026-04-20 09:00")
    assert report.rungs("instruction") == [("due", "2026-03-24 00:00"), ("10 working days after", "2026-04-08 00:00")]
    assert report.here == "awaiting_instruction"


# --- X1, X3, X5 -----------------------------------------------------------------------------------------------------


def test_x1_instructions_on_reports_are_registered_by_kind(town: Town) -> None:
    kinds = []
    for monday, kind in (("2026-03-09", "commend"), ("2026-03-16", "thank"), ("2026-03-23", "order")):
        waiting(town)
        report = weekly(town, monday)
        sent_up(report)
        assert "invalid_field" in report.refused(LEADER, "instruct", instruction_kind="praise", instruction="很好")
        report.act(LEADER, "instruct", instruction_kind=kind, instruction="很好")
        kinds.append(report.here)
    assert kinds == ["noted", "noted", "decomposing"]  # only an order is broken down
    assert town.figures("special_report", "instructions") == {("commend",): 1, ("thank",): 1, ("order",): 1}


@pytest.mark.carried_by("registries/ledgers")
def test_x1_the_register_counts_commendations_and_thanks_apart(town: Town) -> None:
    given: dict[str, Any] = {"on": "2026-03-01", "leader": "leader", "subject": "民主监督"}
    for number, kind in enumerate(["commend"] * 17 + ["thank"] * 5 + ["order"] * 2):
        town.enter("instruction", number=str(number), kind=kind, **given)
    assert "invalid_field" in town.entering_refused("instruction", number="x", kind="praise", **given)
    assert [len(town.rows("instruction", kind=kind)) for kind in ("commend", "thank", "order")] == [17, 5, 2]


def test_x5_one_rate_of_solution_stands_with_four_denominators(town: Town) -> None:
    solved, explained, late = (waiting(town) for _ in range(3))
    waiting(town, "experience")
    waiting(town, "suggestion")
    report = weekly(town, "2026-03-09")
    report.act(OFFICE, "edit", aspects=["排污", "消防", "停车"])
    assert town.figures("special_report", "aspects") == {(): 0}  # counted once it is sent up
    sent_up(report)
    tasks = instructed(report, *report.linked("items"))
    fed_back(tasks[solved.id])
    certified(solved)
    fed_back(tasks[explained.id], solved=False)
    explained.act(OFFICE, "accept_explanation", reason="列入计划")
    town.at("2026-04-10 09:00")
    assert late.rungs("feedback") == [("due", "2026-04-10 00:00")]
    fresh, unanswered = waiting(town), waiting(town)
    in_time = weekly(town, "2026-04-13")
    sent_up(in_time)
    instructed(in_time, fresh, unanswered)
    waiting(town)

    assert town.shares("supervision_issue", "solution_rate") == {"all": (1, 6), "instructed": (1, 5), "fed_back": (1, 2), "due": (1, 3)}
    answer = town.indicator("supervision_issue", "solution_rate")
    assert (local(answer["as_of"]), [each["shown"] for each in answer["figures"]]) == (
        "2026-04-13 09:00",
        ["16.67 %", "20.00 %", "50.00 %", "33.33 %"],
    )
    issues = town.figures("supervision_issue", "issues")
    assert [issues[kind, "pollution"] for kind in ("problem", "experience", "suggestion")] == [6, 1, 1]
    assert town.figures("supervision_issue", "reported") == {("problem",): 5, ("experience",): 1, ("suggestion",): 1}  # one still waits
    assert town.figures("special_report", "aspects") == {(): 3}
    assert town.figures("special_report", "special_reports")["2026", "weekly"] == 2
    assert town.figures("supervision_issue", "solved") == {(): 1}
    assert town.figures("special_report", "instructions") == {("order",): 2, ("commend",): 0, ("thank",): 0}


# --- T3b, H7 --------------------------------------------------------------------------------------------------------


def test_t3b_three_questions_for_each_measure(town: Town) -> None:
    assert "missing_field" in town.opening_refused(OFFICE, "measure_check", measure="网格五治", squad="squad_1")
    check = town.open(OFFICE, "measure_check", measure="网格五治", theme="civilised_city", squad="squad_1")
    assert "not_bound" in check.refused(OTHER_SQUAD, "answer", carried_out=True, early=True, well=True)
    assert check.refused(SQUAD, "answer", carried_out=True, early=True)["missing_field"]["missing"] == "well"
    assert "say_what" in check.refused(SQUAD, "answer", carried_out=True, early=True, well=False)

    check.act(SQUAD, "answer", carried_out=True, early=True, well=False, finding="流于形式")
    (issue,) = check.linked("findings")
    assert (check.here, check.outcome) == ("with_finding", "referred")
    assert (issue.here, issue.data["clue_source"], issue.data["theme"]) == ("clue", "measure", "civilised_city")

    in_order = town.open(OFFICE, "measure_check", measure="积分超市", theme="projects", squad="squad_1")
    in_order.act(SQUAD, "answer", carried_out=True, early=True, well=True)
    assert (in_order.outcome, in_order.linked("findings")) == ("success", [])


with_agreements = pytest.mark.carried_by("democratic_supervision", "registries/supervision")


def agreements(town: Town) -> None:
    """Four agreements, one of which has run out."""
    for code, partner in (("A1", "discipline"), ("A2", "court"), ("A3", "procuratorate"), ("A4", "justice")):
        town.enter("agreement", code=code, partner=partner, since="2022-01-01", **({"until": "2025-12-31"} if code == "A4" else {}))


@with_agreements
def test_h7_a_theme_is_refused_without_an_agreement_in_force_with_each_partner(town: Town) -> None:
    agreements(town)
    theme = town.open(OFFICE, "joint_theme", year=2026, theme="优化营商环境", contents=["营商环境", "民商事纠纷"])
    assert theme.refused(OFFICE, "confirm").keys() == {"no_agreement"}
    theme.act(OFFICE, "add_partner", partners={"agreement": "A2"})
    theme.act(OFFICE, "add_partner", partners={"agreement": "A4"})
    assert theme.refused(OFFICE, "confirm").keys() == {"no_agreement"}
    theme.act(OFFICE, "change_partners", partners=[{"agreement": "A2"}, {"agreement": "A9"}])
    assert theme.refused(OFFICE, "confirm").keys() == {"missing_data"}  # there is no such agreement
    theme.act(OFFICE, "change_partners", partners=[{"agreement": "A2"}, {"agreement": "A4"}])
    assert len([row for row in town.rows("agreement") if row["in_force"]]) == 3
    town.change("agreement", "A4", until="2027-12-31")
    theme.act(OFFICE, "confirm")
    assert theme.here == "under_way"


@with_agreements
def test_h7_a_year_has_one_theme_with_contents_and_partners_and_its_suggestions_go_on_as_issues(town: Town) -> None:
    agreements(town)
    theme, second = (town.open(OFFICE, "joint_theme", year=2026, theme=name, contents=["校园", "网络"]) for name in ("保护", "环境"))
    for each in (theme, second):
        for code in ("A1", "A3"):
            each.act(OFFICE, "add_partner", partners={"agreement": code})
    assert "no_agreement" in theme.refused(OFFICE, "confirm")  # there are two of one year
    second.act(OFFICE, "abandon", reason="一年一主题")
    theme.act(OFFICE, "confirm")
    assert (theme.number, len(theme.data["partners"])) == ("协同〔2026〕1", 2)

    theme.attach("committee", "report")
    assert "no_activity" in theme.refused("committee", "conclude")
    theme.act("committee", "hold_activity", activities={"day": "2026-05-20", "what": "联合调研"})
    for _ in range(2):
        theme.act("committee", "suggest", finding="完善专门教育", squad="squad_1")
    suggestions = theme.linked("suggestions")
    assert [(each.data["theme"], each.data["clue_source"]) for each in suggestions] == [("joint", "joint")] * 2
    theme.act("committee", "conclude")
    assert theme.outcome == "success"

    town.change("agreement", "A1", until="2026-03-01")
    suggestions[0].attach(SQUAD, "evidence")
    assert "no_agreement" in suggestions[0].refused(SQUAD, "verify", kind="suggestion", urgent=False)


@pytest.mark.carried_by("micro_suggestion")
def test_h7_members_hold_small_supervisions_of_their_own(town: Town) -> None:
    check = town.open("member", "micro_session", kind="supervise", topic="食堂卫生", brand="none")
    assert "nobody_came" in check.refused("member", "hold")
    check.act("member", "check_in", method="manual")
    check.act("resident", "check_in", method="manual")
    check.act("member", "hold")
    check.act("member", "note_result", result="已整改")
    assert check.outcome == "success"
