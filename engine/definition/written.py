"""Everything of one kind that is written in a workflow, with its place, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.model import Deadline, Effects, Transition, Workflow
from engine.definition.source import Path
from engine.definition.state_names import StateNames


def transitions(workflow: Workflow, states: StateNames) -> Iterator[tuple[Transition, Path]]:
    """Give the transitions: actions, what is received, always, done, re-openings."""
    for site in states:
        for key in ("actions", "receive"):
            for name, transition in getattr(site.shape, key).items():
                yield transition, (*site.section, key, name)
        for key in ("always", "done"):
            if (transition := getattr(site.shape, key)) is not None:
                yield transition, (*site.section, key)
    for name, reopen in workflow.reopen.items():
        yield reopen, ("reopen", name)


def deadlines(states: StateNames) -> Iterator[tuple[Deadline, Path]]:
    """Give the deadlines of states and of their parties."""
    for site in states:
        for group, parties in site.shape.parties.items():
            for name, deadline in parties.deadlines.items():
                yield deadline, (*site.section, "parties", group, "deadlines", name)
        for name, deadline in site.shape.deadlines.items():
            yield deadline, (*site.section, "deadlines", name)


def effects(workflow: Workflow, states: StateNames) -> Iterator[tuple[Effects, Path]]:
    """Give what has effects: transitions, their branches, entries, exits, rungs."""
    for transition, path in transitions(workflow, states):
        yield transition, path
        for number, branch in enumerate(transition.choice or ()):
            yield branch, (*path, "choice", number)
    for site in states:
        for key in ("entry", "exit"):
            if (shape := getattr(site.shape, key)) is not None:
                yield shape, (*site.where, key)
    for deadline, path in deadlines(states):
        for number, rung in enumerate(deadline.rungs):
            yield rung, (*path, "rungs", number)
