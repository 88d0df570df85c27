"""Two versions of a workflow compared by meaning: what was only renamed, what is tighter or looser now, what breaks running cases.

Shape by shape, each key by the rule of `diff_shapes`, so that no change is missed: what no rule knows changes behaviour. States are
compared under the names that `migrate` gives them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from engine.core.bridge import Bridge, bridge
from engine.core.compiled import compile_process
from engine.definition.calendars import Calendar
from engine.definition.compilation import Compilation
from engine.definition.loader import Loaded
from engine.definition.model.shapes import shown
from engine.definition.process import ROOT, ProcessDefinition
from engine.definition.source import Path, pointer
from engine.definition.state_names import Site
from engine.errors import DefinitionRefused, InvalidInput, Problem, Violation, told
from engine.proof.diff_changes import BREAKS, OTHER, Change, Class, below
from engine.proof.diff_shapes import NOT_COMPARED, Shapes

TERM_KEYS = ("within", "lead", "up_to", "add")


@dataclass(frozen=True, slots=True)
class Version:
    """One version: as written, where everything stands, and compiled."""

    work: Compilation
    definition: ProcessDefinition


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference, at its place in the new file, or in the old one where it is gone from the new.

    ``state`` is the state it is about under its old name, None where it is about all. ``running``: how many cases of the old version
    run there, None where nobody was asked.
    """

    kind: Class
    pointer: str
    old: Any
    new: Any
    note: str
    file: str
    line: int
    column: int
    state: str | None = None
    running: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the finding as JSON values."""
        shown = {"class": self.kind.value, "path": self.pointer, "old": self.old, "new": self.new, "note": self.note}
        return {**shown, "file": self.file, "line": self.line, "column": self.column, "state": self.state, "running": self.running}


class Standing(NamedTuple):
    """So many running cases have the same active states, outer ones too."""

    states: frozenset[str]
    running: int


def versions_of(loaded: Loaded) -> dict[str, Version]:
    """Give the workflows of a file by their names. Raises DefinitionRefused with every problem."""
    if errors := [problem for problem in loaded.problems if problem.severity == "error"]:
        raise DefinitionRefused(errors)
    found = [Version(each.work, each.definition) for each in loaded.documents if each.work is not None and each.definition is not None]
    return {version.definition.workflow: version for version in found}


def diff(old: Version, new: Version, calendars: Mapping[str, Calendar]) -> tuple[Finding, ...]:
    """Compare two versions of one workflow. The gravest class comes first, then the order of the file. Raises InvalidInput."""
    if old.definition.workflow != new.definition.workflow:
        said = f"expected two versions of one workflow, got {old.definition.workflow!r} and {new.definition.workflow!r}"
        raise InvalidInput([Violation("/workflow", "wrong_value", said)])
    made = bridge(*(compile_process(each.definition, calendars[each.definition.calendar]) for each in (old, new)))
    return tuple(
        sorted(_Comparison(old, new, made).findings(), key=lambda each: (_GRAVITY.index(each.kind), each.line, each.column, each.pointer))
    )


def unversioned(old: Version, new: Version, calendars: Mapping[str, Calendar]) -> tuple[Problem, ...]:
    """Tell, in the new file, what differs though both bear the same version; nothing where they do not."""
    version = new.definition.version
    if old.definition.version != version:
        return ()
    return told(_unversioned(found, version) for found in diff(old, new, calendars))


def _unversioned(found: Finding, version: int) -> Problem:
    changed = f"`{found.pointer}` was {_said(found.old)} in the published version {version} and is {_said(found.new)}"
    if found.kind is Class.LABEL:
        rule, why = "version.label_changed", "only a label, but staff, documents and the trail have the old one"
    else:
        rule, why = "version.changed", f"{found.kind.value.replace('_', ' ')}, and cases run by what was published"
    return Problem(found.file, found.line, found.column, rule, f"{changed}: {why}; give it a new `version`", found.pointer)


def _said(value: Any) -> str:
    """Show a value; of a text in several languages each, for it may be one of them that differs."""
    texts = list(value.values()) if isinstance(value, dict) else []
    return " / ".join(map(shown, texts)) if texts and all(isinstance(text, str) for text in texts) else shown(value)


def with_running(findings: tuple[Finding, ...], places: Sequence[Standing]) -> tuple[Finding, ...]:
    """Add how many cases of the old version run where each finding is about."""
    return tuple(replace(each, running=running_in(places, {each.state})) for each in findings)


def report(findings: tuple[Finding, ...], places: Sequence[Standing] | None) -> dict[str, Any]:
    """Give the findings as JSON values, and for each class that there is how many running cases any of it is about, each counted once.

    ``places``: where the cases of the old version run; None where nobody was asked.
    """
    if places is None:
        return {"differences": [each.as_json() for each in findings], "running": None}
    about = {kind: {each.state for each in findings if each.kind is kind} for kind in _GRAVITY}
    counts = {kind.value: running_in(places, states) for kind, states in about.items() if states}
    return {"differences": [each.as_json() for each in with_running(findings, places)], "running": counts}


def running_in(places: Sequence[Standing], states: Collection[str | None]) -> int:
    """Count the running cases that are in any of some states; None among them stands for every case."""
    return sum(place.running for place in places if None in states or not place.states.isdisjoint(states))


_GRAVITY = (BREAKS, Class.TIGHTENING, Class.LOOSENING, OTHER, Class.LABEL)


class _Comparison:
    def __init__(self, old: Version, new: Version, made: Bridge) -> None:
        self.old, self.new, self.bridge = old, new, made
        self.before, self.after = _dump(old.work), _dump(new.work)
        written = new.work.workflow.migrate
        said = written.data if written is not None else {}
        carried = {name for name in self.before.get("data", {}) if any(f"data.{name}" in text for text in said.values())}
        settings = [each.get("settings", {}) for each in (self.before, self.after)]
        self.shapes = Shapes(settings[0], settings[1], frozenset(carried | said.keys()), dict(_uses(self.after)))

    def findings(self) -> Iterator[Finding]:
        for key in (*self.before, *(key for key in self.after if key not in self.before)):
            rule = self.shapes.top.get(key)
            if rule is None and key not in NOT_COMPARED:
                yield from self._changed((), below(key, _behaves, self.before.get(key), self.after.get(key)))
            elif rule is not None:
                yield from self._changed((), below(key, rule, self.before.get(key), self.after.get(key)))
        for fault in self.bridge.faults:
            yield self._placed(Change(BREAKS, (), None, None, fault.message), ("migrate", *fault.path))
        yield from self._states()

    def _states(self) -> Iterator[Finding]:
        """Compare state by state, each with what it is called now."""
        stuck = set(self.bridge.unmapped())
        kept: list[str] = []
        for site in self.old.work.states:
            now = self.bridge.states.get(site.path)
            if now is None or site.path in stuck:
                said = "a case here cannot come over; say in `migrate.states` where it goes" if site.path in stuck else ""
                yield self._gone(site, BREAKS if site.path in stuck else OTHER, said)
            elif site.path != ROOT:
                kept.append(now)
                yield from self._state(site, self.new.work.states[now])
        named = set(self.bridge.states.values())
        for site in self.new.work.states:
            if site.path not in named:
                yield self._placed(Change(OTHER, (), None, site.path, "a new state"), site.where, at_key=True)
        if kept != sorted(kept, key=lambda path: self.bridge.new.states[path].first):
            yield self._placed(
                Change(OTHER, (), None, None, "the order of the states, which decides between regions"), ("states",), at_key=True
            )

    def _state(self, old: Site, new: Site) -> Iterator[Finding]:
        if old.path != new.path:
            yield self._placed(Change(OTHER, (), old.path, new.path, "renamed; its cases come over"), new.where, old.path, at_key=True)
        if old.kind != new.kind and not {"final"} & {old.kind.value, new.kind.value}:
            said = "its cases enter what it now begins with" if new.children else "its inner states are gone"
            yield self._placed(Change(OTHER, (), old.kind.value, new.kind.value, said), new.where, old.path, at_key=True)
        yield from self._changed(new.where, self.shapes.state(_shape(old), _shape(new)), old)

    def _changed(self, where: Path, changes: Iterator[Change], old: Site | None = None) -> Iterator[Finding]:
        for change in changes:
            path = (*where, *change.path)
            if change.new is None:
                yield self._placed(change, ((*old.where, *change.path) if old else path), old.path if old else None, gone=True)
            else:
                yield self._placed(change, path, old.path if old else None)

    def _gone(self, site: Site, kind: Class, note: str) -> Finding:
        return self._placed(Change(kind, (), site.path, None, note), site.where, site.path, gone=True)

    def _placed(self, change: Change, path: Path, state: str | None = None, *, gone: bool = False, at_key: bool = True) -> Finding:
        document = (self.old if gone else self.new).work.document
        place = document.problem("", "", path, at_key=at_key)
        return Finding(
            change.kind, pointer(path), plain(change.old), plain(change.new), change.note, place.file, place.line, place.column, state
        )


def _behaves(old: Any, new: Any) -> Iterator[Change]:
    yield Change(OTHER, (), old, new)


def _dump(work: Compilation) -> dict[str, Any]:
    """Give the workflow in its one spelling, without what is the default anyway."""
    return work.workflow.model_dump(by_alias=True, exclude_defaults=True)


def _shape(site: Site) -> dict[str, Any]:
    dumped = site.shape.model_dump(by_alias=True, exclude_defaults=True)
    return {key: value for key, value in dumped.items() if key not in {"states", "regions"}}


def _uses(value: Any, key: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Find by which keys each setting is named as a term."""
    found: dict[str, set[str]] = {}

    def look(each: Any, at: str) -> None:
        if isinstance(each, Mapping):
            for name, inner in each.items():
                look(inner, str(name))
        elif isinstance(each, list | tuple):
            for inner in each:
                look(inner, at)
        elif at in TERM_KEYS and isinstance(each, str) and each.startswith("settings."):
            found.setdefault(each.removeprefix("settings."), set()).add(at)

    look(value, key)
    return ((name, frozenset(keys)) for name, keys in found.items())


def plain(value: Any) -> Any:
    """Give a value of the file as JSON has it."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, Decimal) else value
