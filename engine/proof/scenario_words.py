"""Scenarios in words: what a command is, how a step is named, what a refusal says."""

from __future__ import annotations

from engine.core.case import CLOCK
from engine.core.command import Command, Fire, OpenRelated, Receive
from engine.core.refusals import EN, label
from engine.errors import Refusal
from engine.proof.scenario_model import ActStep, CommentStep


def told_of(command: Command) -> str:
    """Say in a few words what a command is."""
    if isinstance(command, Fire):
        return f"{CLOCK}: {command.deadline}: {command.rung}"
    if isinstance(command, OpenRelated | Receive):
        return f"{command.kind} from another case" if isinstance(command, Receive) else "opened by another case"
    actor = command.actor
    name = getattr(command, "name", None) or type(command).__name__.lower().replace("open", "start")
    role = ", ".join(sorted(actor.roles))
    return f"{name} by {actor.id}" + (f" ({role})" if role not in ("", actor.id) else "")


def step_name(step: ActStep | CommentStep) -> str:
    """Name a step."""
    return step.name if isinstance(step, ActStep) else "comment"


def text_of(refusal: Refusal) -> str:
    """Give a refusal's text in English, else as it is."""
    return label(refusal.message, EN)
