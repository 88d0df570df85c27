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

    link: Id = Field(description="The link under which it is opened.")
    with_: dict[Id, Cel] = Field(
        default_factory=dict, alias="with", description="What the other case is opened with: its data item -> expression."
    )


class Collect(Shape):
    """`collect`: gathers other cases under this one."""

    link: Id = Field(description="The link by which they are gathered.")
    in_: OneOrMany[Dotted] | None = Field(None, alias="in", description="The states they must stand in; without it they are only tied.")
    where: Cel | None = Field(None, description="Which of them; reads `row`.")
    pick: Pick = Field("all", description="all, or how many the actor chooses, like 1..20.")


class Release(Shape):
    """`release`: lets gathered cases go."""

    link: Id = Field(description="The link by which they were gathered.")
    pick: Pick = Field("all", description="all, or how many the actor chooses, like 1..20.")


class Send(Shape):
    """`send`: a signal to other cases."""

    signal: Id = Field(description="The signal, as the other workflow declares it.")
    to: Cel = Field(description="links.X, children.X, parent or a ref.")
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with", description="What it carries: id -> expression.")
    for_each: Cel | None = Field(None, description="One signal for each entry of this list.")


Audience = Annotated[str, Word(rf"{ID}|data\.{ID}", "a role, 'website' or an item of tags like 'data.channels'")]


class Publish(Shape):
    """`publish`: what is shown to whom."""

    what: OneOrMany[Id] = Field(description="Data items, documents, links or indicators.")
    to: OneOrMany[Audience] = Field(description="Roles, website, or an item of tags like data.channels.")


class Effects(Shape):
    """What a transition, an entry, an exit or a rung does beside moving."""

    set: dict[Id, Cel] = Field(default_factory=dict, description="Data item -> expression; all right sides are read first.")
    attend: Id | None = Field(None, description="The attendance in which the actor is entered as present.")
    excuse: Id | None = Field(None, description="The attendance in which the actor is entered as on leave.")
    raise_: Id | None = Field(None, alias="raise", description="An event to this very case, heard by `receive`.")
    release: Release | None = Field(None, description="Lets gathered cases go.")
    collect: Collect | None = Field(None, description="Gathers other cases under this one.")
    open: Open | None = Field(None, description="Opens a linked case.")
    send: Send | None = Field(None, description="Tells other cases.")
    publish: Publish | None = Field(None, description="Shows something to others; what was shown to whom is kept.")
    notify: Recipients = Field((), description="Who is told: roles, owner, party, initiator, parties.X, voters.X.")


class History(Shape):
    """A target that is a memory."""

    history: Literal["deep", "shallow"] = Field(description="deep: all the way down; shallow: the inner states only.")
    of: Dotted | None = Field(None, description="The state whose memory is meant; without it, what entering this state left behind.")
    default: Dotted | None = Field(None, description="Where to if that state was never left.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check the forms: without `of` it is all that entering this state left behind."""
        if self.of is None and self.history == "shallow":
            yield "history", "expected `history: deep`, or `of` with the state whose children are meant"
        if self.of is None and self.default is not None:
            yield "default", "`default` needs `of`: without it there is always something to go back to"


Target = Annotated[Annotated[Dotted, TEXT] | Annotated[History, OTHER], BY_FORM]


class Cycles(Shape):
    """`cycles`: how often, and where to after that."""

    at_most: int = Field(ge=1, description="How often it is taken.")
    then: Dotted = Field(description="Where to after that.")


class Branch(Effects):
    """One way of a `choice`."""

    guard: Cel | None = Field(None, description="Taken only if this holds.")
    to: Target | None = Field(None, description="Where to: a state, or {history: deep}. Without it the case stays.")
    reenter: bool = Field(False, description="Whether the state itself is left and entered anew.")
    cycles: Cycles | None = Field(None, description="A budget: how often, and where to after that.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that only what leaves is counted or entered again."""
        if self.to is None and self.cycles is not None:
            yield "cycles", "`cycles` needs a `to`: it counts how often one goes there"
        if self.to is None and self.reenter:
            yield "reenter", "`reenter` needs a `to`: without it nothing is left"


class Transition(Branch):
    """What stands in `receive`, `always` and `done`; actions have more."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    choice: Many[Branch] | None = Field(
        None, description="Several ways; the first whose guard holds is taken, the last is else. Instead of `to`."
    )

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

    by: Roles = Field(description="Who may take it: roles, clock, parent, anyone.")
    asked_by: Roles | None = Field(None, description="Who asks for it first; then another person takes it.")
    refuse: Refuse | None = Field(None, description="What the person is told when the guard does not hold.")
    form: Form = Field((), description="What is filled in: x, x? (may stay empty), x+ (adds a row).")
    reason: ReasonWanted | None = Field(None, description="Whether a reason is asked for.")
    requires: Many[Requirement] = Field((), description="Documents that must be there.")
    signed: Many[Id] = Field((), description="Party groups that must all have signed.")
    limit: LimitText | None = Field(None, description="How often: '1 per person', '2 per case', '1 per 3 working days'.")
    except_: OneOrMany[Dotted] = Field((), alias="except", description="States in which an action of `anywhere` does not hold.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check also that a refusal text has something that refuses."""
        yield from super().mistakes()
        if self.refuse is not None and self.guard is None and not any(branch.guard for branch in self.choice or ()):
            yield "refuse", "`refuse` needs a `guard`: nothing else would say it"


class Grant(Shape):
    """`add`, `remove`, `waive` of parties and children: who may, and who must ask first."""

    by: Roles = Field(description="Who may.")
    asked_by: Roles | None = Field(None, description="Who asks for it first.")
    reason: ReasonWanted | None = Field(None, description="Whether a reason is asked for.")
