"""Playing a demonstration: its steps through the one door, on a manual clock that is moved between them.

What comes of the steps, the reminders, the escalations and the refusals, is the service's own; the player only checks that those tries are
refused which the script says shall be.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.clock import SECOND, Instant
from engine.errors import ClockRefused, CommandRefused, Refusal, YishiError, did_you_mean
from engine.runtime.application import Application
from engine.runtime.demonstration import People, Person, Script, Step, TextFile
from engine.runtime.documents import Documents, handed_in
from engine.runtime.lane import Pending
from engine.runtime.manual_clock import INSTANT, SERVICE
from engine.runtime.people import Principal
from engine.scheduler.relay import Relay
from engine.scheduler.sealer import Sealer
from engine.scheduler.sweep import Sweep, advance_clock
from engine.store.cases import has_cases
from engine.store.records import DocumentRecord, ServiceStateRecord

DAY: Instant = 86_400 * SECOND


class DemonstrationFailed(YishiError):
    """The demonstration did not go as its script says."""

    code = "demonstration_failed"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a step: the event it was recorded as, or the refusals. ``at`` is the instant of the service's clock."""

    step: Step
    at: Instant
    seq: int | None
    refusals: tuple[Refusal, ...] = ()


@dataclass(slots=True)
class Played:
    """A script that was played, and the case it made."""

    script: Script
    case_id: str = ""
    tried: list[Tried] = field(default_factory=list)


def play(
    application: Application,
    script: Script,
    people: People,
    *,
    client_ref: str | None = None,
    told: Callable[[int, Step], None] = lambda _, __: None,
) -> Played:
    """Play a script to its end. ``told`` is called before each step.

    Raises DemonstrationFailed when a step is refused that should not be, or taken that should be refused, or refused for another reason.
    """
    player = _Player(application, script, people.by_id, client_ref)
    for number, step in enumerate(script.steps):
        told(number, step)
        player.take(number, step)
    player.sweep.run_once(application.now())
    Sealer(application).run_once(application.now())
    Relay(application).run_once(application.now())
    return player.played


def begin_at(application: Application, instant: Instant) -> None:
    """Set the manual clock of a database without cases to where a script begins, be it in the past.

    Raises ClockIsNotManual, and ClockRefused where there are cases.
    """
    application.manual_clock.now()
    with application.store.read() as reader:
        if has_cases(reader):
            raise ClockRefused("This database has cases; a demonstration with dates of its own needs a fresh one.")
    application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, INSTANT, str(instant))))


class _Player:
    def __init__(self, application: Application, script: Script, people: Mapping[str, Person], client_ref: str | None) -> None:
        self.application = application
        self.people = people
        self.client_ref = client_ref
        self.sweep = Sweep(application)
        self.documents = Documents(application.settings.files, application.settings.upload_limit)
        self.played = Played(script)

    def take(self, number: int, step: Step) -> None:
        """Move the clock, then do what the step says."""
        where = f"step {number + 1} of {self.played.script.demo}"
        if step.by not in self.people:
            raise DemonstrationFailed(f"{where}: there is no person {step.by!r}{did_you_mean(step.by, self.people) or '.'}")
        instant = self.played.script.instant(step)
        if instant is not None:
            advance_clock(self.application, self.sweep, instant)
        try:
            answer = self._submit(step).result().json()
        except CommandRefused as refused:
            self._refused(where, step, refused)
            return
        if step.expect_refused is not None:
            raise DemonstrationFailed(f"{where}: expected to be refused with {step.expect_refused}, but it was taken.")
        self.played.case_id = answer["id"]
        self.played.tried.append(Tried(step, self.application.now(), answer["seq"]))

    def _refused(self, where: str, step: Step, refused: CommandRefused) -> None:
        codes = [refusal.code for refusal in refused.refusals]
        if step.expect_refused not in codes:
            wanted = "to be taken" if step.expect_refused is None else f"to be refused with {step.expect_refused}"
            texts = "; ".join(f"{refusal.code}: {refusal.message['en']}" for refusal in refused.refusals)
            raise DemonstrationFailed(f"{where}: expected {wanted}, but it was refused: {texts}")
        self.played.tried.append(Tried(step, self.application.now(), None, refused.refusals))

    def _submit(self, step: Step) -> Pending:
        service, case_id, script = self.application.service, self.played.case_id, self.played.script
        principal = self.people[step.by].principal(self.application.org, late=step.days_ago is not None)
        happened = None if step.days_ago is None else self.application.now() - step.days_ago * DAY
        if step.open is not None:
            return service.open(
                principal,
                script.workflow,
                version=script.version,
                data=step.open,
                client_ref=self.client_ref,
                reason=step.reason,
                occurred_at=happened,
            )
        if step.act is not None:
            return service.act(principal, case_id, step.act, data=step.data, reason=step.reason, occurred_at=happened)
        if step.comment is not None:
            return service.comment(principal, case_id, step.comment)
        assert step.attach is not None
        assert step.file is not None
        document = stored_text(self.documents, step.file, principal, case_id, step.attach, self.application.now())
        return service.act(principal, case_id, f"{step.attach}.attach", reason=step.reason, document=document, occurred_at=happened)


def stored_text(documents: Documents, file: TextFile, principal: Principal, case_id: str, name: str, now: Instant) -> DocumentRecord:
    """Keep a text as the file of a document, and give the row it will have once it is attached."""
    stored = documents.of(principal.org).stored(io.BytesIO(file.text.encode()))
    return handed_in(stored, principal, case_id, name, file.name, "text/plain", at=now)
