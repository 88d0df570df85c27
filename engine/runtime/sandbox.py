"""The sandbox of a body: an organisation of its own in which colleagues try a draft, and from which nothing reaches the body.

It has the body's people, units and published definitions, and no cases. Everything is read and written by organisation, so the sandbox
needs no rule of its own anywhere else: its cases, notices, numbers and its log are its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from engine.clock import Instant
from engine.errors import NotAllowed, VersionPublished
from engine.runtime.access import Access, NewKey
from engine.runtime.application import Application
from engine.runtime.documents import Documents
from engine.runtime.people import RIGHTS, Principal
from engine.runtime.post import POST, SERVICE
from engine.runtime.presets import PublishedPreset
from engine.runtime.publishing import publish, texts_loaded
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published
from engine.settings import body_of, sandbox_of
from engine.store import sandbox as rows
from engine.store.access import list_persons
from engine.store.definitions import get_definition, list_versions
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state
from engine.store.writer import Batch

RIGHT = "publish"
MADE = "sandbox.made"


@dataclass(frozen=True, slots=True)
class SetUp:
    """A sandbox as it begins."""

    organisation: str
    people: int
    definitions: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """What publishing drafts answers. ``trials_gone``: cases that ran on another text of the same version."""

    published: tuple[Published | PublishedRegistry | PublishedPreset, ...]
    trials_gone: int


class Sandbox:
    """Makes, fills and empties the sandbox of a body. Needs the right `publish`, in the body or in the sandbox; blocks."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def exists(self, org: str) -> bool:
        """Say whether a body has a sandbox."""
        with self._application.store.read() as reader:
            return get_state(reader, sandbox_of(org), MADE) is not None

    def reset(self, principal: Principal) -> SetUp:
        """Make the sandbox, or make it as new: cases, files, drafts, keys and sessions go, people and definitions come from the body."""
        principal.demand(RIGHT)
        sandbox, settings = inside(principal).org, self._application.settings
        files = Documents(settings.files, settings.upload_limit).of(sandbox).listed()

        def write(batch: Batch, now: Instant) -> None:
            batch.hold_state(SERVICE, POST, "")  # no message is on its way meanwhile
            rows.empty(batch, sandbox)
            rows.copy_set_up(batch, body_of(sandbox), sandbox)
            batch.put(ServiceStateRecord(sandbox, MADE, str(now)))

        self._application.lane.write(write)
        for path in files:  # only those of before: what arrives now belongs to a new case
            path.unlink(missing_ok=True)
        self._application.registry.forget(sandbox)
        with self._application.store.read() as reader:
            return SetUp(sandbox, len(list_persons(reader, sandbox)), len(list_versions(reader, sandbox)))

    def publish(self, principal: Principal, sources: Sequence[tuple[str | bytes, str]]) -> Drafted:
        """Publish drafts in the sandbox, which is made if there is none. The body knows nothing of them.

        A draft may change under the same version: it then takes the place of the one before, whose trials go. Raises like `publish`.
        """
        principal.demand(RIGHT)
        drafting = inside(principal)
        if not self.exists(drafting.org):
            self.reset(principal)
        try:
            return Drafted(publish(self._application, drafting, sources), 0)
        except VersionPublished:  # nothing else is wrong with the texts, or that would have been said
            gone = self._withdraw_changed(drafting.org, sources)
        return Drafted(publish(self._application, drafting, sources), gone)

    def create_key(self, principal: Principal, actor: str, roles: Collection[str], *, unit: str | None = None, label: str = "") -> NewKey:
        """Make a key for the sandbox, with any roles of processes. Rights are passed on only by who has them: raises NotAllowed."""
        principal.demand(RIGHT)
        for role in roles:
            if missing := sorted(RIGHTS.get(role, frozenset()) - principal.rights):
                raise NotAllowed(missing[0])
        maker = replace(inside(principal), roles=frozenset({"admin"}))
        return Access(self._application.store, self._application.lane).create(maker, actor, roles, unit=unit, label=label)

    def _withdraw_changed(self, sandbox: str, sources: Sequence[tuple[str | bytes, str]]) -> int:
        """Take away the drafts that these texts change; say how many trials went with them."""
        definitions = [each for loaded in texts_loaded(self._application, sandbox, sources) for each in loaded.definitions]
        with self._application.store.read() as reader:
            earlier = [get_definition(reader, sandbox, each.workflow, each.version) for each in definitions]
        changed = [row for row, each in zip(earlier, definitions, strict=True) if row is not None and row.digest != each.digest]

        def write(batch: Batch, _: Instant) -> int:
            batch.hold_state(SERVICE, POST, "")
            return sum(rows.withdraw(batch, sandbox, row.workflow, row.version) for row in changed)

        gone = self._application.lane.write(write)
        self._application.registry.forget(sandbox)
        return gone


def inside(principal: Principal) -> Principal:
    """Give the same person as one of the sandbox."""
    return replace(principal, org=sandbox_of(principal.org))
