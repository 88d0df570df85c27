"""The effects of transitions, entries, exits and rungs, in the order of the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from engine.core.undecidable import evaluated
from engine.definition.effects import (
    ApproveDocument,
    AskFor,
    AttachDocument,
    Attend,
    BallotAct,
    Decline,
    Effect,
    ExtendDeadline,
    Notify,
    PartyAct,
    Publish,
    Raise,
    SetItems,
)
from engine.definition.process import Transition
from engine.definition.relations import CollectCases, OpenCase, OpenChildren, RelationEffect, ReleaseCases, SendSignal, WaiveChild

if TYPE_CHECKING:
    from engine.core.interpreter import Run


class Effecting:
    """Applies effects to the draft of a run and gathers what is to be told to whom."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.notices: list[Mapping[str, Any]] = []
        self.published: list[Mapping[str, Any]] = []

    def apply(self, effects: Iterable[Effect], spec: Transition | None = None) -> None:
        """Apply effects in their order. Raises Undecidable when a `set` cannot be evaluated."""
        run = self.run
        for effect in effects:
            match effect:
                case SetItems():
                    self.set_items(effect)
                case Raise():
                    run.raised.append(f"hear:{effect.event}")
                case Notify():
                    self.notices.extend(self.recipients(effect.to))
                case Publish():
                    self.published.append({"what": list(effect.what), "to": list(effect.to)})
                case AttachDocument():
                    self.attach(effect.document)
                case ApproveDocument():
                    self.approve(effect.document)
                case ExtendDeadline():
                    run.ledgers.extend(effect.deadline)
                case AskFor():
                    self.ask(effect.action, spec)
                case Decline():
                    run.draft.drop("asked", effect.action)
                case PartyAct():
                    run.parties.take(effect)
                case BallotAct():
                    run.ballots.take(effect)
                case Attend():
                    run.attendances.enter_actor(effect, spec)
                case OpenCase() | SendSignal() | CollectCases() | ReleaseCases() | OpenChildren() | WaiveChild():
                    self.reach_out(effect)
                case _:
                    assert_never(effect)

    def reach_out(self, effect: RelationEffect) -> None:
        """Apply an effect on other cases."""
        run = self.run
        match effect:
            case OpenCase():
                run.links.open(effect)
            case SendSignal():
                run.links.send(effect)
            case CollectCases():
                run.links.collect(effect)
            case ReleaseCases():
                run.links.release(effect)
            case OpenChildren():
                run.children.add(effect.group)
            case WaiveChild():
                run.children.waive(effect.group)

    def set_items(self, effect: SetItems) -> None:
        """Write items; all right sides are read before any is written."""
        view, values = self.run.view(), dict[str, Any]()
        for one in effect.items:
            values[one.item] = evaluated(one.value, view, title=self.run.process.definition.data[one.item].title)
        self.run.set_data(values)

    def attach(self, name: str) -> None:
        """Keep which document was attached; a new one has to be approved again."""
        run = self.run
        assert run.document is not None
        run.draft.put("documents", name, {**run.document, "at": run.moment, "seq": run.seq, "by": run.request.actor.id})

    def approve(self, name: str) -> None:
        """Note who approved the document that is attached now."""
        run = self.run
        found = run.draft.get("documents", name)
        run.draft.put("documents", name, {**found, "approved_by": run.request.actor.id, "approved_at": run.moment})

    def ask(self, action: str, spec: Transition | None) -> None:
        """Keep what is asked for until another person decides it."""
        run = self.run
        assert spec is not None
        run.draft.put(
            "asked",
            action,
            {
                "by": run.request.actor.id,
                "unit": run.request.actor.unit or "",
                "role": run.role,
                "at": run.moment,
                "state": spec.source,
                "data": {**run.asked_values, **run.own_values},
                "reason": run.request.reason or "",
            },
        )

    def recipients(self, words: Iterable[str]) -> list[Mapping[str, Any]]:
        """Resolve roles and the words owner, initiator, party and parties.X to whom they mean in this case at this moment."""
        run, found = self.run, list[Mapping[str, Any]]()
        for word in words:
            if word == "initiator":
                found.append({"as": word, "person": run.case.opened_by})
            elif word == "owner":
                roles = dict.fromkeys(role for leaf in run.configuration for role in run.states[leaf].owner)
                found.extend({"as": word, **holder} for role in roles for holder in run.holders(role))
            elif word == "party":
                found.extend({"as": word, **holder} for holder in run.parties.due())
            elif word.startswith("voters."):
                found.extend({"as": word, **voter} for voter in run.ballots.voters(word.removeprefix("voters.")))
            elif word.startswith("parties."):
                found.extend({"as": word, **holder} for holder in run.parties.holders(word.removeprefix("parties.")))
            else:
                found.extend({"as": word, **holder} for holder in run.holders(word))
        return found
