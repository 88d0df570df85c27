"""Each test of the runtime has a trial application on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application import Trial, trial
from tests.registers import AGREEMENT, LEDGER, published


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Trial]:
    """A trial application on an empty database."""
    with trial(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def kept(office: Trial) -> Trial:
    """An application with the two registries published."""
    published(office, f"{AGREEMENT}---\n{LEDGER}")
    return office
