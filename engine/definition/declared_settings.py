"""Settings: from the model to typed constants, and the values that bodies choose for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definition import model
from engine.definition.compilation import Compilation
from engine.definition.datatypes import DataType, TypeName
from engine.definition.declared_data import bounds_of, options_of, worded, written_texts
from engine.definition.process import Setting
from engine.definition.shapes import canonicaliser
from engine.definition.source import Path
from engine.definition.terms import Term, parse_term

NUMERIC = frozenset({TypeName.INT, TypeName.DECIMAL, TypeName.DATE})
NOT_SINGLE = frozenset({TypeName.LIST, TypeName.RECORD, TypeName.REF, TypeName.ATTENDANCE, TypeName.TAGS})


def settings(work: Compilation) -> dict[str, Setting]:
    """Give the settings with their defaults; what is wrong with them is reported."""
    return {name: _setting(work, name, setting, ("settings", name)) for name, setting in work.workflow.settings.items()}


def setting_types(declared: Mapping[str, Setting]) -> dict[str, DataType]:
    """Give the types in which expressions see settings."""
    return {name: setting.kind for name, setting in declared.items()}


def chosen(setting: Setting, written: Any, language: str) -> Any:
    """Give a value that somebody wrote for a setting as JSON: terms and decimals as text, options as a map of texts by language.

    ``language`` is that of texts which name none. Raises ValueError that says what was expected and found.
    """
    match setting.kind.name:
        case TypeName.TERM:
            return str(_term_within(setting, parse_term(written if isinstance(written, str) else str(written))))
        case TypeName.OPTIONS:
            return _options_with(setting, written, language)
        case _:
            return canonicaliser(setting.kind)(written, None)


def _setting(work: Compilation, name: str, setting: model.Setting, path: Path) -> Setting:
    type_name = TypeName(setting.type)
    options = options_of(work, setting.options, (*path, "options")) if type_name is TypeName.CHOICE else None
    between = bounds_of(work, type_name, setting.between, (*path, "between")) if type_name in NUMERIC else None
    kind = DataType(type_name, options=options, between=between)
    terms = _term_bounds(work, setting, path) if type_name is TypeName.TERM else None
    declared = Setting(name, work.text(setting.title, name), kind, None, setting.basis, terms, setting.must_have or ())
    if setting.between is not None and type_name not in {*NUMERIC, TypeName.TERM}:
        work.report("setting.between", f"`between` has no meaning for a setting of type {kind}", (*path, "between"))
    if type_name in NOT_SINGLE:
        work.report("setting.type", f"expected `type` to be term, options or a single value, got {type_name}", (*path, "type"))
        return declared
    try:
        value = chosen(declared, setting.default, work.languages[0])
    except ValueError as error:
        work.report("setting.default", worded(str(error), "default"), (*path, "default"))
        return declared
    return Setting(
        name, declared.title, kind, parse_term(value) if type_name is TypeName.TERM else value, setting.basis, terms, declared.must_have
    )


def _term_bounds(work: Compilation, setting: model.Setting, path: Path) -> tuple[Term, Term] | None:
    found = []
    for number, each in enumerate(setting.between or ()):
        try:
            found.append(parse_term(str(each)))
        except ValueError as error:
            work.report("setting.default", worded(str(error), "between"), (*path, "between", number))
    return (found[0], found[1]) if len(found) == 2 else None


def _term_within(setting: Setting, term: Term) -> Term:
    least, most = setting.terms or (term, term)
    for name, bound, beyond in (
        ("at least", least, term.typical_minutes < least.typical_minutes),
        ("at most", most, term.typical_minutes > most.typical_minutes),
    ):
        if beyond:
            raise ValueError(f"expected {name} {bound}, got '{term}'")
    return term


def _options_with(setting: Setting, written: Any, language: str) -> Mapping[str, Mapping[str, str]]:
    texts = written_texts(written)
    if texts is None:
        raise ValueError("expected a map of ids and texts, like {a: 已解决, b: 列入计划}")
    if missing := [name for name in setting.must_have if name not in texts]:
        raise ValueError(f"expected an option `{missing[0]}`, as `must_have` demands, got {', '.join(texts)}")
    return {name: model.by_language(text, name, language) for name, text in texts.items()}
