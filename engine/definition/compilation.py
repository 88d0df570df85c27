"""What all parts of compiling a workflow share: the document, what was found wrong, and how names, texts and expressions are resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from engine.definition.act_names import ActNames
from engine.definition.cel_functions import TIME_IN
from engine.definition.cel_messages import LONGEST
from engine.definition.cel_results import Expected
from engine.definition.datatypes import CASE_REF_FIELDS, DataItem, DataType, attendance_entry
from engine.definition.expressions import Expression, ExpressionError, Scope
from engine.definition.limits import Measure
from engine.definition.model import DataItem as DataItemShape
from engine.definition.model import Setting, Workflow, by_language
from engine.definition.process import Text
from engine.definition.source import Document, Path
from engine.definition.state_names import StateNames, UnknownState, by_ending
from engine.errors import MOST_TOLD, Problem, did_you_mean

if TYPE_CHECKING:
    from engine.definition.interface import Interface

ANYBODY = frozenset({"anyone"})
ACTING = frozenset({"clock", "parent", "anyone"})
TOLD = frozenset({"owner", "party", "initiator"})
SHOWN = frozenset({"website"})

Step = str | int


@dataclass(slots=True)
class Compilation:
    """One workflow on its way from model to definition. Names that mean nothing are reported, never raised."""

    document: Document
    workflow: Workflow
    states: StateNames
    acts: ActNames
    scope: Scope | None = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Path] = field(default_factory=dict)  # by id of a transition or branch, by full name of a deadline
    used: set[str] = field(default_factory=set)  # roles and documents that something names
    library: Mapping[str, Interface] = field(default_factory=dict)  # the workflows that may be named
    imports: dict[str, int] = field(default_factory=dict)  # those that were, with the version they had
    checks_others: bool = True  # False while only the interface of this one is read
    measure: Measure = field(default_factory=Measure)

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages of the workflow; a text without a language is in the first."""
        return self.workflow.language

    @property
    def lists(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Give the closed lists of the workflow by id."""
        return self.workflow.lists

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Give the settings of the workflow by id."""
        return self.workflow.settings

    def report(self, rule: str, message: str, path: Sequence[Step], *, column: int = 0, at_key: bool = False) -> None:
        """Note a problem at its place."""
        self.problems.append(self.document.problem(rule, message, path, column=column, at_key=at_key))

    def text(self, text: Mapping[str, str] | None, otherwise: str) -> Text:
        """Give a text by language; what has no title is called by its id."""
        return by_language(text, otherwise, self.languages[0])

    # --- names ------------------------------------------------------------------------------------------------------

    def state(self, name: str, declared_in: str, path: Sequence[Step]) -> str | None:
        """Find a state by a name as it stands in a state; None, with a problem, if there is none."""
        try:
            return self.states.find(name, declared_in)
        except UnknownState as unknown:
            self.report("name.unknown_state", f"there is no state `{name}` to be seen from here{self.nearest(name, unknown.known)}", path)
            return None

    def state_by_ending(self, name: str, path: Sequence[Step]) -> str | None:
        """Find a state named at the top of the file: by its path, or by the end of it where that means one state only."""
        endings = by_ending(each for each in self.states.sites if each)
        if name not in endings:
            self.unknown("state", "name.unknown_state", name, endings, path)
        return endings.get(name)

    def state_list(self, names: Iterable[str], declared_in: str, path: Path) -> frozenset[str]:
        """Find several states."""
        found = (self.state(name, declared_in, (*path, number)) for number, name in enumerate(names))
        return frozenset(each for each in found if each is not None)

    def act(self, name: str, path: Sequence[Step]) -> str | None:
        """Give the one spelling of an act's name; None, with a problem, if there is no such act."""
        spelled = self.acts.spelled(name)
        if spelled is None:
            self.unknown("act", "name.unknown_act", name, self.acts.known(), path)
        return spelled

    def seal(self, name: str | None, path: Sequence[Step]) -> str | None:
        """Find what ends a seal: leaving a state or taking an act, so the name is sought among both."""
        if name is None or self.acts.spelled(name):
            return self.acts.spelled(name) if name else None
        return self.state_by_ending(name, path)

    def roles(self, names: Iterable[str] | None, path: Path, also: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Check that roles are declared, or among the words that may stand for one here."""
        given = tuple(names or ())
        self.used.update(given)
        for number, name in enumerate(given):
            if name not in self.workflow.roles and name not in also and "." not in name:
                self.unknown("role", "name.unknown_role", name, [*self.workflow.roles, *also], (*path, number))
        return given

    def unknown(self, kind: str, rule: str, name: str, known: Iterable[str], path: Sequence[Step], *, at_key: bool = False) -> None:
        """Report a name that means nothing, with the nearest that does."""
        self.report(rule, f"there is no {kind} `{name}`{self.nearest(name, known)}", path, at_key=at_key)

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Give ``, did you mean 'x'?``, or nothing, also for a problem that will not be told."""
        return did_you_mean(name, known) if len(self.problems) < MOST_TOLD else ""

    def item(self, name: str, path: Sequence[Step]) -> bool:
        """Check that a data item is declared."""
        return self._declared("data item", "name.unknown_item", name, self.workflow.data, path)

    def document_name(self, name: str, path: Sequence[Step]) -> bool:
        """Check that a document is declared."""
        self.used.add(name)
        return self._declared("document", "name.unknown_document", name, self.workflow.documents, path)

    def interface(self, name: str, path: Sequence[Step], *, or_registry: bool = False) -> Interface | None:
        """Give another workflow (or a registry) as this one may rely on it; None, with a problem, if there is none."""
        found = self.library.get(name)
        if found is None or (found.is_registry and not or_registry):
            known = [each for each in self.library if or_registry or not self.library[each].is_registry]
            kind, rule = ("workflow or registry", "name.unknown_registry") if or_registry else ("workflow", "name.unknown_workflow")
            self.unknown(kind, rule, name, known, path)
            return None
        if name != self.workflow.workflow:
            self.imports[name] = found.version
        return found

    def entry(self, item: DataItemShape) -> DataType | None:
        """Type what an attendance holds of each person: in which role of the workflow, and by which of its methods."""
        methods = {method: self.text(text, method) for method, text in (item.methods or {}).items()}
        return attendance_entry(methods, {name: self.text(role.title, name) for name, role in self.workflow.roles.items()})

    def ref_fields(self, item: DataItemShape, path: Path) -> tuple[DataItem, ...]:
        """Type what is read of the case or row that a ref points to, beside its id."""
        other = self.interface(item.of, (*path, "of"), or_registry=True) if item.of is not None and self.checks_others else None
        if other is None:
            return ()
        for number, name in enumerate(item.read or ()):
            if name not in other.items:
                self.unknown(f"item in `{other.workflow}`", "name.unknown_item", name, other.items, (*path, "read", number))
        read = tuple(other.items[name] for name in item.read or () if name in other.items)
        return read if other.is_registry else (*CASE_REF_FIELDS, *read)

    def _declared(self, kind: str, rule: str, name: str, known: Mapping[str, Any], path: Sequence[Step]) -> bool:
        if name in known:
            return True
        self.unknown(kind, rule, name, known, path)
        return False

    # --- expressions ------------------------------------------------------------------------------------------------

    def expression(
        self, text: str | None, expects: Expected, path: Sequence[Step], variables: Mapping[str, DataType] | None = None
    ) -> Expression | None:
        """Compile an expression; None, with its problems placed inside the text, if it is wrong. ``variables``: seen beside the case."""
        if text is None or self.scope is None:
            return None
        found = compiled(self, self.scope, text, expects, path, variables)
        if found is not None and path[0] != "indicators" and any(function == TIME_IN for function, _ in found.memory):
            self.report("expression.type", f"`{TIME_IN}` is for indicators: a decision does not read the trail", path)
        return found


class Measured(Protocol):
    """What expressions are compiled for: a workflow or a registry, with how much of its file has been looked at."""

    @property
    def measure(self) -> Measure:
        """Give how much there is of expressions in the file so far."""
        ...

    @property
    def problems(self) -> list[Problem]:
        """Give what was found wrong so far."""
        ...

    def report(self, rule: str, message: str, path: Sequence[Step], *, column: int = 0) -> None:
        """Note a problem at its place."""
        ...


def compiled(
    work: Measured, scope: Scope, text: str, expects: Expected, path: Sequence[Step], variables: Mapping[str, DataType] | None = None
) -> Expression | None:
    """Compile one expression more, unless there are too many of them or of problems; what is wrong with it is noted at its place."""
    if (too_much := work.measure.add(text[:LONGEST])) is not None:
        work.report("model.size", too_much, path)
    if work.measure.is_over or len(work.problems) > MOST_TOLD:
        return None
    try:
        return scope.compile(text, expects, variables)
    except ExpressionError as error:
        for problem in error.problems:
            work.report("guard.type" if expects == "bool" else "expression.type", problem.message, path, column=problem.column)
        return None
