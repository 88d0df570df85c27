"""`yishi init`: the database, the shipped workflows and, with --demo, people and cases to try it with. Doing it again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.failing import Misused
from api.commands.here import Here, here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line, show_table
from engine.core.refusals import label
from engine.runtime.application import Application, opened
from engine.runtime.bootstrap import KEYS, SignInOf, admit, publish_shipped
from engine.runtime.demonstration import People, read_people, read_scripts
from engine.runtime.reading import Reading
from engine.scheduler.demonstration import play
from engine.settings import Settings

app = command_app()

SHOWN_KEY = "office"


@app.command()
def init_command(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Also people with random passwords and keys, and some cases.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database up to date and publish the shipped workflows; what is there already stays as it is."""
    place = here(context)
    settings = place.settings
    if not settings.workflows.is_dir():
        raise Misused(f"YISHI_WORKFLOWS: expected a folder of workflow files, there is none at {settings.workflows}")
    with opened(settings) as application:
        shipped = publish_shipped(application)
        facts: dict[str, Any] = {
            "database": application.store.dialect.name,
            "registries": [{"registry": each.registry, "version": each.version, "new": each.new} for each in shipped.registries],
            "published": [{"workflow": each.workflow, "version": each.version, "new": each.new} for each in shipped.workflows],
        }
        people: People | None = None
        sign_ins: list[SignInOf] = []
        if demo:
            people = read_people(settings.workflows / "demo" / "people.yaml")
            sign_ins = admit(application, people, secrets_folder(settings))
            facts |= {
                "address": f"http://{settings.bind}",
                "sign_ins": [{"person": each.person.id, "password": each.password, "roles": each.person.roles} for each in sign_ins],
                "keys_file": str(secrets_folder(settings) / KEYS),
                "key": next((each.key for each in sign_ins if each.person.id == SHOWN_KEY), sign_ins[0].key if sign_ins else None),
                "cases": open_demo_cases(application, people),
            }
    if as_json:
        show_json(facts)
        return
    show_published(facts)
    if people is not None:
        show_demo(facts, sign_ins, place)
    else:
        show_line("Next: `yishi user create NAME` for the first administrator, then `yishi serve`.")


def open_demo_cases(application: Application, people: People) -> list[str]:
    """Open the cases of the demonstration that are not there yet, each played as far as its script goes, at the present time."""
    reading = Reading(application)
    ids = []
    for script in read_scripts(application.settings.workflows / "demo" / "cases.yaml"):
        reference = f"demo:{script.demo}"
        known = reading.case_of_reference(application.org, script.workflow, reference)
        ids.append(known or play(application, script, people, client_ref=reference).case_id)
    return ids


def secrets_folder(settings: Settings) -> Path:
    """Give the folder of the demonstration's keys: beside the documents, by default `var`."""
    return settings.files.parent


def show_published(facts: dict[str, Any]) -> None:
    """Print what is published."""
    for each in (*facts["registries"], *facts["published"]):
        name = each["workflow"] if "workflow" in each else each["registry"]
        show_line(f"{name} {each['version']} {'published' if each['new'] else 'is published'}")


def show_demo(facts: dict[str, Any], sign_ins: list[SignInOf], place: Here) -> None:
    """Print how to get in."""
    show_line("")
    show_table(
        ("sign in as", "password", "", "roles"),
        [
            (
                each.person.id,
                each.password or "(as printed the first time)",
                f"{each.person.name} {label(each.person.title, place.language) if each.person.title else ''}".strip(),
                ", ".join(each.person.roles),
            )
            for each in sign_ins
        ],
    )
    show_line("")
    show_line(f"Address:  {facts['address']}")
    show_line(f"API key:  {facts['key']}   ({SHOWN_KEY}; all keys: {facts['keys_file']})")
    show_line(f"Cases:    {len(facts['cases'])}")
    show_line("")
