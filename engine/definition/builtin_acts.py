"""Acts that a workflow has without writing them, asking and declining among them; and what every transition is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition.effects import AskFor, Decline, Effect
from engine.definition.forms import Form
from engine.definition.process import Branch, Transition, Trigger

_ASK: Mapping[str, str] = {"zh-CN": "申请：", "en": "Ask: "}
_DECLINE: Mapping[str, str] = {"zh-CN": "不同意：", "en": "Decline: "}


def builtin_act(state: str, name: str, title: Mapping[str, str], effect: Effect, by: tuple[str, ...], **gates: Any) -> Transition:
    """Give a built-in act: it does one thing, and leaves nothing."""
    act = transition_id(state, Trigger.ACT, name)
    return Transition(
        id=act,
        source=state,
        trigger=Trigger.ACT,
        name=name,
        title=title,
        branches=(Branch(f"{act}#0", None, None, reenter=False, cycles=None, effects=()),),
        effects=(effect,),
        by=by,
        builtin=True,
        **gates,
    )


def granted(
    state: str,
    name: str,
    title: Mapping[str, str],
    effect: Effect,
    by: tuple[str, ...],
    asked_by: tuple[str, ...],
    *,
    form: Form | None,
    reason: str | None,
    **gates: Any,
) -> Iterator[Transition]:
    """Give a built-in act; where another must ask first, also asking and declining, and form and reason are those of asking."""
    if not asked_by:
        yield builtin_act(state, name, title, effect, by, form=form, reason=reason, **gates)
        return
    yield builtin_act(state, name, title, effect, by, asked_by=asked_by, **gates)
    yield from asking(state, name, title, asked_by, by, form=form, reason=reason, **gates)


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
    ask, decline = f"{name}.ask", f"{name}.decline"
    yield builtin_act(state, ask, prefixed(_ASK, title), AskFor(name), asked_by, form=form, reason=reason, **gates)
    excluded = gates.get("excluded", frozenset())
    yield builtin_act(state, decline, prefixed(_DECLINE, title), Decline(name), by, reason="required", excluded=excluded)


def prefixed(words: Mapping[str, str], title: Mapping[str, str]) -> Mapping[str, str]:
    """Put a word before a title, in each of its languages; Chinese where that is the language, else English."""
    return {language: words["zh-CN" if language.startswith("zh") else "en"] + text for language, text in title.items()}


def transition_id(state: str, trigger: Trigger, name: str) -> str:
    """Give the id of a transition, stable within a version."""
    return f"{state}/{trigger}:{name}"
