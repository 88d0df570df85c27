"""What the gates of a transition let through where a case stands: surely, perhaps, or never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from engine.core.case import CLOCK
from engine.core.compiled import act_key
from engine.definition.datatypes import TypeName
from engine.definition.effects import PartyAct
from engine.definition.forms import FormField
from engine.definition.process import ROOT, Deadline, ProcessDefinition, Transition, Trigger
from engine.proof.contexts import facts_about, is_in
from engine.proof.filled import Filled, form_of
from engine.proof.logic.formula import Atom, Formula, Sort, Truth, Variable, every, reduced, some, variables, variables_of
from engine.proof.logic.reading import Reader
from engine.proof.logic.solving import can_be_made, possible
from engine.proof.logic.terms import Number, compared, constant, just, takings
from engine.proof.space.tracking import Tracked, Values, items_of, literal

_BY_ITSELF = frozenset(
    {"actor", "now", "today", "overdue", "met", "last", "entered", "signal", "In", "children", "links", "parties", "ballots"}
)
"""What an expression reads that may be otherwise the next time without anybody changing the data of the case."""


class Ways(NamedTuple):
    """Which branches a transition can take. ``sure``: people can bring it about; ``may_be_shut``: the facts may allow none."""

    sure: tuple[int, ...]
    possible: tuple[int, ...]
    may_be_shut: bool


class Gates:
    """The gates of all transitions of a definition, as formulas."""

    def __init__(self, definition: ProcessDefinition, reader: Reader, filled: Filled) -> None:
        self.definition, self.reader, self.filled = definition, reader, filled
        self._gates: dict[str, Gate] = {}

    def changes_by_itself(self, variable: Variable) -> bool:
        """Say whether a variable may change though no form and no `set` does it: by who asks, by time, by what others do."""
        names = variable.reads if variable.opaque else {variable.name.removeprefix("size(")}
        return any(re.split(r"[.(]", name)[0] in _BY_ITSELF for name in names) or not self._filled_elsewhere.isdisjoint(items_of(variable))

    @cached_property
    def _filled_elsewhere(self) -> frozenset[str]:
        """Name the items that neither a form nor `set` fills: who came, what is looked up, what is worked out of such things."""
        data = self.definition.data.values()
        return frozenset(
            item.id for item in data if item.type.name is TypeName.ATTENDANCE or item.query is not None or item.compute is not None
        )

    def of(self, spec: Transition) -> Gate:
        """Give the gate of a transition."""
        found = self._gates.get(spec.id)
        if found is None:
            found = self._gates[spec.id] = Gate(self, spec)
        return found

    def before_branches(self, spec: Transition) -> Formula:
        """Say when a transition is weighed at all: somebody may act, not too often, and its own guard is true."""
        return every(self._who(spec), self._limit(spec), self.reader.meaning(spec.guard).true)

    def _who(self, spec: Transition) -> Formula:
        if spec.trigger is not Trigger.ACT:
            return True
        return some(*(self._may_act(name, spec) for name in spec.by))

    def _may_act(self, name: str, spec: Transition) -> Formula:
        if name == CLOCK:
            return some(*(self._runs(deadline) for deadline in self.definition.deadlines.values() if takes(deadline, spec)))
        role = self.definition.roles.get(name)
        if role is None:
            return True
        if role.superior_of is not None and role.superior_of != name:
            return self._may_act(role.superior_of, spec)
        return True if role.bound is None else self.reader.people(role.bound)

    def _runs(self, deadline: Deadline) -> Formula:
        """Say when a deadline runs, so that it fires in time. Under a guard, or once it may be met, that is not known."""
        here = True if deadline.state == ROOT else Truth(is_in(deadline.state))
        return here if surely_runs(deadline) else every(here, Truth(Variable(f"{deadline.name} runs", Sort.BOOL, opaque=True)))

    def _limit(self, spec: Transition) -> Formula:
        limit = spec.limit
        if limit is None or limit.per_person or limit.term is not None:
            return True  # others may take it, or one waits
        count = Number(just(takings(act_key(spec))), True)
        return compared("<", count, constant(Fraction(limit.times))).true

    def form(self, spec: Transition) -> tuple[FormField, ...]:
        """Give what is filled in for a transition, also where somebody else asked for it."""
        form = form_of(spec, self.definition.states)
        return tuple(field for field in form.fields if field.item.id not in spec.own) if form is not None else ()

    def kept(self, spec: Transition) -> frozenset[str]:
        """Name the lists that an act of parties keeps up to date."""
        groups = (self.definition.parties[effect.group] for effect in spec.effects if isinstance(effect, PartyAct) and effect.act != "sign")
        return frozenset(group.listed for group in groups if group.listed is not None)


class Gate:
    """The gate of one transition: a formula for each of its branches."""

    def __init__(self, gates: Gates, spec: Transition) -> None:
        self.gates, self.spec = gates, spec
        self.branches: list[Formula] = []
        shut: list[Formula] = []
        before = gates.before_branches(spec)
        for branch in spec.branches:
            meaning = gates.reader.meaning(branch.guard)
            self.branches.append(every(before, *shut, meaning.true))
            shut.append(meaning.false)
        fields = gates.form(spec)
        self.form = frozenset(field.item.id for field in fields)
        self.required = frozenset(field.item.id for field in fields if not field.optional)
        self.kept = gates.kept(spec)
        self._kept: dict[tuple[Values, frozenset[str], bool], Ways] = {}

    @cached_property
    def given(self) -> Formula:
        """Give what is known wherever the transition is weighed."""
        return facts_about(every(*self.branches), self.spec, self.gates.filled)

    @cached_property
    def _standing(self) -> Mapping[Atom, str]:
        """Give the atoms that ask where the case stands, with the state each asks about."""
        names = {is_in(path).name: path for path in self.gates.definition.states}
        used = {name: variable for branch in self.branches for name, variable in variables(branch).items()}
        return {Truth(variable): names[name] for name, variable in used.items() if name in names}

    def ways(self, values: Values, active: frozenset[str], tracked: Tracked, *, asked: bool) -> Ways:
        """Say which branches can be taken. ``values``: with the form filled in; ``asked``: somebody chooses when, and in which role."""
        key = (values, active.intersection(self._standing.values()), asked)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._ways(values, active, tracked, asked=asked)
        return found

    def residues(self, values: Values, active: frozenset[str], tracked: Tracked) -> list[Formula]:
        """Give what of the gate of each branch is not known here."""
        standing: dict[Atom, Formula] = {atom: path in active for atom, path in self._standing.items()}
        return [tracked.reduce(reduced(branch, standing), values) for branch in self.branches]

    def _ways(self, values: Values, active: frozenset[str], tracked: Tracked, *, asked: bool) -> Ways:
        residues = self.residues(values, active, tracked)
        used = {name: each for residue in residues for name, each in variables(residue).items()}
        chosen = frozenset(name for name, variable in used.items() if asked and self.is_chosen(variable))
        given = every(tracked.reduce(self.given, values), *_about(used, tracked, values))
        can = tuple(number for number, residue in enumerate(residues) if possible(every(given, residue)).possible is not False)
        sure = tuple(number for number in can if can_be_made(residues[number], chosen, given))
        return Ways(sure, can, not sure and not can_be_made(some(*residues), chosen, given))

    def is_chosen(self, variable: Variable) -> bool:
        """Say whether people choose what a variable is: by who acts and when, or by what they fill in."""
        items = items_of(variable)
        return self.gates.changes_by_itself(variable) or (bool(items) and items <= self.form and not variable.name.startswith("was."))


def _about(used: Mapping[str, Variable], tracked: Tracked, values: Values) -> list[Formula]:
    """Give what is known of variables that are not fully known."""
    return [
        literal(atom, value)
        for atom, value in zip(tracked.atoms, values, strict=False)
        if any(variable.name in used for variable in variables_of(atom))
    ]


def surely_runs(deadline: Deadline) -> bool:
    """Say whether a deadline runs whenever its state is active: nothing keeps it from it, and nothing meets it before."""
    return deadline.guard is None and deadline.met_by is None and deadline.start is None and deadline.until is None


def takes(deadline: Deadline, spec: Transition) -> bool:
    """Say whether a rung of a deadline takes an act of that name."""
    return any(rung.act is not None and rung.act.rpartition(".")[2] == spec.name for rung in deadline.rungs)
