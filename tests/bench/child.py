"""One contender in a process of its own: ``python -m tests.bench.child MODULE …`` prints its reading as one line of JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import resource
import sys
from pathlib import Path

from tests.bench.measure import Reading, Setting


def share_sqlite() -> None:
    """Let everything that asks for sqlite3 get the library the service uses, or a difference of versions would be measured."""
    try:
        pysqlite3 = importlib.import_module("pysqlite3")
    except ModuleNotFoundError:  # no wheel for this machine: then the service, too, uses the system's
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def main() -> None:
    """Run the contender and leave at once: some libraries keep threads that wait for a clean end nobody measures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--postgres", default="")
    parser.add_argument("--warm", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    share_sqlite()
    run = importlib.import_module(f"tests.bench.{asked.module}").run
    reading: Reading = run(Setting(asked.folder, asked.postgres, asked.warm, asked.seconds))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"done": reading.done, "seconds": reading.seconds, "notes": {**reading.notes, "peak_mb": round(memory, 1)}}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
