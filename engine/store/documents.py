"""Documents: what is known of them; their bytes lie elsewhere."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.store.reader import scoped
from engine.store.records import DocumentRecord
from engine.store.tables import document


def get_document(connection: Connection, org: str, document_id: str) -> DocumentRecord | None:
    """Return a document."""
    row = connection.execute(scoped(document, org).where(document.c.id == document_id)).first()
    return DocumentRecord._make(row) if row else None


def documents_of_case(connection: Connection, org: str, case_id: str) -> list[DocumentRecord]:
    """Return the documents of a case, in the order in which they were handed in."""
    statement = scoped(document, org).where(document.c.case_id == case_id).order_by(document.c.attached_at, document.c.id)
    return [DocumentRecord._make(row) for row in connection.execute(statement)]
