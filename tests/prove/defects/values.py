"""Operators that break a value: a term, a condition, a constant, a rung, what an act asks for, what it does beside moving.

Sources, beside those of the structure: Black, Okun and Yesha, "Mutation Operators for Specifications" (ASE 2000); Ammann and Offutt,
"Introduction to Software Testing" (2nd edition, 2016), chapter 9; Estero-Botía et al. (2008), for terms and constants; Fabbri et al.
(1994, 1999), for outputs.

Figures (`indicators`) are left alone: no case hangs on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from engine.definition.model.states import Outcome
from engine.definition.source import Path
from engine.definition.terms import Term, Unit, parse_term
from tests.prove.defects import expressions
from tests.prove.defects.chart import Chart, Found, children, many, present
from tests.prove.defects.edits import Drop, Replace, Swap, scalar
from tests.prove.defects.operators import VALUE, Seed, operator

OUTCOMES = Outcome.__args__  # type: ignore[attr-defined]
DUTIES = ("different_person", "different_unit", "same_person", "same_unit")
NEAR = {
    Unit.HOURS: Unit.DAYS,
    Unit.DAYS: Unit.WORKING_DAYS,
    Unit.WORKING_DAYS: Unit.DAYS,
    Unit.WEEKS: Unit.DAYS,
    Unit.MONTHS: Unit.WEEKS,
    Unit.YEARS: Unit.MONTHS,
}


def dropped(found: Iterable[tuple[Path, Any]]) -> Iterator[Seed]:
    """Leave out each of these."""
    yield from (Seed(path, Drop(path)) for path, _ in found)


def replaced(path: Path, values: Iterable[object]) -> Iterator[Seed]:
    """Put each of these values."""
    yield from (Seed(path, Replace(path, scalar(value))) for value in values)


def keys(found: Iterable[tuple[Path, Any]], *names: str) -> Found:
    """Give the values of some keys of what was found."""
    for path, each in found:
        for name in names:
            yield from present(each, path, name)


# --- terms ----------------------------------------------------------------------------------------------------------


def terms(chart: Chart) -> Found:
    """Give all terms that are written out: of deadlines, extensions, re-openings, ballots, settings."""
    yield from keys(chart.deadlines, "within", "lead")
    yield from keys(chart.grants, "up_to", "add")
    yield from keys(children(chart.data, (), "reopen"), "within")
    for path, ballot in chart.groups("ballots"):
        yield from keys(present(ballot, path, "closes"), "within", "lead")
    for path, setting in children(chart.data, (), "settings"):
        if setting["type"] == "term":
            yield from present(setting, path, "default")
            yield from many(setting, path, "between")


def other_terms(text: str) -> Iterator[Term]:
    """Give terms beside one: one more, one less, twice as long, of the nearest other unit."""
    term = parse_term(text)
    yield from (Term(n, term.unit) for n in (term.n + 1, term.n - 1, 2 * term.n) if n > 0 and n != term.n)
    yield Term(term.n, NEAR[term.unit])


@operator("term longer or shorter", VALUE)
def term_changed(chart: Chart) -> Iterator[Seed]:
    """Give more or less time, or count it otherwise: EMD of Estero-Botía et al., `change invariant` of Aichernig et al."""
    for path, text in terms(chart):
        if not str(text).startswith("settings."):
            yield from replaced(path, other_terms(str(text)))


@operator("setting exchanged", VALUE)
def setting_exchanged(chart: Chart) -> Iterator[Seed]:
    """Take a term from another setting: operand replacement (ORO) of Black et al."""
    settings = chart.data.get("settings", {})
    others = [f"settings.{name}" for name, setting in settings.items() if setting["type"] == "term"]
    for path, text in terms(chart):
        if str(text).startswith("settings."):
            yield from replaced(path, (other for other in others if other != text))


@operator("deadline lost", VALUE)
def deadline_lost(chart: Chart) -> Iterator[Seed]:
    """Give all the time in the world: XTF of Estero-Botía et al."""
    yield from dropped(chart.deadlines)


@operator("deadline's rule lost", VALUE)
def deadline_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out where a term is counted back to, its hour, or its extension: EMF of Estero-Botía et al."""
    yield from dropped(keys(chart.deadlines, "lead", "from", "hour", "extend", "timer", "rest_day"))
    yield from dropped(keys(chart.grants, "asked_by", "before_due", "at_most"))


@operator("pause lost", VALUE)
def pause_lost(chart: Chart) -> Iterator[Seed]:
    """Let the clock run where it should stand: `invert reset` of Aichernig et al."""
    for path, each in chart.deadlines:
        yield from dropped(many(each, path, "paused_in"))


@operator("reentry or catching up exchanged", VALUE)
def reentry_exchanged(chart: Chart) -> Iterator[Seed]:
    """Begin a new term instead of going on, or the reverse: `invert reset` of Aichernig et al."""
    for path, each in chart.deadlines:
        yield from dropped(keys([(path, each)], "reentry", "catch_up"))
        if "reentry" in each:
            yield from replaced((*path, "reentry"), {"restart", "continue"} - {each["reentry"]})


# --- rungs ----------------------------------------------------------------------------------------------------------


@operator("rung lost", VALUE)
def rung_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a rung: missing output of Fabbri et al. (1994), XTF of Estero-Botía et al."""
    yield from dropped(chart.rungs)


@operator("rung moved", VALUE)
def rung_moved(chart: Chart) -> Iterator[Seed]:
    """Let a rung come earlier or later: `change guard` of Aichernig et al."""
    for path, rung in chart.rungs:
        yield from replaced((*path, "at"), _other_times(str(rung["at"])))


def _other_times(at: str) -> Iterator[str]:
    if at in ("due", "start"):
        yield from ("1 working day after", "1 working day before" if at == "due" else "due")
    elif at.endswith("%"):
        share = int(at.removesuffix("%"))
        yield from (f"{n} %" for n in (share - 10, share + 10) if 0 < n <= 100)
    else:
        term, _, side = at.rpartition(" ")
        yield from (f"{other} {side}" for other in other_terms(term))
        yield f"{term} {'before' if side == 'after' else 'after'}"


@operator("rung's effect lost or exchanged", VALUE)
def rung_effect(chart: Chart) -> Iterator[Seed]:
    """Leave out what a rung does, or do it to or by another: missing and exchanged outputs of Fabbri et al. (1994)."""
    for path, rung in chart.rungs:
        yield from dropped(keys([(path, rung)], "escalate", "act"))
        if "escalate" in rung:
            yield from replaced((*path, "escalate"), (role for role in chart.roles if role != rung["escalate"]))
        if "act" in rung:
            yield from replaced((*path, "act"), (name for name in chart.act_names if name != rung["act"]))


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
    for path, _ in chart.conditions:
        yield Seed(path, Drop(path))


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
