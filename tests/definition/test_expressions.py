from __future__ import annotations

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import parse_instant
from engine.definition.cel_program import MOST_KNOWN
from engine.definition.datatypes import DataType, TypeName
from engine.definition.expressions import EvaluationFailed, MissingData
from tests.definition.case_views import DECIMAL, INT, ITEMS, SCOPE, SOURCE, TASK, CaseView, item

FILLED = CaseView(
    {
        "topic": "议题",
        "special": True,
        "agreed": False,
        "n": 3,
        "score": "85.5",
        "source": "member",
        "proposers": ["wang", "li"],
        "channels": ["media"],
        "session_on": "2026-03-09",
        "met_at": "2026-02-10T01:00:00Z",
        "tasks": [{"unit": "u1", "due": "2026-03-01", "n": 2}, {"unit": "u2", "n": 5, "at": "2026-02-10T01:00:00Z", "by": "wang"}],
        "main": {"unit": "u1"},
        "came": [{"person": "wang", "status": "present"}],
    },
    {"tasks": []},
)
EMPTY = CaseView({"special": False, "proposers": [], "tasks": []})

READS = [
    "data.topic == 'x'",
    "data.topic != 'x'",
    "data.agreed",
    "!data.agreed",
    "data.agreed ? true : false",
    "data.n == 3",
    "data.n != 3",
    "data.n in [1, 2]",
    "3 in [data.n]",
    "data.score > 1.0",
    "data.session_on < today",
    "data.met_at < now",
    "size(data.channels) > 0",
    "data.channels == []",
    "data.came.exists(a, true)",
    "data.main.unit == 'u1'",
    "{'n': data.n}['n'] == 3",
    "[1].exists(x, x == data.n)",
    "actor.unit == 'u1'",
    "was.topic == 'x'",
    "last('submit') < now",
    "entered('topic.vetting') < now",
]


def value(text: str, view: CaseView = FILLED, expects: Any = "any") -> Any:
    return SCOPE.compile(text, expects).evaluate(view)


# --- empty items ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", READS)
def test_reading_an_empty_item_is_missing_data(text: str) -> None:
    with pytest.raises(MissingData):
        value(text, EMPTY, "bool")


@pytest.mark.parametrize("text", READS)
def test_and_and_or_absorb_a_read_of_an_empty_item(text: str) -> None:
    assert value(f"({text}) || true", EMPTY, "bool") is True
    assert value(f"false && ({text})", EMPTY, "bool") is False


@pytest.mark.parametrize("text", READS)
def test_a_read_of_an_empty_item_that_is_left_over_refuses(text: str) -> None:
    with pytest.raises(MissingData):
        value(f"({text}) || false", EMPTY, "bool")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("data.n == 3", "n"),
        ("was.n == 3", "was.n"),
        ("actor.unit == 'x'", "actor.unit"),
        ("data.tasks.all(t, t.due < today)", "tasks.due"),
        ("data.main.due < today", "main.due"),
        ("last('submit') < now", "last('submit')"),
        ("max(data.tasks.map(t, t.n)) > 1", "max of an empty list"),
        ("working_days(today, data.session_on) > 1", "session_on"),
        ("date(data.n, 12, 31) > today", "n"),
        ("year(data.main.due) == 2026", "main.due"),
        ("working_days(today, date(2026, data.n + 1, 1)) > 1", "n"),
    ],
)
def test_missing_data_names_what_is_empty(text: str, name: str) -> None:
    view = CaseView({"tasks": [{"unit": "u"}] if "due" in text else [], "main": {"unit": "u"}})
    with pytest.raises(MissingData) as caught:
        value(text, view, "bool")
    assert caught.value.item == name


@pytest.mark.parametrize("name", list(ITEMS))
def test_has_tells_an_empty_item_from_a_filled_one(name: str) -> None:
    """Also where the value is false, 0 or an empty list: those are filled."""
    assert value(f"has(data.{name})") is True
    assert value(f"has(data.{name})", CaseView({})) is False


@pytest.mark.parametrize("filled", [{"agreed": False}, {"n": 0}, {"tasks": []}, {"topic": ""}])
def test_a_value_that_looks_like_nothing_is_still_filled(filled: dict[str, Any]) -> None:
    assert value(f"has(data.{next(iter(filled))})", CaseView(filled)) is True


def test_has_works_on_fields_of_records() -> None:
    assert value("data.tasks.map(t, has(t.due))") == [True, False]
    assert value("has(data.main.unit) && !has(data.main.due)") is True


@given(st.none() | st.integers(-(2**53) + 1, 2**53 - 1), st.integers(-5, 5))
def test_comparison_is_exact_or_missing(number: int | None, other: int) -> None:
    """An unset item never equals, differs from, or lies below anything."""
    view = CaseView({} if number is None else {"n": number})
    for sign, expected in (("==", number == other), ("!=", number != other), ("<", number is not None and number < other)):
        expression = SCOPE.compile(f"data.n {sign} {other}")
        if number is None:
            with pytest.raises(MissingData):
                expression.evaluate(view)
        else:
            assert expression.evaluate(view) is expected


# --- values and functions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data.special || size(data.proposers) > 1", True),
        ("data.n + 1", 4),
        ("sum(data.tasks.map(t, t.n))", 7),
        ("sum([1.5, 2.0])", "3.5"),
        ("mean([1, 2])", "1.5"),
        ("min([3, 1, 2]) + max([3, 1, 2])", 4),
        ("max([data.session_on, today]) == data.session_on", True),
        ("distinct(['b', 'a', 'b'])", ["b", "a"]),
        ("sum([])", 0),
        ("sum(data.tasks.map(t, sum([t.n, 1])))", 9),
        ("sum(data.tasks.map(t, t.n > 2, t.n))", 5),
        ("sum(data.tasks.filter(t, t.n > 2).map(t, t.n))", 5),
        ("mean(data.tasks.map(t, max([t.n, 3])))", "4"),
        ("data.tasks.map(t, max(data.tasks.map(u, u.n)) - t.n)", [3, 0]),
        ("data.tasks.filter(t, has(t.due)).all(t, working_days(today, t.due) > 10)", True),
        ("data.tasks.exists(t, has(t.at) && year(t.at) == 2026)", True),
        ("working_days(today, date(year(data.session_on), 12, 31)) > 200", True),
        ("size(distinct(data.tasks.map(t, t.unit)))", 2),
        ("year(data.session_on) * 10000 + month(data.session_on) * 100 + day(data.session_on)", 20260309),
        ("weekday(data.session_on)", 1),
        ("date(2026, 3, 9) == data.session_on", True),
        ("working_days(today, data.session_on)", 19),
        ("working_days(data.session_on, today)", -19),
        ("today == date(2026, 2, 10) && now > today", True),
        ("data.met_at == now", True),
        ("data.score >= double(data.n) && data.score > settings.line", True),
        ("'a' in settings.answers && !('b' in settings.answers)", True),
        ("settings.term", "15 working days"),
        ("'media' in data.channels", True),
        ("data.source == 'member'", True),
        ("actor.id == 'wang' && case.opened_at < now", True),
        ("size(data.tasks) > size(was.tasks)", True),
        ("data.tasks.filter(t, has(t.by)).map(t, t.by)", ["wang"]),
        ("data.topic.matches('^议.$')", True),
        ("In('topic') && In('topic.vetting')", True),
        ("count('call') * 10 + count('call', 'topic')", 21),
        ("count('submit')", 0),
        ("last('call') < now && entered('topic') < last('call')", True),
        ("overdue('topic.vetting.decide') && !met('topic.vetting.decide')", True),
    ],
)
def test_expressions_give(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_days_are_those_of_the_calendars_zone() -> None:
    """16:30 UTC of February 9 is 00:30 of February 10 in Shanghai."""
    view = CaseView({"met_at": "2026-02-09T16:30:00Z"})
    view.now = parse_instant("2026-02-09T16:30:00Z")
    assert value("day(data.met_at)", view) == 10
    assert value("today == date(2026, 2, 10)", view) is True


def test_what_a_case_knows_of_itself_may_be_an_instant() -> None:
    view = CaseView()
    view.case = {"opened_at": parse_instant("2026-02-01T00:00:00Z")}
    assert value("case.opened_at == timestamp('2026-02-01T00:00:00Z')", view) is True


def test_extra_variables_are_typed_and_may_be_structs() -> None:
    row = DataType(TypeName.RECORD, fields=(item("outcome", DataType(TypeName.TEXT)), item("data", TASK)))
    expression = SCOPE.compile("row.outcome == 'success' && row.data.n > data.n", variables={"row": row})
    assert expression.evaluate(FILLED, {"row": {"outcome": "success", "data": {"n": 4}}}) is True
    with pytest.raises(MissingData, match=r"row\.data\.n"):
        expression.evaluate(FILLED, {"row": {"outcome": "success", "data": {}}})
    each = SCOPE.compile("each + '!'", "any", {"each": DataType(TypeName.UNIT)})
    assert each.evaluate(FILLED, {"each": "u1"}) == "u1!"


def test_one_name_may_be_of_two_types_in_two_expressions() -> None:
    narrow = DataType(TypeName.RECORD, fields=(item("n", INT),))
    assert SCOPE.compile("row.n == 1", variables={"row": narrow}).evaluate(FILLED, {"row": {"n": 1}}) is True
    assert SCOPE.compile("row.unit == 'u'", variables={"row": TASK}).evaluate(FILLED, {"row": {"unit": "u"}}) is True


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expects", "expected"),
    [
        ("double(data.n) / 7.0", DECIMAL, "0.4"),
        ("0.25", DECIMAL, "0.3"),
        ("-0.25", DECIMAL, "-0.3"),
        ("date(2026, 2, 28)", ITEMS["session_on"].type, "2026-02-28"),
        ("data.met_at", ITEMS["met_at"].type, "2026-02-10T01:00:00Z"),
        ("data.tasks.filter(t, has(t.due))", ITEMS["tasks"].type, [{"unit": "u1", "due": "2026-03-01", "n": 2}]),
        ("[{'unit': 'u', 'due': data.session_on}]", ITEMS["tasks"].type, [{"unit": "u", "due": "2026-03-09"}]),
        ("data.tasks.map(t, {'unit': t.unit, 'n': t.n + 1})", ITEMS["tasks"].type, [{"unit": "u1", "n": 3}, {"unit": "u2", "n": 6}]),
        ("{'unit': 'u', 'n': 1}", TASK, {"unit": "u", "n": 1}),
        ("data.main", TASK, {"unit": "u1"}),
        ("[]", ITEMS["tasks"].type, []),
        ("data.special ? 'member' : 'party_gov'", SOURCE, "member"),
        ("data.proposers", "people", ["wang", "li"]),
        ("actor.id", "people", ["wang"]),
        ("data.session_on", "instant", parse_instant("2026-03-09T00:00:00+08:00")),
    ],
)
def test_results_are_canonical_json(text: str, expects: Any, expected: Any) -> None:
    assert value(text, expects=expects) == expected


def test_a_row_with_its_origin_survives_being_written_back() -> None:
    """A row added by `x+` also has `at` and `by`."""
    kept = value("data.tasks.filter(t, has(t.by))", expects=ITEMS["tasks"].type)
    assert kept == [{"unit": "u2", "n": 5, "at": "2026-02-10T01:00:00Z", "by": "wang"}]


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        ("1 / (data.n - 3) == 1", "bool"),
        ("data.tasks[7].unit == 'u'", "bool"),
        ("date(2026, 2, 30) < now", "bool"),
        ("settings.answers['z'] == 'x'", "bool"),
        ("data.topic.matches(data.topic + '(')", "bool"),
        ("data.n * 9007199254740991", INT),
        ("data.topic + data.topic", SOURCE),
        ("1.0 / 0.0", DECIMAL),
    ],
)
def test_all_else_that_goes_wrong_is_a_failed_evaluation(text: str, expects: Any) -> None:
    with pytest.raises(EvaluationFailed):
        value(text, expects=expects)


@pytest.mark.parametrize(("outcome", "passes"), [("data.special", True), ("!data.special", False), ("data.n == 3", True)])
def test_a_guard_holds_only_on_true(outcome: str, passes: bool) -> None:
    assert SCOPE.compile(outcome).holds(FILLED) is passes


# --- budgets --------------------------------------------------------------------------------------------------------


def test_loops_have_a_budget() -> None:
    view = CaseView({"proposers": [str(number) for number in range(1000)]})
    with pytest.raises(EvaluationFailed, match="budget"):
        value("data.proposers.all(a, data.proposers.all(b, true))", view)


@pytest.mark.parametrize("pattern", ["(a{1000}){1000}", "(?<=a)b", "["])
def test_patterns_that_could_explode_are_refused(pattern: str) -> None:
    with pytest.raises(EvaluationFailed):
        value(f"data.topic.matches('{pattern}')", expects="bool")


def test_a_long_list_of_conditions_is_fine() -> None:
    assert value(" || ".join(["data.n == 7"] * 600) + " || data.n == 3", expects="bool") is True


# --- what an expression depends on ----------------------------------------------------------------------------------


def test_an_expression_tells_what_it_reads() -> None:
    text = "has(data.n) && data.n > 1 && size(data.tasks) > size(was.tasks) && settings.line > 1.0"
    expression = SCOPE.compile(f"{text} && count('call', 'topic') > 0 && In('topic')")
    assert expression.reads == {"n", "tasks"}
    assert expression.was_reads == {"tasks"}
    assert expression.settings_reads == {"line"}
    assert expression.has_checked == {"n"}
    assert expression.memory == (("count", ("call", "topic")), ("In", ("topic",)))


@pytest.mark.parametrize(
    ("text", "unguarded"),
    [
        ("data.n > 1", {"n"}),
        ("has(data.n) && data.n > 1", set()),
        ("data.n > 1 && has(data.n)", set()),
        ("!has(data.n) || data.n > 1", set()),
        ("has(data.n) || data.n > 1", {"n"}),
        ("has(data.n) ? data.n > 1 : true", set()),
        ("has(data.n) ? true : data.n > 1", {"n"}),
        ("has(data.n) && has(data.score) && (data.n > 1 || data.score > 1.0)", set()),
        ("(has(data.n) || has(data.score)) && data.n > 1", {"n"}),
        ("!(has(data.n) && data.n > 1) || data.n > 2", set()),
        ("has(data.n) && data.tasks.exists(t, t.n == data.n)", {"tasks"}),
    ],
)
def test_reads_without_has_are_found(text: str, unguarded: set[str]) -> None:
    assert SCOPE.compile(text).unguarded == unguarded


@given(st.booleans(), st.integers(0, 3))
def test_an_expression_without_unguarded_reads_never_misses_data(filled: bool, number: int) -> None:
    for text in ("has(data.n) && data.n > 1", "!has(data.n) || data.n > 1", "data.n > 1 && has(data.n)", "has(data.n) ? data.n > 1 : true"):
        assert isinstance(SCOPE.compile(text).evaluate(CaseView({"n": number} if filled else {})), bool)


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("working_days(today, data.session_on) > 10 && sum(data.tasks.map(t, t.n)) > 1", FILLED),
        ("max(data.tasks.map(t, t.n)) > 1 && size(distinct(data.tasks.map(t, t.unit))) > 1", FILLED),
        ("data.n == 3 || working_days(today, data.session_on) > 10", EMPTY),
    ],
)
def test_evaluating_again_and_again_keeps_nothing(text: str, view: CaseView) -> None:
    """The binding never frees what a call into Python was given; so the usual functions make no such call."""
    expression = SCOPE.compile(text)

    def evaluate(times: int) -> None:
        for _ in range(times):
            with suppress(MissingData):
                expression.evaluate(view)

    evaluate(200)
    gc.collect()
    before = sys.getallocatedblocks()
    evaluate(5000)
    gc.collect()
    assert sys.getallocatedblocks() - before < 500


def test_threads_share_an_expression() -> None:
    expression = SCOPE.compile("data.n * 2 + size(data.tasks.filter(t, t.n > 0))", "any")

    def evaluate(number: int) -> bool:
        view = CaseView({"n": number, "tasks": [{"n": each} for each in range(number % 5)]})
        return bool(expression.evaluate(view) == number * 2 + max(number % 5 - 1, 0))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(evaluate, range(4000)))


# --- answers that are kept ------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-2, 2) | st.booleans() | st.none(), min_size=1, max_size=12))
def test_an_expression_asked_again_answers_what_it_is_asked_of(asked: list[int | bool | None]) -> None:
    """The numbers 1 and 0 equal the values true and false in Python; each stands in an item of its own type."""
    small, agreed = SCOPE.compile("has(data.n) && data.n > 0", "bool"), SCOPE.compile("has(data.agreed) && data.agreed", "bool")
    for value in asked:
        view = CaseView({"agreed": value} if isinstance(value, bool) else {} if value is None else {"n": value})
        assert small.evaluate(view) is (not isinstance(value, bool) and value is not None and value > 0)
        assert agreed.evaluate(view) is (value is True)


def test_a_missing_item_is_missing_each_time_and_found_once_it_is_there() -> None:
    compiled = SCOPE.compile("data.n == 3", "bool")
    for _ in range(2):
        with pytest.raises(MissingData):
            compiled.evaluate(EMPTY)
    assert compiled.evaluate(FILLED) is True
    with pytest.raises(MissingData):
        compiled.evaluate(EMPTY)


def test_an_expression_keeps_few_answers() -> None:
    compiled = SCOPE.compile("data.n", INT)
    assert [compiled.evaluate(CaseView({"n": n})) for n in range(1_000)] == [*range(1_000)]
    assert len(compiled._program._known) <= MOST_KNOWN
