"""What somebody was told and has not read yet, on the first page, in the words of the case that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial

from api.console.case_page import common_zone, decoded, subject_of
from api.console.story import Telling
from api.console.texts import Words
from api.console.writing import When, Writer
from api.deps import Desk
from engine.core.refusals import label
from engine.errors import NotFound
from engine.runtime.notices import unread
from engine.runtime.people import Principal
from engine.runtime.reading import Seen
from engine.runtime.views import event_view
from engine.store.records import NoticeRecord
from engine.store.trail import get_event


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One notice. ``case_id`` is empty where it is about no single case; ``place``: where it stands among all notices."""

    place: str
    case_id: str
    subject: str
    what: str
    at: When
    escalated: bool


def notices_shown(desk: Desk, principal: Principal, words: Words) -> Iterable[NoticeShown]:
    """Show the latest notices that are unread. Blocks."""
    look = cache(partial(seen_by, desk, principal))  # several are mostly about one case
    for each in unread(desk.application, principal):
        seen = look(each.case_id) if each.case_id and each.kind != "storm" else None
        told = None if seen is None else of_case(desk, principal, words, each, seen)
        yield told or of_none(desk, words, each)


def seen_by(desk: Desk, principal: Principal, case_id: str) -> Seen | None:
    """Give a case; None where it is not the reader's to see."""
    try:
        return desk.reading.seen(principal, case_id)
    except NotFound:
        return None


def of_case(desk: Desk, principal: Principal, words: Words, notice: NoticeRecord, seen: Seen) -> NoticeShown | None:
    """Tell what happened in the case; None where the event is not there."""
    with desk.application.store.read() as reader:
        stored = get_event(reader, notice.org, notice.case_id, notice.seq)
    if stored is None:
        return None
    writer = Writer(words, seen.process.calendar.zone)
    what = Telling(seen, principal, writer, {}).what(event_view(seen.process, seen.case, principal, stored))
    subject = " ".join(filter(None, (seen.case.number, subject_of(seen, principal, writer))))
    return NoticeShown(place_of(notice), notice.case_id, subject, what, writer.instant(notice.created_at), notice.kind == "escalation")


def of_none(desk: Desk, words: Words, notice: NoticeRecord) -> NoticeShown:
    """Tell a notice in the words that it came with."""
    at = Writer(words, common_zone(desk)).instant(notice.created_at)
    return NoticeShown(place_of(notice), "", "", label(decoded(notice.text), words.language), at, notice.kind == "escalation")


def place_of(notice: NoticeRecord) -> str:
    """Write where a notice stands among all, for a form."""
    return f"{notice.log_index}:{notice.number}"
