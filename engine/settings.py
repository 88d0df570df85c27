"""The configuration: one frozen object, read from the environment, checked at start and passed down. Nothing else reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.errors import ConfigurationError, did_you_mean

PREFIX = "YISHI_"
SANDBOX = "~sandbox"
"""What the id of a body's sandbox ends with. No body's id has the sign, so the two can be told apart wherever an id stands."""


class Settings(BaseSettings):
    """What can be configured, each by an environment variable with the prefix ``YISHI_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = Field("sqlite:///./var/yishi.db", description="SQLite file or PostgreSQL address of the database")
    clock: Literal["system", "manual"] = Field(
        "system", description="system: the machine's time; manual: a clock that is moved by hand, for trials"
    )
    workflows: Path = Field(Path("workflows"), description="folder of the workflow files and calendars")
    files: Path = Field(Path("var/files"), description="folder in which attached documents are kept")
    cache: Path = Field(Path("var/cache"), description="folder for what can be made again at any time: laid-out pictures")
    bind: str = Field("127.0.0.1:8000", description="address and port the server listens on")
    log: Literal["debug", "info", "warning", "error"] = Field("info", description="least level of what is logged")
    organisation: str = Field(
        "default", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="id of the organisation this installation serves"
    )
    sweep_seconds: float = Field(1.0, ge=0.05, le=60, description="seconds between two looks for due deadlines")
    scheduler: bool = Field(True, description="whether this node sweeps deadlines, seals the log and relays notices")
    queue: int = Field(5_000, ge=10, le=1_000_000, description="commands that may wait for the lane before the server answers 503")
    upload_limit: int = Field(50_000_000, ge=1_000, description="bytes an attached document may have")
    body_limit: int = Field(1_000_000, ge=1_000, description="bytes the body of any other request may have")
    session_hours: int = Field(12, ge=1, le=720, description="hours until somebody who signed in at a browser has to do so again")
    url: str | None = Field(
        None, description="address of a running server; the command line then speaks HTTP instead of opening the database"
    )
    key: str | None = Field(None, description="API key the command line uses with YISHI_URL", repr=False)

    @property
    def host(self) -> str:
        """Give the address part of ``bind``."""
        return self.bind.rpartition(":")[0]

    @property
    def port(self) -> int:
        """Give the port of ``bind``."""
        return int(self.bind.rpartition(":")[2])


def load_settings() -> Settings:
    """Read the configuration. Raises ConfigurationError that names every variable that is unknown or wrong."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    faults = [
        f"{name} is not a setting{did_you_mean(name, known)}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith("YISHI_TEST_")
    ]
    settings: Settings | None = None
    try:
        settings = Settings()
        if not settings.bind.rpartition(":")[2].isdigit():
            faults.append(f"YISHI_BIND: expected an address and a port like 127.0.0.1:8000, got {settings.bind!r}")
    except ValidationError as error:
        faults += [
            f"{PREFIX}{str(each['loc'][0]).upper()}: expected {each['msg'].removeprefix('Input should be ')}, got {each['input']!r}"
            for each in error.errors()
        ]
    if faults or settings is None:
        raise ConfigurationError("; ".join(faults) + ". `yishi config` lists all settings.")
    return settings


def is_sandbox(org: str) -> bool:
    """Say whether an organisation is the sandbox of a body."""
    return org.endswith(SANDBOX)


def body_of(org: str) -> str:
    """Give the body that an organisation is, or whose sandbox it is."""
    return org.removesuffix(SANDBOX)


def sandbox_of(org: str) -> str:
    """Give the sandbox of a body; a sandbox is its own."""
    return body_of(org) + SANDBOX


def seen_from(org: str, other: str) -> str:
    """Give another organisation as one sees it: from a sandbox only sandboxes, from a body only bodies."""
    return sandbox_of(other) if is_sandbox(org) else body_of(other)
