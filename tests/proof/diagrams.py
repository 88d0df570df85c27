"""What the tests of pictures share: definitions, also random ones, and a drawn picture read back from its SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
from hypothesis import strategies as st

from engine.definition.calendar_files import load_calendars
from engine.definition.loader import beside, load_one
from engine.definition.process import ProcessDefinition
from engine.proof.diagram.geometry import Rect
from engine.proof.diagram.measure import width
from engine.proof.diagram.pictures import Pictures

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "api" / "console"
PICTURES = Pictures(ASSETS)
CALENDARS = load_calendars(ROOT / "workflows" / "calendars")
SVG = "{http://www.w3.org/2000/svg}"
HOLDERS = {"compound", "parallel", "region"}
BOXES = {"state", "final", "anywhere", "start", "choice", "history"}

REGIONS = """
workflow: two_ways
version: 3
title: {zh-CN: 双向评价, en: Evaluation both ways}
language: [zh-CN, en]
calendar: cn
roles: {office: {zh-CN: 办公室, en: Office}, member: {zh-CN: 委员, en: Member}, clerk: {zh-CN: 职员, en: Clerk}}
settings: {term: {type: term, default: 10 working days, basis: default, title: {zh-CN: 期限, en: Term}}}
data:
  topic: {type: text, max: 50, title: {zh-CN: 议题, en: Topic}}
  urgent: {type: bool, default: false, title: {zh-CN: 紧急, en: Urgent}}
  kind: {type: choice, options: {big: {zh-CN: 大事, en: Big}, small: {zh-CN: 小事, en: Small}}, title: {zh-CN: 类别, en: Kind}}
  n: {type: int, title: {zh-CN: 份数, en: Copies}}
  day: {type: date, title: {zh-CN: 会期, en: Day}}
documents: {report: {title: {zh-CN: 报告, en: Report}, attached_by: office, approved_by: clerk, per: work}}
start: {by: [office, member], form: [topic, urgent]}
initial: proposed
states:
  proposed:
    title: {zh-CN: 已提出, en: Proposed}
    owner: member
    actions:
      submit: {title: {zh-CN: 提交, en: Submit}, by: [office, member], guard: data.urgent || has(data.n), choice: [{guard: data.urgent, to: work}, {to: vetting}]}
      count: {title: {zh-CN: 清点, en: Count}, by: office, form: [n]}
  vetting:
    title: {zh-CN: 审核, en: Vetting}
    owner: clerk
    deadlines:
      decide: {title: {zh-CN: 审核期限, en: Decision}, within: settings.term, basis: default, rungs: [{at: 80 %, notify: [owner]}, {at: due, escalate: office}, {at: 5 days after, act: send_back}]}
      papers: {title: {zh-CN: 送达期限, en: Papers}, until: data.day, lead: 3 working days, hour: "17:30", basis: rule}
    actions:
      approve: {title: {zh-CN: 通过, en: Approve}, asked_by: office, by: clerk, to: work}
      send_back: {title: {zh-CN: 退回, en: Send back}, by: [clerk, clock], reason: required, to: proposed, cycles: {at_most: 2, then: over}}
  work:
    title: {zh-CN: 调查办理, en: Work}
    owner: office
    deadlines: {report: {title: {zh-CN: 报告期限, en: Report}, within: 1 month, basis: default, paused_in: [suspended], rungs: [{at: due, notify: [owner]}],
                extend: {asked_by: office, by: clerk, add: 2 weeks, at_most: 2, reason: required}}}
    regions:
      field: {title: {zh-CN: 实地, en: In the field}, initial: asking, states: {
        asking: {title: {zh-CN: 走访, en: Asking}, actions: {enough: {title: {zh-CN: 足够, en: Enough}, by: office, guard: "has(data.kind) && data.kind == 'big'", to: asked}}},
        asked: {title: {zh-CN: 已走访, en: Asked}, final: true}}}
      desk: {title: {zh-CN: 案头, en: At the desk}, initial: reading, states: {
        reading: {title: {zh-CN: 阅卷, en: Reading}, actions: {file: {title: {zh-CN: 归档, en: File}, by: [office, clerk], to: filed}}},
        filed: {title: {zh-CN: 已归档, en: Filed}, final: true}}}
    done: {to: ready}
  ready:
    title: {zh-CN: 待结, en: Ready}
    owner: office
    always: {guard: has(data.n) && data.n > 9, to: over}
    actions:
      conclude: {title: {zh-CN: 办结, en: Conclude}, by: office, requires: [report], to: over}
      again: {title: {zh-CN: 重办, en: Again}, by: clerk, to: work, cycles: {at_most: 3, then: over}}
  suspended:
    title: {zh-CN: 中止, en: Suspended}
    owner: clerk
    actions:
      resume: {title: {zh-CN: 恢复, en: Resume}, by: clerk, to: {history: deep}}
      back: {title: {zh-CN: 回到办理, en: Back to work}, by: clerk, to: {history: shallow, of: work, default: work}}
  over: {title: {zh-CN: 办结, en: Over}, final: true, outcome: success}
anywhere:
  actions:
    suspend: {title: {zh-CN: 中止, en: Suspend}, by: clerk, reason: required, to: suspended, except: [suspended]}
    urge: {title: {zh-CN: 催办, en: Urge}, by: member, limit: 1 per 3 working days, notify: [owner]}
"""


_NAME = re.compile(r"^workflow: (\w+)", re.MULTILINE)


@cache
def definition(text: str) -> ProcessDefinition:
    """Load a definition; it may name the shipped ones."""
    return load_one(text, "drawn.yaml", calendars=CALENDARS, library=beside(ROOT / "workflows" / "drawn.yaml"))


def delivered() -> dict[str, str]:
    """Read the workflows that come with the service."""
    return _named((ROOT / "workflows").glob("*.yaml"))


def shipped() -> dict[str, str]:
    """Read every workflow that can be drawn: the shipped ones, and those of the tests."""
    return {**delivered(), **_named((ROOT / "tests" / "definition" / "fixtures").glob("*.yaml")), "regions": REGIONS}


def _named(paths: Iterable[Path]) -> dict[str, str]:
    texts = [text for path in sorted(paths) if "." not in path.stem for text in path.read_text("utf-8").split("\n---\n")]
    return {_NAME.search(text)[1]: text for text in texts}  # type: ignore[index]  # each has a name


@cache
def svg(text: str, language: str) -> str:
    """Draw a definition, once for all tests."""
    return PICTURES.svg(definition(text), language)


# --- random definitions ---------------------------------------------------------------------------------------------

WORDS = st.text("议题确定调查研究协商落实评价办公室承部门（、，）abcdefgh WMil1234567890“”", min_size=1, max_size=24).filter(str.strip)
LONG = st.one_of(
    WORDS, WORDS, st.text("长", min_size=30, max_size=60), st.just("Donaudampfschifffahrtsgesellschaftskapitän"), st.just("& <b> ]]>")
)
TERMS = st.sampled_from(["3 working days", "1 month", "48 hours", "12 months"])


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Make the text of a sound definition: stages in stages, regions, choices, ways back and out, memories, deadlines."""
    names = iter(f"s{number}" for number in range(1000))
    tree = [draw(_state(names, depth=0)) for _ in range(draw(st.integers(1, 5)))]
    places = [name for name, _ in tree]
    ends = {f"end{number}": {"title": draw(LONG), "final": True, "outcome": "success"} for number in range(draw(st.integers(1, 3)))}
    states = dict(tree)
    inner = [path for path, _ in _every(states)]
    for _, state in list(_every(states)):
        for number in range(draw(st.integers(0, 3))):
            state.setdefault("actions", {})[f"a{number}"] = _action(draw, [*places, *inner, *ends], list(ends))
    if draw(st.booleans()):
        remembered = draw(st.sampled_from(places))
        back = [{"history": "deep"}, {"history": "shallow", "of": remembered, "default": remembered}]
        states["held"] = {
            "title": draw(WORDS),
            "actions": {"resume": {"title": draw(WORDS), "by": "office", "to": draw(st.sampled_from(back))}},
        }
    body: dict[str, Any] = {
        "workflow": "random",
        "version": 1,
        "title": draw(LONG),
        "calendar": "cn",
        "roles": {"office": draw(LONG), "member": draw(WORDS)},
        "data": {"yes": {"type": "bool", "default": False, "title": draw(LONG)}},
        "start": {"by": "office"},
        "initial": places[0],
        "states": {**states, **ends},
    }
    if "held" in states:
        suspend = {"title": draw(WORDS), "by": ["office", "member"], "to": "held", "except": ["held"]}
        body["anywhere"] = {"actions": {"hold": suspend, "urge": {"title": draw(LONG), "by": "member"}}}
    return orjson.dumps(body).decode()


@st.composite
def _state(draw: st.DrawFn, names: Iterator[str], depth: int) -> tuple[str, dict[str, Any]]:
    name = next(names)
    state: dict[str, Any] = {"title": draw(LONG), "owner": draw(st.sampled_from(["office", "member"]))}
    kind = draw(st.sampled_from(["atomic", "atomic", "compound", "parallel"])) if depth < 2 else "atomic"
    if draw(st.booleans()):
        rungs = [{"at": "80 %", "notify": ["owner", "office", "member"]}, {"at": "3 days after", "escalate": "member"}]
        state["deadlines"] = {"term": {"title": draw(LONG), "within": draw(TERMS), "basis": "default", "rungs": rungs}}
    if kind == "compound":
        inner = dict(draw(_state(names, depth + 1)) for _ in range(draw(st.integers(1, 3))))
        state |= {"states": inner, "initial": next(iter(inner))}
    elif kind == "parallel":
        state["regions"] = {}
        for _ in range(draw(st.integers(2, 3))):
            inside = dict([draw(_state(names, 2))])
            first, last = next(iter(inside)), next(names)
            inside[first].setdefault("actions", {})["finish"] = {"title": draw(WORDS), "by": "office", "to": last}
            inside[last] = {"title": draw(WORDS), "final": True}
            state["regions"][next(names)] = {"title": draw(LONG), "initial": first, "states": inside}
    return name, state


def _every(states: dict[str, Any], around: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every state that may have actions of its own, outside regions, with its path."""
    for name, state in states.items():
        if not state.get("final"):
            yield f"{around}{name}", state
            yield from _every(state.get("states", {}), f"{around}{name}.")


def _action(draw: st.DrawFn, places: list[str], ends: list[str]) -> dict[str, Any]:
    action: dict[str, Any] = {"title": draw(LONG), "by": draw(st.sampled_from([["office"], ["office", "member"], ["clock"]]))}
    match draw(st.sampled_from(["stay", "go", "go", "budget", "choice"])):
        case "go":
            action["to"] = draw(st.sampled_from(places))
        case "budget":
            action |= {"to": draw(st.sampled_from(places)), "cycles": {"at_most": 2, "then": draw(st.sampled_from(ends))}}
        case "choice":
            branches = [{"guard": "data.yes", "to": draw(st.sampled_from(places))}, {"to": draw(st.sampled_from(places))}]
            action["choice"] = branches
        case _:
            action["guard"] = "data.yes"
    return action


# --- a picture read back --------------------------------------------------------------------------------------------


@dataclass
class Part:
    """A group of a picture: what it is, of what, its rectangle, and the rectangles of its texts."""

    kind: str
    name: str
    rect: Rect | None = None
    texts: list[tuple[str, Rect]] = field(default_factory=list)
    line: list[tuple[float, float]] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")  # of an arrow: the boxes it joins


@dataclass
class Seen:
    """A picture as it was drawn."""

    root: ET.Element
    parts: list[Part]
    loose: list[tuple[str, Rect]]  # title, version, key

    def of(self, *kinds: str) -> list[Part]:
        return [part for part in self.parts if set(part.kind.split()) & set(kinds)]

    def named(self, name: str) -> list[Part]:
        return [part for part in self.parts if part.name == name]

    @property
    def texts(self) -> list[str]:
        return [text for part in self.parts for text, _ in part.texts] + [text for text, _ in self.loose]


def seen(svg: str) -> Seen:
    """Read a picture."""
    root = ET.fromstring(svg)  # noqa: S314  our own
    found = Seen(root, [], [])
    for element in root:
        if element.tag == f"{SVG}text":
            found.loose.append(text_of(element, 0, 0))
        elif element.tag == f"{SVG}g" and element.get("class") == "key":
            found.loose += [text_of(each, 0, 0) for each in element.iter(f"{SVG}text")]
        elif element.tag == f"{SVG}g":
            moved = re.fullmatch(r"translate\((\S+) (\S+)\)", element.get("transform", ""))
            assert moved
            _read(element, float(moved[1]), float(moved[2]), found)
    return found


def _read(element: ET.Element, right: float, down: float, found: Seen) -> None:
    for group in element.findall(f"{SVG}g"):
        part = Part(group.get("class", ""), group.get("data-id", ""), ends=(group.get("data-from", ""), group.get("data-to", "")))
        shape = group.find(f"{SVG}rect")
        if shape is not None:
            part.rect = Rect(
                float(shape.attrib["x"]) + right,
                float(shape.attrib["y"]) + down,
                float(shape.attrib["width"]),
                float(shape.attrib["height"]),
            )
        part.texts = [text_of(each, right, down) for each in group.findall(f"{SVG}text")]
        path = group.find(f"{SVG}path")
        if path is not None:
            # The corners lie where the curves have their handles.
            ends = [re.findall(r"[-\d.]+", piece) for piece in re.findall(r"[MLQ][^MLQ]*", path.attrib["d"])]
            part.line = [(float(each[0]) + right, float(each[1]) + down) for each in ends]
        found.parts.append(part)
        _read(group, right, down, found)


def text_of(element: ET.Element, right: float, down: float) -> tuple[str, Rect]:
    """Give a text with the rectangle it takes up."""
    size, bold = float(element.attrib["font-size"]), element.get("font-weight") == "bold"
    said = element.text or ""
    wide = width(said, size, bold=bold)
    left = float(element.attrib["x"]) - (wide / 2 if element.get("text-anchor") == "middle" else 0)
    return said, Rect(left + right, float(element.attrib["y"]) - size * 0.86 + down, wide, size * 1.08)
