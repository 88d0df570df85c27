"""DBOS: a workflow of twelve steps; the output it records of each step is the audit record."""

from __future__ import annotations

import itertools

from dbos import DBOS  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import ACTOR, REMARK, STEPS
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import connect_sqlite


@DBOS.step()  # type: ignore[untyped-decorator,unused-ignore]
def take(case: int, action: str, source: str, target: str) -> dict[str, object]:
    return {"case": case, "actor": ACTOR, "action": action, "source": source, "target": target, "remark": REMARK}


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]
def consultation(case: int) -> int:
    for step in STEPS:
        take(case, step.action, step.source, step.target)
    return len(STEPS)


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client; starting and ending a workflow are commits of its own, within the time."""
    path = setting.folder / "dbos.db"
    # Left to itself it uses SQLite's rollback journal, at half the speed; the mode stays with the file.
    connect_sqlite(path).close()
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{path}",
            "log_level": "CRITICAL",
            "run_admin_server": False,
        }
    )
    DBOS.launch()
    cases = itertools.count(1)

    def one_case() -> int:
        return int(consultation(next(cases)))

    return one_client(one_case, setting)
