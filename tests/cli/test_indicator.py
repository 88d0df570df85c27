"""`yishi indicator`: figures at the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.application import TRIAL
from tests.cli.conftest import OFFICE, Yishi

INDICATORS = """indicators:
  topics: {title: 议题数, count: cases, per: year, quota: {at_least: 2, pace: linear}}
  accepted: {title: 受理率, share: count('accept') > 0, of: {all: "true", numbered: has(case.number)}}
"""


@pytest.fixture
def counted(trial: Yishi, open_case: Callable[[], str]) -> Yishi:
    """Two cases of a process with indicators, one accepted."""
    path = trial.folder / "second.yaml"
    path.write_text(TRIAL.replace("version: 1", "version: 2", 1) + INDICATORS, "utf-8")
    trial("publish", str(path))
    trial("case", "act", open_case(), "accept", "-f", "n=1", *OFFICE)
    open_case()
    return trial


def test_indicators_are_listed(counted: Yishi) -> None:
    assert ["topics", "accepted"] == [each["key"] for each in counted.json("indicator", *OFFICE)["indicators"]]
    assert "议题数" in counted("indicator", *OFFICE)


def test_an_indicator_is_counted(counted: Yishi) -> None:
    (view,) = counted.json("indicator", "accepted", *OFFICE)["indicators"]
    assert [("all", 1, 2), ("numbered", 1, 1)] == [(each["of"], each["numerator"], each["denominator"]) for each in view["figures"]]
    printed = counted("indicator", "accepted", *OFFICE)
    assert "受理率" in printed
    assert "50.00 %" in printed


def test_a_quota_is_printed_beside_what_was_reached(counted: Yishi) -> None:
    (view,) = counted.json("indicator", "topics", *OFFICE)["indicators"]
    quota = view["figures"][0]["quota"]
    assert f"{quota['expected']}/2" in counted("indicator", "topics", *OFFICE)


def test_an_unknown_key_and_a_wrong_time_have_their_exit_codes(counted: Yishi) -> None:
    assert "没有指标“topic”。" == counted.refused(5, "indicator", "topic", *OFFICE)["detail"]
    assert 2 == counted.run("indicator", "topics", "--from", "spring", *OFFICE).exit_code
