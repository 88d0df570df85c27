"""What every part of the language is made of: ids, texts, expressions, terms, lists, and the wording of what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    Strict,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function

from engine.definition.terms import parse_term
from engine.errors import did_you_mean

ID = r"[a-z][a-z0-9_]*"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
CEL_WORDS = frozenset({"in", "true", "false", "null"})

_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a map",
    "model_type": "a map",
    "tuple_type": "a list",
    "list_type": "a list",
}


MANY = "model.many_mistakes"
MOST_MISTAKES = 100
"""Mistakes of one map that are explained, those of the maps in it among them."""


def expected(expectation: str) -> PydanticCustomError:
    """Say what a value should have been; key and value are added where they are known."""
    return PydanticCustomError("expected", "{expectation}", {"expectation": expectation})


class Shape(BaseModel):
    """A map with known keys. Says everything that is wrong with it at once, in the one wording of the language."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Give what is wrong between several keys: the key to point at and the message."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, data: Any, validate: Callable[[Any], Self]) -> Self:
        empty = [key for key, value in data.items() if value is None] if isinstance(data, dict) else []
        found = [_error("model.no_value", f"`{key}` has no value; give it one or leave the key out", (key,)) for key in empty]
        more = 0
        try:
            shape = validate(data)
        except ValidationError as error:
            said = {(key,) for key in empty}
            others = [each for each in error.errors(include_url=False) if each["loc"][:1] not in said]
            most = MOST_MISTAKES + sum(each["type"] == MANY for each in others)
            found += map(cls._explained, others[:most])
            more = len(others[most:])
        else:
            found += [_error("model.shape", message, (key,)) for key, message in shape.mistakes()]
            if not found:
                return shape
        if more or len(empty) > MOST_MISTAKES:
            many = f"{len(found) + more:,} mistakes stand in this map; the first {MOST_MISTAKES} are told"
            found = [_error(MANY, many, ()), *found[:MOST_MISTAKES]]
        raise ValidationError.from_exception_data(cls.__name__, found)

    @classmethod
    def _explained(cls, error: ErrorDetails) -> InitErrorDetails:
        loc, kind, value = error["loc"], error["type"], error["input"]
        if kind.startswith("model."):
            return _error(kind, error["msg"], loc)
        key = str(loc[-1]) if loc else ""
        if kind == "extra_forbidden":
            known = [field.alias or name for name, field in cls.model_fields.items()]
            way_out = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
            return _error("model.unknown_key", f"unknown key `{key}`{way_out}", loc)
        if kind == "missing":
            return _error("model.missing_key", f"missing key `{key}`", loc)
        if key == "[key]":
            expectation = error.get("ctx", {}).get("expectation", "a text")
            return _error("model.value", f"expected `{loc[-2]}` to be {expectation}", loc)
        named = next((step for step in reversed(loc) if isinstance(step, str) and not step.startswith("(")), None)
        what = f"`{named}`" if named else "this"
        if kind in _TYPES:
            return _error("model.type", f"expected {what} to be {_TYPES[kind]}, got {shown(value)}", loc)
        return _error("model.value", f"expected {what} to be {_expectation(error)}, got {shown(value)}", loc)


def _expectation(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "expected":
        return str(context["expectation"])
    if error["type"] == "literal_error":
        return str(context["expected"])
    return error["msg"].removeprefix("Input should be ").removeprefix("Value error, ").removeprefix("Value should ")


def _error(kind: str, message: str, loc: tuple[int | str, ...]) -> InitErrorDetails:
    # The type is a name of ours, not a literal the type checker could know.
    return InitErrorDetails(type=PydanticCustomError(kind, "{message}", {"message": message}), loc=loc, input=None)


def shown(value: Any) -> str:
    """Show a value in a message: short, and structures by their kind only."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


# --- words ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """Narrows a text to a pattern. ``expectation`` is what the message says was expected. CEL's own words are no names."""

    pattern: str
    expectation: str

    def check(self, value: Any) -> Any:
        """Refuse a text that does not match; what is no text is left to the type."""
        if isinstance(value, str) and (not re.fullmatch(self.pattern, value) or value in CEL_WORDS):
            raise expected(self.expectation)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        reserved = "|".join(sorted(word for word in CEL_WORDS if re.fullmatch(self.pattern, word)))
        pattern = f"^(?!(?:{reserved})$)(?:{self.pattern})$" if reserved else f"^(?:{self.pattern})$"
        return {**handler(schema), "pattern": pattern, "errorMessage": f"expected {self.expectation}"}


@dataclass(frozen=True, slots=True)
class AlsoWritten:
    """Tells editors of a short form that a validator turns into the long one."""

    short: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [dict(self.short), handler(schema)]}


class _OneEntryToo:
    """Tells editors that a list may be written as its only entry."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


Id = Annotated[str, Word(ID, "an id: a-z, 0-9 and _, beginning with a letter, and not in, true, false or null")]
Dotted = Annotated[str, Word(rf"{ID}(\.{ID})*", "a name like 'review' or 'topic.vetting'")]
Language = Annotated[str, Word(LANGUAGE.pattern, "a language tag like 'zh-CN' or 'en'")]
Hour = Annotated[str, Word(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", "a time of day like '17:00', in quotes")]

# --- lists ----------------------------------------------------------------------------------------------------------

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Strict(strict=False)]
"""A list. (Strictly a tuple is no list; what comes from the reader is always a list.)"""


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMany = Annotated[tuple[T, ...], Strict(strict=False), BeforeValidator(_one_or_many), _OneEntryToo()]
"""A word or a list of them."""

Roles = OneOrMany[Id]

# --- texts, expressions, terms --------------------------------------------------------------------------------------

OWN_LANGUAGE = ""
"""The key under which a text stands that was written without a language: the workflow's first."""


class TextMap(dict[str, str]):
    """A text by language. Told apart from other maps, so that lint finds every text of a workflow."""


def by_language(text: Mapping[str, str] | None, otherwise: str, own: str) -> Mapping[str, str]:
    """Give a text with its ``own`` language named; what has no title is called by its id."""
    if text is None:
        return {own: otherwise}
    return {own if language == OWN_LANGUAGE else language: words for language, words in text.items()}


def _text(value: Any) -> TextMap:
    if isinstance(value, str):
        if not value.strip():
            raise expected("a text that is not empty")
        return TextMap({OWN_LANGUAGE: value})
    if isinstance(value, Mapping):
        for language, words in value.items():
            if not LANGUAGE.fullmatch(language) or not isinstance(words, str) or not words.strip():
                raise expected(f"a text, or a map of languages like {{zh-CN: …, en: …}} (look at `{language}`)")
        if value:
            return TextMap(value)
    raise expected("a text (in quotes if it looks like a number) or a map of languages")


NOT_EMPTY = {"type": "string", "pattern": r"\S"}
TEXT_SCHEMA = {
    "anyOf": [
        NOT_EMPTY,
        {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{LANGUAGE.pattern})$"},
            "additionalProperties": NOT_EMPTY,
            "minProperties": 1,
        },
    ]
}

Text = Annotated[TextMap, PlainValidator(_text), WithJsonSchema(TEXT_SCHEMA)]


def _cel(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is not None and not isinstance(value, str | dict | list):
        return str(value)
    if not isinstance(value, str):
        raise expected("an expression; quote one that begins with ! ' \" [ or {")
    if not value.strip():
        raise expected("an expression")
    return value


Cel = Annotated[str, BeforeValidator(_cel), WithJsonSchema({"type": ["string", "boolean", "number"], "pattern": r"\S"})]


def _term(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(rf"settings\.{ID}", value):
        return value
    try:
        parse_term(value if isinstance(value, str) else str(value))
    except ValueError as error:
        raise expected(str(error).removeprefix("expected ").split(", got ")[0]) from None
    return value


TERM_SCHEMA = {
    "type": "string",
    "pattern": rf"^(?:settings\.{ID}|[0-9]{{1,9}} +(?:hour|day|week|month|year|working day)s?|P(?=[0-9T])[0-9YMWD]*(?:T[0-9]{{1,9}}H)?)$",
    "examples": ["15 working days", "3 months", "7 days", "48 hours"],
}
TermOrSetting = Annotated[str, BeforeValidator(_term), WithJsonSchema(TERM_SCHEMA)]

# --- one of two forms -----------------------------------------------------------------------------------------------


TEXT, OTHER = Tag("(text)"), Tag("(other)")
BY_FORM = Discriminator(lambda value: "(other)" if isinstance(value, dict | list | BaseModel) else "(text)")
"""Tells a text from a map or list, so that what is wrong is said about the one form that was meant."""
