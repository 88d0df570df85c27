"""Ballots of a case: who may rate what, who has, what the papers say, and what they come to.

The roll is fixed when a ballot opens and lies in the snapshot, one small key for each voter. Of a secret ballot the roll says that
somebody has voted and nothing more: the paper goes into the urn, where papers of one mode and item are only counted together. No event
tells of the urn (`case.UNRECORDED`), so that nothing in the trail stands between a voter and a paper; when the ballot closes, what is in
it goes onto the record as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core.ballot_facts import COUNTED, ROLL, SECTION, URN, is_closed, is_open, item_id, item_ids, masks, open_papers, roll_of
from engine.core.standing import bound_to
from engine.core.tally import Cell, Masks, Sheet, tally
from engine.core.undecidable import evaluated
from engine.core.world import Holder
from engine.definition.ballots import BLANK, COUNTS, GRADE, INVALID, ISSUED, ITEM, MODE, PAPERS, PLAIN, POINTS, RETURNED, Ballot
from engine.definition.effects import BallotAct
from engine.definition.expressions import EvaluationFailed, Expression, MissingData
from engine.definition.process import State

if TYPE_CHECKING:
    from engine.core.interpreter import Run

_OF_VOTER = re.compile(r"\bvoter\.([a-z]+)")


class Ballots:
    """The ballots of one case during one command. Implements `engine.core.constructs.Construct`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def enter(self, state: State) -> None:
        """Open the ballots of a state anew; one that is closed stays so where a history restores its stay."""
        for ballot in state.ballots:
            if state.path in self.run.restored and is_closed(self.run.draft, ballot):
                continue
            self._forget(ballot)
            self.open(ballot)

    def open_new(self, states: Iterable[State], known: Container[str]) -> None:
        """Open the ballots that a new version adds to states in which the case is already."""
        for state in states:
            for ballot in state.ballots:
                if ballot.name not in known:
                    self.open(ballot)

    def leave(self, state: State) -> None:
        """Void what is left unclosed: its papers are gone, and nothing can be read of it."""
        for ballot in state.ballots:
            if is_open(self.run.draft, ballot):
                self._forget(ballot)

    def is_complete(self, state: State) -> bool:
        """Say whether each ballot is closed."""
        return all(is_closed(self.run.draft, ballot) for ballot in state.ballots)

    def open(self, ballot: Ballot) -> None:
        """Fix what is rated and who may rate it, from who holds the voting roles now."""
        draft = self.run.draft
        items = [None] if ballot.items is None else evaluated(ballot.items, self.run.view(), optional=True) or []
        unique = {item_id(item, number): item for number, item in enumerate(items)}
        draft.put(SECTION, ballot.name, {"opened": self.run.moment, "items": list(unique.values())})
        for person, entry in _Roll(self.run, ballot, list(unique.values())).entries():
            draft.put(ROLL, f"{ballot.name}@{person}", entry)

    def take(self, effect: BallotAct) -> None:
        """Take one of the built-in acts; the gates have checked the paper, and that it may be handed in."""
        ballot = self.run.process.definition.ballots[effect.ballot]
        match effect.act:
            case "vote":
                self.vote(ballot)
            case "count":
                self.count(ballot)
            case "close":
                self.close(ballot)

    def vote(self, ballot: Ballot) -> None:
        """Mark on the roll that somebody has voted, and take the paper: beside the mark, or secretly into the urn."""
        draft, own = self.run.draft, self.run.own_values
        mode, number = self._which(ballot)
        key = f"{ballot.name}@{self.run.request.actor.id}"
        entry = draft.get(ROLL, key)
        voted = masks(entry, "voted")
        voted[mode] = voted.get(mode, 0) | 1 << number
        entry = {**entry, "voted": {each: f"{mask:x}" for each, mask in voted.items()}}
        says = None if own.get(BLANK) else own.get(GRADE, own.get(POINTS))
        if ballot.secret:
            where = f"{ballot.name}@{mode}@{number}"
            kept = draft.get(URN, where)
            cell = Cell() if kept is None else Cell.from_json(kept)
            cell.add_paper(says)
            draft.put(URN, where, cell.to_json())
        else:
            entry["papers"] = {**entry.get("papers", {}), f"{mode}@{number}": says if says is not None else ""}
        draft.put(ROLL, key, entry)

    def count(self, ballot: Ballot) -> None:
        """Enter papers of others, in place of what was entered for this mode and item before."""
        own = self.run.own_values
        mode, number = self._which(ballot)
        cell = Cell(blank=own.get(BLANK, 0), invalid=own.get(INVALID, 0))
        for says in own.get(PAPERS, ()):
            cell.add_paper({aspect: says[aspect] for aspect in ballot.points})
        for grade, times in own.get(COUNTS, {}).items():
            cell.valid += times
            cell.grades[grade] = times
        sheet = {ISSUED: own[ISSUED], RETURNED: own[RETURNED], "cell": cell.to_json()}
        self.run.draft.put(COUNTED, f"{ballot.name}@{mode}@{number}", sheet)

    def close(self, ballot: Ballot) -> None:
        """Count what came in. The urn is emptied onto the record: how many papers said what, and nobody's name."""
        draft = self.run.draft
        kept, roll = draft.get(SECTION, ballot.name), roll_of(draft, ballot)
        cells = dict(self._cells(ballot, roll))
        counted = self._of(COUNTED, ballot)
        sheets = {where: Sheet(each[ISSUED], each[RETURNED], Cell.from_json(each["cell"])) for where, each in counted.items()}
        may: list[Masks] = [masks(entry, "may") for entry in roll.values()]
        result = tally(ballot, len(kept["items"]), may, cells, sheets)
        box = {f"{mode}@{number}": cell.to_json() for (mode, number), cell in sorted(cells.items())}
        draft.put(SECTION, ballot.name, {**kept, "closed": self.run.moment, "result": result, "box": box})
        self._drop(URN, ballot)
        if ballot.closing is not None:
            self.run.ledgers.stop(ballot.closing)

    # --- who is to vote ---------------------------------------------------------------------------------------------

    def voters(self, name: str) -> list[dict[str, str]]:
        """Say who has not handed in all papers of a ballot that is open."""
        ballot = self.run.process.definition.ballots[name]
        if not is_open(self.run.draft, ballot):
            return []
        roll = roll_of(self.run.draft, ballot).items()
        return [{"role": next(iter(entry["as"].values())), "person": person} for person, entry in roll if open_papers(ballot, entry)]

    def tasks(self, active: set[str]) -> Iterator[dict[str, Any]]:
        """Give a task for everybody who has not handed in all papers."""
        for ballot in self.run.process.definition.ballots.values():
            if ballot.state in active:
                for voter in self.voters(ballot.name):
                    yield {"kind": "ballot", "state": ballot.state, "action": f"{ballot.name}.vote", **voter}

    # --- parts ------------------------------------------------------------------------------------------------------

    def _which(self, ballot: Ballot) -> tuple[str, int]:
        own = self.run.own_values
        return own.get(MODE, PLAIN), item_ids(self.run.draft, ballot).index(own[ITEM]) if ITEM in own else 0

    def _cells(self, ballot: Ballot, roll: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[tuple[str, int], Cell]]:
        if ballot.secret:
            yield from ((where, Cell.from_json(cell)) for where, cell in self._of(URN, ballot).items())
            return
        found: dict[tuple[str, int], Cell] = {}
        for entry in roll.values():
            for key, says in entry.get("papers", {}).items():
                mode, _, number = key.partition("@")
                found.setdefault((mode, int(number)), Cell()).add_paper(says or None)
        yield from found.items()

    def _of(self, section: str, ballot: Ballot) -> dict[tuple[str, int], Any]:
        """Give what lies in a section for a ballot, by mode and item."""
        found = {}
        for key, value in self.run.draft.section(section).items():
            name, mode, number = key.split("@")
            if name == ballot.name:
                found[mode, int(number)] = value
        return found

    def _forget(self, ballot: Ballot) -> None:
        self.run.draft.drop(SECTION, ballot.name)
        for section in (ROLL, URN, COUNTED):
            self._drop(section, ballot)

    def _drop(self, section: str, ballot: Ballot) -> None:
        for key in [key for key in self.run.draft.section(section) if key.startswith(f"{ballot.name}@")]:
            self.run.draft.drop(section, key)


class _Roll:
    """Works out who may rate what, when a ballot opens."""

    def __init__(self, run: Run, ballot: Ballot, items: list[Any]) -> None:
        self.run, self.ballot, self.items = run, ballot, items
        self.view = run.view()
        self.owners = [self._owners(item) for item in items]
        self._known: dict[tuple[Any, ...], bool] = {}
        # What `eligible` does not read of a voter, or of the item, makes no difference: most voters are asked about once.
        text = ballot.eligible.text if ballot.eligible is not None else ""
        self._asks = sorted({*_OF_VOTER.findall(text)})
        self._asks_item = re.search(r"\bitem\b", text) is not None

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the roll: person and entry. Who may rate nothing does not stand in it."""
        found: dict[str, dict[str, Any]] = {}
        for mode in self.ballot.modes.values():
            for role, holder in self._holders(mode.voters):
                entry = found.setdefault(holder.person, {"as": {}, "may": {}})
                if mode.id in entry["as"]:
                    continue
                may, own = self._masks({"id": holder.person, "unit": holder.unit, "role": role, "mode": mode.id})
                entry["as"][mode.id] = role
                if may:
                    entry["may"][mode.id] = f"{may:x}"
                if own:
                    entry.setdefault("own", {})[mode.id] = f"{own:x}"
                if holder.unit is not None:
                    entry["unit"] = holder.unit
        yield from ((person, entry) for person, entry in found.items() if entry["may"])

    def _holders(self, roles: tuple[str, ...]) -> Iterator[tuple[str, Holder]]:
        for name in roles:
            role = self.run.process.definition.roles[name]
            bound = bound_to(role, self.view) if role.is_bound else None
            for holder in self.run.request.world.holders(name):
                if bound is None or not bound.isdisjoint({holder.person, holder.unit}):
                    yield name, holder

    def _masks(self, voter: Mapping[str, Any]) -> tuple[int, int]:
        may = own = 0
        who = {voter["id"], voter["unit"]} - {None}
        for number, item in enumerate(self.items):
            if not self._is_eligible(voter, number, item):
                continue
            if self.owners[number].isdisjoint(who):
                may |= 1 << number
            else:
                own |= 1 << number
        return may, own

    def _is_eligible(self, voter: Mapping[str, Any], number: int, item: Any) -> bool:
        if self.ballot.eligible is None:
            return True
        key = (number if self._asks_item else 0, *(voter.get(each) for each in self._asks))
        if key not in self._known:
            given = {"voter": {name: value for name, value in voter.items() if value is not None}, "item": item}
            self._known[key] = self._holds(self.ballot.eligible, given)
        return self._known[key]

    def _holds(self, expression: Expression, given: Mapping[str, Any]) -> bool:
        try:
            return expression.holds(self.view, {name: value for name, value in given.items() if value is not None})
        except (MissingData, EvaluationFailed):  # what is not known of somebody makes nobody eligible
            return False

    def _owners(self, item: Any) -> frozenset[str]:
        """Give the persons and units an item belongs to."""
        found: set[str] = set()
        for each in self.ballot.not_own:
            if isinstance(each, str):
                for holder in self.run.request.world.holders(each):
                    found |= {holder.person, *([holder.unit] if holder.unit else [])}
                continue
            try:
                found.update(each.evaluate(self.view, {"item": item} if item is not None else {}))
            except (MissingData, EvaluationFailed):
                continue
        return frozenset(found)
