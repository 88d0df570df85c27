"""The bare program: reads the case and the key, writes by hand the same rows that the service writes for an act, commits."""

from __future__ import annotations

import sqlite3  # under this name child.py has put the library the service itself uses

from engine.clock import SystemClock
from tests.bench.bare.database import Plain, connect
from tests.bench.bare.rows import Tables, Write, changes, copies, read_tables, standing
from tests.bench.consultation import STEPS
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.ours.round import ORGANISATION, Round, open_rounds, service

COPIES_A_SECOND = 800
"""A copy of the case lives for one round, so there have to be enough: this is more than any disk here can commit."""


def played_steps(setting: Setting, plain: Plain) -> tuple[str, Tables, list[list[Write]]]:
    """Let the service play two rounds of one case; give its id, where it stood after the first, and what each step of the second wrote."""
    clock = SystemClock()
    with service(setting) as application:
        [case] = open_rounds(application, 1)
        play(case)
        stood = before = read_tables(plain.cursor)
        steps = []
        for _ in STEPS:
            since = clock.now()
            case.accept(case.submit().result())
            after = read_tables(plain.cursor)
            steps.append(changes(before, after, case.case_id, since, plain.mark))
            before = after
    return case.case_id, stood, steps


def play(case: Round) -> None:
    for _ in STEPS:
        case.accept(case.submit().result())


def fill(plain: Plain, template: str, stood: Tables, case_ids: list[str]) -> None:
    """Set the copies where the template stood."""
    execute = plain.cursor.execute
    execute(plain.begin)
    for found in standing(stood, template, plain.mark):
        plain.cursor.executemany(found.text, [found.values_for(template, case_id, 0) for case_id in case_ids])
    execute("COMMIT")
    execute("ANALYZE")


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    clock = SystemClock()
    plain = connect(setting)
    template, stood, steps = played_steps(setting, plain)
    sqlite3.adapters.clear()  # what the service has told the driver of its values is no part of a program written by hand
    case_ids = copies(template, int(COPIES_A_SECOND * (setting.warm + setting.seconds)))
    fill(plain, template, stood, case_ids)
    execute = plain.cursor.execute
    read_case = f"SELECT * FROM cases WHERE org = {plain.mark} AND id = {plain.mark}{plain.for_update}"
    read_key = f"SELECT * FROM idempotency WHERE org = {plain.mark} AND scope = {plain.mark} AND key = {plain.mark}"
    cases = iter(case_ids)

    def one_case() -> int:
        case_id = next(cases)
        for step in steps:
            execute(plain.begin)
            execute(read_case, (ORGANISATION, case_id)).fetchone()
            execute(read_key, (ORGANISATION, case_id, template)).fetchone()
            now = clock.now()
            for write in step:
                execute(write.text, write.values_for(template, case_id, now))
            execute("COMMIT")
        return len(steps)

    return one_client(one_case, setting)
