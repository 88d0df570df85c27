"""What decides where a case can go: the data that guards read, acts they count, documents that are asked for.

All else may be left out of a search: a topic's wording leads nowhere, whether it is a special matter does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from engine.core.compiled import Process, act_key
from engine.definition.effects import Effects, Raise, SetItem, SetItems
from engine.definition.expressions import Expression
from engine.definition.process import Transition
from engine.proof.scenario_names import all_transitions

_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_NUMBER = re.compile(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?")
_ITEM, _SIGN = r"\b(?:data|was)\.([a-z][a-z0-9_]*)", r"\s*(?:[<>]=?|[!=]=)\s*"
_ITEM_FIRST = re.compile(f"{_ITEM}{_SIGN}({_NUMBER.pattern})")
_NUMBER_FIRST = re.compile(f"({_NUMBER.pattern}){_SIGN}{_ITEM}")
_ACTOR = re.compile(r"\bactor\b")
_TIME = re.compile(r"\b(?:now|today)\b")
_TIMELY = frozenset({"overdue", "met", "last", "entered"})


class Relevance:
    """What of one workflow decides where its cases can go."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.transitions = tuple(all_transitions(process))

    # --- expressions ------------------------------------------------------------------------------------------------

    def asked_by(self, spec: Transition) -> Iterator[Expression]:
        """Give what is asked before a transition is taken."""
        asked = [spec.guard, *(branch.guard for branch in spec.branches), *(each.when for each in spec.requires)]
        yield from (each for each in asked if each is not None)

    @cached_property
    def gates(self) -> tuple[Expression, ...]:
        """Give every expression that decides: guards, conditions of documents, who is bound or invited, which deadlines run."""
        found = [each for spec in self.transitions for each in self.asked_by(spec)]
        found += [role.bound for role in self.process.definition.roles.values() if role.bound is not None]
        found += [group.source for group in self.process.definition.parties.values() if group.source is not None]
        for deadline in self.process.definition.deadlines.values():
            found += [each for each in (deadline.guard, deadline.start, deadline.until) if each is not None]
        return tuple(found)

    @cached_property
    def items(self) -> frozenset[str]:
        """Give the data items that decide, and those from which these are computed or set."""
        known = {item for gate in self.gates for item in gate.reads | gate.was_reads}
        while True:
            more = {item for target, value in self._written if target in known for item in value.reads | value.was_reads} - known
            if not more:
                return frozenset(known)
            known |= more

    @cached_property
    def _written(self) -> tuple[tuple[str, Expression], ...]:
        definition = self.process.definition
        computed = [(item.id, item.compute) for item in definition.data.values() if item.compute is not None]
        return (*computed, *((one.item, one.value) for effects in self.all_effects() for one in sets(effects)))

    def all_effects(self) -> Iterator[Effects]:
        """Give the effects of everything that has some."""
        for spec in self.transitions:
            yield spec.effects
            yield from (branch.effects for branch in spec.branches)
        for state in self.process.states.values():
            yield from (state.entry, state.exit)
        for deadline in self.process.definition.deadlines.values():
            yield from (rung.effects for rung in deadline.rungs)

    @cached_property
    def counted(self) -> frozenset[str]:
        """Give the keys of acts (``state.act``) that an expression asks the history for."""
        expressions = [*self.gates, *(value for _, value in self._written)]
        named = {name for each in expressions for function, names in each.memory if function in {"count", "last"} for name in names[:1]}
        return frozenset(key for name in named for key in self.process.acts.get(name, ()))

    @cached_property
    def documents(self) -> frozenset[str]:
        """Give the documents that some transition asks for."""
        return frozenset(requirement.document for spec in self.transitions for requirement in spec.requires)

    @cached_property
    def time_decides(self) -> bool:
        """Say whether an expression reads the clock."""
        expressions = [*self.gates, *(value for _, value in self._written)]
        return any(_TIME.search(each.text) or _TIMELY & {function for function, _ in each.memory} for each in expressions)

    @cached_property
    def clock_acts(self) -> bool:
        """Say whether some rung does more than to tell somebody."""
        rungs = (rung for deadline in self.process.definition.deadlines.values() for rung in deadline.rungs)
        return any(rung.act is not None or any(isinstance(each, SetItems | Raise) for each in rung.effects) for rung in rungs)

    # --- transitions ------------------------------------------------------------------------------------------------

    def decides(self, spec: Transition) -> bool:
        """Say whether taking a transition can change where the case can go."""
        if any(branch.target is not None for branch in spec.branches) or act_key(spec) in self.counted:
            return True
        if spec.builtin:
            document, _, act = spec.name.rpartition(".")
            return act not in {"attach", "approve"} or document in self.documents
        written = {field.item.id for field in spec.form.fields} if spec.form is not None else set()
        effects = (*spec.effects, *(each for branch in spec.branches for each in branch.effects))
        written |= {one.item for one in sets(effects)}
        return bool(written & self.items) or any(isinstance(each, Raise) for each in effects) or spec.id in self.process.met_by

    def depends_on_actor(self, spec: Transition) -> bool:
        """Say whether it matters who takes a transition, among those who may."""
        effects = (*spec.effects, *(each for branch in spec.branches for each in branch.effects))
        read = [*self.asked_by(spec), *(one.value for one in sets(effects))]
        return any(_ACTOR.search(each.text) for each in read) or bool({spec.name, act_key(spec)} & self.process.definition.memory.actors)

    # --- constants --------------------------------------------------------------------------------------------------

    def about(self, item: str) -> tuple[Expression, ...]:
        """Give the expressions that read an item."""
        expressions = [*self.gates, *(value for _, value in self._written)]
        return tuple(each for each in expressions if item in each.reads or item in each.was_reads)

    def numbers(self, item: str) -> tuple[str, ...]:
        """Give the numbers an item is compared with, settings among them; where it stands in no comparison, those no other item does."""
        found: dict[str, None] = {}
        for expression in self.about(item):
            text = _STRING.sub("", expression.text)
            compared = [*_ITEM_FIRST.findall(text), *((name, number) for number, name in _NUMBER_FIRST.findall(text))]
            mine = [number for name, number in compared if name == item]
            found |= dict.fromkeys(mine or sorted(set(_NUMBER.findall(text)) - {number for _, number in compared}))
            settings = (self.process.settings[name] for name in sorted(expression.settings_reads) if name in self.process.settings)
            found |= dict.fromkeys(str(each) for each in settings if not isinstance(each, bool) and _NUMBER.fullmatch(str(each)))
        return tuple(found)

    def texts(self, item: str) -> tuple[str, ...]:
        """Give the text constants that stand beside an item."""
        return tuple(dict.fromkeys(one or two for each in self.about(item) for one, two in _STRING.findall(each.text)))

    def together(self, items: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Give pairs of items that one expression reads."""
        chosen = sorted(items)
        for number, one in enumerate(chosen):
            for other in chosen[number + 1 :]:
                if any(one in gate.reads and other in gate.reads for gate in self.gates):
                    yield one, other


def sets(effects: Effects) -> Iterator[SetItem]:
    """Give the single settings of effects."""
    return (one for effect in effects if isinstance(effect, SetItems) for one in effect.items)
