"""Lint: everything that is wrong, or likely to be, with workflow files. One rule, one function, one stable id (docs/lint.md).

Reading, shape, names and expressions are checked by the loader (rules ``yaml.*``, ``model.*``, ``name.*``, ``guard.type`` …); the rules
of this package look at a workflow as a whole, once it could be put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath

from engine.definition.calendars import Calendar
from engine.definition.loader import Loaded, LoadedDocument, load
from engine.errors import Problem
from engine.proof import rules_data, rules_people, rules_states
from engine.proof.rules import RULES, Subject
from engine.proof.rules_registry import registry_findings

RULE_MODULES = (rules_states, rules_people, rules_data)
"""Reading them registers their rules."""


def lint(sources: Iterable[FilePath | tuple[str, str | bytes]], calendars: Mapping[str, Calendar]) -> list[Problem]:
    """Check files, given as paths or as (name, text). Gives all problems by place; never raises for what a file contains."""
    return sorted(problem for source in sources for problem in _lint_source(source, calendars))


def lint_loaded(loaded: Loaded) -> list[Problem]:
    """Check what has been loaded: the loader's problems and those of all rules, by place."""
    return sorted({*loaded.problems, *(problem for document in loaded.documents for problem in _whole(document))})


def _lint_source(source: FilePath | tuple[str, str | bytes], calendars: Mapping[str, Calendar]) -> list[Problem]:
    if isinstance(source, tuple):
        name, text = source
        return lint_loaded(load(text, name, calendars=calendars))
    return lint_loaded(load(source, str(source), calendars=calendars))


def _whole(loaded: LoadedDocument) -> Iterator[Problem]:
    """Apply the rules to a registry, or to a workflow whose names all mean something; else they complain of what follows from that."""
    if loaded.written_registry is not None:
        for rule, severity, found in registry_findings(loaded.written_registry):
            yield loaded.document.problem(rule, found.message, found.path, severity=severity, at_key=found.at_key)
    if loaded.workflow is None or loaded.draft is None or loaded.work is None or not _is_whole(loaded):
        return
    subject = Subject(loaded.document, loaded.workflow, loaded.draft, loaded.work)
    for registered in RULES.values():
        for found in registered.check(subject):
            yield loaded.document.problem(registered.id, found.message, found.path, severity=registered.severity, at_key=found.at_key)


def _is_whole(loaded: LoadedDocument) -> bool:
    return not any(problem.rule in _HOLES for problem in loaded.problems)


_HOLES = frozenset({"name.unknown_state", "model.unknown_key"})
