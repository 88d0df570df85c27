"""Making a document of a case as Word, and keeping it so that an act can attach it. For HTTP, pages and command line alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from api.console.filling import fill
from api.console.word import WORD, write_word
from engine.runtime.application import Application
from engine.runtime.documents import Documents, file_name_of
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.runtime.service import new_id
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
    with documents.receiving() as incoming:
        incoming.write(made.content)
        stored = incoming.keep(hashlib.sha256(made.content).hexdigest())
    now = application.now()
    return DocumentRecord(
        org=principal.org,
        id=new_id(now),
        case_id=case_id,
        name=name,
        filename=made.filename,
        media_type=WORD,
        size=stored.size,
        sha256=stored.sha256,
        attached_by=principal.id,
        attached_at=now,
        seq=None,
    )
