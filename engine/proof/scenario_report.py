"""What came of scenarios, for people, programs and build servers: text, JSON, JUnit's XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import orjson

from engine.errors import Problem
from engine.proof.report import as_json as problem_as_json
from engine.proof.scenario_checks import Difference
from engine.proof.scenario_coverage import KINDS, Coverage
from engine.proof.scenario_propose import NoWay, Proposal
from engine.proof.scenario_run import Result

PLURAL = {"state": "states", "action": "actions", "branch": "branches", "guard": "guards", "rung": "rungs"}
Searched = Sequence[tuple[list[Proposal], list[NoWay]]]


# --- text -----------------------------------------------------------------------------------------------------------


def as_text(
    problems: Sequence[Problem], results: Sequence[Result], coverages: Sequence[Coverage], searched: Searched, *, verbose: bool = False
) -> Iterator[str]:
    """Tell problems, what failed with the way the case went, the sum, and what was not shown."""
    yield from map(str, problems)
    for result in results:
        if not result.passed:
            yield from failed(result)
        elif verbose:
            yield f"passed  {result.scenario.name}"
            yield from (f"    {line}" for line in result.story)
    passed = sum(result.passed for result in results)
    yield f"{passed} of {len(results)} scenarios passed" + (f", {len(problems)} problems" if problems else "")
    for coverage in coverages:
        yield from covered(coverage, listed=not searched)
    for proposals, lost in searched:
        yield from proposed(proposals, lost)


def failed(result: Result) -> Iterator[str]:
    """Tell a failure: each difference at its place, then the way the case went."""
    scenario = result.scenario
    yield f"FAILED  {scenario.name}"
    for difference in result.differences:
        file, line, column = place(result, difference)
        yield f"  {file}:{line}:{column}: {difference.what}"
        yield f"    expected  {shown(difference.expected)}"
        yield f"    got       {shown(difference.got)}"
    if result.story:
        yield "  the way the case went:"
        yield from (f"    {line}" for line in result.story)


def place(result: Result, difference: Difference) -> tuple[str, int, int]:
    """Give file, line and column of a difference."""
    found = result.scenario.document.problem("", "", difference.path)
    return found.file, found.line, found.column


def shown(value: Any) -> str:
    """Show a value on one line, or a list of sentences on several."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        long = any(" " in each and len(each) > 40 for each in value)
        return "\n              ".join(value) if long else f"[{', '.join(value)}]"
    return orjson.dumps(value, default=str).decode()


def covered(coverage: Coverage, *, listed: bool) -> Iterator[str]:
    """Tell how much of a workflow was shown, and what was not."""
    definition = coverage.process.definition
    counts = ", ".join(f"{PLURAL[kind]} {seen}/{there}" for kind in KINDS for seen, there in (coverage.of(kind),))
    yield f"{definition.workflow} {definition.version}: {counts}"
    if listed:
        yield from (f"  not shown: {item.kind} {coverage.named(item)}" for item in coverage.missing)


def proposed(proposals: Iterable[Proposal], lost: Iterable[NoWay]) -> Iterator[str]:
    """Give proposals as YAML, with what no way was found to as comments."""
    for proposal in proposals:
        yield f"# shows {len(proposal.shows)} that no scenario did"
        yield proposal.text.rstrip("\n")
    for each in lost:
        yield f"# {each.item.kind} {each.name}: {each.why}"


# --- JSON -----------------------------------------------------------------------------------------------------------


def as_json(problems: Sequence[Problem], results: Sequence[Result], coverages: Sequence[Coverage], searched: Searched) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "passed": not problems and all(result.passed for result in results),
        "problems": [problem_as_json(problem) for problem in problems],
        "scenarios": [result_as_json(result) for result in results],
        "coverage": [coverage_as_json(coverage) for coverage in coverages],
        "proposals": [
            {"kind": each.item.kind, "name": each.name, "shows": len(each.shows), "scenario": each.text}
            for proposals, _ in searched
            for each in proposals
        ],
        "no_way_found": [
            {"kind": each.item.kind, "name": each.name, "why": each.why, "exhausted": each.exhausted}
            for _, lost in searched
            for each in lost
        ],
    }


def result_as_json(result: Result) -> dict[str, Any]:
    """Give a scenario with its differences."""
    scenario = result.scenario
    here = scenario.document.problem("", "", scenario.path)
    return {
        "name": scenario.name,
        "workflow": scenario.process.definition.workflow,
        "version": scenario.process.definition.version,
        "file": here.file,
        "line": here.line,
        "passed": result.passed,
        "seconds": round(result.seconds, 6),
        "differences": [difference_as_json(result, difference) for difference in result.differences],
        "story": list(result.story),
    }


def difference_as_json(result: Result, difference: Difference) -> dict[str, Any]:
    """Give a difference with its place."""
    file, line, column = place(result, difference)
    return {
        "file": file,
        "line": line,
        "column": column,
        "rule": difference.rule,
        "what": difference.what,
        "expected": difference.expected,
        "got": difference.got,
    }


def coverage_as_json(coverage: Coverage) -> dict[str, Any]:
    """Give coverage: of each kind how many were seen and how many there are, and what is missing."""
    definition = coverage.process.definition
    counts = {PLURAL[kind]: {"seen": seen, "all": there} for kind in KINDS for seen, there in (coverage.of(kind),)}
    missing = [{"kind": item.kind, "name": coverage.named(item)} for item in coverage.missing]
    return {"workflow": definition.workflow, "version": definition.version, **counts, "missing": missing}


# --- JUnit ----------------------------------------------------------------------------------------------------------


def as_junit(problems: Sequence[Problem], results: Sequence[Result]) -> bytes:
    """Give JUnit's XML, a suite for each file: differences are failures, problems of a file are errors."""
    files = dict.fromkeys([*(each.scenario.document.file for each in results), *(each.file for each in problems)])
    root = ET.Element("testsuites", name="yishi test")
    for file in files:
        mine = [each for each in results if each.scenario.document.file == file]
        broken = [each for each in problems if each.file == file]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=file,
            tests=str(len(mine) + len(broken)),
            failures=str(sum(not each.passed for each in mine)),
            errors=str(len(broken)),
            skipped="0",
            time=f"{sum(each.seconds for each in mine):.6f}",
        )
        for result in mine:
            _test_case(suite, result)
        for problem in broken:
            case = ET.SubElement(suite, "testcase", classname=file, name=f"{problem.rule} in line {problem.line}", time="0")
            ET.SubElement(case, "error", message=_clean(problem.message), type=problem.rule).text = _clean(str(problem))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _test_case(suite: ET.Element, result: Result) -> None:
    scenario = result.scenario
    here = scenario.document.problem("", "", scenario.path)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=scenario.process.definition.workflow,
        name=_clean(scenario.name),
        file=here.file,
        line=str(here.line),
        time=f"{result.seconds:.6f}",
    )
    if not result.passed:
        message = "; ".join(f"{each.what}: expected {shown(each.expected)}, got {shown(each.got)}" for each in result.differences)
        ET.SubElement(case, "failure", message=_clean(message), type="difference").text = _clean("\n".join(failed(result)))


def _clean(text: str) -> str:
    """XML has no way to write control characters."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)
