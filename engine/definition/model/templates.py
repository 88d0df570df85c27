"""What a document's `template` is made of: the parts of a Word file, one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from engine.definition.model.shapes import Dotted, Id, Many, Shape, Text

LINES = ("title", "number", "to", "heading", "text", "signed")
"""Parts that are a text."""
TABLES = ("facts", "table", "acts", "parties", "cases")
"""Parts that are a table."""


class TemplatePart(Shape):
    """One part of a `template`. In a text `{data.topic}` stands for a value; nothing else is read or carried out."""

    title: Text | None = Field(None, description="The title, centred; by default that of the document.")
    number: Text | None = Field(None, description="A line below the title, centred: the document's number.")
    to: Text | None = Field(None, description="To whom it is written.")
    heading: Text | None = Field(None, description="A heading; they are numbered by themselves.")
    text: Text | None = Field(None, description="A paragraph.")
    each: Dotted | None = Field(None, description="The list for each of whose entries `text` is written: `{each}`, or `{each.field}`.")
    signed: Text | None = Field(None, description="At the right: who signs, and when.")
    facts: Many[Dotted] | None = Field(None, description="A table of titles and values: data.topic, case.number …")
    table: Dotted | None = Field(None, description="A list of records as a table.")
    columns: Many[Id] | None = Field(
        None, description="Which fields of the records, all by default; of cases, which of the data they tell."
    )
    acts: Many[Dotted] | None = Field(None, description="A table of who took these acts, when, and with which reason.")
    parties: Id | None = Field(None, description="A table of what each party of this group said.")
    cases: Id | None = Field(None, description="A table of the cases of this link or group of children.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is one part, with the keys that belong to it."""
        kinds = (*LINES, *TABLES)
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            yield (given[1] if given else ""), f"expected exactly one of {', '.join(kinds)}, got {' and '.join(given) or 'none'}"
        if self.each is not None and self.text is None:
            yield "each", "`each` needs `text`: the paragraph that is written for each entry"
        if self.columns is not None and self.table is None and self.cases is None:
            yield "columns", "`columns` needs `table` or `cases`: what they are columns of"

    @property
    def kind(self) -> str:
        """Give which part it is."""
        return next(kind for kind in (*LINES, *TABLES) if getattr(self, kind) is not None)
