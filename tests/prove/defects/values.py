"""Operators that break another value: a condition, a constant, what an act asks for, what it does beside moving.

Sources, beside those of the structure: Black, Okun and Yesha, "Mutation Operators for Specifications" (ASE 2000); Ammann and Offutt,
"Introduction to Software Testing" (2nd edition, 2016), chapter 9; Estero-Botía et al. (2008), for constants; Fabbri et al. (1994, 1999),
for inputs and outputs.

Figures (`indicators`) are left alone: no case hangs on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from engine.definition.model.states import Outcome
from engine.definition.source import Path
from tests.prove.defects import expressions
from tests.prove.defects.chart import Chart, Found, children, keys, many, present
from tests.prove.defects.edits import Drop, Replace, Swap
from tests.prove.defects.operators import VALUE, Seed, dropped, operator, replaced
from tests.prove.defects.times import other_terms

OUTCOMES = Outcome.__args__  # type: ignore[attr-defined]
DUTIES = ("different_person", "different_unit", "same_person", "same_unit")

# --- conditions and expressions -------------------------------------------------------------------------------------


def _of_expressions(name: str, mutants: Any) -> None:
    @operator(name, VALUE)
    def seeds(chart: Chart) -> Iterator[Seed]:
        for path, text in (*chart.conditions, *chart.values):
            yield from (Seed(path, Replace(path, quoted(each))) for each in mutants(str(text)) if each != str(text))

    seeds.__doc__ = mutants.__doc__


def quoted(expression: str) -> str:
    """Write an expression within double quotes."""
    return '"' + expression.replace("\\", "\\\\").replace('"', '\\"') + '"'


for _name, _mutants in expressions.OPERATORS.items():
    _of_expressions(_name, _mutants)


@operator("condition lost", VALUE)
def condition_lost(chart: Chart) -> Iterator[Seed]:
    """Ask for no condition: missing condition (MCO) of Black et al., `change guard` of Aichernig et al."""
    yield from dropped(chart.conditions)


@operator("operand exchanged", VALUE)
def operand_exchanged(chart: Chart) -> Iterator[Seed]:
    """Read another item or setting of the same type, ask for another act, role, option or state: ORO of Black et al."""
    kinds = _kinds(chart)

    def others(token: expressions.Token) -> Iterator[str]:
        if token.kind == "name":
            yield from (other for kind in kinds if token.text in kind for other in kind if other != token.text)
        else:
            quote, text = token.text[0], token.text[1:-1]
            yield from (f"{quote}{other}{quote}" for kind in kinds if text in kind for other in kind if other != text)

    for path, text in (*chart.conditions, *chart.values):
        yield from (Seed(path, Replace(path, quoted(each))) for each in expressions.exchanged(str(text), others))


def _kinds(chart: Chart) -> list[list[str]]:
    """Give what may stand for each other: items and settings by type, acts, roles, the options of each list."""
    by_type: dict[str, list[str]] = {}
    for section in ("data", "settings"):
        for name, item in chart.data.get(section, {}).items():
            by_type.setdefault(f"{section}.{item['type']}.{item.get('of')}", []).append(f"{section}.{name}")
    lists = [list(each) for each in chart.data.get("lists", {}).values()]
    return [*by_type.values(), *lists, list(chart.act_names), list(chart.roles)]


@operator("branches swapped", VALUE)
def branches_swapped(chart: Chart) -> Iterator[Seed]:
    """Swap the guards, or else the targets, of two branches that follow each other: ASI and AIE of Estero-Botía et al."""
    for path, transition in chart.transitions:
        for (one, first), (other, second) in pairwise(many(transition, path, "choice")):
            for key in ("guard", "to"):
                if key in first and key in second:
                    yield Seed((*one, key), Swap((*one, key), (*other, key)))
            if ("guard" in first) != ("guard" in second):
                yield Seed(one, Swap(one, other))


# --- constants ------------------------------------------------------------------------------------------------------


def numbers(chart: Chart) -> Found:
    """Give the numbers outside of expressions: budgets, how often, bounds, defaults."""
    yield from keys((((*path, "cycles"), each["cycles"]) for path, each in chart.moves if "cycles" in each), "at_most")
    yield from keys(chart.grants, "at_most")
    yield from keys(children(chart.data, (), "reopen"), "at_most")
    for path, ballot in chart.groups("ballots"):
        yield from keys(present(ballot, path, "quorum"), "at_least")
        yield from children(ballot, path, "values")
    for section in ("data", "settings"):
        for path, item in children(chart.data, (), section):
            yield from _bounds(path, item)
            for inner, each in children(item, path, "fields"):
                yield from _bounds(inner, each)


def _bounds(path: Path, item: Mapping[str, Any]) -> Found:
    yield from keys([(path, item)], "max", "scale", "default")
    yield from many(item, path, "between")


@operator("constant changed", VALUE)
def constant_changed(chart: Chart) -> Iterator[Seed]:
    """Put a number that is one more or less, false for true: constants (ECN) of Estero-Botía et al."""
    for path, number in numbers(chart):
        if isinstance(number, bool):
            yield from replaced(path, [not number])
        elif isinstance(number, int):
            yield from replaced(path, (n for n in (number + 1, number - 1) if n >= 0))


@operator("default lost", VALUE)
def default_lost(chart: Chart) -> Iterator[Seed]:
    """Let an item begin empty: missing initialisation, SVR of Ammann and Offutt with nothing for the variable."""
    yield from dropped(keys(children(chart.data, (), "data"), "default"))


@operator("bound lost", VALUE)
def bound_lost(chart: Chart) -> Iterator[Seed]:
    """Take any value: missing condition (MCO) of Black et al., for what a form refuses."""
    for _, item in (found := list(children(chart.data, (), "data"))):
        assert isinstance(item, Mapping)
    yield from dropped(keys(found, "max", "between", "pattern"))
    for path, item in found:
        yield from dropped(keys(children(item, path, "fields"), "max", "between", "pattern"))


@operator("outcome exchanged", VALUE)
def outcome_exchanged(chart: Chart) -> Iterator[Seed]:
    """End otherwise: exchanged outputs of Fabbri et al. (1994)."""
    for path, state in chart.states.items():
        if "outcome" in state:
            yield from replaced((*path, "outcome"), (other for other in OUTCOMES if other != state["outcome"]))


@operator("number rule changed", VALUE)
def number_changed(chart: Chart) -> Iterator[Seed]:
    """Number cases at another act, or begin the series anew at another time: operand replacement (ORO) of Black et al."""
    number = chart.data.get("number", {})
    if "at" in number:
        yield from replaced(("number", "at"), (name for name in ("start", *chart.act_names) if name != number["at"]))
    if "per" in number:
        yield from replaced(("number", "per"), (each for each in ("year", "term", "ever") if each != number["per"]))


@operator("limit changed", VALUE)
def limit_changed(chart: Chart) -> Iterator[Seed]:
    """Allow an act more or less often: `change guard` of Aichernig et al."""
    for path, limit in keys(chart.acts, "limit"):
        times, _, per = str(limit).partition(" per ")
        yield from replaced(path, (f"{n} per {per}" for n in (int(times) + 1, int(times) - 1) if n > 0))
        if per in ("person", "case"):
            yield from replaced(path, [f"{times} per {'case' if per == 'person' else 'person'}"])
        else:
            yield from replaced(path, (f"{times} per {term}" for term in other_terms(_counted(per))))


def _counted(per: str) -> str:
    return per if re.match(r"[0-9P]", per) else f"1 {per}"


# --- what an act asks for -------------------------------------------------------------------------------------------


@operator("form item lost", VALUE)
def form_item_lost(chart: Chart) -> Iterator[Seed]:
    """Ask for less in a form: missing input of Fabbri et al. (1994)."""
    yield from dropped(_forms(chart))


@operator("form item changed", VALUE)
def form_item_changed(chart: Chart) -> Iterator[Seed]:
    """Let an item stay empty that must not, or the reverse; overwrite a list instead of adding to it: exchanged input of Fabbri et al."""
    for path, item in _forms(chart):
        name = str(item).rstrip("?+")
        yield from replaced(path, [f"{name}?" if name == item else name])


def _forms(chart: Chart) -> Found:
    for path, each in (*chart.acts, *chart.groups("parties")):
        yield from many(each, path, "form")


@operator("requirement lost", VALUE)
def requirement_lost(chart: Chart) -> Iterator[Seed]:
    """Go on without a paper: missing condition (MCO) of Black et al."""
    for path, act in chart.acts:
        yield from dropped(many(act, path, "requires"))


@operator("requirement exchanged", VALUE)
def requirement_exchanged(chart: Chart) -> Iterator[Seed]:
    """Ask for another paper: operand replacement (ORO) of Black et al."""
    for path, act in chart.acts:
        for place, required in many(act, path, "requires"):
            if isinstance(required, str):
                yield from replaced(place, (each for each in chart.data.get("documents", {}) if each != required))


@operator("paper's rule lost", VALUE)
def paper_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Take an old paper for a new one, or one nobody approved: missing condition (MCO) of Black et al."""
    yield from dropped(keys(children(chart.data, (), "documents"), "per", "approved_by"))


@operator("reason lost", VALUE)
def reason_lost(chart: Chart) -> Iterator[Seed]:
    """Ask for no reason: missing input of Fabbri et al. (1994)."""
    for path, reason in keys((*chart.acts, *chart.grants), "reason"):
        yield Seed(path, Drop(path))
        if reason == "required":
            yield from replaced(path, ["optional"])


@operator("limit lost", VALUE)
def limit_lost(chart: Chart) -> Iterator[Seed]:
    """Allow an act as often as one likes: missing condition (MCO) of Black et al."""
    yield from dropped(keys(chart.acts, "limit"))


@operator("refusal lost", VALUE)
def refusal_lost(chart: Chart) -> Iterator[Seed]:
    """Refuse without saying why: missing output of Fabbri et al. (1994)."""
    yield from dropped(keys(chart.acts, "refuse"))


@operator("duty lost", VALUE)
def duty_lost(chart: Chart) -> Iterator[Seed]:
    """Let one person or unit do it all: RER (a rule is removed) of Mouelhi et al."""
    yield from dropped(many(chart.data, (), "duties"))


@operator("duty changed", VALUE)
def duty_changed(chart: Chart) -> Iterator[Seed]:
    """Separate persons for units, ask for the same instead of different ones, or of another act: RTT and PPR of Mouelhi et al."""
    for path, duty in many(chart.data, (), "duties"):
        ((kind, acts),) = duty.items()
        written = chart.text.written((*path, kind))
        yield from (Seed(path, Replace(path, f"{{{other}: {written}}}")) for other in DUTIES if other != kind)
        for number, act in enumerate(acts):
            yield from replaced((*path, kind, number), (other for other in chart.act_names if other not in acts))
            assert act


# --- what it does ---------------------------------------------------------------------------------------------------


@operator("effect lost", VALUE)
def effect_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out something an act, an entry, an exit or a rung does: missing output of Fabbri et al. (1994), actions (1999)."""
    for path, each in chart.effects:
        yield from dropped(keys([(path, each)], "attend", "excuse", "raise", "release", "collect", "open", "send", "publish"))
        yield from dropped(children(each, path, "set"))
        yield from dropped(many(each, path, "notify"))
        if "publish" in each:
            for key in ("what", "to"):
                yield from dropped(many(each["publish"], (*path, "publish"), key))


@operator("notice exchanged", VALUE)
def notice_exchanged(chart: Chart) -> Iterator[Seed]:
    """Tell somebody else: exchanged output of Fabbri et al. (1994). One other role stands for all, since nothing else hangs on it."""
    for path, each in chart.effects:
        told = [who for _, who in many(each, path, "notify")]
        other = next((role for role in chart.roles if role not in told), None)
        if other is not None:
            for place, _ in many(each, path, "notify"):
                yield from replaced(place, [other])
