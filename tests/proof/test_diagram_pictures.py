"""A picture is laid out once, is kept between runs, and says what is missing where it cannot be drawn."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.proof.diagram import pictures
from engine.proof.diagram.building import build
from engine.proof.diagram.canvas import clean
from engine.proof.diagram.elk import DrawingUnavailable, LayoutFailed, lay_out
from engine.proof.diagram.mermaid import mermaid
from engine.proof.diagram.overlay import Overlay
from engine.proof.diagram.pictures import Pictures
from tests.proof.diagrams import ASSETS, REGIONS, definition


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The graphs that were laid out."""
    asked: list[str] = []

    def counted(folder: Path, *graphs: Any) -> Any:
        asked.extend(graph["id"] for graph in graphs)
        return lay_out(folder, *graphs)

    monkeypatch.setattr(pictures, "lay_out", counted)
    return asked


def test_a_picture_is_laid_out_once_for_a_definition_and_a_language(layouts: list[str]) -> None:
    drawer = Pictures(ASSETS)
    for overlay in (Overlay(), Overlay(current=("vetting",)), Overlay()):
        drawer.svg(definition(REGIONS), "zh-CN", overlay)
    assert len(layouts) == 1
    drawer.svg(definition(REGIONS), "en")
    assert len(layouts) == 2


def test_many_who_ask_at_once_wait_for_one_layout(layouts: list[str]) -> None:
    drawer, drawn = Pictures(ASSETS), list[str]()
    threads = [threading.Thread(target=lambda: drawn.append(drawer.svg(definition(REGIONS), "zh-CN"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(layouts) == 1
    assert len(set(drawn)) == 1
    assert len(drawn) == 4


def test_layouts_are_kept_between_runs(tmp_path: Path, layouts: list[str]) -> None:
    first = Pictures(ASSETS, tmp_path / "kept").svg(definition(REGIONS), "zh-CN")
    assert Pictures(tmp_path / "no assets", tmp_path / "kept").svg(definition(REGIONS), "zh-CN") == first
    assert len(layouts) == 1


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b'{"children": 3}', b'{"children": []}', b"null"])
def test_a_kept_layout_that_is_broken_is_made_anew(tmp_path: Path, layouts: list[str], broken: bytes) -> None:
    first = Pictures(ASSETS, tmp_path).svg(definition(REGIONS), "zh-CN")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(broken)
    assert Pictures(ASSETS, tmp_path).svg(definition(REGIONS), "zh-CN") == first
    assert len(layouts) == 2


def test_a_folder_that_cannot_be_written_keeps_nobody_from_drawing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    assert Pictures(ASSETS, tmp_path / "file" / "below").svg(definition(REGIONS), "zh-CN").startswith("<svg")


def test_without_elkjs_it_says_what_to_run_and_mermaid_needs_none(tmp_path: Path) -> None:
    with pytest.raises(DrawingUnavailable, match=r"elk-worker\.min\.js.*make assets.*npm ci.*Mermaid"):
        Pictures(tmp_path).svg(definition(REGIONS), "zh-CN")
    assert mermaid(build(definition(REGIONS), "zh-CN")).startswith("---")


def test_what_elkjs_cannot_lay_out_is_told() -> None:
    edge = {"id": "e", "sources": ["nowhere"], "targets": ["nowhere"]}
    with pytest.raises(LayoutFailed, match="nowhere"):
        lay_out(ASSETS, {"id": "root", "layoutOptions": {"elk.algorithm": "layered"}, "children": [], "edges": [edge]})


def test_line_ends_that_scripts_do_not_take_reach_elkjs() -> None:
    (laid,) = lay_out(ASSETS, {"id": "a\u2028\u2029\"'\\</script>", "layoutOptions": {"elk.algorithm": "layered"}, "children": []})
    assert laid["id"] == "a\u2028\u2029\"'\\</script>"


def test_characters_that_xml_does_not_know_are_left_out() -> None:
    assert clean("议\x00事\x08\x1b\ufffe\t") == "议事\t"
