"""Operators that break the time: a term, a deadline, a rung.

Sources, beside those of the structure: Estero-Botía et al. (2008), for terms; Fabbri et al. (1994), for outputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.terms import Term, Unit, parse_term
from tests.prove.defects.chart import Chart, Found, children, keys, many, present
from tests.prove.defects.operators import VALUE, Seed, dropped, operator, replaced

NEAR = {
    Unit.HOURS: Unit.DAYS,
    Unit.DAYS: Unit.WORKING_DAYS,
    Unit.WORKING_DAYS: Unit.DAYS,
    Unit.WEEKS: Unit.DAYS,
    Unit.MONTHS: Unit.WEEKS,
    Unit.YEARS: Unit.MONTHS,
}


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
