"""What happened once and is counted: matters asked or reported (P2)."""

from __future__ import annotations

import pytest

from engine.errors import NotFound
from tests.town import Town

pytestmark = pytest.mark.carried_by("registries/ledgers")


def test_p2_matters_asked_and_reported_are_counted_by_period(town: Town) -> None:
    for number, day, kind in (("1", "2025-12-30", "report"), ("2", "2026-01-05", "ask"), ("3", "2026-02-28", "report")):
        town.enter("report_to_party", number=number, on=day, kind=kind, matter="重要事项")
    this_year = [row for row in town.rows("report_to_party") if row["on"] >= "2026-01-01"]
    assert (len(this_year), len(town.rows("report_to_party", kind="report"))) == (2, 2)
    assert "row_exists" in town.entering_refused("report_to_party", number="3", on="2026-03-01", kind="ask", matter="重复")
    with pytest.raises(NotFound):
        town.enter("report_to_party", "committee", number="4", on="2026-03-01", kind="ask", matter="无权")
