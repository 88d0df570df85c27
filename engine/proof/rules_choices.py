"""Rules about the branches of a choice: none without a case, none that two claim, no case without a branch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.definition.process import Branch, Transition, Trigger
from engine.proof.contexts import context
from engine.proof.logic.examples import shown
from engine.proof.logic.formula import ALWAYS, Formula, Meaning, every
from engine.proof.logic.solving import Answer, possible
from engine.proof.rules import WARNING, Finding, Subject, rule


@rule("choice.gap", WARNING)
def choice_gap(subject: Subject) -> Iterator[Finding]:
    """Find choices in which all guards can be false at once: then nothing is decided."""
    for transition, branches in _choices(subject):
        last = len(branches) - 1
        if transition.trigger is Trigger.ALWAYS or branches[last] is ALWAYS:
            continue
        place = (*subject.place(transition), "choice", last, "guard")
        formula, answer = _asked(subject, transition, *(branch.false for branch in branches))
        if answer.possible:
            text = f"all guards can be false{_when(answer, formula)}: {_undecided(transition)}; leave the last branch without a guard"
            yield Finding(text, place, at_key=False)
        elif answer.possible is None:
            yield Finding("whether one of the guards is always true cannot be decided", place, at_key=False, undecided=True)


@rule("choice.dead")
def choice_dead(subject: Subject) -> Iterator[Finding]:
    """Find branches that are never taken: behind others that are true whenever they are, or with a guard that is never true."""
    for transition, branches in _choices(subject):
        place = (*subject.place(transition), "choice")
        for number, branch in enumerate(branches):
            _, answer = _asked(subject, transition, *(each.false for each in branches[:number]), branch.true)
            if answer.possible is not False:
                continue
            if ALWAYS in branches[:number]:
                first = branches.index(ALWAYS)
                text = "this branch has no guard, so those after it are never looked at; put it last"
                yield Finding(text, (*place, first), at_key=False)
                break
            _, alone = _asked(subject, transition, branch.true)
            why = "its guard can never be true" if alone.possible is False else "one before it is taken whenever its guard is true"
            yield Finding(f"this branch is never taken: {why}", (*place, number), at_key=False)


@rule("choice.overlap", WARNING)
def choice_overlap(subject: Subject) -> Iterator[Finding]:
    """Find cases that two branches claim, where no branch is "else": there the designer meant to part all cases."""
    for transition, branches in _choices(subject):
        if transition.trigger is Trigger.ALWAYS or ALWAYS in branches:
            continue  # "if, else if, else": the order decides on purpose
        for (one, first), (other, second) in combinations(enumerate(branches), 2):
            if _does_the_same(transition.branches[one], transition.branches[other]):
                continue
            place = (*subject.place(transition), "choice", other, "guard")
            formula, answer = _asked(subject, transition, first.true, second.true)
            if answer.possible:
                text = f"branch {one + 1} is true as well{_when(answer, formula)}, and is taken: let each case have one branch"
                yield Finding(text, place, at_key=False)
            elif answer.possible is None:
                text = f"whether this guard can be true together with that of branch {one + 1} cannot be decided"
                yield Finding(text, place, at_key=False, undecided=True)


def _choices(subject: Subject) -> Iterator[tuple[Transition, list[Meaning]]]:
    """Give the choices whose guards could all be compiled, with what each says."""
    for transition in subject.written():
        if len(transition.branches) > 1 and all(_is_whole(subject, branch) for branch in transition.branches):
            yield transition, [subject.reader.meaning(branch.guard) for branch in transition.branches]


def _is_whole(subject: Subject, branch: Branch) -> bool:
    written = (*subject.work.places.get(branch.id, ()), "guard") in subject.document.values
    return written == (branch.guard is not None)


def _asked(subject: Subject, transition: Transition, *parts: Formula) -> tuple[Formula, Answer]:
    """Ask whether there is a case in which all parts hold when the transition is weighed."""
    formula = every(subject.reader.meaning(transition.guard).true, *parts)
    known = context(formula, transition, subject.graph, subject.filled)
    return every(*parts), possible(every(known, formula))


def _does_the_same(one: Branch, other: Branch) -> bool:
    return (one.target, one.reenter, one.cycles, one.effects) == (other.target, other.reenter, other.cycles, other.effects)


def _when(answer: Answer, formula: Formula) -> str:
    example = shown(answer.example, formula)
    return f" (with {example})" if example else ""


def _undecided(transition: Transition) -> str:
    if transition.trigger is Trigger.ACT:
        return "the act is then refused with `no_branch`"
    return "what happened is then passed over"
