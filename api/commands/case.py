"""`yishi case`: open cases, look at them, act on them."""

from __future__ import annotations

import mimetypes
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from api.commands.failing import Misused
from api.commands.forms import act_given
from api.commands.gateway import Person, gateway
from api.commands.here import here
from api.commands.options import (
    AsJson,
    AsPerson,
    CaseId,
    Cursor,
    Data,
    Expected,
    Fields,
    Key,
    Limit,
    OccurredAt,
    Reason,
    Roles,
    Unit,
    command_app,
)
from api.commands.screen import show_facts, show_json, show_line, show_table
from engine.core.wording import attendance_in_words, is_attendance

app = command_app("Open cases, look at them, act on them.")

Json = dict[str, Any]


def person_given(person: str | None, roles: list[str] | None, unit: str | None) -> Person:
    """Put together who acts."""
    return Person(person, tuple(roles or ()), unit)


@app.command("open")
def open_case(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(metavar="WORKFLOW", help="Id of the workflow.")],
    version: Annotated[int | None, typer.Option("--version", help="Version of the workflow; default: the newest in force.")] = None,
    client_ref: Annotated[str | None, typer.Option("--client-ref", metavar="TEXT", help="Your own reference, once per workflow.")] = None,
    data: Data = None,
    field: Fields = None,
    reason: Reason = None,
    occurred_at: OccurredAt = None,
    key: Key = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Open a case."""
    place = here(context)
    sent = act_given(data, field, reason, occurred_at, key=key)
    with gateway(place, person_given(as_person, role, unit)) as service:
        show_case(service.open_case(workflow, version, client_ref, sent), as_json)


@app.command("list")
def list_cases(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option("--workflow", help="Only cases of this workflow.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Only cases in this state of the top level.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="Only the case of this number.")] = None,
    client_ref: Annotated[str | None, typer.Option("--client-ref", help="Only the case of this reference.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="Only cases that ended like this.")] = None,
    ended: Annotated[bool | None, typer.Option("--ended/--running", help="Only ended, or only running cases.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only cases with a date that is over.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """List cases, those opened last first."""
    place = here(context)
    filters = {"workflow": workflow, "state": state, "number": number, "client_ref": client_ref, "outcome": outcome, "ended": ended}
    with gateway(place, person_given(as_person, role, unit)) as service:
        found = service.cases({**filters, "overdue": overdue or None, "limit": limit, "cursor": cursor})
    if as_json:
        show_json(found)
        return
    show_table(
        ("case", "number", "where", "due", "outcome"),
        [(case["id"], case["number"], " / ".join(case["where"]), due_text(case), case["outcome"]) for case in found["cases"]],
    )
    show_next(found)


@app.command("show")
def show(
    context: typer.Context,
    case: CaseId,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Show a case: where it stands, its data and deadlines, and what may be done, or why not."""
    place = here(context)
    with gateway(place, person_given(as_person, role, unit)) as service:
        found, actions = service.case(case), service.actions(case)["actions"]
    if as_json:
        show_json({**found, "actions": actions})
        return
    show_case(found, as_json=False)
    show_table(
        ("action", "", ""),
        [(each["name"], each["title"], allowed_text(each)) for each in actions],
    )


@app.command("act")
def act(
    context: typer.Context,
    case: CaseId,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="Name of the action.")],
    data: Data = None,
    field: Fields = None,
    reason: Reason = None,
    occurred_at: OccurredAt = None,
    expected: Expected = None,
    key: Key = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Take an action. Exits with 4 and every reason when it is refused, with 3 when the case has moved on from --expect."""
    place = here(context)
    sent = act_given(data, field, reason, occurred_at, expected=expected, key=key)
    with gateway(place, person_given(as_person, role, unit)) as service:
        show_case(service.act(case, action, sent), as_json)


@app.command("explain")
def explain(
    context: typer.Context,
    case: CaseId,
    deadline: Annotated[
        str | None,
        typer.Argument(
            metavar="[DEADLINE]",
            help="Full name of the deadline, 'name#3' for its third period, 'name@PARTY' for that of a party; default: all of the case.",
        ),
    ] = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Explain day by day how the dates of a case came about."""
    place = here(context)
    with gateway(place, person_given(as_person, role, unit)) as service:
        names = [deadline] if deadline else list(dict.fromkeys(map(named, service.deadlines(case)["deadlines"])))
        stories = [service.explain(case, name) for name in names]
    if as_json:
        show_json(stories[0] if deadline else stories)
        return
    for story in stories:
        show_story(story)


@app.command("comment")
def comment(
    context: typer.Context,
    case: CaseId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What there is to say.")],
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Comment on a case; its version stays."""
    place = here(context)
    with gateway(place, person_given(as_person, role, unit)) as service:
        show_case(service.comment(case, text), as_json)


@app.command("attach")
def attach(
    context: typer.Context,
    case: CaseId,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Name of the document in the workflow.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The file.")],
    media_type: Annotated[str | None, typer.Option("--media-type", help="What the file is; default: by its name.")] = None,
    expected: Expected = None,
    key: Key = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Attach a file to a case as one of its documents."""
    from engine.runtime.documents import ANY_TYPE  # noqa: PLC0415  brings the database along; asking a server needs none

    place = here(context)
    kind = media_type or mimetypes.guess_type(file.name)[0] or ANY_TYPE
    sent = act_given(None, None, None, None, expected=expected, key=key)
    with gateway(place, person_given(as_person, role, unit)) as service:
        show_case(service.attach(case, document, file, kind, sent), as_json)


@app.command("document")
def document(
    context: typer.Context,
    case: CaseId,
    name: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Name of the document in the workflow.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to, or - for standard output; default: DOCUMENT.docx.")
    ] = None,
    attach: Annotated[bool, typer.Option("--attach", help="Attach it to the case instead, as one act.")] = False,
    expected: Expected = None,
    key: Key = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Make a document as Word from its template and the data of a case."""
    if attach and out is not None:
        raise Misused("--attach, --out: say one of them; what is attached can be fetched from the case")
    place = here(context)
    with gateway(place, person_given(as_person, role, unit)) as service:
        if attach:
            show_case(service.attach_word(case, name, act_given(None, None, None, None, expected=expected, key=key)), as_json)
            return
        content = service.word(case, name)
    if out == Path("-"):
        sys.stdout.buffer.write(content)
        return
    file = out or Path(f"{name}.docx")
    file.write_bytes(content)
    if as_json:
        show_json({"file": str(file), "bytes": len(content)})
    else:
        show_line(f"{file}: {len(content)} bytes")


# --- for people -----------------------------------------------------------------------------------------------------


def show_case(case: Json, as_json: bool) -> None:
    """Print a case."""
    if as_json:
        show_json(case)
        return
    facts = {
        "case": case["id"],
        "workflow": f"{case['title']} ({case['workflow']} {case['definition_version']})",
        "number": case["number"],
        "where": " / ".join(case["where"]),
        "outcome": case["outcome"],
        "version": case["version"],
        "opened": f"{case['opened_at']} {case['opened_by']}",
    }
    show_facts({**facts, **{f"  {name}": plainly(value) for name, value in case["data"].items()}})
    if case["deadlines"]:
        rows = [(named(each), each["title"], due_text(each), each["status"]) for each in case["deadlines"]]
        show_table(("deadline", "", "due", "status"), rows)


def plainly(value: Any) -> Any:
    """Give a value as a line shows it; an attendance is summed up, --json has it whole."""
    return attendance_in_words(value, "en") if is_attendance(value) else value


def show_story(story: Json) -> None:
    """Print how a date came about."""
    show_line(f"{story['title']}  {named(story)}  {story['due'] or ''}  {story['status_text']}", style="bold")
    for step in story["steps"]:
        show_line(f"  {step['text']}")
    show_table(("", "", ""), [("  " + day["date"], day["counted"], day["reason"]) for day in story["days"]])
    for rung in story["rungs"]:
        show_line(f"  {rung['at']}  {rung['instant'] or ''}  {rung['state']}")
    for rule in story["rules"].values():
        show_line(f"  {rule}", style="dim")


def named(deadline: Json) -> str:
    """Name a deadline; a period of one that recurs with its number, one that each party has with the party."""
    if deadline["party"] is not None:
        return f"{deadline['name']}@{deadline['party']}"
    return str(deadline["name"]) if deadline["period"] is None else f"{deadline['name']}#{deadline['period']}"


def due_text(found: Json) -> Text:
    """Show a date, and mark it when it is over or may still change."""
    text = Text(found.get("due_date") or found["due"] or "", style="bold red" if found.get("overdue") else "")
    if found.get("overdue"):
        text.append(" !")
    if found.get("provisional"):
        text.append(" ?")
    return text


def allowed_text(action: Json) -> Text:
    """Say that an action is open, with the fields of its form, or every reason why not."""
    if action["allowed"]:
        fields = ", ".join(action.get("form", {}).get("properties", {}))
        return Text(f"✓ {fields}", style="green")
    return Text("; ".join(f"{each['code']}: {each['message']}" for each in action["refusals"]), style="dim")


def show_next(page: Json) -> None:
    """Say how to go on."""
    if page["next"] is not None:
        show_line(f"… --cursor {page['next']}")
