"""Lints a text from standard input in a process of its own, and says what that cost: `python -m tests.definition.hostile_child`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from engine.definition.calendar_files import load_calendars
from engine.proof.lint import lint


def peak() -> int:
    """Give the most memory this process ever held, in bytes. Not `ru_maxrss`, which begins with what the parent held."""
    (line,) = (line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Lint and print one line of JSON."""
    calendars = load_calendars(Path("workflows/calendars"))
    text = sys.stdin.buffer.read()
    before = time.process_time()
    problems = lint([("-", text)], calendars)
    seconds = time.process_time() - before
    told = [[each.rule, each.severity, each.line, each.message] for each in problems]
    sys.stdout.write(json.dumps({"seconds": seconds, "bytes": peak(), "problems": told}))


if __name__ == "__main__":
    main()
