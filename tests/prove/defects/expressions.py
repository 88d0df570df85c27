"""Mutants of an expression in CEL, made on its text: which condition, which operator, which constant.

Most follow Black, Okun and Yesha, "Mutation Operators for Specifications" (ASE 2000); their names stand in the docstrings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>&&|\|\||[<>=!]=|\S)"""
)
RELATIONS = ("<", "<=", "==", "!=", ">=", ">")


class Token(NamedTuple):
    """One token: ``kind`` is text, number, name or sign."""

    kind: str
    text: str
    begin: int
    end: int


class Clause(NamedTuple):
    """A part of a condition that is true or false by itself. ``simple``: it has no `&&` and `||` of its own."""

    begin: int
    end: int
    simple: bool


def tokens(expression: str) -> list[Token]:
    """Part an expression into its tokens."""
    return [Token(str(found.lastgroup), found.group(), *found.span()) for found in _TOKEN.finditer(expression)]


def clauses(expression: str) -> list[Clause]:
    """Give a condition, the parts it is joined of, and theirs."""
    return list(_clauses(tokens(expression)))


def _clauses(part: list[Token]) -> Iterator[Clause]:
    within = _inner(part) or part
    joined = _joined(within, "||") or _joined(within, "&&")
    if part:
        yield Clause(part[0].begin, part[-1].end, simple=not joined)
    for each in joined:
        yield from _clauses(each)


def _joined(part: list[Token], sign: str) -> list[list[Token]]:
    """Part tokens at a sign that stands in no brackets; nothing if it stands nowhere."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in part:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if token.text == sign and token.kind == "sign" and depth == 0:
            found.append([])
        elif token.text == "?" and token.kind == "sign" and depth == 0:
            return []  # `a ? b : c` is taken as one
        else:
            found[-1].append(token)
    return found if len(found) > 1 else []


def _inner(part: list[Token]) -> list[Token] | None:
    """Give what stands within the brackets around a part, with or without `!` before them; None without such brackets."""
    begin = 1 if len(part) > 2 and part[0].text == "!" else 0
    if len(part) < begin + 3 or part[begin].text != "(" or part[-1].text != ")":
        return None
    depth = 0
    for number, token in enumerate(part[begin:], begin):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth == 0 and number < len(part) - 1:
            return None
    return part[begin + 1 : -1]


# --- operators ------------------------------------------------------------------------------------------------------

Mutants = Iterator[str]


def negated(expression: str) -> Mutants:
    """Negate the whole or a part: simple expression negation (SNO) and expression negation (ENO) of Black et al."""
    for clause in clauses(expression):
        text = expression[clause.begin : clause.end]
        bare = text.removeprefix("!") if clause.simple else text
        yield _put(expression, clause.begin, clause.end, bare if bare != text else f"!({text})")


def stuck(expression: str) -> Mutants:
    """Let a simple condition always be true, or always false: stuck-at (STO) of Black et al."""
    for clause in clauses(expression):
        if clause.simple:
            yield from (_put(expression, clause.begin, clause.end, value) for value in ("true", "false"))


def missing(expression: str) -> Mutants:
    """Leave out a part of a conjunction or disjunction: missing condition (MCO) of Black et al."""
    found = tokens(expression)
    for clause in clauses(expression):
        before = [token for token in found if token.end <= clause.begin]
        after = [token for token in found if token.begin >= clause.end]
        if before and before[-1].text in ("&&", "||"):
            yield _put(expression, before[-1].begin, clause.end, "")
        elif after and after[0].text in ("&&", "||"):
            yield _put(expression, clause.begin, after[0].end, "")


def joined_otherwise(expression: str) -> Mutants:
    """Put `||` for `&&` and the reverse: logical operator replacement (LRO) of Black et al., COR of Ammann and Offutt."""
    other = {"&&": "||", "||": "&&"}
    yield from (_put(expression, token.begin, token.end, other[token.text]) for token in tokens(expression) if token.text in other)


def compared_otherwise(expression: str) -> Mutants:
    """Put another comparison, `<=` for `<` among them: relational operator replacement (RRO of Black et al., ROR of Ammann and Offutt).

    What is only ever equal or not, a text or a truth, is not compared by order: that would be a mistake of type and no defect to seed.
    """
    found = tokens(expression)
    for number, token in enumerate(found):
        if token.kind != "sign" or token.text not in RELATIONS:
            continue
        ordered = token.text not in ("==", "!=") or any(each.kind == "number" for each in found[max(0, number - 1) : number + 2])
        others = RELATIONS if ordered else ("==", "!=")
        yield from (_put(expression, token.begin, token.end, other) for other in others if other != token.text)


def off_by_one(expression: str) -> Mutants:
    """Put a number that is one more or less: constants of expressions (ECN) of Estero-Botía et al., change guard of Aichernig et al."""
    for token in tokens(expression):
        if token.kind == "number":
            whole, point, rest = token.text.partition(".")
            yield from (
                _put(expression, token.begin, token.end, f"{int(whole) + by}{point}{rest}") for by in (-1, 1) if int(whole) + by >= 0
            )


def arithmetic(expression: str) -> Mutants:
    """Put `-` for `+`, `/` for `*` and the reverse: AOR of Ammann and Offutt."""
    other = {"+": "-", "-": "+", "*": "/", "/": "*"}
    for number, token in enumerate(found := tokens(expression)):
        if number and token.kind == "sign" and token.text in other and found[number - 1].text not in "(,<>=":
            yield _put(expression, token.begin, token.end, other[token.text])


def exchanged(expression: str, others: Callable[[Token], Iterable[str]]) -> Mutants:
    """Put another name or text for one: operand replacement (ORO) of Black et al., SVR of Ammann and Offutt."""
    for token in tokens(expression):
        if token.kind in ("name", "text"):
            yield from (_put(expression, token.begin, token.end, other) for other in others(token))


def _put(expression: str, begin: int, end: int, new: str) -> str:
    return " ".join((expression[:begin] + new + expression[end:]).split())


OPERATORS: dict[str, Callable[[str], Mutants]] = {
    "condition negated": negated,
    "condition stuck": stuck,
    "condition missing": missing,
    "joined otherwise": joined_otherwise,
    "compared otherwise": compared_otherwise,
    "constant off by one": off_by_one,
    "arithmetic": arithmetic,
}
