"""One client through CaseService: each act with rights, form, guard, deadline, tasks, key, answer and link of the chain, in one commit."""

from __future__ import annotations

import itertools

from tests.bench.consultation import STEPS
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.ours.round import open_rounds, service

CASES = 200


def run(setting: Setting) -> Reading:
    """Measure acts committed by one client, in its own thread."""
    with service(setting) as application:
        rounds = itertools.cycle(open_rounds(application, CASES))

        def one_round() -> int:
            case = next(rounds)
            for _ in STEPS:
                case.accept(case.submit().result())
            return len(STEPS)

        return one_client(one_round, setting)
