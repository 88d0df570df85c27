"""What runs, what is set beside what, and which ratio is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """A module under tests/bench with ``run(setting) -> Reading``, run in a process of its own."""

    name: str
    module: str
    is_peer: bool = False  # runs in the peers' environment
    needs_postgres: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the result: ours beside the reference, both by the contender's name."""

    name: str
    ours: str
    reference: str
    unit: str = "actions/s"
    bar: float | None = None  # the least ratio asked for; None: shown, not judged
    lacks: str = ""  # what the reference does not keep and we do
    by_requests: bool = False  # an absolute bar scales with the empty route, not with the disk


IDLE_MEMORY = "idle_mb"
"""The note of http.act that says how much memory the server takes before anybody asks anything."""
MOST_IDLE_MB = 150

ACT_LACKS = "no rights, forms or guards beyond a source state, no deadlines, no tasks, no idempotency key, no hash chain"

PEERS = {
    "django_fsm": Comparison("peer.django_fsm.sqlite", "act.sqlite", "peer.django_fsm", bar=1.2, lacks=ACT_LACKS),
    "spiffworkflow": Comparison(
        "peer.spiffworkflow.sqlite",
        "act.sqlite",
        "peer.spiffworkflow",
        bar=1.2,
        lacks="no rights, no deadlines, no idempotency key, no hash chain",
    ),
    "dbos": Comparison(
        "peer.dbos.sqlite",
        "act.sqlite",
        "peer.dbos",
        bar=1.2,
        lacks="no state to query, no rights, guards, deadlines or tasks, no hash chain",
    ),
    "python_statemachine": Comparison(
        "peer.python_statemachine.sqlite", "act.sqlite", "peer.python_statemachine", bar=1.2, lacks=ACT_LACKS
    ),
    "transitions_sqlmodel": Comparison(
        "peer.transitions_sqlmodel.sqlite", "act.sqlite", "peer.transitions_sqlmodel", bar=1.2, lacks=ACT_LACKS
    ),
    "harel": Comparison(
        "peer.harel.sqlite",
        "act.sqlite",
        "peer.harel",
        lacks="keeps a case's last 200 steps, without actor, role, reason, form or remark; no rights, working days, tasks or hash chain",
    ),
    "burr": Comparison(
        "peer.burr.sqlite",
        "act.sqlite",
        "peer.burr",
        lacks="one row a step: case held in memory, not read before a step, so two writers are not told apart; "
        "no actor or time of the deed but in the state, no rights, deadlines, tasks, idempotency key or hash chain",
    ),
}

CONTENDERS = (
    Contender("http.empty", "web.empty_route"),
    Contender("http.act", "ours.web"),
    Contender("floor.sqlite", "floor.sqlite"),
    Contender("bare.sqlite", "bare.act"),
    Contender("act.sqlite", "ours.act"),
    Contender("lane32.sqlite", "ours.lane"),
    Contender("bulk.sqlite", "ours.bulk"),
    Contender("floor.postgres", "floor.postgres", needs_postgres=True),
    Contender("bare.postgres", "bare.act", needs_postgres=True),
    Contender("act.postgres", "ours.act", needs_postgres=True),
    Contender("lane32.postgres", "ours.lane", needs_postgres=True),
    Contender("bulk.postgres", "ours.bulk", needs_postgres=True),
    Contender("sweep.postgres", "bare.sweep", needs_postgres=True),
    Contender("deadlines.postgres", "ours.deadlines", needs_postgres=True),
    *(Contender(comparison.reference, f"peers.{name}", is_peer=True) for name, comparison in PEERS.items()),
)

COMPARISONS = (
    Comparison("act.sqlite.bare_rows", "act.sqlite", "bare.sqlite", bar=0.55),
    Comparison("act.sqlite.floor", "act.sqlite", "floor.sqlite", bar=0.33),
    Comparison("lane32.sqlite.floor", "lane32.sqlite", "floor.sqlite", bar=0.8),
    Comparison("bulk.sqlite.floor", "bulk.sqlite", "floor.sqlite"),
    Comparison("act.postgres.bare_rows", "act.postgres", "bare.postgres", bar=0.55),
    Comparison("act.postgres.floor", "act.postgres", "floor.postgres", bar=0.6),
    Comparison("lane32.postgres.floor", "lane32.postgres", "floor.postgres", bar=0.8),
    Comparison("bulk.postgres.floor", "bulk.postgres", "floor.postgres"),
    Comparison("deadlines.fire.postgres", "deadlines.postgres", "sweep.postgres", unit="rungs/s"),
    Comparison("http.act.empty_route", "http.act", "http.empty", unit="requests/s", bar=0.2, by_requests=True),
    *PEERS.values(),
)
