"""`make prove`: runs the long proofs in full and prints what they report and one table. Each result is kept under var/prove, so that a run that was stopped goes on.

Remove a result's file to run that proof again. Exit 0 when every proof holds, else 1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path("var/prove")
KILLS = "50"

PROOFS: dict[str, list[str]] = {
    "storm on SQLite, 50 kills": ["-m", "tests.storm", "--kills", KILLS],
    "storm on PostgreSQL, 50 kills": ["-m", "tests.storm", "--kills", KILLS, "--postgres", "--seed", "2"],
    "properties of the core, 10,000 examples each": ["-m", "pytest", "-q", "tests/core"],
    "properties of the definition, 10,000 examples each": ["-m", "pytest", "-q", "tests/definition"],
    "seeded defects in every shipped workflow": ["-m", "tests.prove.defects"],
}


def prove(name: str, arguments: list[str]) -> dict[str, object]:
    """Run one proof, unless its result is kept; give its exit code, its last line and the seconds it took."""
    kept = FOLDER / f"{name.replace(' ', '-').replace(',', '')}.json"
    if kept.exists():
        found: dict[str, object] = json.loads(kept.read_text())
        return found
    begin = time.monotonic()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment(), check=False)
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    result: dict[str, object] = {"name": name, "code": done.returncode, "said": lines[-1], "seconds": round(time.monotonic() - begin)}
    if done.returncode == 0:
        kept.write_text(json.dumps(result))
    else:
        kept.with_suffix(".log").write_text("\n".join(lines))
    return result


def environment() -> dict[str, str]:
    """Give the environment of a proof: hypothesis with its most examples."""
    return {**os.environ, "HYPOTHESIS_PROFILE": "prove"}


def main() -> int:
    """Run all proofs and print the table."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = [prove(name, arguments) for name, arguments in PROOFS.items()]
    table = Table("proof", "holds", "said", "seconds")
    for result in results:
        table.add_row(str(result["name"]), "yes" if result["code"] == 0 else "NO", str(result["said"]), str(result["seconds"]))
    for report in sorted(FOLDER.glob("*/report.txt")):
        sys.stdout.write(report.read_text())
    Console().print(table)
    return 0 if all(result["code"] == 0 for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
