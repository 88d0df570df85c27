"""The reasons for which a paper is not taken. None of them repeats what the paper says."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.refusals import EN, ZH, label, refusal
from engine.definition.canonical import nearest
from engine.definition.process import Text
from engine.errors import Refusal


def ballot_closed(title: Text) -> Refusal:
    """Refuse papers once a ballot is closed, and to close it twice."""
    return refusal("ballot_closed", f"“{label(title, ZH)}”已经截止。", f"{label(title, EN)!r} is closed.")


def not_on_roll(title: Text) -> Refusal:
    """Refuse who was not on the roll when the ballot opened, or not for this item and way of voting."""
    zh, en = label(title, ZH), label(title, EN)
    return refusal("not_on_roll", f"您不在“{zh}”此项的投票人名册中。", f"You are not on the roll of {en!r} for this.")


def already_voted(title: Text) -> Refusal:
    """Refuse a second paper."""
    return refusal(
        "already_voted", f"您已投过“{label(title, ZH)}”此票。", f"You have handed in this paper of {label(title, EN)!r} already."
    )


def own_matter(title: Text) -> Refusal:
    """Refuse to rate oneself, or one's own unit."""
    zh, en = label(title, ZH), label(title, EN)
    return refusal("own_matter", f"“{zh}”：不得评价本人或本单位。", f"{en!r}: nobody rates himself or his own unit.")


def no_item(name: str, known: Sequence[str]) -> Refusal:
    """Refuse to rate what does not stand on the paper."""
    near, near_zh = nearest(name, known)
    return refusal(
        "invalid_field",
        f"没有“{name}”这一评价对象{near_zh}。",
        f"{name!r} is not among what is rated{near or '.'}",
        field="item",
        pointer="/data/item",
        known=list(known),
    )


def nothing_said(field: str) -> Refusal:
    """Refuse a paper that says nothing and is not said to be blank."""
    zh, en = "请填写意见；弃权请注明为空白票。", "Fill this in, or say that the paper is blank."
    return refusal("missing_field", zh, en, missing=field, field=field, pointer=f"/data/{field.replace('.', '/')}")


def blank_says_something() -> Refusal:
    """Refuse a paper that is said to be blank and is not."""
    return refusal("invalid_field", "空白票不得填写意见。", "A blank paper says nothing.", field="blank", pointer="/data/blank")


def does_not_add_up(entered: int, returned: int) -> Refusal:
    """Refuse a count whose papers are not as many as came back."""
    zh = f"各类票合计{entered}张，与收回{returned}张不符。"
    en = f"The papers add up to {entered}, but {returned} came back."
    return refusal("invalid_field", zh, en, field="returned", pointer="/data/returned")
