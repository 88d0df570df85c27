"""The environment of the peers: made from their lock file on first use, made anew when the lock changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

LOCK = Path(__file__).parent / "peers.lock"
QUIET = ("--quiet", "--no-input", "--disable-pip-version-check")
LOCKED = ("--no-deps", "--only-binary", ":all:", "--require-hashes")


def peers_python(folder: Path) -> Path:
    """Give the interpreter of the peers' environment in `folder`, installing what the lock pins if it is not there yet."""
    python = folder / "bin" / "python"
    stamp = folder / "installed-lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return python
    print("Installing the peers (first run only) …", flush=True)
    venv.create(folder, clear=True, with_pip=False)
    install(python)
    stamp.write_text(digest)
    return python


def install(python: Path) -> None:
    """Install the lock with the machine's own pip, as `make` does. Raises RuntimeError with what pip said."""
    command = [interpreter_with_pip(), "-m", "pip", "--python", str(python), "install", *QUIET, *LOCKED, "--requirement", str(LOCK)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"the peers of {LOCK.name} could not be installed:\n{ended.stderr}")


def interpreter_with_pip() -> str:
    """Give this environment's interpreter, or the one it was made from, whichever has pip. Raises RuntimeError."""
    candidates = [sys.executable, str(Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}"))]
    for candidate in candidates:
        if subprocess.run([candidate, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return candidate
    raise RuntimeError(f"expected pip with {' or '.join(candidates)}, found none; install it, for the peers have to be installed")
