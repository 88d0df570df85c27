"""From a definition to its chart: which boxes there are, what lies in what, and where arrows lead."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.process import ROOT, Branch, History, Kind, ProcessDefinition, State, Transition, Trigger
from engine.proof.diagram.chart import Arrow, Chart, Draft, Line, Look, Shape, Tone
from engine.proof.diagram.labels import CLOCK, Labels
from engine.proof.diagram.lettering import IN_LABEL, paragraph, room

START, ANYWHERE, RETURN = "start", "anywhere", "return"
OPENING = "/act:start#0"
"""The branch by which a case is opened."""
SHAPES = {Kind.ATOMIC: Shape.STATE, Kind.COMPOUND: Shape.COMPOUND, Kind.PARALLEL: Shape.PARALLEL, Kind.FINAL: Shape.FINAL}


def build(definition: ProcessDefinition, language: str) -> Chart:
    """Make the chart of a definition in a language."""
    return _Building(definition, language).chart()


def box_id(path: str) -> str:
    """Give the id of a state's box; of the root it is that of what holds at any step."""
    return f"state:{path}" if path != ROOT else ANYWHERE


class _Building:
    def __init__(self, definition: ProcessDefinition, language: str) -> None:
        self.definition = definition
        self.states = definition.states
        self.labels = Labels(definition, language)
        self.arrows: list[Arrow] = []
        self.tops: list[Draft] = []
        self.drafts: dict[str, Draft] = {}

    def chart(self) -> Chart:
        definition, labels = self.definition, self.labels
        self.begin()
        for path in self.states[ROOT].children:
            self.tops.append(self.state(self.states[path]))
        self.anywhere()
        for state in self.states.values():
            for spec in self.shown(state):
                self.transition(state, spec)
        leaves = [state for state in self.states.values() if not state.children]
        finals = [path for path in self.states[ROOT].children if self.states[path].kind is Kind.FINAL]
        first = self.states[self.states[ROOT].initial or self.states[ROOT].children[0]]
        about = labels.say("about", states=len(leaves), finals=len(finals), first=labels.text(first.title))
        boxes = tuple(draft.finished() for draft in self.tops)
        arrows, notes = tuple(self.arrows), tuple(labels.notes)
        return Chart(labels.text(definition.title), definition.version, labels.language, about, boxes, arrows, notes)

    # --- boxes ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Put the dot at which every case begins, and say on its arrow who opens one."""
        labels, start, initial = self.labels, self.definition.start, self.states[ROOT].initial
        self.tops.append(Draft(START, Shape.START))
        if start is None:
            lines = paragraph(labels.say("start_elsewhere"), Tone.NOTE, IN_LABEL)
        else:
            lines = [*paragraph(labels.say("start"), Tone.LABEL, IN_LABEL), *paragraph(labels.roles(start.by), Tone.NOTE, IN_LABEL)]
        assert initial is not None
        self.arrows.append(Arrow(START, START, box_id(initial), Look.BEGIN, tuple(lines), OPENING))

    def state(self, state: State) -> Draft:
        """Make the box of a state, with all that lies in it."""
        shape, labels = self.shape(state), self.labels
        draft = Draft(box_id(state.path), shape, state=state.path)
        most = room(shape)
        draft.lines += paragraph(labels.text(state.title), Tone.TITLE, most)
        if state.outcome and labels.say(state.outcome) != labels.text(state.title):
            draft.lines += paragraph(labels.say("outcome", outcome=labels.say(state.outcome)), Tone.QUIET, most)
        if owner := labels.owner(state):
            draft.lines += paragraph(owner, Tone.QUIET, most)
        self.contents(draft, state)
        self.drafts[state.path] = draft
        if state.kind is Kind.COMPOUND:
            dot = Draft(f"start:{state.path}", Shape.START)
            draft.children.append(dot)
            self.arrows.append(Arrow(dot.id, dot.id, box_id(state.initial or state.children[0]), Look.BEGIN, (), dot.id))
        draft.children += [self.state(self.states[path]) for path in state.children]
        return draft

    def shape(self, state: State) -> Shape:
        if state.path != ROOT and self.states[state.parent].kind is Kind.PARALLEL:
            return Shape.REGION
        return SHAPES[state.kind]

    def contents(self, draft: Draft, state: State) -> None:
        """Write the deadlines of a state, what is opened below it, who signs in it, and what may be done in it without leaving it."""
        most = room(draft.shape)
        for deadline in state.deadlines:
            for text, tone in self.labels.deadline(deadline):
                draft.lines += paragraph(text, tone, most)
        for children in state.children_groups:
            draft.lines += paragraph(self.labels.children(children), Tone.CHILDREN, most)
        for ballot in state.ballots:
            draft.lines += paragraph(self.labels.ballot(ballot), Tone.ACTION, most)
        for group in state.parties:
            draft.lines += paragraph(self.labels.parties(group), Tone.ACTION, most)
            for text, tone in (each for deadline in group.deadlines for each in self.labels.deadline(deadline)):
                draft.lines += paragraph(text, tone, most)
        for spec in self.shown(state):
            if not leads_on(spec):
                draft.lines += paragraph(self.labels.in_state(spec), Tone.ACTION, most)

    def anywhere(self) -> None:
        """Make the box of what holds at any step, if there is something."""
        root = self.states[ROOT]
        if not root.deadlines and not any(self.shown(root)):
            return
        draft = Draft(ANYWHERE, Shape.ANYWHERE)
        draft.lines += paragraph(self.labels.say("anywhere"), Tone.TITLE, room(draft.shape))
        self.contents(draft, root)
        self.tops.insert(1, draft)

    def shown(self, state: State) -> Iterator[Transition]:
        """Give the transitions that were written; those that exist by themselves are not in the picture."""
        return (spec for spec in state.transitions if not spec.builtin)

    # --- arrows -----------------------------------------------------------------------------------------------------

    def transition(self, state: State, spec: Transition) -> None:
        """Draw a transition: one arrow, also where all branches lead to one step; else one to a diamond, and one from there for each."""
        if not leads_on(spec):
            return
        source, look, labels = box_id(state.path), look_of(spec), self.labels
        if len(spec.branches) == 1:
            (branch,) = spec.branches
            self.arrow(source, state, branch, look, labels.on_arrow(spec, branch), spec)
            self.spent(source, spec, branch, named=True)
            return
        if leads_one_way(spec):
            branch, *others = spec.branches
            self.arrow(source, state, branch, look, labels.on_arrow(spec), spec, tuple(other.id for other in others))
            return
        diamond = Draft(f"choice:{spec.id}", Shape.CHOICE, about=labels.about(spec))
        self.put_beside(state, diamond)
        self.arrows.append(Arrow(spec.id, source, diamond.id, look, labels.on_arrow(spec), about=labels.about(spec)))
        ordered = sum(branch.guard is not None for branch in spec.branches) > 1
        for number, branch in enumerate(spec.branches, 1):
            self.arrow(diamond.id, state, branch, look, labels.on_branch(branch, number if ordered else 0), spec)
            self.spent(diamond.id, spec, branch, named=False)

    def arrow(
        self, source: str, state: State, branch: Branch, look: Look, lines: tuple[Line, ...], spec: Transition, others: tuple[str, ...] = ()
    ) -> None:
        target = self.target(state, branch.target)
        self.arrows.append(Arrow(branch.id, source, target, look, lines, branch.id, self.labels.about(spec), others))

    def spent(self, source: str, spec: Transition, branch: Branch, *, named: bool) -> None:
        """Draw where a branch leads once its budget is used up."""
        if branch.cycles is not None:
            lines = self.labels.on_spent(spec, branch, named=named)
            self.arrows.append(Arrow(f"{branch.id}!", source, box_id(branch.cycles.then), Look.SPENT, lines, f"{branch.id}!"))

    def target(self, state: State, target: str | History | None) -> str:
        """Give the box an arrow ends at; for a memory it is made."""
        if target is None:
            return box_id(state.path)
        if isinstance(target, str):
            return box_id(target)
        if target.of is None:
            return self.memory(RETURN, self.tops, "history")
        name = f"history:{target.of}:{'deep' if target.deep else 'shallow'}"
        found = self.memory(name, self.around_memory(target.of), "history_of")
        if target.default and not any(arrow.source == name for arrow in self.arrows):
            self.arrows.append(Arrow(name, name, box_id(target.default), Look.BEGIN))
        return found

    def around_memory(self, of: str) -> list[Draft]:
        """Give what a memory of a state lies among: the steps of a stage; of a state with regions or without steps, what is beside it."""
        state = self.states[of]
        if of == ROOT:
            return self.tops
        if state.kind is Kind.COMPOUND:
            return self.drafts[of].children
        return self.tops if state.parent == ROOT else self.drafts[state.parent].children

    def memory(self, name: str, among: list[Draft], word: str) -> str:
        if not any(draft.id == name for draft in among):
            draft = Draft(name, Shape.HISTORY)
            draft.lines += paragraph(self.labels.say(word), Tone.QUIET, IN_LABEL)
            among.append(draft)
        return name

    def put_beside(self, state: State, diamond: Draft) -> None:
        """Put the diamond of a state's choice right behind the state; of a region, as the last thing in it."""
        if ROOT not in {state.path, state.parent} and self.states[state.parent].kind is Kind.PARALLEL:
            self.drafts[state.path].children.append(diamond)
            return
        among = self.tops if ROOT in {state.path, state.parent} else self.drafts[state.parent].children
        place = next(number for number, draft in enumerate(among) if draft.id == box_id(state.path))
        among.insert(place + 1, diamond)


def leads_on(spec: Transition) -> bool:
    """Say whether a transition leads anywhere."""
    return any(branch.target is not None or branch.cycles is not None for branch in spec.branches)


def leads_one_way(spec: Transition) -> bool:
    """Say whether all branches of a transition lead to the same step: then they differ in what else is done, which no picture shows."""
    targets = {branch.target for branch in spec.branches}
    return len(targets) == 1 and None not in targets and not any(branch.cycles for branch in spec.branches)


def look_of(spec: Transition) -> Look:
    """Say whether somebody takes a transition or it happens by itself."""
    return Look.ACT if spec.trigger is Trigger.ACT and set(spec.by) != {CLOCK} else Look.AUTO
