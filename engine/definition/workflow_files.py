"""Which files of a folder are workflows, and which lie beside one."""

from __future__ import annotations

from pathlib import Path

REGISTRIES = "registries"
"""The folder beside the workflows in which registries stand."""

SCENARIOS = ".test.yaml"
"""How the name of a file with scenarios ends."""

COMING = "coming"
"""The folder beside the workflows for versions that are adopted and not in force yet. Setting up publishes none of them."""


def workflow_files(folder: Path) -> list[Path]:
    """Give the workflow files of a folder: ``NAME.yaml``. ``NAME.test.yaml`` and ``NAME.LANGUAGE.yaml`` go with one and are none."""
    return sorted(path for path in folder.glob("*.yaml") if "." not in path.stem and path.is_file())


def scenarios_beside(path: Path) -> Path:
    """Give where the scenarios of a workflow file would lie: ``NAME.test.yaml`` for ``NAME.yaml``."""
    return path.with_name(path.name.removesuffix(".yaml") + SCENARIOS)
