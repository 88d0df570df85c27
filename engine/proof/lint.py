"""Lint: everything that is wrong, or likely to be, with workflow files. One rule, one function, one stable id (docs/lint.md).

Reading, shape, names and expressions are checked by the loader (rules ``yaml.*``, ``model.*``, ``name.*``, ``guard.type`` …); the rules
of this package look at a workflow as a whole, once it could be put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath

from engine.definition.calendars import Calendar
from engine.definition.loader import Loaded, LoadedDocument, load
from engine.definition.workflow_files import scenarios_beside
from engine.errors import Problem, told
from engine.proof import (
    rules_choices,
    rules_data,
    rules_deadlines,
    rules_people,
    rules_space,
    rules_states,
    rules_terms,
    rules_waiting,
    rules_written,
)
from engine.proof.rules import RULES, Finding, Registered, Subject
from engine.proof.rules_registry import registry_findings
from engine.proof.scenario_workflows import Folders
from engine.proof.verdicts import Report, Verdict, verdict
from engine.proof.waivers import waive

RULE_MODULES = (
    rules_states,
    rules_space,
    rules_choices,
    rules_deadlines,
    rules_people,
    rules_data,
    rules_terms,
    rules_waiting,
    rules_written,
)
"""Reading them registers their rules."""


def lint(sources: Iterable[FilePath | tuple[str, str | bytes]], calendars: Mapping[str, Calendar]) -> list[Problem]:
    """Check files, given as paths or as (name, text). Gives all problems by place; never raises for what a file contains."""
    return list(examine(sources, calendars).problems)


def lint_loaded(loaded: Loaded, rules: Iterable[Registered] | None = None) -> list[Problem]:
    """Check what has been loaded: the loader's problems and those of all rules, or of some, by place."""
    return list(examine_loaded([loaded], rules).problems)


def examine(sources: Iterable[FilePath | tuple[str, str | bytes]], calendars: Mapping[str, Calendar], *, scenarios: bool = False) -> Report:
    """Check files and say how far the proof of each workflow goes. Never raises for what a file contains.

    ``scenarios``: also play those that lie beside files given by their path.
    """
    folders = Folders(calendars)
    paths: list[FilePath] = []

    def loaded() -> Iterator[Loaded]:
        for source in sources:
            if isinstance(source, tuple):
                name, text = source
                yield load(text, name, calendars=calendars)
            else:
                paths.append(source)
                yield folders.of(source).loaded(source)

    report = examine_loaded(loaded())
    tested = [path for path in paths if scenarios_beside(path).is_file()] if scenarios else []
    if not tested:
        return report
    from engine.proof.lint_scenarios import with_scenarios  # noqa: PLC0415  playing takes a while to load, and no other rule needs it

    return with_scenarios(report, tested, folders)


def examine_loaded(files: Iterable[Loaded], rules: Iterable[Registered] | None = None) -> Report:
    """Check what has been loaded and say how far the proof of each workflow goes."""
    applied = tuple(RULES.values() if rules is None else rules)
    problems: set[Problem] = set()
    verdicts: list[Verdict] = []
    for loaded in files:
        problems.update(loaded.problems)
        for document in loaded.documents:
            findings = list(_findings(document, applied))
            problems.update(problem for problem in findings if problem.severity != "note" and not problem.waived)
            if document.workflow is not None:
                verdicts.append(verdict(document, findings))
    return Report(told(problems), tuple(verdicts))


def _findings(loaded: LoadedDocument, rules: Iterable[Registered]) -> Iterator[Problem]:
    """Apply the rules to a registry, or to a workflow whose names all mean something; else they complain of what follows from that."""
    if loaded.written_registry is not None:
        for rule, severity, found in registry_findings(loaded.written_registry):
            yield loaded.document.problem(rule, found.message, found.path, severity=severity, at_key=found.at_key)
    yield from rules_written.split_expressions(loaded.document)
    if loaded.workflow is None or loaded.draft is None or loaded.work is None or any(problem.rule in _HOLES for problem in loaded.problems):
        return
    subject = Subject(loaded.document, loaded.workflow, loaded.draft, loaded.work)
    yield from waive({*_found(subject, rules)}, loaded.document, RULES.keys())


def _found(subject: Subject, rules: Iterable[Registered]) -> Iterator[Problem]:
    for registered in rules:
        for found in registered.check(subject):
            severity = "note" if found.undecided else registered.severity
            problem = subject.document.problem(registered.id, _with_way(found), found.path, severity=severity, at_key=found.at_key)
            yield replace(problem, way=found.way)


def _with_way(found: Finding) -> str:
    return f"{found.message}; the way there: {', '.join(found.way)}" if found.way else found.message


_HOLES = frozenset({"name.unknown_state", "model.unknown_key"})
