"""harel: a durable statechart for each case in its own SQLite store; its trace is the record of a step."""

from __future__ import annotations

from harel import DurableRunner, Event, SqliteStore, definition_from_dsl  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import FIRST, STATES, STEPS
from tests.bench.measure import Reading, Setting, one_client

MACHINE = "consultation"
END = "Ended"


def camel(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


def chart() -> str:
    """Write the steps in harel's own language. A case ends with its last step; each run is a new case."""
    steps = [*STEPS[:-1], STEPS[-1]._replace(target=END)]
    return "\n".join(
        [
            *(f"event {camel(step.action)} {{}}" for step in steps),
            f"machine {MACHINE} {{",
            f"  initial {camel(FIRST)}",
            *(f"  state {camel(name)} {{}}" for name in STATES),
            f"  final {END} success",
            *(f"  from {camel(step.source)} to {camel(step.target)} on {camel(step.action)}" for step in steps),
            "}",
        ]
    )


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client; its store sets the write-ahead log and SQLite's default, an fsync with every commit."""
    definition = definition_from_dsl(chart(), MACHINE)
    store = SqliteStore(str(setting.folder / "harel.db"))
    runner = DurableRunner(store, {definition.id: definition}, trace=True, execution="inline")
    events = [Event(kind=camel(step.action)) for step in STEPS]

    def one_case() -> int:
        execution = runner.create(definition.id)
        for event in events:
            execution = runner.process(execution.id, event)
        if execution.status.name != "DONE":
            raise RuntimeError(f"after {len(STEPS)} steps harel's case is {execution.status.name}")
        return len(STEPS)

    return one_client(one_case, setting)
