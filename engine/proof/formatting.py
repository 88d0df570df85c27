"""`yishi fmt`: one way of laying out a workflow file. Comments stay, and so does what stands in braces where it fits.

Two spaces a level, lists indented, one blank line at most, quotes and block texts as they were. A map or list in braces or brackets
stays so if it fits on the line and no comment stands within. Where all one-line entries of a map are such maps, and in lists of
names like `roles`, the values stand in one column; so do the comments of lines that follow each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import dropwhile, groupby, zip_longest
from typing import NamedTuple

from engine.definition.reader import Reading, read
from engine.definition.source import Document
from engine.errors import DefinitionRefused, Problem
from engine.proof.formatting_tree import BLOCK_HEAD, WIDTH, Comment, Entry, Group, Leaf, Part, comments, parts

STEP = 2
FARTHEST = 100
"""The last column to which comments are moved so that they stand in one."""


def formatted(source: str | bytes, file: str = "workflow.yaml") -> str:
    """Lay out the text of a file.

    Raises DefinitionRefused for a text that is not sound YAML of the language, and for one whose meaning or comments would change.
    """
    before = sound(source, file)
    written = source.decode("utf-8") if isinstance(source, bytes) else source
    text = written.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    made = "\n".join(_documents(parts(text))) + "\n"
    after = read(made, file)
    if after.problems:
        raise left_as_it_is(file, "format.unreadable", f"laid out anew it could not be read: {after.problems[0].message}")
    for one, other in zip_longest(before.documents, after.documents):
        if one is None or other is None or repr(one.data) != repr(other.data):
            raise left_as_it_is(file, "format.meaning", "laid out anew it would mean something else", one)
    if sorted(each.text for each in comments(made)) != sorted(each.text for each in comments(text)):
        raise left_as_it_is(file, "format.comments", "a comment would be lost or joined to another")
    return made


def sound(source: str | bytes, file: str) -> Reading:
    """Read a text. Raises DefinitionRefused with what is wrong with it."""
    reading = read(source, file)
    if reading.problems:
        raise DefinitionRefused(list(reading.problems))
    return reading


def left_as_it_is(file: str, rule: str, why: str, document: Document | None = None) -> DefinitionRefused:
    """Say why a file is left as it is."""
    line = document.values[()].line if document is not None else 1
    return DefinitionRefused([Problem(file, line, 1, rule, f"left as it is: {why}")])


def width(text: str) -> int:
    """Give the columns that a text takes: two for each wide character, none for a combining one."""
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


# --- lines ----------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A line of the output; ``comment`` follows the text. ``keeps_blanks``: the blank lines after it are part of a block text."""

    text: str
    comment: str = ""
    keeps_blanks: bool = False


BLANK = Line("")

NAMES = frozenset({"roles", "options", "verdicts", "methods", "scale", "values"})
"""Keys below which designers name things, each on a line, by a text or a map."""


class Laid(NamedTuple):
    """An entry laid out: what stands above it, not yet indented, and its own lines."""

    above: list[str]
    lines: list[Line]


def _documents(found: list[Part]) -> Iterator[str]:
    for number, part in enumerate(found):
        lines = [*_root(part.root), *_indented(_told(part.footer), 0)]
        if number:
            lines = [Line("---", _joined(part.beside)), *_from_first(lines)]
        else:
            lines = list(_from_first([*_indented(_told(part.beside), 0), *lines]))
        yield from _with_comments(_without_added_blanks(lines))


def _from_first(lines: Iterable[Line]) -> Iterator[Line]:
    return dropwhile(lambda line: line == BLANK, lines)


def _without_added_blanks(lines: Iterable[Line]) -> Iterator[Line]:
    """Leave out blank lines that a block text would take for its own."""
    latest = Line("")
    for line in lines:
        if line != BLANK or not latest.keeps_blanks:
            yield line
            latest = line


def _with_comments(lines: Iterable[Line]) -> Iterator[str]:
    """Write the lines. Comments of lines that follow each other on one level stand in one column, unless that is far to the right."""
    for (commented, _), run in groupby(lines, key=lambda line: (bool(line.comment), bool(line.comment) and _level(line.text))):
        run_lines = list(run)
        column = max(width(line.text) for line in run_lines) + 2 if commented else 0
        for line in run_lines:
            gap = column - width(line.text) if column <= FARTHEST else 2
            yield f"{line.text}{' ' * gap}{line.comment}" if commented else line.text


def _level(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _told(found: Iterable[Comment]) -> Iterator[str]:
    for comment in found:
        if comment.after_blank:
            yield ""
        yield comment.text


def _indented(texts: Iterable[str], indent: int) -> Iterator[Line]:
    return (Line(" " * indent + text) if text else BLANK for text in texts)


def _joined(found: list[Comment]) -> str:
    return "  ".join(each.text for each in found)


# --- entries --------------------------------------------------------------------------------------------------------


def _root(root: Entry) -> Iterator[Line]:
    yield from _indented(_told(root.before), 0)
    value = root.value
    if isinstance(value, Leaf):
        yield from _leaf_lines(value, "", 0, _joined(root.beside))
    elif _fits(value, 0):
        yield Line(value.flat or "", _joined(root.beside))
    else:
        yield from _indented(_told(root.beside), 0)
        if value.anchor:
            yield Line(f"&{value.anchor}")
        yield from _entries(value, 0, "")


def _entries(group: Group, indent: int, name: str) -> Iterator[Line]:
    """Write the entries of a group that stands below a name, one under the other."""
    for above, lines in _laid(group, indent, name):
        yield from _indented(above, indent)
        yield from lines
    yield from _indented(_told(group.footer), indent)


def _laid(group: Group, indent: int, name: str) -> list[Laid]:
    pads = _pads(group, indent, name)
    return [_entry(entry, indent, pads.get(number, 0), name) for number, entry in enumerate(group.entries)]


def _entry(entry: Entry, indent: int, pad: int, outer: str) -> Laid:
    """Lay out one entry. On its line there is room for one comment; if there are more, the others stand above it."""
    above = [*_told(entry.before), *([""] if entry.after_blank else [])]
    label, value, beside = " " * indent + _label(entry), entry.value, entry.beside
    if isinstance(value, Leaf):
        above += _texts(beside[:-1])
        if value.is_one_line:
            return Laid(above, [Line(f"{label}{' ' * pad} {value.text}" if value.text else label, _joined(beside[-1:]))])
        return Laid(above, list(_leaf_lines(value, label + " ", indent, _joined(beside[-1:]))))
    if _fits(value, width(label) + 1):
        above += _texts([*beside[:-1], *value.footer])
        return Laid(above, [Line(f"{label}{' ' * pad} {value.flat or ''}", _joined(beside[-1:]))])
    if entry.key is None and value.anchor is None:
        return _compact([*above, *_texts(beside)], value, indent)
    head = Line(f"{label} &{value.anchor}" if value.anchor else label, _joined(beside[:1]))
    name = "options" if outer == "lists" else entry.key.text if entry.key is not None else ""
    return Laid([*above, *_texts(beside[1:])], [head, *_entries(value, indent + STEP, name)])


def _compact(above: list[str], value: Group, indent: int) -> Laid:
    """Lay out an entry of a list that is itself a group: its first line follows the dash, what stands above that goes above the dash."""
    (first_above, first_lines), *others = _laid(value, indent + STEP, "")
    dash = first_lines[0]._replace(text=" " * indent + "- " + first_lines[0].text[indent + STEP :])
    lines = [dash, *first_lines[1:]]
    for more_above, more in others:
        lines += [*_indented(more_above, indent + STEP), *more]
    lines += _indented(_told(value.footer), indent + STEP)
    return Laid([*above, *filter(None, first_above)], lines)


def _texts(found: list[Comment]) -> list[str]:
    return [each.text for each in found]


def _label(entry: Entry) -> str:
    return "-" if entry.key is None else f"{entry.key.text}:"


def _leaf_lines(value: Leaf, before: str, indent: int, beside: str) -> Iterator[Line]:
    """Write a value of several lines behind what stands before it."""
    first, *rest = value.text.split("\n")
    if not value.is_block:
        inner = [" " * (indent + STEP) + line.strip(" \t") if line.strip() else "" for line in rest]
        *lines, last = [before + first.rstrip(), *inner]
        yield from map(Line, lines)
        yield Line(last, beside)
        return
    found = BLOCK_HEAD.match(first)
    assert found is not None
    head = found["anchor"] + re.sub("[0-9]", str(STEP), found["signs"])
    yield Line(before + head, "  ".join(filter(None, (first[found.end() :].strip(), beside))))
    for line in rest:
        own = line[value.indent :]
        yield Line(" " * (indent + STEP) + own if own else "", keeps_blanks="+" in head)


# --- tables ---------------------------------------------------------------------------------------------------------


def _pads(group: Group, indent: int, name: str) -> dict[int, int]:
    """Say how far the values of a table's rows are moved to stand in one column. Unless it lists names, only maps stand on its lines."""
    rows = [_is_row(entry, indent) for entry in group.entries]
    if not group.is_map or (None in rows and name not in NAMES):
        return {}
    return {
        number: pad for run in _runs(group, [row is not False for row in rows]) for number, pad in _run_pads(group, run, indent).items()
    }


def _is_row(entry: Entry, indent: int) -> bool | None:
    """Say whether an entry is a map on one line; None for any other value on one line."""
    value = entry.value
    if isinstance(value, Leaf):
        return None if value.is_one_line else False
    if not _fits(value, indent + width(_label(entry)) + 1):
        return False
    return True if value.is_map else None


def _runs(group: Group, rows: list[bool]) -> Iterator[list[int]]:
    """Give the rows that follow each other without a blank line."""
    run: list[int] = []
    for number, entry in enumerate(group.entries):
        apart = entry.after_blank or any(each.after_blank for each in entry.before)
        if run and (apart or not rows[number]):
            yield run
            run = []
        if rows[number]:
            run.append(number)
    yield run


def _run_pads(group: Group, run: list[int], indent: int) -> dict[int, int]:
    longest = max((width(_label(group.entries[number])) for number in run), default=0)
    pads = {number: longest - width(_label(group.entries[number])) for number in run}
    fits = all(_fits(value, indent + longest + 1) for number in run if isinstance(value := group.entries[number].value, Group))
    return pads if fits else {}


def _fits(group: Group, column: int) -> bool:
    """Say whether a group stays on the line that it begins on at a column."""
    return group.flat is not None and (not group.entries or column + width(group.flat) <= WIDTH)
