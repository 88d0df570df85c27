"""What lint finds in a registry as a whole: the rules about roles and texts hold for it as for a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.model import Registry
from engine.definition.registry import ANYONE
from engine.proof.rules import ERROR, WARNING, Finding
from engine.proof.rules_people import RESERVED, missing_languages


def registry_findings(written: Registry) -> Iterator[tuple[str, str, Finding]]:
    """Give all findings, each with its rule and how grave it is."""
    yield from (("role.reserved", ERROR, finding) for finding in reserved_keepers(written))
    yield from (("text.missing_language", WARNING, finding) for finding in missing_languages(written))


def reserved_keepers(written: Registry) -> Iterator[Finding]:
    """Find roles that have the name of something else; `anyone` may see a registry, but nobody in particular keeps one."""
    for key, allowed in (("kept_by", frozenset[str]()), ("seen_by", frozenset({ANYONE}))):
        for number, name in enumerate(getattr(written, key)):
            if name in RESERVED - allowed:
                yield Finding(
                    f"`{name}` has a meaning of its own and cannot be a role here; name one of the body's", (key, number), at_key=False
                )
