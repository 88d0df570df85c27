"""The workflow language as frozen models: every key, every shorthand. The published JSON Schema is made from these."""

from engine.definition.model.constructs import Ballot, Children, Parties, Quorum
from engine.definition.model.declarations import DataItem, Document, Duty, Link, Number, Query, Refuse, Requirement, Role, Setting, Start
from engine.definition.model.shapes import OWN_LANGUAGE, Shape, TextMap, by_language
from engine.definition.model.states import Anywhere, Reopen, State
from engine.definition.model.steps import Action, Branch, Collect, Cycles, Effects, Grant, History, Open, Publish, Release, Send, Transition
from engine.definition.model.timing import Deadline, Extend, Rung, Schedule
from engine.definition.model.workflow import Indicator, Preset, Registry, Workflow

__all__ = [
    "OWN_LANGUAGE",
    "Action",
    "Anywhere",
    "Ballot",
    "Branch",
    "Children",
    "Collect",
    "Cycles",
    "DataItem",
    "Deadline",
    "Document",
    "Duty",
    "Effects",
    "Extend",
    "Grant",
    "History",
    "Indicator",
    "Link",
    "Number",
    "Open",
    "Parties",
    "Preset",
    "Publish",
    "Query",
    "Quorum",
    "Refuse",
    "Registry",
    "Release",
    "Reopen",
    "Requirement",
    "Role",
    "Rung",
    "Schedule",
    "Send",
    "Setting",
    "Shape",
    "Start",
    "State",
    "TextMap",
    "Transition",
    "Workflow",
    "by_language",
]
