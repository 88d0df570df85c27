"""Outlines say of every shipped workflow what the compiled one says, and nothing is compiled for them."""

from __future__ import annotations

from engine.definition.process import Kind
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.outlines import Outlines
from engine.store.definitions import list_versions
from tests.application import ORG, Trial


def test_an_outline_is_that_of_the_compiled_process(office: Trial) -> None:
    publish_shipped(office.app)
    before = office.app.registry.compiled
    found = Outlines(office.app.store).published(ORG)
    assert before == office.app.registry.compiled
    with office.app.store.read() as reader:
        rows = list_versions(reader, ORG)
    assert len(rows) > 15
    for row, each in zip(rows, found, strict=True):
        definition = office.app.registry.process(ORG, row.workflow, row.version, row.digest).definition
        assert (each.workflow, each.roles) == (row.workflow, frozenset(definition.roles))
        assert each.ends == {path: state.kind is Kind.FINAL for path, state in definition.states.items()}
