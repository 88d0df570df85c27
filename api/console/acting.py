"""The actions of a case on its page: a form for each that is open, the reasons for each that is not."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.console.fields import PREFIX, Drawing, Field, Sent
from api.console.writing import Writer
from engine.clock import Instant
from engine.core.actions import ActionStatus, list_actions
from engine.core.case import EMPTY
from engine.core.refusals import label
from engine.definition.forms import Form
from engine.definition.process import Trigger
from engine.errors import Refusal
from engine.runtime.people import Principal
from engine.runtime.reading import Seen
from engine.runtime.views import visible_data

ATTACH = ".attach"
KEY_BYTES = 18


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was sent and not taken: what was typed, and why not. ``what``: an act, ``comment`` or ``document``."""

    what: str
    sent: Sent = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)  # name of a control -> what is wrong with it
    stale: tuple[Mapping[str, Any], ...] | None = None  # what has changed meanwhile
    note: str = ""

    def typed(self, name: str) -> str:
        """Give what was typed into a control."""
        return next(iter(self.sent.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class ActionShown:
    """An action that is open: its form, and the key that makes sending it twice harmless."""

    name: str
    title: str
    fields: tuple[Field, ...]
    reason: str | None
    typed_reason: str
    typed_occurred: str
    reason_error: str
    depends_on: str
    key: str
    attempted: bool


@dataclass(frozen=True, slots=True)
class RefusedShown:
    """An action that is not open, with every reason."""

    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """What somebody can do with a case now, what not, and which documents they may attach."""

    open: tuple[ActionShown, ...]
    refused: tuple[RefusedShown, ...]
    attach: tuple[tuple[str, str], ...]


def actions_of(seen: Seen, principal: Principal, writer: Writer, now: Instant, attempt: Attempt | None) -> Actions:
    """Give the actions of a case for one person, with what was typed into the form that was sent last."""
    listed = list_actions(seen.process, seen.case, principal.actor, now, seen.world)
    statuses = sorted(listed, key=lambda status: -nearness(seen, status.name))
    documents = seen.process.definition.documents
    attach = [status.name.removesuffix(ATTACH) for status in statuses if status.allowed and status.attaches]
    return Actions(
        open=tuple(
            drawn(status, seen, principal, writer, attempt) for status in statuses if not status.attaches and shown(status, attempt)
        ),
        refused=tuple(
            RefusedShown(label(status.title, writer.language), texts_of(status.refusals, writer.language))
            for status in statuses
            if not status.allowed
        ),
        attach=tuple((name, writer.text(documents[name].title)) for name in attach),
    )


def nearness(seen: Seen, name: str) -> int:
    """Say how far inside an action is declared: those of the present state come before those that hold anywhere."""
    active = {path for leaf in seen.case.configuration for path in seen.process.states[leaf].line}
    found = (spec.source for spec in seen.process.transitions.values() if spec.name == name and spec.source in active)
    return max((len(seen.process.states[source].line) for source in found), default=0)


def shown(status: ActionStatus, attempt: Attempt | None) -> bool:
    """Say whether an action has a form on the page: it is open, or somebody has just typed into it."""
    return status.allowed or (attempt is not None and attempt.what == status.name and bool(attempt.sent))


def drawn(status: ActionStatus, seen: Seen, principal: Principal, writer: Writer, attempt: Attempt | None) -> ActionShown:
    """Draw one open action."""
    tried = attempt if attempt is not None and attempt.what == status.name else None
    settings = {**seen.process.settings, **seen.case.snapshot.get("settings", EMPTY)}
    present = visible_data(seen.process, seen.case, principal)
    errors = {} if tried is None else {**errors_of(tried.refusals, writer.language), **tried.faults}
    drawing = Drawing(writer, settings, present, None if tried is None else tried.sent, errors, status.choices)
    titles = [writer.text(seen.process.definition.data[item].title) for item in status.depends_on if item in seen.process.definition.data]
    return ActionShown(
        name=status.name,
        title=label(status.title, writer.language),
        fields=drawing.fields(status.form),
        reason=status.reason,
        typed_reason="" if tried is None else tried.typed("reason"),
        typed_occurred="" if tried is None else tried.typed("occurred_at"),
        reason_error=errors.get("reason", ""),
        depends_on=writer.words.listed(titles),
        key=new_key(),
        attempted=tried is not None,
    )


def kept_of(seen: Seen, writer: Writer, actions: Actions, attempt: Attempt | None) -> tuple[tuple[str, str], ...]:
    """Give back what was typed into a form that the page has no more, because the case stands elsewhere now."""
    if attempt is None or any(action.attempted for action in actions.open):
        return ()
    data, words, kept = seen.process.definition.data, writer.words, list[tuple[str, str]]()
    for name, values in attempt.sent.items():
        item = data.get(name.removeprefix(f"{PREFIX}.").split(".")[0]) if name.startswith(f"{PREFIX}.") else None
        title = writer.text(item.title) if item is not None else words("reason") if name == "reason" else ""
        if title and (text := words.listed([value for value in values if value])):
            kept.append((title, text))
    return tuple(kept)


def form_of(seen: Seen, principal: Principal, action: str, now: Instant) -> Form | None:
    """Give the form of an action where the case stands; of one that is not there, the first that has its name."""
    here = (status.form for status in list_actions(seen.process, seen.case, principal.actor, now, seen.world) if status.name == action)
    anywhere = (spec.form for spec in seen.process.transitions.values() if spec.trigger is Trigger.ACT and spec.name == action)
    return next((form for form in (*here, *anywhere) if form is not None), None)


def texts_of(refusals: Iterable[Refusal], language: str) -> tuple[str, ...]:
    """Give the texts of refusals."""
    return tuple(label(refusal.message, language) for refusal in refusals)


def errors_of(refusals: Iterable[Refusal], language: str) -> dict[str, str]:
    """Find the control that each refusal is about: an item of the form, or ``reason``."""
    errors: dict[str, str] = {}
    for refusal in refusals:
        pointer = str(refusal.facts.get("pointer", ""))
        name = pointer.removeprefix("/data/").split("/")[0] if pointer.startswith("/data/") else pointer.removeprefix("/")
        if name:
            errors.setdefault(name, label(refusal.message, language))
    return errors


def new_key() -> str:
    """Make the idempotency key of one form."""
    return secrets.token_urlsafe(KEY_BYTES)
