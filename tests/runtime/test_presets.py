"""The settings of a body: a preset is in force for every case that opens after it, however it opens, and for no other; on both databases."""

from __future__ import annotations

import pytest

from engine.clock import parse_instant, rfc3339
from engine.core.case import Case
from engine.errors import CommandRefused, DefinitionRefused, InvalidInput, NotAllowed
from engine.runtime.catalogue import Catalogue
from engine.runtime.presets import PublishedPreset
from engine.runtime.publishing import publish
from engine.runtime.reading import Reading
from engine.runtime.rebuilding import rebuilt
from engine.runtime.sandbox import Sandbox
from engine.scheduler.schedules import Schedules
from engine.store.cases import CaseFilter, list_cases
from engine.store.trail import events_of_case
from tests.application import ADMIN, DAY, OFFICE, ORG, START, Trial

REPLY = """\
workflow: reply
version: 1
title: 答复
calendar: cn
roles: {office: 办公室}
settings:
  term: {type: term, default: 15 working days, between: [1 working day, 6 months], basis: rule}
  lead: {type: term, default: 1 day, basis: default}
  least: {type: decimal, default: 60.0, basis: rule}
  answers: {type: options, default: {yes: 是, no: 否}, must_have: [yes], basis: rule}
data:
  score: {type: decimal, default: 65.0}
  passed: {type: bool, compute: data.score >= settings.least}
  answer: {type: choice, options: settings.answers}
start: {by: office, form: [score?, answer?]}
schedules:
  spring: {rrule: FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=15, hour: "09:00", lead: settings.lead}
initial: open
states:
  open:
    owner: office
    deadlines: {reply: {within: settings.term, basis: rule, rungs: [{at: due, notify: [owner]}]}}
    actions: {close: {by: office, to: closed}}
  closed: {final: true, outcome: success}
"""

ASKING = """\
workflow: asking
version: 1
title: 提问
calendar: cn
roles: {office: 办公室}
links: {replies: {workflow: reply, inverse: asked}}
start: {by: office}
initial: open
states:
  open: {owner: office, actions: {ask: {by: office, open: {link: replies}}, close: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""
LINKED = REPLY.replace("start:", "links: {asked: {workflow: asking, inverse: replies}}\nstart:")

STRICT = """\
preset: strict
workflow: reply
title: {zh-CN: 从严, en: Strict}
basis: rule
settings: {term: 1 month, least: 70, lead: 10 days, answers: {yes: 同意}}
"""
PLAIN = "{preset: plain, workflow: reply, title: 默认, basis: default, settings: {}}"


@pytest.fixture
def replying(office: Trial) -> Trial:
    """An application with the process published."""
    publish(office.app, ADMIN, [(f"{LINKED}---\n{ASKING}", "reply.yaml")])
    return office


def take(office: Trial, text: str = STRICT) -> PublishedPreset:
    (done,) = publish(office.app, ADMIN, [(text, "preset.yaml")])
    assert isinstance(done, PublishedPreset)
    return done


def opened(office: Trial, **data: object) -> Case:
    case: Case = office.app.service.open(OFFICE, "reply", data=data).result().case
    return case


def due(office: Trial, case: Case) -> str:
    (deadline,) = Reading(office.app).deadlines(OFFICE, case.id, "zh-CN")["deadlines"]
    return str(deadline["due_date"])


def refusal(office: Trial, text: str) -> list[str]:
    with pytest.raises(DefinitionRefused) as refused:
        publish(office.app, ADMIN, [(text, "w.yaml")])
    return [f"{each.rule} {each.line}:{each.column}" for each in refused.value.problems]


def test_cases_open_with_the_preset_and_keep_what_they_opened_with(replying: Trial) -> None:
    before = opened(replying)
    assert take(replying) == PublishedPreset("strict", "reply", 1, take(replying).digest, new=True, problems=())
    after = opened(replying)
    assert [case.data["passed"] for case in (before, after)] == [True, False], "65 points are enough for 60 and not for 70"
    assert "settings" not in before.snapshot
    assert after.snapshot["settings"] == {"term": "1 month", "least": "70", "lead": "10 days", "answers": {"yes": {"zh-CN": "同意"}}}
    take(replying, PLAIN)
    assert opened(replying).data["passed"] is True
    assert replying.case(after.id).data["passed"] is False


def test_the_settings_stand_in_the_trail(replying: Trial) -> None:
    take(replying)
    case = opened(replying)
    take(replying, PLAIN)
    with replying.app.store.read() as reader:
        events = events_of_case(reader, ORG, case.id)
    again = rebuilt(events)
    assert again is not None
    assert again.snapshot["settings"] == case.snapshot["settings"]


def test_what_a_choice_offers_is_the_bodys(replying: Trial) -> None:
    take(replying)
    assert opened(replying, answer="yes").data["answer"] == "yes"
    with pytest.raises(CommandRefused):
        opened(replying, answer="no")


def test_deadlines_count_with_the_term_of_the_body(replying: Trial) -> None:
    before = opened(replying)
    take(replying)
    assert (due(replying, before), due(replying, opened(replying))) == ("2026-03-23", "2026-04-02")


def test_a_case_that_another_case_opens_has_the_preset_too(replying: Trial) -> None:
    take(replying)
    asking = replying.app.service.open(OFFICE, "asking", data={}).result().case
    replying.act(asking, "ask")
    (reply,) = everywhere(replying)
    assert reply.snapshot["settings"]["least"] == "70"


def test_a_schedule_opens_with_the_preset_and_as_early_as_it_says(replying: Trial) -> None:
    schedules = Schedules(replying.app)
    assert rfc3339(schedules.next_instant() or 0) == "2026-04-14T01:00:00Z"
    take(replying)
    assert rfc3339(schedules.next_instant() or 0) == "2026-04-05T01:00:00Z"
    replying.clock.instant = parse_instant("2026-04-05T09:00:00+08:00")
    assert schedules.run_once(replying.clock.now()) == 1
    (reply,) = everywhere(replying)
    assert reply.snapshot["settings"]["term"] == "1 month"


def everywhere(office: Trial) -> list[Case]:
    with office.app.store.read() as reader:
        return [office.case(each.id) for each in list_cases(reader, ORG, CaseFilter(workflow="reply")).items]


def test_the_same_text_again_changes_nothing_and_another_is_the_next(replying: Trial) -> None:
    done = [take(replying), take(replying), take(replying, PLAIN), take(replying)]
    assert [(each.preset, each.version, each.new) for each in done] == [
        ("strict", 1, True),
        ("strict", 1, False),
        ("plain", 2, True),
        ("strict", 3, True),
    ]


def test_a_dry_run_takes_nothing(replying: Trial) -> None:
    (done,) = publish(replying.app, ADMIN, [(STRICT, "preset.yaml")], dry_run=True)
    assert isinstance(done, PublishedPreset)
    assert done.new
    assert "settings" not in opened(replying).snapshot


def test_the_catalogue_tells_what_is_in_force_and_where_it_comes_from(replying: Trial) -> None:
    catalogue = Catalogue(replying.app)
    row = catalogue.definition(ADMIN, "reply", 1)
    before = catalogue.described(row, "en")
    assert (before["preset"], before["settings"]["least"]) == (None, "60")
    done = take(replying)
    after = catalogue.described(row, "en")
    assert after["preset"] == {
        "preset": "strict",
        "version": 1,
        "digest": done.digest,
        "title": "Strict",
        "published_at": rfc3339(START),
        "published_by": "admin",
    }
    assert after["settings"] == {"term": "1 month", "lead": "10 days", "least": "70", "answers": {"yes": {"zh-CN": "同意"}}}
    answer = after["start"]["form"]["properties"]["answer"]
    assert "yes" in str(answer)
    assert "否" not in str(answer)


def test_a_workflow_and_its_preset_are_published_together(office: Trial) -> None:
    done = publish(office.app, ADMIN, [(f"{STRICT}---\n{REPLY}", "all.yaml")])
    assert [type(each).__name__ for each in done] == ["PublishedPreset", "Published"]
    assert opened(office).data["passed"] is False


def test_a_version_that_the_preset_does_not_fit_is_refused_unless_one_that_fits_comes_with_it(replying: Trial) -> None:
    take(replying)
    changed = LINKED.replace("version: 1", "version: 2").replace(
        "15 working days, between: [1 working day, 6 months]", "5 days, between: [1 day, 20 days]"
    )
    changed = changed.replace("  least: {type: decimal, default: 60.0, basis: rule}\n", "").replace("settings.least", "60.0")
    assert refusal(replying, changed) == ["preset.does_not_fit 7:3", "preset.does_not_fit 7:9"]
    fitting = STRICT.replace("term: 1 month, least: 70, ", "term: 10 days, ")
    publish(replying.app, ADMIN, [(f"{changed}---\n{fitting}", "w.yaml")])
    assert opened(replying).snapshot["settings"]["term"] == "10 days"


def test_an_older_version_takes_of_a_preset_what_it_knows(replying: Trial) -> None:
    newer = LINKED.replace("version: 1", "version: 2").replace("settings:\n", "settings:\n  more: {type: int, default: 1, basis: rule}\n")
    newer = newer.replace("between: [1 working day, 6 months]", "between: [1 working day, 1 year]")
    publish(replying.app, ADMIN, [(newer, "w.yaml")])
    take(replying, "{preset: wide, workflow: reply, title: 宽, basis: rule, settings: {more: 2, term: 1 year, least: 80}}")
    case = replying.app.service.open(OFFICE, "reply", version=1).result().case
    assert case.snapshot["settings"] == {"least": "80"}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (f"{STRICT}---\n{PLAIN}", ["preset.twice 7:27"]),
        (STRICT.replace("least: 70", "least: much"), ["preset.value 5:34"]),
        (STRICT.replace("workflow: reply", "workflow: rely"), ["name.unknown_workflow 2:11"]),
    ],
)
def test_what_cannot_be_taken_is_refused_as_a_whole(replying: Trial, text: str, problems: list[str]) -> None:
    assert refusal(replying, text) == problems
    assert "settings" not in opened(replying).snapshot


def test_taking_a_preset_needs_the_right_and_no_day(replying: Trial) -> None:
    with pytest.raises(NotAllowed):
        publish(replying.app, OFFICE, [(STRICT, "preset.yaml")])
    with pytest.raises(InvalidInput):
        publish(replying.app, ADMIN, [(STRICT, "preset.yaml")], effective_from=START + DAY)


def test_a_sandbox_begins_with_the_presets_of_its_body_and_keeps_its_own_to_itself(replying: Trial) -> None:
    take(replying)
    sandbox = Sandbox(replying.app)
    sandbox.reset(ADMIN)
    drafted = sandbox.publish(ADMIN, [(STRICT.replace("least: 70", "least: 90"), "preset.yaml")])
    assert [(each.version, getattr(each, "preset", None)) for each in drafted.published] == [(2, "strict")]
    assert opened(replying).snapshot["settings"]["least"] == "70"
