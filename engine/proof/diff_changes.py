"""What a change of one value means: which of the classes it is in. Small rules that `diff_shapes` puts together to whole shapes.

A rule is given the old and the new value, None where there is none, and yields what changed, each with its place below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.definition.source import Path
from engine.definition.terms import parse_term


class Class(StrEnum):
    """What a change means for those who work with the process."""

    LABEL = "label_only"
    TIGHTENING = "tightening"
    LOOSENING = "loosening"
    BREAKS = "breaks_running_cases"
    OTHER = "changes_behaviour"  # another way, another effect: neither tighter nor looser, or not to be decided


LABEL, TIGHTENING, LOOSENING, BREAKS, OTHER = Class


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``path`` leads from where the rule was applied to what differs."""

    kind: Class
    path: Path
    old: Any
    new: Any
    note: str = ""


Rule = Callable[[Any, Any], Iterator[Change]]
Judge = Callable[[Any, Any], Class]


def always(kind: Class, note: str = "") -> Rule:
    """Put every change into one class."""
    return lambda old, new: iter((Change(kind, (), old, new, note),))


def judged(judge: Judge, note: str = "") -> Rule:
    """Let a function of both values say the class."""
    return lambda old, new: iter((Change(judge(old, new), (), old, new, note),))


def shape(table: Mapping[str, Rule], added: Class = OTHER, removed: Class = OTHER) -> Rule:
    """Compare a map of known keys, each by its own rule; what no rule is for changes behaviour."""

    def compare(old: Any, new: Any) -> Iterator[Change]:
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            yield Change(added if old is None else removed if new is None else OTHER, (), old, new)
            return
        for key in (*old, *(key for key in new if key not in old)):
            yield from below(key, table.get(key, always(OTHER)), old.get(key), new.get(key))

    return compare


def entries(rule: Rule, added: Class, removed: Class, note: str = "") -> Rule:
    """Compare a map from ids, each entry by one rule; its order counts for nothing."""

    def compare(old: Any, new: Any) -> Iterator[Change]:
        before, after = old or {}, new or {}
        if not isinstance(before, Mapping) or not isinstance(after, Mapping):  # named in one version, written out in the other
            yield Change(OTHER, (), old, new)
            return
        for key in (*before, *(key for key in after if key not in before)):
            if key not in before:
                yield Change(added, (key,), None, after[key])
            elif key not in after:
                yield Change(removed, (key,), before[key], None, note)
            else:
                yield from below(key, rule, before[key], after[key])

    return compare


def ordered(rule: Rule, name: Callable[[Any], Hashable], added: Judge, removed: Judge) -> Rule:
    """Compare a list whose elements have names of their own; the place is that in the list where the element stands."""

    def compare(old: Any, new: Any) -> Iterator[Change]:
        before = {name(each): (place, each) for place, each in enumerate(old or ())}
        after = {name(each): (place, each) for place, each in enumerate(new or ())}
        for key, (place, each) in before.items():
            if key not in after:
                yield Change(removed(each, None), (place,), each, None)
            else:
                yield from below(after[key][0], rule, each, after[key][1])
        for key, (place, each) in after.items():
            if key not in before:
                yield Change(added(None, each), (place,), None, each)

    return compare


def in_turn(rule: Rule) -> Rule:
    """Compare a list place by place: its order decides."""

    def compare(old: Any, new: Any) -> Iterator[Change]:
        before, after = old or (), new or ()
        if len(before) != len(after):
            yield Change(OTHER, (), old, new)
            return
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from below(place, rule, one, other)

    return compare


def below(key: str | int, rule: Rule, old: Any, new: Any) -> Iterator[Change]:
    """Apply a rule one step down, where the values differ."""
    if old != new:
        yield from (Change(each.kind, (key, *each.path), each.old, each.new, each.note) for each in rule(old, new))


# --- judges: looser or tighter --------------------------------------------------------------------------------------


def opposite(kind: Class) -> Class:
    """Give the opposite of tightening and loosening."""
    return {TIGHTENING: LOOSENING, LOOSENING: TIGHTENING}.get(kind, kind)


def more_is(kind: Class, *, absent: Class | None = None) -> Judge:
    """Judge a set: what more entries mean; fewer are the opposite, and both at once cannot be decided.

    ``absent``: what it means to have a set where there was none, where that is not the same as more.
    """

    def judge(old: Any, new: Any) -> Class:
        if absent is not None and (old is None or new is None):
            return absent if old is None else opposite(absent)
        before, after = set(_listed(old)), set(_listed(new))
        return kind if before < after else opposite(kind) if after < before else OTHER

    return judge


def greater_is(kind: Class, *, absent: Class = OTHER) -> Judge:
    """Judge a number; ``absent``: what it means to have one where there was none."""

    def judge(old: Any, new: Any) -> Class:
        if old is None or new is None:
            return absent if old is None else opposite(absent)
        try:
            return kind if new > old else opposite(kind)
        except TypeError:
            return OTHER

    return judge


def wider_is_looser(old: Any, new: Any) -> Class:
    """Judge `between`."""
    if old is None or new is None:
        return LOOSENING if new is None else TIGHTENING
    try:
        if new[0] <= old[0] and new[1] >= old[1]:
            return LOOSENING
        return TIGHTENING if new[0] >= old[0] and new[1] <= old[1] else OTHER
    except (TypeError, IndexError):
        return OTHER


def stricter_reason(old: Any, new: Any) -> Class:
    """Judge whether a reason is asked for."""
    ranks = {None: 0, "optional": 1, "required": 2}
    return TIGHTENING if ranks[new] > ranks[old] else LOOSENING


def longer_is(kind: Class, settings: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Judge:
    """Judge a term; one that names a setting counts as the default of that setting in its version."""

    def judge(old: Any, new: Any) -> Class:
        before, after = (_term(value, known) for value, known in zip((old, new), settings, strict=True))
        if before is None or after is None or before == after:
            return OTHER
        return kind if after > before else opposite(kind)

    return judge


def _term(value: Any, settings: Mapping[str, Any]) -> int | None:
    if isinstance(value, str) and value.startswith("settings."):
        value = settings.get(value.removeprefix("settings."), {}).get("default")
    try:
        return parse_term(value).typical_minutes if isinstance(value, str) else None
    except ValueError:
        return None


_LIMIT = re.compile(r"([0-9]+) per (.+)")


def limit_judge(old: Any, new: Any) -> Class:
    """Judge `limit`."""
    if old is None or new is None:
        return TIGHTENING if old is None else LOOSENING
    before, after = _LIMIT.fullmatch(old), _LIMIT.fullmatch(new)
    if before is None or after is None or before[2] != after[2]:
        return OTHER
    return LOOSENING if int(after[1]) > int(before[1]) else TIGHTENING


# --- conditions -----------------------------------------------------------------------------------------------------

_COMPARED = re.compile(r"(.*(?:>=|<=|>|<)\s*)(-?[0-9]+(?:\.[0-9]+)?)")


def condition(old: Any, new: Any) -> Class:
    """Judge a guard: a condition more, or one fewer alternative, is tighter. What cannot be seen from its parts is left undecided."""
    if old is None or new is None:
        return TIGHTENING if old is None else LOOSENING
    for operator, more in (("&&", TIGHTENING), ("||", LOOSENING)):
        before, after = set(parts(old, operator)), set(parts(new, operator))
        if before < after:
            return more
        if after < before:
            return opposite(more)
        gone, come = before - after, after - before
        if len(gone) == len(come) == 1 and (found := _bound(gone.pop(), come.pop())) is not None:
            return found
    return OTHER


def _bound(old: str, new: str) -> Class | None:
    """Compare two comparisons that differ in their number only."""
    before, after = _COMPARED.fullmatch(old), _COMPARED.fullmatch(new)
    if before is None or after is None or before[1] != after[1] or any(word in before[1] for word in ("!", "&&", "||", "?")):
        return None
    rises = float(after[2]) > float(before[2])
    return TIGHTENING if rises == (">" in before[1]) else LOOSENING


def parts(text: str, operator: str) -> list[str]:
    """Split an expression at an operator that stands outside of brackets and quotes; whole where a weaker operator stands there too."""
    found, depth, begin, quote, place = list[str](), 0, 0, "", 0
    while place < len(text):
        here = text[place]
        if quote:
            place += here == "\\"
            quote = "" if here == quote else quote
        elif here in "'\"":
            quote = here
        elif here in "([{":
            depth += 1
        elif here in ")]}":
            depth -= 1
        elif depth == 0 and (here == "?" or (operator == "&&" and text.startswith("||", place))):
            return [text.strip()]
        elif depth == 0 and text.startswith(operator, place):
            found.append(text[begin:place].strip())
            begin, place = place + 2, place + 1
        place += 1
    return [*found, text[begin:].strip()]


# --- forms ----------------------------------------------------------------------------------------------------------


def form(old: Any, new: Any) -> Iterator[Change]:
    """Compare a form field by field."""
    before, after = ({item.rstrip("?+"): item for item in items or ()} for items in (old, new))
    for name in (*before, *(name for name in after if name not in before)):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield Change(_field(was, now), (), was, now)


def _field(old: str | None, new: str | None) -> Class:
    needed_before, needed_now = (item is not None and not item.endswith("?") for item in (old, new))
    if old is not None and new is not None and old.endswith("+") != new.endswith("+"):
        return OTHER
    if needed_before != needed_now:
        return TIGHTENING if needed_now else LOOSENING
    return LOOSENING if old is None else TIGHTENING


def options(old: Any, new: Any) -> Iterator[Change]:
    """Compare a closed list: an option less may be the value of a running case."""
    return entries(always(LABEL), LOOSENING, BREAKS, "a case that has this value cannot come over")(old, new)


def _listed(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
