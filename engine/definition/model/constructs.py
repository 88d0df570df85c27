"""Many at once: parties, ballots and children of a state."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from engine.definition.model.declarations import Form, Options, Requirement
from engine.definition.model.shapes import BY_FORM, OTHER, TEXT, Cel, Dotted, Id, Many, Roles, Shape, Text, Word
from engine.definition.model.steps import Grant
from engine.definition.model.timing import Closes, Deadline

Part = Annotated[str, Word(r"[0-9]{1,3}/[0-9]{1,3}|0?\.[0-9]+|[01]", "a part like '1/2'")]


class Parties(Shape):
    """`parties.X`: units or bodies of which each has an inbox, a deadline and a verdict of its own."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    role: Roles = Field(description="The role that each party acts in, or a list: then each role is one party.")
    from_: Cel | None = Field(
        None, alias="from", description="The units or persons that are parties, one for each; without it each role is one party."
    )
    form: Form = Field((), description="What a party fills in when it signs: x, x? (may stay empty), x+ (adds a row).")
    requires: Many[Requirement] = Field((), description="Documents that must be there before a party signs.")
    verdicts: dict[Id, Text] = Field(min_length=1, description="What a party can say: id -> text.")
    refusing: Many[Id] = Field((), description="The verdicts that count as a refusal.")
    deadlines: dict[Id, Deadline] = Field(default_factory=dict, description="Deadlines of each party, armed when it is invited.")
    add: Grant | None = Field(None, description="Who may invite one more.")
    remove: Grant | None = Field(None, description="Who may take one away.")
    waive: Grant | None = Field(None, description="Who may go on without one.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that what refuses is one of the verdicts."""
        for verdict in self.refusing:
            if verdict not in self.verdicts:
                yield "refusing", f"expected `refusing` to name verdicts ({', '.join(self.verdicts)}), got {verdict!r}"
        if self.from_ is None and self.add is not None:
            yield "add", "`add` needs `from`: it adds a row to that list"


class Mode(Shape):
    """One way of voting, with its voters."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    voters: Roles = Field(description="The roles that vote in this way.")


class Quorum(Shape):
    """`quorum`: how many papers are needed."""

    at_least: int | None = Field(None, ge=1, description="The least number of papers.")
    more_than: Part | None = Field(None, description="More than this part, like 1/2.")
    of: Literal["roll", "issued", "returned"] = Field(
        "roll", description="The part of what: the roll, the papers issued, or those returned."
    )

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is a number or a part."""
        if (self.at_least is None) == (self.more_than is None):
            yield "", "expected exactly one of `at_least` and `more_than`"


class Ballot(Shape):
    """`ballots.X`: who is rated, by whom, never oneself."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    items: Cel | None = Field(None, description="What is voted on, a list; without it the matter itself.")
    voters: Roles | None = Field(None, description="The roles that vote.")
    modes: dict[Id, Mode] | None = Field(None, description="Several ways of voting, each with its voters; instead of `voters`.")
    per: Many[Literal["voter", "item", "mode"]] = Field(("voter", "item"), description="One paper for each of these.")
    eligible: Cel | None = Field(None, description="Who of the roll may rate an item; reads `voter` and `item`.")
    not_own: Many[Cel] = Field((), description="Persons or units of an item that may not rate it.")
    scale: Options | None = Field(None, description="The grades: id -> text, or 'lists.X', 'settings.X'.")
    values: dict[Id, int | Decimal] | None = Field(None, description="What each grade counts.")
    points: dict[Id, Many[int | Decimal]] | None = Field(None, description="Points for each aspect: [least, most]; instead of `scale`.")
    blanks: Literal["abstain", "invalid"] = Field("abstain", description="What a blank paper is.")
    secret: bool = Field(False, description="Whether who voted how is hidden.")
    quorum: Quorum | None = Field(None, description="How many papers are needed.")
    closes: Closes | None = Field(None, description="When it closes by itself.")
    closed_by: Roles | None = Field(None, description="Who may close it.")
    counted_by: Roles | None = Field(None, description="Who enters the papers of others.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check for voters or modes, a scale or points, and an end."""
        for one, other in (("voters", "modes"), ("scale", "points")):
            if (getattr(self, one) is None) == (getattr(self, other) is None):
                yield one, f"expected exactly one of `{one}` and `{other}`"
        if self.closes is None and self.closed_by is None:
            yield "", "expected `closes`, `closed_by` or both: nothing else ends the ballot"
        if self.values is not None and self.scale is None:
            yield "values", "`values` needs `scale`: it says what each grade counts"
        for aspect, span in (self.points or {}).items():
            if len(span) != 2 or span[0] >= span[1]:
                yield "points", f"expected `{aspect}` to be a list of two, the least and the most, got {list(map(str, span))}"


Copied = Annotated[Annotated[Literal["all"], TEXT] | Annotated[Many[Id], OTHER], BY_FORM]


class Children(Shape):
    """`children.X`: one case for each row of a list."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    workflow: Id = Field(description="The workflow of the cases that are opened.")
    for_each: Cel = Field(description="The list: one case for each row, read as `each`.")
    key: Cel = Field(description="What tells the children apart when the list changes.")
    organisation: Cel | None = Field(None, description="The body that owns the child; this one by default.")
    with_: dict[Id, Cel] = Field(
        default_factory=dict, alias="with", description="What the other case is opened with: its data item -> expression."
    )
    copy_: Copied | None = Field(None, alias="copy", description="Data items copied under their own names, or 'all'.")
    at: Dotted | None = Field(None, description="The state the child starts in, for a part of this very matter.")
    read: Many[Id] = Field((), description="Data of the child that it tells this case whenever they change.")
    done_when: Cel = Field("all", description="all, any, majority, or a condition over `children.X`.")
    add: Grant | None = Field(None, description="Who may add a row, and its child.")
    waive: Grant | None = Field(None, description="Who may count a child as done that is not.")
    when_left: Literal["cancel", "keep"] = Field("cancel", description="What becomes of running children when the state is left.")
