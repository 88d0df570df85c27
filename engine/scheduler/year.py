"""Playing a demonstration year: thousands of matters through the one door, on a manual clock that is moved from moment to moment.

All that people do at one moment goes to the lane together; what falls due in between fires at its own instant, as it does in the service.
The trail itself says how far a matter has come, so a play that was stopped goes on where it was.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import orjson
from sqlalchemy import select

from engine.clock import Instant
from engine.core.case import Draft
from engine.core.relations import children_of, links_of
from engine.errors import CommandRefused, NotFound, YishiError
from engine.runtime.answers import RequestKey
from engine.runtime.application import Application
from engine.runtime.demonstration import TextFile
from engine.runtime.documents import Documents
from engine.runtime.lane import Pending
from engine.runtime.manual_clock import SERVICE
from engine.runtime.playbook import Course, CourseStep, Matter, Playbook, body_of, instants
from engine.runtime.playbook_values import filled
from engine.runtime.recording import to_case
from engine.scheduler.demonstration import DAY, stored_text
from engine.scheduler.relay import Relay
from engine.scheduler.schedules import Schedules
from engine.scheduler.sealer import Sealer
from engine.scheduler.sweep import Sweep, advance_clock
from engine.store.cases import CaseFilter, get_case, list_cases
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state
from engine.store.tables import cases

DONE = "demo.year.done"
"""The service's state that says until which instant all was done, and what was refused until then."""
SCOPE = "demo"
PRUNED_AT_ONCE = 10_000
"""Answers of steps that are forgotten at once; they are needed for the moment in which a play was stopped, and no longer."""
AT_ONCE = 200
"""Commands that are handed to the lane together."""
MOST_FAULTS = 50
NO_VALUE = "no_value"
"""The code of a step that could not be made from its row."""
SETTLE_AFTER = 2_000
"""Steps after which the log is sealed and notices are told, as the scheduler of a service does all the time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A step that did not go as the playbook has it: where its matter and the step are written, and with which codes it was refused."""

    at: str
    step_at: str
    ref: str
    what: str
    codes: Sequence[str]
    text: str

    def __str__(self) -> str:
        return f"{self.at}: {self.ref}: {self.what} ({self.step_at}): {', '.join(self.codes)}: {self.text}"


@dataclass(slots=True)
class Played:
    """How much was played. ``fired``: rungs."""

    matters: int = 0
    steps: int = 0
    fired: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Going:
    """A matter on its way."""

    book: Playbook
    matter: Matter
    moments: list[Instant]
    org: str
    next_step: int = 0
    case_id: str = ""

    @property
    def course(self) -> Course:
        """Its course."""
        return self.book.place.courses[self.matter.course]

    @property
    def steps(self) -> Sequence[CourseStep]:
        """The steps of its course."""
        return self.course.steps


class CasesOf(dict[str, str]):
    """The case of each row of a place by its ref: the one that it opened, else the one that its first step acts in."""

    def __init__(self, opened: Mapping[str, str], found: Callable[[str], str]) -> None:
        super().__init__(opened)
        self.found = found

    def __missing__(self, ref: str) -> str:
        return self.found(ref)


class YearPlayer:
    """Plays the matters of all places in the order of time. ``told`` is given how many steps are done, and of how many."""

    def __init__(self, application: Application, books: Sequence[Playbook], told: Callable[[int, int], None] = lambda _, __: None) -> None:
        self.application, self.books, self.told = application, books, told
        self.sweep, self.played = Sweep(application), Played()
        self.schedules = [
            Schedules(application, book.place.place, {name: date.fromisoformat(day) for name, day in book.place.schedules.items()})
            for book in books
            if book.place.schedules
        ]
        self.documents = Documents(application.settings.files, application.settings.upload_limit)
        self.principals = {
            (book.place.place, person.id): person.principal(book.place.place) for book in books for person in book.place.people
        } | {
            (body, person.id): person.principal(body)
            for book in books
            if book.place.below is not None
            for body in book.bodies[1:]
            for person in book.place.below.people
        }
        self.cases: dict[str, dict[str, str]] = {book.place.place: {} for book in books}
        self.going: dict[tuple[str, str], Going] = {}

    def play(self) -> Played:
        """Play to the end, or until too many steps were refused."""
        going = [self._begun(book, matter) for book in self.books for matter in book.matters]
        self.going = {(each.book.place.place, each.matter.ref): each for each in going}
        self._look_how_far(going)
        total = sum(len(each.steps) for each in going)
        done = sum(each.next_step for each in going)
        queue = [(each.moments[each.next_step], number) for number, each in enumerate(going) if each.next_step < len(each.steps)]
        heapq.heapify(queue)
        unsettled, before = 0, 0
        while queue and len(self.played.faults) < MOST_FAULTS:
            moment = queue[0][0]
            self._move_to(moment, before)
            before = moment
            now: list[tuple[int, Going]] = []
            while queue and queue[0][0] == moment and len(now) < AT_ONCE:
                _, number = heapq.heappop(queue)
                now.append((number, going[number]))
            for number, each in self._together(now):
                if each.next_step < len(each.steps):
                    heapq.heappush(queue, (each.moments[each.next_step], number))
            done, unsettled = done + len(now), unsettled + len(now)
            self.told(done, total)
            if unsettled >= SETTLE_AFTER:
                self._settle()
                unsettled = 0
        self._settle()
        if before and (not queue or queue[0][0] > before):
            self._leave_word(before)
        self.played.matters = len(going)
        return self.played

    # --- how far it has come ----------------------------------------------------------------------------------------

    def _begun(self, book: Playbook, matter: Matter) -> Going:
        course = book.place.courses[matter.course]
        return Going(book, matter, instants(matter, course), body_of(book.place, matter))

    def _look_how_far(self, going: list[Going]) -> None:
        """Ask which matters were opened, and until which moment all was done; what was done of the next one, its keys tell."""
        with self.application.store.read() as reader:
            kept = get_state(reader, SERVICE, DONE)
            for org in self.cases:
                rows = reader.execute(select(cases.c.client_ref, cases.c.id).where(cases.c.org == org, cases.c.client_ref.is_not(None)))
                self.cases[org] = CasesOf({str(row.client_ref): str(row.id) for row in rows}, partial(self._acted_in, org))
        until, faults = orjson.loads(kept) if kept is not None else (0, [])
        self.played.faults = [Fault(**fault) for fault in faults]
        given_up = {(fault.at, fault.ref) for fault in self.played.faults}
        for each in going:
            each.case_id = self.cases[each.book.place.place].get(each.matter.ref, "")
            has_failed = (each.book.where(each.matter, 0)[0], each.matter.ref) in given_up
            each.next_step = len(each.steps) if has_failed else sum(moment <= until for moment in each.moments)

    # --- one moment -------------------------------------------------------------------------------------------------

    def _move_to(self, moment: Instant, before: Instant) -> None:
        if before not in (0, moment):
            self._leave_word(before)
        if moment > self.application.now():
            self.played.fired += advance_clock(self.application, self.sweep, moment, self.schedules).fired

    def _leave_word(self, moment: Instant) -> None:
        """Say that all of a moment is done, and what was refused until then."""
        done = orjson.dumps((moment, self.played.faults)).decode()
        self.application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, DONE, done)))

    def _together(self, now: list[tuple[int, Going]]) -> Iterator[tuple[int, Going]]:
        """Take the next step of some matters; give those that can go on."""
        waiting: list[tuple[int, Going, Pending | YishiError | KeyError]] = []
        for number, each in now:
            try:
                waiting.append((number, each, self._submit(each)))
            except (YishiError, KeyError) as fault:
                waiting.append((number, each, fault))
        for number, each, pending in waiting:
            try:
                if isinstance(pending, Exception):
                    raise pending
                answer = pending.result()
            except (YishiError, KeyError) as fault:
                self._failed(each, fault)
                continue
            if each.steps[each.next_step].open is not None:
                each.case_id = self.cases[each.book.place.place][each.matter.ref] = answer.json()["id"]
            each.next_step += 1
            self.played.steps += 1
            yield number, each

    def _failed(self, each: Going, fault: YishiError | KeyError) -> None:
        step = each.steps[each.next_step]
        what = step.act or ("open" if step.open is not None else step.attach or "comment")
        if isinstance(fault, CommandRefused):
            codes, text = [reason.code for reason in fault.refusals], "; ".join(reason.message["en"] for reason in fault.refusals)
        elif isinstance(fault, KeyError):
            codes, text = [NO_VALUE], f"there is no column, person or case {fault}"
        else:
            codes, text = [fault.code], str(fault)
        at, step_at = each.book.where(each.matter, each.next_step)
        self.played.faults.append(Fault(at, step_at, each.matter.ref, what, codes, text))

    def _submit(self, each: Going) -> Pending:
        service, org, step = self.application.service, each.org, each.steps[each.next_step]
        values, cases_here = each.matter.values, self.cases[each.book.place.place]
        self._join(each)
        who = self.principals[org, str(filled(step.by, values, cases_here))]
        data = filled(step.open if step.open is not None else step.data, values, cases_here)
        reason = filled(step.reason, values, cases_here)
        key = RequestKey(org, SCOPE, f"{each.matter.ref} {each.next_step}", "")
        if step.open is not None:
            return service.open(who, each.course.workflow, data=data, client_ref=each.matter.ref, reason=reason, key=key)
        case_id = self._led_to(org, each.case_id, step.of, values)
        if step.act is not None:
            return service.act(who, case_id, step.act, data=data, reason=reason, key=key, bulk=True)
        if step.comment is not None:
            return service.comment(who, case_id, str(filled(step.comment, values, cases_here)), key=key)
        assert step.attach is not None
        file = TextFile(name=f"{step.attach}.txt", text=str(filled(step.text, values, cases_here)))
        document = stored_text(self.documents, file, who, case_id, step.attach, self.application.now())
        return service.act(who, case_id, f"{step.attach}.attach", reason=reason, document=document, key=key, bulk=True)

    def _join(self, each: Going) -> None:
        if each.course.joins is not None and not each.case_id:
            named = str(filled(each.course.joins, each.matter.values, self.cases[each.book.place.place]))
            each.case_id = self._joined(each.org, named, each.course.workflow)

    def _acted_in(self, place: str, ref: str) -> str:
        """Give the case in which a row acts that joined one. Raises KeyError for a row that opens its own, and has not."""
        each = self.going[place, ref]
        if each.course.joins is None:
            raise KeyError(ref)
        self._join(each)
        return self._led_to(each.org, each.case_id, each.steps[0].of, each.matter.values)

    def _joined(self, org: str, given: str, workflow: str) -> str:
        """Give the case that has this number, or is it itself."""
        with self.application.store.read() as reader:
            if get_case(reader, org, given) is not None:
                return given
            rows = list_cases(reader, org, CaseFilter(workflow=workflow, number=given), limit=1).items
        if not rows:
            raise NotFound("case", given)
        return rows[0].id

    def _led_to(self, org: str, case_id: str, path: Sequence[str], values: Mapping[str, str]) -> str:
        """Follow the names of links and groups of children.

        Of several children it is the one with the key, or that is named after the matter; of several links the one with the number,
        else the first.
        """
        mine = case_id
        for each in path:
            name, _, key = each.partition(":")
            key = str(filled(key, values, {})) or mine
            with self.application.store.read() as reader:
                row = get_case(reader, org, case_id)
            draft = Draft(to_case(row).snapshot if row is not None else {})
            children = children_of(draft, name)
            linked = [str(entry["id"]) for entry in links_of(draft, name).values()]
            nth = int(key) - 1 if key.isdecimal() else 0
            found = [child for child, entry in children.items() if key in str(entry["key"])] or [*children] or linked[nth:]
            if not found:
                raise NotFound("case", f"{name} of {case_id}")
            case_id = found[0]
        return case_id

    def _settle(self) -> None:
        now = self.application.now()
        Sealer(self.application).run_once(now)
        Relay(self.application).run_once(now)
        self.application.lane.write(lambda batch, _: batch.prune_responses(now - DAY, PRUNED_AT_ONCE))
