"""Rows of registries as somebody writes them for a scenario or a simulation, checked like those that are entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.definition.registry import RegistryDefinition
from engine.definition.source import Path
from engine.proof.scenario_checks import plain_value
from engine.proof.scenario_town import Kept


def kept(definition: RegistryDefinition, rows: Iterable[Mapping[str, Any]], path: Path, told: Callable[[str, Path], None]) -> Kept:
    """Give a registry with rows as somebody wrote them at a path; of those that it does not take, tell what is wrong."""
    found = {}
    for number, row in enumerate(rows):
        values, faults = definition.form.validate(plain_value({**definition.defaults, **row}))
        for fault in faults:
            told(f"{fault.facts.get('field')}: {fault.message['en']}", (*path, number))
        if not faults:
            found[values[definition.key]] = values
    return definition, found
