"""What the language has and this version cannot run yet: read, checked in shape, and refused by name at its place.

Nothing is passed over in silence: a workflow that uses one of these is not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition import written
from engine.definition.model import Workflow
from engine.definition.source import Path
from engine.definition.state_names import StateNames

Construct = tuple[str, Path]
"""The key, and where it stands."""

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_LATER_WORDS = re.compile(r"(?<![\w.])(?:ballots|voter)\b")


def unsupported(workflow: Workflow, states: StateNames) -> Iterator[Construct]:
    """Give every construct of a workflow that cannot run yet."""
    for site in states:
        yield from ((key, (*site.where, key)) for key in ("ballots",) if getattr(site.shape, key))
    for effects, path in written.effects(workflow, states):
        for number, recipient in enumerate(effects.notify):
            if recipient.startswith("voters."):
                yield recipient.partition(".")[0], (*path, "notify", number)


def mentions_what_comes_later(expression: str) -> bool:
    """Say whether an expression reads what only an unsupported construct gives, so that checking it must wait."""
    return _LATER_WORDS.search(_TEXT.sub("''", expression)) is not None
