"""The tree of states as written, and how a name in it is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.definition.model import State, Workflow
from engine.definition.process import ROOT, Kind
from engine.definition.source import Path


@dataclass(frozen=True, slots=True)
class Site:
    """One state as written. ``where`` is its place in the file, ``section`` that of its actions, deadlines and receive."""

    path: str
    parent: str
    where: Path
    section: Path
    shape: State
    kind: Kind
    children: tuple[str, ...]


class UnknownState(Exception):
    """No state of that name can be seen from here. ``known``: what can."""

    def __init__(self, known: list[str]) -> None:
        super().__init__()
        self.known = known


class StateNames:
    """All states by path, in document order, the root first; finds what a name means where it stands."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self.sites = sites

    @staticmethod
    def of(workflow: Workflow) -> StateNames:
        """Lay out the states of a workflow. `anywhere` is the root's."""
        anywhere = workflow.anywhere
        root = State.model_construct(
            title=workflow.title,
            owner=workflow.owner,
            initial=workflow.initial,
            states=workflow.states,
            regions=workflow.regions,
            actions=anywhere.actions if anywhere else {},
            receive=anywhere.receive if anywhere else {},
            deadlines=anywhere.deadlines if anywhere else {},
        )
        return StateNames({site.path: site for site in _layout(ROOT, ROOT, (), root)})

    def __iter__(self) -> Iterator[Site]:
        return iter(self.sites.values())

    def __getitem__(self, path: str) -> Site:
        return self.sites[path]

    def line(self, path: str) -> tuple[str, ...]:
        """Give the state and its ancestors, innermost first, the root last."""
        line = [path]
        while line[-1] != ROOT:
            line.append(self.sites[line[-1]].parent)
        return tuple(line)

    def find(self, name: str, declared_in: str) -> str:
        """Find a state by a name as it stands in a state: among its children, its siblings, its ancestors' siblings, outward.

        A dotted name begins with such a name. Raises UnknownState.
        """
        first, _, rest = name.partition(".")
        for scope in self.line(declared_in):
            if (path := _join(scope, first)) in self.sites:
                full = _join(path, rest) if rest else path
                if full in self.sites:
                    return full
                raise UnknownState([f"{first}.{inner[len(path) + 1 :]}" for inner in self.sites if inner.startswith(path + ".")])
        visible = [child.rpartition(".")[2] for scope in self.line(declared_in) for child in self.sites[scope].children]
        raise UnknownState([*visible, *(path for path in self.sites if "." in path)])

    def region_of(self, path: str, parallel: str) -> str | None:
        """Give the region of a parallel state in which a state lies, or None where it does not lie below it."""
        line = self.line(path)
        return line[line.index(parallel) - 1] if parallel in line[1:] else None


def _layout(path: str, parent: str, where: Path, shape: State) -> Iterator[Site]:
    key = "regions" if shape.regions else "states"
    inner = shape.regions or shape.states
    kind = Kind.FINAL if shape.final else Kind.PARALLEL if shape.regions else Kind.COMPOUND if shape.states else Kind.ATOMIC
    section = where if path != ROOT else ("anywhere",)
    yield Site(path, parent, where, section, shape, kind, tuple(_join(path, name) for name in inner))
    for name, child in inner.items():
        yield from _layout(_join(path, name), path, (*where, key, name), child)


def by_ending(paths: Iterable[str]) -> dict[str, str]:
    """Map each path, and each ending that only one path has, to the path."""
    found: dict[str, set[str]] = {}
    for path in paths:
        steps = path.split(".")
        for first in range(len(steps)):
            found.setdefault(".".join(steps[first:]), set()).add(path)
    return {ending: (ending if ending in meant else min(meant)) for ending, meant in found.items() if ending in meant or len(meant) == 1}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
