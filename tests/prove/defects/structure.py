"""Operators that break the structure: a target, state, role, final, budget, region or rule is lost or leads elsewhere.

Sources: Chow, "Testing Software Design Modeled by Finite-State Machines" (1978), whose transfer faults these are; Fabbri, Maldonado,
Delamaro and Masiero, "Mutation Analysis Testing for Finite State Machines" (ISSRE 1994) and "Mutation Testing Applied to Validate
Specifications Based on Statecharts" (ISSRE 1999); Aichernig, Lorber and Ničković, "Time for Mutants" (TAP 2013); Estero-Botía, Palomo-
Lozano and Medina-Bulo, "Mutation Operators for WS-BPEL 2.0" (2008), for what workflows have beside states; Mouelhi, Fleurey and Baudry,
"A Generic Metamodel for Security Policies Mutation" (2008), for who may do what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.prove.defects.chart import Chart, children, many
from tests.prove.defects.edits import Drop, Replace, scalar
from tests.prove.defects.operators import STRUCTURE, Seed, operator

# --- where to -------------------------------------------------------------------------------------------------------


@operator("target lost", STRUCTURE)
def target_lost(chart: Chart) -> Iterator[Seed]:
    """Let the case stay where it should go on: Chow's transfer fault into the same state."""
    for path, move in chart.moves:
        if "to" in move:
            yield Seed((*path, "to"), Drop((*path, "to")))


@operator("target redirected", STRUCTURE)
def target_redirected(chart: Chart) -> Iterator[Seed]:
    """Lead to every other state: Chow's transfer fault, `change target` of Aichernig et al. A history target loses its memory by it."""
    for path, move in chart.moves:
        if "to" in move:
            yield from (Seed((*path, "to"), Replace((*path, "to"), leaf)) for leaf in chart.leaves)


@operator("budget's end redirected", STRUCTURE)
def budget_redirected(chart: Chart) -> Iterator[Seed]:
    """Lead a spent budget to every other state: Chow's transfer fault."""
    for path, move in chart.moves:
        if "cycles" in move:
            place = (*path, "cycles", "then")
            yield from (Seed(place, Replace(place, leaf)) for leaf in chart.leaves)


@operator("begin redirected", STRUCTURE)
def begin_redirected(chart: Chart) -> Iterator[Seed]:
    """Begin in every other state of the same level: `wrong starting state` of Fabbri et al. (1994), default entries (1999)."""
    for path, holder in ((), chart.data), *chart.states.items():
        if "initial" in holder:
            place = (*path, "initial")
            yield from (Seed(place, Replace(place, str(name))) for name in holder["states"] if name != holder["initial"])


@operator("begin lost", STRUCTURE)
def begin_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out which state comes first: default entries of Fabbri et al. (1999)."""
    for path, holder in ((), chart.data), *chart.states.items():
        if "initial" in holder:
            yield Seed((*path, "initial"), Drop((*path, "initial")))


@operator("history weakened", STRUCTURE)
def history_weakened(chart: Chart) -> Iterator[Seed]:
    """Remember less: the history operators of Fabbri et al. (1999). Its loss altogether is among the redirected targets."""
    for path, move in chart.moves:
        if isinstance(move.get("to"), Mapping):
            place = (*path, "to", "history")
            yield Seed(place, Replace(place, "shallow" if move["to"]["history"] == "deep" else "deep"))
            yield from (Seed((*path, "to", key), Drop((*path, "to", key))) for key in ("of", "default") if key in move["to"])


# --- what is missing ------------------------------------------------------------------------------------------------


@operator("transition lost", STRUCTURE)
def transition_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out an action, a reaction, `always`, `done` or a re-opening: `arc missing` of Fabbri et al. (1994)."""
    yield from (Seed(path, Drop(path)) for path, _ in chart.transitions)


@operator("branch lost", STRUCTURE)
def branch_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a branch of a choice: `arc missing` of Fabbri et al., AIE of Estero-Botía et al."""
    yield from (Seed(path, Drop(path)) for path, _ in chart.branches)


@operator("state lost", STRUCTURE)
def state_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a state with all that is in it: missing states of Chow."""
    yield from (Seed(path, Drop(path)) for path in chart.states if path[-2] == "states")


@operator("region lost", STRUCTURE)
def region_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a region: the operators on orthogonal components of Fabbri et al. (1999)."""
    yield from (Seed(path, Drop(path)) for path in chart.states if path[-2] == "regions")


@operator("final lost", STRUCTURE)
def final_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out that a state is final, or how a case ends in it: missing output of Fabbri et al. (1994)."""
    for path, state in chart.states.items():
        yield from (Seed((*path, key), Drop((*path, key))) for key in ("final", "outcome") if key in state)


@operator("budget lost", STRUCTURE)
def budget_lost(chart: Chart) -> Iterator[Seed]:
    """Let a case go round for ever: an invariant that is gone, the far end of `change invariant` of Aichernig et al."""
    yield from (Seed((*path, "cycles"), Drop((*path, "cycles"))) for path, move in chart.moves if "cycles" in move)


@operator("exception lost", STRUCTURE)
def exception_lost(chart: Chart) -> Iterator[Seed]:
    """Let what holds anywhere hold also where it was excepted: `change source` of Aichernig et al."""
    for path, act in chart.acts:
        yield from (Seed(place, Drop(place)) for place, _ in many(act, path, "except"))


@operator("opening lost", STRUCTURE)
def opening_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out who opens a case: `arc missing` of Fabbri et al., ACI of Estero-Botía et al."""
    if "start" in chart.data:
        yield Seed(("start",), Drop(("start",)))


@operator("deadline's stop lost", STRUCTURE)
def stop_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out what meets a deadline: `invert reset` of Aichernig et al., for a clock that is not stopped."""
    yield from (Seed((*path, "met_by"), Drop((*path, "met_by"))) for path, each in chart.deadlines if "met_by" in each)


# --- rules of groups ------------------------------------------------------------------------------------------------


@operator("child rule lost", STRUCTURE)
def child_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a rule of a group of children: handlers and correlation (XMF, XEE, AJC) of Estero-Botía et al."""
    for path, group in chart.groups("children"):
        yield from (Seed((*path, key), Drop((*path, key))) for key in group if key != "title")
        yield from (Seed(place, Drop(place)) for place, _ in (*children(group, path, "with"), *many(group, path, "read")))


@operator("child rule exchanged", STRUCTURE)
def child_rule_exchanged(chart: Chart) -> Iterator[Seed]:
    """Put another rule for when children are done and what becomes of them: AJC and XTF of Estero-Botía et al."""
    for path, group in chart.groups("children"):
        for key, rules in (("done_when", ("all", "any", "majority")), ("when_left", ("cancel", "keep"))):
            if group.get(key) in rules:
                yield from (Seed((*path, key), Replace((*path, key), rule)) for rule in rules if rule != group[key])


@operator("party or ballot rule lost", STRUCTURE)
def group_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a rule of parties or of a ballot: handlers (XMF, XEE) of Estero-Botía et al."""
    for kind in ("parties", "ballots"):
        for path, group in chart.groups(kind):
            yield from (Seed((*path, key), Drop((*path, key))) for key in group if key not in ("title", "form", "requires", "deadlines"))


# --- who ------------------------------------------------------------------------------------------------------------


@operator("role undeclared", STRUCTURE)
def role_undeclared(chart: Chart) -> Iterator[Seed]:
    """Leave out the declaration of a role: RER (a rule is removed) of Mouelhi et al."""
    yield from (Seed(("roles", role), Drop(("roles", role))) for role in chart.roles)


@operator("role lost", STRUCTURE)
def role_lost(chart: Chart) -> Iterator[Seed]:
    """Take a right, or an inbox, from a role: RER (a rule is removed) of Mouelhi et al."""
    yield from (Seed(path, Drop(path)) for path, _ in chart.rights)


@operator("role exchanged", STRUCTURE)
def role_exchanged(chart: Chart) -> Iterator[Seed]:
    """Give a right, or an inbox, to every other role instead: PPR (another parameter in a rule) of Mouelhi et al."""
    rights = list(chart.rights)
    for path, role in rights:
        beside = {each for place, each in rights if place[:-1] == path[:-1] and isinstance(path[-1], int)}
        yield from (Seed(path, Replace(path, scalar(other))) for other in chart.roles if other not in {role, *beside})


@operator("binding lost", STRUCTURE)
def binding_lost(chart: Chart) -> Iterator[Seed]:
    """Let anybody who holds a role act where it should be the unit or person of the case: PPD of Mouelhi et al., widened."""
    for path, role in children(chart.data, (), "roles"):
        if isinstance(role, Mapping):
            yield from (Seed((*path, key), Drop((*path, key))) for key in ("bound", "superior_of") if key in role)
