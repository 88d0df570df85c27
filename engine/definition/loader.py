"""YAML text -> `ProcessDefinition`, `RegistryDefinition` or `PresetDefinition`: reads, checks shape and names, types every expression.

All problems are told at once, each at its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.definition.act_names import ActNames
from engine.definition.calendars import Calendar
from engine.definition.compilation import Compilation
from engine.definition.definition_parts import Parts
from engine.definition.heard_events import check_events
from engine.definition.interface import Interface, Library, Shelf, Written
from engine.definition.limits import Measure
from engine.definition.model import Preset, Registry, Workflow
from engine.definition.presets import PresetDefinition, preset_definition
from engine.definition.process import ProcessDefinition
from engine.definition.reader import Source, read
from engine.definition.registry import RegistryDefinition
from engine.definition.registry_document import Registering, registry_definition
from engine.definition.source import Document, Path
from engine.definition.state_names import StateNames
from engine.definition.texts import is_texts, laid_in, read_beside, read_within
from engine.definition.workflow_files import REGISTRIES, home_of, workflow_files
from engine.errors import DefinitionRefused, Problem, did_you_mean


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """One document of a file and what became of it.

    ``definition`` is None where there are errors. ``draft`` is what could be built all the same, for rules that look at the whole;
    it is never run. ``work`` knows where everything stands.
    """

    document: Document
    problems: tuple[Problem, ...]
    workflow: Workflow | None = None
    draft: ProcessDefinition | None = None
    work: Compilation | None = None
    written_registry: Registry | None = None
    registry_draft: RegistryDefinition | None = None
    preset_draft: PresetDefinition | None = None

    @property
    def definition(self) -> ProcessDefinition | None:
        """The workflow's definition, if nothing is wrong with it."""
        return None if self._is_wrong else self.draft

    @property
    def registry(self) -> RegistryDefinition | None:
        """The registry's definition, if nothing is wrong with it."""
        return None if self._is_wrong else self.registry_draft

    @property
    def preset(self) -> PresetDefinition | None:
        """The preset, if nothing is wrong with it."""
        return None if self._is_wrong else self.preset_draft

    @property
    def _is_wrong(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All documents of a file. ``problems`` holds those of the file and of each document, by place."""

    documents: tuple[LoadedDocument, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def definitions(self) -> tuple[ProcessDefinition, ...]:
        """The definitions of the workflows of the file that have no errors."""
        return tuple(each.definition for each in self.documents if each.definition is not None)

    @property
    def registries(self) -> tuple[RegistryDefinition, ...]:
        """The definitions of the registries of the file that have no errors."""
        return tuple(each.registry for each in self.documents if each.registry is not None)

    @property
    def presets(self) -> tuple[PresetDefinition, ...]:
        """The presets of the file that have no errors."""
        return tuple(each.preset for each in self.documents if each.preset is not None)


def load(source: Source, file: str, *, calendars: Mapping[str, Calendar], library: Mapping[str, Interface] | None = None) -> Loaded:
    """Load every workflow, registry and preset of a file (documents are parted by ``---``). Never raises for what the file contains.

    ``library``: the workflows of other files that these may name; by default those beside a file that is given by its path. Those of the
    file itself know each other.
    """
    if library is None and isinstance(source, FilePath):
        library = beside(source)
    reading = read(source, file)
    documents, problems = _with_texts(reading.documents, source)
    shapes = [(document, *_written(document)) for document in documents]
    known = Library(((document, shape) for document, shape, _ in shapes if isinstance(shape, Workflow | Registry)), library)
    measure = Measure()
    loaded = tuple(_loaded(*each, measure, calendars=calendars, library=known) for each in shapes)
    found = [*reading.problems, *problems, *(problem for each in loaded for problem in each.problems)]
    return Loaded(loaded, tuple(sorted(found)))


def _with_texts(documents: Sequence[Document], source: Source) -> tuple[list[Document], list[Problem]]:
    """Lay the texts that stand in the file, and those beside it, into its workflows."""
    within, wrong = read_within(each for each in documents if is_texts(each))
    beside_it, unreadable = read_beside(source) if isinstance(source, FilePath) else ([], [])
    laid, misplaced = laid_in((each for each in documents if not is_texts(each)), [*within, *beside_it], _written)
    return laid, [*wrong, *unreadable, *misplaced]


def interfaces(sources: Iterable[tuple[Source, str]], versions: Mapping[str, int] | None = None) -> Library:
    """Give what files offer to others, as far as they can be read; what is wrong with them is told when they are loaded.

    ``versions``: those of registries, whose files carry none.
    """
    return Library(written(sources), versions=versions)


def written(sources: Iterable[tuple[Source, str]]) -> Iterator[Written]:
    """Give the workflows and registries of some files as they are written, as far as they can be read."""
    for source, file in sources:
        for document in read(source, file).documents:
            shape, _ = _written(document)
            if isinstance(shape, Workflow | Registry):
                yield document, shape


def beside(path: FilePath) -> Shelf:
    """Give what the other workflow files of a folder offer; they are read only if one of them is named."""
    return offered(home_of(path), but=path)


def offered(home: FilePath, *, but: FilePath | None = None) -> Shelf:
    """Give what the workflow files of a folder offer, without those of one file."""
    folders = (home, home / REGISTRIES)
    return Shelf(lambda: interfaces((each, str(each)) for folder in folders for each in workflow_files(folder) if each != but))


def load_one(
    source: Source,
    file: str = "workflow.yaml",
    *,
    calendars: Mapping[str, Calendar],
    library: Mapping[str, Interface] | None = None,
) -> ProcessDefinition:
    """Load the one workflow of a file. Raises DefinitionRefused with every problem."""
    return only_definition(load(source, file, calendars=calendars, library=library), file)


def only_definition(loaded: Loaded, file: str = "workflow.yaml") -> ProcessDefinition:
    """Give the one definition of a loaded file. Raises DefinitionRefused with every problem, also when there is not just one."""
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    beside = len(loaded.registries) + len(loaded.presets)
    if not errors and (len(loaded.definitions) != 1 or beside):
        count = f"expected one workflow in the file, got {len(loaded.definitions)} and {beside} registries or presets"
        errors = [Problem(file=file, line=1, column=1, rule="model.one_workflow", message=count)]
    if errors:
        raise DefinitionRefused(errors)
    return loaded.definitions[0]


S = TypeVar("S", Registry, Preset)
Read = Workflow | Registry | Preset | None
"""The shape of a document; None where it has none."""


def _written(document: Document) -> tuple[Read, tuple[Problem, ...]]:
    """Read the shape of a document: of a workflow, a registry or a preset."""
    data = document.data
    if isinstance(data, dict) and "registry" in data:
        return _validated_whole(document, Registry)
    if isinstance(data, dict) and "preset" in data:
        return _validated_whole(document, Preset)
    if isinstance(data, dict) and "workflow" in data:
        return _validated(document, data)
    near = did_you_mean(next(iter(data)), ["workflow", "registry", "preset"]) if isinstance(data, dict) and data else ""
    wanted = "expected a map that begins with `workflow: NAME`, `registry: NAME` or `preset: NAME`"
    return None, (document.problem("model.kind", wanted + near, (), at_key=True),)


def _loaded(
    document: Document,
    shape: Read,
    problems: tuple[Problem, ...],
    measure: Measure,
    *,
    calendars: Mapping[str, Calendar],
    library: Mapping[str, Interface],
) -> LoadedDocument:
    """Load one document, a workflow, a registry or a preset, unless with it the file becomes too large."""
    if shape is None:
        return LoadedDocument(document, problems)
    if isinstance(shape, Preset):
        draft, wrong = preset_definition(document, shape, library)
        return LoadedDocument(document, tuple(sorted({*problems, *wrong})), preset_draft=draft)
    if large := [document.problem("model.size", message, path, at_key=True) for message, path in measure.too_many(shape)]:
        return LoadedDocument(document, tuple(sorted((*problems, *large))))
    match shape:
        case Workflow():
            return _load_workflow(document, shape, problems, measure, calendars, library)
        case Registry():
            return _load_registry(document, shape, measure, calendars)


def _load_workflow(
    document: Document,
    workflow: Workflow,
    problems: tuple[Problem, ...],
    measure: Measure,
    calendars: Mapping[str, Calendar],
    library: Mapping[str, Interface],
) -> LoadedDocument:
    states = StateNames.of(workflow)
    work = Compilation(document, workflow, states, ActNames.of(workflow, states), library=library, measure=measure)
    work.problems.extend(problems)
    if workflow.calendar not in calendars:
        work.unknown("calendar", "name.unknown_calendar", workflow.calendar, calendars, ("calendar",))
    check_events(work)
    # Where the calendar is unknown, any will do: expressions are only checked, never evaluated.
    calendar = calendars.get(workflow.calendar) or next(iter(calendars.values()), None)
    draft = Parts(work, calendar).definition(digest=document.digest) if calendar else None
    return LoadedDocument(document, tuple(sorted(set(work.problems))), workflow=workflow, draft=draft, work=work)


def definition_beside(work: Compilation, name: str, calendars: Mapping[str, Calendar]) -> ProcessDefinition | None:
    """Compile another workflow that one may name; None where there is none that could run. What is wrong with it is told elsewhere."""
    other = work.library.get(name)
    if other is None or other.written is None or other.written[1].calendar not in calendars:
        return None
    return _load_workflow(*other.written, (), Measure(), calendars, work.library).definition


def _validated(document: Document, data: object) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """Check the shape. Keys nobody knows hide nothing else: they are reported, taken out, and the rest is looked at."""
    try:
        return Workflow.model_validate(data), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = _placed(document, found)
        if any(each["type"] != "model.unknown_key" for each in found):
            return None, problems
        # A rule between several keys is only looked at once all of them are known.
        workflow, more = _validated(document, _without(data, {document.resolve(each["loc"]) for each in found}))
        return workflow, (*problems, *more)


def _validated_whole(document: Document, shape: type[S]) -> tuple[S | None, tuple[Problem, ...]]:
    try:
        return shape.model_validate(document.data), ()
    except ValidationError as error:
        return None, _placed(document, error.errors(include_url=False, include_input=False))


def _placed(document: Document, found: Iterable[ErrorDetails]) -> tuple[Problem, ...]:
    """Give what is wrong with a shape at its places."""
    at_key = {"model.unknown_key", "model.no_value", "model.shape"}
    return tuple(document.problem(each["type"], each["msg"], each["loc"], at_key=each["type"] in at_key) for each in found)


def _without(data: object, paths: set[Path], here: Path = ()) -> object:
    if isinstance(data, dict):
        return {key: _without(value, paths, (*here, key)) for key, value in data.items() if (*here, key) not in paths}
    if isinstance(data, list):
        return [_without(value, paths, (*here, number)) for number, value in enumerate(data)]
    return data


def _load_registry(document: Document, registry: Registry, measure: Measure, calendars: Mapping[str, Calendar]) -> LoadedDocument:
    work = Registering(document, registry, measure=measure)
    definition = registry_definition(work, calendars)
    return LoadedDocument(document, tuple(sorted(set(work.problems))), written_registry=registry, registry_draft=definition)
