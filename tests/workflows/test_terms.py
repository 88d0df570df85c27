"""Terms of the shipped process: suspending does not begin them anew, they can be extended, and bodies set their own."""

from __future__ import annotations

from tests.workflows.deliberation import Deliberation

VETTING = "topic.vetting.decide"
RESEARCH = "research.report"


def test_suspending_stops_a_term_and_resuming_runs_on_with_what_was_left(matter: Deliberation) -> None:
    """Of 15 working days three are used (3–5 March 2026); resumed on the 16th, the other twelve end on 1 April."""
    matter.reach("topic.vetting")
    matter.at("2026-03-05 15:00")
    matter.act("office", "suspend", reason="等待勘测")
    matter.at("2026-03-16 09:00")
    assert matter.deadline(VETTING)["status"] == "paused"
    matter.act("office", "resume")
    assert matter.due(VETTING) == "2026-04-02 00:00"
    assert matter.here == "topic.vetting"


def test_no_rung_fires_while_a_term_stands_still(matter: Deliberation) -> None:
    matter.reach("topic.vetting")
    matter.act("office", "suspend", reason="等待勘测")
    matter.at("2026-05-29 09:00")
    assert (matter.rungs(VETTING), matter.here) == ([], "suspended")


def test_a_rung_that_fired_before_the_suspension_does_not_fire_again(matter: Deliberation) -> None:
    """The 80 % rung fires after twelve working days, at the end of 18 March; the three that are left end on 10 April."""
    matter.reach("topic.vetting")
    matter.at("2026-03-19 09:00")
    matter.act("office", "suspend", reason="等待勘测")
    matter.at("2026-04-07 09:00")
    matter.act("office", "resume")
    matter.at("2026-04-30 23:59")
    assert matter.rungs(VETTING) == [
        ("80 %", "2026-03-19 00:00"),
        ("5 working days after", "2026-04-17 00:00"),
        ("10 working days after", "2026-04-24 00:00"),
    ]


def test_suspending_twice_loses_no_day(matter: Deliberation) -> None:
    """A calendar term: three months from 2 March and the 10 + 20 days of both pauses end on 2 July 2026."""
    matter.reach("research.preparing")
    for away, back in (("2026-03-10 09:00", "2026-03-20 09:00"), ("2026-04-10 09:00", "2026-04-30 09:00")):
        matter.at(away)
        matter.act("office", "suspend", reason="等待勘测")
        matter.at(back)
        matter.act("office", "resume")
    assert matter.due(RESEARCH) == "2026-07-03 00:00"


def test_a_suspension_that_lasts_is_looked_at_after_three_months(matter: Deliberation) -> None:
    matter.reach("topic.vetting")
    matter.act("office", "suspend", reason="等待勘测")
    matter.at("2026-06-03 00:00")
    assert matter.rungs("suspended.review") == [("due", "2026-06-03 00:00")]
    assert matter.told("due") == {"office", "chair_meeting"}


def test_more_time_for_research_is_asked_for_by_one_and_given_by_another(matter: Deliberation) -> None:
    matter.reach("research.preparing")
    assert matter.due(RESEARCH) == "2026-06-03 00:00"
    assert "not_asked" in matter.refused("secretary", "report.extend")
    matter.act("office", "report.extend.ask", reason="费用分担尚需座谈")
    assert [task["kind"] for task in matter.inbox("secretary")] == ["asked"]
    assert "wrong_role" in matter.refused("office", "report.extend")
    matter.act("secretary", "report.extend")
    assert matter.due(RESEARCH) == "2026-09-03 00:00"


def test_rungs_move_with_a_longer_term_and_those_that_fired_stay_fired(matter: Deliberation) -> None:
    """80 % of the 92 days are over with the 74th, 15 May 2026; `due` was on 2 June and is now on 2 September."""
    matter.reach("research.preparing")
    matter.at("2026-05-20 09:00")
    matter.act("office", "report.extend.ask", reason="费用分担尚需座谈")
    matter.act("secretary", "report.extend")
    matter.at("2026-09-03 00:00")
    assert matter.rungs(RESEARCH) == [("80 %", "2026-05-16 00:00"), ("due", "2026-09-03 00:00")]


def test_more_time_that_is_not_given_leaves_the_term_as_it_was(matter: Deliberation) -> None:
    matter.reach("research.preparing")
    matter.act("office", "report.extend.ask", reason="费用分担尚需座谈")
    matter.act("secretary", "report.extend.decline", reason="材料已齐")
    assert (matter.due(RESEARCH), matter.inbox("secretary")) == ("2026-06-03 00:00", [])


def test_a_case_keeps_the_term_of_its_body(matter: Deliberation) -> None:
    matter.open(settings={"vetting_term": "5 working days"})
    matter.act("committee", "submit")
    assert matter.due(VETTING) == "2026-03-10 00:00"
