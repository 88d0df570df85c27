"""``python -m tests.bench [--quick] [--only NAME …]``: measure, print a table, write var/bench/latest.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench import figures, year
from tests.bench.environment import peers_python
from tests.bench.place import place_for_postgres
from tests.bench.plan import COMPARISONS, CONTENDERS, IDLE_MEMORY, MOST_IDLE_MB, Contender
from tests.bench.proof.measure import Took, measured
from tests.bench.report import Machine, console, lines, records, table
from tests.bench.rounds import FULL, QUICK, ROOT, Ground, Pace, Results, play
from tests.postgres import postgres

EMPTY_ROUTE = "http.empty"
PROOFS = ("core.decision", "lint.warm", "lint.cold", "lint.million_tied", "lint.million_apart", "compile", "svg")
FIGURES = ("indicator.count_all", "indicator.slowest", "indicator.after_200_acts")
YEAR = ("year.played", "year.memory_growth", "year.slowest_figure")
"""Rows of the designer's desk, of figures and of the demonstration year: they have a bar and no contender."""


WHAT = {
    "core": "for one of twelve acts, nothing read and nothing written",
    "lint": "for 60 states with two regions of four",
    "lint.million_tied": "at most, to say of a million configurations that not all could be explored",
    "lint.million_apart": "at most, to prove a million configurations region by region",
    "svg": "for 31 states, laid out anew",
    "compile": "for 60 states with two regions of four",
    "indicator": "over 12,000 cases with 108,000 events",
    "year": "for the demonstration year",
}
"""What such a row measures, by its name or what that begins with."""


def is_asked(names: Sequence[str], prefixes: Sequence[str]) -> bool:
    """Say whether a row is asked for; all are where no name is given."""
    return not prefixes or any(name.startswith(tuple(prefixes)) for name in names)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the service beside what it is built on and beside its peers."
    )
    parser.add_argument(
        "--quick", action="store_true", help="three short rounds, under 100 s; differences under 20 %% are ties all the more"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", default=[], help="only comparisons whose name begins so, e.g. act.sqlite peer.harel"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="on the disk that is meant (default: var/bench)")
    return parser.parse_args()


def chosen(prefixes: list[str]) -> tuple[list[Contender], list[str]]:
    """Give the contenders needed and the names of the comparisons asked for."""
    wanted = [c for c in COMPARISONS if not prefixes or c.name.startswith(tuple(prefixes))]
    needed = {EMPTY_ROUTE, *(c.ours for c in wanted), *(c.reference for c in wanted)}
    return [c for c in CONTENDERS if c.name in needed], [c.name for c in wanted]


def measure(contenders: list[Contender], folder: Path, pace: Pace) -> Results:
    """Set up what the contenders need and run all rounds."""
    screen = console()
    with ExitStack() as stack:
        server = (
            stack.enter_context(postgres(durable=True, parent=place_for_postgres(folder)))
            if any(c.needs_postgres for c in contenders)
            else None
        )
        peers = peers_python(folder / "peers-venv") if any(c.is_peer for c in contenders) else Path(sys.executable)
        status = stack.enter_context(screen.status("starting"))
        return play(contenders, Ground(folder / "data", server, peers), pace, tell=status.update)


def publish(results: Results, names: list[str], proofs: list[Took], folder: Path) -> None:
    """Print the table; write latest.json, and every single reading to rounds.json."""
    machine = Machine(median(results.fdatasyncs), median(results.rates(EMPTY_ROUTE) or [0]))
    written = lines([c for c in COMPARISONS if c.name in names], results)
    idle = [reading.notes[IDLE_MEMORY] for reading in results.readings.get("http.act", ())]
    idle_mb = median(idle) if idle else None
    rows = [*records(written, machine, idle_mb), *map(proof_record, proofs)]
    (folder / "latest.json").write_text(json.dumps(rows, indent=1) + "\n")
    rounds = {name: [{"rate": round(each.rate, 1), **each.notes} for each in readings] for name, readings in results.readings.items()}
    (folder / "rounds.json").write_text(json.dumps(rounds, indent=1) + "\n")
    screen = console()
    screen.print(machine.sentence(), table(written, machine))
    if idle_mb is not None:
        screen.print(f"The idle server takes {idle_mb:.0f} MB; at most {MOST_IDLE_MB} are asked for.")
    for took in proofs:
        what = WHAT.get(took.name) or WHAT[took.name.partition(".")[0]]
        screen.print(f"{took.name}: {took.value:.4g} {took.unit} {what}; at most {took.bar:g} are asked for: {took.verdict}.")


def proof_record(took: Took) -> dict[str, object]:
    """Give a row of latest.json: the reference is what is asked for, and the ratio how much faster it is."""
    return {
        "name": took.name,
        "ours": round(took.value, 1),
        "reference": took.bar,
        "ratio": round(took.bar / took.value, 3),
        "unit": took.unit,
    }


def main() -> int:
    """Give 0 when everything could be measured, 1 when a contender failed, 2 when nothing has the name asked for."""
    asked = arguments()
    contenders, names = chosen(asked.only)
    proving, counting = (is_asked(names_, asked.only) for names_ in (PROOFS, FIGURES))
    takes_time = asked.quick and not asked.only
    counting = counting and not takes_time  # a year of cases takes its time
    playing = is_asked(YEAR, asked.only) and not takes_time
    if not names and not proving and not counting and not playing:
        print(
            f"no comparison begins with {' or '.join(asked.only)}; there are {', '.join([*(c.name for c in COMPARISONS), *PROOFS, *FIGURES, *YEAR])}",
            file=sys.stderr,
        )
        return 2
    (asked.folder / "data").mkdir(parents=True, exist_ok=True)
    results = measure(contenders, asked.folder, QUICK if asked.quick else FULL)
    took = [*(measured() if proving else []), *(figures.measured() if counting else []), *(year.measured() if playing else [])]
    publish(results, names, took, asked.folder)
    for failure in results.failures.values():
        print(failure, file=sys.stderr)
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
