"""The environment of the peers: made from their lock file on first use, made anew when the lock changes."""

from __future__ import annotations

import hashlib
import subprocess
import venv
from pathlib import Path

LOCK = Path(__file__).parent / "peers.lock"


def peers_python(folder: Path) -> Path:
    """Give the interpreter of the peers' environment in `folder`, installing what the lock pins if it is not there yet."""
    python = folder / "bin" / "python"
    stamp = folder / "installed-lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return python
    print("Installing the peers (first run only) …", flush=True)
    venv.create(folder, clear=True, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    subprocess.run([*install, "--requirement", LOCK], check=True)
    stamp.write_text(digest)
    return python
