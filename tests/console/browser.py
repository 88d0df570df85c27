"""What a browser makes of a page: its text, its links, and its forms with what stands in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

INLINE = {"a", "strong", "span", "time", "b", "script"}
VOID = {"meta", "link", "input", "br", "hr", "img"}
Values = dict[str, list[str]]


@dataclass
class Form:
    """A form: where it is sent, and what would be sent if the button were pressed now."""

    action: str
    method: str
    enctype: str
    values: Values = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    options: dict[str, list[str]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)

    def filled(self, **typed: str | list[str]) -> Values:
        """Give what is sent after somebody typed; the form must have each of the fields. A dot in a name is written ``__``."""
        sent = dict(self.values)
        for name, value in typed.items():
            real = name.replace("__", ".")
            assert real in self.names, f"the form has {sorted(self.names)}, no {real}"
            sent[real] = value if isinstance(value, list) else [value]
        return sent


class Page(HTMLParser):
    """A page that was read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.alerts: list[str] = []
        self._texts: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._select = ""
        self._area = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """What stands on the page, with single spaces."""
        return " ".join("".join(self._texts).split())

    @property
    def alert(self) -> str:
        """What the page tells at once."""
        return " ".join("".join(self.alerts).split())

    @property
    def language(self) -> str | None:
        return next(attributes.get("lang") for tag, attributes in self.tags if tag == "html")

    def form(self, action: str) -> Form:
        """Find the form that is sent to an address."""
        found = [form for form in self.forms if form.action == action]
        assert len(found) == 1, f"expected one form to {action}, the page has forms to {[form.action for form in self.forms]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(form.action == action for form in self.forms)

    def link(self, text: str) -> str:
        """Give where the link of that text leads."""
        return next(to for to, said in self.links if said.strip() == text)

    # --- reading ----------------------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._part(tag)
        if tag not in VOID:
            self._open.append((tag, attributes))
        match tag:
            case "form":
                made = Form(attributes.get("action") or "", attributes.get("method") or "get", attributes.get("enctype") or "")
                self.forms.append(made)
            case "input" | "select" | "textarea" if self._in("form"):
                self._control(tag, attributes)
            case "option" if self._in("select"):
                self._option(attributes)
            case "label" if self._in("form") and attributes.get("for"):
                self.forms[-1].labels.add(str(attributes["for"]))
            case "a":
                self.links.append((attributes.get("href") or "", ""))
            case _:
                pass

    def _control(self, tag: str, attributes: dict[str, Any]) -> None:
        form, name = self.forms[-1], str(attributes.get("name"))
        form.names.add(name)
        if "id" in attributes:
            form.ids[attributes["id"]] = name
        if "required" in attributes:
            form.required.add(name)
        kind = attributes.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
        elif kind in {"checkbox", "radio"}:
            form.options.setdefault(name, []).append(str(attributes.get("value")))
            if "checked" in attributes:
                form.values.setdefault(name, []).append(str(attributes.get("value")))
        elif kind != "file":
            form.values[name] = [attributes.get("value") or ""]

    def _option(self, attributes: dict[str, Any]) -> None:
        form, value = self.forms[-1], str(attributes.get("value"))
        form.options.setdefault(self._select, []).append(value)
        if "selected" in attributes or self._select not in form.values:
            form.values[self._select] = [value]

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            # A line break right behind the tag is the writer's, not the text's (HTML, 13.1.2.5).
            values = self.forms[-1].values
            values[self._area] = [values[self._area][0] + (data.removeprefix("\n") if not values[self._area][0] else data)]
        if self._in("a"):
            to, said = self.links[-1]
            self.links[-1] = to, said + data
        if any(attributes.get("role") == "alert" for _, attributes in self._open):
            self.alerts.append(data)
        self._texts.append(data)

    def _part(self, tag: str) -> None:
        """Text in different blocks does not run together."""
        if tag not in INLINE:
            self._texts.append(" ")
            if self.alerts:
                self.alerts.append(" ")

    def _in(self, tag: str) -> bool:
        return any(each == tag for each, _ in self._open)
