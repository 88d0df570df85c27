"""Supervision: measures checked by three questions (T3b)."""

from __future__ import annotations

import pytest

from tests.town import Town, somebody

pytestmark = pytest.mark.carried_by("democratic_supervision")

OFFICE = somebody("office_clerk", "cppcc_office")
SQUAD = somebody("squad_leader", "squad", unit="squad_2")
OTHER_SQUAD = somebody("other_leader", "squad", unit="squad_1")


def test_t3b_three_questions_for_each_measure(town: Town) -> None:
    check = town.open(OFFICE, "measure_check", measure="网格五治", theme="civilised_city", squad="squad_2")
    assert "missing_field" in town.opening_refused(OFFICE, "measure_check", measure="网格五治", squad="squad_2")
    assert "not_bound" in check.refused(OTHER_SQUAD, "answer", carried_out=True, early=True, well=True)
    assert check.refused(SQUAD, "answer", carried_out=True, early=True)["missing_field"]["missing"] == "well"
    assert "say_what" in check.refused(SQUAD, "answer", carried_out=True, early=True, well=False)

    check.act(SQUAD, "answer", carried_out=True, early=True, well=False, finding="流于形式")
    (issue,) = check.linked("findings")
    assert (check.here, check.outcome) == ("with_finding", "referred")
    assert (issue.here, issue.data["clue_source"], issue.data["theme"]) == ("clue", "measure", "civilised_city")

    in_order = town.open(OFFICE, "measure_check", measure="积分超市", theme="projects", squad="squad_2")
    in_order.act(SQUAD, "answer", carried_out=True, early=True, well=True)
    assert (in_order.outcome, in_order.linked("findings")) == ("success", [])
