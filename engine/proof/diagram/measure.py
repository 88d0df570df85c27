"""How wide a text will be, without asking a font: full-width characters take 1 em, Latin ones what the widest usual font gives them.

A picture is laid out where no browser is, and shown where the fonts are not known. So the table errs on the wide side: it holds for
Noto Sans CJK and DejaVu Sans, the widest of the fonts that browsers fall back to.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FULL = 1.0
PICTOGRAM = 1.3
BOLD = 1.08
"""How much wider than the regular cut a bold one is, of Latin letters; ideographs keep their em."""

_WIDTHS = {
    **dict.fromkeys(" ijlI'|", 0.34),
    **dict.fromkeys('.,:;!ftr()[]{}-/\\`"*°', 0.46),
    **dict.fromkeys("acekqsvxyzghnobdpu_^~", 0.65),
    **dict.fromkeys("0123456789?$¥£€+<=>#§&", 0.84),
    **dict.fromkeys("mwMW%@", 1.0),
}
_DIGITS = dict.fromkeys("0123456789", 0.64)
_UPPER = 0.78
_CLOSING = "、，。；：？！）》〉」』】〕”’…·,.;:?!)]}%"
_OPENING = "（《〈「『【〔“‘([{"
ELLIPSIS = "…"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Give the width of a text in the unit of ``size``, the font's em."""
    return size * sum(map(_advance_bold if bold else advance, text))


@lru_cache(maxsize=4096)
def advance(char: str) -> float:
    """Give the advance of one character in em."""
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if ord(char) >= 0x1F000 and not unicodedata.category(char).startswith("L"):
        return PICTOGRAM
    if unicodedata.east_asian_width(char) in "WFA":
        return FULL
    return _DIGITS.get(char) or _WIDTHS.get(char) or (_UPPER if char.isascii() else FULL)


@lru_cache(maxsize=4096)
def _advance_bold(char: str) -> float:
    found = advance(char)
    return found if found >= FULL else found * BOLD


def wrapped(text: str, size: float, most: float, *, bold: bool = False, lines: int = 0) -> tuple[str, ...]:
    """Break a text into lines no wider than ``most``. ``lines``: the most there may be; what is left out ends in an ellipsis.

    Ideographs break anywhere but before closing and behind opening marks, words only at blanks, unless one is too long for a line.
    """
    broken: list[str] = []
    line = ""
    for piece in _pieces(text):
        if width((line + piece).rstrip(), size, bold=bold) <= most:
            line += piece if line else piece.lstrip()
            continue
        if line.strip():
            broken.append(line.rstrip())
        line = piece.lstrip()
        while width(line, size, bold=bold) > most and len(line) > 1:
            cut = _fitting(line, size, most, bold=bold)
            broken.append(line[:cut])
            line = line[cut:]
    if line.strip() or not broken:
        broken.append(line.rstrip())
    if lines and len(broken) > lines:
        last = broken[lines - 1]
        while last and width(last + ELLIPSIS, size, bold=bold) > most:
            last = last[:-1]
        broken[lines - 1 :] = [last.rstrip() + ELLIPSIS]
    return tuple(broken)


def _fitting(text: str, size: float, most: float, *, bold: bool) -> int:
    used, count = 0.0, 0
    for char in text:
        used += size * (_advance_bold if bold else advance)(char)
        if used > most:
            break
        count += 1
    return max(1, count)


def _pieces(text: str) -> list[str]:
    """Cut a text where a line may end: behind blanks, and between ideographs unless a mark forbids it."""
    pieces: list[str] = []
    for char in text:
        if pieces and not _may_break(pieces[-1][-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after in _CLOSING or before in _OPENING:
        return False
    if before == " ":
        return after != " "
    return _is_ideograph(before) or _is_ideograph(after)


def _is_ideograph(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
