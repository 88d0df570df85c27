"""What is written on boxes and arrows: who acts and on what condition, the terms, and whom a deadline reminds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.refusals import label
from engine.definition.ballots import Ballot
from engine.definition.effects import Effects, Notify
from engine.definition.expressions import Expression
from engine.definition.party_groups import PartyGroup
from engine.definition.process import (
    ROOT,
    Branch,
    Deadline,
    Kind,
    ProcessDefinition,
    Rung,
    RungTime,
    State,
    TermSource,
    Text,
    Transition,
    Trigger,
)
from engine.definition.recurrence_words import in_words
from engine.definition.relations import ChildGroup
from engine.definition.terms import Term, Unit
from engine.proof.diagram.chart import Line, Tone
from engine.proof.diagram.guards import called, spoken
from engine.proof.diagram.lettering import IN_LABEL, paragraph
from engine.proof.diagram.words import listed, say

CLOCK = "clock"
WORDS_FOR_PEOPLE = ("clock", "anyone", "parent", "owner", "initiator", "party")
GROUPS = ("parties", "voters")
MOST_ROLES = 4
MOST_TOLD = 3
MOST_LINES = 4


class Labels:
    """Writes the texts of one definition in one language."""

    def __init__(self, definition: ProcessDefinition, language: str) -> None:
        self.definition = definition
        self.language = language
        self.notes: list[str] = []

    def say(self, word: str, **parts: object) -> str:
        """Give one of our own words."""
        return say(word, self.language, **parts)

    def text(self, text: Text) -> str:
        """Give a text of the process."""
        return label(text, self.language)

    # --- people -----------------------------------------------------------------------------------------------------

    def role(self, name: str) -> str:
        """Give the title of a role, or of a word that stands for somebody."""
        if name in self.definition.roles:
            return self.text(self.definition.roles[name].title)
        word, _, group = name.partition(".")
        if word == "parties" and group in self.definition.parties:
            return self.say("parties_of", title=self.text(self.definition.parties[group].title))
        return self.say(word) if word in (*WORDS_FOR_PEOPLE, *GROUPS) else name

    def roles(self, names: tuple[str, ...], most: int = MOST_ROLES) -> str:
        """Name roles; the clock stands last, for people come first."""
        ordered = sorted(names, key=lambda name: name == CLOCK)
        return self.people(ordered, most)

    def people(self, names: Iterable[str], most: int) -> str:
        """Name people; whom two names mean, once."""
        return listed(list(dict.fromkeys(map(self.role, names))), self.language, most)

    def owner(self, state: State) -> str:
        """Say in whose inbox a case lies, where that is another than around the state."""
        if not state.owner or (state.path != ROOT and state.owner == self.definition.states[state.parent].owner):
            return ""
        return self.say("owned_by", who=self.roles(state.owner))

    def takers(self, spec: Transition) -> str:
        """Say who takes an action, and who has to ask for it first."""
        if not spec.asked_by:
            return self.roles(spec.by)
        return self.say("asked_by", asker=self.roles(spec.asked_by), who=self.roles(spec.by))

    # --- transitions ------------------------------------------------------------------------------------------------

    def title(self, spec: Transition) -> str:
        """Name a transition."""
        match spec.trigger:
            case Trigger.ALWAYS:
                return self.say("by_itself")
            case Trigger.DONE:
                return self.when_done(self.definition.states[spec.source])
            case Trigger.HEAR:
                return self.heard(spec)
            case _:
                return self.text(spec.title)

    def when_done(self, state: State) -> str:
        """Say when a state is done: mostly when all in it is."""
        ends = [group.done_when for group in state.children_groups]
        if len(ends) != 1 or state.parties or state.ballots or state.children:
            return self.say("when_done")
        words = {"all": "when_done", "any": "when_any_done", "majority": "when_most_done"}
        return self.say(words[ends[0]] if isinstance(ends[0], str) else "when_enough_done")

    def heard(self, spec: Transition) -> str:
        """Say what is received: that a group of parties refused, or an event by its title."""
        group, _, event = spec.name.rpartition(".")
        if event == "refused" and group in self.definition.parties and spec.name in spec.title.values():
            return self.say("refused", title=self.text(self.definition.parties[group].title))
        return self.say("heard", what=self.text(spec.title))

    def on_arrow(self, spec: Transition, branch: Branch | None = None) -> tuple[Line, ...]:
        """Write what stands on the arrow of a transition; with its only branch, also what that asks for."""
        lines = paragraph(self.title(spec), Tone.LABEL, IN_LABEL)
        if spec.trigger is Trigger.ACT:
            lines += paragraph(self.takers(spec), Tone.NOTE, IN_LABEL)
        for said in self.enough(spec):
            lines += self.brief(said)
        if spec.guard is not None:
            lines += self.brief(self.gate(spec), Tone.NOTE if spec.refuse is None else Tone.GATE)
        if branch is not None and branch.guard is not None:
            lines += self.brief(self.condition(branch))
        if needed := self.needed(spec):
            lines += self.brief(needed)
        if branch is not None and branch.cycles is not None:
            lines += paragraph(self.say("at_most", times=self.often(branch.cycles.at_most)), Tone.NOTE, IN_LABEL)
        if excluded := self.excluded(spec):
            lines += self.brief(excluded)
        return tuple(lines)

    def on_branch(self, branch: Branch, number: int = 0) -> tuple[Line, ...]:
        """Write what stands on the arrow of one branch of several; with its number where the first of several that holds is taken."""
        said = self.condition(branch, number) if branch.guard else self.say("otherwise")
        lines = self.brief(said, Tone.ORDERED if branch.guard and number else Tone.NOTE)
        if branch.target is None:
            lines += paragraph(self.say("stays"), Tone.NOTE, IN_LABEL)
        if branch.cycles is not None:
            lines += paragraph(self.say("at_most", times=self.often(branch.cycles.at_most)), Tone.NOTE, IN_LABEL)
        return tuple(lines)

    def on_spent(self, spec: Transition, branch: Branch, *, named: bool) -> tuple[Line, ...]:
        """Write what stands on the arrow that is taken once a budget is used up."""
        assert branch.cycles is not None
        times = self.often(branch.cycles.at_most)
        said = self.say("spent", what=self.title(spec), times=times) if named else self.say("spent_branch", times=times)
        return tuple(paragraph(said, Tone.NOTE, IN_LABEL))

    def often(self, count: int) -> str:
        """Say how often."""
        return self.say("once") if count == 1 else self.say("n_times", count=count)

    def gate(self, spec: Transition) -> str:
        """Say what a transition asks for: in the words in which it is refused, else by its condition."""
        if spec.refuse is not None:
            return self.say("refused_with", text=self.text(spec.refuse.text))
        return self.say("if", guard=self.in_words(spec.guard, spec.branches[0].target))

    def condition(self, branch: Branch, number: int = 0) -> str:
        """Say on what condition a branch is taken."""
        said = self.in_words(branch.guard, branch.target)
        return self.say("if_first", number=number, guard=said) if number else self.say("if", guard=said)

    def in_words(self, guard: Expression | None, target: object) -> str:
        """Say a condition; where no plain words say it, that it is the one for where it leads to."""
        said = spoken(guard, self.definition, self.language) if guard is not None else None
        if said is not None:
            return said
        state = self.definition.states.get(target) if isinstance(target, str) else None
        return self.say("fits", target=self.text(state.title)) if state is not None else self.say("fits_somehow")

    def enough(self, spec: Transition) -> Iterator[str]:
        """Say when the cases below a state are done, where that is a condition of its own."""
        if spec.trigger is Trigger.DONE:
            for group in self.definition.states[spec.source].children_groups:
                said = None if isinstance(group.done_when, str) else spoken(group.done_when, self.definition, self.language)
                if said is not None:
                    yield self.say("if", guard=said)

    def brief(self, said: str, tone: Tone = Tone.NOTE) -> list[Line]:
        """Write a text on an arrow; one that is long stands in a note below the picture instead."""
        lines = paragraph(said, tone, IN_LABEL)
        if len(lines) <= MOST_LINES:
            return lines
        if said not in self.notes:
            self.notes.append(said)
        return paragraph(self.say("see_note", number=self.notes.index(said) + 1), tone, IN_LABEL)

    def needed(self, spec: Transition) -> str:
        """Name the documents an act asks for, and the parties that must have signed."""
        names = [self.text(self.definition.documents[each.document].title) for each in spec.requires]
        groups = [self.text(self.definition.parties[group].title) for group in spec.signed]
        said = [self.say("needs", documents=listed(names, self.language))] if names else []
        said += [self.say("signed", groups=listed(groups, self.language))] if groups else []
        return self.say("also").join(said)

    def excluded(self, spec: Transition) -> str:
        """Name where an action of any step does not hold; of ends, and of where it leads to itself, that goes without saying."""
        led_to = {branch.target for branch in spec.branches}
        states = [self.definition.states[path] for path in sorted(spec.excluded) if path not in led_to]
        names = [self.text(state.title) for state in states if state.kind is not Kind.FINAL]
        return self.say("except", where=listed(names, self.language)) if names else ""

    def in_state(self, spec: Transition) -> str:
        """Write an act that leaves the case where it is: what, by whom."""
        if spec.trigger is not Trigger.ACT:
            return self.title(spec)
        around = ("（", "）") if self.language.startswith("zh") else (" (", ")")
        return f"{self.title(spec)}{around[0]}{self.takers(spec)}{around[1]}"

    def about(self, spec: Transition) -> str:
        """Say all that is known of a transition, for who points at it."""
        said = [self.title(spec)]
        if spec.trigger is Trigger.ACT:
            said.append(self.takers(spec))
        if spec.guard is not None:
            said.append(self.gate(spec))
        said += [self.condition(branch) for branch in spec.branches if branch.guard is not None]
        if needed := self.needed(spec):
            said.append(needed)
        return "\n".join(said)

    # --- deadlines --------------------------------------------------------------------------------------------------

    def ballot(self, ballot: Ballot) -> str:
        """Write a ballot: what is voted on, and who votes."""
        return self.say("secret" if ballot.secret else "vote", title=self.text(ballot.title), who=self.roles(ballot.roles))

    def children(self, group: ChildGroup) -> str:
        """Write a group of children: what is opened below the case."""
        return self.say("children", title=self.text(group.title))

    def parties(self, group: PartyGroup) -> str:
        """Write a group of parties: what they sign, and who they are."""
        return self.say("sign", title=self.text(group.title), who=self.roles(group.roles))

    def deadline(self, deadline: Deadline) -> Iterator[tuple[str, Tone]]:
        """Write a deadline: its term, how far it may be extended, and each of its rungs."""
        when = self.when(deadline)
        if deadline.hour:
            when = self.say("hour", when=when, hour=deadline.hour)
        yield self.say("deadline", title=self.text(deadline.title), when=when), Tone.DEADLINE
        if (extension := deadline.extension) is not None:
            source, word = (extension.up_to, "up_to") if extension.up_to else (extension.add, "add")
            yield self.say(word, term=self.term(source)), Tone.RUNG
        for rung in (each for each in deadline.rungs if each.written):
            yield self.rung(deadline, rung), Tone.RUNG

    def when(self, deadline: Deadline) -> str:
        """Say when a deadline is due, or how often."""
        if deadline.rrule is not None:
            return self.text(in_words(deadline.rrule))
        if deadline.until is not None:
            until = self.moment_of(deadline.until)
            return self.say("until_lead", until=until, lead=self.term(deadline.lead)) if deadline.lead else self.say("until", until=until)
        term = self.term(deadline.within)
        if deadline.start is not None:
            return self.say("within_from", term=term, start=self.moment_of(deadline.start))
        return self.say("within", term=term)

    def moment_of(self, value: Expression) -> str:
        """Name the moment an expression gives."""
        return called(value, self.definition, self.language) or self.say("time_set")

    def term(self, source: TermSource | None) -> str:
        """Write a term, or the one that a setting has where nobody changed it."""
        if source is None:
            return ""
        value = source.term if source.setting is None else self.definition.settings[source.setting].value
        return self.length(value) if isinstance(value, Term) else str(value)

    def length(self, term: Term) -> str:
        """Write a term; of many hours also how many days they are."""
        said = term.text(self.language)
        days, rest = divmod(term.n, 24)
        return self.say("in_days", term=said, days=days) if term.unit is Unit.HOURS and days > 1 and not rest else said

    def rung(self, deadline: Deadline, rung: Rung) -> str:
        """Write a rung: when, and what then happens."""
        done = []
        if rung.act is not None:
            done.append(self.say("act", what=self.act_of(deadline.state, rung.act)))
        if rung.escalate is not None:
            done.append(self.say("escalate", who=self.role(rung.escalate)))
        if told := self.told(rung.effects):
            done.append(self.say("notify", who=self.people(told, MOST_TOLD)))
        return self.say("rung", when=self.moment(rung.at), what=self.say("also").join(done) or self.say("note"))

    def moment(self, at: RungTime) -> str:
        """Say when a rung fires."""
        if at.share is not None:
            return self.say("at_share", share=at.share)
        if at.before is not None:
            return self.say("at_before", term=self.length(at.before))
        if at.after is not None:
            return self.say("at_after", term=self.length(at.after))
        return self.say("at_due" if at.text == "due" else "at_start")

    def told(self, effects: Effects) -> list[str]:
        """Name who is told."""
        return list(dict.fromkeys(name for effect in effects if isinstance(effect, Notify) for name in effect.to))

    def act_of(self, state: str, act: str) -> str:
        """Give the title of an act of a state or of one around it."""
        for path in self.definition.states[state].line:
            for spec in self.definition.states[path].transitions:
                if spec.name == act:
                    return self.title(spec)
        return act
