"""The one place that pictures come from: laid out once for a definition and a language, then drawn as often as asked for."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import orjson

from engine.definition.process import ProcessDefinition
from engine.proof.diagram.building import build
from engine.proof.diagram.chart import Chart
from engine.proof.diagram.drawing import draw
from engine.proof.diagram.elk import Graph, lay_out
from engine.proof.diagram.folding import fold
from engine.proof.diagram.geometry import Laid
from engine.proof.diagram.layout import graph_of, read
from engine.proof.diagram.overlay import NOTHING, Overlay, annotated

KEPT = 64
"""Laid-out pictures kept in memory, about 100 kB each."""


class Pictures:
    """Draws definitions. Safe to share between threads; one picture is laid out at a time.

    ``assets``: the folder with the package.json below which elkjs is installed. ``folder``: where layouts are kept between runs, if at
    all.
    """

    def __init__(self, assets: Path, folder: Path | None = None) -> None:
        self._assets, self._folder = assets, folder
        self._kept: OrderedDict[tuple[str, str], tuple[Chart, Laid]] = OrderedDict()
        self._lock = threading.Lock()

    def svg(self, definition: ProcessDefinition, language: str, overlay: Overlay = NOTHING) -> str:
        """Draw a definition as SVG. Blocks the first time. Raises DrawingUnavailable where elkjs is not installed, LayoutFailed."""
        if overlay.adds_text:
            chart = annotated(build(definition, language), overlay)
            with self._lock:
                return draw(chart, self._laid(chart, definition, keep=False), overlay)
        return draw(*self._laid_once(definition, language), overlay)

    def _laid_once(self, definition: ProcessDefinition, language: str) -> tuple[Chart, Laid]:
        key = definition.digest, language
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                chart = build(definition, language)
                found = self._kept[key] = chart, self._laid(chart, definition, keep=True)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _laid(self, chart: Chart, definition: ProcessDefinition, *, keep: bool) -> Laid:
        graph = graph_of(chart)
        # Named after what was laid out, so that a picture drawn otherwise by a later release is laid out anew.
        asked = hashlib.sha256(orjson.dumps(graph)).hexdigest()[:16]
        path = self._folder / f"{definition.digest[:16]}-{chart.language}-{asked}.json" if self._folder and keep else None
        answer = _stored(path)
        if answer is None:
            (answer,) = lay_out(self._assets, graph)
            _store(path, answer)
        return fold(read(answer, chart), chart)


def _stored(path: Path | None) -> Graph | None:
    """Read a layout that was kept; one that is not whole is none."""
    if path is None:
        return None
    with suppress(OSError):
        digest, _, content = path.read_bytes().partition(b"\n")
        if digest == _digest(content):
            found: Graph = orjson.loads(content)
            return found
    return None


def _store(path: Path | None, answer: Graph) -> None:
    """Keep a layout, behind its digest; where that cannot be done it is made again the next time."""
    if path is None:
        return
    content = orjson.dumps(answer)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_bytes(_digest(content) + b"\n" + content)
        fresh.replace(path)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
