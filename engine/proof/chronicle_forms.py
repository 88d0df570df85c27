"""The forms that are seen in scenarios, and what a body may set, as lines of a chronicle: JSON Schema without its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition.forms import Form
from engine.definition.json_schemas import of_type
from engine.definition.process import Setting
from engine.definition.terms import Term
from engine.proof.chronicle_facts import plain

WORDS = frozenset({"title", "description", "oneOf"})
"""Keys of a form's JSON Schema that hold wording; the options stand in `enum` too."""


def form_lines(act: str, form: Form, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the fields of an act's form, and what each of them takes."""
    fields = _fields(form.json_schema("zh-CN", settings))
    yield act, ", ".join(fields)
    yield from ((f"{act}.{name.removesuffix('?')}", plain(kind)) for name, kind in fields.items())


def setting_line(setting: Setting) -> str:
    """Give the default of a setting, and between what a body may choose."""
    bounds = {} if setting.terms is None else {"least": str(setting.terms[0]), "most": str(setting.terms[1])}
    kept = {"must_have": setting.must_have} if setting.must_have else {}
    value = str(setting.value) if isinstance(setting.value, Term) else setting.value
    return plain(
        {
            "default": list(value) if isinstance(value, Mapping) else value,
            **_without_words(of_type(setting.kind, "zh-CN")),
            **bounds,
            **kept,
        }
    )


def _fields(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of an object's schema, those that may stay empty with a question mark."""
    required = schema.get("required", ())
    return {name if name in required else f"{name}?": _without_words(kind) for name, kind in schema["properties"].items()}


def _without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_words(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return _fields(schema) if "properties" in schema else {key: _without_words(value) for key, value in schema.items() if key not in WORDS}
