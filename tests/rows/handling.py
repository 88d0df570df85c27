"""A proposal on its way from the member to the reply, for tests of what happens to it on the way and after."""

from __future__ import annotations

from typing import Any

from tests.town import Matter, Town, somebody

UNIT, CO_UNIT = "housing", "enforcement"
COMMITTEE, OFFICES, INSPECTION = "committee", "assessment", "assessment"
HEAD = somebody("housing_head", "unit_leader", unit="housing_bureau")


def filed(town: Town, by: str = "member", **form: Any) -> Matter:
    """A proposal of a member that was filed. `form` adds to its form."""
    plain = {"subject": "老旧小区停车难", "body": "情况与建议", "first_proposer": by, "proposers": [by], "collective": False}
    proposal = town.open(by, "proposal", **{**plain, **form})
    proposal.act(by, "submit")
    proposal.act(COMMITTEE, "file", category="society")
    return proposal


def assigned(town: Town, *co_units: str, **form: Any) -> Matter:
    """A proposal of a member that the housing bureau has accepted. `form` adds to its form."""
    proposal = filed(town, **form)
    proposal.act(OFFICES, "assign", main_unit="housing_bureau", co_units=list(co_units))
    proposal.act(UNIT, "accept")
    return proposal


def meet(proposal: Matter, node: str) -> None:
    """The unit notes a meeting and the proposer confirms it."""
    proposal.act(UNIT, f"met_{node}", meetings={"day": proposal.town.now[:10], "gist": "听取意见"})
    proposal.act("member", f"confirm_met_{node}")


def reply(proposal: Matter) -> None:
    """Take a proposal from its assignment to the reply."""
    proposal.attach(UNIT, "handling_plan")
    meet(proposal, "before")
    proposal.act(UNIT, "start_handling")
    meet(proposal, "during")
    proposal.act(UNIT, "draft_reply")
    meet(proposal, "after")
    proposal.attach(UNIT, "reply_letter")
    proposal.act(HEAD, "reply_letter.approve")
    proposal.act(UNIT, "issue_reply", reply_class="a")


def satisfied(proposal: Matter) -> None:
    """The proposer is satisfied."""
    proposal.act("member", "give_opinion", satisfied_work="satisfied", satisfied_result="satisfied")
