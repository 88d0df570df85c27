"""The sandbox: what is asked, what is answered."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.common import Answered, Id, Line, Name, Sent
from api.schemas.service import PublishedRegistrySeen, PublishedSeen, published_view
from engine.runtime.sandbox import Drafted, SetUp


class CreateSandboxKey(Sent):
    """Make a key for the sandbox, with roles of processes; a right only if it is yours."""

    actor: Name
    roles: list[Id] = Field(min_length=1, max_length=50)
    unit: Name | None = None
    label: Line = ""


class DraftsSeen(Answered):
    """What publishing drafts answers. `trials_gone`: cases that ran on another text of the same version, and went with it."""

    definitions: list[PublishedSeen | PublishedRegistrySeen]
    trials_gone: int


class SandboxSeen(Answered):
    """A sandbox as it begins."""

    organisation: str
    people: int
    definitions: int


def drafts_view(drafted: Drafted) -> dict[str, Any]:
    """Give what publishing drafts did."""
    return {"definitions": [published_view(each) for each in drafted.published], "trials_gone": drafted.trials_gone}


def sandbox_view(found: SetUp) -> dict[str, Any]:
    """Give a sandbox as it begins."""
    return {"organisation": found.organisation, "people": found.people, "definitions": found.definitions}
