"""Data items and lists: from the model to typed data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from engine.definition import model
from engine.definition.compilation import Compilation
from engine.definition.datatypes import IDENTITIES, DataItem, DataType, TypeName, bounds
from engine.definition.process import Text
from engine.definition.shapes import canonicaliser
from engine.definition.source import Path
from engine.errors import did_you_mean

FINDABLE = frozenset({*IDENTITIES, TypeName.REF, TypeName.ATTENDANCE})


class Declaring(Protocol):
    """What declared data hang on, in a workflow or a registry: its languages, lists and roles, and where problems go."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages; a text without one is in the first."""
        ...

    @property
    def lists(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Give the closed lists by id."""
        ...

    @property
    def settings(self) -> Mapping[str, model.Setting]:
        """Give the settings by id."""
        ...

    def report(self, rule: str, message: str, path: Path) -> None:
        """Note a problem at its place."""
        ...

    def text(self, text: Mapping[str, str] | None, otherwise: str) -> Text:
        """Give a text by language; what has no title is called by its id."""
        ...

    def roles(self, names: Iterable[str] | None, path: Path) -> tuple[str, ...]:
        """Check that roles are declared."""
        ...

    def seal(self, name: str | None, path: Path) -> str | None:
        """Find what ends the seal of an item."""
        ...

    def entry(self, item: model.DataItem) -> DataType | None:
        """Type what an attendance holds of each person."""
        ...

    def ref_fields(self, item: model.DataItem, path: Path) -> tuple[DataItem, ...]:
        """Type what is read of what a ref points to, beside its id."""
        ...


def data_items(work: Compilation) -> dict[str, DataItem]:
    """Type every data item and check its default. Computed values are added later: they need all types first."""
    return {name: data_item(work, name, item, ("data", name)) for name, item in work.workflow.data.items()}


def data_item(work: Declaring, name: str, item: model.DataItem, path: Path) -> DataItem:
    """Type one item, or field, and check its default."""
    kind = data_type(work, item, path)
    methods = {method: work.text(text, method) for method, text in (item.methods or {}).items()}
    default = None if item.default is None else _value(work, kind, item.default, (*path, "default"))
    return DataItem(
        id=name,
        title=work.text(item.title, name),
        type=kind,
        default=[] if kind.name is TypeName.ATTENDANCE else default,
        sensitive=item.sensitive,
        seen_by=work.roles(item.seen_by, (*path, "seen_by")),
        sealed_until=work.seal(item.sealed_until, (*path, "sealed_until")),
        methods=methods,
        late_after=item.late_after,
        is_live=item.query is not None and item.query.fixed_at is not None,
    )


def data_type(work: Declaring, item: model.DataItem, path: Path) -> DataType:
    """Give the type of an item or field; what its declaration lacks is reported."""
    name = TypeName(item.type)
    inner = item.model_copy(update={"type": item.of, "of": None, "max": None, "default": None}) if name is TypeName.LIST else None
    kind = DataType(
        name=name,
        of=data_type(work, inner, path) if inner is not None else work.entry(item) if name is TypeName.ATTENDANCE else None,
        fields=_fields(work, item, path) if name is TypeName.RECORD else work.ref_fields(item, path) if name is TypeName.REF else (),
        options=options_of(work, item.options, (*path, "options")) if name in {TypeName.CHOICE, TypeName.TAGS} else None,
        options_setting=_options_setting(item.options) if name in {TypeName.CHOICE, TypeName.TAGS} else None,
        scale=item.scale if name is TypeName.DECIMAL else None,
        max=item.max,
        between=bounds_of(work, name, item.between, (*path, "between")) if name is not TypeName.LIST else None,
        pattern=item.pattern if name is TypeName.TEXT else None,
        target=item.of if name is TypeName.REF else None,
    )
    for key, message in kind.faults():
        work.report("data.type", message, (*path, key))
    return kind


def _fields(work: Declaring, item: model.DataItem, path: Path) -> tuple[DataItem, ...]:
    for name, field in (item.fields or {}).items():
        if field.type == "attendance":
            work.report("data.type", "an attendance belongs to a case: it cannot be a field of a record", (*path, "fields", name, "type"))
    return tuple(data_item(work, name, field, (*path, "fields", name)) for name, field in (item.fields or {}).items())


def bounds_of(work: Declaring, name: TypeName, between: tuple[Any, ...] | None, path: Path) -> tuple[Any, Any] | None:
    """Give the least and the most of a type in its canonical form; what is wrong with them is reported."""
    if between is None or len(between) != 2:
        return None
    try:
        low, high = (canonicaliser(DataType(name))(bound, None) for bound in between)
        return bounds(name, low, high)
    except ValueError as error:
        work.report("data.between", str(error), path)
        return None


def _options_setting(options: Any) -> str | None:
    return options.removeprefix("settings.") if isinstance(options, str) and options.startswith("settings.") else None


def options_of(work: Declaring, options: Any, path: Path) -> Mapping[str, Text] | None:
    """Give a closed list: as it is written, or the one it names; None where there is none."""
    if options is None:
        return None
    if not isinstance(options, str):
        return {name: work.text(text, name) for name, text in options.items()}
    kind, _, name = options.partition(".")
    texts: Mapping[str, Mapping[str, str]] | None
    known: Mapping[str, Any]
    if kind == "lists":
        known = work.lists
        texts = work.lists.get(name)
    else:
        known = {each: setting for each, setting in work.settings.items() if setting.type == "options"}
        texts = written_texts(known[name].default) if name in known else None
    if texts is None:
        work.report("name.unknown_list", f"there is no `{options}`{did_you_mean(name, known)}", path)
        return {name: work.text(None, name)}
    return {each: work.text(text, each) for each, text in texts.items()}


def written_texts(default: Any) -> dict[str, Mapping[str, str]] | None:
    """Read the options that a setting holds: a map of ids and texts."""
    if not isinstance(default, dict) or not default:
        return None
    return {name: text if isinstance(text, dict) else {model.OWN_LANGUAGE: str(text)} for name, text in default.items()}


def _value(work: Declaring, kind: DataType, value: Any, path: Path, rule: str = "data.default") -> Any:
    try:
        return canonicaliser(kind)(value, None)
    except ValueError as error:
        key = path[-1]
        work.report(rule, f"{worded(str(error), str(key))}", path)
        return None


def worded(message: str, key: str) -> str:
    """Say of which key something was expected."""
    return message.replace("expected ", f"expected `{key}` to be ", 1) if message.startswith("expected ") else message


# --- computed values ------------------------------------------------------------------------------------------------


def computed_order(work: Declaring, needs: Mapping[str, Iterable[str]], kind: str, path: Path) -> tuple[str, ...]:
    """Order what is computed so that each reads only earlier ones; a circle is reported at its first item. ``needs``: what each reads."""
    order: dict[str, None] = {}
    for first, needed in needs.items():
        # Not by recursion: a chain of items may be longer than a stack is deep.
        visiting = {first: iter(sorted(needed))} if first not in order else {}
        while visiting:
            name, reads = next(reversed(visiting.items()))
            read = next((each for each in reads if each in needs and each not in order), None)
            if read is None:
                visiting.pop(name)
                order[name] = None
            elif read in visiting:
                around = list(visiting)
                circle = " -> ".join([*around[around.index(read) :], read])
                work.report("compute.circle", f"these computed {kind} need each other: {circle}", (*path, read, "compute"))
            else:
                visiting[read] = iter(sorted(needs[read]))
    return tuple(order)


def is_findable(item: DataItem) -> bool:
    """Say whether cases are found by an item: the persons, units and other cases or rows that it names, or who attended."""
    kind = item.type.of if item.type.name is TypeName.LIST and item.type.of is not None else item.type
    return kind.name in FINDABLE and not item.sensitive


def is_committed(item: DataItem) -> bool:
    """Say whether an item's values stand in events as commitments only: free text, or declared sensitive."""
    return item.sensitive or _holds_text(item.type)


def _holds_text(kind: DataType) -> bool:
    if kind.name is TypeName.TEXT:
        return True
    if kind.of is not None:
        return _holds_text(kind.of)
    return any(_holds_text(field.type) or field.sensitive for field in kind.fields)
