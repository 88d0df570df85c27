"""What `plan`, `migrate` and `calendar` have in common: asking part by part, and showing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from api.commands.gateway import Json
from api.commands.screen import show_line, show_table

PART = 100
"""Cases asked for at once: a server answers each part well within the patience of a client."""


class Policy(StrEnum):
    """What becomes of running deadlines."""

    KEEP = "keep"
    RECOMPUTE = "recompute"
    REMAINING = "remaining"
    RESTART = "restart"


Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Id of the workflow.")]
To = Annotated[
    int, typer.Option("--to", metavar="VERSION", min=1, help="The version the cases come to; with --undo, the one they were moved to.")
]
Deadlines = Annotated[
    Policy | None,
    typer.Option(
        "--deadlines", metavar="POLICY", help="Stands for the default of the version's `migrate`: keep, recompute, remaining or restart."
    ),
]
Cases = Annotated[list[str] | None, typer.Option("--case", metavar="CASE", help="Only this case; may be repeated.")]


def asked(workflow: str, to: int, policy: Policy | None, cases: Sequence[str] | None, **more: Any) -> Json:
    """Put a request to migrate together."""
    return asked_of(cases, workflow=workflow, to=to, deadlines=policy.value if policy else None, **more)


def asked_of(cases: Sequence[str] | None, **more: Any) -> Json:
    """Put a request together; what was not said is left out."""
    said = {"limit": PART, "cases": list(cases) if cases else None, **more}
    return {name: value for name, value in said.items() if value is not None}


def parts(ask: Callable[[Mapping[str, Any]], Json], request: Mapping[str, Any]) -> Iterator[Json]:
    """Ask part by part until nothing is left."""
    cursor = None
    while True:
        done = ask({**request, **({"cursor": cursor} if cursor else {})})
        yield done
        cursor = done["next"]
        if cursor is None:
            return


def joined(done: Sequence[Json]) -> Json:
    """Give several parts as one."""
    whole = dict(done[0])
    for part in done[1:]:
        for name in whole.keys() & {"moved", "skipped", "cannot_move"}:
            whole[name] += part[name]
        for name in whole.keys() & {"cases", "refused"}:
            whole[name] = [*whole[name], *part[name]]
    return {**whole, "next": None}


def show_refused(refused: Sequence[Json]) -> None:
    """Show the cases that do not move, each with its reasons."""
    for each in refused:
        show_line(f"{each['case']} {each['number'] or ''}".rstrip(), style="bold")
        for refusal in each["refusals"]:
            show_line(f"  {refusal['code']}: {refusal['message']}")


def show_deadlines(planned: Json) -> None:
    """Show what becomes of the deadlines of a case."""
    show_table(
        ("", "deadline", "", "was due", "is due", "fires at once"),
        [
            ("", name_of(each), each["operation"], each["old_due"], each["new_due"], ", ".join(each["rungs_due"]))
            for each in planned["deadlines"]
        ],
    )


def name_of(deadline: Json) -> str:
    """Name a deadline, with its old name where that was another."""
    was = deadline["was"]
    return str(deadline["name"]) if was in {None, deadline["name"]} else f"{was} -> {deadline['name']}"
