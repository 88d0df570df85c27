"""The only door to `transitions`: one flat, frozen machine a region, fired only to choose.

The library answers one question: which transition does this region take for this trigger, standing on this leaf? A leaf owns the
rules of every state around it in its region, inner before outer and in document order, and the library tries them in the order
they were added, which makes both of SCXML's priorities. No rule has a destination, so a firing moves nothing and cannot leave
anything half done; `core.interpreter` does the moving.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from transitions import Event, Machine, Transition

from engine.definition.process import Branch
from engine.definition.process import Transition as TransitionSpec
from engine.errors import Refusal

# At INFO the library writes a line for each callback, which doubles the cost of a firing.
logging.getLogger("transitions").setLevel(logging.WARNING)

Gate = Callable[[TransitionSpec], "Branch | tuple[Refusal, ...]"]
"""Runs every gate of a transition: the branch it would take, or all reasons why it is not taken."""


class Chosen(NamedTuple):
    """A transition that is enabled, and which way it goes."""

    spec: TransitionSpec
    branch: Branch


class Cursor:
    """Stands on one leaf of one region while a firing looks for a transition; thrown away afterwards."""

    __slots__ = ("chosen", "gate", "leaf", "refused")

    def __init__(self, gate: Gate) -> None:
        self.leaf = ""
        self.gate = gate
        self.chosen: Chosen | None = None
        self.refused: dict[TransitionSpec, tuple[Refusal, ...]] = {}


class Rule(Transition):
    """A transition of the definition as it stands at one leaf of one region: all its gates are its one condition."""

    def __init__(self, *args: Any, spec: TransitionSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec

    def execute(self, event_data: Any) -> bool:
        """Run the gates for a cursor; note on it the branch that is open, or the reasons. It has no callbacks and no destination."""
        cursor: Cursor = event_data
        spec = self.spec
        answer = cursor.gate(spec)
        if isinstance(answer, Branch):
            cursor.chosen = Chosen(spec, answer)
            return True
        cursor.refused[spec] = answer
        return False


class Question(Event):
    """An event that only asks which rule is open. All that the library does around that, to call back and to move, is left out."""

    def trigger(self, model: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Try the rules of the cursor's leaf in their order, until one is open. Raises what a gate raises."""
        return any(rule.execute(model) for rule in self.transitions[model.leaf])


class RegionMachine(Machine):
    """The rules of one region. Frozen, so that all cases and threads share it without a lock."""

    event_cls = Question
    transition_cls = Rule

    def __init__(self, leaves: Sequence[str], rules: Sequence[tuple[str, str, TransitionSpec]]) -> None:
        """Build from leaf names and (trigger, leaf, transition) in order of priority."""
        super().__init__(
            model=None,
            initial=None,
            states=list(leaves),
            transitions=[{"trigger": t, "source": leaf, "dest": None, "spec": spec} for t, leaf, spec in rules],
            auto_transitions=False,
            queued=False,
            send_event=True,
            model_attribute="leaf",
        )
        # The library only reads these from here on; its stubs ask for the dicts. `transitions` of an event is a defaultdict and would
        # grow when merely read.
        for event in self.events.values():
            event.transitions = MappingProxyType({leaf: tuple(found) for leaf, found in event.transitions.items()})  # type: ignore[assignment]
        self.events = MappingProxyType(self.events)  # type: ignore[assignment]
        self.states = MappingProxyType(self.states)  # type: ignore[assignment]

    def choose(self, leaf: str, trigger: str, cursor: Cursor) -> Chosen | None:
        """Fire. The cursor learns what was chosen and stays where it is."""
        event = self.events.get(trigger)
        if event is None or leaf not in event.transitions:
            return None
        cursor.leaf, cursor.chosen = leaf, None
        event.trigger(cursor)
        return cursor.chosen

    def triggers_at(self, leaf: str) -> list[str]:
        """List the triggers with a rule at this leaf, in the order of the rules."""
        return [name for name, event in self.events.items() if leaf in event.transitions]

    def specs_at(self, leaf: str, trigger: str) -> list[TransitionSpec]:
        """List the transitions that a trigger may take at this leaf, in the order of the rules."""
        event = self.events.get(trigger)
        return [] if event is None else [cast("Rule", rule).spec for rule in event.transitions.get(leaf, ())]
