"""Bulk of 1,000: as many acts handed in at once, each on its own case and version; the lane commits them in its slices."""

from __future__ import annotations

from tests.bench.measure import Reading, Setting, one_client
from tests.bench.ours.round import open_rounds, service

AT_ONCE = 1_000


def run(setting: Setting) -> Reading:
    """Measure acts answered. They carry no keys: a bulk request has one key for all."""
    with service(setting, lane=True) as application:
        rounds = open_rounds(application, AT_ONCE)

        def all_at_once() -> int:
            waiting = [case.submit(keyed=False, bulk=True) for case in rounds]
            for case, pending in zip(rounds, waiting, strict=True):
                case.accept(pending.result())
            return len(rounds)

        return one_client(all_at_once, setting)
