"""The reasons for which a case does not move to another version: stable codes, texts in both languages, facts."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.refusals import EN, ZH, label, refusal
from engine.definition.canonical import Invalid
from engine.definition.process import Text
from engine.errors import Refusal


def has_ended() -> Refusal:
    """Leave a case that has ended with the version it ended in."""
    return refusal("ended", "事项已办结，保留原版本。", "The case has ended; it stays with its version.")


def other_version(expected: int, found: int) -> Refusal:
    """Refuse a case of a version the new one says nothing of."""
    return refusal(
        "other_version",
        f"新版本只说明如何从第{expected}版迁移，而本事项为第{found}版。",
        f"The new version says how cases of version {expected} come over; this case is of version {found}.",
        version=found,
        expected=expected,
    )


def unsound(fault: str) -> Refusal:
    """Refuse a `migrate` that does not fit the version before."""
    return refusal("migration_unsound", f"迁移说明与原版本不符：{fault}", f"The new version's `migrate` does not fit: {fault}", fault=fault)


def no_such_state(state: str, title: Text) -> Refusal:
    """Refuse a case in a state the new version does not have."""
    return refusal(
        "no_such_state",
        f"新版本没有与“{label(title, ZH)}”相应的在办环节，须在migrate.states中指明。",
        f"The new version has no state in which a case in {label(title, EN)!r} goes on; name one in migrate.states.",
        state=state,
    )


def no_way_back(state: str, title: Text) -> Refusal:
    """Refuse a case that could not go back to where it came from."""
    return refusal(
        "no_way_back",
        f"事项处于“{label(title, ZH)}”，其返回的环节在新版本中不存在。",
        f"The case is in {label(title, EN)!r}, and where it would go back to is not in the new version.",
        state=state,
    )


def ballot_open(title: Text) -> Refusal:
    """Refuse to change the rules of a vote while people vote."""
    return refusal(
        "ballot_open",
        f"“{label(title, ZH)}”正在投票，新版本中其规则不同；请先截止。",
        f"{label(title, EN)!r} is open and its rules are others there; close it first.",
    )


def children_running(title: Text) -> Refusal:
    """Refuse to forget children that still run."""
    return refusal(
        "children_running",
        f"“{label(title, ZH)}”尚有子案件在办，新版本中没有这一组；请先办结或免办。",
        f"Children of {label(title, EN)!r} still run and the new version has no such group; end or waive them first.",
    )


def still_asked(action: str) -> Refusal:
    """Refuse a case with a request that the new version knows no decision for."""
    return refusal(
        "still_asked",
        f"申请“{action}”尚未处理，新版本没有该操作。",
        f"{action!r} is asked for and the new version has no such action; decide it first.",
        action=action,
    )


def illegal_configuration(states: Iterable[str]) -> Refusal:
    """Refuse states that cannot be active together."""
    found = list(states)
    listed = ", ".join(found)
    return refusal(
        "illegal_configuration",
        f"这些环节在新版本中不能同时存在：{listed}",
        f"These states cannot be active together in the new version: {listed}.",
        configuration=found,
    )


def does_not_fit(item: str, title: Text, fault: Exception) -> Refusal:
    """Refuse a value that the new version's type does not allow, or that cannot be worked out."""
    why = fault.texts if isinstance(fault, Invalid) else {ZH: "无法求值", EN: str(fault)}
    return refusal(
        "data_does_not_fit",
        f"“{label(title, ZH)}”不符合新版本：{label(why, ZH)}",
        f"{label(title, EN)!r} does not fit the new version: {label(why, EN)}",
        field=item,
    )


def not_last() -> Refusal:
    """Refuse to undo what has been built upon."""
    return refusal(
        "not_last",
        "迁移之后事项已有其他记录，不能再撤回迁移。",
        "Something has happened to the case since its migration, so it cannot be undone; migrate it to another version instead.",
    )


def redacted() -> Refusal:
    """Refuse to put back what has been deleted."""
    return refusal(
        "redacted",
        "迁移前的部分内容已从记录中删除，不能恢复。",
        "Some of what the case held has been deleted from its trail and cannot be put back.",
    )
