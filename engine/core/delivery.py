"""From a message to the command that it is for its receiver. Pure: the service and a rehearsal of it deliver alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.command import OpenRelated, Receive
from engine.core.message import Message, Sender
from engine.core.relations import Entry
from engine.definition.process import ProcessDefinition


def command_of(sender: Sender, message: Message, workflow: str | None) -> OpenRelated | Receive:
    """Give the command of a message. ``workflow``: that of the sender, where it is known here."""
    if message.kind == "open":
        return opening(sender, message)
    return Receive(sender, message.kind, message.body, workflow)


def opening(sender: Sender, message: Message) -> OpenRelated:
    """Give the command that opens what a message asks for."""
    body: Mapping[str, Any] = message.body
    origin: Entry = {}
    tie: tuple[str, tuple[str, ...]] | None = None
    if "child" in body:
        child = body["child"]
        parent = {"org": sender.org, "case": sender.case_id, "group": child["group"], "key": child["key"], "wants": body["wants"]}
        origin = {"parent": parent}
    else:
        tie = (body["link"], tuple(body["wants"]))
    return OpenRelated(
        org=message.to_org,
        case_id=message.to_case,
        opened_by=body["by"],
        data=body["data"],
        origin=origin,
        sender=sender,
        tie=tie,
        at=body.get("at"),
    )


def declined(definition: ProcessDefinition, sender: Sender, message: Message, codes: list[str]) -> Message:
    """Give the answer to an opening that cannot be: it goes back to who asked, under the name that the case has there."""
    body = message.body
    if "child" in body:
        said = {"codes": codes, "child": body["child"]["group"]}
    else:
        said = {"codes": codes, "link": next((each.name for each in definition.links.values() if each.inverse == body["link"]), "")}
    return Message(sender.org, sender.case_id, "refused", said)
