"""An attendance on a page: its sum above its entries, and the form in which others are entered."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from api.console.fields import Drawing, Kind, read_form
from api.console.texts import Words
from api.console.writing import Writer
from engine.core.wording import attendance_in_words, is_attendance
from engine.definition.datatypes import DataItem, DataType, TypeName, attendance_entry
from engine.definition.forms import Form, FormField

ZONE = ZoneInfo("Asia/Shanghai")
METHODS = {"qr": {"zh-CN": "扫码"}, "manual": {"zh-CN": "登记"}}
CAME = DataItem(
    "came",
    {"zh-CN": "签到"},
    DataType(TypeName.ATTENDANCE, of=attendance_entry(METHODS, {"member": {"zh-CN": "委员"}})),
    default=[],
    methods=METHODS,
)
ENTRIES = [
    {"person": "zhao", "unit": "农业界", "role": "member", "method": "qr", "at": "2026-03-02T01:20:00Z", "late": True, "status": "present"},
    {"person": "qian", "at": "2026-03-02T01:00:00Z", "late": False, "status": "leave"},
    {"person": "sun", "at": "2026-03-02T04:00:00Z", "late": False, "status": "absent"},
]
WRITER = Writer(Words("zh-CN"), ZONE)


def test_the_sum_stands_above_the_entries_and_words_stand_for_ids() -> None:
    shown = WRITER.value(CAME, ENTRIES, {})
    assert shown.text == "出席1人（迟到1人），请假1人，缺席1人"
    assert shown.head == ("人员", "单位", "身份", "方式", "时间", "迟到", "状态")
    assert [[cell.text for cell in row] for row in shown.rows][:2] == [
        ["zhao", "农业界", "委员", "扫码", "2026年3月2日 09:20", "是", "出席"],
        ["qian", "", "", "", "2026年3月2日 09:00", "否", "请假"],
    ]


def test_others_are_entered_in_a_group_of_fields_that_reads_back_as_one_row() -> None:
    form = Form((FormField(CAME, adds_row=True),))
    (group,) = Drawing(WRITER, {}, {}, None, {}).fields(form)
    assert group.kind is Kind.GROUP
    assert [(field.name, field.kind) for field in group.fields] == [
        ("data.came.person", Kind.LINE),
        ("data.came.unit", Kind.LINE),
        ("data.came.role", Kind.CHOICE),
        ("data.came.method", Kind.CHOICE),
        ("data.came.at", Kind.DATETIME),
        ("data.came.status", Kind.CHOICE),
    ]
    sent = {"data.came.person": ["zhao"], "data.came.status": ["leave"], "data.came.at": ["2026-03-02T09:00"]}
    assert read_form(form, sent, ZONE) == {"came": [{"person": "zhao", "at": "2026-03-02T09:00:00+08:00", "status": "leave"}]}


def test_what_is_no_attendance_is_not_summed_up() -> None:
    assert is_attendance(ENTRIES)
    assert not any(is_attendance(value) for value in ([], "zhao", ["zhao"], [{"person": "zhao"}], {"person": "zhao"}))
    assert attendance_in_words(ENTRIES, "en") == "1 present (1 late), 1 on leave, 1 absent"
