"""Where PostgreSQL can live: on the disk that is measured, if an account without rights can reach the folder."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80
"""The path of a Unix socket has at most 107 bytes, of which some are the server's own."""


def place_for_postgres(folder: Path) -> Path:
    """Give the folder itself, else the system's temporary one, saying why: PostgreSQL never runs as root."""
    path = folder.resolve()
    closed = [each for each in (path, *path.parents) if not each.stat().st_mode & stat.S_IXOTH] if os.geteuid() == 0 else []
    if not closed and len(os.fsencode(path)) <= LONGEST_SOCKET_FOLDER:
        place = path / "postgres"
        place.mkdir(exist_ok=True)
        place.chmod(0o1777)  # the server's own account removes its folder at the end
        return place
    elsewhere = Path(tempfile.gettempdir())
    reason = f"{closed[0]} is closed to other accounts" if closed else f"{path} is too long for a socket"
    print(f"PostgreSQL's data lies in {elsewhere}, because {reason}; its disk may be another one.", flush=True)
    return elsewhere
