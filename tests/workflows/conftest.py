"""Each test of a shipped process has a database of its own with the process published, and a clock that it moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.preparing import Prepared, Shelf, prepare
from tests.workflows.deliberation import Deliberation


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The database that the tests begin with, made once."""
    return prepare(tmp_path_factory.mktemp("prepared"), Shelf().files("member_deliberation"))


@pytest.fixture
def matter(prepared: Prepared, tmp_path: Path) -> Iterator[Deliberation]:
    """A matter of member deliberation, not opened yet."""
    with prepared.copy(tmp_path) as town:
        yield Deliberation(town)
