"""The deadlines of parties: each has its own, from its invitation until it has signed."""

from __future__ import annotations

from engine.clock import parse_instant
from engine.core.advance import advance
from engine.core.case import Actor
from engine.core.command import Fire
from engine.core.decision import Decision, Refused
from engine.core.rungs import next_rung
from tests.core.process import DAY, Story, person, process

ROLES = "office: 办公室, co_unit: {title: 会办单位, bound: party}, head: 分管负责人"
HANDLING = """
data: {co_units: {type: list, of: unit, default: []}}
settings: {term: {type: term, default: 1 month, basis: rule}}
start: {by: office, form: [co_units]}
initial: handling
states:
  handling:
    owner: office
    parties:
      co:
        role: co_unit
        from: data.co_units
        verdicts: {agree: 同意, disagree: 不同意}
        refusing: [disagree]
        add: {by: office}
        remove: {by: office}
        waive: {by: office}
        deadlines:
          opinion:
            within: settings.term
            basis: rule
            paused_in: [suspended]
            rungs: [{at: due, notify: [party, owner]}, {at: 5 working days after, escalate: head}]
    actions:
      chase: {by: office, guard: overdue('co.opinion')}
      praise: {by: office, guard: met('handling.co.opinion')}
      again: {by: office, to: handling}
      end: {by: office, to: over}
  suspended: {actions: {resume: {by: office, to: {history: deep}}}}
  over: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
"""


def unit(name: str) -> Actor:
    return person(f"clerk of {name}", "co_unit", unit=name)


def handling(*units: str) -> Story:
    return Story(process(HANDLING, ROLES), co_units=list(units))


def live(story: Story) -> list[str]:
    return sorted(story.case.snapshot.get("deadlines", {}))


def test_each_party_has_a_deadline_of_its_own_with_a_number_of_its_own() -> None:
    story = handling("财政局", "住建局")

    assert ["handling.co.opinion@住建局", "handling.co.opinion@财政局"] == live(story)
    assert [(1, "财政局"), (2, "住建局")] == [(change.n, change.ledger["party"]) for change in story.last.deadlines]
    assert {change.name for change in story.last.deadlines} == {"handling.co.opinion"}


def test_it_ends_when_the_party_signs_and_the_others_run_on() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="disagree")

    assert ["handling.co.opinion@住建局"] == live(story)
    assert [("met", 1)] == [(change.op, change.n) for change in story.last.deadlines]


def test_it_ends_when_the_party_is_waived_or_removed() -> None:
    story = handling("财政局", "住建局", "教育局").act("co.waive", party="财政局").act("co.remove", party="教育局")

    assert ["handling.co.opinion@住建局"] == live(story)


def test_who_is_added_later_has_a_full_term() -> None:
    story = handling("财政局").wait(10 * DAY).act("co.add", party="住建局")

    assert "2026-04-02" == story.ledger("handling.co.opinion@财政局").due_date.isoformat()  # type: ignore[union-attr]
    assert "2026-04-13" == story.ledger("handling.co.opinion@住建局").due_date.isoformat()  # type: ignore[union-attr]


def fired(story: Story, key: str) -> Decision:
    ledger = story.ledger(key)
    upcoming = next_rung(ledger)
    assert upcoming is not None
    story.now = max(story.now, upcoming[0])
    outcome = advance(story.process, story.case, Fire(ledger.name, ledger.n, upcoming[1], upcoming[0]), story.now)
    assert isinstance(outcome, Decision), outcome
    story._keep(outcome)
    return outcome


def test_a_rung_tells_the_party_whose_it_is_and_fires_once_for_each() -> None:
    story = handling("财政局", "住建局")
    first, second = fired(story, "handling.co.opinion@财政局"), fired(story, "handling.co.opinion@住建局")

    assert ({"as": "party", "role": "co_unit", "unit": "财政局"}, {"as": "owner", "role": "office"}) == first.notify
    assert {"rung": "due", "party": "财政局"} == first.notes
    assert {"as": "party", "role": "co_unit", "unit": "住建局"} == second.notify[0]
    again = advance(story.process, story.case, Fire("handling.co.opinion", 1, "due", story.now), story.now)
    assert isinstance(again, Refused)


def test_an_escalation_lasts_until_that_party_signs() -> None:
    story = handling("财政局", "住建局")
    for key in ("handling.co.opinion@财政局", "handling.co.opinion@住建局") * 2:
        fired(story, key)

    def escalated() -> list[str]:
        return sorted(task["party"] for task in story.case.snapshot["tasks"].values() if task["kind"] == "escalation")

    assert ["住建局", "财政局"] == escalated()
    story.act("co.sign", unit("财政局"), verdict="agree")
    assert ["住建局"] == escalated()


def test_overdue_means_any_party_and_met_means_all() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree")
    assert ["guard_failed"] == story.codes("praise")
    assert ["guard_failed"] == story.codes("chase")

    story.now = parse_instant("2026-05-06T10:00:00+08:00")
    story.act("chase").act("co.sign", unit("住建局"), verdict="agree").act("chase")
    assert ["guard_failed"] == story.codes("praise")

    story.act("again").act("co.sign", unit("财政局"), verdict="agree").act("co.sign", unit("住建局"), verdict="agree").act("praise")


def test_the_clock_of_each_stands_still_while_the_case_is_suspended() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree").act("suspend")
    assert ["paused"] == [kept["status"] for kept in story.case.snapshot["deadlines"].values()]

    story.wait(7 * DAY).act("resume")

    ledger = story.ledger("handling.co.opinion@住建局")
    assert ("running", "2026-04-09") == (ledger.status, str(ledger.due_date))


def test_entering_anew_gives_everybody_a_new_term_and_leaving_ends_all() -> None:
    story = handling("财政局", "住建局").act("co.sign", unit("财政局"), verdict="agree").act("again")
    assert ["handling.co.opinion@住建局", "handling.co.opinion@财政局"] == live(story)
    assert [] == live(story.act("end"))
