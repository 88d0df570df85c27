"""Every link that the documentation makes within the project leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: *(\S+)|(?:href|src)=\"([^\"]+)\"", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
ANCHOR = re.compile(r"<a [^>]*(?:id|name)=\"([^\"]+)\"")


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Return what can stand behind ``#``: headings the way the usual renderers name them, and anchors set by hand."""
    text = prose(page)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(text)}
    return slugs | set(ANCHOR.findall(text))


def dead_links(page: Path) -> list[str]:
    """Return the links of a page to a file or heading that is not there. Links to other sites are not followed."""
    dead = []
    for groups in LINK.findall(prose(page)):
        link = unquote("".join(groups))
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("# 期限 Deadlines\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#期限-deadlines) [b](gone.md) [c](other.md#rungs) [d](https://example.org)\n```\n[e](code.md)\n```\n", "utf-8"
    )
    assert dead_links(page) == ["gone.md", "other.md#rungs"]
