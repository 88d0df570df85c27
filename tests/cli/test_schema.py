from __future__ import annotations

import json
from pathlib import Path

from engine.definition.editor_schema import editor_schema
from tests.cli.conftest import Yishi

COMMITTED = Path("docs/reference/workflow.schema.json")


def test_the_schema_is_printed_as_it_is_committed(yishi: Yishi) -> None:
    """`yishi schema > docs/reference/workflow.schema.json` is how the file is made."""
    assert yishi("schema") == COMMITTED.read_text("utf-8")


def test_asking_for_json_changes_nothing(yishi: Yishi) -> None:
    assert json.loads(yishi("schema", "--json")) == editor_schema()


def test_it_needs_no_database_and_makes_none(yishi: Yishi) -> None:
    yishi("schema")
    assert list(yishi.folder.iterdir()) == []
