"""The floor on PostgreSQL: read the case for update, one UPDATE, one INSERT, commit; each statement prepared."""

from __future__ import annotations

import json

import psycopg

from tests.bench.consultation import ACTOR, REMARK, STEPS, TARGETS, instant
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import case_ids, fill_postgres


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    with psycopg.connect(setting.postgres, autocommit=True, prepare_threshold=0) as connection:
        fill_postgres(connection)
        execute = connection.cursor().execute
        cases = case_ids()

        def one_case() -> int:
            case = next(cases)
            for step in STEPS:
                now = instant()
                execute("BEGIN")
                row = execute("SELECT state, version FROM cases WHERE id = %s FOR UPDATE", (case,)).fetchone()
                if row is None:
                    raise RuntimeError(f"case {case} is gone")
                state, version = row
                target = TARGETS[state, step.action]
                execute(
                    "UPDATE cases SET state = %s, version = version + 1, changed_at = %s WHERE id = %s AND version = %s",
                    (target, now, case, version),
                )
                execute(
                    "INSERT INTO events(case_id, actor, action, source, target, at, remark) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    (case, ACTOR, step.action, state, target, now, json.dumps(REMARK)),
                )
                execute("COMMIT")
            return len(STEPS)

        return one_client(one_case, setting)
