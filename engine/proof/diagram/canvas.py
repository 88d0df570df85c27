"""Writing SVG: shapes and text as elements, with attributes instead of styles, so that no content security policy is in the way."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from engine.proof.diagram.geometry import Rect, Way

CHINESE_FONTS = (
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','PingFang SC','Hiragino Sans GB','Microsoft YaHei','WenQuanYi Micro Hei'"
)
FONTS = f"{CHINESE_FONTS},sans-serif"
LATIN_FONTS = f"'Noto Sans','Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',{FONTS}"
CORNER = 5.0

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Canvas:
    """A place to draw on. What is drawn later lies above."""

    def __init__(self, within: ET.Element) -> None:
        self.element = within

    def group(self, kind: str, name: str = "", about: str = "", **data: str) -> Canvas:
        """Begin a group. ``kind`` is its class; ``name`` what it stands for; ``about`` is shown to who points at it."""
        facts = {f"data-{key.strip('_')}": clean(value) for key, value in (("id", name), *data.items()) if value}
        made = self.shape("g", {"class": kind, **facts})
        if about:
            ET.SubElement(made, "title").text = clean(about)
        return Canvas(made)

    def shape(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        """Draw any shape."""
        return ET.SubElement(self.element, tag, attributes)

    def rect(self, rect: Rect, *, fill: str, stroke: str = "none", width: float = 1.0, radius: float = 0.0, dash: str = "") -> None:
        """Draw a rectangle."""
        place = {"x": number(rect.x), "y": number(rect.y), "width": number(rect.width), "height": number(rect.height)}
        self.shape("rect", {**place, **({"rx": number(radius)} if radius else {}), **paint(fill, stroke, width, dash)})

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str = "none", width: float = 1.0) -> None:
        """Draw a circle."""
        self.shape("circle", {"cx": number(x), "cy": number(y), "r": number(radius), **paint(fill, stroke, width)})

    def polygon(self, *points: tuple[float, float], fill: str, stroke: str = "none", width: float = 1.0) -> None:
        """Draw a polygon."""
        self.shape("polygon", {"points": " ".join(f"{number(x)},{number(y)}" for x, y in points), **paint(fill, stroke, width)})

    def line(self, way: Way, *, stroke: str, width: float = 1.0, dash: str = "") -> None:
        """Draw a line with rounded corners."""
        self.shape("path", {"d": path(way), **paint("none", stroke, width, dash)})

    def text(self, x: float, y: float, said: str, *, size: float, fill: str, bold: bool = False, middle: bool = False) -> None:
        """Write a line of text; ``y`` is its baseline."""
        place = {"x": number(x), "y": number(y), "font-size": number(size), "fill": fill}
        weight = {"font-weight": "bold"} if bold else {}
        self.shape("text", {**place, **weight, **({"text-anchor": "middle"} if middle else {})}).text = clean(said)


def picture(width: float, height: float, *, title: str, about: str, language: str) -> tuple[ET.Element, Canvas]:
    """Begin a picture that says what it is to who cannot see it."""
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": number(width),
            "height": number(height),
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "role": "img",
            "aria-labelledby": "picture-title picture-about",
            "lang": language,
            "font-family": FONTS if language.startswith("zh") else LATIN_FONTS,
        },
    )
    ET.SubElement(root, "title", {"id": "picture-title"}).text = clean(title)
    ET.SubElement(root, "desc", {"id": "picture-about"}).text = clean(about)
    return root, Canvas(root)


def written(root: ET.Element) -> str:
    """Write a picture as text."""
    return ET.tostring(root, encoding="unicode") + "\n"


def clean(text: str) -> str:
    """Leave out the characters that XML does not know."""
    return _NOT_XML.sub("", text)


def number(value: float) -> str:
    """Write a length, in hundredths of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def paint(fill: str, stroke: str, width: float, dash: str = "") -> dict[str, str]:
    """Give the attributes of filling and outline."""
    outline = {} if stroke == "none" else {"stroke": stroke, "stroke-width": number(width)}
    return {"fill": fill, **outline, **({"stroke-dasharray": dash} if dash else {})}


def path(way: Way) -> str:
    """Write a line with rounded corners as SVG's path data."""
    corners = straightened(way)
    if not corners:
        return ""
    said = [f"M{number(corners[0][0])} {number(corners[0][1])}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(CORNER, length(before, here) / 2, length(here, after) / 2)
        (x, y), (u, v) = towards(here, before, radius), towards(here, after, radius)
        said.append(f"L{number(x)} {number(y)}Q{number(here[0])} {number(here[1])} {number(u)} {number(v)}")
    said.append(f"L{number(corners[-1][0])} {number(corners[-1][1])}")
    return "".join(said)


def straightened(way: Way) -> Way:
    """Leave out corners that are none."""
    found: list[tuple[float, float]] = []
    for point in way:
        if found and length(found[-1], point) < 0.01:
            continue
        if len(found) > 1 and _in_line(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def _in_line(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (abs(a[0] - b[0]) < 0.01 and abs(b[0] - c[0]) < 0.01) or (abs(a[1] - b[1]) < 0.01 and abs(b[1] - c[1]) < 0.01)


def length(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Give the distance of two points on a level or upright line."""
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def towards(start: tuple[float, float], end: tuple[float, float], by: float) -> tuple[float, float]:
    """Go from a point towards another one."""
    whole = length(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * by / whole, start[1] + (end[1] - start[1]) * by / whole
