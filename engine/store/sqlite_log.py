"""The write-ahead log of a SQLite file: long enough from the start, and begun anew before it is full.

A commit that makes the file of the log longer costs twice and more: the file system journals the new size with it. So a server writes the
file to its working length once, and commits overwrite it in place. That lasts as long as the log is begun anew in time: a thread
copies what was committed into the database beside the commits, the writer itself the little that came meanwhile, and then SQLite
begins at the front. Readers are never made to wait, nor are other processes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import structlog

log = structlog.get_logger(__name__)

FRAME_BYTES = 4096 + 24
LONG_PAGES = 16_000
"""From so many pages on the log is long (64 MB)."""
ROOM_PAGES = 20_000
"""For so many the file has room: what is committed while the thread copies comes on top."""
PIECE_BYTES = 4 << 20
LOOK_AFTER = 64
"""Commits after which to look again how long the log is; one writes some 10 pages, a full batch some hundred."""


def make_room(connection: Any, path: Path) -> None:
    """Write the file of the log to its working length, unless it has it. The connection is of no use for other work afterwards."""
    file = path.with_name(f"{path.name}-wal")
    connection.execute("PRAGMA synchronous=OFF")  # nothing that is written here says anything, so it may be lost
    connection.execute("PRAGMA wal_autocheckpoint=0")
    ((same,),) = connection.execute("PRAGMA user_version").fetchall()
    while not file.exists() or file.stat().st_size < ROOM_PAGES * FRAME_BYTES:
        for _ in range(100):
            connection.execute(f"PRAGMA user_version={same}")  # the smallest transaction there is: one page
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    hold_in_large_pieces(file)


def hold_in_large_pieces(file: Path) -> None:
    """Let the system hold a file in memory in large pieces: the many small writes of a commit then cost less.

    A file is held in the pieces in which it came in, and the log came in page by page. So it is let go and read anew, unchanged.
    """
    if not hasattr(os, "posix_fadvise"):  # not on every system, and only speed hangs on it
        return
    with file.open("rb", buffering=0) as opened, mmap(-1, PIECE_BYTES) as piece:
        place = opened.fileno()
        os.fdatasync(place)  # what is not on the disk is not let go
        os.posix_fadvise(place, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(place, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while opened.readinto(piece):
            pass


class LogKeeper:
    """Has the log begun anew whenever it has grown long. For one writer; the thread starts when there is something to do."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._commits = 0
        self._wishes: SimpleQueue[bool] = SimpleQueue()  # to copy once more, or to stop
        self._is_copying = False
        self._is_copied = threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self, cursor: Any) -> None:
        """Take note of a commit of the writer, whose cursor that is. Never raises: what was committed is, whatever becomes of the log."""
        try:
            self._look_after(cursor)
        except Exception as failure:
            log.exception("checkpoint.failed", error=type(failure).__name__)

    def _look_after(self, cursor: Any) -> None:
        if self._is_copied.is_set():
            self._is_copied.clear()
            self._is_copying = False
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._commits += 1
        if self._commits % LOOK_AFTER == 0 and not self._is_copying:
            # Of its whole length: others copy as well, and while commits follow each other they always leave some and begin nothing anew.
            _, pages, _ = cursor.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
            if pages > LONG_PAGES:
                self._copy()

    def close(self) -> None:
        """Stop the thread."""
        if self._thread is not None:
            self._wishes.put(False)
            self._thread.join()
            self._thread = None

    def _copy(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log keeper", daemon=True)
            self._thread.start()
        self._is_copying = True
        self._wishes.put(True)

    def _run(self) -> None:
        connection = self._connect()
        try:
            while self._wishes.get():
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                except Exception as failure:  # the next time it may succeed; until then the log grows
                    log.exception("checkpoint.failed", error=type(failure).__name__)
                self._is_copied.set()
        finally:
            connection.close()
