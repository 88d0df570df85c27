"""The texts of the pages: both languages complete, every text used, every text that is used there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import api.console
from api.console.texts import TEXTS, Said, Words

FOLDER = Path(api.console.__file__).parent
SOURCES = "\n".join(path.read_text("utf-8") for path in [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")] if path.name != "texts.py")
PREFIXES = set(re.findall(r'known\("(\w+)"', SOURCES)) | set(re.findall(r'words\(f"(\w+)_\{', SOURCES))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_stands_in_both_languages_with_the_same_placeholders(key: str) -> None:
    said = TEXTS[key]
    assert said.zh.strip() or key == "comma"
    assert said.en.strip()
    assert placeholders(said.zh) == placeholders(said.en)


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r"""\b(?:t|words|self\.words)\(\s*["'](\w+)["']""", SOURCES))
    assert asked
    assert asked <= TEXTS.keys()


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_used(key: str) -> None:
    assert re.search(rf"""["']{key}["']""", SOURCES) or any(key.startswith(f"{prefix}_") for prefix in PREFIXES), f"nobody says {key}"


def test_a_text_without_anything_to_put_in_is_given_as_it_is() -> None:
    assert Words("en")("rung_share", share=80) == "at 80 % of the term"
    assert Words("zh-CN").known("outcome", "success") == "办结"
    assert Words("zh-CN").known("outcome", "never_heard_of") == "never_heard_of"
    assert isinstance(TEXTS["yes"], Said)
