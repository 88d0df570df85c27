"""Rules about how things are written: expressions cut in two by a comma, keys of maps that mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition.source import Document, Path
from engine.errors import Problem, did_you_mean
from engine.proof.rules import Finding, Subject, rule

SPLIT = "expression.split"
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_OPEN, _CLOSE = "([{", ")]}"


def split_expressions(document: Document) -> Iterator[Problem]:
    """Find expressions in braces that end at a comma: the rest has become a key without a value.

    It looks at the YAML alone: what is cut in two has no shape that other rules could look at.
    """
    yield from _split(document, document.data, ())


def _split(document: Document, value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _split(document, inner, (*path, number))
    if not isinstance(value, dict):
        return
    begun: Path | None = None
    for key, inner in value.items():
        at = (*path, key)
        if begun is not None and inner is None and _depth(str(key)) < 0:
            text = "this expression ends at the comma: inside { } put quotes around one that holds a comma"
            yield document.problem(SPLIT, text, begun)
        begun = at if isinstance(inner, str) and _depth(inner) > 0 else begun if inner is None else None
        yield from _split(document, inner, at)


def _depth(text: str) -> int:
    """Count the brackets that are open at the end; negative if more are closed than were opened."""
    bare = _TEXT.sub("", text)
    return sum(bare.count(sign) for sign in _OPEN) - sum(bare.count(sign) for sign in _CLOSE)


@rule("map.unknown_key")
def unknown_key_of_map(subject: Subject) -> Iterator[Finding]:
    """Find keys of maps that must be options of a list, and are none: nothing would ever be looked up under them."""
    for name, indicator in subject.workflow.indicators.items():
        quota, options = indicator.quota, _options_of(subject, indicator.by)
        if quota is not None and options is not None and isinstance(quota.at_least, dict):
            for key in quota.at_least.keys() - options:
                text = f"`{key}` is none of the values of `{indicator.by}`{did_you_mean(str(key), options)}"
                yield Finding(text, ("indicators", name, "quota", "at_least", key))
    for site in subject.work.states:
        for name, ballot in site.shape.ballots.items():
            scale = _grades(subject, ballot.scale)
            for key in (ballot.values or {}).keys() - (scale if scale is not None else (ballot.values or {}).keys()):
                text = f"`{key}` is no grade of the scale{did_you_mean(key, scale or ())}"
                yield Finding(text, (*site.section, "ballots", name, "values", key))


def _options_of(subject: Subject, by: Any) -> frozenset[str] | None:
    """Give the options of the choice by which an indicator is parted; None where it is parted by something else."""
    item = by.removeprefix("data.") if isinstance(by, str) and by.startswith("data.") else ""
    declared = subject.definition.data.get(item)
    if declared is None or declared.type.options is None or declared.type.options_setting is not None:
        return None
    return frozenset(declared.type.options)


def _grades(subject: Subject, scale: Any) -> frozenset[str] | None:
    if isinstance(scale, Mapping):
        return frozenset(scale)
    kind, _, name = str(scale or "").partition(".")
    return frozenset(subject.workflow.lists[name]) if kind == "lists" and name in subject.workflow.lists else None
