"""Listing: what may this person do with this case now, and if not, why not. The same gates as taking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.clock import Instant
from engine.core.advance import without_repeats
from engine.core.case import EMPTY, Actor, Case, Configuration, Draft
from engine.core.compiled import Process
from engine.core.gates import ANYONE, Gates, Request, hangs_on_roles
from engine.core.undecidable import Undecidable
from engine.core.world import NOWHERE, World
from engine.definition.datatypes import DataItem
from engine.definition.forms import Form
from engine.definition.process import Text, Transition
from engine.errors import Refusal


@dataclass(frozen=True, slots=True)
class ActionStatus:
    """One action of the configuration for one person.

    ``allowed``: it would be taken with a good form (and reason, where one is required). ``depends_on``: items of its own form on which a
    guard still hangs. ``choices``: fields of its form that take certain ids only, now. ``refusals``: all reasons why not; the same
    as in the refused act.
    """

    name: str
    title: Text
    allowed: bool
    refusals: tuple[Refusal, ...]
    form: Form | None
    reason: str | None
    depends_on: tuple[str, ...]
    by: tuple[str, ...]
    attaches: bool
    choices: Mapping[str, tuple[str, ...]]


def list_actions(process: Process, case: Case, actor: Actor, now: Instant, world: World = NOWHERE) -> tuple[ActionStatus, ...]:
    """List every action of the configuration, in document order, each with what it needs or why it is refused."""
    gates = Gates(
        process, case, Draft(case.snapshot), case.configuration, max(now, case.updated_at), Request(actor, listing=True, world=world)
    )
    return tuple(action_status(process, case, gates, name) for name in process.acts_at(case.configuration))


def allowed_actions(process: Process, case: Case, actor: Actor, now: Instant, world: World = NOWHERE) -> list[str]:
    """Name the actions this person may take now: those of `list_actions` that are allowed, without asking about the others."""
    known = known_by_roles(process, case.configuration, actor.roles)
    if None not in known.values():
        return [name for name, allowed in known.items() if allowed]
    gates = Gates(
        process, case, Draft(case.snapshot), case.configuration, max(now, case.updated_at), Request(actor, listing=True, world=world)
    )
    return [
        name
        for name, allowed in known.items()
        if allowed or (allowed is None and process.select(case.configuration, f"act:{name}", gates)[0])
    ]


# Every answer names the actions of its case, and mostly they hang on nothing but where it stands and who asks.
@lru_cache(maxsize=4096)
def known_by_roles(process: Process, configuration: Configuration, roles: frozenset[str]) -> Mapping[str, bool | None]:
    """Say of each action of a configuration whether somebody with these roles may take it; None where that has to be looked at."""
    return {name: known_by_role(process, process.specs_at(configuration, name), roles) for name in process.acts_at(configuration)}


def known_by_role(process: Process, specs: list[Transition], roles: frozenset[str]) -> bool | None:
    """Say whether one of several transitions of one name is open to these roles; None where that has to be looked at."""
    mine = [spec for spec in specs if not (roles | {ANYONE}).isdisjoint(spec.by)]
    if any(hangs_on_roles(process, spec) for spec in mine):
        return True
    return None if mine else False


def action_status(process: Process, case: Case, gates: Gates, name: str) -> ActionStatus:
    """Ask the gates about one action."""
    chosen, refused = process.select(case.configuration, f"act:{name}", gates)
    spec: Transition = chosen[0].spec if chosen else next(iter(refused))
    reasons = () if chosen else without_repeats([reason for reasons in refused.values() for reason in reasons])
    return ActionStatus(
        name=name,
        title=spec.title,
        allowed=bool(chosen),
        refusals=reasons,
        form=spec.form,
        reason=spec.reason,
        depends_on=gates.undecided.get(spec.id, ()),
        by=spec.by,
        attaches=spec.builtin and name.endswith(".attach"),
        choices=gates.choices.get(spec.id, EMPTY),
    )


def live_values(process: Process, case: Case, items: Iterable[DataItem], now: Instant, world: World) -> dict[str, Any]:
    """Give what live queries give at a moment, and what is computed from that; those that read what is empty are left out."""
    nobody = Actor("", frozenset(), case.org)
    gates = Gates(process, case, Draft(case.snapshot), case.configuration, now, Request(nobody, listing=True, world=world))
    found: dict[str, Any] = {}
    for item in items:
        with suppress(Undecidable):
            found[item.id] = gates.view("").live(item.id)
    derived = gates.view("", found).data
    found.update((name, derived[name]) for name in process.definition.computed if name in derived and derived[name] != case.data.get(name))
    return found
