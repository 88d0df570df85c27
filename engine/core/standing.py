"""How roles and documents of a case stand at a moment."""

from __future__ import annotations

from engine.core.case import EMPTY, Case, Draft
from engine.core.compiled import Process
from engine.core.view import CaseView
from engine.definition.expressions import EvaluationFailed, MissingData
from engine.definition.process import Role


def bound_to(role: Role, view: CaseView) -> frozenset[str]:
    """Give the persons or units a role is bound to in a case."""
    if role.parties:
        parties = view.parties
        return frozenset(party.get("person") or party["unit"] for group in role.parties for party in parties[group])
    if role.bound is None:
        return frozenset()
    try:
        return frozenset(role.bound.evaluate(view))
    except (MissingData, EvaluationFailed):
        return frozenset()


def document_state(process: Process, draft: Draft, name: str) -> str:
    """Say how a document stands: absent, not_approved or present. With `per`, only what came since that state was entered counts."""
    document = process.definition.documents[name]
    found = draft.get("documents", name)
    if found is not None and document.per is not None:
        entered = draft.get("entered", document.per)
        if entered is None or found["seq"] < entered[1]:
            found = None
    if found is None:
        return "absent"
    return "not_approved" if document.approved_by and "approved_by" not in found else "present"


def unsealed(process: Process, case: Case, until: str) -> bool:
    """Say whether a state was left, or an act was taken, since when an item may be read."""
    if until in process.states:
        entered = case.snapshot.get("entered", EMPTY)
        return until in entered and until not in process.tree.active(case.configuration)
    acts = case.snapshot.get("acts", EMPTY)
    return any(key in acts for key in process.acts.get(until, ()))
