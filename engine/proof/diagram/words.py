"""The words of a picture that no process brings along, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    # whom
    "clock": ("到期自动", "by the clock"),
    "anyone": ("任何人", "anyone"),
    "parent": ("上级事项", "the parent case"),
    "owner": ("承办方", "the owner"),
    "initiator": ("发起人", "who opened it"),
    "party": ("参与方", "the party"),
    "parties": ("各参与方", "the parties"),
    "parties_of": ("{title}各方", "all of {title}"),
    "voters": ("投票人", "the voters"),
    "owned_by": ("承办：{who}", "Owner: {who}"),
    "by": ("{who}", "{who}"),
    "asked_by": ("{asker}申请，{who}同意", "Asked by {asker}, granted by {who}"),
    "and_more": ("{some}等{count}类", "{some} and {more} more"),
    "list": ("、", ", "),
    "also": ("，", "; "),
    # what it needs, what follows
    "needs": ("须附：{documents}", "Needs: {documents}"),
    "if": ("条件：{guard}", "If {guard}"),
    "otherwise": ("否则", "Otherwise"),
    "stays": ("环节不变", "It stays"),
    "at_most": ("至多{count}次", "At most {count} times"),
    "spent": ("“{what}”满{count}次后", "After “{what}” {count} times"),
    "spent_branch": ("满{count}次后", "After {count} times"),
    "by_itself": ("自动转入", "By itself"),
    "when_done": ("全部完成后", "When all is done"),
    "heard": ("收到“{what}”", "On hearing “{what}”"),
    "except": ("“{where}”除外", "Not in {where}"),
    "signed": ("须会签：{groups}", "Signed by all: {groups}"),
    "refused": ("{title}：有不同意", "{title}: refused"),
    # who does something together
    "vote": ("投票：{title}（{who}）", "Vote: {title} ({who})"),
    "secret": ("无记名投票：{title}（{who}）", "Secret ballot: {title} ({who})"),
    "sign": ("会签：{title}（{who}）", "To be signed: {title} ({who})"),
    # deadlines
    "within": ("{term}", "{term}"),
    "within_from": ("自{start}起{term}", "{term} from {start}"),
    "until": ("至{until}", "until {until}"),
    "until_lead": ("{until}前{lead}", "{lead} before {until}"),
    "deadline": ("{title}：{when}", "{title}: {when}"),
    "hour": ("{when}（{hour}止）", "{when}, at {hour}"),
    "timer": ("{title}（计时）：{when}", "{title} (timer): {when}"),
    "up_to": ("可延至{term}", "May be extended to {term}"),
    "add": ("可延长{term}", "May be extended by {term}"),
    "at_start": ("起算时", "At the start"),
    "at_share": ("期限过{share}%", "At {share} %"),
    "at_due": ("到期", "When due"),
    "at_before": ("到期前{term}", "{term} before"),
    "at_after": ("逾期{term}", "{term} after"),
    "rung": ("{when}：{what}", "{when}: {what}"),
    "notify": ("提醒{who}", "remind {who}"),
    "escalate": ("提级{who}", "escalate to {who}"),
    "act": ("自动“{what}”", "“{what}” by itself"),
    "note": ("记录", "note it"),
    # boxes
    "start": ("提出", "Open"),
    "start_elsewhere": ("由其他事项或日程开启", "Opened by another case or a schedule"),
    "outcome": ("结果：{outcome}", "Outcome: {outcome}"),
    "anywhere": ("任何环节均可", "At any step"),
    "history": ("回到原环节", "Back to where it was"),
    "history_of": ("回到上次所在环节", "Back to where it last was"),
    "region": ("并行{number}", "Part {number}"),
    "version": ("第{version}版", "version {version}"),
    "about": (
        "流程图：{states}个环节，{finals}种结束方式。从“{first}”开始。",
        "Chart of the process: {states} steps and {finals} ways to end. It begins at “{first}”.",
    ),
    "about_now": ("当前环节：{where}。", "The case is now at: {where}."),
    # overlays
    "now": ("当前", "now"),
    "passed": ("{count}次", "{count} ×"),
    "here": ("{count}件", "{count} cases"),
    "dwell": ("平均停留{days}天", "{days} days on average"),
    # the legend
    "key_state": ("环节", "Step"),
    "key_group": ("阶段（内含若干环节）", "Stage with steps in it"),
    "key_parallel": ("各部分同时进行", "Parts that go on at the same time"),
    "key_start": ("开始", "Begins"),
    "key_final": ("结束", "Ends"),
    "key_choice": ("分流", "It depends"),
    "key_act": ("有人办理", "Somebody acts"),
    "key_auto": ("自动", "By itself"),
    "key_spent": ("次数用完后", "Once the times are used up"),
    "key_deadline": ("期限及提醒", "Deadline and reminders"),
    "key_action": ("可办理，环节不变", "May be done, the step stays"),
    "key_history": ("回到原处", "Back to where it was"),
    "key_now": ("当前环节", "Where the case is now"),
    "key_taken": ("已走过", "The way it took"),
    # outcomes
    "success": ("办结", "success"),
    "partial": ("部分办结", "partly done"),
    "rejected": ("不予受理", "rejected"),
    "withdrawn": ("撤回", "withdrawn"),
    "referred": ("转交", "referred"),
    "merged": ("并案", "merged"),
    "lapsed": ("失效", "lapsed"),
    "failed": ("未成", "failed"),
    # guards
    "and": ("且", "and"),
    "or": ("或", "or"),
    "not": ("非", "not"),
    "is_given": ("已填{item}", "{item} is given"),
    "is_empty": ("{item}为空", "{item} is empty"),
    "number_of": ("{item}数", "number of {item}"),
    "times": ("“{act}”次数", "times of “{act}”"),
    "is_in": ("处于“{state}”", "in “{state}”"),
    "was_met": ("“{deadline}”按期", "“{deadline}” met"),
    "is_overdue": ("“{deadline}”逾期", "“{deadline}” overdue"),
    "actor.role": ("办理人角色", "role of who acts"),
    "actor.id": ("办理人", "who acts"),
    "actor.unit": ("办理人单位", "unit of who acts"),
    "case.opened_by": ("发起人", "who opened it"),
    "in": ("属于", "among"),
}


def say(word: str, language: str, **parts: object) -> str:
    """Give a word in ``zh-CN``, else in English, with its parts filled in."""
    return _WORDS[word][0 if language.startswith("zh") else 1].format(**parts)


def listed(items: list[str], language: str, most: int = 0) -> str:
    """Join names; of more than ``most`` of them only so many, and how many there are."""
    joint = say("list", language)
    if not most or len(items) <= most:
        return joint.join(items)
    return say("and_more", language, some=joint.join(items[:most]), count=len(items), more=len(items) - most)
