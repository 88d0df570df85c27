"""The door for JSON: bytes in, JSON values out, everything refused that a database or an auditor's program could not read alike.

orjson refuses NaN, Infinity, numbers beyond a double, lone surrogates and what is not UTF-8. What it lets through is found here: a key
given twice, NUL, integers that would lose digits, and nesting that no form has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import InvalidInput, Violation

DEEPEST = 32
EXACT = 2**53
"""Whole numbers from here on are not kept exactly by every program that reads JSON (RFC 8259, section 6)."""

STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
AMISS: Mapping[str, tuple[str, str]] = {
    "not_utf8": ("内容应为UTF-8编码。", "expected UTF-8"),
    "infinite": ("数值过大，无法表示。", "expected a number that a double can hold"),
    "lone_surrogate": ("文字中含有不成对的代理码位。", "expected whole characters, got half of a surrogate pair"),
    "control_character": ("文字中含有未转义的控制字符。", "expected control characters to be escaped"),
    "not_json": ("内容不是有效的JSON（NaN和Infinity也不是）。", "expected JSON (NaN and Infinity are none)"),
}


@dataclass(frozen=True, slots=True)
class Fault(Violation):
    """A violation that is also told in Chinese. ``place``: where it was found, ``body``, ``query``, ``path`` or ``header``."""

    zh: str = ""
    place: str = "body"


class Amiss(Exception):
    """Something that orjson lets through; where is told as a path."""

    def __init__(self, code: str, zh: str, en: str, *, at: str | int | None = None) -> None:
        super().__init__(code)
        self.code, self.zh, self.en = code, zh, en
        self.path: list[str | int] = [] if at is None else [at]


def fault(pointer: str, code: str, zh: str, en: str, place: str = "body") -> InvalidInput:
    """Give the error with one violation."""
    return InvalidInput([Fault(pointer, code, en, zh, place)])


def pointer_to(*parts: str | int) -> str:
    """Write a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def read_json(body: bytes) -> Any:
    """Read JSON values. Raises InvalidInput that says what is wrong and where."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise not_read(error) from None
    try:
        members = inspect(value, 0)
    except Amiss as amiss:
        raise fault(pointer_to(*reversed(amiss.path)), amiss.code, amiss.zh, amiss.en) from None
    # Every member has a colon, so equal counts mean that no member was lost to another of its name.
    if members != body.count(b":") and members != STRING.sub(b"", body).count(b":"):
        raise twice(body)
    return value


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty object. Raises InvalidInput."""
    if not body:
        return {}
    value = read_json(body)
    if not isinstance(value, dict):
        raise fault("", "wrong_type", "应为JSON对象。", f"expected a JSON object, got {type_name(value)}")
    return value


def type_name(value: object) -> str:
    """Name the JSON type of a value, for a message."""
    match value:
        case bool():
            return "a boolean"
        case None:
            return "null"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"


def inspect(value: Any, depth: int) -> int:
    """Count the members of all objects. Raises Amiss for what must not be there."""
    if isinstance(value, str):
        if "\x00" in value:
            raise Amiss("nul_character", "文字中含有NUL字符。", "expected text without NUL")
        return 0
    if isinstance(value, dict):
        members = len(value)
        inner: Any = value.items()
    elif isinstance(value, list):
        members = 0
        inner = enumerate(value)
    else:
        if value is not None and abs(value) >= EXACT:
            raise Amiss("too_precise", "数值过大，请以文字形式填写。", "expected a number below 2^53; send larger ones as text")
        return 0
    if depth == DEEPEST:
        raise Amiss("too_deep", f"嵌套超过{DEEPEST}层。", f"expected at most {DEEPEST} levels of nesting")
    for key, each in inner:
        if isinstance(key, str) and "\x00" in key:
            raise Amiss("nul_character", "名称中含有NUL字符。", "expected names without NUL", at=key.replace("\x00", "�"))
        try:
            members += inspect(each, depth + 1)
        except Amiss as amiss:
            amiss.path.append(key)
            raise
    return members


def not_read(error: orjson.JSONDecodeError) -> InvalidInput:
    """Say why it is no JSON that we take, and where."""
    said = error.msg
    if "UTF-8" in said and "BOM" not in said:
        code = "not_utf8"
    elif "infinity" in said:
        code = "infinite"
    elif "surrogate" in said:
        code = "lone_surrogate"
    elif "control character" in said:
        code = "control_character"
    else:
        code = "not_json"
    zh, en = AMISS[code]
    return fault(
        "", code, f"{zh[:-1]}（第{error.lineno}行第{error.colno}列）。", f"{en}; line {error.lineno}, column {error.colno}: {said}"
    )


def twice(body: bytes) -> InvalidInput:
    """Name a member that is given twice in one object."""
    found: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for name, _ in members:
            if name in seen:
                found.append(name)
            seen.add(name)
        return dict(members)

    json.loads(body, object_pairs_hook=pairs)
    name = found[0]
    return fault("", "duplicate_member", f"“{name}”出现了两次。", f"expected each member once, got {name!r} twice")
