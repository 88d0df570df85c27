"""How writing can fail without being anybody's mistake: another was faster, or nobody knows."""

from __future__ import annotations

from engine.errors import OutcomeUnknown, YishiError


class ConcurrentWrite(YishiError):
    """Another writer was faster; nothing of this batch was recorded. Read again and decide anew."""

    code = "concurrent_write"


class CommitUnknown(OutcomeUnknown):
    """The connection broke while the commit was under way: it was recorded as a whole or not at all."""


class DatabaseUnavailable(YishiError):
    """The database does not answer; nothing of this batch was recorded."""

    code = "database_unavailable"
