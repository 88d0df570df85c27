"""What every command stands on: the settings, the language, and the way to the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import typer

from api.commands.failing import Misused
from api.commands.options import ZH
from engine.clock import Instant, parse_day_or_instant, parse_instant
from engine.definition.terms import Term, parse_term
from engine.settings import Settings, load_settings


@dataclass
class Here:
    """The circumstances of one command."""

    language: str = ZH
    given: Settings | None = field(default=None)

    @cached_property
    def settings(self) -> Settings:
        """Give the configuration. Raises ConfigurationError."""
        return self.given or load_settings()

    @property
    def calendars_folder(self) -> Path:
        """Give the folder of the calendars."""
        return self.settings.workflows / "calendars"


def here(context: typer.Context) -> Here:
    """Give the circumstances of the command that runs."""
    found = context.find_object(Here)
    assert found is not None, "the root command sets it"
    return found


def instant_given(text: str, option: str) -> Instant:
    """Read an instant that was given as an option. Raises Misused."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Misused(f"{option}: {error}") from None


def day_or_instant_given(text: str, option: str) -> date | Instant:
    """Read a day or an instant that was given as an option. Raises Misused."""
    try:
        return parse_day_or_instant(text)
    except ValueError as error:
        raise Misused(f"{option}: {error}") from None


def term_given(text: str, option: str) -> Term:
    """Read a term that was given as an option. Raises Misused."""
    try:
        return parse_term(text)
    except ValueError as error:
        raise Misused(f"{option}: {error}") from None
