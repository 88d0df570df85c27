"""The names of everything that can be taken: actions, built-in acts, re-openings, what is received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.definition.model import Workflow
from engine.definition.process import ROOT
from engine.definition.state_names import StateNames


@dataclass(frozen=True, slots=True)
class ActName:
    """An act with the state that declares it; the root for `anywhere`, documents and `reopen`."""

    state: str
    name: str

    @property
    def full(self) -> str:
        """Give ``state.act``; of the root just the name."""
        return f"{self.state}.{self.name}" if self.state else self.name

    def is_meant_by(self, written: str) -> bool:
        """Say whether a name means this act: its own name, alone or after its state (or the end of that state's path)."""
        if written == self.name:
            return True
        state = written.removesuffix("." + self.name)
        return state != written and (self.state == state or self.state.endswith("." + state))


class ActNames:
    """Every act of a workflow."""

    def __init__(self, acts: Iterable[ActName]) -> None:
        self.acts = tuple(dict.fromkeys(acts))

    @staticmethod
    def of(workflow: Workflow, states: StateNames) -> ActNames:
        """List the acts of a workflow, the built-in ones included."""
        return ActNames(_all(workflow, states))

    def meant_by(self, written: str) -> tuple[ActName, ...]:
        """Give all acts that a name means: one name may stand in several states."""
        exact = tuple(act for act in self.acts if act.full == written)
        return exact or tuple(act for act in self.acts if act.is_meant_by(written))

    def spelled(self, written: str) -> str | None:
        """Give the one spelling of a name: the plain name as it is, a qualified one in full; None if it means nothing."""
        meant = self.meant_by(written)
        if not meant:
            return None
        return written if any(act.name == written for act in meant) else meant[0].full

    def known(self) -> list[str]:
        """Give the names for a suggestion."""
        return [name for act in self.acts for name in dict.fromkeys((act.name, act.full))]


def _all(workflow: Workflow, states: StateNames) -> Iterator[ActName]:
    for document, shape in workflow.documents.items():
        yield ActName(ROOT, f"{document}.attach")
        if shape.approved_by:
            yield ActName(ROOT, f"{document}.approve")
    for site in states:
        for name, action in site.shape.actions.items():
            yield ActName(site.path, name)
            yield from _asking(site.path, name, action.asked_by)
        for name in site.shape.receive:
            yield ActName(site.path, name)
        for name, deadline in site.shape.deadlines.items():
            if deadline.extend:
                yield ActName(site.path, f"{name}.extend")
                yield from _asking(site.path, f"{name}.extend", deadline.extend.asked_by)
        yield from _of_constructs(site.path, states)
    for name, reopen in workflow.reopen.items():
        yield ActName(ROOT, name)
        yield from _asking(ROOT, name, reopen.asked_by)


def _of_constructs(path: str, states: StateNames) -> Iterator[ActName]:
    shape = states[path].shape
    for name, parties in shape.parties.items():
        yield ActName(path, f"{name}.sign")
        yield from (ActName(path, f"{name}.{kind}") for kind in ("add", "remove", "waive") if getattr(parties, kind))
    for name, ballot in shape.ballots.items():
        yield from (ActName(path, f"{name}.{kind}") for kind in ("vote", "close"))
        if ballot.counted_by is not None:
            yield ActName(path, f"{name}.count")
    for name, children in shape.children.items():
        yield from (ActName(path, f"{name}.{kind}") for kind in ("add", "waive") if getattr(children, kind))


def _asking(path: str, name: str, asked_by: tuple[str, ...] | None) -> Iterator[ActName]:
    if asked_by:
        yield ActName(path, f"{name}.ask")
        yield ActName(path, f"{name}.decline")
