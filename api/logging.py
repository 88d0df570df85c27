"""Logs: one canonical line per unit of work, for people on a terminal, as JSON everywhere else, and nothing about persons.

A line tells what was done, to which case, with what outcome and how long it took. Who did it stands in the trail, where it is
protected; in a log it would be copied to places nobody thinks of.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from rich.console import Console

Event = MutableMapping[str, Any]

PRIVATE = frozenset(
    {
        *("actor", "acting_for", "person", "name", "email", "phone", "address", "client"),
        *("data", "body", "reason", "text", "title", "filename", "query"),
        *("password", "token", "secret", "authorization", "cookie"),
    }
)
"""Keys that a log line never has, whoever wrote it."""

QUIET = {
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "httpx2": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "uvicorn.error": logging.WARNING,
}
"""Libraries that say much at the level of information; a request has its own canonical line."""


def set_up_logging(level: str) -> None:
    """Send all logs, those of libraries too, to the standard error output. ``level``: debug, info, warning or error.

    On a terminal they are for people, in colour unless NO_COLOR is set; elsewhere one JSON object a line. What an exception says
    may quote what somebody wrote, so only its type and place are logged, except at the level debug.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_personal_data,
        with_traceback if level == "debug" else with_place,
    ]
    screen = Console(file=sys.stderr)
    renderer = structlog.dev.ConsoleRenderer(colors=not screen.no_color) if screen.is_terminal else as_json
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        # The stream is looked up for every line: it may have been replaced.
        cache_logger_on_first_use=False,
    )
    handler = StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer], foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, number))


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever the standard error output is at that moment."""

    @property
    def stream(self) -> TextIO:
        """Give the present standard error output."""
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Keep looking it up."""


def without_personal_data(_: Any, __: str, event: Event) -> Event:
    """Leave out what could name or quote somebody."""
    for key in PRIVATE & event.keys():
        del event[key]
    return event


def with_place(_: Any, __: str, event: Event) -> Event:
    """Put the type of an exception and the places it passed in its stead, without its text."""
    failure = exception_of(event.pop("exc_info", None))
    if failure is not None:
        event.setdefault("error", type(failure).__name__)
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(failure.__traceback__)]
    return event


def with_traceback(_: Any, __: str, event: Event) -> Event:
    """Put the whole traceback of an exception in its stead."""
    failure = exception_of(event.pop("exc_info", None))
    if failure is not None:
        event["traceback"] = "".join(traceback.format_exception(failure))
    return event


def exception_of(given: Any) -> BaseException | None:
    """Find the exception in any of the forms in which it may be given to a logger."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exception() if given else None


def as_json(_: Any, __: str, event: Event) -> str:
    """Write a line as JSON; what JSON does not know is written as text."""
    return orjson.dumps(dict(event), default=str, option=orjson.OPT_NON_STR_KEYS).decode()
