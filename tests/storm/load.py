"""The load of the storm: clients that act on their cases and never give up on a request until they know what became of it."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

UNKNOWN = (httpx2.TransportError, TimeoutError)


@dataclass
class Facts:
    """What the server has acknowledged: for each case its tokens in the order of the answers, and the version each answer told."""

    acknowledged: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    resolved_by_key: int = 0
    replayed: int = 0

    @property
    def count(self) -> int:
        """How many actions have been acknowledged."""
        return sum(map(len, self.acknowledged.values()))


class Client:
    """One client with cases of its own. Its rungs move the version too, so it reads the case again after a 412."""

    def __init__(self, url: str, headers: Mapping[str, str], tokens: itertools.count[int], facts: Facts, seed: int) -> None:
        self.url, self.headers, self.tokens, self.facts = url, dict(headers), tokens, facts
        self.chance = random.Random(seed)

    async def run(self, stop: asyncio.Event) -> None:
        """Act until told to stop, then settle what is still unknown."""
        async with httpx2.AsyncClient(base_url=self.url, headers=self.headers, timeout=5) as http:
            case = await self.send(http, "POST", "/v1/cases", {"workflow": "storm"}, {})
            self.facts.acknowledged[case["id"]] = []
            while not stop.is_set():
                case = await self.act(http, case)

    async def act(self, http: httpx2.AsyncClient, case: dict[str, Any]) -> dict[str, Any]:
        """Take one action with a token of its own; on a 412 look at the case again and take it anew."""
        token = next(self.tokens)
        while True:
            here = case["configuration"] == ["here"]
            action = self.chance.choice(["note", "move"]) if here else "back"
            path = f"/v1/cases/{case['id']}/actions/{action}"
            answer = await self.send(http, "POST", path, {"data": {"token": token}}, {"If-Match": f'"{case["version"]}"'})
            if answer.get("code") == "stale_version":
                case = await self.send(http, "GET", f"/v1/cases/{case['id']}", None, {})
                continue
            self.facts.acknowledged[case["id"]].append((token, answer["version"]))
            return answer

    async def send(self, http: httpx2.AsyncClient, method: str, path: str, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
        """Send a request until it is answered. It carries one key all the while, so it is done once."""
        key = f"{self.chance.getrandbits(128):032x}"
        extra = {"Idempotency-Key": key, **headers} if method == "POST" else dict(headers)
        for tries in itertools.count():
            try:
                answer = await http.request(method, path, json=body, headers=extra)
            except UNKNOWN:
                answer = None
            if answer is not None and answer.status_code < 500:
                if tries:
                    self.facts.resolved_by_key += 1
                    self.facts.replayed += answer.headers.get("Idempotency-Replayed") == "true"
                assert answer.status_code in {200, 201, 412}, (answer.status_code, answer.text)
                return dict(answer.json())
            await asyncio.sleep(0.02)
        raise AssertionError("unreachable")
