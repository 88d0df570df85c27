"""`make storm SECONDS=45 SEED=1`: prints the evidence; exit 0 when nothing was lost, doubled or out of order, else 1."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.postgres import postgres
from tests.server import server
from tests.storm.storm import Result, storm


def main() -> int:
    """Run a storm on SQLite, or on PostgreSQL with --postgres."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=45)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--kills", type=int, help="kill so many times instead of for so many seconds")
    arguments.add_argument("--postgres", action="store_true")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yishi-storm-") as folder:
        if chosen.postgres:
            with postgres(durable=True) as database, database.database() as url, server(Path(folder), url) as installation:
                result = storm(installation, seconds=chosen.seconds, kills=chosen.kills, seed=chosen.seed)
        else:
            with server(Path(folder)) as installation:
                result = storm(installation, seconds=chosen.seconds, kills=chosen.kills, seed=chosen.seed)
    return report(result)


def report(result: Result) -> int:
    """Print what happened."""
    print(
        f"killed {result.kills} times; {result.acknowledged} actions acknowledged; "
        f"{result.resolved} requests with an unknown outcome resolved by their key, {result.replayed} of them had been recorded"
    )
    print("\n".join(result.verdict.evidence()), end="\n" if not result.verdict.clean else "")
    print(result.verdict)
    return 0 if result.verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
