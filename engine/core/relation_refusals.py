"""Reasons for refusals that have to do with other cases."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.refusals import refusal
from engine.errors import Refusal, did_you_mean


def same_key(group: str, key: str) -> Refusal:
    """Refuse rows that cannot be told apart: each would be the same child."""
    return refusal(
        "invalid_field", f"两行的标识相同（{key}），无法分别办理。", f"Two rows of {group} have the same key {key!r}.", field=group, key=key
    )


def unknown_child(key: str, known: Iterable[str]) -> Refusal:
    """Refuse to waive a child that is not there, or need not be waived."""
    known = list(known)
    return refusal(
        "invalid_field",
        f"没有标识为“{key}”的未办结子事项。",
        f"There is no open child {key!r}{did_you_mean(key, known) or '.'}",
        field="child",
        pointer="/data/child",
        known=known,
    )


def pick_out_of_range(least: int, most: int, got: int) -> Refusal:
    """Refuse to gather or let go fewer or more cases than may be chosen."""
    return refusal(
        "pick_out_of_range",
        f"应选取{least}至{most}件，实选{got}件。",
        f"Choose {least} to {most} cases; {got} were chosen.",
        pointer="/data/pick",
        least=least,
        most=most,
    )


def not_to_be_picked(case: str) -> Refusal:
    """Refuse a case that may not be chosen: it is not where it should be, or is not tied."""
    said = f"事项{case}不在可选范围内。", f"The case {case} is not among those that can be chosen."
    return refusal("invalid_field", *said, field="pick", pointer="/data/pick")
