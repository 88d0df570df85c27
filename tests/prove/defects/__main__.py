"""`python -m tests.prove.defects`: seed every defect in every shipped workflow, two at a time, and print what was found.

What was judged is kept below var/prove/defects, so that a run that was stopped goes on; it holds for this very state of the workflows,
their scenarios, the engine and the operators. Exit 0 when the goals are met, else 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from engine.definition.workflow_files import workflow_files
from tests.prove.defects.chart import charts
from tests.prove.defects.judging import Court, Judged, Verdict
from tests.prove.defects.operators import STRUCTURE, VALUE, Mutant, mutants
from tests.prove.defects.tables import Outcome, by_operator, by_workflow, goals, summary, survivors

FOLDER = Path("var/prove/defects")
REPORT = FOLDER / "report.txt"
PROCESSES = 2
READ = ("engine", "tests/prove/defects", "workflows")

_court: Court


def shipped() -> list[Path]:
    """Give the shipped files with workflows."""
    return [path for path in workflow_files(Path("workflows")) if charts(path.read_text("utf-8"), str(path))]


def state_of(file: Path) -> str:
    """Give a digest of all that a verdict on this file's mutants depends on."""
    digest = hashlib.sha256()
    read = (path for folder in READ for path in Path(folder).rglob("*") if path.suffix in {".py", ".yaml", ".txt"})
    for path in (file, *sorted(read)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def open_court(file: Path) -> None:
    """Make a process ready to judge."""
    global _court  # noqa: PLW0603  # one a process: mutants are sent, the workflow with its calendars is not
    _court = Court(file)


def judge(mutant: Mutant) -> tuple[str, Judged]:
    """Judge a mutant in a process that is ready."""
    return mutant.id, _court.judge(mutant)


def judged(file: Path, screen: Console, breaks: str | None = None) -> Iterator[Outcome]:
    """Judge all mutants of a file, as far as that was not done before."""
    kept = FOLDER / f"{file.stem}-{state_of(file)}.jsonl"
    known = {each[0]: Judged(Verdict(each[1]), each[2]) for each in map(json.loads, kept.read_text().splitlines())} if kept.exists() else {}
    for old in FOLDER.glob(f"{file.stem}-*.jsonl"):
        if old != kept:
            old.unlink()
    seeded = [each for each in mutants(charts(file.read_text("utf-8"), str(file))) if breaks in (None, each.breaks)]
    left = [mutant for mutant in seeded if mutant.id not in known]
    with kept.open("a") as log, ProcessPoolExecutor(PROCESSES, initializer=open_court, initargs=(file,)) as pool:
        found = pool.map(judge, left, chunksize=32)
        for name, verdict in track(found, str(file), len(left), console=screen, transient=True, disable=not screen.is_terminal):
            known[name] = verdict
            log.write(json.dumps([name, *verdict]) + "\n")
            log.flush()
    return (Outcome(mutant, known[mutant.id]) for mutant in seeded)


def main(arguments: Iterable[str] | None = None) -> int:
    """Judge everything and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.defects", description=main.__doc__)
    parser.add_argument("--breaks", choices=(STRUCTURE, VALUE), help="Only the operators that break this.")
    parser.add_argument("files", nargs="*", type=Path, help="Workflow files; by default all that are shipped.")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    FOLDER.mkdir(parents=True, exist_ok=True)
    screen = Console(stderr=True)
    outcomes = [each for file in chosen.files or shipped() for each in judged(file, screen, chosen.breaks)]
    lines = [*survivors(outcomes), summary(outcomes)]
    with REPORT.open("w") as file:
        for report in (Console(width=150), Console(width=150, file=file)):
            report.print(by_operator(outcomes))
            report.print(by_workflow(outcomes))
            report.print(*lines, sep="\n", highlight=False, markup=False, soft_wrap=True)
    return 0 if goals(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
