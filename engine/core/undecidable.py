"""An effect that reads what is empty or undefined: the whole command is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import refusals as say
from engine.definition.expressions import EvaluationFailed, Expression, MissingData, View
from engine.definition.process import Text
from engine.errors import Refusal


class Undecidable(Exception):
    """Something reads what is empty or undefined: the whole command is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def evaluated(
    expression: Expression, view: View, given: Mapping[str, Any] | None = None, *, title: Text | None = None, optional: bool = False
) -> Any:
    """Give the value of an expression. ``optional``: None where it reads an empty item. Raises Undecidable else."""
    try:
        return expression.evaluate(view, given)
    except MissingData as missing:
        if optional:
            return None
        raise Undecidable(say.missing_data(missing.item, expression.text, title)) from missing
    except EvaluationFailed as failure:
        raise Undecidable(say.guard_undefined(expression.text, str(failure))) from failure
