"""Who may do what. A principal is whoever a request comes from; rights come from system roles, roles in a process from its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.case import Actor
from engine.definition.process import ProcessDefinition
from engine.errors import NotAllowed
from engine.settings import is_sandbox

RIGHTS: Mapping[str, frozenset[str]] = {
    "admin": frozenset({"publish", "keys", "people", "read", "audit", "clock", "correct", "backdate", "calendars", "metrics"}),
    "designer": frozenset({"publish", "read"}),
    "auditor": frozenset({"read", "audit"}),
    "operator": frozenset({"clock", "read"}),
    "monitor": frozenset({"metrics"}),
    "recorder": frozenset({"backdate", "correct"}),
}
"""System role -> rights. They are no roles of a process: lint refuses a definition that names a role like one of them."""

OF_THE_INSTALLATION = frozenset({"clock", "metrics"})
"""Rights over what is not one organisation's: nobody has them in a sandbox."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request comes from, after authentication. ``key`` names the API key or session that was shown."""

    id: str
    org: str
    roles: frozenset[str]
    unit: str | None = None
    key: str = ""
    rights: frozenset[str] = field(init=False)
    actor: Actor = field(init=False)
    """The principal as the core sees it."""

    def __post_init__(self) -> None:
        rights = frozenset[str]().union(*(RIGHTS.get(role, frozenset()) for role in self.roles))
        object.__setattr__(self, "rights", rights - OF_THE_INSTALLATION if is_sandbox(self.org) else rights)
        object.__setattr__(self, "actor", Actor(self.id, self.roles, self.org, self.unit))

    def demand(self, right: str) -> None:
        """Raise NotAllowed unless one of the roles gives the right."""
        if right not in self.rights:
            raise NotAllowed(right)

    def takes_part_in(self, definition: ProcessDefinition) -> bool:
        """Say whether cases of a process are this principal's to see: a role in it, or the right to read all."""
        return "read" in self.rights or not self.roles.isdisjoint(definition.roles)
