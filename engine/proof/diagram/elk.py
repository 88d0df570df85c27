"""Running elkjs, the layout library of Eclipse, in an engine of JavaScript that is a Python package: no Node is needed to draw.

elkjs is installed by npm into a folder that whoever draws names. Each layout has an engine of its own, which is closed at once: loading it
costs a tenth of a second, keeping it a hundred megabytes, and one that is not closed keeps the program from ending.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from engine.errors import YishiError

LIBRARY = Path("node_modules/elkjs/lib/elk-worker.min.js")
"""Below the folder of the package.json that asks for it."""

SECONDS = 60.0
MEMORY = 1 << 30

_WORKER = """
var self = globalThis, answers = [];
self.postMessage = function (message) { answers.push(message); };
var setTimeout = function (work) { work(); };
var clearTimeout = function () {};
"""
_ASK = """
self.onmessage({ data: { id: 0, cmd: 'register', algorithms: ['layered'] } });
var layOut = function (text) {
  answers.length = 0;
  self.onmessage({ data: { id: 1, cmd: 'layout', graph: JSON.parse(text), layoutOptions: {}, options: {} } });
  var answer = answers[0] || { error: { message: 'it gave no answer' } };
  // What is thrown inside holds itself: of an error only its words are passed on.
  return JSON.stringify(answer.error ? { error: String(answer.error.message || answer.error) } : { data: answer.data });
};
"""

Graph = dict[str, Any]


class DrawingUnavailable(YishiError):
    """Pictures cannot be laid out here, and what has to be done about it."""

    code = "drawing_unavailable"


class LayoutFailed(YishiError):
    """elkjs did not lay a picture out."""

    code = "layout_failed"


def lay_out(folder: Path, *graphs: Graph) -> list[Graph]:
    """Lay graphs of ELK's JSON form out with the elkjs installed below a folder. Raises DrawingUnavailable, LayoutFailed.

    Blocks for a tenth of a second and more.
    """
    source = _library(folder)
    # In a thread of its own: the engine would take an event loop that it finds running for its own, and wait for itself.
    with ThreadPoolExecutor(max_workers=1) as worker:
        return worker.submit(_laid_out, source, graphs).result()


def _laid_out(source: str, graphs: tuple[Graph, ...]) -> list[Graph]:
    try:
        from py_mini_racer import JSEvalException, MiniRacer  # noqa: PLC0415  20 MB that only drawing needs
    except (ImportError, OSError, RuntimeError) as error:
        raise DrawingUnavailable(f"The engine of JavaScript cannot be loaded ({error}): install the package mini-racer.") from error
    with MiniRacer() as engine:
        engine.set_hard_memory_limit(MEMORY)
        try:
            for script in (_WORKER, source, _ASK):
                engine.eval(script, timeout_sec=SECONDS)
            return [_answer(engine.eval(f"layOut({_quoted(graph)})", timeout_sec=SECONDS)) for graph in graphs]
        except (JSEvalException, TimeoutError) as error:
            raise LayoutFailed(f"elkjs did not lay the picture out: {str(error)[:300]}") from error


def _library(folder: Path) -> str:
    path = folder / LIBRARY
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise DrawingUnavailable(
            f"elkjs, which lays pictures out, is not installed: expected {path}. Run `make assets`, or `npm ci` in {folder}. "
            "Mermaid (`--format mmd`, `diagram.mmd`) needs none of it."
        ) from error


def _quoted(graph: Graph) -> str:
    """Write a graph as a constant of JavaScript: a text in a text, with the two line ends that JSON allows and old scripts do not."""
    return orjson.dumps(orjson.dumps(graph).decode()).decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _answer(text: object) -> Graph:
    answer: Graph = orjson.loads(str(text))
    if "error" in answer:
        raise LayoutFailed(f"elkjs did not lay the picture out: {answer['error']}")
    laid: Graph = answer["data"]
    return laid
