from __future__ import annotations

from typing import Any

import pytest

from engine.definition.expressions import ExpressionError
from tests.definition.case_views import DECIMAL, ITEMS, SCOPE, SOURCE


def mistakes(text: str, expects: Any = "bool") -> list[tuple[int, str]]:
    with pytest.raises(ExpressionError) as caught:
        SCOPE.compile(text, expects)
    return [(each.column, each.message) for each in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expects", "column", "words"),
    [
        ("data.topi == 'x'", "bool", 5, "did you mean 'topic'"),
        ("data.tasks.exists(t, t.unti == 'x')", "bool", 23, "did you mean 'unit'"),
        ("working_day(today, today) > 1", "bool", 12, "did you mean 'working_days'"),
        ("data.n == 3.0", "bool", 8, "int and decimal never mix"),
        ("data.n > 'a'", "bool", 8, "`>` does not take (int, string)"),
        ("data.score == 3.0", "bool", 12, "decimals are not compared for equality"),
        ("3.0 in [data.score]", "bool", 5, "decimals are not compared for equality"),
        ("data.n", "bool", 1, "expected an expression that gives true or false, got int"),
        ("data.n", DECIMAL, 5, "write double(n)"),
        ("data.topic", "instant", 1, "a date or a time"),
        ("data.tasks", "people", 1, "a person, a unit or a list of them"),
        ("data.source == 'membr'", "bool", 16, "did you mean 'member'"),
        ("'membr' != data.source", "bool", 1, "none of the options party_gov, member"),
        ("data.source in ['member', 'x']", "bool", 27, "'x' is none of the options"),
        ("'medja' in data.channels", "bool", 1, "did you mean 'media'"),
        ("data.channels.exists(c, c == 'medja')", "bool", 30, "did you mean 'media'"),
        ("data.tasks.exists(t, t.source == 'x')", "bool", 34, "none of the options"),
        ("was.source == 'x'", "bool", 15, "none of the options"),
        ("'x'", SOURCE, 1, "none of the options"),
        ("data.special ? 'member' : 'x'", SOURCE, 27, "none of the options"),
        ("data.session_on.getMonth() == 3", "bool", 25, "month(d)"),
        ("data.met_at.getHours() == 3", "bool", 21, "without a zone"),
        ("count('cal') > 0", "bool", 7, "did you mean 'call'"),
        ("count('call', 'topik') > 0", "bool", 15, "did you mean 'topic'"),
        ("In(data.topic)", "bool", 8, "as a constant"),
        ("overdue('topic.vetting') ", "bool", 9, "there is no deadline 'topic.vetting'"),
        ("count()", "any", 6, "does not take so many arguments"),
        ("data == was", "bool", 1, "cannot be used as a whole"),
        ("data.n == null", "bool", 11, "there is no null"),
        ("dyn(data.n) == 1.0", "bool", 4, "never mix"),
        ("[1, 'a'] == [1, 'a']", "bool", 1, "one type"),
        ("data.tasks.map(data, 1)", "any", 15, "already has a meaning"),
        ("[{'unit': 'u', 'deu': data.session_on}]", ITEMS["tasks"].type, 16, "did you mean 'due'"),
        ("[{'unit': 'u', 'n': 'x'}]", ITEMS["tasks"].type, 21, "gives int, got string"),
        ("data.n ==", "bool", 10, "the end of the expression"),
        ("'开会' == data.topik", "bool", 13, "did you mean 'topic'"),
        ("data.n == 3 &&\n  data.topik == ''", "bool", 22, "did you mean 'topic'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_way_out(text: str, expects: Any, column: int, words: str) -> None:
    found = mistakes(text, expects)
    assert any(each == column and words in message for each, message in found), found


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes("data.nope == 1 && count('cal') > 0 && data.met_at.getDate() == 1 && data.source == 'x'")
    assert [column for column, _ in found] == [5, 25, 58, 84]


def test_messages_speak_of_records_and_decimals_only() -> None:
    for text in ("data.tasks > 1", "data.score > 1", "data.main == data.n"):
        assert not {"yishi", "double,", "w."} & set(mistakes(text)[0][1].replace("(", " ").split())


def test_an_endless_expression_is_refused() -> None:
    assert mistakes(" || ".join(["data.special"] * 20_000))[0][1].startswith("expected an expression of at most 10000 characters")
    assert "nested too deeply" in mistakes("+".join(["1"] * 200), "any")[0][1]
    assert "nested too deeply" in mistakes("(" * 400 + "true" + ")" * 400)[0][1]
    assert mistakes("  ")[0][1].endswith("got nothing")
