"""The reasons for which an act is refused: stable codes, texts in both languages, facts. Codes never change with the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.clock import Instant, rfc3339
from engine.definition.canonical import nearest
from engine.definition.datatypes import STATUSES, DataItem
from engine.definition.process import Refuse, Text
from engine.errors import Refusal, did_you_mean

if TYPE_CHECKING:
    from engine.core.parties import Party
    from engine.definition.party_groups import PartyGroup

ZH, EN = "zh-CN", "en"


def refusal(code: str, zh: str, en: str, **facts: Any) -> Refusal:
    """Make a refusal with its text in both languages and its facts."""
    return Refusal(code, {ZH: zh, EN: en}, facts)


def label(text: Text, language: str) -> str:
    """Give a text in a language, else in the first language it has."""
    return text.get(language) or next(iter(text.values()))


def unknown_action(name: str, known: Iterable[str]) -> Refusal:
    """Refuse an action the workflow does not have."""
    near = did_you_mean(name, known) or "."
    return refusal("unknown_action", f"此流程没有“{name}”这一操作。", f"This workflow has no action {name!r}{near}", action=name)


def not_here(name: str, title: Text, places: Mapping[str, Text]) -> Refusal:
    """Refuse an action that exists, but not where the case stands; ``places`` are the active leaves with their titles."""
    zh, en = "、".join(label(text, ZH) for text in places.values()), ", ".join(label(text, EN) for text in places.values())
    return refusal(
        "not_here",
        f"当前环节（{zh}）不能办理“{label(title, ZH)}”。",
        f"{label(title, EN)!r} is not available where the case stands: {en}.",
        action=name,
        configuration=list(places),
    )


def ended(outcome: str | None) -> Refusal:
    """Refuse an action on a case that has ended."""
    return refusal("ended", "事项已办结，不能再办理。", "The case has ended.", outcome=outcome or "")


def wrong_role(needed: Iterable[tuple[str, Text]]) -> Refusal:
    """Refuse who holds none of the roles; `needed` names them."""
    roles = list(needed)
    if not roles:
        return refusal("wrong_role", "此操作由系统按期限自动办理。", "Only the clock may do this.", role=["clock"])
    zh, en = "、".join(label(text, ZH) for _, text in roles), ", ".join(label(text, EN) for _, text in roles)
    return refusal("wrong_role", f"只有{zh}可以办理。", f"Only these roles may do this: {en}.", role=[role for role, _ in roles])


def not_bound(role: str, title: Text) -> Refusal:
    """Refuse who holds the role, but is not the one this case means."""
    return refusal(
        "not_bound",
        f"您是{label(title, ZH)}，但不是本事项的{label(title, ZH)}。",
        f"You hold the role {label(title, EN)}, but not that of this case.",
        role=[role],
    )


def duty_conflict(kind: str, act: str, title: Text, person: str) -> Refusal:
    """Refuse who must, or must not, have taken another act."""
    zh, en = {
        "different_person": ("须由不同的人办理", "must be done by different persons"),
        "different_unit": ("须由不同的单位办理", "must be done by different units"),
        "same_person": ("须由同一人办理", "must be done by the same person"),
        "same_unit": ("须由同一单位办理", "must be done by the same unit"),
    }[kind]
    said = f"与“{label(title, ZH)}”{zh}。", f"This and {label(title, EN)!r} {en}."
    return refusal("duty_conflict", *said, duty=kind, act=act, person=person)


def limit_reached(times: int, free_at: Instant | None) -> Refusal:
    """Refuse what was done as often as it may; `free_at` is when it is open again, None for never."""
    facts: dict[str, Any] = {"times": times}
    if free_at is not None:
        facts["until"] = rfc3339(free_at)
    return refusal("limit_reached", f"已达次数上限（{times}次）。", f"The limit of {times} has been reached.", **facts)


def missing_field(item: str, title: Text) -> Refusal:
    """Refuse a form with a field that must be filled in."""
    said = f"请填写“{label(title, ZH)}”。", f"Fill in {label(title, EN)!r}."
    return refusal("missing_field", *said, missing=item, pointer=f"/data/{item}")


def invalid_field(item: str, zh: str, en: str) -> Refusal:
    """Refuse what is sent under a name that is no item with a title."""
    return refusal("invalid_field", f"“{item}”填写有误：{zh}", f"{item}: {en}", field=item, pointer=f"/data/{item}")


def invalid_item(item: DataItem, why: Text) -> Refusal:
    """Refuse the value of an item."""
    return in_field(Refusal("invalid_field", why, {"field": item.id}), item.id, item.title)


def in_field(fault: Refusal, field: str, title: Text) -> Refusal:
    """Tell a fault that a form found with the title of its item, and its place in what was sent; `field` is like ``tasks.0.due``."""
    said = {ZH: f"{label(title, ZH)}：{label(fault.message, ZH)}", EN: f"{label(title, EN)}: {label(fault.message, EN)}"}
    return Refusal(fault.code, said, {**fault.facts, "pointer": f"/data/{field.replace('.', '/')}"})


def reason_required() -> Refusal:
    """Refuse what was sent without its reason."""
    return refusal("reason_required", "请说明理由。", "A reason is required.", pointer="/reason")


def guard_failed(guard: str, refuse: Refuse | None) -> Refusal:
    """Refuse what a guard says no to, in the designer's words if there are any."""
    if refuse is not None:
        return Refusal(refuse.code, refuse.text, {"guard": guard})
    return refusal("guard_failed", "不符合办理条件。", "The condition for this is not met.", guard=guard)


def missing_data(item: str, guard: str, title: Text | None) -> Refusal:
    """Refuse what hangs on an item that is still empty."""
    zh, en = (label(title, ZH), label(title, EN)) if title else (item, item)
    return refusal(
        "missing_data", f"“{zh}”尚未填写，无法判断。", f"{en!r} is still empty, so this cannot be decided.", missing=item, guard=guard
    )


def guard_undefined(guard: str, en: str, zh: str = "请告知流程设计人员") -> Refusal:
    """Refuse what hangs on an expression that gives no value. What CEL says of it there is in English only, and for designers."""
    return refusal("guard_undefined", f"条件无法判断：{zh}。", f"The condition could not be evaluated: {en}", guard=guard)


def missing_document(document: str, title: Text, state: str) -> Refusal:
    """``state`` says what is wanting: ``absent`` or ``not_approved``."""
    zh = "尚未审定" if state == "not_approved" else "尚未提交"
    en = "is not approved yet" if state == "not_approved" else "is missing"
    return refusal("missing_document", f"“{label(title, ZH)}”{zh}。", f"{label(title, EN)!r} {en}.", missing=document, state=state)


def awaiting_parties(group: PartyGroup, missing: Sequence[Party]) -> Refusal:
    """Refuse what waits for signatures; ``missing`` are the parties without one, none where nobody was invited yet."""
    names = [party.id for party in missing]
    refused = [party.id for party in missing if party.has_signed]
    zh, en = label(group.title, ZH), label(group.title, EN)
    if not names:
        return refusal(
            "awaiting_parties",
            f"“{zh}”尚未开始会签。",
            f"{en!r} has not begun: nobody was asked to sign yet.",
            missing=[],
            group=group.name,
        )
    waiting = [name for name in names if name not in refused]
    parts_zh = [f"尚待会签：{'、'.join(waiting)}"] if waiting else []
    parts_en = [f"waiting for {', '.join(waiting)}"] if waiting else []
    if refused:
        parts_zh.append(f"不同意：{'、'.join(refused)}")
        parts_en.append(f"refused by {', '.join(refused)}")
    return refusal(
        "awaiting_parties",
        f"“{zh}”会签未完成（{'；'.join(parts_zh)}）。",
        f"{en!r} is not signed by all: {'; '.join(parts_en)}.",
        missing=names,
        refused=refused,
        group=group.name,
    )


def waived(title: Text) -> Refusal:
    """Refuse the signature of a party of which nothing is asked any more."""
    return refusal(
        "not_bound",
        f"“{label(title, ZH)}”已对您免签，无须再签。",
        f"You were waived from {label(title, EN)!r}: no signature is asked of you any more.",
    )


def no_party(name: str, known: Sequence[str]) -> Refusal:
    """Refuse to speak of a party that was not invited."""
    near, near_zh = nearest(name, known)
    facts = {"field": "party", "pointer": "/data/party", "known": list(known)}
    return refusal("invalid_field", f"“{name}”不是参与方{near_zh}。", f"{name!r} is not one of the parties{near or '.'}", **facts)


def already_party(name: str) -> Refusal:
    """Refuse to invite a party twice."""
    facts = {"field": "party", "pointer": "/data/party"}
    return refusal("invalid_field", f"“{name}”已是参与方。", f"{name!r} is one of the parties already.", **facts)


def not_asked(action: str) -> Refusal:
    """Refuse to decide what nobody has asked for."""
    return refusal("not_asked", "尚无人提出申请。", f"Nobody has asked for this yet; {action}.ask comes first.", action=action)


def already_entered(entry: Mapping[str, Any]) -> Refusal:
    """Refuse to enter somebody again in an attendance, or as less than what the entry says."""
    status = STATUSES[entry["status"]]
    return refusal(
        "already_entered",
        f"已登记为“{label(status, ZH)}”。",
        f"Entered already, as {label(status, EN)}.",
        status=entry["status"],
        at=entry["at"],
    )


def already_asked(action: str) -> Refusal:
    """Refuse to ask twice for what still waits."""
    return refusal(
        "already_asked",
        "已有申请待审，请先处理。",
        f"This has been asked for already; {action} or {action}.decline decides it.",
        action=action,
    )


def no_branch() -> Refusal:
    """Refuse an action none of whose ways is open."""
    return refusal("no_branch", "没有符合条件的去向。", "None of the ways this could go is open.")


def too_late(due: Instant) -> Refusal:
    """Refuse what had to be done before an instant."""
    return refusal("too_late", "已过期限。", "The time for this is over.", until=rfc3339(due))


def unsettled(steps: int) -> Refusal:
    """Refuse a step after which the case never comes to rest."""
    return refusal(
        "unsettled", f"流程在{steps}步内未能稳定，未作任何记录。", f"The case does not settle within {steps} steps; nothing was recorded."
    )


def bad_time(detail_zh: str, detail_en: str) -> Refusal:
    """Refuse a time at which the act cannot have happened."""
    return refusal("invalid_field", detail_zh, detail_en, field="occurred_at", pointer="/occurred_at")


def needs_second_person() -> Refusal:
    """Refuse to approve a correction that one has asked for oneself."""
    return refusal("duty_conflict", "更正须由另一人核准。", "Another person must approve this correction.", duty="different_person")


def unknown_fact(what: str, name: str, known: Iterable[str] = ()) -> Refusal:
    """Refuse what names something that does not exist."""
    near = did_you_mean(name, known) or "."
    return refusal("invalid_field", f"没有“{name}”。", f"There is no {what} {name!r}{near}", field=name)


# --- rows of registries ---------------------------------------------------------------------------------------------


def row_exists(key: str, *, retired: bool) -> Refusal:
    """Refuse to add a row whose key is taken; that of a retired row stays taken."""
    if retired:
        return refusal(
            "row_exists", f"编号“{key}”已用于停用的一行，请恢复该行。", f"The key {key!r} is that of a retired row; restore it.", key=key
        )
    return refusal("row_exists", f"编号“{key}”已有登记。", f"There is a row with the key {key!r} already.", key=key)


def row_retired(key: str) -> Refusal:
    """Refuse to change what is retired."""
    return refusal("row_retired", f"“{key}”已停用，请先恢复。", f"The row {key!r} is retired; restore it first.", key=key)


def row_not_retired(key: str) -> Refusal:
    """Refuse to restore what is not retired."""
    return refusal("row_not_retired", f"“{key}”未停用。", f"The row {key!r} is not retired.", key=key)


def ledger_is_corrected() -> Refusal:
    """Refuse to change a row of a ledger."""
    return refusal("ledger", "台账只能补登和更正，不能变更。", "The rows of a ledger are added and corrected, never changed.")


def key_is_fixed(field: str, key: str, title: Text) -> Refusal:
    """Refuse to give a row another key."""
    why = {ZH: f"编号不能更改（现为“{key}”）；请停用此行并另行登记", EN: f"a row keeps its key, {key!r}; retire it and add another"}
    return in_field(Refusal("invalid_field", why, {"field": field}), field, title)
