"""The loader: from text to a definition in which every name is resolved and every expression typed."""

from __future__ import annotations

import pytest

from engine.definition.effects import AskFor, AttachDocument, Decline, ExtendDeadline, Notify, Publish, Raise, SetItems
from engine.definition.loader import load_one
from engine.definition.process import ROOT, Cycles, History, Kind, Limit, ProcessDefinition, Requirement, TermSource, Transition, Trigger
from engine.definition.terms import Term, Unit
from engine.errors import DefinitionRefused
from tests.definition.loading import CALENDARS, DELIBERATION, SMALLEST, changed, loaded, place, problems, rules, sound


def transition(definition: ProcessDefinition, state: str, name: str) -> Transition:
    (found,) = [each for each in definition.states[state].transitions if each.name == name]
    return found


def names(definition: ProcessDefinition, state: str) -> list[str]:
    return [each.name for each in definition.states[state].transitions]


# --- the whole ------------------------------------------------------------------------------------------------------


def test_the_smallest_useful_process_loads_without_a_problem() -> None:
    definition = sound(SMALLEST)
    assert (definition.workflow, definition.version, definition.calendar) == ("resident_message", 1, "cn")
    assert definition.title == {"zh-CN": "群众留言"}
    assert list(definition.states) == [ROOT, "received", "answering", "rejected", "answered"]
    assert definition.start is not None
    assert definition.start.by == ("resident",)
    assert list(definition.deadlines) == ["answering.reply"]


def test_load_one_gives_the_definition_or_raises_with_every_problem() -> None:
    assert load_one(SMALLEST, calendars=CALENDARS).workflow == "resident_message"
    with pytest.raises(DefinitionRefused) as refused:
        load_one(changed(SMALLEST, ("to: answered}", "to: gone}"), ("form: [reply]", "form: [replay]")), calendars=CALENDARS)
    assert rules(refused.value.problems) == ["name.unknown_item", "name.unknown_state"]


def test_load_one_wants_one_workflow() -> None:
    with pytest.raises(DefinitionRefused, match="1 problem"):
        load_one(SMALLEST + "---\n" + SMALLEST, calendars=CALENDARS)


def test_a_file_may_hold_several_workflows_and_problems_stand_in_lines_of_the_file() -> None:
    text = SMALLEST + "---\n" + SMALLEST.replace("workflow: resident_message", "workflow: second").replace("to: answered}", "to: gone}")
    found = loaded(text)
    assert [each.workflow.workflow for each in found.documents if each.workflow] == ["resident_message", "second"]
    assert [each.workflow for each in found.definitions] == ["resident_message"]
    assert [(each.rule, each.line) for each in found.problems] == [("name.unknown_state", place(text, "to: gone")[0])]


def test_the_digest_is_of_the_text_and_not_of_how_it_was_saved() -> None:
    digest = sound(SMALLEST).digest
    assert digest == sound("\ufeff" + SMALLEST.replace("\n", "\r\n") + "\n\n").digest
    assert digest != sound(SMALLEST.replace("群众留言", "留言")).digest
    assert len(digest) == 64


def test_a_definition_loads_again_from_its_own_source() -> None:
    """What is stored is the source; the same definition must come out of it for ever."""
    whole = loaded("# about\n" + SMALLEST + "--- # another\n" + DELIBERATION)
    for definition in whole.definitions:
        assert load_one(definition.source, calendars=CALENDARS).digest == definition.digest
    assert len(whole.definitions) == 2


def test_a_document_that_is_no_workflow_is_refused() -> None:
    assert rules(problems("worklow: x\n")) == ["model.kind"]
    assert rules(problems("- a\n")) == ["model.kind"]


# --- states and targets ---------------------------------------------------------------------------------------------


def test_states_know_their_place_in_document_order() -> None:
    states = sound(DELIBERATION).states
    assert [state.first for state in states.values()] == list(range(len(states)))
    assert states[ROOT].last == len(states) - 1
    assert states["topic"].last == states["topic.vetting"].first
    assert states["topic.vetting"].line == ("topic.vetting", "topic", ROOT)
    assert states["topic.vetting"].is_below(states["topic"])
    assert not states["research"].is_below(states["topic"])
    assert states["topic"].children == ("topic.proposed", "topic.vetting")
    assert states["topic"].initial == "topic.proposed"
    assert [states[path].kind for path in (ROOT, "topic", "evaluation", "evaluation.residents", "research", "closed")] == [
        Kind.COMPOUND,
        Kind.COMPOUND,
        Kind.PARALLEL,
        Kind.COMPOUND,
        Kind.ATOMIC,
        Kind.FINAL,
    ]


def test_an_inner_state_without_an_owner_has_the_outer_ones() -> None:
    states = sound(DELIBERATION).states
    assert states["evaluation.third_party.waiting"].owner == ("office",)
    assert states["topic.proposed"].owner == ("member",)


def test_a_name_is_sought_outward_from_where_it_stands() -> None:
    definition = sound(DELIBERATION)
    submit = transition(definition, "topic.proposed", "submit")
    approve = transition(definition, "topic.vetting", "approve")
    assert submit.branches[0].target == "topic.vetting"  # a sibling
    assert approve.branches[0].target == "research"  # a sibling of an ancestor
    assert transition(definition, ROOT, "suspend").branches[0].target == "suspended"  # a child of the root


NESTED = """
workflow: nested
version: 1
title: 例
calendar: cn
roles: {office: 办公室}
start: {by: office}
initial: a
states:
  a:
    initial: a
    actions: {down: {by: office, to: TARGET}}
    states:
      a: {actions: {x: {by: office, to: end}}}
      b: {initial: c, states: {c: {actions: {y: {by: office, to: end}}}, d: {actions: {z: {by: office, to: end}}}}}
  b: {actions: {back: {by: office, to: a.b.d}, on: {by: office, to: b}, w: {by: office, to: end}}}
  end: {final: true, outcome: success}
"""


@pytest.mark.parametrize(("written", "meant"), [("a", "a.a"), ("b", "a.b"), ("b.d", "a.b.d"), ("end", "end"), ("a.b", None)])
def test_the_nearest_state_of_that_name_is_meant(written: str, meant: str | None) -> None:
    """Children come first: inside `a` the name `a` is its child, and `a.b` is nothing, for that child has no `b`."""
    found = loaded(NESTED.replace("TARGET", written))
    if meant is None:
        assert rules(found.problems) == ["name.unknown_state"]
    else:
        assert transition(found.definitions[0], "a", "down").branches[0].target == meant


def test_a_dangling_target_is_refused_with_the_nearest_name() -> None:
    text = changed(DELIBERATION, ("form: [department], to: research}", "form: [department], to: reserch}"))
    (found,) = problems(text)
    assert (found.rule, (found.line, found.column)) == ("name.unknown_state", place(text, "reserch"))
    assert "did you mean 'research'" in found.message
    assert found.pointer == "/states/topic/states/vetting/actions/approve/to"


def test_a_target_in_a_sister_region_is_refused() -> None:
    found = problems(DELIBERATION, ("raise: recorded, to: scored}", "raise: recorded, to: residents.counted}"))
    assert "target.sister_region" in rules(found)


def test_going_down_from_a_state_with_regions_needs_reenter() -> None:
    inside = (
        "    done: {choice: [{guard: data.score < 60.0",
        "    actions: {redo: {by: office, to: residents.open}}\n    done: {choice: [{guard: data.score < 60.0",
    )
    assert rules(problems(DELIBERATION, inside)) == ["target.loses_regions"]
    assert problems(DELIBERATION, (inside[0], inside[1].replace("to: residents.open}", "to: residents.open, reenter: true}"))) == ()


def test_a_history_target_is_resolved() -> None:
    definition = sound(changed(DELIBERATION, ("to: {history: deep}", "to: {history: deep, of: topic, default: topic.vetting}")))
    target = transition(definition, "suspended", "resume").branches[0].target
    assert target == History(deep=True, of="topic", default="topic.vetting")
    assert definition.memory.histories == {"topic"}
    assert transition(sound(DELIBERATION), "suspended", "resume").branches[0].target == History(deep=True)


# --- actions --------------------------------------------------------------------------------------------------------


def test_an_action_becomes_a_transition_with_all_its_gates() -> None:
    definition = sound(DELIBERATION)
    submit = transition(definition, "topic.proposed", "submit")
    assert (submit.id, submit.trigger, submit.by) == ("topic.proposed/act:submit", Trigger.ACT, ("member",))
    assert submit.guard is not None
    assert submit.guard.reads == {"special", "proposers"}
    assert submit.refuse is not None
    assert (submit.refuse.code, submit.refuse.text["en"]) == ("lone_member", "a lone member")
    send_back = transition(definition, "topic.vetting", "send_back")
    assert (send_back.reason, send_back.branches[0].cycles) == ("required", Cycles(3, "shelved"))
    assert transition(definition, "research", "conclude").requires == (Requirement("report", None),)


def test_a_choice_becomes_branches_with_their_own_guards_effects_and_budgets() -> None:
    close = transition(sound(DELIBERATION), "session", "close_session")
    first, last = close.branches
    assert (first.id, last.id) == ("session/act:close_session#0", "session/act:close_session#1")
    assert first.guard is not None
    assert (first.target, last.target, last.guard, last.cycles) == ("evaluation", "research", None, Cycles(3, "no_consensus"))
    (sets,) = first.effects
    assert isinstance(sets, SetItems)
    assert [item.item for item in sets.items] == ["special"]


def test_a_form_says_what_must_be_filled_in() -> None:
    close = transition(sound(DELIBERATION), "session", "close_session")
    assert close.form is not None
    assert [(field.item.id, field.optional, field.adds_row) for field in close.form.fields] == [
        ("agreed", False, False),
        ("tasks", True, False),
        ("answer", True, False),
    ]


def test_a_condition_of_requires_is_an_expression() -> None:
    minutes, report = transition(sound(DELIBERATION), "session", "close_session").requires
    assert (minutes.document, minutes.when, report.document) == ("minutes", None, "report")
    assert report.when is not None
    assert report.when.text == "data.agreed"


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("1 per person", Limit(1, per_person=True, term=None)),
        ("2 per case", Limit(2, per_person=False, term=None)),
        ("3 per 2 weeks", Limit(3, per_person=False, term=Term(2, Unit.WEEKS))),
    ],
)
def test_a_limit_is_per_person_per_case_or_per_term(written: str, limit: Limit) -> None:
    definition = sound(changed(DELIBERATION, ("limit: 1 per person", f"limit: {written}")))
    assert transition(definition, ROOT, "urge").limit == limit
    assert definition.memory.recent == {"urge": limit.times, "research.hold_symposium": 2}


def test_effects_keep_the_order_of_the_language() -> None:
    text = changed(
        SMALLEST,
        (
            "form: [reply], notify: [initiator]",
            "form: [reply], notify: [initiator], publish: {what: [reply], to: [office]}, set: {text: \"'x'\"}",
        ),
    )
    effects = transition(sound(text), "answering", "answer").effects
    assert [type(effect) for effect in effects] == [SetItems, Publish, Notify]
    assert effects[-1] == Notify(("initiator",))


def test_what_anywhere_declares_holds_in_no_final_state() -> None:
    definition = sound(DELIBERATION)
    ends = {"shelved", "no_consensus", "closed"}
    assert transition(definition, ROOT, "suspend").excluded == ends | {"suspended"}
    assert transition(definition, ROOT, "urge").excluded == ends
    assert transition(definition, ROOT, "over").excluded == ends


def test_transitions_stand_in_document_order_acts_first() -> None:
    definition = sound(DELIBERATION)
    assert names(definition, "research") == [
        "hold_symposium",
        "call",
        "adjust",
        "adjust.ask",
        "adjust.decline",
        "conclude",
        "report.extend",
        "report.extend.ask",
        "report.extend.decline",
    ]
    assert names(definition, ROOT) == ["suspend", "urge", "report.attach", "report.approve", "minutes.attach", "over"]
    assert names(definition, "evaluation") == ["done"]
    assert transition(definition, "evaluation.residents.open", "recorded").trigger is Trigger.HEAR


def test_always_and_done_are_transitions_without_an_actor() -> None:
    definition = sound(
        changed(SMALLEST, ("    owner: department\n", "    owner: department\n    always: {guard: has(data.reply), to: answered}\n"))
    )
    always = transition(definition, "answering", "always")
    assert (always.id, always.trigger, always.by) == ("answering/always:always", Trigger.ALWAYS, ())


def test_raised_events_are_effects() -> None:
    definition = sound(DELIBERATION)
    assert definition.states["session"].exit == (Raise("over"),)
    assert Raise("recorded") in transition(definition, "evaluation.third_party.waiting", "record").effects


# --- built-in acts --------------------------------------------------------------------------------------------------


def test_documents_have_acts_of_their_own() -> None:
    definition = sound(DELIBERATION)
    attach, approve = transition(definition, ROOT, "report.attach"), transition(definition, ROOT, "report.approve")
    assert (attach.by, attach.effects, attach.builtin) == (("office",), (AttachDocument("report"),), True)
    assert approve.by == ("chair_meeting",)
    assert attach.title == {"zh-CN": "提交：调研报告", "en": "Attach: Report"}
    assert "closed" in attach.excluded
    assert definition.documents["minutes"].per == "session"


def test_what_must_be_asked_for_is_asked_with_form_and_reason_and_taken_as_asked() -> None:
    definition = sound(DELIBERATION)
    ask, take, decline = (transition(definition, "research", name) for name in ("adjust.ask", "adjust", "adjust.decline"))
    assert (ask.by, ask.effects, ask.reason) == (("office",), (AskFor("adjust"),), "required")
    assert ask.form is not None
    assert ask.guard is not None
    assert (take.by, take.asked_by, take.form, take.reason) == (("chair_meeting",), ("office",), None, None)
    assert take.guard is ask.guard
    assert (decline.by, decline.effects, decline.form, decline.reason) == (("chair_meeting",), (Decline("adjust"),), None, "required")


def test_a_deadline_is_extended_by_an_act_of_its_state() -> None:
    definition = sound(DELIBERATION)
    extend = transition(definition, "research", "report.extend")
    assert (extend.by, extend.asked_by, extend.effects) == (("chair_meeting",), ("office",), (ExtendDeadline("research.report"),))
    assert transition(definition, "research", "report.extend.ask").reason == "required"


def test_reopening_is_an_act_of_the_final_states_it_names() -> None:
    definition = sound(DELIBERATION)
    look_back = transition(definition, "closed", "look_back")
    assert (look_back.id, look_back.branches[0].target) == ("closed/act:look_back", "research")
    assert look_back.reopens is not None
    assert (look_back.reopens.within, look_back.reopens.at_most) == (TermSource(Term(24, Unit.MONTHS), None), 2)
    assert "look_back" not in names(definition, "shelved")
    assert rules(problems(DELIBERATION, ("from: [closed]", "from: [research]"))) == ["reopen.not_final"]


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_a_deadline_is_compiled_whole() -> None:
    deadline = sound(DELIBERATION).deadlines["research.report"]
    assert (deadline.state, deadline.within, deadline.basis) == ("research", TermSource(Term(3, Unit.MONTHS), None), "source")
    assert deadline.paused_in == {"suspended"}
    assert deadline.extension is not None
    assert (deadline.extension.up_to, deadline.extension.at_most, deadline.extension.before_due) == (
        TermSource(Term(6, Unit.MONTHS), None),
        1,
        True,
    )


def test_a_deadline_counted_back_knows_what_it_reads() -> None:
    notice = sound(DELIBERATION).deadlines["research.notice"]
    assert (notice.lead, notice.hour, notice.met_by) == (TermSource(Term(15, Unit.WORKING_DAYS), None), "17:30", "call")
    assert notice.reads == {"session_on"}


def test_a_term_may_come_from_a_setting() -> None:
    definition = sound(DELIBERATION)
    assert definition.deadlines["topic.vetting.decide"].within == TermSource(None, "vetting_term")
    assert definition.settings["vetting_term"].value == Term(15, Unit.WORKING_DAYS)
    assert rules(problems(DELIBERATION, ("within: settings.vetting_term", "within: settings.veting_term"))) == ["name.unknown_setting"]


def test_rungs_keep_their_identity_and_what_they_do() -> None:
    rungs = sound(DELIBERATION).deadlines["topic.vetting.decide"].rungs
    assert [rung.at.text for rung in rungs] == ["80 %", "5 working days after", "10 working days after"]
    assert (rungs[0].at.share, rungs[0].effects) == (80, (Notify(("owner",)),))
    assert (rungs[1].escalate, rungs[1].at.after) == ("chair_meeting", Term(5, Unit.WORKING_DAYS))
    assert rungs[2].act == "send_back"


def test_a_rung_takes_an_action_of_its_state_that_names_the_clock() -> None:
    assert rules(problems(DELIBERATION, ("act: send_back", "act: conclude"))) == ["deadline.act_not_here"]
    assert rules(problems(DELIBERATION, ("by: [chair_meeting, clock]", "by: chair_meeting"))) == ["deadline.act_not_by_clock"]
    assert rules(problems(DELIBERATION, ("act: send_back", "act: sendback"))) == ["name.unknown_act"]


# --- data, settings, memory -----------------------------------------------------------------------------------------


def test_defaults_are_kept_in_canonical_form() -> None:
    data = sound(DELIBERATION).data
    assert (data["score"].default, data["special"].default, data["tasks"].default) == ("60.5", False, [])
    assert data["topic"].default is None
    assert rules(problems(DELIBERATION, ("default: 60.5", "default: 160.5"))) == ["data.default"]


@pytest.mark.parametrize("between", ["[low, 100]", "[true, 100]", "[[], 100]", "['', '9x']"])
def test_bounds_are_values_of_the_type(between: str) -> None:
    assert "data.between" in rules(problems(DELIBERATION, ("between: [0, 100], default: 60.5", f"between: {between}")))


def test_options_come_from_a_list_a_setting_or_stand_inline() -> None:
    data = sound(DELIBERATION).data
    assert data["source"].type.options == {
        "party_gov": {"zh-CN": "党政点题", "en": "by the party"},
        "member": {"zh-CN": "委员荐题", "en": "by a member"},
    }
    assert (data["answer"].type.options_setting, list(data["answer"].type.options or ())) == ("answers", ["a", "b"])
    assert "name.unknown_list" in rules(problems(DELIBERATION, ("options: lists.sources", "options: lists.source")))


def test_a_setting_keeps_to_its_own_bounds() -> None:
    assert rules(problems(DELIBERATION, ("default: 15 working days, between", "default: 3 months, between"))) == ["setting.default"]
    assert rules(problems(DELIBERATION, ("must_have: [a, b]", "must_have: [a, c]"))) == ["setting.default"]
    assert rules(problems(DELIBERATION, ("default: 15 working days, between", "default: soon, between"))) == ["setting.default"]


def test_computed_items_come_after_what_they_read() -> None:
    assert sound(DELIBERATION).computed == ("symposia", "busy")


def test_computed_items_that_need_each_other_are_refused() -> None:
    found = problems(DELIBERATION, ("compute: count('hold_symposium')", "compute: 'data.busy ? 1 : 0'"))
    assert rules(found) == ["compute.circle"]


def test_free_text_and_sensitive_values_stand_in_events_as_commitments() -> None:
    assert sound(DELIBERATION).committed == {"topic", "tasks", "score"}


def test_the_memory_holds_only_what_is_asked_for() -> None:
    memory = sound(DELIBERATION).memory
    assert memory.actors == {"submit", "approve", "report.attach", "topic.vetting.approve"}
    assert memory.since == {("hold_symposium", "research")}
    assert memory.histories == frozenset()


def test_derived_items_are_neither_filled_in_nor_set() -> None:
    assert rules(problems(DELIBERATION, ("form: [session_on]", "form: [symposia]"))) == ["form.derived"]
    assert rules(problems(DELIBERATION, ("set: {special: false}", "set: {symposia: 3}"))) == ["set.computed"]
    assert rules(problems(DELIBERATION, ("form: [session_on]", "form: [session_on+]"))) == ["form.not_a_list"]
