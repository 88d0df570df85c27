"""Indicators counted from the trail, on both databases: what they say, of which time, as of when, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import Instant, parse_instant
from engine.core.case import Case
from engine.errors import InvalidInput, NotFound
from engine.runtime.figures import Asked, Figures
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.scheduler.sealer import Sealer
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, Trial
from tests.counted import COUNTED


@pytest.fixture
def counted(office: Trial) -> Trial:
    """A trial with the process that is counted."""
    office.app.registry.publish(ADMIN, COUNTED, "counted.yaml", office.clock.now())
    return office


def opened(office: Trial, **data: Any) -> Case:
    case: Case = office.app.service.open(OFFICE, "counted", data=data).result().case
    return case


def day(text: str) -> Instant:
    return parse_instant(f"{text}T00:00:00+08:00")


def asked(office: Trial, key: str, principal: Principal = OFFICE, **times: Any) -> dict[str, Any]:
    found = Figures(office.app).figures(principal, key, Asked(**times), "zh-CN", workflow="counted")
    (only,) = found["indicators"]
    return only  # type: ignore[no-any-return]


def cells(view: dict[str, Any]) -> dict[tuple[Any, ...], Any]:
    return {(each["period"], *(part["value"] for part in each["by"])): each["value"] for each in view["figures"]}


def shares(view: dict[str, Any]) -> dict[str | None, tuple[int, int, str | None]]:
    return {each["of"]: (each["numerator"], each["denominator"], each["value"]) for each in view["figures"]}


def test_empty_cells_of_a_closed_list_are_shown_and_what_is_not_filled_in_has_its_own(counted: Trial) -> None:
    for kind in ("road", "road", "lamp"):
        opened(counted, kind=kind)
    opened(counted)
    view = asked(counted, "opened")

    assert {("2026", "road"): 2, ("2026", "lamp"): 1, ("2026", "tree"): 0, ("2026", None): 1} == cells(view)
    assert ["道路", "路灯", "绿化", "未填写"] == [each["by"][0]["label"] for each in view["figures"]]
    assert [4] == [each["value"] for each in view["whole"]]


def test_acts_are_counted_each_time_with_who_took_them_and_the_data_as_they_were_then(counted: Trial) -> None:
    case = opened(counted)
    counted.act(case, "accept")
    counted.act(case, "call", data={"place": "东门"})
    counted.act(case, "call", MEMBER, data={"place": "西门"})
    counted.act(case, "call", MEMBER)

    assert {(None, "member"): 2, (None, "office"): 1} == cells(asked(counted, "calls"))
    assert {(None, "东门"): 1, (None, "西门"): 2} == cells(asked(counted, "called_from"))
    assert {(None,): 2} == cells(asked(counted, "persons"))


def test_a_case_that_is_opened_again_counts_once_as_a_case_and_each_time_as_an_act(counted: Trial) -> None:
    case = opened(counted, kind="road")
    for act in ("accept", "close", "look_back", "close"):
        counted.act(case, act)

    assert 1 == cells(asked(counted, "opened"))["2026", "road"]
    assert {("2026-03",): 2} == cells(asked(counted, "closings"))
    assert {"all": (1, 1, "1.0000"), "accepted": (1, 1, "1.0000")} == shares(asked(counted, "rate"))


def test_a_share_is_given_for_each_of_its_denominators_with_both_counts(counted: Trial) -> None:
    one, two, three = opened(counted), opened(counted), opened(counted)
    counted.act(one, "accept")
    counted.act(one, "close")
    counted.act(two, "accept")
    counted.act(three, "refuse")
    view = asked(counted, "rate")

    assert {"all": (1, 3, "0.3333"), "accepted": (1, 2, "0.5000")} == shares(view)
    assert ("at_least", ["all", "accepted"]) == (view["shown_as"], view["denominators"])


def test_a_share_of_nothing_has_no_value(counted: Trial) -> None:
    assert {"all": (0, 0, None), "accepted": (0, 0, None)} == shares(asked(counted, "rate"))


def test_the_clock_alone_makes_a_case_overdue_and_its_deadline_one_that_was_not_met(counted: Trial) -> None:
    first = opened(counted)
    counted.act(first, "accept")
    opened(counted)
    assert ({(None,): 0}, {None: (1, 1, "1.0000")}) == (cells(asked(counted, "late")), shares(asked(counted, "in_time")))

    counted.clock.instant += 10 * DAY

    assert ({(None,): 1}, {None: (1, 2, "0.5000")}) == (cells(asked(counted, "late")), shares(asked(counted, "in_time")))


def test_means_sums_and_ranks_are_exact_and_equal_values_share_a_place(counted: Trial) -> None:
    for score in ("90.5", "80", "90.5", None):
        case = opened(counted)
        counted.act(case, "accept")
        counted.act(case, "close", data={} if score is None else {"score": score})
    mean, ranking = asked(counted, "mean")["figures"][0], asked(counted, "ranking")["figures"][0]

    assert ("87", "261", 3, 1) == (mean["value"], str(mean["numerator"]), mean["denominator"], mean["left_out"])
    assert [(1, "90.5"), (1, "90.5"), (3, "80")] == [(each["place"], each["value"]) for each in ranking["places"]]
    assert {"2026统1", "2026统3"} == {each["number"] for each in ranking["places"][:2]}


def test_rows_of_lists_are_added_up(counted: Trial) -> None:
    case = opened(counted)
    counted.act(case, "accept")
    for place, people in (("东门", 3), ("西门", 4), ("东门", 5)):
        counted.act(case, "visit", data={"visits": {"place": place, "people": people}})

    assert {(None, "东门"): 8, (None, "西门"): 4} == cells(asked(counted, "total"))


def test_the_time_in_a_state_is_counted_in_working_days_over_the_stays_that_have_ended(counted: Trial) -> None:
    for days in (1, 1, 7):
        case = opened(counted)
        counted.clock.instant += days * DAY
        counted.act(case, "accept")
    opened(counted)  # still there: nobody knows how long
    found = {each["at"]: (each["value"], each["denominator"], each["left_out"]) for each in asked(counted, "took")["figures"]}

    assert {"50": ("1", 3, 1), "90": ("5", 3, 1)} == found


def test_figures_are_of_the_time_that_is_asked_for(counted: Trial) -> None:
    for _ in range(3):
        opened(counted, kind="road")
        counted.clock.instant += 5 * DAY

    def roads(**times: Any) -> int:
        return sum(value for (_, kind), value in cells(asked(counted, "opened", **times)).items() if kind == "road")

    assert [3, 2, 1, 1] == [
        roads(),
        roads(since=day("2026-03-05")),
        roads(until=day("2026-03-05")),
        roads(since=day("2026-03-05"), until=day("2026-03-09")),
    ]
    later = asked(counted, "later")
    assert ({(None,): 1}, "2026-03-09T16:00:00Z") == (cells(later), later["from"])
    assert None is asked(counted, "opened")["from"]


def test_figures_as_of_a_past_instant_are_those_that_were_told_then(counted: Trial) -> None:
    told = {}
    one, two = opened(counted, kind="road"), opened(counted, kind="lamp")
    steps = [(one, "accept"), (one, "close"), (two, "refuse")]
    for case, act in steps:
        told[counted.clock.instant] = {key: asked(counted, key)["figures"] for key in ("rate", "opened", "late", "in_time", "took")}
        counted.clock.instant += 4 * DAY
        counted.act(case, act)
    opened(counted, kind="tree")

    for instant, figures in told.items():
        assert figures == {key: asked(counted, key, as_of=instant)["figures"] for key in figures}


def test_what_is_sealed_and_what_is_not_is_counted_once(counted: Trial) -> None:
    sealer = Sealer(counted.app)
    case = opened(counted)
    asked(counted, "calls")
    sealer.run_once(counted.clock.now())
    counted.act(case, "accept")
    counted.act(case, "call")
    assert {(None, "office"): 1} == cells(asked(counted, "calls"))
    sealer.run_once(counted.clock.now())
    assert {(None, "office"): 1} == cells(asked(counted, "calls"))
    counted.act(case, "call")
    assert {(None, "office"): 2} == cells(asked(counted, "calls"))


def test_nothing_is_counted_again_that_has_not_changed(counted: Trial) -> None:
    figures = Figures(counted.app)
    process = counted.app.registry.published(ORG, "counted")
    for _ in range(3):
        opened(counted)

    def again() -> int:
        return figures.counting.up_to_date(ORG, process, counted.clock.now())

    assert [3, 0] == [again(), again()]

    Sealer(counted.app).run_once(counted.clock.now())
    case = opened(counted)
    assert [1, 0] == [again(), again()]
    counted.act(case, "accept")
    assert [1, 0] == [again(), again()]
    counted.clock.instant += 10 * DAY
    assert [3, 0] == [again(), again()]


def test_an_event_recorded_by_a_clock_ahead_of_ours_is_counted_too(counted: Trial) -> None:
    case = opened(counted)
    counted.act(case, "accept")
    counted.clock.instant += 1
    counted.act(case, "call")
    Sealer(counted.app).run_once(counted.clock.now())
    process = counted.app.registry.published(ORG, "counted")
    Figures(counted.app).counting.up_to_date(ORG, process, counted.clock.now() - 1)

    assert {(None, "office"): 1} == cells(asked(counted, "calls"))


def test_asking_again_writes_nothing(counted: Trial) -> None:
    opened(counted)
    asked(counted, "opened")
    Sealer(counted.app).run_once(counted.clock.now())
    commits = counted.app.sweeping.batches.total
    asked(counted, "opened")
    asked(counted, "rate", as_of=counted.clock.instant)

    assert counted.app.sweeping.batches.total == commits


def test_a_new_version_counts_all_cases_by_its_own_indicators(counted: Trial) -> None:
    opened(counted, kind="road")
    asked(counted, "opened")
    second = COUNTED.replace("version: 1", "version: 2").replace(
        "count: cases, by: data.kind, per: year", "count: cases, where: data.kind == 'lamp'"
    )
    counted.app.registry.publish(ADMIN, second, "counted.yaml", counted.clock.now())
    opened(counted, kind="lamp")
    opened(counted, kind="lamp")

    view = asked(counted, "opened")
    assert (2, {(None,): 2}) == (view["version"], cells(view))


def test_a_quota_says_what_is_expected_by_now_and_who_is_behind(counted: Trial) -> None:
    case = opened(counted)
    counted.act(case, "accept")
    counted.act(case, "close")
    assert {"at_least": "4", "expected": "0", "behind": False} == asked(counted, "closings")["figures"][0]["quota"]
    counted.clock.instant += 20 * DAY  # 22 March: 21 of 31 days are over

    assert {"at_least": "4", "expected": "2", "behind": True} == asked(counted, "closings")["figures"][0]["quota"]
    counted.clock.instant += 10 * DAY
    march, april = asked(counted, "closings")["figures"]
    assert [("2026-03", "4", True), ("2026-04", "0", False)] == [
        (each["period"], each["quota"]["expected"], each["quota"]["behind"]) for each in (march, april)
    ]


def test_a_quota_that_is_a_setting_is_what_the_preset_says(counted: Trial) -> None:
    publish(counted.app, ADMIN, [("{preset: eager, workflow: counted, title: 多, basis: rule, settings: {least: 31}}", "eager.yaml")])
    counted.clock.instant += 20 * DAY  # 22 March: 21 of 31 days are over
    view = asked(counted, "closings")
    assert {"at_least": "31", "expected": "21", "behind": True} == view["figures"][0]["quota"]
    assert {"": "31"} == view["quota"]["at_least"]


def test_the_same_key_in_several_workflows_gives_figures_apart(counted: Trial) -> None:
    other = COUNTED.replace("workflow: counted", "workflow: counted_too").replace("series: counted", "series: counted_too")
    counted.app.registry.publish(ADMIN, other, "too.yaml", counted.clock.now())
    opened(counted, kind="road")
    found = Figures(counted.app).figures(OFFICE, "opened", Asked(), "zh-CN")

    assert [("counted", 1), ("counted_too", 0)] == [(each["workflow"], each["whole"][0]["value"]) for each in found["indicators"]]


def test_who_may_not_see_an_item_is_told_no_figure_that_gives_its_values_away(counted: Trial) -> None:
    chair = Principal("chen", ORG, frozenset({"chair"}))
    case = counted.app.service.open(OFFICE, "counted", data={"secret": 7}).result().case
    assert case is not None

    assert {(None, 7): 1} == cells(asked(counted, "secrets", chair))
    with pytest.raises(NotFound):
        asked(counted, "secrets")
    assert {(None,): 7} == cells(asked(counted, "secret_sum"))


def test_who_takes_no_part_in_a_workflow_is_told_nothing(counted: Trial) -> None:
    with pytest.raises(NotFound):
        asked(counted, "opened", Principal("nobody", ORG, frozenset({"elsewhere"})))


def test_an_unknown_key_is_answered_with_the_nearest_known_one(counted: Trial) -> None:
    with pytest.raises(NotFound, match="opened"):
        asked(counted, "opnd")


def test_a_time_to_come_and_times_in_the_wrong_order_are_refused_together(counted: Trial) -> None:
    now = counted.clock.now()
    with pytest.raises(InvalidInput) as refused:
        asked(counted, "opened", since=now, until=now - DAY, as_of=now + DAY)
    assert {"in_the_future", "wrong_order"} == {each.code for each in refused.value.violations}
