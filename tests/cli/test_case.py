"""Cases on the command line, on a database that is opened here."""

from __future__ import annotations

import getpass
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.runtime.application import opened
from engine.settings import Settings
from tests.cli.conftest import OFFICE, Yishi
from tests.older_trail import LAST, older_case

OpenCase = Callable[[], str]


def codes(problem: dict[str, object]) -> list[str]:
    refusals = problem["refusals"]
    assert isinstance(refusals, list)
    return [refusal["code"] for refusal in refusals]


def test_a_case_is_opened_acted_on_and_shown(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    taken = trial.json("case", "act", case, "accept", "-f", "n=3", *OFFICE)
    assert (taken["state"], taken["data"]["n"], taken["number"][4:]) == ("work", 3, "议001")
    shown = trial.json("case", "show", case, *OFFICE)
    assert shown["state"] == "work"
    allowed = {action["name"]: action["allowed"] for action in shown["actions"]}
    assert (allowed["call"], allowed["close"]) == (True, False)
    assert [each["id"] for each in trial.json("case", "list", "--state", "work")["cases"]] == [case]


def test_a_refused_act_exits_with_4_and_tells_every_reason_with_its_code(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    trial("case", "act", case, "accept", "-f", "n=1", *OFFICE)
    problem = trial.refused(4, "case", "act", case, "close", *OFFICE)
    assert set(codes(problem)) == {"missing_document", "reason_required", "duty_conflict"}


def test_refusals_are_printed_with_code_and_text_in_the_language_asked_for(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    arguments = ("case", "act", case, "accept", "--as", "zhao", "--role", "member")
    for language, text in (("zh-CN", "wrong_role: 只有办公室可以办理。"), ("en", "wrong_role: Only these roles may do this: 办公室.")):
        done = trial.run("--language", language, *arguments)
        assert (done.exit_code, done.stdout) == (4, "")
        assert text in done.stderr


@pytest.mark.parametrize(("locale", "text"), [("C.UTF-8", "只有"), ("zh_CN.UTF-8", "只有"), ("en_GB.UTF-8", "Only these roles")])
def test_without_a_wish_the_locale_chooses_the_language_and_chinese_where_it_says_nothing(
    trial: Yishi, open_case: OpenCase, locale: str, text: str
) -> None:
    trial.monkeypatch.setenv("LANG", locale)
    assert text in trial.run("case", "act", open_case(), "accept", "--as", "zhao", "--role", "member").stderr


def test_a_case_that_has_moved_on_is_a_conflict_that_says_what_happened(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    trial("case", "act", case, "accept", "-f", "n=1", *OFFICE)
    problem = trial.refused(3, "case", "act", case, "call", "--expect", "1", *OFFICE)
    assert (problem["code"], problem["version"]) == ("stale_version", 2)
    assert [change["action"] for change in problem["changes"]] == ["accept"]


def test_what_is_not_there_exits_with_5(trial: Yishi, open_case: OpenCase) -> None:
    assert trial.refused(5, "case", "show", "nowhere")["code"] == "not_found"
    assert trial.refused(5, "case", "open", "trail")["code"] == "not_found"
    assert codes(trial.refused(5, "case", "act", open_case(), "acept", *OFFICE)) == ["unknown_action"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("case", "open"),
        ("case", "open", "trial", "-f", "topic"),
        ("case", "open", "trial", "--data", "[1]"),
        ("case", "open", "trial", "--data", "{"),
        ("case", "open", "trial", "--data", "@gone.json"),
        ("case", "open", "trial", "--occurred-at", "yesterday"),
        ("inbox",),
        ("audit", "show", "--case", "x", "--actor", "li"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_2(trial: Yishi, arguments: tuple[str, ...]) -> None:
    assert trial.run(*arguments).exit_code == 2


def test_an_unknown_setting_exits_with_2_and_names_the_right_one(yishi: Yishi) -> None:
    yishi.set(databse_url="sqlite:///x.db")
    done = yishi.run("config")
    assert done.exit_code == 2
    assert "did you mean 'YISHI_DATABASE_URL'?" in done.stderr


def test_who_says_nothing_acts_as_the_account_of_the_machine_and_the_trail_shows_it(trial: Yishi) -> None:
    case = trial.json("case", "open", "trial", "--role", "office", "-f", "topic=井盖")["id"]
    (event,) = trial.json("audit", "show", "--case", case)["events"]
    assert event["actor"] == {"id": f"cli:{getpass.getuser()}", "role": "office"}


def test_a_named_person_acts_in_the_roles_and_the_unit_named(trial: Yishi) -> None:
    case = trial.json("case", "open", "trial", "--as", "li", "--role", "office", "--unit", "cppcc", "-f", "topic=井盖")["id"]
    (event,) = trial.json("audit", "show", "--case", case)["events"]
    assert event["actor"] == {"id": "li", "role": "office", "unit": "cppcc"}


def test_a_person_named_without_roles_has_those_that_were_entered(trial: Yishi) -> None:
    trial("user", "create", "li", "--role", "member", "--unit", "cppcc")
    case = trial.json("case", "open", "trial", "--as", "li", "-f", "topic=井盖")["id"]
    (event,) = trial.json("audit", "show", "--case", case)["events"]
    assert event["actor"] == {"id": "li", "role": "member", "unit": "cppcc"}
    assert trial.refused(5, "case", "show", case, "--as", "nobody")["code"] == "not_found"


def test_a_person_without_a_role_in_the_process_does_not_see_its_cases(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    assert trial.json("case", "list", "--as", "zhao", "--role", "resident")["cases"] == []
    assert trial.refused(5, "case", "show", case, "--as", "zhao", "--role", "resident")["code"] == "not_found"


def test_a_form_is_given_whole_from_a_file_or_from_standard_input_and_fields_are_laid_over_it(trial: Yishi, tmp_path: Path) -> None:
    form = tmp_path / "form.json"
    form.write_text(json.dumps({"topic": "甲"}), "utf-8")
    topics = [
        json.loads(trial("case", "open", "trial", *source, *OFFICE, "--json", stdin='{"topic": "乙"}'))["data"]["topic"]
        for source in (("--data", f"@{form}"), ("--data", "-"), ("--data", '{"topic": "丙"}'), ("--data", f"@{form}", "-f", "topic=丁"))
    ]
    assert topics == ["甲", "乙", "丙", "丁"]


def test_a_field_is_json_or_else_text(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    assert "invalid_field" in codes(trial.refused(4, "case", "act", case, "accept", "-f", "n=three", *OFFICE))
    trial("case", "act", case, "accept", "-f", "n=3", *OFFICE)
    visited = trial.json("case", "act", case, "visit", "-f", 'visits={"place": "东门"}', *OFFICE)
    assert visited["data"]["visits"][0]["place"] == "东门"


def test_a_comment_leaves_the_version_as_it_is(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    before = trial.json("case", "show", case, *OFFICE)
    after = trial.json("case", "comment", case, "已联系", *OFFICE)
    assert (after["version"], after["seq"]) == (before["version"], before["seq"] + 1)


def test_a_file_is_attached_with_its_digest_and_kept(trial: Yishi, open_case: OpenCase, tmp_path: Path) -> None:
    case = open_case()
    report = tmp_path / "报告.txt"
    report.write_text("调研报告", "utf-8")
    attached = trial.json("case", "attach", case, "report", str(report), *OFFICE)
    digest = attached["documents"]["report"]["sha256"]
    assert (tmp_path / "files" / digest[:2] / digest).read_text("utf-8") == "调研报告"
    assert trial.refused(5, "case", "attach", case, "raport", str(report), *OFFICE)["code"] == "not_found"
    assert codes(trial.refused(4, "case", "attach", case, "report", str(report), "--as", "zhao", "--role", "member")) == ["wrong_role"]


def test_the_same_idempotency_key_acts_once(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    arguments = ("case", "act", case, "accept", "-f", "n=3", "--idempotency-key", "k1", *OFFICE)
    assert trial.json(*arguments) == trial.json(*arguments)
    assert len(trial.json("audit", "show", "--case", case)["events"]) == 2
    other = trial.refused(3, "case", "act", case, "accept", "-f", "n=4", "--idempotency-key", "k1", *OFFICE)
    assert other["code"] == "idempotency_key_reused"


def test_a_reference_is_used_once(trial: Yishi) -> None:
    arguments = ("case", "open", "trial", "-f", "topic=甲", "--client-ref", "A-1", *OFFICE)
    case = trial.json(*arguments)["id"]
    assert trial.refused(3, *arguments)["code"] == "client_ref_taken"
    assert [each["id"] for each in trial.json("case", "list", "--client-ref", "A-1")["cases"]] == [case]


def test_dates_are_explained_by_name_or_all_together(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    story = trial.json("case", "explain", case, "received.accept", *OFFICE)
    assert story["name"] == "received.accept"
    assert story["days"]
    assert trial.json("case", "explain", case, *OFFICE) == [story]
    assert story["due_date"] in trial("--language", "en", "case", "list")
    assert "5 working days" in trial("--language", "en", "case", "explain", case, *OFFICE)


def test_an_inbox_holds_what_its_role_is_to_do(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    assert [task["case"] for task in trial.json("inbox", "--role", "office")["tasks"]] == [case]
    assert trial.json("inbox", "--role", "member")["tasks"] == []


def test_the_trail_of_all_cases_is_narrowed_and_comes_in_pages(trial: Yishi, open_case: OpenCase) -> None:
    cases = [open_case() for _ in range(3)]
    trial("case", "act", cases[0], "accept", "-f", "n=1", *OFFICE)
    assert [event["case"] for event in trial.json("audit", "show", "--action", "accept")["events"]] == [cases[0]]
    first = trial.json("audit", "show", "--limit", "2")
    rest = trial.json("audit", "show", "--limit", "2", "--cursor", first["next"])
    assert len({(event["case"], event["seq"]) for event in (*first["events"], *rest["events"])}) == 4
    assert rest["next"] is None
    assert trial.json("audit", "show", "--from", "2999-01-01T00:00:00Z")["events"] == []


def test_an_older_form_of_events_is_shown_as_it_was_written(trial: Yishi) -> None:
    with opened(Settings()) as application:
        case = older_case(application)
    trial("case", "act", case, "count", "-f", 'counts=[{"homes": 14}]', *OFFICE)
    events = trial.json("audit", "show", "--case", case)["events"]
    counts = [event["delta"]["data"]["counts"] for event in events if event["action"] == "count"]
    assert [event["v"] for event in events] == [1] * LAST + [2]
    assert [[row["homes"] for row in told] for told in counts[:-1]] == [[11], [11, 12], [11, 12, 13]]
    assert [row["homes"] for row in counts[-1]["+"]] == [14]
    logged = trial.json("audit", "show", "--workflow", "rounds")["events"]
    assert [event["hash"] for event in logged if event["case"] == case] == [event["hash"] for event in reversed(events)]


def test_the_trail_of_the_organisation_needs_the_right_to_audit(trial: Yishi) -> None:
    assert trial.refused(4, "audit", "show", *OFFICE)["code"] == "not_allowed"


def test_people_read_what_programs_read(trial: Yishi, open_case: OpenCase) -> None:
    case = open_case()
    for arguments in (("case", "list"), ("case", "show", case), ("inbox", "--role", "office"), ("audit", "show")):
        shown = trial(*arguments)
        assert case in shown
        assert "\x1b" not in shown, "colours are for terminals"


def test_a_document_is_made_as_word_and_saved_or_attached(trial: Yishi, open_case: OpenCase, tmp_path: Path) -> None:
    case, file = open_case(), tmp_path / "报告.docx"
    trial("case", "document", case, "report", "--out", str(file), *OFFICE)
    with zipfile.ZipFile(file) as archive:
        assert "关于路灯" in archive.read("word/document.xml").decode()
    kept = trial.json("case", "document", case, "report", "--attach", *OFFICE)["documents"]["report"]
    assert kept["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (tmp_path / "files" / kept["sha256"][:2] / kept["sha256"]).read_bytes() == file.read_bytes()
    assert codes(trial.refused(4, "case", "document", case, "report", "--attach", "--as", "zhao", "--role", "member")) == ["wrong_role"]
    assert trial.refused(5, "case", "document", case, "raport", *OFFICE)["code"] == "not_found"
    assert trial.run("case", "document", case, "report", "--attach", "--out", "x", *OFFICE).exit_code == 2
