"""The canonical form of values: what is stored, hashed and compared. One text for one value.

Texts are NFC; a decimal is a string of exactly `scale` places; an instant is RFC 3339 in UTC; an integer is below 2^53 (the
exact range of JSON numbers, RFC 8259 §6). Each function takes what JSON can carry and raises `Invalid`, in both languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Self

from pydantic_core import PydanticCustomError

from engine.clock import parse_instant, rfc3339
from engine.definition.datatypes import LIST_MAX, TEXT_MAX, DataType, TypeName
from engine.definition.patterns import matches
from engine.errors import did_you_mean

INT_BOUND = 2**53
DECIMAL_DIGITS = 15
"""Significant digits that a double keeps (IEEE 754): so a decimal is the same number in an expression."""

ID_MAX = 200
"""Characters of the id of a person, a unit or an organisation."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# [0-9], for \d also means the digits of other scripts.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[-+][0-9]{2}:[0-9]{2})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{1,40})?")

_FOUND_ZH = {"a list": "列表", "an object": "对象", "a very large number": "极大的数", "null": "空值"}

Settings = Mapping[str, Any]
Canonical = Callable[[Any, Settings | None], Any]
"""Gives the canonical form of one value, under the settings of the case. Raises `Invalid`."""


class Invalid(PydanticCustomError):
    """A value that its type does not allow; `texts` says why in both languages."""

    def __new__(cls, en: str, zh: str) -> Self:
        """Make the refusal of one value."""
        return super().__new__(cls, "invalid_field", "{en}", {"en": en, "zh-CN": zh})

    @property
    def texts(self) -> Mapping[str, str]:
        """Why, by language."""
        return {language: str(text) for language, text in (self.context or {}).items()}


def canonical(kind: DataType) -> Canonical:
    """Give the function that brings a value of a simple type into canonical form; lists and structs are made of these."""
    match kind.name:
        case TypeName.TEXT:
            return _text(kind)
        case TypeName.TERM:
            return lambda value, _: string(value, 100)
        case TypeName.PERSON | TypeName.UNIT | TypeName.ORGANISATION:
            return lambda value, _: _identity(value)
        case TypeName.INT:
            return _integer(kind)
        case TypeName.DECIMAL:
            return _decimal(kind)
        case TypeName.BOOL:
            return lambda value, _: _boolean(value)
        case TypeName.CHOICE:
            return _choice(kind)
        case TypeName.DATE:
            return _date(kind)
        case TypeName.DATETIME:
            return lambda value, _: _datetime(value)
        case other:
            raise TypeError(f"{other} is not a simple type")


def string(value: object, limit: int) -> str:
    """Check a text and bring it to NFC."""
    if type(value) is not str:
        raise Invalid(f"expected a text, got {_found(value)}", f"应为文本，实为{_found_zh(value)}")
    if not value.isascii():
        if _UNSTORABLE.search(value):
            raise Invalid("expected a text without lone surrogates and NUL", "文本含有无法保存的字符")
        if not unicodedata.is_normalized("NFC", value):
            value = unicodedata.normalize("NFC", value)
    elif "\x00" in value:
        raise Invalid("expected a text without lone surrogates and NUL", "文本含有无法保存的字符")
    if len(value) > limit:
        raise Invalid(f"expected at most {limit} characters, got {len(value)}", f"最多{limit}字，实为{len(value)}字")
    return value


def rounded(number: float | Decimal, scale: int | None) -> str:
    """Write a computed number as a canonical decimal, rounded half up to `scale` places (9 places when there is none)."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not exact.is_finite() or exact.adjusted() >= DECIMAL_DIGITS:
        raise Invalid(f"expected a number of at most {DECIMAL_DIGITS} digits, got {number}", f"数字过大：{number}")
    places = 9 if scale is None else scale
    return _plain(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), scale)


def nearest(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Give ``, did you mean 'x'?`` for the nearest known name in English and Chinese, or two empty texts."""
    near = did_you_mean(name, known)
    return near, near.replace(", did you mean ", "，是否想写 ").replace("?", "？")


def entries_max(kind: DataType) -> int:
    """Give how many entries a list of this type may have."""
    return kind.max or LIST_MAX


def options_in_force(kind: DataType, settings: Settings | None) -> Mapping[str, Any]:
    """Give the options of a closed list: the case's own where a setting holds them."""
    if kind.options_setting is not None and settings is not None:
        own = settings.get(kind.options_setting)
        if isinstance(own, Mapping):
            return own
    return kind.options or {}


def _text(kind: DataType) -> Canonical:
    limit, pattern = kind.max or TEXT_MAX, kind.pattern

    def check(value: Any, _: Settings | None) -> str:
        text = string(value, limit)
        if pattern is not None and not matches(text, pattern):
            raise Invalid(f"expected a text of the form {pattern!r}, got {_short(text)}", f"应符合格式 {pattern}，实为{_short(text)}")
        return text

    return check


def _identity(value: Any) -> str:
    text = string(value, ID_MAX)
    if not text.strip():
        raise Invalid("expected an id, got an empty text", "应为标识，实为空文本")
    return text


def _integer(kind: DataType) -> Canonical:
    between = kind.between

    def check(value: Any, _: Settings | None) -> int:
        if type(value) is not int:
            raise Invalid(f"expected a whole number, got {_found(value)}", f"应为整数，实为{_found_zh(value)}")
        if not -INT_BOUND < value < INT_BOUND:
            raise Invalid("expected a whole number below 2^53", "整数过大（绝对值须小于2^53）")
        _within(value, between)
        return value

    return check


def _decimal(kind: DataType) -> Canonical:
    scale, between = kind.scale, kind.between
    places = 9 if scale is None else scale

    def check(value: Any, _: Settings | None) -> str:
        number = _number(value)
        parts = number.normalize().as_tuple()
        if len(parts.digits) > DECIMAL_DIGITS or number.adjusted() >= DECIMAL_DIGITS:
            raise Invalid(f"expected at most {DECIMAL_DIGITS} digits", f"最多{DECIMAL_DIGITS}位数字")
        if isinstance(parts.exponent, int) and -parts.exponent > places:
            raise Invalid(f"expected at most {places} decimal places, got {value}", f"最多{places}位小数，实为{value}")
        _within(number, between)
        return _plain(number.quantize(Decimal(1).scaleb(-places)), scale)

    return check


def _number(value: Any) -> Decimal:
    try:
        if type(value) is str and _DECIMAL.fullmatch(value):
            return Decimal(value)
        if type(value) in {int, float, Decimal}:
            number = Decimal(repr(value)) if type(value) is float else Decimal(value)
            if number.is_finite():
                return number
    except InvalidOperation:
        pass
    raise Invalid(f"expected a decimal number, like 85.5 or '85.5', got {_found(value)}", f"应为小数（如 85.5），实为{_found_zh(value)}")


def _plain(number: Decimal, scale: int | None) -> str:
    text = format(number, "f")
    if scale is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removeprefix("-") if not number else text


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Invalid(f"expected true or false, got {_found(value)}", f"应为 true 或 false，实为{_found_zh(value)}")
    return value


def _choice(kind: DataType) -> Canonical:
    def check(value: Any, settings: Settings | None) -> str:
        options = options_in_force(kind, settings)
        if type(value) is not str or value not in options:
            listed = ", ".join(options)
            near, near_zh = nearest(value, options) if isinstance(value, str) else ("", "")
            raise Invalid(f"expected one of {listed}, got {_found(value)}{near}", f"应为 {listed} 之一，实为{_found_zh(value)}{near_zh}")
        return value

    return check


def _date(kind: DataType) -> Canonical:
    between = kind.between

    def check(value: Any, _: Settings | None) -> str:
        if type(value) is not str or not _is_day(value):
            raise Invalid(f"expected a date like 2026-02-10, got {_found(value)}", f"应为日期（如 2026-02-10），实为{_found_zh(value)}")
        _within(value, between)
        return value

    return check


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _datetime(value: Any) -> str:
    try:
        if type(value) is str and _MOMENT.fullmatch(value):
            return rfc3339(parse_instant(value))
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        f"expected a time with a zone, like 2026-02-10T09:00:00+08:00, got {_found(value)}",
        f"应为带时区的时间（如 2026-02-10T09:00:00+08:00），实为{_found_zh(value)}",
    )


def _within(value: Any, between: tuple[Any, Any] | None) -> None:
    if between is not None and not between[0] <= value <= between[1]:
        low, high = between
        raise Invalid(f"expected a value from {low} to {high}, got {value}", f"应在 {low} 至 {high} 之间，实为 {value}")


def _found(value: object) -> str:
    """Say what was found, without echoing more than a line of it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _short(value)
        case int():
            return str(value) if abs(value) < 10**40 else "a very large number"
        case float() | Decimal():
            return str(value)
        case list() | tuple():
            return "a list"
        case _:
            return "an object"


def _found_zh(value: object) -> str:
    found = _found(value)
    return _FOUND_ZH.get(found, found)


def _short(text: str) -> str:
    clipped = text if len(text) <= 40 else text[:40] + "…"
    return repr(clipped.encode("utf-8", "replace").decode())
