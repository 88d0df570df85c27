"""Texts that stand beside a workflow: ``NAME.LANGUAGE.yaml``, a map of paths and texts, laid into the workflow before it is compiled.

A label is a part of the version it belongs to, so what was laid in becomes a part of its text as well: a document that begins with
``texts: LANGUAGE``, with the paths of one workflow. Such documents may also stand in the file itself, after the workflow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from engine.definition.model import Workflow
from engine.definition.model.shapes import LANGUAGE, Shape, TextMap, shown
from engine.definition.reader import MAX_BYTES, Reading, read
from engine.definition.source import Document, Path
from engine.definition.workflow_files import texts_beside
from engine.errors import MOST_TOLD, Problem, did_you_mean

TEXTS = "texts"
PARTED = "---\n"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language in one document. ``head`` is the key that is none of the paths."""

    language: str
    document: Document
    head: str | None = None

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Give the texts by their paths."""
        return ((path, text) for path, text in self.document.data.items() if path != self.head)


def is_texts(document: Document) -> bool:
    """Say whether a document holds texts and is no workflow."""
    return isinstance(document.data, dict) and next(iter(document.data), None) == TEXTS


def with_texts(path: FilePath, content: bytes) -> bytes:
    """Give a file together with the texts beside it, as one text that can go where there is no folder."""
    parts = [content]
    for language, beside in texts_beside(path).items():
        with beside.open("rb") as stream:
            parts.append(f"{PARTED}{TEXTS}: {language}\n".encode() + stream.read(MAX_BYTES + 1))
    return b"\n".join(parts) if len(parts) > 1 else content


def read_beside(path: FilePath) -> tuple[list[Texts], list[Problem]]:
    """Read the texts beside a file. What cannot be read is told."""
    found: list[Texts] = []
    problems: list[Problem] = []
    for language, beside in texts_beside(path).items():
        reading: Reading = read(beside, str(beside))
        problems += reading.problems
        for document in reading.documents:
            if isinstance(document.data, dict):
                found.append(Texts(language, document))
            else:
                problems.append(document.problem("text.form", "expected a map of paths and texts, like `states.open.title: Open`", ()))
    return found, problems


def read_within(documents: Iterable[Document]) -> tuple[list[Texts], list[Problem]]:
    """Read the texts that stand in the file itself."""
    found: list[Texts] = []
    problems: list[Problem] = []
    for document in documents:
        language = document.data[TEXTS]
        if isinstance(language, str) and LANGUAGE.fullmatch(language):
            found.append(Texts(language, document, TEXTS))
        else:
            problems.append(
                document.problem("text.form", f"expected `{TEXTS}` to be a language tag like 'en', got {shown(language)}", (TEXTS,))
            )
    return found, problems


Written = Callable[[Document], tuple[Shape | None, tuple[Problem, ...]]]


def laid_in(documents: Iterable[Document], texts: list[Texts], written: Written) -> tuple[list[Document], list[Problem]]:
    """Lay texts into the documents of a file. ``written`` reads the shape of one, which knows where there may be a text.

    In a file with several workflows a path begins with the name of its own.
    """
    known = [*documents]
    if not texts:
        return known, []
    laid = [_Laid(document, written(document)[0]) for document in known]
    places = {name: (each, path) for each in laid for name, path in each.names(alone=len(known) == 1)}
    problems: list[Problem] = []
    for each in texts:
        for written_as, text in each.entries():
            place = places.get(written_as)
            reason = _unknown(written_as, places, len(problems)) if place is None else place[0].lay(each.language, place[1], text)
            if reason is not None:
                problems.append(each.document.problem(reason[0], reason[1], (written_as,), at_key=place is None))
    return [each.whole() for each in laid], problems


def _unknown(path: str, places: Mapping[str, object], told: int) -> tuple[str, str]:
    near = did_you_mean(path, places) if told < MOST_TOLD else ""
    return "text.unknown_path", f"there is no text at `{path}`{near}; a text in the first language stands in the workflow itself"


class _Laid:
    """One document, and what was laid into it."""

    def __init__(self, document: Document, shape: Shape | None) -> None:
        self.document, self.shape = document, shape
        self.data: Any = None
        self.by_language: dict[str, dict[str, str]] = {}

    def names(self, *, alone: bool) -> Iterator[tuple[str, Path]]:
        """Give the names of all places of texts: in full, and as they stand where a shorthand has fewer steps. ``alone``: in its file."""
        if not isinstance(self.shape, Workflow):
            return
        for _, path in texts_of(self.shape):
            place = self.document.resolve(path)
            for name in dict.fromkeys((dotted(path), dotted(place))):
                yield f"{self.shape.workflow}.{name}", place
                if alone:
                    yield name, place

    def lay(self, language: str, path: Path, text: Any) -> tuple[str, str] | None:
        """Lay one text in; give a rule and a message where it cannot be."""
        languages = self.shape.language if isinstance(self.shape, Workflow) else ()
        if language not in languages:
            return "text.unknown_language", f"`language` has {', '.join(languages)} and not {language!r}{did_you_mean(language, languages)}"
        if not isinstance(text, str) or not text.strip():
            return "text.form", f"expected a text, in quotes if it looks like a number, got {shown(text)}"
        if self.data is None:
            self.data = deepcopy(self.document.data)
        holder: Any = self.data
        for step in path[:-1]:
            holder = holder[step]
        here = holder[path[-1]]
        inline = {languages[0]: here} if isinstance(here, str) else here
        if language in inline:
            return "text.twice", f"this text stands in {language!r} already; keep one of both"
        holder[path[-1]] = {**inline, language: text}
        self.by_language.setdefault(language, {})[dotted(path)] = text
        return None

    def whole(self) -> Document:
        """Give the document with what was laid in, as data and as text."""
        if self.data is None:
            return self.document
        more = (f"{PARTED}{TEXTS}: {language}\n{_lines(texts)}" for language, texts in sorted(self.by_language.items()))
        return replace(self.document, data=self.data, text=self.document.text + "".join(more))


def _lines(texts: Mapping[str, str]) -> str:
    return "".join(f"{json.dumps(path)}: {json.dumps(text, ensure_ascii=False)}\n" for path, text in sorted(texts.items()))


def dotted(path: Path) -> str:
    """Write a path as texts are named by it."""
    return ".".join(map(str, path))


def texts_of(value: Any, path: Path = ()) -> Iterator[tuple[TextMap, Path]]:
    """Give every text below a shape, with its place."""
    if isinstance(value, TextMap):
        yield value, path
    elif isinstance(value, Shape):
        for name, field in type(value).model_fields.items():
            yield from texts_of(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_of(inner, (*path, key))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from texts_of(inner, (*path, number))
