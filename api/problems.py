"""Every error as HTTP tells it: `application/problem+json` (RFC 9457) with a stable type and code, and texts in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from starlette.responses import Response

from api.json_body import Fault
from engine.core.refusals import label
from engine.errors import (
    ClockIsNotManual,
    ClockRefused,
    CommandRefused,
    DefinitionRefused,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotInForce,
    OutcomeUnknown,
    Overloaded,
    Refusal,
    StaleVersion,
    TooLarge,
    VersionInForce,
    VersionPublished,
    VersionRequired,
    Violation,
    YishiError,
)
from engine.proof.diagram.elk import DrawingUnavailable, LayoutFailed
from engine.runtime.documents import DigestMismatch
from engine.runtime.reading import ClientRefTaken
from engine.runtime.row_import import ImportRefused, RowFault
from engine.runtime.sheets.workbook import FileRefused
from engine.runtime.sign_in import PersonExists, TooManyAttempts
from engine.runtime.views import refusal_views
from engine.store.errors import ConcurrentWrite, DatabaseUnavailable

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:yishi:problem:"
ZH, EN = "zh-CN", "en"

ABOUT_WHO = frozenset({"wrong_role", "not_bound", "duty_conflict"})
ABOUT_INPUT = frozenset({"missing_field", "invalid_field", "reason_required"})

KINDS_ZH: Mapping[str, str] = {
    "case": "事项",
    "workflow": "流程",
    "indicator": "指标",
    "workflow version": "流程版本",
    "document": "文件",
    "deadline": "期限",
    "calendar": "日历",
    "key": "密钥",
    "person": "人员",
    "event": "记录",
    "registry": "登记册",
    "registry version": "登记册版本",
    "row": "登记行",
}


class UnsupportedMediaType(YishiError):
    """The body has a media type that is not taken here."""

    code = "unsupported_media_type"

    def __init__(self, found: str, *expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"Expected a body of type {' or '.join(expected)}, got {found!r}.")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, its title in both languages, and what it says in Chinese of an error of that kind."""

    status: int
    zh: str
    en: str
    detail_zh: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document with its headers, ready to be sent."""

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Give the response."""
        return Response(orjson.dumps(self.document), self.status, dict(self.headers), MEDIA_TYPE)


KINDS: Mapping[str, Kind] = {
    NotAuthenticated.code: Kind(401, "未登录", "Not authenticated", lambda _: "请在 `Authorization: Bearer` 中提供有效的密钥。"),
    NotAllowed.code: Kind(403, "没有权限", "Not allowed", lambda error: f"需要“{error.right}”权限，您的角色都没有这项权限。"),
    NotFound.code: Kind(404, "没有找到", "Not found", lambda error: f"没有{KINDS_ZH.get(error.kind, error.kind)}“{error.name}”。"),
    "no_such_route": Kind(404, "没有这个地址", "No such address"),
    ClockIsNotManual.code: Kind(404, "时钟不可拨动", "The clock cannot be moved", lambda _: "本服务使用系统时钟，不能拨动。"),
    "method_not_allowed": Kind(405, "不支持的方法", "Method not allowed"),
    ClockRefused.code: Kind(409, "时钟不能这样拨动", "The clock was not moved"),
    VersionPublished.code: Kind(
        409, "该版本已发布", "Published already", lambda _: "这个版本已经发布且内容不同；已发布的版本不可更改，请使用新的版本号。"
    ),
    VersionInForce.code: Kind(409, "该版本已施行", "In force already", lambda _: "新事项已按这个版本提出，其施行日期不再更改。"),
    NotInForce.code: Kind(
        409,
        "尚未施行",
        "Not in force yet",
        lambda error: f"流程“{error.workflow}”自{error.since}起施行；如须提前提出事项，请注明第{error.version}版。",
    ),
    ClientRefTaken.code: Kind(
        409, "编号已使用", "Reference used already", lambda error: f"编号“{error.client_ref}”已用于事项{error.case_id}。"
    ),
    PersonExists.code: Kind(409, "人员已存在", "Exists already", lambda error: f"已有人员“{error.person}”。"),
    CommandRefused.code: Kind(409, "不予办理", "Refused", lambda error: "；".join(refusal.message[ZH] for refusal in error.refusals)),
    StaleVersion.code: Kind(
        412,
        "内容已有变化",
        "It has changed",
        lambda error: f"您依据的是第{error.expected}版，现在是第{error.actual}版；请重新查看后再办理。",
    ),
    TooLarge.code: Kind(413, "内容过大", "Too large"),
    UnsupportedMediaType.code: Kind(
        415, "不支持的内容类型", "Unsupported media type", lambda error: f"应为{'或'.join(error.expected)}，实为“{error.found}”。"
    ),
    InvalidInput.code: Kind(422, "内容有误", "Invalid input", lambda error: "；".join(told(each, ZH) for each in error.violations)),
    DefinitionRefused.code: Kind(
        422, "流程定义有误", "The definition has mistakes", lambda error: f"流程定义有{len(error.problems)}处问题，未发布。"
    ),
    FileRefused.code: Kind(422, "文件无法读取", "The file cannot be read", lambda error: f"{error.texts[ZH]}。"),
    ImportRefused.code: Kind(422, "文件内容有误", "The file has mistakes", lambda error: f"文件中有{error.total}处错误，未导入任何内容。"),
    DigestMismatch.code: Kind(
        422, "摘要不符", "Digest mismatch", lambda error: f"声明的SHA-256为{error.stated}，收到的内容为{error.found}；未保存。"
    ),
    KeyReused.code: Kind(422, "幂等键已使用", "Idempotency key reused", lambda _: "这个幂等键已用于另一个请求；新的请求请用新的键。"),
    VersionRequired.code: Kind(
        428, "须注明版本", "Version required", lambda _: "请在 `If-Match` 中注明您所依据的版本（查看事项时得到的 ETag）。"
    ),
    TooManyAttempts.code: Kind(429, "尝试次数过多", "Too many attempts", lambda error: f"请在{error.retry_after}秒后再试。"),
    LayoutFailed.code: Kind(
        500, "流程图未能绘出", "The picture was not drawn", lambda _: "流程图的布局未能算出；Mermaid 文本（diagram.mmd）不受影响。"
    ),
    "internal_error": Kind(500, "内部错误", "Internal error"),
    DrawingUnavailable.code: Kind(
        503,
        "尚不能绘图",
        "Pictures cannot be drawn here",
        lambda _: "绘图所需的 elkjs 尚未安装，请管理员运行 `make assets`；Mermaid 文本（diagram.mmd）不受影响。",
    ),
    Overloaded.code: Kind(503, "服务繁忙", "Overloaded", lambda _: "等待的请求过多，请稍后再试。"),
    OutcomeUnknown.code: Kind(503, "结果未知", "Outcome unknown", lambda _: "提交中断，不知是否已记录；请用同一幂等键再次请求以确认。"),
    ConcurrentWrite.code: Kind(503, "服务繁忙", "Try again", lambda _: "另有写入抢先，未作任何记录；请再试。"),
    DatabaseUnavailable.code: Kind(503, "数据库不可用", "Database unavailable", lambda _: "数据库没有响应，未作任何记录；请稍后再试。"),
}
"""Every code there is. Codes, types and statuses are stable; titles and details are for people."""


def problem_of(error: YishiError, language: str) -> Problem:
    """Give the problem of an error of ours."""
    kind = KINDS.get(error.code)
    if kind is None:
        return problem("internal_error", language)
    detail = kind.detail_zh(error) if kind.detail_zh is not None and language == ZH else english(error)
    return problem(error.code, language, detail, status=status_of(error, kind), headers=headers_of(error), **members_of(error, language))


def problem(
    code: str, language: str, detail: str = "", *, status: int | None = None, headers: Mapping[str, str] | None = None, **members: Any
) -> Problem:
    """Give a problem by its code."""
    kind = KINDS[code]
    document: dict[str, Any] = {"type": TYPE + code, "title": kind.zh if language == ZH else kind.en, "status": status or kind.status}
    if detail:
        document["detail"] = detail
    return Problem(document["status"], {**document, "code": code, **members}, {"Content-Language": language, **(headers or {})})


def status_of(error: YishiError, kind: Kind) -> int:
    """Give the status: of a refused act it follows from the reasons."""
    return refused_status(error.refusals) if isinstance(error, CommandRefused) else kind.status


def refused_status(refusals: Iterable[Refusal]) -> int:
    """Give 404 for an action nobody knows, 403 where only the person is wrong, 422 where only the form is, else 409."""
    codes = {refusal.code for refusal in refusals}
    if "unknown_action" in codes:
        return 404
    if codes and codes <= ABOUT_WHO:
        return 403
    if codes and codes <= ABOUT_INPUT:
        return 422
    return 409


def english(error: YishiError) -> str:
    """Say in English what happened, on one line."""
    match error:
        case CommandRefused():
            return "; ".join(refusal.message[EN] for refusal in error.refusals)
        case InvalidInput():
            return "; ".join(told(each, EN) for each in error.violations)
        case _:
            return " ".join(error.detail.split())


def told(violation: Violation, language: str) -> str:
    """Say one violation with its place."""
    said = violation.zh if isinstance(violation, Fault) and language == ZH and violation.zh else violation.message
    return f"{violation.pointer}: {said}" if violation.pointer else said


def headers_of(error: YishiError) -> dict[str, str]:
    """Give the headers an error asks for."""
    match error:
        case NotAuthenticated():
            return {"WWW-Authenticate": 'Bearer realm="yishi"'}
        case StaleVersion():
            return {"ETag": f'"{error.actual}"'}
        case Overloaded() | TooManyAttempts():
            return {"Retry-After": str(error.retry_after)}
        case OutcomeUnknown() | ConcurrentWrite() | DatabaseUnavailable():
            return {"Retry-After": "1"}
        case _:
            return {}


def members_of(error: YishiError, language: str) -> dict[str, Any]:
    """Give the facts of an error."""
    match error:
        case CommandRefused():
            return {"refusals": refusal_views(error.refusals, language)}
        case InvalidInput():
            return {"violations": [violation_view(each, language) for each in error.violations]}
        case DefinitionRefused() | VersionPublished():
            return {"problems": [problem_view(each) for each in error.problems]}
        case StaleVersion():
            return {"expected": error.expected, "version": error.actual, "changes": list(error.changes)}
        case ImportRefused():
            return {"total": error.total, "faults": [fault_view(each, language) for each in error.faults]}
        case NotAllowed():
            return {"right": error.right}
        case ClientRefTaken():
            return {"case": error.case_id}
        case DigestMismatch():
            return {"sha256": error.found}
        case _:
            return {}


def violation_view(violation: Violation, language: str) -> dict[str, Any]:
    """Give one violation: where (``in`` body, query, path or header), a JSON Pointer or the name there, a code and a text."""
    place, pointer, said = "body", violation.pointer, violation.message
    if isinstance(violation, Fault):
        place = violation.place
        said = violation.zh if language == ZH and violation.zh else said
    elif not pointer.startswith("/") or violation.code == "invalid_cursor":
        place, pointer = ("query" if pointer else "body"), pointer.removeprefix("/")
    return {"in": place, "pointer": pointer, "code": violation.code, "message": said}


def problem_view(each: Any) -> dict[str, Any]:
    """Give one mistake of a definition."""
    return {
        "rule": each.rule,
        "message": each.message,
        "line": each.line,
        "column": each.column,
        "pointer": each.pointer,
        "severity": each.severity,
    }


def fault_view(each: RowFault, language: str) -> dict[str, Any]:
    """Give one bad cell of a file; ``column`` is a letter."""
    return {
        "sheet": each.sheet,
        "row": each.row,
        "column": each.column,
        "field": each.field,
        "code": each.code,
        "message": label(each.message, language),
        "found": each.found,
    }


@lru_cache(maxsize=256)
def language_of(header: bytes | None) -> str:
    """Choose between the two languages by `Accept-Language` (RFC 9110, section 12.5.4); without a wish it is zh-CN."""
    best, weight = ZH, 0.0
    for part in (header or b"")[:1000].decode("latin-1").split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        language = {"zh": ZH, "en": EN}.get(primary)
        if language is None:
            continue
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            quality = 0.0
        if quality > weight:
            best, weight = language, quality
    return best
