"""How much memory a proof takes, and what is said where not all could be looked at: in a process of its own.

`python -m tests.bench.proof.memory` proves the workflow on standard input and prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

from engine.proof.lint import examine
from engine.proof.verdicts import BOUNDED, Word
from tests.definition.hostile_child import CALENDARS, peak

MB = 2**20


def most_mb(text: str, word: Word) -> float:
    """Give the most memory that the proof of a workflow takes, in MB.

    Raises ValueError unless the verdict is this one, with its reason where it is that not all could be explored.
    """
    command = [sys.executable, "-m", "tests.bench.proof.memory"]
    said = json.loads(subprocess.run(command, input=text, capture_output=True, check=True, text=True).stdout)
    if said["problems"] or said["word"] != word or (BOUNDED in said["reasons"]) is not (word is Word.BOUNDED):
        raise ValueError(f"expected the verdict {word} with its reason and nothing else, found {said}")
    return float(said["bytes"]) / MB


def main() -> None:
    """Prove, and tell."""
    report = examine([("-", sys.stdin.read())], CALENDARS)
    (verdict,) = report.verdicts
    reasons = [each.rule for each in verdict.reasons]
    print(json.dumps({"word": verdict.word, "reasons": reasons, "problems": [str(each) for each in report.problems], "bytes": peak()}))


if __name__ == "__main__":
    main()
