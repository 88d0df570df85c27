"""`migrate`: how running cases of an older version come over to this one, as far as this version alone can say.

What the older version has is not known here. `engine.core.bridge` puts the two versions together and checks the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cel_expr_python import cel
from google.protobuf import descriptor_pool

from engine.definition.cel_messages import Glossary, complaints
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataItem
from engine.definition.process import ROOT
from engine.definition.source import Path
from engine.definition.state_names import by_ending

DEFAULT = "default"
POLICIES = ("keep", "recompute", "remaining", "restart")
"""What becomes of a deadline that runs: the due instant stays; same start, new term; what was left, from now; new term, from now."""


@dataclass(frozen=True, slots=True)
class MigrationBlock:
    """The block as written, its names resolved in this version.

    ``states``: path in the older version -> path here; it holds for all below that path too. ``data``: item here -> expression over
    the case as the older version has it. ``deadlines``: full name here -> policy; ``default`` is that of all others.
    """

    from_version: int
    states: Mapping[str, str]
    data: Mapping[str, str]
    deadlines: Mapping[str, str]
    default: str = "keep"

    def policy(self, deadline: str) -> str:
        """Give the policy of a deadline."""
        return self.deadlines.get(deadline, self.default)


def migration_block(work: Compilation, items: Mapping[str, DataItem]) -> MigrationBlock | None:
    """Compile the block. What is wrong with it is reported to the compilation."""
    written = work.workflow.migrate
    if written is None:
        return None
    if written.from_ >= work.workflow.version:
        said = f"expected `from` to be a version before this one ({work.workflow.version}), got {written.from_}"
        work.report("migrate.version", said, ("migrate", "from"))
    states = {old: found for old, new in written.states.items() if (found := _state(work, new, ("migrate", "states", old)))}
    for name, expression in written.data.items():
        _check_item(work, items, name, expression, ("migrate", "data", name))
    named = {name: policy for name, policy in written.deadlines.items() if name != DEFAULT}
    deadlines = {full: policy for name, policy in named.items() if (full := _deadline(work, name))}
    return MigrationBlock(written.from_, states, dict(written.data), deadlines, written.deadlines.get(DEFAULT, "keep"))


def _state(work: Compilation, name: str, path: Path) -> str | None:
    found = work.state_by_ending(name, path)
    if found is not None and work.states[found].parent == ROOT and work.states[found].shape.final:
        said = f"expected a state in which a case goes on, got the final state `{found}`: a migration ends no case"
        work.report("migrate.ends_cases", said, path)
    return found


def _check_item(work: Compilation, items: Mapping[str, DataItem], name: str, expression: str, path: Path) -> None:
    if not work.item(name, path):
        return
    if items[name].compute is not None:
        work.report("migrate.computed", f"`{name}` is computed; it follows from the other items by itself", path, at_key=True)
    try:
        _SYNTAX.compile(expression, disable_check=True)
    except RuntimeError as error:
        for problem in complaints(str(error), expression, Glossary((), {})):
            work.report("expression.type", problem.message, path, column=problem.column)


def _deadline(work: Compilation, name: str) -> str | None:
    known = by_ending([f"{site.path}.{each}".lstrip(".") for site in work.states for each in site.shape.deadlines])
    if name not in known:
        work.unknown("deadline", "migrate.deadline", name, [*known, DEFAULT], ("migrate", "deadlines", name), at_key=True)
    return known.get(name)


_SYNTAX = cel.NewEnv(descriptor_pool.Default(), variables={})  # types are checked once the older version is known
