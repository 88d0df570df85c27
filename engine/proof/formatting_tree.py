"""A YAML file as it was written: the tree of its values, each as its own text, and every comment beside what it is about.

ruamel.yaml, which keeps comments in block style, drops those within braces and brackets and at times a brace with them; so the
tokens of the parser that reads workflows are used, and what lies between two of them is a comment or nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.tokens import BlockEntryToken

WIDTH = 140
"""Columns of a line that stays on one."""

BLOCK_HEAD = re.compile(r"(?P<anchor>(?:&\S+\s+)?)(?P<signs>[|>][-+0-9]*)")
"""How a literal or folded block begins."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its ``#``. ``alone``: nothing but an indicator stands before it on its line."""

    text: str
    index: int
    column: int
    alone: bool
    after_blank: bool


@dataclass(slots=True)
class Leaf:
    """A single value, or an alias, as it was written: quotes, anchor and all. ``indent``: that of a block scalar's text in the file."""

    text: str
    indent: int = 0

    @property
    def is_block(self) -> bool:
        """Say whether it is a literal or folded block."""
        return self.indent > 0

    @property
    def is_one_line(self) -> bool:
        """Say whether it stands on one line."""
        return "\n" not in self.text and not self.is_block


@dataclass(slots=True)
class Group:
    """A map or a list. ``footer``: comments after its last entry. ``flat``: the whole on one line, None where that cannot be."""

    is_map: bool
    flow: bool
    anchor: str | None
    entries: list[Entry] = field(default_factory=list)
    footer: list[Comment] = field(default_factory=list)
    flat: str | None = None


@dataclass(slots=True)
class Entry:
    """An entry of a group, or a whole document. ``before``: comments above it; ``beside``: those on its line."""

    key: Leaf | None = None
    value: Leaf | Group = field(default_factory=lambda: Leaf(""))
    before: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)
    after_blank: bool = False


@dataclass(slots=True)
class Part:
    """One document of a file. ``beside``: the comment on the line of its dashes."""

    root: Entry
    beside: list[Comment] = field(default_factory=list)
    footer: list[Comment] = field(default_factory=list)


def flattened(group: Group) -> str | None:
    """Write a group in braces on one line; None for one that is longer, or has comments or values of several lines within."""
    anchor = f"&{group.anchor} " if group.anchor else ""
    begin, end = "{}" if group.is_map else "[]"
    if group.entries and (not group.flow or group.footer):
        return None
    written: list[str] = []
    length = 0
    for entry in group.entries:
        text = _flat_entry(entry)
        if text is None or length > WIDTH:
            return None
        written.append(text)
        length += len(text) + 2
    return f"{anchor}{begin}{', '.join(written)}{end}"


def _flat_entry(entry: Entry) -> str | None:
    if entry.before or entry.beside:
        return None
    value = entry.value
    text = value.flat if isinstance(value, Group) else value.text if value.is_one_line else None
    if text is None or entry.key is None:
        return text
    return f"{entry.key.text}: {text}" if text else entry.key.text


def parts(text: str) -> list[Part]:
    """Read the documents of a text that is known to be sound."""
    return _Reader(text).parts()


def comments(text: str) -> list[Comment]:
    """Find the comments of a text, but for those in the first line of a block scalar, which belong to it."""
    return scanned(text)[0]


def scanned(text: str) -> tuple[list[Comment], list[int]]:
    """Find the comments of a text, and where its dashes stand."""
    found: list[Comment] = []
    dashes: list[int] = []
    end = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        begin = token.start_mark.index
        found += _between(text, end, begin)
        end = max(end, token.end_mark.index)
        if isinstance(token, BlockEntryToken):
            dashes.append(begin)
    return [*found, *_between(text, end, len(text))], dashes


def _between(text: str, begin: int, end: int) -> Iterator[Comment]:
    while (at := text.find("#", begin, end)) >= 0:
        begin = text.find("\n", at)
        begin = len(text) if begin < 0 else begin
        line = text.rfind("\n", 0, at) + 1
        yield Comment(text[at:begin].rstrip(), at, at - line, not text[line:at].strip(" \t-?"), _after_blank(text, line))


def _after_blank(text: str, line: int) -> bool:
    """Say whether the line before the one that begins here is blank."""
    above = text.rfind("\n", 0, max(line - 1, 0)) + 1
    return line > 0 and not text[above : line - 1].strip()


class _Reader:
    """Puts events and comments together, in the order in which they stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        found, self.dashes = scanned(text)
        self.comments = deque(found)
        self.waiting: list[Comment] = []
        self.latest: Entry | None = None

    def parts(self) -> list[Part]:
        found: list[Part] = []
        while not _is(event := self.next(), StreamEndEvent):
            if _is(event, DocumentStartEvent):
                found.append(self.part(event))
            elif not _is(event, StreamStartEvent) and not _is(event, DocumentEndEvent):
                raise AssertionError(event)
        if found:
            found[-1].footer += self.claimed()
        return found

    def next(self) -> Any:
        event = next(self.events)
        while self.comments and self.comments[0].index < event.start_mark.index:
            comment = self.comments.popleft()
            if comment.alone or self.latest is None:
                self.waiting.append(comment)
            else:
                self.latest.beside.append(comment)
        return event

    def claimed(self) -> list[Comment]:
        found, self.waiting = self.waiting, []
        return found

    def part(self, start: Any) -> Part:
        above = self.claimed()
        self.latest = None
        root = Entry()
        first = self.next()
        line_end = self.text.find("\n", start.end_mark.index)
        beside = [each for each in self.waiting if start.explicit and each.index < line_end] if line_end >= 0 else []
        self.waiting = [each for each in self.waiting if each not in beside]
        self.latest = root
        if not (_is(first, MappingStartEvent) or _is(first, SequenceStartEvent)):
            root.before = self.claimed()
        root.value = self.value(first, root, -1)
        made = Part(root, beside)
        self.waiting, root.before = [], [*above, *root.before]
        return made

    def value(self, event: Any, owner: Entry, outer: int) -> Leaf | Group:
        self.latest = owner
        if _is(event, MappingStartEvent) or _is(event, SequenceStartEvent):
            return self.group(event, owner, outer)
        text = self.text[event.start_mark.index : event.end_mark.index]
        if _is(event, AliasEvent) or event.style not in ("|", ">"):
            return Leaf(text.rstrip())
        return self.block_scalar(text, outer)

    def block_scalar(self, text: str, outer: int) -> Leaf:
        head, _, body = text.partition("\n")
        found = BLOCK_HEAD.match(head)
        signs = found["signs"] if found else ""
        given = [int(sign) for sign in signs if sign.isdigit()]
        first = next((line for line in body.split("\n") if line.strip()), "")
        indent = max(outer, 0) + given[0] if given else len(first) - len(first.lstrip(" "))
        return Leaf(text.removesuffix("\n") if "+" in signs else text.rstrip(), indent or 1)

    def group(self, start: Any, owner: Entry, outer: int) -> Group:
        made = Group(_is(start, MappingStartEvent), bool(start.flow_style), start.anchor)
        column = outer
        while not (_is(event := self.next(), MappingEndEvent) or _is(event, SequenceEndEvent)):
            begin = self.begin(event, made)
            line = self.text.rfind("\n", 0, begin) + 1
            column = begin - line if not made.entries else column
            self.add(made, event, column, after_blank=_after_blank(self.text, line))
        if made.flow:
            made.footer, self.latest = self.claimed(), owner
        else:
            mine = next((n for n, each in enumerate(self.waiting) if each.column < max(column, outer + 1)), len(self.waiting))
            made.footer, self.waiting = self.waiting[:mine], self.waiting[mine:]
        made.flat = flattened(made)
        return made

    def begin(self, event: Any, group: Group) -> int:
        """Give where an entry begins: at its key, or at its dash."""
        index: int = event.start_mark.index
        return index if group.is_map or group.flow else self.dashes[bisect_left(self.dashes, index) - 1]

    def add(self, group: Group, event: Any, column: int, *, after_blank: bool) -> None:
        entry = Entry(before=self.claimed(), after_blank=after_blank)
        group.entries.append(entry)
        if group.is_map:
            entry.key = Leaf(self.text[event.start_mark.index : event.end_mark.index].rstrip())
            self.latest = entry
            event = self.next()
        entry.value = self.value(event, entry, column)


def _is(event: Any, kind: type) -> bool:
    # Not isinstance in place: the stubs of the events lack half of their attributes, and would then be believed.
    return isinstance(event, kind)
