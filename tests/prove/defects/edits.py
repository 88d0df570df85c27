"""Changes to a YAML text that leave all else as it was written: a value is replaced, an entry dropped, two values swapped.

A mutant made by dumping a tree would differ in every line; these differ in one place, which can be pointed at and read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from engine.definition.source import Path, Place

_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_. ]*")


@dataclass(frozen=True, slots=True)
class Replace:
    """Another value at a path; ``text`` is YAML."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Drop:
    """An entry of a map or list is taken out; the last one takes the map or list with it, which could not stand empty."""

    path: Path


@dataclass(frozen=True, slots=True)
class Swap:
    """Two values change places."""

    path: Path
    other: Path


Edit = Replace | Drop | Swap


def scalar(value: object) -> str:
    """Write a value so that it may stand anywhere, with quotes where it needs them."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class Text:
    """The text of a file, and where the values of one of its documents stand."""

    def __init__(self, text: str, root: yaml.Node) -> None:
        self.text = text
        self._nodes: dict[Path, yaml.Node] = {}
        self._entries: dict[Path, int] = {}  # where the entry begins: at its key or at its dash
        self._visit((), root, set())

    def _visit(self, path: Path, node: yaml.Node, above: set[int]) -> None:
        """Note every value once: what an alias stands for is found at its anchor."""
        if id(node) in above:
            return
        above.add(id(node))
        self._nodes[path] = node
        for step, begin, value in _entries(self.text, node):
            self._entries[*path, step] = begin
            self._visit((*path, step), value, above)

    def __contains__(self, path: Path) -> bool:
        return path in self._nodes

    def place(self, path: Path) -> Place:
        """Give the line and column, from 1, at which an entry begins."""
        begin = self._entries.get(path, 0)
        return Place(self.text.count("\n", 0, begin) + 1, begin - self.text.rfind("\n", 0, begin))

    def written(self, path: Path) -> str:
        """Give a value as it was written."""
        return self.text[slice(*self._span(path))]

    def apply(self, edit: Edit) -> str:
        """Give the text with one change."""
        match edit:
            case Replace(path, text):
                return self._spliced((*self._span(path), text))
            case Drop(path):
                return self._spliced((*self._entry(path), ""))
            case Swap(path, other):
                return self._spliced((*self._span(path), self.written(other)), (*self._span(other), self.written(path)))

    def _spliced(self, *changes: tuple[int, int, str]) -> str:
        text = self.text
        for begin, end, new in sorted(changes, reverse=True):
            text = text[:begin] + new + text[end:]
        return text

    def _span(self, path: Path) -> tuple[int, int]:
        node = self._nodes[path]
        return node.start_mark.index, _end(node)

    def _entry(self, path: Path) -> tuple[int, int]:
        around = path[:-1]
        parent = self._nodes[around]
        assert isinstance(parent, yaml.CollectionNode)
        steps = [step for step, _, _ in _entries(self.text, parent)]
        number = steps.index(path[-1])
        if len(steps) == 1 and around:
            return self._entry(around)
        begin = self._entries[path]
        if number + 1 < len(steps):
            return begin, self._entries[*around, steps[number + 1]]
        end = _end(self._nodes[path])
        if parent.flow_style:
            return _end(self._nodes[*around, steps[number - 1]]), end
        return self.text.rfind("\n", 0, begin) + 1, end


def texts(text: str) -> list[Text]:
    """Give the documents of a file, without those of which nothing is written."""
    roots = yaml.compose_all(text, Loader=yaml.CSafeLoader)
    return [Text(text, root) for root in roots if isinstance(root, yaml.CollectionNode)]


def _entries(text: str, node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    """Give the entries of a map or list: their step, where they begin, and their value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, key.start_mark.index, value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            begin = value.start_mark.index
            yield number, begin if node.flow_style else text.rindex("-", 0, begin), value


def _end(node: yaml.Node) -> int:
    """Give where a value ends. The parser has a block end where the next thing begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
