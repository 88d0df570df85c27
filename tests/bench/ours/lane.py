"""32 clients of one lane: it decides and commits together what waits, and answers each after the commit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import uvloop

from tests.bench.measure import Reading, Setting, many_clients
from tests.bench.ours.round import Round, open_rounds, service

CLIENTS = 32
CASES_OF_EACH = 8


async def next_step(cases: Iterator[Round]) -> int:
    case = next(cases)
    case.accept(await case.submit())
    return 1


def run(setting: Setting) -> Reading:
    """Measure acts answered to all clients."""
    with service(setting, lane=True) as application:
        rounds = open_rounds(application, CLIENTS * CASES_OF_EACH)
        shares = [itertools.cycle(rounds[client::CLIENTS]) for client in range(CLIENTS)]
        return uvloop.run(many_clients([partial(next_step, cases) for cases in shares], setting))
