"""How another case may end without a word: a shortest way to an end of its workflow on which it tells nobody what others wait for.

Its guards are not weighed: a way that they shut is found too, so that who relies on there being none is on the safe side.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from engine.definition.effects import Effect
from engine.definition.process import ROOT, ProcessDefinition
from engine.definition.relations import SendSignal
from engine.proof.graph import Edge, Graph


def silent_way(definition: ProcessDefinition, signals: frozenset[str]) -> tuple[str, ...] | None:
    """Give the acts of a shortest way from opening to an end on which none of the signals is sent; None where each way sends one."""
    graph = Graph(definition)
    onward: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        if not _tells(_effects(graph, edge), signals):
            onward.setdefault(edge.leaf, []).append(edge)
    ways: dict[str, tuple[str, ...]] = {leaf: () for leaf in graph.entered(ROOT) if not _tells(_entered(graph, leaf), signals)}
    waiting = deque(ways)
    while waiting:
        leaf = waiting.popleft()
        if leaf in graph.ends:
            return ways[leaf]
        for edge in onward.get(leaf, ()):
            if edge.to not in ways:
                ways[edge.to] = (*ways[leaf], _named(edge))
                waiting.append(edge.to)
    return None


def _named(edge: Edge) -> str:
    name = edge.transition.name or edge.transition.trigger.value
    return f"{name} once too often" if edge.spent else name


def _effects(graph: Graph, edge: Edge) -> Iterator[Effect]:
    """Give what is done on the way: on leaving, by the transition and its branch, on entering."""
    before, after = graph.states[edge.leaf].line, graph.states[edge.to].line
    yield from (effect for path in before if path not in after for effect in graph.states[path].exit)
    yield from edge.transition.effects
    if not edge.spent:
        yield from edge.branch.effects
    yield from (effect for path in after if path not in before for effect in graph.states[path].entry)


def _entered(graph: Graph, leaf: str) -> Iterator[Effect]:
    return (effect for path in graph.states[leaf].line for effect in graph.states[path].entry)


def _tells(effects: Iterable[Effect], signals: frozenset[str]) -> bool:
    return any(isinstance(effect, SendSignal) and effect.signal in signals for effect in effects)
