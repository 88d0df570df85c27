"""The same chart as text for Mermaid, for documents and forges that draw it themselves. Needs nothing installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.proof.diagram.chart import Arrow, Box, Chart, Line, Shape, Tone
from engine.proof.diagram.words import say

_UNSAFE = re.compile(r"[\"#;:<>{}\[\]|`\\&%*]|--")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_]")
_RESERVED = frozenset({"state", "note", "end", "direction", "class", "style", "click", "default", "as"})


def mermaid(chart: Chart) -> str:
    """Write a chart as a state diagram of Mermaid."""
    return "\n".join(_Writing(chart).lines()) + "\n"


class _Writing:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.names: dict[str, str] = {}
        for box in chart.walk():
            self.names[box.id] = self.name(box)
        inner = {arrow.id for arrow in chart.arrows if arrow.source.startswith("start:")}
        self.inner = {arrow.source: arrow for arrow in chart.arrows if arrow.id in inner}
        self.outer = [arrow for arrow in chart.arrows if arrow.id not in inner]

    def name(self, box: Box) -> str:
        """Give a name that Mermaid takes and no other box has."""
        plain = _NOT_A_NAME.sub("_", box.state or box.id)
        found = f"{plain}_" if plain in _RESERVED else plain
        while found in self.names.values():
            found += "_"
        return found

    def lines(self) -> Iterator[str]:
        yield from ("---", f'title: "{escaped(self.chart.title)}"', "---", "stateDiagram-v2")
        for box in self.chart.boxes:
            yield from self.box(box, "  ")
        for arrow in self.outer:
            yield f"  {self.arrow(arrow)}"
        for box in self.chart.boxes:
            if box.shape is Shape.FINAL:
                yield f"  {self.names[box.id]} --> [*]"
        if self.chart.notes:
            name = self.name(Box("notes", Shape.STATE))
            yield f'  state "{say("notes", self.chart.language)}" as {name}'
            for number, text in enumerate(self.chart.notes, 1):
                yield f"  {name} : {escaped(say('note_text', self.chart.language, number=number, text=text))}"

    def box(self, box: Box, indent: str) -> Iterator[str]:
        name = self.names[box.id]
        title, rest = texts(box.lines)
        match box.shape:
            case Shape.START:
                if box.id in self.inner:
                    yield f"{indent}[*] --> {self.names[self.inner[box.id].target]}"
            case Shape.CHOICE:
                yield f"{indent}state {name} <<choice>>"
            case Shape.COMPOUND | Shape.PARALLEL | Shape.REGION if box.children:
                yield f'{indent}state "{escaped(" · ".join([title, *rest]))}" as {name} {{'
                for number, child in enumerate(box.children):
                    if number and box.shape is Shape.PARALLEL:
                        yield f"{indent}  --"
                    yield from self.box(child, f"{indent}  ")
                yield f"{indent}}}"
            case _:
                yield f'{indent}state "{escaped(title)}" as {name}'
                yield from (f"{indent}{name} : {escaped(text)}" for text in rest)

    def arrow(self, arrow: Arrow) -> str:
        source = "[*]" if arrow.source == "start" else self.names[arrow.source]
        said = " / ".join(paragraphs(arrow.lines))
        return f"{source} --> {self.names[arrow.target]}" + (f" : {escaped(said)}" if said else "")


def texts(lines: tuple[Line, ...]) -> tuple[str, list[str]]:
    """Give the title of a box, and what else is written in it."""
    titles = [line.text for line in lines if line.tone is Tone.TITLE]
    rest = paragraphs(tuple(line for line in lines if line.tone is not Tone.TITLE))
    return (joined(titles), rest) if titles else (" ".join(rest), [])


def paragraphs(lines: tuple[Line, ...]) -> list[str]:
    """Put broken lines together again."""
    found: list[list[str]] = []
    for line in lines:
        if line.first:
            found.append([])
        found[-1].append(line.text)
    return [joined(each) for each in found]


def joined(lines: list[str]) -> str:
    """Join lines, with a blank where words meet."""
    said = ""
    for line in lines:
        blank = " " if said and said[-1].isascii() and line[:1].isascii() else ""
        said += blank + line
    return said


def escaped(text: str) -> str:
    """Write what has a meaning in Mermaid as the number of its character."""
    return _UNSAFE.sub(lambda found: "".join(f"#{ord(char)};" for char in found[0]), text)
