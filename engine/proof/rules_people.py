"""Rules about people, documents and texts: duties, roles, what nobody uses, what a language lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definition.cel_ast import Tree
from engine.definition.model import OWN_LANGUAGE, Registry, Workflow
from engine.definition.process import ROOT, Kind, Trigger
from engine.definition.templates import BRACES
from engine.definition.texts import texts_of
from engine.proof.rules import WARNING, Finding, Subject, rule

RESERVED = frozenset(
    {
        *("admin", "designer", "auditor", "operator", "recorder", "monitor"),  # they carry rights in the whole service
        *("clock", "parent", "anyone", "owner", "party", "initiator", "website"),
    }
)


@rule("duty.same_act")
def duty_over_one_act(subject: Subject) -> Iterator[Finding]:
    """Find separations of duties that name an act twice: nobody could keep them, or everybody does."""
    for number, duty in enumerate(subject.workflow.duties):
        for kind, acts in duty.given():
            meant = [frozenset(subject.work.acts.meant_by(act)) for act in acts]
            for place, names in enumerate(meant):
                if names and names in meant[:place]:
                    yield Finding(f"`{acts[place]}` stands here twice: a duty is over different acts", ("duties", number, kind, place))


@rule("duty.nobody_left")
def nobody_left(subject: Subject) -> Iterator[Finding]:
    """Find separations of duties, or askings, that leave nobody: both acts belong to the one person or unit, or two duties contradict."""
    holders = _Holders(subject)
    for number, duty in enumerate(subject.workflow.duties):
        for kind, acts in duty.given():
            for place, act in enumerate(acts):
                for other in acts[:place]:
                    if kind.startswith("different") and (one := holders.only_one(other, act, kind)):
                        text = (
                            f"nobody is left for `{act}`: it and `{other}` can only be taken by {one}, and must be taken by different ones"
                        )
                        yield Finding(text, ("duties", number, kind, place), at_key=False)
                    elif kind.startswith("same") and (against := _contrary(subject, kind, {act, other})) is not None:
                        text = f"nobody is left for `{act}`: it is for whoever took `{other}`, and by duty {against + 1} for another"
                        yield Finding(text, ("duties", number, kind, place), at_key=False)
    for spec in subject.written():
        if spec.asked_by and (one := holders.only_person((*spec.asked_by, *spec.by))):
            text = f"nobody is left to grant `{spec.name}`: only {one} may ask for it, and another person must take it"
            yield Finding(text, (*subject.place(spec), "by"))


class _Holders:
    """Who can hold the roles of acts, where a role is bound to one person or unit of the case."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.roles = subject, subject.definition.roles

    def only_one(self, act: str, other: str, kind: str) -> str | None:
        """Say who the one person or unit is that alone can take two acts; None where there are others."""
        names = {name for each in (act, other) for name in self._by(each)}
        person = self.only_person(tuple(names))
        return person if kind.endswith("person") else person or self._only(tuple(names), persons=False)

    def only_person(self, names: tuple[str, ...]) -> str | None:
        """Say who the one person is that alone holds some roles; None where there are others."""
        return self._only(names, persons=True)

    def _by(self, act: str) -> list[str]:
        meant = [each.state for each in self.subject.work.acts.meant_by(act)]
        short = act.rpartition(".")[2]
        specs = (spec for spec in self.subject.written() if spec.name == short and (not meant or spec.source in meant))
        return [name for spec in specs for name in (*spec.by, *spec.asked_by)]

    def _only(self, names: tuple[str, ...], *, persons: bool) -> str | None:
        bounds = set()
        for name in names:
            bound = self.roles[name].bound if name in self.roles else None
            if bound is None or bound.gives_persons is not persons:
                return None
            tree = Tree(bound.checked)
            if tree.type_of(tree.root) != "string":
                return None
            bounds.add(bound.text)
        return f"the one of `{bounds.pop()}`" if len(bounds) == 1 else None


def _contrary(subject: Subject, kind: str, acts: set[str]) -> int | None:
    """Find a duty that asks for different ones where another asks for the same."""
    contrary = kind.replace("same", "different")
    for number, duty in enumerate(subject.workflow.duties):
        for other, names in duty.given():
            if other == contrary and acts <= {*names}:
                return number
    return None


@rule("owner.idle", WARNING)
def idle_owner(subject: Subject) -> Iterator[Finding]:
    """Find states in which a case lies in the inbox of a role that can do nothing there, while others can."""
    for state in subject.graph.states.values():
        if state.children or state.path in subject.graph.ends or not state.owner:
            continue
        around = [subject.graph.states[path] for path in state.line if path != ROOT]
        acts = [spec for each in around for spec in each.transitions if spec.trigger is Trigger.ACT and spec.reopens is None]
        people = {name for spec in acts if not spec.builtin for name in (*spec.by, *spec.asked_by)} - {"clock", "parent"}
        able = {name for spec in acts for name in (*spec.by, *spec.asked_by)}
        idle = [name for name in state.owner if name not in able] if people and "anyone" not in people else []
        if idle:
            owns = next(path for path in state.line if "owner" in _written(subject, path))
            between = state.line[: state.line.index(owns) + 1]
            if any(subject.graph.states[path].kind is Kind.PARALLEL for path in between):
                continue  # it owns all regions together, and acts in another one
            text = f"`{idle[0]}` has the case in its inbox in `{state.path}` and can do nothing there; `{'`, `'.join(sorted(people))}` can"
            yield Finding(text, (*subject.state_place(owns), "owner"), at_key=False)


@rule("owner.missing", WARNING)
def missing_owner(subject: Subject) -> Iterator[Finding]:
    """Find states in which people can act and the case lies in nobody's inbox, in a workflow whose other states have an owner."""
    graph = subject.graph
    if not any(state.owner for state in graph.states.values()):
        return
    for state in graph.states.values():
        if state.children or state.owner or state.kind is Kind.FINAL or state.path not in graph.reachable_states:
            continue
        acts = [spec for spec in state.transitions if spec.trigger is Trigger.ACT and not spec.builtin]
        people = {name for spec in acts for name in (*spec.by, *spec.asked_by)} - {"clock", "parent"}
        if people:
            text = f"the case lies in nobody's inbox in `{state.path}`, where `{'`, `'.join(sorted(people))}` can act: give it an `owner`"
            yield Finding(text, subject.state_place(state.path))


def _written(subject: Subject, path: str) -> dict[str, Any]:
    found: Any = subject.document.data
    for step in subject.state_place(path) if path != ROOT else ():
        found = found[step]
    return found if isinstance(found, dict) else {}


@rule("role.reserved")
def reserved_role(subject: Subject) -> Iterator[Finding]:
    """Find roles that have the name of something else."""
    for name in subject.workflow.roles:
        if name in RESERVED:
            yield Finding(f"`{name}` has a meaning of its own and cannot be a role of the workflow; choose another id", ("roles", name))


@rule("role.unused", WARNING)
def unused_role(subject: Subject) -> Iterator[Finding]:
    """Find roles that nothing names."""
    for name in subject.workflow.roles:
        if not _is_named(subject, name):
            yield Finding(f"nothing names the role `{name}`; leave it out, or give it something to do", ("roles", name))


@rule("document.unused", WARNING)
def unused_document(subject: Subject) -> Iterator[Finding]:
    """Find documents that no act needs, nothing shows, and that are not made here either."""
    for name, document in subject.workflow.documents.items():
        if not document.template and not _is_named(subject, name):
            yield Finding(f"no act requires the document `{name}` and nothing publishes it", ("documents", name))


def _is_named(subject: Subject, name: str) -> bool:
    """Say whether something names a role or document; expressions name them in texts, so the source itself is asked last."""
    return name in subject.work.used or subject.words[name] > 1


@rule("text.missing_language", WARNING)
def missing_language(subject: Subject) -> Iterator[Finding]:
    """Find texts that a language of the workflow lacks."""
    yield from missing_languages(subject.workflow)


def is_names_only(text: str, *more: str) -> bool:
    """Say whether a text of a template holds nothing but names between braces: it is the same in every language."""
    return not more and not any(sign.isalpha() for sign in BRACES.sub("", text))


def missing_languages(written: Workflow | Registry) -> Iterator[Finding]:
    """Find texts that a language of a file lacks."""
    own = written.language[0]
    for text, path in texts_of(written):
        here = {own if language == OWN_LANGUAGE else language for language in text}
        lacking = [language for language in written.language if language not in here]
        if lacking and not (path[2:3] == ("template",) and is_names_only(*text.values())):
            yield Finding(f"this text is missing in {', '.join(lacking)}", path, at_key=False)
