"""Parties (会办、会签): who may sign for whom, what waits for signatures, and what ends the waiting."""

from __future__ import annotations

from engine.core.actions import list_actions
from engine.core.case import Actor
from engine.core.decision import Refused
from tests.core.process import OFFICE, Story, person, process

ROLES = "office: 办公室, co_unit: {title: 会办单位, bound: party}, head: 分管负责人"

HANDLING = """
data:
  co_units: {type: list, of: unit, title: 会办单位, default: []}
  opinion:  {type: text, title: 意见}
start: {by: office, form: [co_units?]}
initial: handling
states:
  handling:
    title: 办理
    owner: office
    initial: working
    parties:
      co:
        title: 会办
        role: co_unit
        from: data.co_units
        form: [opinion?]
        verdicts: {agree: 同意, no_comment: 无意见, disagree: 不同意}
        refusing: [disagree]
        add: {by: office}
        remove: {by: office, reason: required}
        waive: {asked_by: co_unit, by: head, reason: required}
    receive: {co.refused: {to: handling.dispute}}
    states:
      working:
        actions:
          finish: {by: office, signed: [co], notify: [parties.co], to: over}
          renew: {by: office, to: handling}
      dispute:
        actions: {settle: {by: office, guard: "parties.co.all(p, p.waived || p.verdict != 'disagree')", to: working}}
  suspended: {actions: {resume: {by: office, to: {history: deep}}}}
  over: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
"""

HEAD = person("he", "head")


def unit(name: str) -> Actor:
    return person(f"clerk of {name}", "co_unit", unit=name)


def handling(*units: str) -> Story:
    return Story(process(HANDLING, ROLES), co_units=list(units))


def test_each_party_signs_once_for_its_unit_and_the_last_one_opens_the_gate() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree")

    refused = story.attempt("finish")
    assert isinstance(refused, Refused)
    assert [(each.code, each.facts["missing"], each.facts["refused"]) for each in refused.refusals] == [
        ("awaiting_parties", ["住建局"], [])
    ]
    assert ["over"] == story.act("co.sign", unit("住建局"), verdict="no_comment").act("finish").where


def test_a_gate_is_open_where_there_are_no_parties() -> None:
    assert ["over"] == handling().act("finish").where


def test_who_is_none_of_the_parties_cannot_sign() -> None:
    story = handling("财政局")

    assert ["not_bound"] == story.codes("co.sign", unit("教育局"), verdict="agree")
    assert ["wrong_role"] == story.codes("co.sign", OFFICE, verdict="agree")


def test_a_verdict_must_be_one_of_those_written() -> None:
    story = handling("财政局")

    assert ["missing_field"] == story.codes("co.sign", unit("财政局"))
    assert ["invalid_field"] == story.codes("co.sign", unit("财政局"), verdict="agreed")


def test_what_a_party_writes_goes_into_the_data_and_its_verdict_does_not() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="agree", opinion="可行")

    assert {"co_units": ["财政局"], "opinion": "可行"} == dict(story.case.data)
    assert "agree" == story.case.snapshot["parties"]["co@财政局"]["verdict"]


def test_a_refusal_is_heard_in_the_same_step() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="disagree")

    assert ["handling.dispute"] == story.where
    assert ["guard_failed"] == story.codes("settle")


def test_signing_again_replaces_the_verdict() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="disagree").act("co.sign", unit("财政局"), verdict="agree")

    assert ["handling.working"] == story.act("settle").where
    assert ["over"] == story.act("finish").where


def test_a_party_that_refuses_keeps_the_gate_shut_and_is_named() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="disagree")
    story.act("co.waive.ask", unit("财政局"), reason="职责无关", party="财政局").act("co.waive", HEAD).act("settle")

    assert ["over"] == story.act("finish").where


def test_a_waiver_is_asked_for_and_granted_by_different_persons() -> None:
    story = handling("财政局")

    assert ["not_asked"] == story.codes("co.waive", HEAD)
    story.act("co.waive.ask", unit("财政局"), reason="职责无关", party="财政局")
    assert ["not_bound"] == story.act("co.waive", HEAD).codes("co.sign", unit("财政局"), verdict="agree")


def test_one_cannot_name_a_party_that_is_none_or_invite_one_twice() -> None:
    story = handling("财政局")

    refused = story.attempt("co.remove", reason="误列", party="财政厅")
    assert isinstance(refused, Refused)
    assert "'财政厅' is not one of the parties, did you mean '财政局'?" == refused.refusals[0].message["en"]
    assert ["invalid_field"] == story.codes("co.waive.ask", unit("财政局"), reason="职责无关", party="教育局")
    assert ["invalid_field"] == story.codes("co.add", party="财政局")


def test_who_is_added_is_a_party_at_once_and_stands_in_the_list() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="agree").act("co.add", party="住建局")

    assert ["财政局", "住建局"] == story.case.data["co_units"]
    assert ["awaiting_parties"] == story.codes("finish")
    assert ["over"] == story.act("co.sign", unit("住建局"), verdict="agree").act("finish").where


def test_who_is_removed_is_no_party_any_more_and_leaves_the_list() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree").act("co.remove", party="住建局", reason="误列")

    assert ["财政局"] == story.case.data["co_units"]
    assert ["not_bound"] == story.codes("co.sign", unit("住建局"), verdict="agree")
    assert ["over"] == story.act("finish").where


def test_entering_anew_asks_everybody_again() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="agree").act("renew")

    assert ["awaiting_parties"] == story.codes("finish")


def test_what_was_signed_before_a_suspension_still_counts_after_it() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="agree").act("suspend").act("resume")

    assert ["over"] == story.act("finish").where


def test_each_party_has_a_task_in_its_unit_until_it_signs() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree")

    tasks = [task for task in story.case.snapshot["tasks"].values() if task["kind"] == "party"]
    assert [("co_unit", "住建局", "co.sign")] == [(task["role"], task["unit"], task["action"]) for task in tasks]


def test_the_parties_of_a_group_can_be_told() -> None:
    story = handling("财政局").act("co.sign", unit("财政局"), verdict="agree").act("finish")

    assert ({"as": "parties.co", "role": "co_unit", "unit": "财政局"},) == story.last.notify


def test_the_list_of_actions_agrees_with_what_is_accepted() -> None:
    story = handling("财政局")

    def allowed(actor: Actor) -> set[str]:
        return {each.name for each in list_actions(story.process, story.case, actor, story.now) if each.allowed}

    assert {"co.sign", "co.waive.ask"} == allowed(unit("财政局"))
    assert set() == allowed(unit("教育局"))
    assert "finish" not in allowed(OFFICE)


def test_the_form_of_signing_offers_the_verdicts() -> None:
    story = handling("财政局")
    status = next(each for each in list_actions(story.process, story.case, unit("财政局"), story.now) if each.name == "co.sign")

    assert status.form is not None
    schema = status.form.json_schema("zh-CN")
    assert ["verdict"] == schema["required"]
    assert {"agree": "同意", "no_comment": "无意见", "disagree": "不同意"} == {
        each["const"]: each["title"] for each in schema["properties"]["verdict"]["oneOf"]
    }


BODIES = """
start: {by: office}
initial: joint
states:
  joint:
    parties: {bodies: {role: [party_committee, government], verdicts: {agree: 同意, change: 修改}, refusing: [change]}}
    receive: {bodies.refused: {to: drafting}}
    done: {to: agreed}
  drafting: {actions: {propose: {by: office, to: joint}}}
  agreed: {final: true, outcome: success}
"""
BODY_ROLES = "office: 办公室, party_committee: 党委, government: 政府"


def test_without_a_source_each_role_is_one_party_and_the_state_is_done_when_all_agree() -> None:
    story = Story(process(BODIES, BODY_ROLES)).act("bodies.sign", person("a", "party_committee"), verdict="agree")

    assert ["joint"] == story.where
    assert ["agreed"] == story.act("bodies.sign", person("b", "government"), verdict="agree").where


def test_a_refused_draft_goes_back_and_comes_again_to_all() -> None:
    story = Story(process(BODIES, BODY_ROLES)).act("bodies.sign", person("a", "party_committee"), verdict="agree")
    story.act("bodies.sign", person("b", "government"), verdict="change")

    assert ["drafting"] == story.where
    assert ["joint"] == story.act("propose").act("bodies.sign", person("b", "government"), verdict="agree").where


def test_who_holds_two_of_the_roles_signs_for_each_in_turn() -> None:
    both = person("a", "party_committee", "government")
    story = Story(process(BODIES, BODY_ROLES)).act("bodies.sign", both, verdict="agree")

    assert ("joint", "party_committee") == (story.where[0], story.last.role)
    assert (["agreed"], "government") == (story.act("bodies.sign", both, verdict="agree").where, story.last.role)


PERSONS = """
data: {proposers: {type: list, of: person, default: []}}
start: {by: office, form: [proposers]}
initial: asked
states:
  asked:
    parties: {joint: {role: member, from: data.proposers, verdicts: {yes: 同意}}}
    done: {to: agreed}
  agreed: {final: true, outcome: success}
"""


def test_persons_can_be_parties() -> None:
    story = Story(process(PERSONS, "office: 办公室, member: 委员"), proposers=["zhao", "qian"])

    assert ["zhao", "qian"] == [task["person"] for task in story.case.snapshot["tasks"].values() if task["kind"] == "party"]
    assert ["not_bound"] == story.codes("joint.sign", person("sun", "member"), verdict="yes")
    story.act("joint.sign", person("zhao", "member"), verdict="yes")
    assert ["agreed"] == story.act("joint.sign", person("qian", "member"), verdict="yes").where
