"""What the language has and this version cannot run yet: read, checked in shape, and refused by name at its place.

Nothing is passed over in silence: a workflow that uses one of these is not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition import written
from engine.definition.model import DataItem, Workflow
from engine.definition.source import Path
from engine.definition.state_names import StateNames

Construct = tuple[str, Path]
"""The key, and where it stands."""

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_READ = re.compile(r"\b(?:data|was)\.([a-z][a-z0-9_]*)")
_LATER_WORDS = re.compile(r"(?<![\w.])(?:ballots|voter)\b")


def unsupported(workflow: Workflow, states: StateNames) -> Iterator[Construct]:
    """Give every construct of a workflow that cannot run yet."""
    for name, item in workflow.data.items():
        yield from _in_data(item, ("data", name))
    for site in states:
        yield from ((key, (*site.where, key)) for key in ("ballots",) if getattr(site.shape, key))
        for name, parties in site.shape.parties.items():
            if parties.deadlines:
                yield "deadlines", (*site.where, "parties", name, "deadlines")
    for effects, path in written.effects(workflow, states):
        yield from ((key, (*path, key)) for key in ("attend", "excuse") if getattr(effects, key))
        for number, recipient in enumerate(effects.notify):
            if recipient.startswith("voters."):
                yield recipient.partition(".")[0], (*path, "notify", number)


def mentions_what_comes_later(expression: str, workflow: Workflow) -> bool:
    """Say whether an expression reads what only an unsupported construct gives, so that checking it must wait."""
    words = _TEXT.sub("''", expression)
    if _LATER_WORDS.search(words):
        return True
    return any(name in workflow.data and any(_in_data(workflow.data[name], ())) for name in _READ.findall(words))


def _in_data(item: DataItem, where: Path) -> Iterator[Construct]:
    if item.type == "attendance":
        yield "attendance", (*where, "type")
    for name, field in (item.fields or {}).items():
        yield from _in_data(field, (*where, "fields", name))
