"""Conditions as staff say them: the titles of data instead of their names, words instead of signs.

It is a help for the eye and decides nothing; what it does not know stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.core.refusals import label
from engine.definition.process import ProcessDefinition
from engine.proof.diagram.words import say

_TOKEN = re.compile(
    r"""(?P<text>'[^']*'|"[^"]*")
      | (?P<absent>!\s*has\(data\.(?P<absent_item>\w+)\))
      | (?P<given>has\(data\.(?P<given_item>\w+)\))
      | (?P<size>size\((?:distinct\()?data\.(?P<size_item>\w+)\)?\))
      | (?P<memory>(?P<asks>count|In|met|overdue)\('(?P<asked>[^']*)'(?:,\s*'[^']*')?\))
      | (?P<data>\b(?:data|was)\.(?P<item>\w+))
      | (?P<setting>\bsettings\.(?P<setting_name>\w+))
      | (?P<known>\b(?:actor\.(?:role|id|unit)|case\.opened_by)\b|(?<=\s)in(?=\s))
      | (?P<sign>&&|\|\||[!<>=]=|!)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"==": " = ", "!=": " ≠ ", ">=": " ≥ ", "<=": " ≤ "}
_NEEDLESS = re.compile(r"has\(data\.(\w+)\)\s*&&\s*(?=!?data\.\1\b)")
"""`has` before the item itself only keeps an empty item from being read."""


def spoken(expression: str, definition: ProcessDefinition, language: str) -> str:
    """Say an expression of a definition in a language."""
    speaker = _Speaker(definition, language)
    said = "".join(map(speaker.token, _TOKEN.finditer(_NEEDLESS.sub("", expression))))
    return " ".join(said.split())


class _Speaker:
    def __init__(self, definition: ProcessDefinition, language: str) -> None:
        self.definition = definition
        self.language = language

    def token(self, found: re.Match[str]) -> str:
        # An outer group stands before those inside it.
        kind = next(name for name, text in found.groupdict().items() if text is not None)
        saying: dict[str, Callable[[re.Match[str]], str]] = {
            "text": lambda each: self.constant(each["text"]),
            "absent": lambda each: self.say("is_empty", item=self.item(each["absent_item"])),
            "given": lambda each: self.say("is_given", item=self.item(each["given_item"])),
            "size": lambda each: self.say("number_of", item=self.item(each["size_item"])),
            "memory": lambda each: self.memory(each["asks"], each["asked"]),
            "data": lambda each: self.item(each["item"]),
            "setting": lambda each: self.setting(each["setting_name"]),
            "known": lambda each: self.say(each["known"]),
            "sign": lambda each: self.sign(each["sign"]),
        }
        return saying[kind](found) if kind in saying else found[0]

    def say(self, word: str, **parts: object) -> str:
        return say(word, self.language, **parts)

    def item(self, name: str) -> str:
        found = self.definition.data.get(name)
        return name if found is None else label(found.title, self.language)

    def setting(self, name: str) -> str:
        found = self.definition.settings.get(name)
        return name if found is None else label(found.title, self.language)

    def constant(self, quoted: str) -> str:
        """Say a constant: the title of a role or of an option that has this name, else the text in quotes."""
        name = quoted[1:-1]
        if name in self.definition.roles:
            return label(self.definition.roles[name].title, self.language)
        for item in self.definition.data.values():
            if name in (item.type.options or ()):
                return label((item.type.options or {})[name], self.language)
        return f"“{name}”"

    def memory(self, asks: str, name: str) -> str:
        if asks == "count":
            return self.say("times", act=self.act(name))
        if asks == "In":
            state = self.definition.states.get(name)
            return self.say("is_in", state=name if state is None else label(state.title, self.language))
        deadline = self.definition.deadlines.get(name)
        title = name if deadline is None else label(deadline.title, self.language)
        return self.say("was_met" if asks == "met" else "is_overdue", deadline=title)

    def act(self, name: str) -> str:
        last = name.rpartition(".")[2]
        for state in self.definition.states.values():
            for transition in state.transitions:
                if transition.name in {name, last}:
                    return label(transition.title, self.language)
        return name

    def sign(self, sign: str) -> str:
        if sign in _SIGNS:
            return _SIGNS[sign]
        word = self.say({"&&": "and", "||": "or", "!": "not"}[sign])
        chinese = self.language.startswith("zh")
        return word if chinese else f"{word} " if sign == "!" else word
