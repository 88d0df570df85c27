"""What every test may ask for: a fresh database on each product, and hypothesis set up alike everywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from engine.core.case import Case
from engine.runtime.recent import RecentCases
from engine.runtime.recording import to_case
from engine.store.records import CaseRecord
from tests.postgres import Server, postgres

# No deadline: two cores shared with a database make slow single examples that mean nothing.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.register_profile("prove", settings.get_profile("dev"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if "CI" in os.environ else "dev"))


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that runs inside a test sets up the logs of the whole process; the next test does not inherit them."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True, scope="session")
def kept_as_read() -> Iterator[None]:
    """Every case that is kept while tests run has to be the one that its row gives."""
    keep = RecentCases.keep

    def keep_checked(self: RecentCases, row: CaseRecord, case: Case) -> None:
        assert to_case(row) == case
        keep(self, row, case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecentCases, "keep", keep_checked)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL of this worker's own, started when the first test asks for it."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database that no other test sees; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'yishi.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url
