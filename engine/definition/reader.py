"""YAML text -> documents with marks. Made for files nobody has looked at yet: it never trusts size, depth, aliases or tags.

PyYAML's C parser gives the events; the tree is built here, because its composer crashes the process on deep nesting, keeps the
last of two equal keys and follows YAML 1.1. Every limit is met on the event stream, before anything large is built.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, BinaryIO

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from engine.definition.scalars import NOWHERE, forbidden_character, resolve
from engine.definition.source import Document, Path, Place, pointer
from engine.errors import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 60
MAX_ALIASES = 20
MAX_NODES = 100_000
MAX_DOCUMENTS = 100
MAX_PROBLEMS = 100

Source = bytes | str | FilePath | BinaryIO


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. Documents with problems of their own are left out."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


class Unreadable(Exception):
    """The file cannot be read any further."""

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.column = rule, message, line, column


@dataclass(slots=True)
class Scalar:
    """A single value with its place."""

    place: Place
    value: Any
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class Sequence:
    """A list of nodes. ``size`` counts all values below with aliases expanded, ``height`` the levels."""

    place: Place
    items: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys in their order, each with its own place."""

    place: Place
    items: dict[str, tuple[Place, Node]] = field(default_factory=dict)
    size: int = 1
    height: int = 1


Node = Scalar | Sequence | Mapping


def read(source: Source, file: str) -> Reading:
    """Read all documents of a file: bytes, text, a path or a binary stream. Never raises for what the file contains.

    At most 1 MB, 100 documents, 60 levels, 20 aliases and 100,000 values (aliases expanded); UTF-8, no tags, no merge keys, no
    duplicate keys, no control characters. A larger file is refused by its size alone, without being read into memory.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    try:
        text = _text(_bytes(source))
        problems += _characters(text, file)
        if not problems:
            _Reader(text, file, documents, problems).run()
    except Unreadable as reason:
        problems.append(Problem(file=file, line=reason.line, column=reason.column, rule=reason.rule, message=reason.message))
    return Reading(tuple(documents), tuple(sorted(problems)[:MAX_PROBLEMS]))


def _bytes(source: Source) -> bytes:
    if isinstance(source, str):
        source = source.encode("utf-8", "surrogatepass")
    if isinstance(source, FilePath):
        try:
            size = source.stat().st_size
            if size > MAX_BYTES:
                raise _too_large(f"{size:,}")
            with source.open("rb") as stream:
                return _bytes(stream)
        except OSError as error:
            raise Unreadable("yaml.file", f"cannot read the file: {error.strerror or error}") from None
    content = source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _too_large(f"{len(content):,}" if isinstance(source, bytes) else f"more than {MAX_BYTES:,}")
    return content


def _too_large(size: str) -> Unreadable:
    return Unreadable("yaml.size", f"expected a file of at most {MAX_BYTES:,} bytes, got {size}; split it into one workflow a file")


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, error.start and len(before) - before.rfind("\n")
        raise Unreadable(
            "yaml.encoding", f"expected UTF-8, got the byte 0x{content[error.start]:02X}; save the file as UTF-8", line, column or 1
        ) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _characters(text: str, file: str) -> Iterable[Problem]:
    """Find what may stand nowhere in a file. Of control characters the parser would only say that there are some, not where."""
    for found in islice(NOWHERE.finditer(text), MAX_PROBLEMS):
        at = found.start()
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        yield Problem(file=file, line=line, column=column, rule="yaml.character", message=str(forbidden_character(found.group())))


class _Reader:
    """Takes the events one by one; keeps count."""

    def __init__(self, text: str, file: str, documents: list[Document], problems: list[Problem]) -> None:
        self.text, self.file = text, file
        self.documents, self.problems = documents, problems
        self.parser: Any = yaml.CSafeLoader(text)
        self.anchors: dict[str, Node | None] = {}
        self.aliases = self.nodes = 0

    def run(self) -> None:
        starts: list[int] = []
        roots: list[Node | None] = []
        root: Node | None
        while not _is(event := self.next(), StreamEndEvent):
            if not _is(event, DocumentStartEvent):
                continue
            if event.version or event.tags:
                self.report("yaml.directive", "directives are not allowed; begin with the first key", event, ())
            if len(starts) == MAX_DOCUMENTS:
                raise Unreadable("yaml.documents", f"expected at most {MAX_DOCUMENTS} documents in a file, got more", *_where(event))
            starts.append(event.start_mark.index)
            self.anchors.clear()
            before = len(self.problems)
            root = self.node(self.next(), (), 1)
            roots.append(root if len(self.problems) == before else None)
        if not roots:
            raise Unreadable("yaml.empty", "expected a workflow, got an empty file")
        for (begin, part), root in zip(_parts(self.text, starts), roots, strict=True):
            if root is not None and not (isinstance(root, Scalar) and root.value is None):
                self.documents.append(_document(self.file, part, self.text.count("\n", 0, begin) + 1, root))

    def next(self) -> Any:
        try:
            return self.parser.get_event()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
            raise Unreadable("yaml.syntax", f"{reason}; {_ADVICE}", line, column) from None

    def node(self, event: Any, path: Path, depth: int) -> Node:
        self.count(1, event)
        if depth > MAX_DEPTH:
            raise Unreadable("yaml.depth", f"expected at most {MAX_DEPTH} levels of nesting, got more", *_where(event))
        if _is(event, AliasEvent):
            return self.alias(event, depth)
        if event.tag is not None:
            self.report("yaml.tag", f"tags are not allowed, got {event.tag!r}; write a plain value", event, path)
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self.content(event, path, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def content(self, event: Any, path: Path, depth: int) -> Node:
        if _is(event, SequenceStartEvent):
            return self.sequence(event, path, depth)
        if _is(event, MappingStartEvent):
            return self.mapping(event, path, depth)
        return Scalar(_place(event, self.text), self.scalar(event, path))

    def scalar(self, event: Any, path: Path) -> Any:
        if reason := forbidden_character(event.value):
            self.report("yaml.character", reason, event, path)
        if not event.implicit[0] or event.style not in (None, ""):
            return event.value
        try:
            return resolve(event.value)
        except ValueError as error:
            self.report("yaml.number", str(error), event, path)
            return None

    def sequence(self, start: Any, path: Path, depth: int) -> Node:
        node = Sequence(_place(start, self.text))
        while not _is(event := self.next(), SequenceEndEvent):
            self.add(node, item := self.node(event, (*path, len(node.items)), depth + 1))
            node.items.append(item)
        return node

    def mapping(self, start: Any, path: Path, depth: int) -> Node:
        node = Mapping(_place(start, self.text))
        while not _is(event := self.next(), MappingEndEvent):
            key = self.key(event, path, depth)
            value = self.node(self.next(), (*path, key), depth + 1)
            self.add(node, value)
            if key in node.items:
                line = node.items[key][0].line
                self.report("yaml.duplicate_key", f"`{key}` stands here twice, first in line {line}; keep one", event, (*path, key))
            else:
                node.items[key] = (_place(event, self.text), value)
        return node

    def key(self, event: Any, path: Path, depth: int) -> str:
        if _is(event, ScalarEvent):
            self.count(1, event)
            if event.value == "<<" and event.implicit[0]:
                self.report("yaml.merge_key", "merge keys are not allowed; write the keys out", event, path)
            if event.tag is not None:
                self.report("yaml.tag", f"tags are not allowed, got {event.tag!r}; write a plain key", event, path)
            if reason := forbidden_character(event.value):
                self.report("yaml.character", reason, event, path)
            return str(event.value)
        self.node(event, path, depth + 1)
        self.report("yaml.key", "expected a key that is a word, got a list, a map or an alias", event, path)
        return ""

    def alias(self, event: Any, depth: int) -> Node:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise Unreadable("yaml.alias", f"expected at most {MAX_ALIASES} aliases in a file, got more", *_where(event))
        if event.anchor not in self.anchors:
            raise Unreadable("yaml.alias", f"alias `*{event.anchor}` has no anchor before it in this document", *_where(event))
        target = self.anchors[event.anchor]
        if target is None:
            raise Unreadable("yaml.alias", f"alias `*{event.anchor}` stands inside its own anchor", *_where(event))
        if depth + target.height - 1 > MAX_DEPTH:
            raise Unreadable("yaml.depth", f"expected at most {MAX_DEPTH} levels of nesting, got more", *_where(event))
        self.count(target.size - 1, event)
        return target

    def add(self, parent: Node, child: Node) -> None:
        parent.size += child.size
        parent.height = max(parent.height, child.height + 1)

    def count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise Unreadable("yaml.nodes", f"expected at most {MAX_NODES:,} values in a file (aliases expanded), got more", *_where(event))

    def report(self, rule: str, message: str, event: Any, path: Path) -> None:
        line, column = _where(event)
        self.problems.append(Problem(file=self.file, line=line, column=column, rule=rule, message=message, pointer=pointer(path)))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Unreadable("yaml.syntax", f"gave up after {MAX_PROBLEMS} problems", line, column)


_ADVICE = "inside { } put quotes around what holds , [ ] { } or `: `, and around what begins with a quote, !, &, *, [ or {"


def _is(event: Any, kind: type) -> bool:
    # Not isinstance in place: the stubs of the events lack half of their attributes, and would then be believed.
    return isinstance(event, kind)


def _where(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _place(event: Any, text: str) -> Place:
    """Place an event; a column within a scalar follows from the source where it stands on one line without escapes."""
    line, column = _where(event)
    if not _is(event, ScalarEvent):
        return Place(line, column)
    quoted = event.style in ("'", '"')
    raw = text[event.start_mark.index : event.end_mark.index]
    same = raw[1:-1] == event.value if quoted else raw.rstrip() == event.value
    return Place(line, column, (1 if quoted else 0) if same and event.style not in ("|", ">") else None)


def _parts(text: str, dashes: list[int]) -> Iterable[tuple[int, str]]:
    """Give where each document begins, and its own part of the text. What stands before the first dashes belongs to the first."""
    for number, (begin, end) in enumerate(zip(dashes, [*dashes, len(text)][1:], strict=True)):
        first = begin + len("---") if number else 0
        part = text[first:end].strip("\n")
        yield text.index(part, first), part + "\n"


def _document(file: str, part: str, first_line: int, root: Node) -> Document:
    values: dict[Path, Place] = {}
    keys: dict[Path, Place] = {}

    def plain(node: Node, path: Path) -> Any:
        values[path] = node.place
        if isinstance(node, Scalar):
            return node.value
        if isinstance(node, Sequence):
            return [plain(item, (*path, number)) for number, item in enumerate(node.items)]
        for key, (place, _) in node.items.items():
            keys[*path, key] = place
        return {key: plain(value, (*path, key)) for key, (_, value) in node.items.items()}

    data = plain(root, ())
    return Document(file, data, part, values, keys, first_line)
