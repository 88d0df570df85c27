"""The gates that ballots add to a transition: who is on the roll, what is one's own, and what a paper may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core import ballot_refusals as say
from engine.core.ballot_facts import entry_of, is_open, item_ids, masks, open_papers
from engine.definition.ballots import BLANK, COUNTS, GRADE, INVALID, ISSUED, ITEM, MODE, PAPERS, PLAIN, POINTS, RETURNED, Ballot
from engine.definition.effects import BallotAct
from engine.definition.process import Transition
from engine.errors import Refusal

if TYPE_CHECKING:
    from engine.core.gates import Gates


def ballot_refusals(gates: Gates, spec: Transition, role: str, own: Mapping[str, Any], *, sound: bool) -> Iterator[Refusal]:
    """Refuse what a ballot does not take, or not from this person. ``sound``: the form has no mistakes of its own."""
    effect = next((each for each in spec.effects if isinstance(each, BallotAct)), None) if spec.builtin else None
    if effect is None:
        return
    ballot = gates.process.definition.ballots[effect.ballot]
    if not is_open(gates.draft, ballot):
        yield say.ballot_closed(ballot.title)
    elif effect.act == "vote" and role:
        yield from _voting(gates, spec, ballot, own, sound=sound)
    elif effect.act == "count":
        yield from _counting(gates, spec, ballot, own)


def _voting(gates: Gates, spec: Transition, ballot: Ballot, own: Mapping[str, Any], *, sound: bool) -> Iterator[Refusal]:
    entry = entry_of(gates.draft, ballot, gates.request.actor.id)
    if entry is None:
        yield say.not_on_roll(ballot.title)
        return
    left, ids = open_papers(ballot, entry), item_ids(gates.draft, ballot)
    if not left:
        yield say.already_voted(ballot.title)
    elif gates.request.listing:
        choices = {ITEM: tuple(dict.fromkeys(ids[number] for _, number in left)), MODE: tuple(dict.fromkeys(mode for mode, _ in left))}
        gates.choices[spec.id] = {field: each for field, each in choices.items() if field in spec.own}
    elif (which := _which(ballot, ids, own)) is not None:
        mode, number = which
        if number < 0:
            yield say.no_item(str(own[ITEM]), ids)
        elif not masks(entry, "may").get(mode, 0) >> number & 1:
            is_own = masks(entry, "own").get(mode, 0) >> number & 1
            yield say.own_matter(ballot.title) if is_own else say.not_on_roll(ballot.title)
        elif which not in left:
            yield say.already_voted(ballot.title)
        if sound:
            yield from _paper(ballot, own)


def _which(ballot: Ballot, ids: list[str], own: Mapping[str, Any]) -> tuple[str, int] | None:
    """Give mode and number of the item (-1: there is none of that name); None where the form lacks one of them."""
    if (ballot.items is not None and ITEM not in own) or (ballot.has_modes and MODE not in own):
        return None
    number = 0 if ballot.items is None else ids.index(own[ITEM]) if own[ITEM] in ids else -1
    return own.get(MODE, PLAIN), number


def _paper(ballot: Ballot, own: Mapping[str, Any]) -> Iterator[Refusal]:
    field = POINTS if ballot.points else GRADE
    if own.get(BLANK):
        if field in own:
            yield say.blank_says_something()
    elif field not in own:
        yield say.nothing_said(field)
    elif ballot.points:
        yield from (say.nothing_said(f"{POINTS}.{aspect}") for aspect in ballot.points if aspect not in own[POINTS])


def _counting(gates: Gates, spec: Transition, ballot: Ballot, own: Mapping[str, Any]) -> Iterator[Refusal]:
    ids = item_ids(gates.draft, ballot)
    if gates.request.listing and ITEM in spec.own:
        gates.choices[spec.id] = {ITEM: tuple(ids)}
    if gates.request.listing or ISSUED not in own or RETURNED not in own:
        return
    which = _which(ballot, ids, own)
    if which is not None and which[1] < 0:
        yield say.no_item(str(own[ITEM]), ids)
    papers = own.get(PAPERS, [])
    for place, paper in enumerate(papers):
        yield from (say.nothing_said(f"{PAPERS}.{place}.{aspect}") for aspect in ballot.points if aspect not in paper)
    entered = len(papers) + sum(own.get(COUNTS, {}).values()) + own.get(BLANK, 0) + own.get(INVALID, 0)
    if entered != own[RETURNED]:
        yield say.does_not_add_up(entered, own[RETURNED])
