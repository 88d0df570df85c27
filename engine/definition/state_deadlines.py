"""Deadlines: from the model to what the ledger counts with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.definition import model
from engine.definition.builtin_acts import granted, prefixed
from engine.definition.effects import ExtendDeadline
from engine.definition.process import DUE, ROOT, Deadline, Extension, Kind, Rung, Transition
from engine.definition.recurrences import parse_recurrence
from engine.definition.rest_days import rest_day
from engine.definition.rung_times import parse_rung_time
from engine.definition.source import Path
from engine.definition.steps import Steps


def deadlines(steps: Steps, state: str) -> Iterator[Deadline]:
    """Give the deadlines of a state."""
    site = steps.work.states[state]
    for name, shape in site.shape.deadlines.items():
        yield _deadline(steps, state, name, shape, (*site.section, "deadlines", name))


def closings(steps: Steps, state: str) -> Iterator[Deadline]:
    """Give the deadlines by which ballots of a state close: timers at whose end the clock takes the act of closing."""
    for name, ballot in steps.work.states[state].shape.ballots.items():
        if ballot.closes is not None:
            written = model.Deadline.model_construct(
                within=ballot.closes.within, from_=ballot.closes.from_, until=ballot.closes.until, lead=ballot.closes.lead, timer=True
            )
            path = (*steps.work.states[state].section, "ballots", name, "closes")
            title = prefixed({"zh-CN": "截止：", "en": "Closing: "}, steps.work.text(ballot.title, name))
            rung = Rung(at=parse_rung_time(DUE), escalate=None, act=f"{name}.close", effects=())
            made = _deadline(steps, f"{state}.{name}", "closes", written, path, within=state)
            yield replace(made, title=title, rungs=(rung,))


def party_deadlines(steps: Steps, state: str, group: str, written: Mapping[str, model.Deadline], path: Path) -> Iterator[Deadline]:
    """Give the deadlines of a group of parties, of which each party has its own. They end when it signs, so that much has no meaning."""
    for name, shape in written.items():
        for key in ("met_by", "rrule", "extend"):
            if getattr(shape, key) is not None:
                message = f"a party's deadline has no `{key}`: it runs from the invitation until the party signs, is waived or removed"
                steps.work.report("parties.deadline", message, (*path, name, key), at_key=True)
        yield replace(_deadline(steps, f"{state}.{group}", name, shape, (*path, name), within=state), group=group)


def extensions(steps: Steps, state: str) -> Iterator[Transition]:
    """Give the built-in acts by which deadlines of a state are extended."""
    site = steps.work.states[state]
    for name, shape in site.shape.deadlines.items():
        if shape.extend is None:
            continue
        extend, path = shape.extend, (*site.section, "deadlines", name, "extend")
        asked_by = steps.work.roles(extend.asked_by, (*path, "asked_by"))
        by = steps.work.roles(extend.by, (*path, "by"))
        act, title = f"{name}.extend", prefixed({"zh-CN": "延期：", "en": "Extend: "}, steps.work.text(shape.title, name))
        effect, excluded = ExtendDeadline(_full(state, name)), steps.excluded(state, None, path)
        yield from granted(state, act, title, effect, by, asked_by, form=None, reason=extend.reason, excluded=excluded)


def _deadline(steps: Steps, holder: str, name: str, shape: model.Deadline, path: Path, within: str | None = None) -> Deadline:
    """Give a deadline. ``holder``: the path before its name; ``within``: the state, where that is another, because a group holds it."""
    work, state, party = steps.work, within or holder, within is not None
    start = work.expression(shape.from_, "instant", (*path, "from"))
    until = work.expression(shape.until, "instant", (*path, "until"))
    work.places[_full(holder, name)] = path
    if shape.basis is None and not shape.timer:
        work.report("term.no_basis", _NO_BASIS, path, at_key=True)
    return Deadline(
        name=_full(holder, name),
        state=state,
        title=work.text(shape.title, name),
        basis=shape.basis,
        timer=shape.timer,
        within=steps.term(shape.within, (*path, "within")),
        start=start,
        until=until,
        lead=steps.term(shape.lead, (*path, "lead")),
        hour=shape.hour,
        guard=work.expression(shape.guard, "bool", (*path, "guard")),
        met_by=work.act(shape.met_by, (*path, "met_by")) if shape.met_by else None,
        paused_in=work.state_list(shape.paused_in, state, (*path, "paused_in")),
        reentry=shape.reentry,
        catch_up=shape.catch_up,
        extension=_extension(steps, shape.extend, (*path, "extend")),
        rungs=tuple(_rungs(steps, state, shape, path, party=party)),
        reads=frozenset().union(*(each.reads for each in (start, until) if each is not None)),
        rrule=parse_recurrence(shape.rrule) if shape.rrule else None,
        rest_day=rest_day(steps.work, shape.rest_day, (*path, "rest_day")),
    )


def _rungs(steps: Steps, state: str, shape: model.Deadline, path: Path, *, party: bool) -> Iterator[Rung]:
    """Give the rungs as written; a recurring deadline always has one at `due`, at which one period ends and the next begins."""
    for number, rung in enumerate(shape.rungs):
        yield _rung(steps, state, rung, (*path, "rungs", number), party=party)
    if shape.rrule and not any(parse_rung_time(rung.at).text == DUE for rung in shape.rungs):
        yield Rung(at=parse_rung_time(DUE), escalate=None, act=None, effects=(), written=False)


_NO_BASIS = "missing key `basis`: source, rule or default; who is late must be able to see why (a `timer` needs none)"


def _extension(steps: Steps, shape: model.Extend | None, path: Path) -> Extension | None:
    if shape is None:
        return None
    return Extension(
        up_to=steps.term(shape.up_to, (*path, "up_to")),
        add=steps.term(shape.add, (*path, "add")),
        at_most=shape.at_most,
        before_due=shape.before_due,
    )


def _rung(steps: Steps, state: str, shape: model.Rung, path: Path, *, party: bool) -> Rung:
    work = steps.work
    if shape.escalate is not None:
        work.roles((shape.escalate,), (*path, "escalate"))
    if shape.act is not None:
        _check_act(steps, state, shape.act, (*path, "act"))
    return Rung(
        at=parse_rung_time(shape.at),
        escalate=shape.escalate,
        act=shape.act,
        effects=steps.effects(shape, path, party=party),
        title=work.text(shape.title, shape.at) if shape.title else None,
    )


def _check_act(steps: Steps, state: str, act: str, path: Path) -> None:
    """Check that the action is open in the deadline's state, and that the clock stands in its `by`."""
    work = steps.work
    if work.act(act, path) is None:
        return
    around = work.states.line(state)
    below = [site.path for site in work.states if state in work.states.line(site.path)]
    here = [work.states[each].shape.actions[act] for each in (*below, *around) if act in work.states[each].shape.actions]
    if work.states[state].kind is Kind.FINAL:
        here = [reopen for name, reopen in work.workflow.reopen.items() if name == act]
    if not here:
        where = "everywhere" if state == ROOT else f"in `{state}` or around it"
        work.report("deadline.act_not_here", f"`{act}` is not an action {where}: at its time it would be refused with `not_here`", path)
    elif not any("clock" in action.by for action in here):
        work.report("deadline.act_not_by_clock", f"`{act}` is taken by the clock here: add `clock` to its `by`", path)


def _full(state: str, name: str) -> str:
    return f"{state}.{name}" if state else name
