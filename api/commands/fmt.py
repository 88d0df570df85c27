"""`yishi fmt`: bring workflow files into the common layout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from api.commands.failing import Exit
from api.commands.files import content_within
from api.commands.lint import STANDARD_INPUT, read_sources
from api.commands.options import AsJson, Files, command_app
from api.commands.screen import show_error, show_json, show_line
from engine.definition.reader import MAX_BYTES
from engine.errors import DefinitionRefused, Problem
from engine.proof.formatting import formatted

app = command_app()


class Outcome(NamedTuple):
    """What came of one file."""

    file: str
    changed: bool = False
    problems: tuple[Problem, ...] = ()


@app.command()
def fmt_command(
    files: Files,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is not laid out this way.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lay out workflow files anew, in place; what comes from standard input goes to standard output. Comments and meaning stay.

    A file that is no sound YAML is left as it is, and its problems are printed.
    """
    found = [laid_out(source, check=check, quiet=as_json) for source in read_sources(files)]
    if as_json:
        show_json(
            [{"file": each.file, "changed": each.changed, "problems": [problem_facts(one) for one in each.problems]} for each in found]
        )
    else:
        for each in found:
            for problem in each.problems:
                show_error(str(problem))
            if each.changed and (check or each.file != str(STANDARD_INPUT)):
                show_line(each.file)
    if any(each.problems or (check and each.changed) for each in found):
        raise typer.Exit(Exit.PROBLEMS)


def laid_out(source: Path | tuple[str, bytes], *, check: bool, quiet: bool) -> Outcome:
    """Lay out one file; write it where it changes, unless it is only checked."""
    name = source[0] if isinstance(source, tuple) else str(source)
    before = source[1] if isinstance(source, tuple) else content_within(source, MAX_BYTES)
    try:
        text = formatted(before, name)
    except DefinitionRefused as refused:
        return Outcome(name, problems=tuple(refused.problems))
    after = text.encode("utf-8")
    if isinstance(source, tuple):
        if not check and not quiet:
            sys.stdout.buffer.write(after)
    elif after != before and not check:
        write_whole(source, after)
    return Outcome(name, changed=after != before)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, with the rights it has."""
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_bytes(content)
    fresh.chmod(target.stat().st_mode)
    fresh.replace(target)


def problem_facts(problem: Problem) -> dict[str, object]:
    """Give a problem as JSON."""
    return {"rule": problem.rule, "message": problem.message, "line": problem.line, "column": problem.column}
