"""The floor on SQLite: read the case, one UPDATE, one INSERT, commit."""

from __future__ import annotations

import json

from tests.bench.consultation import ACTOR, REMARK, STEPS, TARGETS, instant
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import case_ids, connect_sqlite, fill_sqlite


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    path = setting.folder / "floor.db"
    fill_sqlite(path)
    execute = connect_sqlite(path).execute
    cases = case_ids()

    def one_case() -> int:
        case = next(cases)
        for step in STEPS:
            now = instant().isoformat()
            execute("BEGIN IMMEDIATE")
            state, version = execute("SELECT state, version FROM cases WHERE id = ?", (case,)).fetchone()
            target = TARGETS[state, step.action]
            changed = execute(
                "UPDATE cases SET state = ?, version = version + 1, changed_at = ? WHERE id = ? AND version = ?",
                (target, now, case, version),
            )
            if changed.rowcount != 1:
                raise RuntimeError(f"case {case} is no longer at version {version}")
            execute(
                "INSERT INTO events(case_id, actor, action, source, target, at, remark) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (case, ACTOR, step.action, state, target, now, json.dumps(REMARK)),
            )
            execute("COMMIT")
        return len(STEPS)

    return one_client(one_case, setting)
