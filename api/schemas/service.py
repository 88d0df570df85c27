"""What is answered about everything else: definitions, calendars, the clock, keys and people."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.problems import problem_view
from api.schemas.common import Answered, Json, Moment
from api.schemas.problem import DefinitionProblem
from engine.clock import rfc3339
from engine.runtime.presets import PublishedPreset
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published


class PublishedSeen(Answered):
    """What publishing answers; `problems` are warnings. `effective_from` is null for a version that is in force at once."""

    workflow: str
    version: int
    digest: str
    effective_from: Moment | None
    problems: list[DefinitionProblem]


class PublishedRegistrySeen(Answered):
    """What publishing a registry answers; `new` is false where just this text was in force already."""

    registry: str
    version: int
    digest: str
    new: bool
    problems: list[DefinitionProblem]


class PublishedPresetSeen(Answered):
    """What taking a preset of settings answers; `new` is false where just this text was in force already."""

    preset: str
    workflow: str
    version: int
    digest: str
    new: bool
    problems: list[DefinitionProblem]


class PublishedTogether(Answered):
    """What publishing several documents answers."""

    definitions: list[PublishedSeen | PublishedRegistrySeen | PublishedPresetSeen]


class DefinitionSeen(Answered):
    """A published version."""

    workflow: str
    version: int
    digest: str
    title: str
    published_at: Moment
    published_by: str
    effective_from: Moment
    in_force: bool = Field(description="new cases open with the newest version in force")


class DefinitionList(Answered):
    """Published versions."""

    definitions: list[DefinitionSeen]


class StateSeen(Answered):
    """A state of a workflow."""

    path: str
    title: str
    kind: str
    owner: list[str]
    outcome: str | None


class PresetSeen(Answered):
    """The preset of settings that the body has taken for a workflow."""

    preset: str
    version: int
    digest: str
    title: str
    published_at: Moment
    published_by: str


class DefinitionWhole(DefinitionSeen):
    """A published version with what a client needs of it, and its source."""

    states: list[StateSeen]
    roles: dict[str, str]
    start: Json | None
    settings: Json = Field(description="what new cases open with: the defaults, and over them the body's preset")
    preset: PresetSeen | None
    source: str


class DifferenceSeen(Answered):
    """One difference. `running`: the running cases of the old version in the `state` it is about, or all of them."""

    class_: Literal["label_only", "tightening", "loosening", "breaks_running_cases", "changes_behaviour"] = Field(alias="class")
    path: str
    old: Any
    new: Any
    note: str
    file: str
    line: int
    column: int
    state: str | None
    running: int


class DiffSeen(Answered):
    """What differs between two versions, the gravest first."""

    workflow: str
    old: int
    new: int
    differences: list[DifferenceSeen]
    running: dict[str, int] = Field(description="for each class how many running cases any of it is about, each counted once")


class DaySeen(Answered):
    """A day of a calendar."""

    date: date
    works: bool
    kind: str
    reason: str
    provisional: bool


class DayList(Answered):
    """Days of a calendar."""

    calendar: str
    version: str
    zone: str
    closing: str
    days: list[DaySeen]


class ClockSeen(Answered):
    """Where the manual clock stands."""

    now: Moment
    manual: bool


class ClockMoved(Answered):
    """What moving the clock did: rungs that fired, and rungs that failed and are tried again."""

    now: Moment
    fired: int
    failed: int


class KeyMade(Answered):
    """A new key. It is shown this once."""

    id: str
    key: str


class KeySeen(Answered):
    """An API key, without its secret."""

    id: str
    actor: str
    roles: list[str]
    unit: str | None
    label: str
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None


class KeyList(Answered):
    """The API keys."""

    keys: list[KeySeen]


class PersonSeen(Answered):
    """A person."""

    id: str
    name: str
    roles: list[str]
    unit: str | None
    may_sign_in: bool
    created_at: Moment


class PersonList(Answered):
    """The people."""

    people: list[PersonSeen]


class Health(Answered):
    """Whether the service works."""

    status: Literal["ok", "unavailable"]


def published_view(published: Published | PublishedRegistry | PublishedPreset) -> Json:
    """Give what publishing did."""
    problems = [problem_view(each) for each in published.problems]
    if isinstance(published, PublishedRegistry):
        told = {"registry": published.registry, "version": published.version, "digest": published.digest, "new": published.new}
        return {**told, "problems": problems}
    if isinstance(published, PublishedPreset):
        told = {"preset": published.preset, "workflow": published.workflow, "version": published.version}
        return {**told, "digest": published.digest, "new": published.new, "problems": problems}
    return {
        "workflow": published.workflow,
        "version": published.version,
        "digest": published.digest,
        "effective_from": None if published.effective_from is None else rfc3339(published.effective_from),
        "problems": problems,
    }
