"""The disk under the databases: how many fdatasync calls a second it acknowledges."""

from __future__ import annotations

import os
import time
from pathlib import Path

PAGE = b"\0" * 8192
PAGES = 64


def fdatasyncs_per_second(folder: Path, seconds: float) -> float:
    """Write one page after the other over a small file, each made durable before the next. No space is allocated under the clock."""
    path = folder / "disk.probe"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC)
    try:
        os.pwrite(descriptor, PAGE * PAGES, 0)
        os.fsync(descriptor)
        done = 0
        begun = now = time.perf_counter()
        while now < begun + seconds:
            os.pwrite(descriptor, PAGE, (done % PAGES) * len(PAGE))
            os.fdatasync(descriptor)
            done += 1
            now = time.perf_counter()
        return done / (now - begun)
    finally:
        os.close(descriptor)
        path.unlink()
