"""The template of a document, checked: every name in it means something of the case, so that filling it in can only look values up.

A template holds no expression. What stands between braces is a name from the tables below, and what it stands for is never read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType
from engine.definition.model.shapes import OWN_LANGUAGE
from engine.definition.model.templates import LINES, TemplatePart
from engine.definition.source import Path

OF_CASE = ("number", "subject", "title", "opened_on", "opened_by", "ended_on", "outcome", "where", "owner")
OF_ACT = ("on", "at", "by", "role", "reason")
ROOTS = ("data", "each", "case", "acts", "deadlines", "today")

BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Name:
    """What stands for a value. ``of``: one of `ROOTS`; ``path``: the rest, item by item; ``item``: of which kind the value is."""

    of: str
    path: tuple[str, ...] = ()
    item: DataItem | None = None


Words = tuple[str | Name, ...]
"""A text in pieces: what is written as it is, and what stands for a value."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``texts``: by language; ``over``: the list it is about; ``names``: of `facts`.

    ``chosen``: the columns of a table, the acts, or one group or link; ``told``: columns of its cases.
    """

    kind: str
    texts: Mapping[str, Words] = field(default_factory=dict)
    over: Name | None = None
    names: tuple[Name, ...] = ()
    chosen: tuple[str, ...] = ()
    told: tuple[DataItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a template may name beside acts: data, deadlines, groups of parties, links and groups of children with what those tell."""

    items: Mapping[str, DataItem]
    deadlines: Mapping[str, str]
    parties: Iterable[str]
    cases: Mapping[str, tuple[DataItem, ...]]


class Templates:
    """Checks the templates of one workflow. What means nothing is reported, never raised."""

    def __init__(self, work: Compilation, known: Known) -> None:
        self.work, self.known = work, known

    def parts(self, written: Iterable[TemplatePart], path: Path) -> tuple[Part, ...]:
        """Give the parts in their order."""
        return tuple(self._part(part, (*path, number)) for number, part in enumerate(written))

    def _part(self, part: TemplatePart, path: Path) -> Part:
        kind = part.kind
        if kind in LINES:
            over = self._list(part.each, (*path, "each"))
            texts = getattr(part, kind)
            own = self.work.languages[0]
            pieces = {language or own: self._words(text, over, (*path, kind, language)) for language, text in texts.items()}
            return Part(kind, pieces, over=over)
        if part.facts is not None:
            names = (self._name(written, None, (*path, kind, number)) for number, written in enumerate(part.facts))
            return Part(kind, names=tuple(name for name in names if name is not None))
        if part.table is not None:
            return self._table(part.table, part.columns, path)
        if part.acts is not None:
            return Part(kind, chosen=tuple(self._act(name, (*path, kind, number)) for number, name in enumerate(part.acts)))
        if part.parties is not None:
            self._check("group of parties", "name.unknown_parties", part.parties, self.known.parties, (*path, kind))
            return Part(kind, chosen=(part.parties,))
        assert part.cases is not None
        return self._cases(part.cases, part.columns or (), path)

    def _cases(self, written: str, columns: tuple[str, ...], path: Path) -> Part:
        self._check("link or group of children", "name.unknown_link", written, self.known.cases, (*path, "cases"))
        told = {item.id: item for item in self.known.cases.get(written, ())}
        for number, column in enumerate(columns if written in self.known.cases else ()):
            self._check(f"item in the `read` of `{written}`", "name.unknown_item", column, told, (*path, "columns", number))
        return Part("cases", chosen=(written,), told=tuple(told[column] for column in columns if column in told))

    def _check(self, what: str, rule: str, name: str, known: Iterable[str], path: Path) -> None:
        if name not in known:
            self.work.unknown(what, rule, name, known, path)

    def _table(self, written: str, columns: tuple[str, ...] | None, path: Path) -> Part:
        over = self._list(written, (*path, "table"))
        entry = over.item.type.element if over is not None and over.item is not None else None
        if entry is not None and not entry.fields:
            self.work.report("model.value", f"expected `table` to be a list of records, got a list of {entry}", (*path, "table"))
        known = [each.id for each in entry.fields] if entry is not None else []
        for number, column in enumerate(columns or ()):
            if entry is not None:
                self._check(f"field in `{written}`", "name.unknown_item", column, known, (*path, "columns", number))
        return Part("table", over=over, chosen=columns or tuple(known))

    # --- names ------------------------------------------------------------------------------------------------------

    def _words(self, text: str, over: Name | None, path: Path) -> Words:
        return tuple(self._pieces(text, over, path if path[-1] != OWN_LANGUAGE else path[:-1]))

    def _pieces(self, text: str, over: Name | None, path: Path) -> Iterator[str | Name]:
        done = 0
        for found in BRACES.finditer(text):
            if found.start() > done:
                yield text[done : found.start()]
            done = found.end()
            if found[1] is None:
                message = f"expected a name between two braces, like {{data.topic}}, got a single {found[0]}"
                self.work.report("model.value", message, path, column=found.start() + 1)
                continue
            name = self._name(found[1].strip(), over, path, found.start(1) + 1)
            if name is None:
                continue
            if name.item is not None and _is_table(name.item.type):
                message = f"`{found[1].strip()}` is a list of records and no single value: write it as `table`, or with `each`"
                self.work.report("model.value", message, path, column=found.start(1) + 1)
            yield name
        if done < len(text):
            yield text[done:]

    def _name(self, written: str, over: Name | None, path: Path, column: int = 0) -> Name | None:
        """Find what a name means; None, with a problem, if that is nothing. ``over``: the list whose entry `each` is."""
        of, *rest = written.split(".")
        match of:
            case "today" if not rest:
                return Name(of)
            case "data" if rest:
                return self._item(of, rest, self.known.items, path, column)
            case "each" if over is not None and over.item is not None:
                entry = over.item.type.element or over.item.type
                if not rest:
                    return Name(of, (), DataItem("each", over.item.title, entry))
                return self._item(of, rest, {item.id: item for item in entry.struct_fields}, path, column)
            case "case" if rest:
                return self._one_of("fact of a case", "name.unknown_item", ".".join(rest), OF_CASE, of, path, column)
            case "acts" if len(rest) > 1:
                act = self._act(".".join(rest[:-1]), path, column)
                known = self._one_of("fact of an act", "name.unknown_item", rest[-1], OF_ACT, of, path, column)
                return None if known is None else Name(of, (act, rest[-1]))
            case "deadlines" if rest:
                found = self._one_of("deadline", "name.unknown_deadline", ".".join(rest), self.known.deadlines, of, path, column)
                return None if found is None else Name(of, (self.known.deadlines[found.path[0]],))
        roots = [root for root in ROOTS if root != "each" or over is not None]
        guess = self.work.nearest(of, roots) or f"; a template may name {', '.join(roots)}, and beside `each: data.LIST` also each"
        self.work.report("name.unknown_item", f"`{written}` means nothing in a template{guess}", path, column=column)
        return None

    def _item(self, of: str, rest: list[str], items: Mapping[str, DataItem], path: Path, column: int) -> Name | None:
        item: DataItem | None = None
        for step in rest:
            if step not in items:
                what = "data item" if item is None and of == "data" else "field"
                self.work.report("name.unknown_item", f"there is no {what} `{step}`{self.work.nearest(step, items)}", path, column=column)
                return None
            item = items[step]
            items = {each.id: each for each in item.type.struct_fields}
        return Name(of, tuple(rest), item)

    def _one_of(self, what: str, rule: str, name: str, known: Iterable[str], of: str, path: Path, column: int) -> Name | None:
        if name in known:
            return Name(of, (name,))
        self.work.report(rule, f"there is no {what} `{name}`{self.work.nearest(name, known)}", path, column=column)
        return None

    def _act(self, name: str, path: Path, column: int = 0) -> str:
        known = dict.fromkeys(act.name for act in self.work.acts.acts)
        self._one_of("act", "name.unknown_act", name, known, "acts", path, column)
        return name

    def _list(self, written: str | None, path: Path) -> Name | None:
        if written is None:
            return None
        name = self._name(written, None, path)
        if name is None:
            return None
        if name.item is None or name.item.type.element is None:
            self.work.report("model.value", f"expected `{path[-1]}` to be a list of the data, got `{written}`", path)
            return None
        return name


def _is_table(kind: DataType) -> bool:
    return kind.element is not None and bool(kind.element.fields)
