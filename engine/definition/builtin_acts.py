"""Acts that a workflow has without writing them: asking and declining; and what every transition is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition.effects import AskFor, Decline
from engine.definition.forms import Form
from engine.definition.process import Branch, Transition, Trigger


def asking(
    state: str,
    name: str,
    title: Mapping[str, str],
    asked_by: tuple[str, ...],
    by: tuple[str, ...],
    *,
    form: Form | None,
    reason: str | None,
    **gates: Any,
) -> Iterator[Transition]:
    """Give the built-in acts around an act that must be asked for: asking carries form and reason, declining drops both."""
    for act, words, actors, effect in (
        ("ask", {"zh-CN": "申请：", "en": "Ask: "}, asked_by, AskFor(name)),
        ("decline", {"zh-CN": "不同意：", "en": "Decline: "}, by, Decline(name)),
    ):
        full = f"{name}.{act}"
        asks = act == "ask"
        yield Transition(
            id=transition_id(state, Trigger.ACT, full),
            source=state,
            trigger=Trigger.ACT,
            name=full,
            title=prefixed(words, title),
            branches=stay(state, full),
            effects=(effect,),
            by=actors,
            form=form if asks else None,
            reason=reason if asks else "required",
            builtin=True,
            **(gates if asks else {"excluded": gates.get("excluded", frozenset())}),
        )


def stay(state: str, name: str) -> tuple[Branch, ...]:
    """Give the only way of an act that leaves nothing."""
    return (Branch(f"{transition_id(state, Trigger.ACT, name)}#0", None, None, reenter=False, cycles=None, effects=()),)


def prefixed(words: Mapping[str, str], title: Mapping[str, str]) -> Mapping[str, str]:
    """Put a word before a title, in each of its languages; Chinese where that is the language, else English."""
    return {language: words["zh-CN" if language.startswith("zh") else "en"] + text for language, text in title.items()}


def transition_id(state: str, trigger: Trigger, name: str) -> str:
    """Give the id of a transition, stable within a version."""
    return f"{state}/{trigger}:{name}"
