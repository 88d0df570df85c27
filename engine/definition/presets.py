"""Presets: what one body, or the rule of one place, chooses for the settings of a workflow. Nothing of the workflow is copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.definition.declared_settings import chosen
from engine.definition.model import Preset, by_language
from engine.definition.process import Setting, Text
from engine.definition.source import Document, Path
from engine.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from engine.definition.interface import Interface

Library = Mapping[str, "Interface"]


@dataclass(frozen=True, slots=True)
class PresetDefinition:
    """A preset that fits its workflow. ``settings`` are in canonical JSON, as cases keep them."""

    preset: str
    workflow: str
    digest: str
    title: Text
    basis: str
    settings: Mapping[str, Any]
    source: str


def preset_definition(document: Document, written: Preset, library: Library) -> tuple[PresetDefinition | None, tuple[Problem, ...]]:
    """Check a preset against its workflow; give it with all that is wrong. None where there is no such workflow."""
    workflow = library.get(written.workflow)
    if workflow is None or workflow.is_registry:
        known = [name for name in library if not library[name].is_registry]
        message = f"there is no workflow `{written.workflow}`{did_you_mean(written.workflow, known)}"
        return None, (document.problem("name.unknown_workflow", message, ("workflow",)),)
    own = written.language[0]
    values, problems = dict[str, Any](), list[Problem]()
    for name, value in written.settings.items():
        path: Path = ("settings", name)
        if name not in workflow.settings:
            message = f"`{written.workflow}` has no setting `{name}`{did_you_mean(name, workflow.settings)}"
            problems.append(document.problem("name.unknown_setting", message, path, at_key=True))
            continue
        try:
            values[name] = chosen(workflow.settings[name], value, own)
        except ValueError as error:
            problems.append(document.problem("preset.value", f"`{name}` of `{written.workflow}`: {error}", path))
    title = by_language(written.title, written.preset, own)
    definition = PresetDefinition(written.preset, written.workflow, document.digest, title, written.basis, values, document.text)
    return definition, tuple(problems)


def fitting(settings: Mapping[str, Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    """Give those values of a preset that a version of the workflow has a setting for and that it accepts."""
    wrong = {name for name, _ in misfits(settings, values)}
    return {name: value for name, value in values.items() if name not in wrong}


def misfits(settings: Mapping[str, Setting], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the values of a preset that a version of the workflow does not know or accept, each with the reason."""
    for name, value in values.items():
        if name not in settings:
            yield name, "there is no such setting any more"
            continue
        try:
            chosen(settings[name], value, "")
        except ValueError as error:
            yield name, str(error)
