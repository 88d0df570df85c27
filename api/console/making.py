"""Making a document of a case as Word, and keeping it so that an act can attach it. For HTTP, pages and command line alike."""

from __future__ import annotations

import io
from dataclasses import dataclass

from api.console.filling import fill
from api.console.word import WORD, write_word
from engine.runtime.application import Application
from engine.runtime.documents import Documents, file_name_of, handed_in
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.store.records import DocumentRecord


@dataclass(frozen=True, slots=True)
class Made:
    """A Word file, with the name to save it under."""

    filename: str
    content: bytes


def make(application: Application, reading: Reading, principal: Principal, case_id: str, name: str, language: str) -> Made:
    """Make a document with what its reader may see of the case. Blocks. Raises NotFound."""
    filled = fill(application, reading, principal, case_id, name, language)
    return Made(file_name_of(filled.filename), write_word(filled))


def make_to_attach(
    application: Application, reading: Reading, documents: Documents, principal: Principal, case_id: str, name: str, language: str
) -> DocumentRecord:
    """Make a document and keep it on the disk, for the act that attaches it. Blocks. Raises NotFound, TooLarge."""
    made = make(application, reading, principal, case_id, name, language)
    stored = documents.stored(io.BytesIO(made.content))
    return handed_in(stored, principal, case_id, name, made.filename, WORD, at=application.now())
