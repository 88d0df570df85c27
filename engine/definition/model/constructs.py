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

    title: Text | None = None
    role: Roles
    from_: Cel | None = Field(None, alias="from")
    form: Form = ()
    requires: Many[Requirement] = ()
    verdicts: dict[Id, Text] = Field(min_length=1)
    refusing: Many[Id] = ()
    deadlines: dict[Id, Deadline] = Field(default_factory=dict)
    add: Grant | None = None
    remove: Grant | None = None
    waive: Grant | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that what refuses is one of the verdicts."""
        for verdict in self.refusing:
            if verdict not in self.verdicts:
                yield "refusing", f"expected `refusing` to name verdicts ({', '.join(self.verdicts)}), got {verdict!r}"
        if self.from_ is None and self.add is not None:
            yield "add", "`add` needs `from`: it adds a row to that list"


class Mode(Shape):
    """One way of voting, with its voters."""

    title: Text | None = None
    voters: Roles


class Quorum(Shape):
    """`quorum`: how many papers are needed."""

    at_least: int | None = Field(None, ge=1)
    more_than: Part | None = None
    of: Literal["roll", "issued", "returned"] = "roll"

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is a number or a part."""
        if (self.at_least is None) == (self.more_than is None):
            yield "", "expected exactly one of `at_least` and `more_than`"


class Ballot(Shape):
    """`ballots.X`: who is rated, by whom, never oneself."""

    title: Text | None = None
    items: Cel | None = None
    voters: Roles | None = None
    modes: dict[Id, Mode] | None = None
    per: Many[Literal["voter", "item", "mode"]] = ("voter", "item")
    eligible: Cel | None = None
    not_own: Many[Cel] = ()
    scale: Options | None = None
    values: dict[Id, int | Decimal] | None = None
    points: dict[Id, Many[int | Decimal]] | None = None
    blanks: Literal["abstain", "invalid"] = "abstain"
    secret: bool = False
    quorum: Quorum | None = None
    closes: Closes | None = None
    closed_by: Roles | None = None
    counted_by: Roles | None = None

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

    title: Text | None = None
    workflow: Id
    for_each: Cel
    key: Cel
    organisation: Cel | None = None
    with_: dict[Id, Cel] = Field(default_factory=dict, alias="with")
    copy_: Copied | None = Field(None, alias="copy")
    at: Dotted | None = None
    read: Many[Id] = ()
    done_when: Cel = "all"
    add: Grant | None = None
    waive: Grant | None = None
    when_left: Literal["cancel", "keep"] = "cancel"
