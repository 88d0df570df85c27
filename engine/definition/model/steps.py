"""How a case goes on: effects, targets, transitions and actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from engine.definition.model.declarations import Form, Refuse, Requirement
from engine.definition.model.shapes import BY_FORM, ID, OTHER, TEXT, Cel, Dotted, Id, Many, OneOrMany, Roles, Shape, Text, Word

ReasonWanted = Literal["required", "optional"]
Recipient = Annotated[str, Word(rf"{ID}|(parties|voters)\.{ID}", "a role, or owner, party, initiator, parties.NAME or voters.NAME")]
Recipients = OneOrMany[Recipient]
Pick = Annotated[str, Word(r"all|[0-9]{1,4}\.\.[0-9]{1,4}", "'all' or a range like '1..20'")]
LimitText = Annotated[str, Word(r"[1-9][0-9]{0,5} per .+", "a limit like '1 per person', '2 per case' or '1 per 3 working days'")]


class Open(Shape):
    """`open`: opens a linked case."""

    link: Id
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with")


class Collect(Shape):
    """`collect`: gathers other cases under this one."""

    link: Id
    in_: OneOrMany[Dotted] | None = Field(None, alias="in")
    where: Cel | None = None
    pick: Pick = "all"


class Release(Shape):
    """`release`: lets gathered cases go."""

    link: Id
    pick: Pick = "all"


class Send(Shape):
    """`send`: a signal to other cases."""

    signal: Id
    to: Cel
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with")
    for_each: Cel | None = None


Audience = Annotated[str, Word(rf"{ID}|data\.{ID}", "a role, 'website' or an item of tags like 'data.channels'")]


class Publish(Shape):
    """`publish`: what is shown to whom."""

    what: OneOrMany[Id]
    to: OneOrMany[Audience]


class Effects(Shape):
    """What a transition, an entry, an exit or a rung does beside moving."""

    set: dict[Id, Cel] = Field(default_factory=dict)
    attend: Id | None = None
    excuse: Id | None = None
    raise_: Id | None = Field(None, alias="raise")
    release: Release | None = None
    collect: Collect | None = None
    open: Open | None = None
    send: Send | None = None
    publish: Publish | None = None
    notify: Recipients = ()


class History(Shape):
    """A target that is a memory."""

    history: Literal["deep", "shallow"]
    of: Dotted | None = None
    default: Dotted | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check the forms: without `of` it is all that entering this state left behind."""
        if self.of is None and self.history == "shallow":
            yield "history", "expected `history: deep`, or `of` with the state whose children are meant"
        if self.of is None and self.default is not None:
            yield "default", "`default` needs `of`: without it there is always something to go back to"


Target = Annotated[Annotated[Dotted, TEXT] | Annotated[History, OTHER], BY_FORM]


class Cycles(Shape):
    """`cycles`: how often, and where to after that."""

    at_most: int = Field(ge=1)
    then: Dotted


class Branch(Effects):
    """One way of a `choice`."""

    guard: Cel | None = None
    to: Target | None = None
    reenter: bool = False
    cycles: Cycles | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that only what leaves is counted or entered again."""
        if self.to is None and self.cycles is not None:
            yield "cycles", "`cycles` needs a `to`: it counts how often one goes there"
        if self.to is None and self.reenter:
            yield "reenter", "`reenter` needs a `to`: without it nothing is left"


class Transition(Branch):
    """What stands in `receive`, `always` and `done`; actions have more."""

    title: Text | None = None
    choice: Many[Branch] | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that there is one of `to` and `choice`, or neither."""
        if self.choice is None:
            yield from super().mistakes()
            return
        for key in ("to", "reenter", "cycles"):
            if getattr(self, key):
                yield key, f"`{key}` and `choice` exclude each other: write it in the branches"
        if not self.choice:
            yield "choice", "expected `choice` to have a branch at least, got an empty list"


class Action(Transition):
    """`actions.X`: an act of staff, of the clock or of the parent case."""

    by: Roles
    asked_by: Roles | None = None
    refuse: Refuse | None = None
    form: Form = ()
    reason: ReasonWanted | None = None
    requires: Many[Requirement] = ()
    signed: Many[Id] = ()
    limit: LimitText | None = None
    except_: OneOrMany[Dotted] = Field((), alias="except")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check also that a refusal text has something that refuses."""
        yield from super().mistakes()
        if self.refuse is not None and self.guard is None and not any(branch.guard for branch in self.choice or ()):
            yield "refuse", "`refuse` needs a `guard`: nothing else would say it"


class Grant(Shape):
    """`add`, `remove`, `waive` of parties and children: who may, and who must ask first."""

    by: Roles
    asked_by: Roles | None = None
    reason: ReasonWanted | None = None
