"""Where pictures come from in this program: the one drawer for server, pages and command line."""

from __future__ import annotations

from pathlib import Path

from engine.proof.diagram.pictures import Pictures
from engine.settings import Settings

ASSETS = Path(__file__).parent / "console"
"""The folder of the package.json that asks for elkjs."""

SVG = "image/svg+xml"
MERMAID = "text/vnd.mermaid"
PICTURE_HEADERS = {
    # A picture opened by itself is a document: it may load and run nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}


def pictures_for(settings: Settings) -> Pictures:
    """Give the drawer of an installation."""
    return Pictures(ASSETS, settings.cache / "pictures")
