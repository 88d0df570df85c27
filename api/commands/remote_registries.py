"""Registries over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api.commands.files import form_of
from api.commands.gateway import Json, Progress, RowsWanted
from engine.runtime.sheets import MEDIA_TYPES

CHUNK = 1 << 16


class RemoteRegistries:
    """Asks a server through the ways of its gateway: with an answer in JSON, with a JSON body, for bytes."""

    def __init__(self, ask: Callable[..., Json], send: Callable[..., Json], fetch: Callable[..., bytes]) -> None:
        self._ask, self._send, self._fetch = ask, send, fetch

    def all(self) -> Json:
        """List the registries."""
        return self._ask("GET", "/registries")

    def rows(self, registry: str, wanted: RowsWanted, limit: int, cursor: str | None) -> Json:
        """List rows."""
        params = [*params_of(wanted), ("limit", str(limit)), *([("cursor", cursor)] if cursor is not None else [])]
        return self._ask("GET", path_of(registry), params=params)

    def row(self, registry: str, key: str, as_of: str | None) -> Json:
        """Give a row with its history."""
        return self._ask("GET", path_of(registry, key), params=params_of(RowsWanted(as_of=as_of)))

    def add(self, registry: str, data: Mapping[str, Any], reason: str | None) -> Json:
        """Add a row."""
        return self._send("POST", path_of(registry), {"data": dict(data), **({} if reason is None else {"reason": reason})})

    def alter(self, registry: str, key: str, action: str, data: Mapping[str, Any], reason: str, expected: int | None) -> Json:
        """Change, correct, retire or restore a row."""
        version = expected if expected is not None else self.row(registry, key, None)["version"]
        headers = {"If-Match": f'"{version}"'}
        if action == "change":
            return self._send("PATCH", path_of(registry, key), {"data": dict(data), "reason": reason}, headers=headers)
        if action == "correct":
            return self._send("POST", path_of(registry, key, "corrections"), {"data": dict(data), "reason": reason}, headers=headers)
        return self._send("POST", path_of(registry, key, action), {"reason": reason}, headers=headers)

    def take(self, registry: str, file: Path, reason: str, sheet: str | None, progress: Progress, *, dry_run: bool) -> Json:
        """Import a file; what is told is how much of it is sent."""
        said = {"reason": reason, **({} if sheet is None else {"sheet": sheet}), **({"dry_run": "true"} if dry_run else {})}
        headers = {"Content-Type": MEDIA_TYPES[form_of(file)], "Content-Length": str(file.stat().st_size)}
        return self._ask("POST", path_of(registry, "import"), content=read_by_and_by(file, progress), params=said, headers=headers)

    def give(self, registry: str, form: str, wanted: RowsWanted) -> bytes:
        """Export rows."""
        return self._fetch(path_of(registry, "export"), params=[("format", form), *params_of(wanted)])


def path_of(*parts: str) -> str:
    """Write an address below the registries."""
    return "/registries/" + "/".join(quote(part, safe="") for part in parts)


def params_of(wanted: RowsWanted) -> list[tuple[str, str]]:
    """Write what is wanted for an address."""
    params = [("where", each) for each in wanted.where]
    if wanted.as_of is not None:
        params.append(("as_of", wanted.as_of))
    return [*params, *([("retired", "true")] if wanted.retired else [])]


def read_by_and_by(file: Path, progress: Progress) -> Iterator[bytes]:
    """Give a file in parts, and tell how far it is."""
    size, done = file.stat().st_size, 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            done += len(chunk)
            progress(done, size)
            yield chunk
