"""The functions of expressions beyond CEL's own: of days and working days, over lists, and over the case's history.

Those over lists become loops, those over the history take constants only and become variables. Those of days are computed before
the expression runs and become variables too; only inside a loop, over what it ranges over, does CEL call them, which leaks the
arguments in the binding (see `cel_folds`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol

from cel_expr_python import cel

from engine.clock import SECOND, Instant, from_datetime, to_datetime
from engine.definition.calendars import Calendar
from engine.definition.cel_folds import FOLDS
from engine.definition.cel_types import timestamp

TIME_IN = "time_in"
"""How long a state was active, over all stays that have ended, in the unit of the indicator. It stands in the trail, which no decision
reads: only the view of an indicator has it, and only an indicator may ask."""

_BOOL, _INT, _DOUBLE, _STRING, _TIMESTAMP = cel.Type.BOOL, cel.Type.INT, cel.Type.DOUBLE, cel.Type.STRING, cel.Type.TIMESTAMP
_BY_WORD = {"bool": _BOOL, "int": _INT, "double": _DOUBLE, "string": _STRING, "timestamp": _TIMESTAMP}


class History(Protocol):
    """What functions over the case's own history ask."""

    def is_in(self, state: str) -> bool:
        """Say whether the state is active."""
        ...

    def count(self, act: str) -> int:
        """Count the takings of an act."""
        ...

    def count_since(self, act: str, state: str) -> int:
        """Count the takings of an act since the state was last entered."""
        ...

    def last(self, act: str) -> Instant | None:
        """Give when the act was last taken; None if never."""
        ...

    def entered(self, state: str) -> Instant | None:
        """Give when the state was last entered; None if never."""
        ...

    def overdue(self, deadline: str) -> bool:
        """Say whether the deadline is past due, in the present stay or the last."""
        ...

    def met(self, deadline: str) -> bool:
        """Say whether the deadline was met, in the present stay or the last."""
        ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """One function over the history: what its constants name (acts, states, deadlines), its type, how it is asked."""

    arguments: tuple[str, ...]
    result: Any
    ask: Callable[..., Any]


def _moment(instant: Instant | None) -> Any:
    return None if instant is None else timestamp(instant)


HISTORY: Mapping[tuple[str, int], Remembered] = {
    ("In", 1): Remembered(("states",), _BOOL, lambda history, state: history.is_in(state)),
    ("count", 1): Remembered(("acts",), _INT, lambda history, act: history.count(act)),
    ("count", 2): Remembered(("acts", "states"), _INT, lambda history, act, state: history.count_since(act, state)),
    ("last", 1): Remembered(("acts",), _TIMESTAMP, lambda history, act: _moment(history.last(act))),
    ("entered", 1): Remembered(("states",), _TIMESTAMP, lambda history, state: _moment(history.entered(state))),
    ("overdue", 1): Remembered(("deadlines",), _BOOL, lambda history, deadline: history.overdue(deadline)),
    ("met", 1): Remembered(("deadlines",), _BOOL, lambda history, deadline: history.met(deadline)),
    (TIME_IN, 1): Remembered(("states",), _DOUBLE, lambda history, state: history.time_in(state)),
}
HISTORY_NAMES = frozenset(name for name, _ in HISTORY)


@dataclass(frozen=True, slots=True)
class Function:
    """One overload of a function of days: its name in expressions, its id (its name at run time), its types and what it does."""

    name: str
    id: str
    parameters: tuple[Any, ...]
    result: Any
    run: Callable[..., Any]


def functions(calendar: Calendar) -> Mapping[str, Function]:
    """Give the functions of days on that calendar, by overload id."""

    @lru_cache(maxsize=4096)
    def on_day(second: int) -> date:
        return calendar.local_date(second * SECOND)

    def local(moment: Any) -> date:
        return on_day(_second(moment))

    def working_days(start: Any, end: Any) -> int:
        return calendar.count_working_days(local(start).toordinal(), local(end).toordinal())

    def make_date(year: int, month: int, day: int) -> Any:
        return to_datetime(calendar.midnight(date(year, month, day)))

    parts: Mapping[str, Callable[[date], int]] = {
        "year": lambda day: day.year,
        "month": lambda day: day.month,
        "day": lambda day: day.day,
        "weekday": lambda day: day.isoweekday(),
    }
    made = [
        Function("working_days", "working_days", (_TIMESTAMP, _TIMESTAMP), _INT, working_days),
        Function("date", "date", (_INT, _INT, _INT), _TIMESTAMP, make_date),
        *(Function(name, name, (_TIMESTAMP,), _INT, lambda moment, part=part: part(local(moment))) for name, part in parts.items()),
    ]
    return {each.id: each for each in made}


def declarations(known: Mapping[str, Function]) -> list[Any]:
    """Declare all functions to the checker."""
    overloads: dict[str, list[Any]] = {}
    for each in known.values():
        overloads.setdefault(each.name, []).append(cel.Overload(each.id, return_type=each.result, parameters=list(each.parameters)))
    for overload in FOLDS:
        name, _, word = overload.partition("_")
        result = {"mean": _DOUBLE, "distinct": cel.Type.List(_BY_WORD[word])}.get(name, _BY_WORD[word])
        made = cel.Overload(overload, return_type=result, parameters=[cel.Type.List(_BY_WORD[word])])
        overloads.setdefault(name, []).append(made)
    for (name, count), remembered in HISTORY.items():
        made = cel.Overload(f"{name}_{count}", return_type=remembered.result, parameters=[_STRING] * count)
        overloads.setdefault(name, []).append(made)
    return [cel.FunctionDecl(name, made) for name, made in overloads.items()]


def implementation(function: Function) -> Any:
    """Declare one overload to the runtime, with what it does."""
    overload = cel.Overload(function.id, return_type=function.result, parameters=list(function.parameters), impl=function.run)
    return cel.FunctionDecl(function.id, [overload])


def _second(moment: Any) -> int:
    """Read a time as it comes from a variable (the message) or out of the runtime (a datetime)."""
    return from_datetime(moment) // SECOND if isinstance(moment, datetime) else int(moment.seconds)
