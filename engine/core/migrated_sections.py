"""What a case remembers, under the names of another version. What the new version has no name for is left out; the trail keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.core.bridge import Bridge
from engine.core.ledger import PARTY
from engine.core.parties import PARTED
from engine.definition.party_groups import VERDICT

Section = Mapping[str, Any]


def _histories(made: Bridge, kept: Section) -> Section:
    """Rename states and the leaves remembered for them; a memory of which a leaf is gone is no memory."""
    found = {made.states[state]: made.all_states(leaves) for state, leaves in kept.items() if state in made.states}
    return {state: leaves for state, leaves in found.items() if leaves is not None}


def _entries(made: Bridge, kept: Section) -> Section:
    """Rename states; of several that are one now, the latest entry counts."""
    found: dict[str, Any] = {}
    for state, entry in kept.items():
        if (name := made.states.get(state)) is not None:
            found[name] = max(found.get(name, entry), entry)
    return found


def _counts(made: Bridge, kept: Section) -> Section:
    """Rename acts; of several that are one now, the takings add up."""
    found: dict[str, Any] = {}
    for act, (times, latest) in kept.items():
        if (name := made.acts.get(act)) is not None:
            before = found.get(name, (0, 0))
            found[name] = [before[0] + times, max(before[1], latest)]
    return found


def _actors(made: Bridge, kept: Section) -> Section:
    named = {act if act in made.new.definition.memory.actors else made.acts.get(act, ""): who for act, who in kept.items()}
    return {act: who for act, who in named.items() if act in made.new.definition.memory.actors}


def _since(made: Bridge, kept: Section) -> Section:
    found = {}
    for key, times in kept.items():
        act, _, state = key.partition("@")
        if act in made.acts and state in made.states:
            found[f"{made.acts[act]}@{made.states[state]}"] = times
    return found


def _asked(made: Bridge, kept: Section) -> Section:
    return {action: {**asked, "state": made.states.get(asked["state"], asked["state"])} for action, asked in kept.items()}


def _parties(made: Bridge, kept: Section) -> Section:
    """Keep the parties of groups that are still there and of the same kind; a verdict that is none any more is asked for again."""
    found = {}
    for key, facts in kept.items():
        name = key.partition(PARTED)[0]
        old, new = made.old.definition.parties[name], made.new.definition.parties.get(name)
        if new is None or made.states.get(old.state) != new.state or (old.source is None, old.persons) != (new.source is None, new.persons):
            continue
        said = facts.get(VERDICT, "") in {"", *new.verdicts}
        found[key] = facts if said else {fact: value for fact, value in facts.items() if fact not in {VERDICT, "signed", "by"}}
    return found


def _of_ballots(made: Bridge, kept: Section) -> Section:
    """Keep what belongs to ballots whose rules are the same."""
    return {key: value for key, value in kept.items() if made.same_ballot(key.partition("@")[0])}


def _children(made: Bridge, kept: Section) -> Section:
    """Keep the children of groups that are still there; nothing of the others runs any more."""
    return {case: entry for case, entry in kept.items() if entry["group"] in made.new.definition.groups}


def _of_links(made: Bridge, kept: Section) -> Section:
    """Keep the other ends of links that are still there. One whose link is gone may go on telling, and is not heard."""
    return {key: value for key, value in kept.items() if key.partition(":")[0] in made.new.definition.links}


def _documents(made: Bridge, kept: Section) -> Section:
    return {name: document for name, document in kept.items() if name in made.new.definition.documents}


def _ended(made: Bridge, kept: Section) -> Section:
    """Rename deadlines; of one that each party has, the party stays behind the name."""
    found = {}
    for key, ended in kept.items():
        name, at, party = key.partition(PARTY)
        if name in made.deadlines:
            found[f"{made.deadlines[name]}{at}{party}"] = ended
    return found


def _previous(made: Bridge, kept: Section) -> Section:
    return {key: {**ledger, "name": key.partition(PARTY)[0]} for key, ledger in _ended(made, kept).items()}


def _by(names: Callable[[Bridge], Mapping[str, str]]) -> Callable[[Bridge, Section], Section]:
    def renamed(made: Bridge, kept: Section) -> Section:
        table = names(made)
        return {table[key]: value for key, value in kept.items() if key in table}

    return renamed


SECTIONS: Mapping[str, Callable[[Bridge, Section], Section]] = {
    "history": _histories,
    "behind": _histories,
    "entered": _entries,
    "announced": _by(lambda made: made.states),
    "acts": _counts,
    "actors": _actors,
    "recent": _by(lambda made: made.acts),
    "since": _since,
    "cycles": _by(lambda made: made.branches),
    "documents": _documents,
    "parties": _parties,
    "ballots": _of_ballots,
    "roll": _of_ballots,
    "urn": _of_ballots,
    "counted": _of_ballots,
    "children": _children,
    "links": _of_links,
    "gathering": _of_links,
    "asked": _asked,
    "ended": _ended,
    "previous": _previous,
}
"""Section of the snapshot -> the same under the new names. Data, settings, deadlines and tasks have their own rules."""
