"""Expressions in CEL: compiled once against a definition's declared names, evaluated against what the core shows of a case.

Checked on messages, run on plain variables: each `data.x` becomes a variable of its own, absent when the item is empty, so that
reading it is an error which `&&` and `||` absorb and which else names the item. Functions over the case's history become
variables as well. An expression sees one `now`, does no input or output, and the runtime bounds its steps (10,000 turns of all
its loops together), its nesting (32 levels) and, by RE2, its patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol

from cel_expr_python import cel

from engine.clock import Instant, from_datetime
from engine.definition import cel_checks, cel_results
from engine.definition.calendars import Calendar
from engine.definition.cel_ast import Node, TooDeep, Tree, kind
from engine.definition.cel_functions import HISTORY_NAMES, History, declarations, functions
from engine.definition.cel_guarded import unguarded
from engine.definition.cel_messages import LONGEST, TOO_DEEP, ExpressionProblem, Glossary, complaints
from engine.definition.cel_program import FLAT, NOT_SET, Program, Runtime
from engine.definition.cel_results import Expected
from engine.definition.cel_spread import Spread
from engine.definition.cel_types import Structs, Values, plain, with_row_fields
from engine.definition.datatypes import ACTOR, CASE, DataItem, DataType, TypeName, record
from engine.definition.shapes import canonicaliser
from engine.errors import YishiError


class ExpressionError(YishiError):
    """The expression has mistakes; `problems` has all of them, each with its place in the text."""

    code = "expression"

    def __init__(self, problems: Iterable[ExpressionProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"column {each.column}: {each.message}" for each in self.problems))


class MissingData(YishiError):
    """An expression read an item that is empty."""

    code = "missing_data"

    def __init__(self, item: str) -> None:
        self.item = item
        super().__init__(f"`{item}` is empty.")


class EvaluationFailed(YishiError):
    """An expression could not be evaluated."""

    code = "evaluation_failed"


class View(History, Protocol):
    """What an expression sees of a case: canonical JSON, its history, and one instant.

    ``data`` and ``was`` (before this form) by item; ``actor``: id role unit organisation; ``case``: id number organisation
    opened_at opened_by parent; ``settings``: all of them, by id. What is empty is absent.
    """

    @property
    def data(self) -> Mapping[str, Any]:
        """The items as they are, or will be once the form is applied."""
        ...

    @property
    def was(self) -> Mapping[str, Any]:
        """The items before the form."""
        ...

    @property
    def actor(self) -> Mapping[str, Any]:
        """Who acts."""
        ...

    @property
    def case(self) -> Mapping[str, Any]:
        """The case itself."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings the case opened with."""
        ...

    @property
    def children(self) -> Mapping[str, Any]:
        """The child cases of each group, in the order of their rows."""
        ...

    @property
    def links(self) -> Mapping[str, Any]:
        """The cases at the other ends of each link, in the order in which they were tied."""
        ...

    @property
    def parties(self) -> Mapping[str, Any]:
        """The parties of each group, in the order in which they were invited."""
        ...

    @property
    def ballots(self) -> Mapping[str, Any]:
        """The tally of each ballot that is closed."""
        ...

    @property
    def given(self) -> Mapping[str, Any]:
        """What is seen at this moment only, like the `signal` that is being received."""
        ...

    def live(self, item: str) -> Any:
        """Give what a live query gives at this moment; None for all other items, and what is empty."""
        ...

    def looked_up(self, target: str, key: str) -> Mapping[str, Any]:
        """Give what is known of the case, or the row of a registry, that a ref points to; nothing where there is none."""
        ...

    @property
    def now(self) -> Instant:
        """The present instant, in microseconds."""
        ...


@dataclass(frozen=True, slots=True)
class Names:
    """What the constants of `In`, `count`, `last`, `entered`, `overdue` and `met` may name: as written -> in full."""

    acts: Mapping[str, str]
    states: Mapping[str, str]
    deadlines: Mapping[str, str]

    @classmethod
    def plain(cls, acts: Iterable[str] = (), states: Iterable[str] = (), deadlines: Iterable[str] = ()) -> Names:
        """Take names that are written in full only."""
        return cls(*({name: name for name in group} for group in (acts, states, deadlines)))


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression; immutable, shared by every thread.

    ``reads``/``was_reads``: items of `data`/`was` it reads or tests. ``has_checked``: those tested with `has`. ``unguarded``: those
    of `data` it reads where they may be empty. ``settings_reads``; ``memory``: (function, full names) asked of the history.
    ``may_be_missing``: all that MissingData may name, in full. ``reads_clock``: it asks for `now` or `today`. ``gives_persons``: of one
    for `people`, that it gives no units. ``checked``: the syntax tree, for who reasons about what it says. ``gives``: the type that an
    `any` expression gives, if it has a name.
    """

    text: str
    expected: Expected
    reads: frozenset[str]
    was_reads: frozenset[str]
    settings_reads: frozenset[str]
    has_checked: frozenset[str]
    unguarded: frozenset[str]
    memory: tuple[tuple[str, tuple[str, ...]], ...]
    may_be_missing: frozenset[str]
    reads_clock: bool
    checked: bytes
    gives_persons: bool
    _program: Program
    _give: Callable[[Any, View], Any]
    gives: DataType | None = None

    def evaluate(self, view: View, variables: Mapping[str, Any] | None = None) -> Any:
        """Give the value: a bool; microseconds for `instant`; a list of ids for `people`; canonical JSON else.

        ``variables``: what was declared beyond the view, like `row`, as canonical JSON. Raises MissingData when an empty item is
        read, EvaluationFailed for all else that goes wrong, also when a value does not fit the item it is for.
        """
        given = variables if variables is not None else view.given
        try:
            answer = self._program.run(view, given)
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            raise EvaluationFailed(f"`{self.text}`: {error}") from error
        value = answer.value()
        if value is True or value is False:
            return value
        if answer.type() == cel.Type.ERROR:
            raise self._failure(self._program.why(str(answer.plain_value()), view, given))
        try:
            return self._give(answer.plain_value(), view)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise EvaluationFailed(f"`{self.text}` gives no {self.expected}: {error}") from error

    def holds(self, view: View, variables: Mapping[str, Any] | None = None) -> bool:
        """Say whether a guard passes: only on the value true. Raises like `evaluate`."""
        return self.evaluate(view, variables) is True

    def _failure(self, report: str) -> YishiError:
        found = NOT_SET.search(report)
        if found is not None and found[1] in self.may_be_missing:
            return MissingData(found[1].removeprefix("data."))
        return EvaluationFailed(f"`{self.text}`: {report}")


def structs_of_case(
    items: Mapping[str, DataItem], settings: Mapping[str, DataType], constructs: Mapping[str, DataType] | None = None
) -> dict[str, DataType]:
    """Give what expressions of a workflow see of a case. ``constructs``: of `children`, `links`, `parties` and `ballots` those it has."""
    data = DataType(TypeName.RECORD, fields=tuple(items.values()))
    known = {"data": data, "was": data, "actor": ACTOR, "case": CASE, "settings": record(settings)}
    return {**known, **(constructs or {})}


class Scope:
    """The typed names of one definition's expressions: ``structs`` (in a workflow those of its case), `now`, `today` and functions."""

    def __init__(self, structs: Mapping[str, DataType], names: Names, calendar: Calendar) -> None:
        self.names = names
        self.values = Values(calendar)
        self._structs = Structs()
        self._functions = functions(calendar)
        self._runtime = Runtime(self._functions, self.values)
        self.variables: Mapping[str, DataType] = {**structs, "now": DataType(TypeName.DATETIME), "today": DataType(TypeName.DATETIME)}
        self._check_types = {
            name: self._structs.check_type(kind, "data" if name == "was" else name) for name, kind in self.variables.items()
        }
        self._growing = Lock()
        self._declarations = declarations(self._functions)
        self._environments: dict[tuple[tuple[str, int], ...], tuple[Any, Mapping[str, DataType]]] = {}

    def compile(self, text: str, expects: Expected = "bool", variables: Mapping[str, DataType] | None = None) -> Expression:
        """Compile an expression that must give what is expected.

        ``variables``: what it sees beyond the definition's own names, like `row` or `signal`. Raises ExpressionError with all that
        is wrong with the expression.
        """
        if not text.strip() or len(text) > LONGEST:
            got = f"{len(text)} characters" if text.strip() else "nothing"
            raise ExpressionError([ExpressionProblem(0, f"expected an expression of at most {LONGEST} characters, got {got}")])
        extra = variables or {}
        around = cel_checks.Surroundings({**self.variables, **extra}, FLAT, self._history_names(), self._structs)
        spread = Spread(text, [each.id for each in self.variables["ballots"].fields] if "ballots" in self.variables else ())
        try:
            tree = self._checked(spread.text, self._environment(extra), around)
            problems = {*cel_checks.problems(tree, around), *cel_results.problems(tree, expects, self._structs)}
            if problems:
                raise ExpressionError(sorted(problems))
        except ExpressionError as error:
            raise ExpressionError(sorted({replace(each, offset=spread.offset(each.offset)) for each in error.problems})) from None
        checked, empty = tree.serialized, unguarded(tree.root, _item_of)
        persons = expects == "people" and cel_results.gives_persons(tree, around)
        gives = self._structs.declared(tree.type_of(tree.root)) if expects == "any" else None
        program, reads = self._runtime.program(tree, around)
        return Expression(
            text=text,
            expected=expects,
            reads=reads.of("data"),
            was_reads=reads.of("was"),
            settings_reads=reads.of("settings"),
            has_checked=frozenset(reads.tested),
            unguarded=empty,
            memory=tuple(reads.memory),
            may_be_missing=frozenset(reads.may_be_missing),
            reads_clock=reads.clock,
            checked=checked,
            gives_persons=persons,
            _program=program,
            _give=self._result(expects),
            gives=gives,
        )

    def _checked(self, text: str, environment: Any, around: cel_checks.Surroundings) -> Tree:
        """Parse and type-check. What does not pass is looked at without types as well, so that all mistakes are told at once."""
        try:
            return Tree(environment.compile(text).serialize())
        except TooDeep:
            raise ExpressionError([ExpressionProblem(0, TOO_DEEP)]) from None
        except RuntimeError as error:
            known = {*around.variables, *(each.name for each in self._functions.values()), *_LIST_FUNCTIONS, *HISTORY_NAMES, *_MACROS}
            problems = set(complaints(str(error), text, Glossary(known, self._structs.glossary())))
        with suppress(RuntimeError, TooDeep):  # when it cannot even be parsed, that has been said
            problems.update(cel_checks.problems(Tree(environment.compile(text, disable_check=True).serialize()), around))
        raise ExpressionError(sorted(problems))

    def _environment(self, extra: Mapping[str, DataType]) -> Any:
        """Give the checker's environment for these extra variables, made once."""
        taken = sorted(extra.keys() & self.variables.keys())
        if taken:
            raise ValueError(f"expected extra variables with names of their own, got {', '.join(taken)}")
        signature = tuple(sorted((name, id(kind)) for name, kind in extra.items()))
        with self._growing:
            known = self._environments.get(signature)
            if known is None:
                types = self._check_types | {name: self._structs.check_type(kind, name) for name, kind in extra.items()}
                made = cel.NewEnv(self._structs.pool, variables=types, functions=self._declarations)
                known = self._environments[signature] = (made, dict(extra))  # the types are kept: the signature is their identity
        return known[0]

    def _history_names(self) -> Mapping[str, Mapping[str, str]]:
        return {"acts": self.names.acts, "states": self.names.states, "deadlines": self.names.deadlines}

    def _result(self, expects: Expected) -> Callable[[Any, View], Any]:
        match expects:
            case DataType():
                outward, canonical = self.values.outward(expects), canonicaliser(with_row_fields(expects))
                return lambda value, view: canonical(outward(value), view.settings)
            case "instant":
                return lambda value, _: from_datetime(value)
            case "people":
                return lambda value, _: [value] if isinstance(value, str) else list(value)
            case _:
                return lambda value, _: plain(value)


_LIST_FUNCTIONS = ("sum", "mean", "min", "max", "distinct")
_MACROS = ("all", "exists", "exists_one", "filter", "has", "map", "size", "int", "double", "string", "timestamp", "duration", "matches")


def _item_of(node: Node) -> str | None:
    operand = node.select.operand
    return str(node.select.field) if kind(operand) == "ident" and operand.ident.name == "data" else None
