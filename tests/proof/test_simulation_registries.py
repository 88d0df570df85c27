"""Registries in a simulation: rows that are assumed are there all year, are referred to and asked for like those of a body."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import yaml

from engine.core.compiled import Process, compile_process
from engine.definition.loader import load
from engine.definition.registry import RegistryDefinition
from engine.proof.simulation import simulate
from engine.proof.simulation_defaults import default_assumptions
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_reading import Read, read_assumptions
from tests.definition.loading import CALENDARS
from tests.proof.simulations import MONDAY

DESK = """workflow: desk
version: 1
title: 收件
calendar: cn
roles: {office: 办公室}
data:
  room: {type: ref, of: room, read: [open, seats], title: 议事室}
  large: {type: int, query: {of: room, where: row.seats > 50}, title: 大议事室}
start: {by: office, form: [room], guard: data.room.open}
initial: waiting
states:
  waiting: {owner: office, actions: {meet: {by: office, guard: data.large == 1, to: closed}}}
  closed: {final: true, outcome: success}
---
registry: room
title: 协商议事室
key: code
kept_by: [office]
fields:
  code: {type: text, title: 编号}
  seats: {type: int, default: 10, title: 座位}
  until: {type: date, title: 可用至}
  open: {type: bool, compute: "!has(row.until) || today <= row.until", title: 可用}
"""
ROWS = "registries: {room: [{code: east}, {code: west, seats: 80}, {code: old, until: 2026-01-31}]}\n"


def desk() -> tuple[Process, RegistryDefinition]:
    loaded = load(DESK, "desk.yaml", calendars=CALENDARS)
    assert loaded.problems == ()
    return compile_process(loaded.definitions[0], CALENDARS["cn"]), loaded.registries[0]


PROCESS, ROOM = desk()
DEFAULT = default_assumptions(PROCESS, MONDAY)


def read(text: str) -> Read:
    found = {"room": ROOM}.get
    return read_assumptions(f"simulation: desk\n{text}", "desk.sim.yaml", {"desk": PROCESS}, {"desk": DEFAULT}, found)


def assumed(text: str) -> Assumptions:
    found = read(text)
    assert found.problems == ()
    return found.assumptions["desk"]


def test_cases_refer_to_the_rows_that_are_assumed_and_queries_range_over_them() -> None:
    found = simulate(PROCESS, assumed(ROWS), 1)
    rooms = Counter(life.case.data["room"]["id"] for life in found.lives)
    assert rooms.keys() == {"east", "west"}  # the third is closed, and the guard of the opening says so
    assert min(rooms.values()) * 3 > max(rooms.values())
    assert {life.case.data["large"] for life in found.lives} == {1}
    assert any(life.case.outcome == "success" for life in found.lives)


def test_without_rows_nothing_can_be_referred_to() -> None:
    found = simulate(PROCESS, replace(DEFAULT, arrivals=(0.2,) * 7), 1)
    assert found.lives == ()
    assert found.refused.keys() == {"missing_data"}


def test_rows_are_written_and_read_again() -> None:
    found = assumed(ROWS)
    written = {name: value for name, value in found.as_json().items() if name == "registries"}
    assert assumed(yaml.safe_dump(written, allow_unicode=True)).registries == found.registries


def test_what_is_wrong_with_rows_is_told_at_its_place() -> None:
    text = "registries:\n  rom: [{code: east}]\n  room: [{code: east, seats: many}, {seats: 3}]\n"
    assert [str(each) for each in read(text).problems] == [
        "desk.sim.yaml:3:3: simulation.assumption there is no registry 'rom' beside the workflow",
        "desk.sim.yaml:4:10: simulation.assumption seats: expected a whole number, got 'many'",
        "desk.sim.yaml:4:37: simulation.assumption code: this must be filled in",
    ]
