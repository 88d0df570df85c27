"""Rules about behaviour, asked of all that a case can do: what cannot be reached, cannot end, is never taken, does not come to rest.

Each finding has the shortest way of acts that shows it. Where not all could be explored, they fall back on the graph of moves: it has more
ways than there are, so that what it says can never happen, never happens.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.process import Kind, Transition, Trigger
from engine.proof.rules import WARNING, Finding, Subject, rule
from engine.proof.space.exploring import Space
from engine.proof.verdicts import BOUNDED


@rule("state.unreachable")
def unreachable(subject: Subject) -> Iterator[Finding]:
    """Find states that no order of acts enters."""
    reached = _reached(subject)
    for state in subject.graph.states.values():
        # Of a whole branch nobody enters, the outermost state says it all.
        if state.path not in reached and state.parent in reached:
            why = "no transition leads to" if state.path not in subject.graph.reachable_states else "no order of acts leads to"
            yield Finding(f"{why} `{state.path}`: it can never be entered", subject.state_place(state.path))


@rule("state.trap")
def trap(subject: Subject) -> Iterator[Finding]:
    """Find states that are not final and that nothing leaves."""
    for leaf in _cut_off(subject):
        if not subject.graph.has_way_out(leaf):
            yield Finding(_trap(leaf), subject.state_place(leaf))
    for space, number, leaf in _stuck(subject, alone=True):
        if not space.moves(number) and subject.graph.states[leaf].kind is not Kind.FINAL:
            yield Finding(_trap(leaf, space.facts(number)), subject.state_place(leaf), way=space.way(number))


@rule("state.no_end")
def no_end(subject: Subject) -> Iterator[Finding]:
    """Find states from which no case can ever end, or where that cannot be decided."""
    graph = subject.graph
    if not graph.ends:
        yield Finding("no case can ever end: there is no final state at the top level", ("states",))
        return
    for leaf in _cut_off(subject):
        if graph.has_way_out(leaf):
            yield Finding(_no_end(leaf), subject.state_place(leaf))
    for space, number, leaf in _stuck(subject, alone=True):
        if graph.states[leaf].kind is Kind.FINAL and not space.moves(number):
            around = graph.states[leaf].parent
            text = f"`{around}` is complete here and nothing follows: give it `done`, or an action that leads on"
            yield Finding(text, subject.state_place(around), way=space.way(number))
        elif space.moves(number):
            yield Finding(_no_end(leaf, space.facts(number)), subject.state_place(leaf), way=space.way(number))
    if not _is_cut(subject) and not any(space.stuck for space in subject.spaces):
        yield from _undecided(subject)


@rule("join.deadlock")
def deadlock(subject: Subject) -> Iterator[Finding]:
    """Find states with regions that wait for each other, or for one that can never finish."""
    states = subject.graph.states
    for space, number, leaf in _stuck(subject, alone=False):
        leaves = space.positions[number].leaves
        around = next(path for path in states[leaf].line if all(path in states[other].line for other in leaves))
        standing = ", ".join(f"`{leaf}`" for leaf in leaves)
        text = f"standing in {standing}{_with(space.facts(number))}, its regions never all finish, and nothing else leads to an end"
        yield Finding(text, subject.state_place(around), way=space.way(number))


@rule("join.never")
def never_joined(subject: Subject) -> Iterator[Finding]:
    """Find regions that can come to stand where they never finish, though `done` waits for them: only what holds further out leads on."""
    graph, reached = subject.graph, _reached(subject)
    told = {path for alone in (True, False) for _, _, leaf in _stuck(subject, alone=alone) for path in graph.states[leaf].line}
    for around in graph.states.values():
        waits = any(each.trigger is Trigger.DONE for each in around.transitions) and graph.parts_alone(around)
        for region in around.children if waits and around.path in reached - told else ():
            goes_on = graph.returning_leaves | {child for child in graph.states[region].children if graph.states[child].kind is Kind.FINAL}
            after = {leaf: graph.reached_within(around, leaf) for leaf in graph.leaves(region) if leaf in reached}
            stuck = [leaf for leaf, onwards in after.items() if onwards <= {*graph.leaves(region)} - goes_on]
            if stuck:
                last = min(stuck, key=lambda leaf: len(after[leaf]))  # the others only lead there
                text = f"in `{last}` this region never finishes, so `done` of `{around.path}` never comes: lead on, or make it `final`"
                yield Finding(text, subject.state_place(last), way=_way_to(subject, last))


@rule("always.cycle")
def cycle(subject: Subject) -> Iterator[Finding]:
    """Find steps that never come to rest: `always`, events and completions that set each other off."""
    for space in subject.spaces:
        for spec_id, may_stop in space.watch.restless.items():
            number, done = next(iter(space.unsettled.items()), (-1, "start"))
            place = subject.place(next(each for each in space.plan.transitions if each.id == spec_id))
            if may_stop:
                text = "whether this comes to rest cannot be decided: it hangs on what a guard says after the data have changed"
                yield Finding(text, place, undecided=True)
            else:
                text = (
                    f"after `{done}` the case never comes to rest: this is taken again and again, until `{done}` is refused as `unsettled`"
                )
                yield Finding(text, place, way=(*space.way(number), done))


@rule("action.dead", WARNING)
def dead_action(subject: Subject) -> Iterator[Finding]:
    """Find transitions that are never taken, whatever is done."""
    reached = _reached(subject)
    for transition in subject.written():
        if transition.source not in reached:
            continue  # that is said of the state
        if transition.trigger is Trigger.ACT and not {*subject.graph.open_in(transition)} & subject.graph.reachable:
            yield Finding(f"`{transition.name}` holds in no state a case can be in", subject.place(transition))
        elif not _is_cut(subject) and not any(_is_taken(space, transition) for space in subject.spaces):
            yield Finding(f"`{transition.name}` can never be taken: {_why_never(transition)}", subject.place(transition))


@rule(BOUNDED)
def bounded(subject: Subject) -> Iterator[Finding]:
    """Say when there is more than could be looked at."""
    for space in subject.spaces:
        if space.cut:
            text = f"not all that a case can do could be explored: {space.cut}; what lies beyond is not proved to end"
            yield Finding(text, ("states",), undecided=True)
            return


def _is_cut(subject: Subject) -> bool:
    return any(space.is_partial for space in subject.spaces)


def _reached(subject: Subject) -> frozenset[str]:
    """Give the states that can be active; where not all could be explored, those the graph of moves has."""
    if _is_cut(subject):
        return subject.graph.reachable_states
    return frozenset().union(*(space.reached for space in subject.spaces))


def _cut_off(subject: Subject) -> list[str]:
    """Where not all could be explored: give the leaves from which the graph of moves leads to no end."""
    if not _is_cut(subject):
        return []
    apart = subject.graph.reachable - subject.graph.can_end
    return [leaf for leaf in sorted(apart) if subject.graph.states[leaf].kind is not Kind.FINAL]


def _stuck(subject: Subject, *, alone: bool) -> Iterator[tuple[Space, int, str]]:
    """Give the positions in which cases get stuck, each leaf once, in one region (alone) or in several."""
    seen = set[str]()
    for space in () if _is_cut(subject) else subject.spaces:
        for number in space.stuck:
            leaves = space.positions[number].leaves
            if leaves[0] not in seen and (len(leaves) == 1) is alone:
                seen.add(leaves[0])
                yield space, number, leaves[0]


def _way_to(subject: Subject, leaf: str) -> tuple[str, ...]:
    """Give the shortest way to where a leaf is active; none where not all could be explored."""
    found = (space.way(number) for space in subject.spaces for number, each in enumerate(space.positions) if leaf in each.leaves)
    return next(found, ())


def _undecided(subject: Subject) -> Iterator[Finding]:
    for space in subject.spaces:
        for number in range(len(space.positions)):
            if number not in space.can_end:
                leaf = space.positions[number].leaves[0]
                text = f"whether a case in `{leaf}` can always be brought to an end cannot be decided: that hangs on its data"
                yield Finding(text, subject.state_place(leaf), undecided=True, way=space.way(number))
                return


def _is_taken(space: Space, transition: Transition) -> bool:
    if any(branch.id in space.watch.taken for branch in transition.branches):
        return True
    if space.plan.is_relevant(transition, space.tracked) or not space.plan.comes_from_outside(transition):
        return False
    gate, space_here = space.plan.gates.of(transition), range(len(space.positions))
    open_in = (number for number in space_here if transition in space.plan.open_in(space.positions[number].leaves))
    return any(gate.ways(space.positions[number].values, space.active(number), space.tracked, asked=True).possible for number in open_in)


def _why_never(transition: Transition) -> str:
    match transition.trigger:
        case Trigger.ACT:
            return "its guard is never true, nobody can hold a role of `by` there, or an inner one always comes first"
        case Trigger.HEAR:
            return "what it waits for is never raised while the case stands there, or its guard is never true"
        case Trigger.DONE:
            return "the state it stands on is never complete, or its guard is never true"
        case _:
            return "its guard is never true there"


def _trap(leaf: str, facts: str = "") -> str:
    if facts:
        return f"nothing leads out of `{leaf}`{_with(facts)}: give it an action with `to` that can be taken then"
    return f"nothing leads out of `{leaf}`: give it an action with `to`, or `final: true`"


def _no_end(leaf: str, facts: str = "") -> str:
    return f"from `{leaf}`{_with(facts)} no final state can be reached: such a case never ends"


def _with(facts: str) -> str:
    return f" (with {facts})" if facts else ""
