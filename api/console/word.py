"""Writing a filled-in document as Word, laid out as official documents are (GB/T 9704): A4, title in the middle, page numbers outside.

Equal documents are equal bytes: nothing in the file says when it was written, and its entries have one fixed date.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from api.console.filling import Filled, Paragraph, Table
from engine.clock import to_datetime

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import _Footer
    from docx.table import _Cell

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

SONG, FANGSONG, HEI, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
TITLE_SIZE, BODY_SIZE, CELL_SIZE, PAGE_NUMBER_SIZE = 22, 16, 12, 14
LINE = 28
"""Points from line to line: 22 lines a page."""

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

FONT_TABLE = "word/fontTable.xml"
FALLBACKS = {SONG: "小标宋,SimSun,宋体", FANGSONG: "仿宋,FangSong,STFangsong", HEI: "SimHei,Heiti SC", LATIN: "Liberation Serif"}
"""What stands in where a font is not installed."""
FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def write_word(filled: Filled) -> bytes:
    """Write a document. Blocks."""
    import docx  # noqa: PLC0415  a server that makes no documents need not hold it in memory

    document = docx.Document()
    lay_out(document)
    name_it(document, filled)
    for part in filled.parts:
        if isinstance(part, Paragraph):
            document.add_paragraph(clean(part.text), STYLES[part.style])
        else:
            add_table(document, part)
    written = io.BytesIO()
    document.save(written)
    return dated_alike(written)


def clean(text: str) -> str:
    """Leave out the characters that no XML can hold, and the second sign of a line's end."""
    return NOT_IN_XML.sub("", text.replace("\r\n", "\n"))


def name_it(document: Document, filled: Filled) -> None:
    """Say what the file is, and as of when."""
    core = document.core_properties
    core.title, core.language = clean(filled.title), filled.language
    core.author = core.comments = core.keywords = ""
    core.created = core.modified = to_datetime(filled.changed_at).replace(microsecond=0)


# --- the layout -----------------------------------------------------------------------------------------------------

STYLES = {"title": "Title", "number": "Number", "to": "To", "heading": "Heading 1", "text": "Body", "signed": "Signed"}
CELL = "Cell"


def lay_out(document: Document) -> None:
    """Set page, styles and page numbers."""
    from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING  # noqa: PLC0415
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415

    (section,) = document.sections
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    left, centre, right = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
    looks = {
        "Title": (SONG, TITLE_SIZE, centre, 0),
        "Number": (FANGSONG, BODY_SIZE, centre, 0),
        "To": (FANGSONG, BODY_SIZE, left, 0),
        "Heading 1": (HEI, BODY_SIZE, left, 2),
        "Body": (FANGSONG, BODY_SIZE, WD_ALIGN_PARAGRAPH.JUSTIFY, 2),
        "Signed": (FANGSONG, BODY_SIZE, right, 0),
        CELL: (FANGSONG, CELL_SIZE, left, 0),
    }
    known = {style.name for style in document.styles}
    for name, (font, size, align, indent) in looks.items():
        style: Any = document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.font.size, style.font.bold, style.font.color.rgb = Pt(size), False, RGBColor(0, 0, 0)
        set_fonts(style.element.get_or_add_rPr(), font)
        drop(style.element.get_or_add_pPr(), "w:pBdr", "w:contextualSpacing")
        shape = style.paragraph_format
        shape.alignment, shape.first_line_indent = align, Pt(indent * size)
        shape.space_before, shape.space_after = Pt(0), Pt(LINE if name in {"Title", "Number"} else 0)
        shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY if name != CELL else WD_LINE_SPACING.SINGLE
        if name != CELL:
            shape.line_spacing = Pt(36 if name == "Title" else LINE)
    document.settings.odd_and_even_pages_header_footer = True
    number_pages(section.footer, right)
    number_pages(section.even_page_footer, left)


def set_fonts(properties: Any, east_asian: str) -> None:
    """Choose the font of Chinese and that of Latin text; the theme's fonts, which would win, go."""
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415

    drop(properties, "w:rFonts", "w:lang")
    fonts = OxmlElement("w:rFonts")
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", east_asian), ("hint", "eastAsia")):
        fonts.set(qn(f"w:{script}"), font)
    properties.insert(0, fonts)
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


def drop(properties: Any, *names: str) -> None:
    """Remove what the empty document brings along."""
    from docx.oxml.ns import qn  # noqa: PLC0415

    for name in names:
        for found in properties.findall(qn(name)):
            properties.remove(found)


def number_pages(footer: _Footer, align: Any) -> None:
    """Write the number of the page between two dashes."""
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = align
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text)
        run.font.size = Pt(PAGE_NUMBER_SIZE)
        set_fonts(run._r.get_or_add_rPr(), "宋体")  # noqa: SLF001  the library has no fields and no fonts for Chinese
        if text is None:
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), "PAGE")
            run._r.addprevious(field)  # noqa: SLF001
            field.append(run._r)  # noqa: SLF001
            run.text = "1"


def add_table(document: Document, table: Table) -> None:
    """Add a table; its head is repeated on every page, and no row is broken over two."""
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    columns = len(table.head) or 2
    added = document.add_table(rows=0, cols=columns, style="Table Grid")
    added.autofit = False
    widths = [Mm(156 / columns)] * columns if table.head else [Mm(40), Mm(116)]
    for place, row in enumerate((table.head, *table.rows) if table.head else table.rows):
        cells = added.add_row()
        properties = cells._tr.get_or_add_trPr()  # noqa: SLF001
        properties.append(OxmlElement("w:cantSplit"))
        if table.head and place == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, text, width) in enumerate(zip(cells.cells, row, widths, strict=True)):
            cell.width = width
            write_cell(cell, text, strong=(place == 0) if table.head else column == 0)


def write_cell(cell: _Cell, text: str, *, strong: bool) -> None:
    """Write the lines of a cell."""
    lines = clean(text).split("\n")
    paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in lines[1:])]
    for paragraph, line in zip(paragraphs, lines, strict=True):
        paragraph.style = CELL
        run = paragraph.add_run(line)
        if strong:
            set_fonts(run._r.get_or_add_rPr(), HEI)  # noqa: SLF001


# --- the file -------------------------------------------------------------------------------------------------------


def dated_alike(written: io.BytesIO) -> bytes:
    """Give the file with one date for every entry, and with the fonts that may stand in for ours."""
    result = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            content = font_table() if name == FONT_TABLE else source.read(name)
            entry = zipfile.ZipInfo(name, FIRST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return result.getvalue()


def font_table() -> bytes:
    """Give the part of the file that says by which fonts ours may be replaced."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    fonts = "".join(f'<w:font w:name="{font}"><w:altName w:val="{instead}"/></w:font>' for font, instead in FALLBACKS.items())
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts xmlns:w="{namespace}">{fonts}</w:fonts>'.encode()
