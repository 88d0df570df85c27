"""What one workflow may rely on of another: the types of its data, its signals, its links and its states; a preset, of its settings.

Signals and children cross files, so whoever loads a workflow gives the others it may name. Which version each of them had is
part of what the workflow was checked against, and is kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.definition.act_names import ActNames
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.declared_data import data_item, data_items
from engine.definition.declared_settings import settings
from engine.definition.model import Link, Registry, Workflow
from engine.definition.process import Setting
from engine.definition.registry_document import Registering
from engine.definition.source import Document
from engine.definition.state_names import StateNames

Written = tuple[Document, Workflow | Registry]
"""A document and what was read of it."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One workflow as others see it. ``items`` are typed, without what computes them."""

    workflow: str
    version: int
    items: Mapping[str, DataItem]
    signals: Mapping[str, Mapping[str, DataType]]
    senders: Mapping[str, tuple[str, ...]]
    links: Mapping[str, Link]
    states: tuple[str, ...]
    settings: Mapping[str, Setting]
    is_registry: bool = False
    written: tuple[Document, Workflow] | None = None  # of a workflow: for rules that look at what it does, too

    @staticmethod
    def of(document: Document, workflow: Workflow) -> Interface:
        """Read what others may rely on. Mistakes in it are told when that workflow itself is loaded."""
        states = StateNames.of(workflow)
        work = Compilation(document, workflow, states, ActNames.of(workflow, states), checks_others=False)
        return Interface(
            workflow=workflow.workflow,
            version=workflow.version,
            items=data_items(work),
            signals={name: carried(signal.carries) for name, signal in workflow.signals.items()},
            senders={name: signal.from_ for name, signal in workflow.signals.items()},
            links=workflow.links,
            states=tuple(site.path for site in states if site.path),
            settings=settings(work),
            written=(document, workflow),
        )

    @staticmethod
    def of_registry(document: Document, registry: Registry) -> Interface:
        """Read what others may rely on of a registry: its fields. Its version is that under which it is in force, where that is known."""
        work = Registering(document, registry)
        items = {name: data_item(work, name, item, ("fields", name)) for name, item in registry.fields.items()}
        return Interface(registry.registry, 0, items, {}, {}, {}, (), {}, is_registry=True)


def carried(carries: Mapping[str, str] | None) -> dict[str, DataType]:
    """Give the types of what a signal carries."""
    return {name: DataType(TypeName(kind)) for name, kind in (carries or {}).items()}


def name_of(shape: Workflow | Registry) -> str:
    """Give the name by which a workflow or registry is known."""
    return shape.workflow if isinstance(shape, Workflow) else shape.registry


class Shelf(Mapping[str, Interface]):
    """Workflows that are fetched only once one of them is asked for: files beside a file, versions in a database."""

    def __init__(self, fetch: Callable[[], Mapping[str, Interface]]) -> None:
        self._fetch = fetch
        self._fetched: Mapping[str, Interface] | None = None

    @property
    def _all(self) -> Mapping[str, Interface]:
        if self._fetched is None:
            self._fetched = self._fetch()
        return self._fetched

    def __getitem__(self, name: str) -> Interface:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class Library(Mapping[str, Interface]):
    """The workflows and registries that may be named, by id; each is looked at only when it is. Later ones stand before earlier ones."""

    def __init__(
        self,
        written: Iterable[Written] = (),
        beyond: Mapping[str, Interface] | None = None,
        versions: Mapping[str, int] | None = None,
    ) -> None:
        self._versions = versions or {}
        self._written = {name_of(shape): (document, shape) for document, shape in written}
        self._beyond = beyond or {}
        self._known: dict[str, Interface] = {}

    def __getitem__(self, name: str) -> Interface:
        if name not in self._known:
            self._known[name] = self._read(*self._written[name]) if name in self._written else self._beyond[name]
        return self._known[name]

    def _read(self, document: Document, shape: Workflow | Registry) -> Interface:
        if isinstance(shape, Workflow):
            return Interface.of(document, shape)
        return replace(Interface.of_registry(document, shape), version=self._versions.get(shape.registry, 0))

    def __contains__(self, name: object) -> bool:
        return name in self._written or name in self._beyond

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._written), **dict.fromkeys(self._beyond)})

    def __len__(self) -> int:
        return len({*self._written, *self._beyond})
