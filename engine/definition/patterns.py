"""Patterns of texts: RE2, so that no pattern and no text together can keep a thread busy.

Matching runs in CEL's own runtime, which is what guards use too: `pattern` and `matches()` mean the same. A pattern stands
for the whole text, not for a part of it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

LONGEST = 500
"""Characters of a pattern."""


def whole(pattern: str) -> str:
    """Give the pattern that matches whole texts only, as it stands in a JSON Schema."""
    return f"^(?:{pattern})$"


def pattern_fault(pattern: str) -> str | None:
    """Say what is wrong with a pattern, or give None."""
    if len(pattern) > LONGEST:
        return f"it has {len(pattern)} characters, at most {LONGEST} are allowed"
    # Bare as well: an unbalanced parenthesis could close the one we put around it and still look sound.
    for text in (pattern, whole(pattern)):
        answer = _matcher(text).eval(data={"text": ""}).plain_value()
        if not isinstance(answer, bool):
            return str(answer).removeprefix("INVALID_ARGUMENT: ").removeprefix("invalid regular expression: ")
    return None


def matches(text: str, pattern: str) -> bool:
    """Say whether the whole text matches the (sound) pattern."""
    return _matcher(whole(pattern)).eval(data={"text": text}).value() is True


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> Any:
    # A JSON string is a CEL string; a constant pattern is compiled once.
    return cel.NewEnv(variables={"text": cel.Type.STRING}).compile(f"text.matches({json.dumps(pattern, ensure_ascii=False)})")
