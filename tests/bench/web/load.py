"""The load: keep-alive HTTP/1.1 connections, each with its own dialogue, closed loop, counted in one common window."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Protocol, cast

import uvloop

from tests.bench.measure import Reading, Setting, latency_notes

LENGTH = b"content-length:"
END_OF_HEAD = b"\r\n\r\n"
PATIENCE = 10.0  # seconds for the last answers after the window


class Dialogue(Protocol):
    """What one connection says."""

    def request(self) -> bytes:
        """Give the next request, whole."""
        ...

    def answered(self, status: int, head: bytes, body: bytes) -> None:
        """Take note of the answer. Raises when it is not the one hoped for: then the measurement is void."""
        ...


class Tally:
    """Counts the answers that arrive inside the window and how long each took."""

    def __init__(self, begin: float, end: float) -> None:
        self.begin = begin
        self.end = end
        self.latencies: list[float] = []
        self.fault: BaseException | None = None

    def note(self, asked: float, answered: float) -> None:
        if self.begin <= answered < self.end:
            self.latencies.append(answered - asked)


class Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, asks again until the window has closed."""

    def __init__(self, dialogue: Dialogue, tally: Tally) -> None:
        self.dialogue = dialogue
        self.tally = tally
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""
        self.asked = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio's but are no subclass of it.
        self.transport = cast("asyncio.Transport", transport)
        self.ask(self.transport)

    def ask(self, transport: asyncio.Transport) -> None:
        self.asked = time.perf_counter()
        transport.write(self.dialogue.request())

    def data_received(self, data: bytes) -> None:
        self.received += data
        try:
            self.take_answer()
        except Exception as fault:  # noqa: BLE001  (an error here would only be logged by the loop)
            self.end(fault)

    def take_answer(self) -> None:
        head_length = self.received.find(END_OF_HEAD)
        if head_length < 0 or self.transport is None:
            return
        head = self.received[:head_length]
        begin = head_length + len(END_OF_HEAD)
        end = begin + content_length(head)
        if len(self.received) < end:
            return
        now = time.perf_counter()
        self.tally.note(self.asked, now)
        body, self.received = self.received[begin:end], b""
        self.dialogue.answered(int(head[9:12]), head, body)
        if now < self.tally.end:
            self.ask(self.transport)
        else:
            self.end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(exc or ConnectionError("the server hung up before the window closed"))

    def end(self, fault: Exception | None) -> None:
        if self.finished.done():
            return
        self.tally.fault = self.tally.fault or fault
        self.finished.set_result(None)
        if self.transport is not None:
            self.transport.close()


def content_length(head: bytes) -> int:
    """Read the length of the body. Raises ValueError without one: chunked answers are not expected here."""
    lowered = head.lower()
    place = lowered.find(LENGTH)
    if place < 0:
        raise ValueError(f"expected an answer with a content-length, got {head!r}")
    return int(lowered[place + len(LENGTH) :].split(b"\r\n", 1)[0])


async def converse(host: str, port: int, dialogues: Sequence[Dialogue], setting: Setting) -> Reading:
    """Let all dialogues run at once; give the answers inside the window, latencies in ms and the share of a core the load itself took."""
    loop = asyncio.get_running_loop()
    begin = time.perf_counter() + setting.warm
    tally = Tally(begin, begin + setting.seconds)
    wall, worked = time.perf_counter(), time.process_time()
    opened = [await loop.create_connection(partial(Connection, dialogue, tally), host, port) for dialogue in dialogues]
    async with asyncio.timeout(setting.warm + setting.seconds + PATIENCE):
        await asyncio.gather(*(connection.finished for _, connection in opened))
    if tally.fault is not None:
        raise tally.fault
    share = (time.process_time() - worked) / (time.perf_counter() - wall)
    return Reading(len(tally.latencies), setting.seconds, {**latency_notes(tally.latencies), "load_cpu": round(share, 2)})


def measure(host: str, port: int, dialogues: Sequence[Dialogue], setting: Setting) -> Reading:
    """Run the dialogues on a loop of their own, the same kind as the server's."""
    return uvloop.run(converse(host, port, dialogues, setting))
