"""Rounds: every contender once in each, forwards and backwards in turn, so that the machine's moods fall on all of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.disk import fdatasyncs_per_second
from tests.bench.measure import Reading
from tests.bench.plan import Contender
from tests.postgres import Server

ROOT = Path(__file__).resolve().parents[2]


class ContenderFailed(Exception):
    """A contender's process ended without a reading; the text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long each contender runs."""

    rounds: int
    peer_rounds: int  # of these rounds, how many the peers take part in
    warm: float  # seconds
    seconds: float
    patience: float  # seconds that a process may take in all


FULL = Pace(rounds=5, peer_rounds=5, warm=0.5, seconds=3.0, patience=120)
# Peers start slowly and lie far from us: one short round tells enough.
QUICK = Pace(rounds=3, peer_rounds=1, warm=0.1, seconds=0.4, patience=30)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the contenders run."""

    folder: Path  # on the disk that is meant
    postgres: Server | None  # None: no contender asked for it
    peers_python: Path


@dataclass(slots=True)
class Results:
    """Every reading by contender, in the order of the rounds, and why some have none."""

    readings: dict[str, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)
    fdatasyncs: list[float] = field(default_factory=list)

    def rates(self, contender: str) -> list[float]:
        return [reading.rate for reading in self.readings.get(contender, ())]


def environment(ground: Ground) -> dict[str, str]:
    """Give the processes a cache of compiled modules of their own, or some spend seconds on reading source before every round."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(ground.folder.parent / "compiled")}


def run_patiently(command: Sequence[str], environment: Mapping[str, str], name: str, patience: float) -> subprocess.CompletedProcess[str]:
    """Run a process; when it takes too long, end it with what it started. Raises ContenderFailed."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            said, complained = process.communicate(timeout=patience)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, subprocess.TimeoutExpired):
                raise ContenderFailed(f"{name} did not end within {patience:.0f} s") from None
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def run_alone(contender: Contender, ground: Ground, pace: Pace) -> Reading:
    """Run one contender in its own process, folder and database. Raises ContenderFailed."""
    folder = ground.folder / contender.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = ground.peers_python if contender.is_peer else Path(sys.executable)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = stack.enter_context(ground.postgres.database()) if contender.needs_postgres and ground.postgres else ""
        command = [str(python), "-m", "tests.bench.child", contender.module, "--folder", str(folder), "--postgres", postgres]
        timing = ["--warm", str(pace.warm), "--seconds", str(pace.seconds)]
        ended = run_patiently([*command, *timing], environment(ground), contender.name, pace.patience)
    if ended.returncode != 0 or not ended.stdout:
        raise ContenderFailed(f"{contender.name} ended with {ended.returncode}: {ended.stderr[-800:].strip()}")
    said = json.loads(ended.stdout.splitlines()[-1])
    return Reading(said["done"], said["seconds"], said["notes"])


def play(contenders: Sequence[Contender], ground: Ground, pace: Pace, tell: Callable[[str], None]) -> Results:
    """Run all rounds. One that failed is not tried again; the others go on."""
    results = Results()
    for number in range(pace.rounds):
        results.fdatasyncs.append(fdatasyncs_per_second(ground.folder, pace.warm))
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            if contender.name in results.failures or (contender.is_peer and number >= pace.peer_rounds):
                continue
            tell(f"round {number + 1} of {pace.rounds}: {contender.name}")
            try:
                results.readings[contender.name].append(run_alone(contender, ground, pace))
            except ContenderFailed as failure:
                results.failures[contender.name] = str(failure)
    return results
