"""Operators that break the structure: a target, state, role, final, budget, region or rule is lost or leads elsewhere.

Sources: Chow, "Testing Software Design Modeled by Finite-State Machines" (1978), whose transfer faults these are; Fabbri, Maldonado,
Delamaro and Masiero, "Mutation Analysis Testing for Finite State Machines" (ISSRE 1994) and "Mutation Testing Applied to Validate
Specifications Based on Statecharts" (ISSRE 1999); Aichernig, Lorber and Ničković, "Time for Mutants" (TAP 2013); Estero-Botía, Palomo-
Lozano and Medina-Bulo, "Mutation Operators for WS-BPEL 2.0" (2008), for what workflows have beside states; Mouelhi, Fleurey and Baudry,
"A Generic Metamodel for Security Policies Mutation" (2008), for who may do what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.prove.defects.chart import Chart, children, keys, many, present
from tests.prove.defects.operators import STRUCTURE, Seed, dropped, operator, replaced

# --- where to -------------------------------------------------------------------------------------------------------


@operator("target lost", STRUCTURE)
def target_lost(chart: Chart) -> Iterator[Seed]:
    """Let the case stay where it should go on: Chow's transfer fault into the same state."""
    yield from dropped(keys(chart.moves, "to"))


@operator("target redirected", STRUCTURE)
def target_redirected(chart: Chart) -> Iterator[Seed]:
    """Lead to every other state: Chow's transfer fault, `change target` of Aichernig et al. A history target loses its memory by it."""
    for path, _ in keys(chart.moves, "to"):
        yield from replaced(path, chart.leaves)


@operator("budget's end redirected", STRUCTURE)
def budget_redirected(chart: Chart) -> Iterator[Seed]:
    """Lead a spent budget to every other state: Chow's transfer fault."""
    for path, move in chart.moves:
        if "cycles" in move:
            yield from replaced((*path, "cycles", "then"), chart.leaves)


@operator("begin redirected", STRUCTURE)
def begin_redirected(chart: Chart) -> Iterator[Seed]:
    """Begin in every other state of the same level: `wrong starting state` of Fabbri et al. (1994), default entries (1999)."""
    for path, holder in ((), chart.data), *chart.states.items():
        if "initial" in holder:
            yield from replaced((*path, "initial"), (name for name in holder["states"] if name != holder["initial"]))


@operator("begin lost", STRUCTURE)
def begin_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out which state comes first: default entries of Fabbri et al. (1999)."""
    yield from dropped(keys((((), chart.data), *chart.states.items()), "initial"))


@operator("history weakened", STRUCTURE)
def history_weakened(chart: Chart) -> Iterator[Seed]:
    """Remember less: the history operators of Fabbri et al. (1999). Its loss altogether is among the redirected targets."""
    for path, move in chart.moves:
        if isinstance(move.get("to"), Mapping):
            yield from replaced((*path, "to", "history"), ["shallow" if move["to"]["history"] == "deep" else "deep"])
            yield from dropped(keys(present(move, path, "to"), "of", "default"))


# --- what is missing ------------------------------------------------------------------------------------------------


@operator("transition lost", STRUCTURE)
def transition_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out an action, a reaction, `always`, `done` or a re-opening: `arc missing` of Fabbri et al. (1994)."""
    yield from dropped(chart.transitions)


@operator("branch lost", STRUCTURE)
def branch_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a branch of a choice: `arc missing` of Fabbri et al., AIE of Estero-Botía et al."""
    yield from dropped(chart.branches)


@operator("state lost", STRUCTURE)
def state_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a state with all that is in it: missing states of Chow."""
    yield from dropped(each for each in chart.states.items() if each[0][-2] == "states")


@operator("region lost", STRUCTURE)
def region_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a region: the operators on orthogonal components of Fabbri et al. (1999)."""
    yield from dropped(each for each in chart.states.items() if each[0][-2] == "regions")


@operator("final lost", STRUCTURE)
def final_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out that a state is final, or how a case ends in it: missing output of Fabbri et al. (1994)."""
    yield from dropped(keys(chart.states.items(), "final", "outcome"))


@operator("budget lost", STRUCTURE)
def budget_lost(chart: Chart) -> Iterator[Seed]:
    """Let a case go round for ever: an invariant that is gone, the far end of `change invariant` of Aichernig et al."""
    yield from dropped(keys(chart.moves, "cycles"))


@operator("exception lost", STRUCTURE)
def exception_lost(chart: Chart) -> Iterator[Seed]:
    """Let what holds anywhere hold also where it was excepted: `change source` of Aichernig et al."""
    for path, act in chart.acts:
        yield from dropped(many(act, path, "except"))


@operator("opening lost", STRUCTURE)
def opening_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out who opens a case: `arc missing` of Fabbri et al., ACI of Estero-Botía et al."""
    yield from dropped(present(chart.data, (), "start"))


@operator("deadline's stop lost", STRUCTURE)
def stop_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out what meets a deadline: `invert reset` of Aichernig et al., for a clock that is not stopped."""
    yield from dropped(keys(chart.deadlines, "met_by"))


# --- rules of groups ------------------------------------------------------------------------------------------------


@operator("child rule lost", STRUCTURE)
def child_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a rule of a group of children: handlers and correlation (XMF, XEE, AJC) of Estero-Botía et al."""
    for path, group in chart.groups("children"):
        yield from dropped(keys([(path, group)], *(key for key in group if key != "title")))
        yield from dropped((*children(group, path, "with"), *many(group, path, "read")))


@operator("child rule exchanged", STRUCTURE)
def child_rule_exchanged(chart: Chart) -> Iterator[Seed]:
    """Put another rule for when children are done and what becomes of them: AJC and XTF of Estero-Botía et al."""
    for path, group in chart.groups("children"):
        for key, rules in (("done_when", ("all", "any", "majority")), ("when_left", ("cancel", "keep"))):
            if group.get(key) in rules:
                yield from replaced((*path, key), (rule for rule in rules if rule != group[key]))


@operator("party or ballot rule lost", STRUCTURE)
def group_rule_lost(chart: Chart) -> Iterator[Seed]:
    """Leave out a rule of parties or of a ballot: handlers (XMF, XEE) of Estero-Botía et al."""
    for kind in ("parties", "ballots"):
        for path, group in chart.groups(kind):
            rules = (key for key in group if key not in ("title", "form", "requires", "deadlines"))
            yield from dropped(keys([(path, group)], *rules))


# --- who ------------------------------------------------------------------------------------------------------------


@operator("role undeclared", STRUCTURE)
def role_undeclared(chart: Chart) -> Iterator[Seed]:
    """Leave out the declaration of a role: RER (a rule is removed) of Mouelhi et al."""
    yield from dropped((("roles", role), role) for role in chart.roles)


@operator("role lost", STRUCTURE)
def role_lost(chart: Chart) -> Iterator[Seed]:
    """Take a right, or an inbox, from a role: RER (a rule is removed) of Mouelhi et al."""
    yield from dropped(chart.rights)


@operator("role exchanged", STRUCTURE)
def role_exchanged(chart: Chart) -> Iterator[Seed]:
    """Give a right, or an inbox, to every other role instead: PPR (another parameter in a rule) of Mouelhi et al."""
    rights = list(chart.rights)
    for path, role in rights:
        beside = {each for place, each in rights if place[:-1] == path[:-1] and isinstance(path[-1], int)}
        yield from replaced(path, (other for other in chart.roles if other not in {role, *beside}))


@operator("binding lost", STRUCTURE)
def binding_lost(chart: Chart) -> Iterator[Seed]:
    """Let anybody who holds a role act where it should be the unit or person of the case: PPD of Mouelhi et al., widened."""
    for path, role in children(chart.data, (), "roles"):
        if isinstance(role, Mapping):
            yield from dropped(keys([(path, role)], "bound", "superior_of"))
