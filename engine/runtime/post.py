"""The post: what one case has sent another becomes that case's own command, each message exactly once.

A message is a row written with its sender's event. Right after that commit the lane delivers it: the receiver decides, its decision is
recorded and the row is deleted in one commit. Whoever dies in between has delivered nothing, and the next round takes it. Deliveries of
an installation follow one another, held by one row, so that what one case sends another arrives in the order of sending.
"""

from __future__ import annotations

import orjson
import structlog

from engine.clock import SECOND, Instant
from engine.core.advance import advance
from engine.core.decision import Refused
from engine.core.delivery import command_of, declined, opening
from engine.core.message import Message, Sender
from engine.errors import NotFound, NotInForce, YishiError
from engine.runtime.body import Body
from engine.runtime.lane import Work
from engine.runtime.recording import message_record, record, to_case
from engine.runtime.registries import Registries
from engine.runtime.registry import Registry
from engine.store.records import MessageRecord
from engine.store.writer import Batch

log = structlog.get_logger(__name__)

SERVICE, POST = "*", "post"
AT_ONCE = 64
SETTLE = 60 * SECOND
"""How long a message that failed is left alone, so that one broken case never holds up the others."""

MessageKey = tuple[str, str, int, int]


class Post:
    """Delivers messages on a lane. Safe to share between threads; each lane carries it out by itself."""

    def __init__(self, registry: Registry, registries: Registries) -> None:
        self._registry, self._registries = registry, registries
        self._failed: dict[MessageKey, Instant] = {}

    def round(self) -> Work:
        """Give the work of one round: it delivers up to AT_ONCE messages and answers how many there were."""

        def run(batch: Batch, now: Instant) -> int:
            batch.hold_state(SERVICE, POST, "")
            self._failed = {key: until for key, until in self._failed.items() if until > now}
            waiting = [each for each in batch.waiting_messages(AT_ONCE + len(self._failed)) if each[:4] not in self._failed]
            return sum(self._deliver(batch, each, now) for each in waiting[:AT_ONCE])

        return Work(run)

    def _deliver(self, batch: Batch, message: MessageRecord, now: Instant) -> bool:
        try:
            self._apply(batch, message, now)
        except Exception as failure:  # nothing of it is in the batch yet: the others go on, this one is tried again
            log.exception("message.failed", case=message.to_case, kind=message.kind, error=type(failure).__name__)
            self._failed[message[:4]] = now + SETTLE
            return False
        batch.remove(MessageRecord, *message[:4])
        return True

    def _apply(self, batch: Batch, stored: MessageRecord, now: Instant) -> None:
        sender = Sender(stored.org, stored.case_id, stored.seq)
        message = Message(stored.to_org, stored.to_case, stored.kind, orjson.loads(stored.body))
        if message.kind == "open":
            self._open(batch, sender, message, now)
            return
        row = batch.case(message.to_org, message.to_case)
        if row is None:
            log.warning("message.nobody", case=message.to_case, kind=message.kind)
            return
        process = self._registry.process(message.to_org, row.workflow, row.definition_version, row.digest)
        before = to_case(row)
        known = batch.case(sender.org, sender.case_id) if message.kind == "signal" else None
        command = command_of(sender, message, known.workflow if known is not None else None)
        outcome = advance(process, before, command, now, Body(batch, message.to_org, self._registries, now))
        if isinstance(outcome, Refused):
            log.error("message.refused", case=message.to_case, kind=message.kind, codes=[each.code for each in outcome.refusals])
            return
        record(batch, process.definition, before, outcome)

    def _open(self, batch: Batch, sender: Sender, message: Message, now: Instant) -> None:
        """Open a case for another one, with the version that is in force. Where that cannot be, the sender hears so."""
        try:
            process = self._registry.opening(message.to_org, message.body["workflow"])(now)
        except (NotFound, NotInForce) as failure:
            self._decline(batch, sender, message, [failure.code], now)
            return
        settings = self._registry.presets.settings(message.to_org, process)
        command = opening(sender, message)._replace(settings=settings)
        outcome = advance(process, None, command, now, Body(batch, message.to_org, self._registries, now))
        if isinstance(outcome, Refused):
            self._decline(batch, sender, message, [each.code for each in outcome.refusals], now)
        else:
            record(batch, process.definition, None, outcome)

    def _decline(self, batch: Batch, sender: Sender, message: Message, codes: list[str], now: Instant) -> None:
        """Tell the sender that the case was not opened. The case that never was is the sender of this."""
        row = batch.case(sender.org, sender.case_id)
        if row is None:
            raise YishiError(f"The sender {sender.case_id} of a message is gone.")
        process = self._registry.process(sender.org, row.workflow, row.definition_version, row.digest)
        answer = declined(process.definition, sender, message, codes)
        never_was = to_case(row)._replace(org=message.to_org, id=message.to_case, seq=0)
        batch.add(message_record(never_was, 0, answer, now))
