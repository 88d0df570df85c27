"""Ballots: from the model to what the core runs, with the acts that each ballot has by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson

from engine.definition import model
from engine.definition.ballots import (
    BLANK,
    COUNTS,
    GRADE,
    INVALID,
    ISSUED,
    ITEM,
    MODE,
    PAPERS,
    PLAIN,
    POINTS,
    RETURNED,
    VOTER,
    Ballot,
    Mode,
    Quorum,
    tally_type,
)
from engine.definition.builtin_acts import builtin_act, prefixed
from engine.definition.cel_types import element_of
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem, DataType, TypeName, record
from engine.definition.declared_data import options_of
from engine.definition.effects import BallotAct
from engine.definition.expressions import Expression
from engine.definition.forms import Form, FormField
from engine.definition.process import Text, Transition
from engine.definition.source import Path
from engine.definition.steps import Steps
from engine.errors import did_you_mean

MOST_PAPERS = 5_000
"""Papers that one act of counting enters."""

_TITLES: Mapping[str, Mapping[str, str]] = {
    "vote": {"zh-CN": "投票：", "en": "Vote: "},
    "close": {"zh-CN": "截止：", "en": "Close: "},
    "count": {"zh-CN": "计票：", "en": "Count: "},
}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    ITEM: {"zh-CN": "对象", "en": "What is rated"},
    MODE: {"zh-CN": "方式", "en": "Way of voting"},
    GRADE: {"zh-CN": "意见", "en": "Grade"},
    POINTS: {"zh-CN": "评分", "en": "Points"},
    BLANK: {"zh-CN": "空白票", "en": "Blank"},
    INVALID: {"zh-CN": "废票", "en": "Invalid"},
    ISSUED: {"zh-CN": "发出票数", "en": "Issued"},
    RETURNED: {"zh-CN": "收回票数", "en": "Returned"},
    COUNTS: {"zh-CN": "各档票数", "en": "Papers of each grade"},
    PAPERS: {"zh-CN": "有效票", "en": "Valid papers"},
}


def declared_ballots(work: Compilation) -> Iterator[tuple[str, str, model.Ballot, Path]]:
    """Give every ballot as written: its name, the state that holds it, its shape and its place."""
    for site in work.states:
        for name, shape in site.shape.ballots.items():
            yield name, site.path, shape, (*site.section, "ballots", name)


def ballot_types(work: Compilation, items: Mapping[str, DataItem]) -> DataType | None:
    """Give the type of `ballots` in expressions; None where there are none. A name that is used twice is reported."""
    fields: dict[str, DataItem] = {}
    for name, state, shape, path in declared_ballots(work):
        if name in fields:
            message = f"`{name}` is the name of another ballot: `ballots.{name}` could mean either; rename the one in `{state}`"
            work.report("ballots.twice", message, path, at_key=True)
            continue
        grades = tuple(_grades(work, shape, path))
        kind = tally_type(grades, tuple(shape.points or ()), tuple(shape.modes or ()), _item_type(items, shape))
        fields[name] = DataItem(name, work.text(shape.title, name), kind)
    return DataType(TypeName.RECORD, fields=tuple(fields.values())) if fields else None


def ballots(steps: Steps, state: str) -> Iterator[Ballot]:
    """Give the ballots of a state."""
    for name, shape in steps.work.states[state].shape.ballots.items():
        yield _ballot(steps, state, name, shape, (*steps.work.states[state].section, "ballots", name))


def ballot_acts(steps: Steps, ballot: Ballot) -> Iterator[Transition]:
    """Give the built-in acts of a ballot: vote, and whichever of close and count are granted."""
    work = steps.work
    shape, path = work.states[ballot.state].shape.ballots[ballot.name], (*work.states[ballot.state].section, "ballots", ballot.name)
    which = list(_which(ballot))
    yield _act(steps, ballot, "vote", ballot.roles, [*which, *_paper(ballot)])
    closers = work.roles(shape.closed_by, (*path, "closed_by"))
    yield _act(steps, ballot, "close", (*closers, *(("clock",) if ballot.closing else ())), [])
    if shape.counted_by is not None:
        yield _act(steps, ballot, "count", work.roles(shape.counted_by, (*path, "counted_by")), [*which, *_sheet(ballot)])


def _act(steps: Steps, ballot: Ballot, act: str, by: tuple[str, ...], fields: list[FormField]) -> Transition:
    name = f"{ballot.name}.{act}"
    form, own = Form(tuple(fields)) if fields else None, frozenset(field.item.id for field in fields)
    title = prefixed(_TITLES[act], ballot.title)
    made = builtin_act(ballot.state, name, title, BallotAct(ballot.name, act), by, form=form, own=own)
    steps.work.places[made.id] = (*steps.work.states[ballot.state].section, "ballots", ballot.name)
    return made


# --- forms ----------------------------------------------------------------------------------------------------------


def _field(name: str, kind: DataType, *, optional: bool = False) -> FormField:
    return FormField(DataItem(name, _FIELDS[name], kind), optional=optional)


def _which(ballot: Ballot) -> Iterator[FormField]:
    if ballot.items is not None:
        yield _field(ITEM, DataType(TypeName.TEXT, max=200))
    if ballot.has_modes:
        yield _field(MODE, DataType(TypeName.CHOICE, options={mode.id: mode.title for mode in ballot.modes.values()}))


def _paper(ballot: Ballot) -> Iterator[FormField]:
    if ballot.points:
        yield _field(POINTS, _points(ballot), optional=True)
    else:
        yield _field(GRADE, DataType(TypeName.CHOICE, options=ballot.grades), optional=True)
    yield _field(BLANK, DataType(TypeName.BOOL), optional=True)


def _sheet(ballot: Ballot) -> Iterator[FormField]:
    number = DataType(TypeName.INT, between=(0, 1_000_000))
    yield _field(ISSUED, number)
    yield _field(RETURNED, number)
    if ballot.points:
        yield _field(PAPERS, DataType(TypeName.LIST, of=_points(ballot), max=MOST_PAPERS), optional=True)
    else:
        counts = tuple(DataItem(grade, title, number) for grade, title in ballot.grades.items())
        yield _field(COUNTS, DataType(TypeName.RECORD, fields=counts), optional=True)
    yield _field(BLANK, number, optional=True)
    yield _field(INVALID, number, optional=True)


def _points(ballot: Ballot) -> DataType:
    fields = {}
    for aspect, (low, high) in ballot.points.items():
        whole = low == low.to_integral_value() and high == high.to_integral_value()
        kind = DataType(TypeName.INT, between=(int(low), int(high))) if whole else DataType(TypeName.DECIMAL, between=(low, high))
        fields[aspect] = kind
    return record(fields)


# --- one ballot -----------------------------------------------------------------------------------------------------


def _ballot(steps: Steps, state: str, name: str, shape: model.Ballot, path: Path) -> Ballot:
    work = steps.work
    item = _item_type(steps.items, shape)
    if shape.items is not None and item is None:
        message = "`items` names a list of the case: write `items: data.NAME`, so that every paper says what it rates"
        work.report("ballots.items", message, (*path, "items"))
    items = work.expression(shape.items, DataType(TypeName.LIST, of=item), (*path, "items")) if item is not None else None
    grades = _grades(work, shape, path)
    _check(work, shape, grades, path)
    return Ballot(
        name=name,
        state=state,
        title=work.text(shape.title, name),
        items=items,
        item=item,
        modes=_modes(work, shape, path),
        per=frozenset(shape.per),
        eligible=work.expression(shape.eligible, "bool", (*path, "eligible"), {"voter": VOTER, **_seen(item)}),
        not_own=tuple(_not_own(work, shape, item, path)),
        grades=grades,
        values={grade: Decimal(str(value)) for grade, value in (shape.values or {}).items()},
        points={aspect: (Decimal(str(span[0])), Decimal(str(span[1]))) for aspect, span in (shape.points or {}).items()},
        blanks=shape.blanks,
        secret=shape.secret,
        quorum=_quorum(shape.quorum),
        closing=f"{state}.{name}.closes" if shape.closes is not None else None,
        rules=_rules(shape),
    )


def _item_type(items: Mapping[str, DataItem], shape: model.Ballot) -> DataType | None:
    written = (shape.items or "").strip().removeprefix("data.")
    return element_of(items[written].type) if written in items else None


def _seen(item: DataType | None) -> Mapping[str, DataType]:
    return {"item": item} if item is not None else {}


def _grades(work: Compilation, shape: model.Ballot, path: Path) -> Mapping[str, Text]:
    if shape.scale is None:
        return {}
    if isinstance(shape.scale, str) and shape.scale.startswith("settings."):
        message = "the grades of a ballot belong to its version: write them here, or name a list with `lists.NAME`"
        work.report("ballots.scale", message, (*path, "scale"))
        return {}
    return options_of(work, shape.scale, (*path, "scale")) or {}


def _modes(work: Compilation, shape: model.Ballot, path: Path) -> Mapping[str, Mode]:
    if shape.modes is None:
        return {PLAIN: Mode(PLAIN, {}, work.roles(shape.voters, (*path, "voters")))}
    return {
        name: Mode(name, work.text(mode.title, name), work.roles(mode.voters, (*path, "modes", name, "voters")))
        for name, mode in shape.modes.items()
    }


def _not_own(work: Compilation, shape: model.Ballot, item: DataType | None, path: Path) -> Iterator[Expression | str]:
    for number, text in enumerate(shape.not_own):
        if text in work.workflow.roles:
            work.used.add(text)
            yield text
        else:
            found = work.expression(text, "people", (*path, "not_own", number), _seen(item))
            if found is not None:
                yield found


def _check(work: Compilation, shape: model.Ballot, grades: Mapping[str, Text], path: Path) -> None:
    if "voter" not in shape.per:
        work.report("ballots.per", "expected `per` to name `voter`: every paper is somebody's", (*path, "per"))
    if MODE in shape.per and shape.modes is None:
        work.report("ballots.per", "`per` names `mode`, but this ballot has no `modes`", (*path, "per"))
    for grade in shape.values or ():
        if grade not in grades:
            near = did_you_mean(grade, grades)
            work.report("ballots.values", f"`{grade}` is no grade of the scale{near}", (*path, "values", grade), at_key=True)
    lacking = [grade for grade in grades if shape.values is not None and grade not in shape.values]
    if lacking:
        work.report(
            "ballots.values", f"expected `values` to say what each grade counts; {', '.join(lacking)} is missing", (*path, "values")
        )


def _quorum(shape: model.Quorum | None) -> Quorum | None:
    if shape is None:
        return None
    return Quorum(shape.at_least, Fraction(shape.more_than) if shape.more_than is not None else None, shape.of)


def _rules(shape: model.Ballot) -> str:
    """Give what a ballot says but for its titles, so that two versions of it can be told apart."""
    return orjson.dumps(_without_titles(shape.model_dump(mode="json", by_alias=True)), option=orjson.OPT_SORT_KEYS).decode()


def _without_titles(written: Any) -> Any:
    if isinstance(written, dict):
        return {key: _without_titles(value) for key, value in written.items() if key != "title"}
    return [_without_titles(each) for each in written] if isinstance(written, list) else written
