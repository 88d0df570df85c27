"""Presets of settings that bodies took."""

from __future__ import annotations

from engine.store.reader import Source, scoped
from engine.store.records import PresetRecord
from engine.store.tables import preset


def preset_in_force(source: Source, org: str, workflow: str) -> PresetRecord | None:
    """Return the preset that a body took last for a workflow, None where it took none."""
    statement = scoped(preset, org).where(preset.c.workflow == workflow).order_by(preset.c.version.desc()).limit(1)
    return next((PresetRecord._make(each) for each in source.execute(statement)), None)
