"""The core schema of YAML 1.2 for plain scalars: what is null, a boolean or a number; all else is text.

``yes``, ``off``, ``2026-02-10``, ``12:30:00`` and ``1_000`` are texts. Decimals keep their digits.
Source: YAML 1.2.2, section 10.3.2.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

NULL = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

LONGEST_NUMBER = 40
"""Digits; longer ones could only be meant to keep the reader busy."""

# Marks, embeddings, overrides and isolates: they show a reviewer another text than the machine reads (CVE-2021-42574).
BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
NOWHERE = re.compile(f"{BIDIRECTIONAL.pattern}|{UNSTORABLE.pattern}")


def resolve(text: str) -> Any:
    """Give the value of a plain scalar. Raises ValueError for what is no value here: infinity, not-a-number, endless digits."""
    if text in NULL:
        return None
    if text in BOOLEAN:
        return BOOLEAN[text]
    if OCTAL.fullmatch(text) or HEXADECIMAL.fullmatch(text):
        return int(_short(text), 0)
    if INTEGER.fullmatch(text):
        return int(_short(text))
    if DECIMAL.fullmatch(text):
        number = Decimal(_short(text))
        if number and not -LONGEST_NUMBER < number.adjusted() < LONGEST_NUMBER:
            raise ValueError(f"expected a number of at most {LONGEST_NUMBER} digits, got {text!r}")
        return number
    if NOT_A_NUMBER.fullmatch(text):
        raise ValueError(f"expected a finite number, got {text!r}; put it in quotes if it is a text")
    return text


def forbidden_character(text: str) -> str | None:
    """Name the first character that must not stand in a value or in a file, or give None."""
    for pattern, why in ((BIDIRECTIONAL, "it changes the direction of writing"), (UNSTORABLE, "it is not printable")):
        if found := pattern.search(text):
            return f"character U+{ord(found.group()):04X} is not allowed: {why}"
    return None


def _short(digits: str) -> str:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"expected a number of at most {LONGEST_NUMBER} digits, got {len(digits)} digits")
    return digits
