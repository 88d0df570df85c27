"""When a rung fires: ``start``, ``80 %``, ``3 working days before``, ``due``, ``1 month after``."""

from __future__ import annotations

import re

from engine.definition.process import RungTime
from engine.definition.terms import parse_term

_SHARE = re.compile(r"([1-9][0-9]?|100) ?%")


def parse_rung_time(text: str) -> RungTime:
    """Read the time of a rung; ``text`` of the result is its one canonical form, the rung's identity.

    Raises ValueError with what was expected.
    """
    if text in {"start", "due"}:
        return RungTime(text)
    if match := _SHARE.fullmatch(text):
        return RungTime(f"{match[1]} %", share=int(match[1]))
    term, _, side = text.rpartition(" ")
    try:
        if side == "before":
            before = parse_term(term)
            return RungTime(f"{before} before", before=before)
        if side == "after":
            after = parse_term(term)
            return RungTime(f"{after} after", after=after)
    except ValueError:
        pass
    raise ValueError("'start', 'due', a share like '80 %', or a term like '3 working days before' or '1 month after'")
