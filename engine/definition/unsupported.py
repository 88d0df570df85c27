"""What the language has and this version cannot run yet: read, checked in shape, and refused by name at its place.

Nothing is passed over in silence: a workflow that uses one of these is not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition.model import DataItem, Effects, Transition, Workflow
from engine.definition.source import Path
from engine.definition.state_names import Site, StateNames

Construct = tuple[str, Path]
"""The key, and where it stands."""

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_READ = re.compile(r"\b(?:data|was)\.([a-z][a-z0-9_]*)")
_LATER_WORDS = re.compile(r"(?<![\w.'\"])(?:children|links|parties|ballots|signal|voter|occurrence)\b(?!')")


def unsupported(workflow: Workflow, states: StateNames) -> Iterator[Construct]:
    """Give every construct of a workflow that cannot run yet."""
    for key in ("links", "signals", "schedules", "migrate"):
        if getattr(workflow, key):
            yield key, (key,)
    for name, item in workflow.data.items():
        yield from _in_data(item, ("data", name))
    for name, setting in workflow.settings.items():
        if setting.type in {"ref", "attendance", "list", "record"}:
            yield setting.type, ("settings", name, "type")
    for site in states:
        yield from _in_state(site)
    for name, reopen in workflow.reopen.items():
        yield from _in_transition(reopen, ("reopen", name))
        if reopen.signal:
            yield "signal", ("reopen", name, "signal")


def mentions_what_comes_later(expression: str, workflow: Workflow) -> bool:
    """Say whether an expression reads what only an unsupported construct gives, so that checking it must wait."""
    words = _TEXT.sub("''", expression)
    if _LATER_WORDS.search(words):
        return True
    return any(name in workflow.data and next(_in_data(workflow.data[name], ()), None) for name in _READ.findall(words))


def _in_data(item: DataItem, where: Path) -> Iterator[Construct]:
    if item.query is not None:
        yield "query", (*where, "query")
    if item.type in {"ref", "attendance"} or item.of == "ref":
        yield (item.type if item.type != "list" else "ref"), (*where, "type")
    for name, field in (item.fields or {}).items():
        yield from _in_data(field, (*where, "fields", name))


def _in_state(site: Site) -> Iterator[Construct]:
    shape, where = site.shape, site.section
    for key in ("parties", "ballots", "children"):
        if getattr(shape, key):
            yield key, (*where, key)
    for key in ("entry", "exit"):
        if (effects := getattr(shape, key)) is not None:
            yield from _in_effects(effects, (*where, key))
    for key in ("actions", "receive"):
        for name, transition in getattr(shape, key).items():
            yield from _in_transition(transition, (*where, key, name))
    for key in ("always", "done"):
        if (transition := getattr(shape, key)) is not None:
            yield from _in_transition(transition, (*where, key))
    for name, deadline in shape.deadlines.items():
        at = (*where, "deadlines", name)
        if deadline.rrule is not None:
            yield "rrule", (*at, "rrule")
        for number, rung in enumerate(deadline.rungs):
            yield from _in_effects(rung, (*at, "rungs", number))


def _in_transition(transition: Transition, where: Path) -> Iterator[Construct]:
    yield from _in_effects(transition, where)
    if getattr(transition, "signed", ()):
        yield "signed", (*where, "signed")
    if "parent" in getattr(transition, "by", ()):
        yield "parent", (*where, "by")
    for number, branch in enumerate(transition.choice or ()):
        yield from _in_effects(branch, (*where, "choice", number))


def _in_effects(effects: Effects, where: Path) -> Iterator[Construct]:
    for key in ("attend", "excuse", "open", "collect", "release", "send"):
        if getattr(effects, key):
            yield key, (*where, key)
    for number, recipient in enumerate(effects.notify):
        if "." in recipient:
            yield recipient.partition(".")[0], (*where, "notify", number)


