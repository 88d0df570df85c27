"""Attached files: streamed to disk, named by their SHA-256, and only then spoken of in a case.

A file lies under ``<folder>/<first two hex digits>/<digest>``, so the same content lies there once, and what a case says of it
can be checked against it for ever. It is on the disk, name and all, before any row mentions it. The files of a sandbox lie in a folder of
their own below: they go with it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson

from engine.clock import Instant, rfc3339
from engine.errors import NotFound, TooLarge, YishiError
from engine.runtime.answers import Answer, RequestKey, once
from engine.runtime.lane import Lane, Pending
from engine.runtime.people import Principal
from engine.runtime.service import new_id
from engine.settings import is_sandbox
from engine.store.records import DocumentRecord
from engine.store.writer import Batch

SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
ANY_TYPE = "application/octet-stream"
LONGEST_NAME = 200
CHUNK = 1 << 20
SANDBOXES = "sandboxes"


class DigestMismatch(YishiError):
    """What arrived is not what was announced: its SHA-256 is another. Nothing was kept."""

    code = "digest_mismatch"

    def __init__(self, stated: str, found: str) -> None:
        self.stated, self.found = stated, found
        super().__init__(f"Expected a file with the SHA-256 {stated}, got one with {found}; nothing was kept.")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies on the disk."""

    sha256: str
    size: int


class Documents:
    """A folder of files by content. Every method blocks; none may run on an event loop or a lane."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self.limit = limit

    def of(self, org: str) -> Documents:
        """Give the files of an organisation: those of a sandbox lie apart."""
        return Documents(self._folder / SANDBOXES / quote(org, safe=""), self.limit) if is_sandbox(org) else self

    def listed(self) -> tuple[Path, ...]:
        """Give where each content lies."""
        return tuple(path for path in self._folder.glob("??/*") if SHA256.fullmatch(path.name))

    def receive(self) -> Incoming:
        """Begin a file to write into. Whoever asks for it must `keep` it and, in any case, `discard` what is left of it."""
        arriving = self._folder / "arriving"
        arriving.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Incoming(self._folder, arriving, self.limit)

    @contextmanager
    def receiving(self) -> Iterator[Incoming]:
        """Give a file to write into for as long as the block lasts; it is gone afterwards, unless it was kept."""
        incoming = self.receive()
        try:
            yield incoming
        finally:
            incoming.discard()

    def stored(self, file: BinaryIO) -> Stored:
        """Keep what a file holds from where it stands. Raises TooLarge; then nothing is kept."""
        with self.receiving() as incoming:
            while chunk := file.read(CHUNK):
                incoming.write(chunk)
            return incoming.keep()

    def path_of(self, sha256: str) -> Path:
        """Give where a content lies. Raises NotFound when the file is gone."""
        path = place_of(self._folder, sha256)
        if not path.is_file():
            raise NotFound("document", sha256)
        return path


def handed_in(
    stored: Stored, principal: Principal, case_id: str, name: str, filename: str, media_type: str, *, at: Instant
) -> DocumentRecord:
    """Give the row of a file that somebody hands in for a case, for the act that attaches it."""
    return DocumentRecord(
        org=principal.org,
        id=new_id(at),
        case_id=case_id,
        name=name,
        filename=filename,
        media_type=media_type,
        size=stored.size,
        sha256=stored.sha256,
        attached_by=principal.id,
        attached_at=at,
        seq=None,
    )


def keep_row(lane: Lane, row: DocumentRecord, key: RequestKey | None, demand: Callable[[], None]) -> Pending:
    """Record a document that no act has attached yet. Answers 201 with it; the same request with its key gets the same answer.

    ``demand`` raises when it may not be kept; an answer that was given before is repeated without asking.
    """

    def run(batch: Batch, _: Instant) -> Answer:
        demand()
        batch.add(row)
        return Answer(201, {}, orjson.dumps(document_view(row)))

    return lane.submit(once(key, run))


def document_view(row: DocumentRecord) -> dict[str, Any]:
    """Give what is known of a document."""
    return {
        "id": row.id,
        "name": row.name,
        "filename": row.filename,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "attached_by": row.attached_by,
        "attached_at": rfc3339(row.attached_at),
        "seq": row.seq,
    }


class Incoming:
    """A file that is arriving."""

    def __init__(self, folder: Path, arriving: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._hash = hashlib.sha256()
        self._size = 0
        descriptor, name = tempfile.mkstemp(dir=arriving)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "wb", buffering=CHUNK)

    def write(self, chunk: bytes) -> None:
        """Append a chunk. Raises TooLarge."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(f"Expected a file of at most {self._limit} bytes.")
        self._hash.update(chunk)
        self._file.write(chunk)

    def keep(self, stated: str | None = None) -> Stored:
        """Make the file durable under its digest. Raises DigestMismatch where another one was stated."""
        found = self._hash.hexdigest()
        if stated is not None and found != stated:
            raise DigestMismatch(stated, found)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        place = place_of(self._folder, found)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        self._path.replace(place)
        for folder in (place.parent, self._folder):
            sync_folder(folder)
        return Stored(found, self._size)

    def discard(self) -> None:
        """Remove what is left of the file; what was kept stays."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def place_of(folder: Path, sha256: str) -> Path:
    """Give where a content belongs."""
    assert SHA256.fullmatch(sha256)
    return folder / sha256[:2] / sha256


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def media_type_of(stated: str | None) -> str:
    """Give the media type without parameters; what is no media type is plain bytes."""
    bare = (stated or "").partition(";")[0].strip().lower()
    return bare if MEDIA_TYPE.fullmatch(bare) else ANY_TYPE


def file_name_of(stated: str) -> str:
    """Give a name that is safe to show and to save under: no path, no invisible characters, not too long, never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", stated))[-1]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(" .")
    if len(shown) > LONGEST_NAME:
        stem, dot, suffix = shown.rpartition(".")
        shown = stem[: LONGEST_NAME - len(suffix) - 1] + dot + suffix if dot and len(suffix) <= 10 else shown[:LONGEST_NAME]
    return shown or "document"


def disposition_of(name: str) -> str:
    """Give the `Content-Disposition` that makes a browser save and never show (RFC 6266): an ASCII name, and the real one in UTF-8."""
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
