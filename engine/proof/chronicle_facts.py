"""What an event changed in a case, as lines of a chronicle: data, papers, what was asked for, ballots, parties, other cases."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from engine.core.case import EMPTY, Case, Snapshot, grown_by, values_after
from engine.core.decision import Decision

LONGEST, SHOWN = 120, 90
"""Characters of a value that are told, and how many of one that is longer."""

WHEN = frozenset(
    {"at", "opened", "closed", "invited", "signed", "opened_at", "told_at", "approved_at", "sha256", "size", "media_type", "id", "seq"}
)
"""Keys that say when something came, or of which paper: the event stands at its time, and papers of scenarios are made up."""

Fact = tuple[str, str]


def facts(before: Case | None, decision: Decision) -> Iterator[Fact]:
    """Tell all that an event changed of which a designer knows."""
    was: Snapshot = before.snapshot if before is not None else {}
    for section, tell in _TOLD.items():
        if section in decision.delta:
            known = was.get(section, EMPTY)
            yield from tell(known, values_after(known, decision.delta[section]))


def plain(value: Any) -> str:
    """Write a value on one line. Of a long one the beginning is told, and a digest in which every other part shows too."""
    text = (
        value
        if isinstance(value, str)
        else orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=_other).decode()
    )
    text = " ".join(text.split()).replace('"', "")
    return text if len(text) <= LONGEST else f"{text[:SHOWN]}… {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def brief(value: Any) -> str:
    """Write a value on one line, without what is empty."""
    return plain(_without_nothing(value))


def _other(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else str(value)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nothing(each) for key, each in value.items() if each not in (None, "", [], {})}
    return [_without_nothing(each) for each in value] if isinstance(value, list | tuple) else value


def _data(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Fact]:
    yield "data", "; ".join(_item(name, was.get(name), value) for name, value in sorted(now.items()))


def _item(name: str, old: Any, value: Any) -> str:
    if value is None:
        return f"{name} emptied"
    if added := grown_by(old, value):
        return f"{name} += {plain(added)}"
    return f"{name} = {plain(value)}"


def _entries(about: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Fact]]:
    def tell(_: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Fact]:
        for name, value in sorted(now.items()):
            yield about, f"{name} gone" if value is None else f"{name} {_entry(value)}".rstrip()

    return tell


def _entry(value: Any) -> str:
    if not isinstance(value, Mapping):
        return plain(value)
    kept = {key: each for key, each in value.items() if key not in WHEN}
    return brief(kept) if kept else ""


def _others(about: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Fact]]:
    """Tell of children and links: where they stand as they were told last, and whether they still matter."""

    def tell(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Fact]:
        for name, value in sorted(now.items(), key=lambda pair: (pair[1] or {}).get("n", 0)):
            if value is None:
                yield about, f"{name} gone"
                continue
            old = was.get(name, EMPTY)
            told, before = value.get("told", EMPTY), old.get("told", EMPTY)
            news = {key: each for key, each in told.items() if key not in {*WHEN, "taken"} and each != before.get(key)}
            marks = {
                key: value[key] for key in ("waived", "cancelled", "refused", "wants") if value.get(key) != was.get(name, EMPTY).get(key)
            }
            taken = sorted({*told.get("taken", ())} - {*before.get("taken", ())})
            said = brief({**marks, **news, "taken": taken})
            yield about, " ".join([str(value.get("group", value.get("link"))), str(value.get("key", "")), name, said]).replace("  ", " ")

    return tell


def _roll(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Fact]:
    """Tell who may vote, by number, and who has voted."""
    opened = [(key, entry) for key, entry in now.items() if entry is not None and key not in was]
    groups = Counter((key.partition("@")[0], brief({**entry, "unit": None})) for key, entry in opened)
    for (ballot, may), times in sorted(groups.items()):
        yield "roll", f"{ballot}: {times} × {may}"
    for key, entry in sorted(now.items()):
        if entry is not None and key in was:
            yield "roll", f"{key} {brief({name: entry.get(name) for name in ('voted', 'papers')})}"
    gone = Counter(key.partition("@")[0] for key, entry in now.items() if entry is None)
    yield from (("roll", f"{ballot}: {times} gone") for ballot, times in sorted(gone.items()))


_TOLD: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[Fact]]] = {
    "data": _data,
    "documents": _entries("paper"),
    "asked": _entries("asked"),
    "parties": _entries("party"),
    "ballots": _entries("ballot"),
    "roll": _roll,
    "counted": _entries("counted"),
    "children": _others("child"),
    "links": _others("link"),
    "shared": _entries("learnt"),
    "gathering": _entries("gathering"),
}
