"""Groups of children: one case for each row, opened when their state is entered, cancelled or kept when it is left."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.core import relation_refusals as say
from engine.core.message import Message, related_id
from engine.core.relations import children_of, counts_as_done, is_running, next_place
from engine.core.undecidable import Undecidable, evaluated
from engine.definition.process import State
from engine.definition.relations import ChildGroup

if TYPE_CHECKING:
    from engine.core.interpreter import Run


class Children:
    """The children of one case during one command. Implements `engine.core.constructs.Construct`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def enter(self, state: State) -> None:
        """Open a child for every row that has none running. What ended in earlier stays is forgotten, what still runs goes along."""
        draft = self.run.draft
        for group in state.children_groups:
            for case, entry in [pair for pair in draft.section("children").items() if pair[1]["group"] == group.name]:
                if is_running(entry):
                    draft.put("children", case, {**entry, "stay": self.run.seq})
                else:
                    draft.drop("children", case)
                    draft.drop("shared", case)
            self.open(group, stay=self.run.seq)

    def open_new(self, states: Iterable[State], known: Container[str]) -> None:
        """Open the children of groups that a new version adds to states in which the case is already."""
        for state in states:
            for group in state.children_groups:
                if group.name not in known:
                    self.open(group, stay=self.run.seq)

    def leave(self, state: State) -> None:
        """Cancel what still runs, unless it is to be kept."""
        for group in state.children_groups:
            if group.when_left == "cancel":
                for case, entry in children_of(self.run.draft, group.name).items():
                    if is_running(entry):
                        self.run.draft.put("children", case, {**entry, "cancelled": True})
                        self.run.send(Message(entry["org"], case, "cancel", {}))

    def is_complete(self, state: State) -> bool:
        """Say whether each group of a state is done, as its `done_when` has it; an empty one is at once."""
        return all(self.is_done(group) for group in state.children_groups)

    def is_done(self, group: ChildGroup) -> bool:
        """Say whether a group need not be waited for any more."""
        entries = children_of(self.run.draft, group.name).values()
        done = sum(counts_as_done(entry) for entry in entries)
        match group.done_when:
            case "all":
                return done == len(entries)
            case "any":
                return done > 0 or not entries
            case "majority":
                return done * 2 > len(entries) or not entries
            case str():
                raise AssertionError(f"the loader let done_when {group.done_when!r} pass")
            case condition:
                return not entries or evaluated(condition, self.run.view()) is True

    # --- built-in acts ----------------------------------------------------------------------------------------------

    def add(self, name: str) -> None:
        """Open a child for each row that came with the act `add`."""
        group = self.run.process.definition.groups[name]
        entries, entered = children_of(self.run.draft, name).values(), self.run.draft.get("entered", group.state)
        self.open(group, stay=max((entry["stay"] for entry in entries), default=entered[1] if entered else 0))

    def waive(self, name: str) -> None:
        """Count a child as done that is not; the gates have seen that there is one with this key."""
        for case, entry in children_of(self.run.draft, name).items():
            if entry["key"] == self.run.own_values["child"]:
                self.run.draft.put("children", case, {**entry, "waived": True})

    # --- opening ----------------------------------------------------------------------------------------------------

    def open(self, group: ChildGroup, stay: int) -> None:
        """Open a child for every row whose key no child of this stay has."""
        run = self.run
        known = {entry["key"] for entry in children_of(run.draft, group.name).values() if entry["stay"] == stay}
        opened = set[str]()
        for row in self.rows(group):
            key = str(self.value(group.key, row))
            if key in opened:
                raise Undecidable(say.same_key(group.name, key))
            opened.add(key)
            if key not in known:
                self.open_one(group, row, key, stay)

    def open_one(self, group: ChildGroup, row: Any, key: str, stay: int) -> None:
        """Send for one child, and remember it from now on."""
        run = self.run
        org = run.case.org if group.organisation is None else str(self.value(group.organisation, row))
        case = related_id(run.case.org, run.case.id, run.seq, len(run.outbox), run.now)
        data: Mapping[str, Any] = run.draft.section("data")
        given = {**{name: data[name] for name in group.copied if name in data}, **run.links.given(group.given, {"each": row})}
        body = {
            "workflow": group.workflow,
            "data": given,
            "child": {"group": group.name, "key": key},
            "wants": [item.id for item in group.read],
            "by": run.request.actor.id,
            **({"at": group.at} if group.at else {}),
        }
        entry = {"group": group.name, "key": key, "n": next_place(run.draft), "stay": stay, "org": org}
        run.draft.put("children", case, entry)
        run.send(Message(org, case, "open", body))

    def rows(self, group: ChildGroup) -> list[Any]:
        """Give the rows of a group; an item that is still empty has none."""
        found = evaluated(group.for_each, self.run.view(), optional=True)
        return [] if found is None else list(found)

    def value(self, expression: Any, row: Any) -> Any:
        """Evaluate for one row."""
        return evaluated(expression, self.run.view(), {**self.run.given, "each": row})
