"""Links: opening a case at the other end, gathering others, letting them go, and signals to all kinds of related cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.core import relation_refusals as say
from engine.core.case import EMPTY
from engine.core.message import Message, related_id
from engine.core.relations import links_of, next_place
from engine.core.undecidable import Undecidable, evaluated
from engine.definition.relations import CollectCases, Given, OpenCase, Picking, ReleaseCases, SendSignal

if TYPE_CHECKING:
    from engine.core.interpreter import Run


class Links:
    """What one command does to the cases at the other ends of links."""

    def __init__(self, run: Run) -> None:
        self.run = run

    # --- effects ----------------------------------------------------------------------------------------------------

    def open(self, effect: OpenCase) -> None:
        """Open a case at the other end; both know each other from then on."""
        run = self.run
        case = related_id(run.case.org, run.case.id, run.seq, len(run.outbox), run.now)
        link = run.process.definition.links[effect.link]
        body = {
            "workflow": effect.workflow,
            "data": self.given(effect.given),
            "link": link.inverse,
            "wants": [item.id for item in link.read],
            "by": run.request.actor.id,
        }
        self.tie(effect.link, run.case.org, case)
        run.send(Message(run.case.org, case, "open", body))

    def send(self, effect: SendSignal) -> None:
        """Send a signal to each case it is meant for."""
        run = self.run
        if effect.for_each is None:
            self._send_each(effect, EMPTY)
            return
        for row in evaluated(effect.for_each, run.view(), run.given):
            self._send_each(effect, {"each": row})

    def _send_each(self, effect: SendSignal, given: Mapping[str, Any]) -> None:
        run = self.run
        body = {"name": effect.signal, "carries": self.given(effect.given, given)}
        if effect.to is None:
            parent = run.draft.get("origin", "parent")
            if parent is not None:
                run.send(Message(parent["org"], parent["case"], "signal", body))
            return
        found = evaluated(effect.to, run.view(), {**run.given, **given}, optional=True)
        for one in found if isinstance(found, list) else [] if found is None else [found]:
            org, case = (run.case.org, one) if isinstance(one, str) else (one.get("organisation") or run.case.org, one["id"])
            run.send(Message(org, case, "signal", body))

    def collect(self, effect: CollectCases) -> None:
        """Gather cases: each is asked and answers; without states they are only tied, and none of them moves."""
        run, link = self.run, self.run.process.definition.links[effect.link]
        cases = self.candidates(effect)
        wants = [item.id for item in link.read]
        for org, case in cases:
            if effect.states is None:
                self.tie(effect.link, org, case)
                run.send(Message(org, case, "tie", {"link": link.inverse, "wants": wants}))
            else:
                run.draft.put("gathering", f"{effect.link}:{case}", True)
                run.send(Message(org, case, "collect", {"link": link.inverse, "states": list(effect.states), "wants": wants}))
        if not cases:
            run.raised.append(f"hear:{effect.link}.gathered")

    def candidates(self, effect: CollectCases) -> list[tuple[str, str]]:
        """Find the cases that are meant: those that the actor chose, or all that stand where they should; each has to meet `where`."""
        run = self.run
        tied = {entry["id"] for entry in links_of(run.draft, effect.link).values()} | {run.case.id}
        chosen = picked(effect.picking, run.own_values)
        found = []
        for row in run.request.world.cases(effect.workflow, chosen):
            here = effect.states is None or stands_in(row["configuration"], effect.states)
            if row["id"] not in tied and here and (effect.where is None or evaluated(effect.where, run.view(), {**run.given, "row": row})):
                found.append((row["organisation"], row["id"]))
            elif chosen is not None:
                raise Undecidable(say.not_to_be_picked(row["id"]))
        missing = set(chosen or ()) - {case for _, case in found}
        if missing:
            raise Undecidable(say.not_to_be_picked(min(missing)))
        return found

    def release(self, effect: ReleaseCases) -> None:
        """Let gathered cases go."""
        run, link = self.run, self.run.process.definition.links[effect.link]
        chosen = picked(effect.picking, run.own_values)
        entries = links_of(run.draft, effect.link)
        missing = set(chosen or ()) - {entry["id"] for entry in entries.values()}
        if missing:
            raise Undecidable(say.not_to_be_picked(min(missing)))
        for key, entry in entries.items():
            if chosen is None or entry["id"] in chosen:
                self.untie(key)
                run.send(Message(entry["org"], entry["id"], "release", {"link": link.inverse}))

    # --- ties -------------------------------------------------------------------------------------------------------

    def tie(self, link: str, org: str, case: str, *, taken: bool = False, wants: Sequence[str] = ()) -> str:
        """Remember the case at the other end of a link, and what it would like to be told."""
        key = f"{link}:{case}"
        kept = self.run.draft.get("links", key) or {"link": link, "id": case, "n": next_place(self.run.draft), "org": org}
        self.run.draft.put("links", key, {**kept, "taken": taken or bool(kept.get("taken")), "wants": list(wants or kept.get("wants", ()))})
        return key

    def untie(self, key: str) -> None:
        """Forget the case at the other end."""
        self.run.draft.drop("links", key)
        self.run.draft.drop("shared", key)

    def given(self, values: Given, more: Mapping[str, Any] = EMPTY) -> dict[str, Any]:
        """Give what another case is told or opened with; what is empty here is left out."""
        view, found = self.run.view(), dict[str, Any]()
        for name, expression in values:
            value = evaluated(expression, view, {**self.run.given, **more}, optional=True)
            if value is not None:
                found[name] = value
        return found


def picked(picking: Picking | None, values: Mapping[str, Any]) -> list[str] | None:
    """Give the cases that the actor chose, each once; None where all are meant. Raises Undecidable for too few or too many."""
    if picking is None:
        return None
    chosen = list(dict.fromkeys(values.get("pick", ())))
    if not picking.least <= len(chosen) <= picking.most:
        raise Undecidable(say.pick_out_of_range(picking.least, picking.most, len(chosen)))
    return chosen


def stands_in(configuration: Sequence[str], states: Sequence[str]) -> bool:
    """Say whether a case is in one of several states: a leaf is that state, or lies inside it."""
    return any(leaf == state or leaf.startswith(f"{state}.") for leaf in configuration for state in states)
