"""Which files of a folder are workflows, registries and presets, and which lie beside one."""

from __future__ import annotations

from glob import escape
from pathlib import Path

from engine.definition.model.shapes import LANGUAGE

REGISTRIES = "registries"
"""The folder beside the workflows in which registries stand."""

SCENARIOS = ".test.yaml"
"""How the name of a file with scenarios ends."""

COMING = "coming"
"""The folder beside the workflows for versions that are adopted and not in force yet. Setting up publishes none of them."""

PRESETS = "presets"
"""The folder beside the workflows in which presets of settings stand. Setting up chooses none of them."""

PARTS = frozenset({REGISTRIES, PRESETS})


def workflow_files(folder: Path) -> list[Path]:
    """Give the workflow files of a folder: ``NAME.yaml``. ``NAME.test.yaml`` and ``NAME.LANGUAGE.yaml`` go with one and are none."""
    return sorted(path for path in folder.glob("*.yaml") if "." not in path.stem and path.is_file())


def texts_beside(path: Path) -> dict[str, Path]:
    """Give the files with the texts of a workflow file, ``NAME.LANGUAGE.yaml`` for ``NAME.yaml``, by their languages."""
    stem = path.name.removesuffix(".yaml")
    languages = {each: each.name[len(stem) + 1 :].removesuffix(".yaml") for each in path.parent.glob(f"{escape(stem)}.*.yaml")}
    return {language: each for each, language in sorted(languages.items()) if LANGUAGE.fullmatch(language) and each.is_file()}


def scenarios_beside(path: Path) -> Path:
    """Give where the scenarios of a workflow file would lie: ``NAME.test.yaml`` for ``NAME.yaml``."""
    return path.with_name(path.name.removesuffix(".yaml") + SCENARIOS)


def definition_files(folder: Path) -> list[Path]:
    """Give all files of a folder that define something: registries, workflows, presets."""
    return [path for part in (folder / REGISTRIES, folder, folder / PRESETS) for path in workflow_files(part)]


def home_of(path: Path) -> Path:
    """Give the folder of workflows that a file belongs to: of which it may name the workflows and registries."""
    return path.parent.parent if path.parent.name in {*PARTS, COMING} else path.parent
