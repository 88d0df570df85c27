"""Rules about people, documents and texts: duties, roles, what nobody uses, what a language lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.definition.model import OWN_LANGUAGE, Shape, TextMap
from engine.definition.source import Path
from engine.proof.rules import WARNING, Finding, Subject, rule

RESERVED = frozenset(
    {
        *("admin", "designer", "auditor", "operator", "recorder", "monitor"),  # they carry rights in the whole service
        *("clock", "parent", "anyone", "owner", "party", "initiator", "website"),
    }
)


@rule("duty.same_act")
def duty_over_one_act(subject: Subject) -> Iterator[Finding]:
    """Find separations of duties that name an act twice: nobody could keep them, or everybody does."""
    for number, duty in enumerate(subject.workflow.duties):
        for kind, acts in duty.given():
            meant = [frozenset(subject.work.acts.meant_by(act)) for act in acts]
            for place, names in enumerate(meant):
                if names and names in meant[:place]:
                    yield Finding(f"`{acts[place]}` stands here twice: a duty is over different acts", ("duties", number, kind, place))


@rule("role.reserved")
def reserved_role(subject: Subject) -> Iterator[Finding]:
    """Find roles that have the name of something else."""
    for name in subject.workflow.roles:
        if name in RESERVED:
            yield Finding(f"`{name}` has a meaning of its own and cannot be a role of the workflow; choose another id", ("roles", name))


@rule("role.unused", WARNING)
def unused_role(subject: Subject) -> Iterator[Finding]:
    """Find roles that nothing names."""
    for name in subject.workflow.roles:
        if not _is_named(subject, name):
            yield Finding(f"nothing names the role `{name}`; leave it out, or give it something to do", ("roles", name))


@rule("document.unused", WARNING)
def unused_document(subject: Subject) -> Iterator[Finding]:
    """Find documents that no act needs and nothing shows."""
    for name in subject.workflow.documents:
        if not _is_named(subject, name):
            yield Finding(f"no act requires the document `{name}` and nothing publishes it", ("documents", name))


def _is_named(subject: Subject, name: str) -> bool:
    """Say whether something names a role or document; expressions name them in texts, so the source itself is asked last."""
    return name in subject.work.used or len(re.findall(rf"\b{name}\b", subject.document.text)) > 1


@rule("text.missing_language", WARNING)
def missing_language(subject: Subject) -> Iterator[Finding]:
    """Find texts that a language of the workflow lacks."""
    own, *others = subject.workflow.language
    for text, path in texts(subject.workflow, ()):
        here = {own if language == OWN_LANGUAGE else language for language in text}
        lacking = [language for language in (own, *others) if language not in here]
        if lacking:
            yield Finding(f"this text is missing in {', '.join(lacking)}", path, at_key=False)


def texts(value: Any, path: Path) -> Iterator[tuple[TextMap, Path]]:
    """Give every text below a shape, with its place."""
    if isinstance(value, TextMap):
        yield value, path
    elif isinstance(value, Shape):
        for name, field in type(value).model_fields.items():
            yield from texts(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from texts(inner, (*path, number))
