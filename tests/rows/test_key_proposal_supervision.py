"""Five ways of pressing a key proposal (S7): who may use which, what coverage means, and what follows when nothing happens."""

from __future__ import annotations

import pytest

from tests.rows.handling import COMMITTEE, UNIT, assigned
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("key_proposal_supervision")

CHAIR = "secretary"
SUPERVISOR = somebody("team", "supervisor")
PRESS = ("leader", "chair", "committee", "sector", "media")


def selected(town: Town, *proposals: Matter) -> Matter:
    """A supervision over some proposals, its channels not chosen yet."""
    supervision = town.open(COMMITTEE, "key_proposal_supervision", cause="key", topic="老旧小区改造", main_unit="housing_bureau")
    supervision.act(COMMITTEE, "bundle", pick=[each.id for each in proposals or (assigned(town),)])
    return supervision


def press(channel: Matter, *, carried_out: bool) -> None:
    """A channel goes its way: a plan, a visit, an opinion, the unit's response, and the channel's own finding."""
    channel.act(SUPERVISOR, "set_plan", plan="实地督办")
    assert "no_activity" in channel.refused(SUPERVISOR, "issue_opinion", opinion="限期改造")
    channel.act(SUPERVISOR, "hold_activity", activities={"day": channel.town.now[:10], "what": "现场查看"})
    channel.act(SUPERVISOR, "issue_opinion", opinion="限期改造")
    channel.act(UNIT, "respond", response="已列入计划")
    own = somebody("inside", "supervisor", unit="housing_bureau")
    assert "duty_conflict" in channel.refused(own, "conclude", carried_out=True)
    channel.act(SUPERVISOR, "conclude", carried_out=carried_out)


def without_effect(supervision: Matter) -> None:
    """Each channel finds nothing carried out, and the committee says so."""
    for channel in supervision.children("channels"):
        if channel.outcome is None:
            press(channel, carried_out=False)
    supervision.attach(COMMITTEE, "effect_opinion")
    assert "no_channel_effective" in supervision.refused(COMMITTEE, "assess", effect="无", with_effect=True)
    supervision.act(COMMITTEE, "assess", effect="无", with_effect=False)
    assert supervision.here == "escalated"


def test_s7_five_channels_press_side_by_side_and_one_with_effect_is_enough(town: Town) -> None:
    proposal = assigned(town)
    town.at("2027-01-11 09:00")
    supervision = selected(town, proposal)
    supervision.act(COMMITTEE, "assign_channels", channels=list(PRESS), leader="leader")
    channels = {each.data["channel"]: each for each in supervision.children("channels")}
    assert channels.keys() == {*PRESS}
    assert {name for name, each in channels.items() if each.deadline("planned.push" if name == "chair" else "planned.visit")} == {*PRESS}

    press(channels["media"], carried_out=True)
    assert supervision.here == "assessing"
    assert "missing_document" in supervision.refused(COMMITTEE, "assess", effect="已开工", with_effect=True)
    supervision.attach(COMMITTEE, "effect_opinion")
    supervision.act(COMMITTEE, "assess", effect="已开工", with_effect=True)
    assert (supervision.here, supervision.outcome) == ("closed", "success")


def test_s7_the_media_follow_only_what_was_filed_in_an_earlier_year(town: Town) -> None:
    proposal = assigned(town)
    this_year = selected(town, proposal)
    assert this_year.refused(COMMITTEE, "assign_channels", channels=["media"]).keys() == {"channel_not_open"}
    town.at("2027-01-11 09:00")
    assert "channel_not_open" in this_year.refused(COMMITTEE, "assign_channels", channels=["media"])
    selected(town, proposal).act(COMMITTEE, "assign_channels", channels=["media"])


def test_s7_a_channel_needs_a_proposal_and_a_leader_has_to_be_named(town: Town) -> None:
    empty = town.open(COMMITTEE, "key_proposal_supervision", cause="key", main_unit="housing_bureau")
    assert "channel_not_open" in empty.refused(COMMITTEE, "assign_channels", channels=["sector"])
    supervision = selected(town)
    assert "channel_not_open" in supervision.refused(COMMITTEE, "assign_channels", channels=["leader"])
    assert "wrong_role" in supervision.refused(UNIT, "assign_channels", channels=["sector"])
    supervision.act(COMMITTEE, "assign_channels", channels=["leader"], leader="leader")
    assert supervision.told("assign_channels") >= {"leader", "main_unit"}


def test_s7_without_effect_the_next_channel_is_a_higher_one_up_to_the_leader(town: Town) -> None:
    supervision = selected(town)
    supervision.act(COMMITTEE, "assign_channels", channels=["sector"])
    for lower, higher in (("sector", "committee"), ("committee", "chair"), ("chair", "leader")):
        without_effect(supervision)
        assert "not_higher" in supervision.refused(CHAIR, "raise_level", channels=[lower])
        supervision.act(CHAIR, "raise_level", channels=[higher], leader="leader")
        assert supervision.here == "supervising"
    without_effect(supervision)
    assert "not_higher" in supervision.refused(CHAIR, "raise_level", channels=["leader"], leader="leader")
    supervision.act(CHAIR, "give_up", reason="条件不具备")
    assert supervision.outcome == "failed"


def test_s7_the_month_of_pressing_ends_with_a_reminder(town: Town) -> None:
    supervision = selected(town)
    supervision.act(COMMITTEE, "assign_channels", channels=["chair"])
    (channel,) = supervision.children("channels")
    assert channel.due("push") == "2026-04-03 00:00"
    town.at("2026-04-03 00:00")
    assert channel.rungs("push") == [("due", "2026-04-03 00:00")]


@pytest.mark.carried_by("key_proposal_supervision", "registries/people")
def test_s7_both_readings_of_full_coverage_are_counted(town: Town) -> None:
    for leader, until in (("leader", {}), ("mayor", {}), ("former", {"until": "2025-12-31"})):
        town.enter("leader", person=leader, name=leader, since="2022-01-01", **until)
    led, also_led, pressed = (selected(town) for _ in range(3))
    led.act(COMMITTEE, "assign_channels", channels=["leader", "committee"], leader="leader")
    also_led.act(COMMITTEE, "assign_channels", channels=["leader"], leader="leader")
    pressed.act(COMMITTEE, "assign_channels", channels=["sector"])
    in_office = [row for row in town.rows("leader") if row["in_office"]]
    assert (town.figures("key_proposal_supervision", "leader_coverage"), len(in_office)) == ({("2026",): 1}, 2)
    assert town.shares("key_proposal_supervision", "key_coverage") == {"": (2, 3)}
    by_channel = town.figures("key_proposal_supervision", "by_channel")
    assert list(by_channel.items()) == [((channel,), count) for channel, count in zip(PRESS, (2, 0, 1, 1, 0), strict=True)]
    assert town.figures("supervision_channel", "channels") == {("2026", *channel): count for channel, count in by_channel.items()}
