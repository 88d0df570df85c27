"""Each test of a shipped process has a database of its own with the process published, and a clock that it moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflows.deliberation import Deliberation, deliberation


@pytest.fixture
def matter(tmp_path: Path) -> Iterator[Deliberation]:
    """A matter of member deliberation, not opened yet. On SQLite: what a process says does not hang on the database."""
    with deliberation(tmp_path) as made:
        yield made
