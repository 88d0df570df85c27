"""A town for each test of a mechanism, with the files in use that the test names by `carried_by`, and a clock that it moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store.cases import CaseFilter, list_cases
from engine.store.registry_rows import count_rows
from tests.preparing import Prepared, Shelf, names_in, prepare
from tests.town import WORKFLOWS, Town

FOLDER = Path(os.environ.get("ROWS_WORKFLOWS", WORKFLOWS))
"""Where the files are taken from; `test_mechanisms` shows by another folder that no test does without its own."""

Preparing = Callable[[tuple[str, ...]], Prepared]


@pytest.fixture(scope="session")
def preparing(tmp_path_factory: pytest.TempPathFactory) -> Preparing:
    """Give what makes the database that tests begin with: once for all that need the same files."""
    shelf, made = Shelf(FOLDER), dict[tuple[Path, ...], Prepared]()

    def prepared(carriers: tuple[str, ...]) -> Prepared:
        files = shelf.files(*carriers)
        if files not in made:
            made[files] = prepare(tmp_path_factory.mktemp("prepared"), files)
        return made[files]

    return prepared


@pytest.fixture
def carriers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The files that the test names: those of its own mark, else those of its module's."""
    mark = request.node.get_closest_marker("carried_by")
    assert mark is not None, "say by which files this mechanism is carried: @pytest.mark.carried_by('proposal')"
    return tuple(mark.args)


@pytest.fixture
def town(preparing: Preparing, carriers: tuple[str, ...], tmp_path: Path) -> Iterator[Town]:
    """A body on a fresh database. A test must make use of each file it names, so that none passes without it."""
    prepared = preparing(carriers)
    with prepared.copy(tmp_path) as made:
        yield made
        unused = [carrier for carrier in carriers if not is_used(made, FOLDER / f"{carrier}.yaml")]
    assert not unused, f"the test names {', '.join(unused)} and has neither a case nor a row of it"


def is_used(town: Town, file: Path) -> bool:
    """Say whether a case of a workflow of a file was opened, or a row of a registry of it entered."""
    with town.application.store.read() as reader:
        rows = count_rows(reader, town.org)
        return any(name in rows or list_cases(reader, town.org, CaseFilter(workflow=name), limit=1).items for name in names_in(file))
