"""What the pages themselves say, in Chinese and English. What belongs to a process comes from its definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api.problems import EN, ZH

LANGUAGES = (ZH, EN)


class Said(NamedTuple):
    """One text in both languages; ``{name}`` stands for what is put in."""

    zh: str
    en: str


TEXTS: Mapping[str, Said] = {
    # every page
    "service": Said("议事", "Yishi"),
    "service_long": Said("议事 · 协商事项办理", "Yishi · consultation cases"),
    "skip": Said("跳到正文", "Skip to the content"),
    "trial": Said("试运行环境", "Sandbox"),
    "trial_text": Said(
        "这里的事项只用于试办流程草案，不作数，与正式办理互不相通。",
        "Cases here try drafts of processes: they do not count, and nobody outside sees them.",
    ),
    "other_language": Said("English", "中文"),
    "sign_out": Said("退出", "Sign out"),
    "signed_in_as": Said("当前用户", "Signed in as"),
    "home": Said("首页", "Home"),
    "back_home": Said("返回首页", "Back to the first page"),
    "now": Said("服务时间", "Time of the service"),
    "manual_clock": Said("试用时钟", "trial clock"),
    "next_page": Said("下一页", "Next page"),
    "first_page": Said("回到第一页", "First page"),
    "yes": Said("是", "Yes"),
    "no": Said("否", "No"),
    "empty": Said("（空）", "(empty)"),
    "hidden": Said("（未公开）", "(not open to you)"),
    "removed": Said("（已删除）", "(removed)"),
    "not_shown": Said("（不再保存）", "(not kept any more)"),
    "separator": Said("、", ", "),
    "comma": Said("，", ", "),
    "semicolon": Said("；", "; "),
    "colon": Said("：", ": "),
    # signing in
    "sign_in": Said("登录", "Sign in"),
    "person": Said("用户名", "User name"),
    "password": Said("密码", "Password"),
    "wrong_password": Said("用户名或密码不正确。", "The user name or the password is wrong."),
    "session_ended": Said("登录已过期，请重新登录。", "Your session has ended; sign in again."),
    "sign_in_first": Said("请先登录。", "Please sign in first."),
    "too_many": Said("失败次数过多，请在{seconds}秒后再试。", "Too many attempts failed; try again in {seconds} seconds."),
    # the first page
    "inbox": Said("待办", "My inbox"),
    "inbox_empty": Said("没有待办事项。", "Nothing waits for you."),
    "overdue_list": Said("已逾期", "Overdue"),
    "overdue_none": Said("没有逾期事项。", "Nothing is overdue."),
    "overdue_all": Said("查看全部逾期事项", "All that is overdue"),
    "cases": Said("事项", "Cases"),
    "cases_none": Said("没有符合条件的事项。", "No case matches."),
    "filter": Said("筛选", "Filter"),
    "apply": Said("查询", "Apply"),
    "clear": Said("清除条件", "Clear"),
    "any": Said("全部", "Any"),
    "workflow": Said("流程", "Workflow"),
    "state": Said("环节", "Stage"),
    "status": Said("状态", "Status"),
    "status_open": Said("办理中", "Open"),
    "status_ended": Said("已结束", "Ended"),
    "only_overdue": Said("只看逾期", "Overdue only"),
    "number": Said("编号", "Number"),
    "no_number": Said("未编号", "no number yet"),
    "subject": Said("事项", "Case"),
    "where": Said("所处环节", "Where it stands"),
    "task": Said("待办内容", "To do"),
    "due": Said("期限", "Due"),
    "opened": Said("提出时间", "Opened"),
    "since": Said("到达时间", "Since"),
    "overdue": Said("逾期", "Overdue"),
    "task_owner": Said("办理", "To be dealt with"),
    "task_escalation": Said("逾期上报", "Escalated to you"),
    "task_asked": Said("申请待审", "A request to decide"),
    # a case
    "version_of": Said("第{version}版", "version {version}"),
    "owner": Said("当前办理", "In the hands of"),
    "opened_by": Said("提出人", "Opened by"),
    "ended_at": Said("结束时间", "Ended"),
    "outcome": Said("结果", "Outcome"),
    "client_ref": Said("来源编号", "Reference of the sender"),
    "outcome_success": Said("办结", "Success"),
    "outcome_partial": Said("部分办结", "Partly done"),
    "outcome_rejected": Said("不予受理", "Rejected"),
    "outcome_withdrawn": Said("撤回", "Withdrawn"),
    "outcome_referred": Said("转交", "Referred"),
    "outcome_merged": Said("并案", "Merged"),
    "outcome_lapsed": Said("失效", "Lapsed"),
    "outcome_failed": Said("未成", "Failed"),
    "data": Said("内容", "Contents"),
    "data_none": Said("尚无内容。", "Nothing was entered yet."),
    "row_at": Said("登记时间", "Entered"),
    "row_by": Said("登记人", "By"),
    "documents": Said("文件", "Documents"),
    "documents_none": Said("本流程没有规定文件。", "This workflow has no documents."),
    "document": Said("文件", "Document"),
    "file": Said("附件", "File"),
    "attached": Said("提交", "Attached"),
    "document_missing": Said("尚未提交", "not attached"),
    "document_waits": Said("待审定", "waits for approval"),
    "document_approved": Said("{by}审定", "approved by {by}"),
    "document_earlier": Said("以前提交的文件（{count}）", "Earlier files ({count})"),
    "parent_case": Said("上级事项", "Parent case"),
    "related": Said("相关事项", "Related cases"),
    "children_awaited": Said("还有{count}件未办结", "{count} still open"),
    "related_refused": Said("未能立项", "could not be opened"),
    "related_waived": Said("已免除", "waived"),
    "related_overdue": Said("已逾期", "overdue"),
    "related_untold": Said("正在立项", "being opened"),
    "parties": Said("会签", "Signatures"),
    "party": Said("参与方", "Party"),
    "party_verdict": Said("意见", "Verdict"),
    "party_signed": Said("签署", "Signed"),
    "party_due": Said("应签署", "Due"),
    "party_waiting": Said("尚未签署", "has not signed yet"),
    "party_not_signed": Said("未签署", "did not sign"),
    "party_waived": Said("已免签", "waived"),
    "party_refuses": Said("不通过", "counts as a refusal"),
    "parties_none": Said("没有参与方。", "There are no parties."),
    "parties_awaited": Said("还差{count}方", "{count} still awaited"),
    "parties_complete": Said("已齐", "complete"),
    "party_said": Said("{party}：{verdict}", "{party}: {verdict}"),
    "deadlines": Said("期限", "Deadlines"),
    "deadlines_none": Said("没有期限。", "There are no deadlines."),
    "deadlines_ended": Said("已结束的期限（{count}）", "Deadlines that have ended ({count})"),
    "deadlines_more": Said("更早的{count}项未列出。", "{count} earlier ones are not listed."),
    "why": Said("为什么是这一天", "Why this date"),
    "provisional": Said("暂定", "provisional"),
    "waiting": Said("待起算", "waits for its date"),
    "basis": Said("依据", "Basis"),
    "basis_source": Said("文件明定", "stated by the source"),
    "basis_rule": Said("参照规定", "by a written rule"),
    "basis_default": Said("流程默认", "default of the process"),
    "days": Said("逐日说明", "Day by day"),
    "day": Said("日期", "Day"),
    "counted_as": Said("计为", "Counts as"),
    "day_n": Said("第{n}日", "day {n}"),
    "day_skipped": Said("不计入", "does not count"),
    "day_start": Said("起始日，不计入", "first day, does not count"),
    "day_last": Said("期间最后一日", "last day of the term"),
    "day_moved_to": Said("移至此日", "moved to this day"),
    "day_from": Said("推算基准日", "counted from here"),
    "day_of_rule": Said("规则之日", "day of the rule"),
    "day_rests": Said("休息日", "rest day"),
    "reason_of_day": Said("原因", "Reason"),
    "rules": Said("规则", "Rules"),
    "pauses": Said("暂停计时", "Times when the clock stood"),
    "pause_where": Said("所处环节", "Where the case was"),
    "pause_away": Said("不在本环节", "elsewhere"),
    "from": Said("自", "From"),
    "to": Said("至", "To"),
    "until_now": Said("至今", "until now"),
    "extensions": Said("延期", "Extensions"),
    "granted": Said("批准时间", "Granted"),
    "asked_at": Said("申请时间", "Asked for"),
    "extension_up_to": Said("自起算点共{term}", "{term} from the start"),
    "extension_add": Said("再加{term}", "{term} more"),
    "was_due": Said("原到期日", "Was due on"),
    "rungs": Said("提醒与升级", "Reminders and escalations"),
    "rung": Said("节点", "Point"),
    "rung_instant": Said("应于", "At"),
    "rung_fired": Said("触发", "Fired"),
    "rung_pending": Said("未到", "not yet"),
    "rung_due": Said("已到，正在处理", "due now"),
    "rung_never": Said("未触发", "not fired"),
    "rung_recorded": Said("{at}补记（停机期间错过）", "noted {at} (missed while the service stood)"),
    "rung_start": Said("起算时", "at the start"),
    "rung_at_due": Said("到期时", "when due"),
    "rung_share": Said("期限过{share}%时", "at {share} % of the term"),
    "rung_before": Said("到期前{term}", "{term} before it is due"),
    "rung_after": Said("到期后{term}", "{term} after it was due"),
    "does_notify": Said("提醒{roles}", "reminds {roles}"),
    "does_escalate": Said("上报{roles}", "escalates to {roles}"),
    "does_act": Said("自动办理“{act}”", "takes “{act}” by itself"),
    "does_note": Said("记录在案", "is put on record"),
    "disagrees": Said(
        "注意：按现行日历推算的结果与记录的日期不同；记录的日期有效，日历更新后会重新计算并留痕。",
        "Note: the present calendar leads to another date than the one on record. The recorded date holds until it is counted again.",
    ),
    "calendar": Said("日历 {id}，版本 {version}，时区 {zone}", "Calendar {id}, version {version}, zone {zone}"),
    "recipient_owner": Said("当前办理者", "who has it in hand"),
    "recipient_initiator": Said("提出人", "who opened it"),
    "recipient_party": Said("参与单位", "the parties"),
    "clock": Said("系统时钟", "the clock"),
    "corrector": Said("更正", "correction"),
    "migrator": Said("版本迁移", "migration"),
    "calendar_keeper": Said("日历维护", "keeper of the calendar"),
    # acting
    "actions": Said("办理", "Actions"),
    "actions_none": Said("您目前没有可办理的操作。", "There is nothing for you to do here at present."),
    "actions_refused": Said("目前不能办理的操作（{count}）", "What you cannot do now, and why ({count})"),
    "asked": Said("待审申请", "Requests that wait for a decision"),
    "asked_by": Said("申请人", "Asked by"),
    "depends_on": Said("能否办理取决于所填的：{items}", "Whether it is taken depends on: {items}"),
    "reason": Said("理由", "Reason"),
    "reason_optional": Said("理由（可不填）", "Reason (optional)"),
    "optional": Said("可不填", "optional"),
    "required": Said("必填", "required"),
    "choose": Said("请选择", "Please choose"),
    "one_per_line": Said("每行一个", "one per line"),
    "by_id": Said("填写标识", "by its id"),
    "keep_if_empty": Said("留空则保持原值", "left empty, the present value stays"),
    "one_row": Said("本次登记一条，追加在已有记录之后", "one entry, added to those there are"),
    "row_n": Said("第{n}条", "Entry {n}"),
    "range": Said("{low}至{high}", "{low} to {high}"),
    "places": Said("最多{places}位小数", "at most {places} decimal places"),
    "occurred": Said("实际发生时间", "When it happened"),
    "occurred_hint": Said(
        "仅补登时填写：不填即为现在；填写须说明理由，期限自该时间起算。",
        "Only for what is entered later: empty means now. It needs a reason, and terms count from it.",
    ),
    "occurred_open": Said("补登（发生在更早的时间）", "It happened earlier"),
    "ask_done": Said("已办理：{title}。", "Done: {title}."),
    "comment_done": Said("已留言。", "Your comment is on record."),
    "refused": Said("未能办理“{title}”", "“{title}” was not taken"),
    "refused_nothing": Said("没有作任何记录；您填写的内容保留在下面。", "Nothing was recorded. What you typed is kept below."),
    "stale": Said("事项在您填写期间有了变化", "The case has changed while you were writing"),
    "stale_text": Said(
        "没有作任何记录。请看清下面的变化；您填写的内容已保留，仍要办理请再次提交。",
        "Nothing was recorded. See below what has changed; what you typed is kept, and you may send it again.",
    ),
    "upload": Said("提交文件", "Attach a document"),
    "upload_button": Said("提交", "Attach"),
    "upload_hint": Said("最大{size}", "at most {size}"),
    "upload_none": Said("请选择一个文件。", "Choose a file."),
    "comment": Said("留言", "Comment"),
    "comment_button": Said("留言", "Say it"),
    "comment_hint": Said(
        "留言不改变事项，办理人都能看到，不能删除。", "A comment changes nothing; all who deal with the case see it, and it stays."
    ),
    "comment_empty": Said("请填写留言。", "Write something first."),
    "too_long": Said("最多{limit}字，实为{count}字。", "At most {limit} characters, got {count}."),
    "bad_time": Said("应为日期和时间，如2026-02-10 09:00。", "Expected a date and a time, like 2026-02-10 09:00."),
    "reused": Said(
        "这份表单已经提交过，页面已更新，请核对后再办理。", "This form was sent before; the page is fresh now, look at it again."
    ),
    # the story
    "picture": Said("流程图", "The process"),
    "picture_alt": Said("流程图，标明当前环节：{where}", "Chart of the process, with where the case is: {where}"),
    "picture_open": Said("单独打开（可放大、打印）", "Open by itself, to enlarge or print"),
    "timeline": Said("经过", "Timeline"),
    "timeline_earlier": Said("更早的记录", "Earlier entries"),
    "timeline_latest": Said("最新的记录", "Latest entries"),
    "timeline_range": Said("第{first}–{last}条，共{count}条", "Entries {first}–{last} of {count}"),
    "opened_case": Said("提出", "Opened"),
    "correction": Said("更正第{seq}条", "Correction of entry {seq}"),
    "correction_asked": Said("申请更正第{seq}条，待另一人核准", "Asked to correct entry {seq}; another person decides"),
    "correction_approved": Said(
        "核准更正第{seq}条（申请见第{asked}条）", "Approved the correction of entry {seq} (asked for in entry {asked})"
    ),
    "corrected_outcome": Said("结果更正为：{outcome}", "The outcome is corrected to: {outcome}"),
    "corrected_time": Said("发生时间更正为：{at}", "It happened at: {at}"),
    "rung_event": Said("{deadline}：{at}", "{deadline}: {at}"),
    "rung_noted": Said("停机期间错过，仅作记录", "missed while the service stood, noted only"),
    "rung_refused": Said("自动办理未成：{codes}", "could not be taken by itself: {codes}"),
    "recorded": Said("记录于{at}", "recorded {at}"),
    "on_behalf": Said("代{person}", "for {person}"),
    "moved": Said("由“{before}”到“{after}”", "From “{before}” to “{after}”"),
    "moved_to": Said("进入“{after}”", "Now in “{after}”"),
    "told": Said("通知：{roles}", "Told: {roles}"),
    "escalated": Said("上报：{roles}", "Escalated to: {roles}"),
    "numbered": Said("编号：{number}", "Number: {number}"),
    "published": Said("公示给{roles}：{what}", "Shown to {roles}: {what}"),
    "due_is": Said("期限{due}", "due {due}"),
    # failing
    "error": Said("没有办成", "That did not work"),
    "not_found": Said("没有找到", "Not found"),
    "not_found_text": Said("没有这个页面，或者您无权查看。", "There is no such page, or it is not yours to see."),
    "forbidden_form": Said(
        "这份表单不是从您当前登录的页面提交的，没有作任何记录。请返回页面后重试。",
        "This form was not sent from a page of your session; nothing was recorded. Go back to the page and try again.",
    ),
    "unknown_outcome": Said(
        "提交中断，不知是否已记录。请返回事项页面，在“经过”中核对。",
        "The connection broke while it was recorded. Go back to the case and look in its timeline whether it was.",
    ),
}


class Words:
    """The texts of one language: ``words("sign_in")``."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.chinese = language == ZH

    def __call__(self, key: str, **put_in: object) -> str:
        """Give a text with what is put in. Raises KeyError for a text there is not."""
        said = TEXTS[key]
        text = said.zh if self.chinese else said.en
        return text.format(**put_in) if put_in else text

    def listed(self, names: list[str]) -> str:
        """Join names as the language does."""
        return self("separator").join(names)

    def known(self, prefix: str, name: str) -> str:
        """Give the text for a name that may be one of ours, else the name itself."""
        return self(f"{prefix}_{name}") if f"{prefix}_{name}" in TEXTS else name
