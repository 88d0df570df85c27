"""What tests of reading, loading and lint share: the shipped calendar, and workflows made by small changes to a sound one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.definition.calendar_files import load_calendars
from engine.definition.loader import Loaded, load
from engine.definition.process import ProcessDefinition
from engine.errors import Problem

CALENDARS = load_calendars(Path("workflows/calendars"))
FIXTURES = Path("tests/definition/fixtures")
SMALLEST = (FIXTURES / "resident_message.yaml").read_text(encoding="utf-8")
DELIBERATION = (FIXTURES / "deliberation.yaml").read_text(encoding="utf-8")


def loaded(text: str | bytes) -> Loaded:
    """Load a text as `w.yaml`."""
    return load(text, "w.yaml", calendars=CALENDARS)


def sound(text: str) -> ProcessDefinition:
    """Load a text that has no problem at all."""
    found = loaded(text)
    assert found.problems == ()
    (definition,) = found.definitions
    return definition


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Replace parts of a text, each of which must stand there exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
        text = text.replace(old, new)
    return text


def problems(text: str | bytes, *changes: tuple[str, str]) -> tuple[Problem, ...]:
    """Load a text after some changes and give its problems."""
    return loaded(changed(text, *changes) if isinstance(text, str) else text).problems


def rules(found: Iterable[Problem]) -> list[str]:
    """Give the rules of problems, in their order."""
    return [problem.rule for problem in found]


def place(text: str, part: str, within: int = 0) -> tuple[int, int]:
    """Give line and column, from 1, of a part that stands exactly once in a text; ``within`` characters further on."""
    assert text.count(part) == 1, f"{part!r} stands {text.count(part)} times in the text"
    before = text[: text.index(part) + within]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
