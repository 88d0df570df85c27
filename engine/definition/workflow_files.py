"""Which files of a folder are workflows."""

from __future__ import annotations

from pathlib import Path

REGISTRIES = "registries"
"""The folder beside the workflows in which registries stand."""


def workflow_files(folder: Path) -> list[Path]:
    """Give the workflow files of a folder: ``NAME.yaml``. ``NAME.test.yaml`` and ``NAME.LANGUAGE.yaml`` go with one and are none."""
    return sorted(path for path in folder.glob("*.yaml") if "." not in path.stem and path.is_file())
