"""`rest_day` of what recurs: where an occurrence goes that is a rest day, as written or as each body chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition.recurrences import KEEP, REST_DAYS
from engine.definition.source import Path

if TYPE_CHECKING:
    from engine.definition.compilation import Compilation


def rest_day(work: Compilation, written: str | None, path: Path) -> str:
    """Give a word, or a setting that is a choice among such words; `keep`, with its problem, where it is neither."""
    if written is None or written in REST_DAYS:
        return written or KEEP
    name = written.removeprefix("settings.")
    settings = work.workflow.settings
    if name not in settings:
        work.unknown("setting", "name.unknown_setting", name, settings, path)
        return KEEP
    options = settings[name].options
    words = work.workflow.lists.get(options.removeprefix("lists."), {}) if isinstance(options, str) else options or {}
    if settings[name].type != "choice" or not words or not words.keys() <= set(REST_DAYS):
        work.report(
            "deadline.rest_day", f"expected `{written}` to be a choice among {', '.join(REST_DAYS)}, and it may be something else", path
        )
        return KEEP
    return written
