"""A firm's own .docx as a shell: letterhead, styles and page are kept, the text is replaced."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from docx.document import Document as WordDocument
from lxml import etree

from lawvault.writer.docx.inline import web_address
from lawvault.writer.docx.opened import UnsafeDocument, open_docx, parser
from lawvault.writer.docx.package import addresses, shell
from lawvault.writer.docx.wml import W, w
from lawvault.writer.profiles import MM

_FIELDS = (
    *("PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "STYLEREF", "TITLE", "AUTHOR", "SUBJECT"),
    *("DATE", "TIME", "CREATEDATE", "SAVEDATE", "SEQ"),
)
"""Fields of a header that neither load nor run anything."""
_SEEN = ("t", "tbl", "drawing", "pict", "object")
"""Elements of a body that somebody sees."""
_A4, _SAME_SIZE = (11906, 16838), 57  # twips; what is within a millimetre is the same
_MIN_WIDTH = 1440
"""Twips of text between the margins; with less than an inch no table can be drawn."""


def open_reference(data: bytes) -> tuple[WordDocument, "etree._Element", tuple[str, ...]]:
    """Return the shell, its last section with the headers and footers that hold there, and notes.

    Raises:
        UnsafeDocument: it is no .docx, or it may do harm; no field that loads or runs something
            is kept, and of addresses outside only those of the web and of mail.
    """
    opened = open_docx(data)
    if opened.tree(opened.main).tag != f"{{{W}}}document":
        raise UnsafeDocument("not_docx", "请另存为普通的 .docx，不要用 Strict 格式")
    try:
        word = shell(data)
        sections = [deepcopy(section) for section in word.part.element.iter(f"{{{W}}}sectPr")]
        page = _merged(sections)
        width, codes = text_width(page), list(_codes(word))
        remarks = list(_remarks(word, page))
    except (KeyError, ValueError, AttributeError, etree.XMLSyntaxError) as error:
        # What python-docx raises at a part that is named and not there, or is not what it says.
        raise UnsafeDocument("damaged", str(error)) from error
    if width < _MIN_WIDTH:
        raise UnsafeDocument("damaged", "页边距之间没有正文的位置")
    _check(word, codes)
    notes = ["参考文档有多节，只保留最后一节的页面设置"] if len(sections) > 1 else []
    return word, page, (*notes, *remarks)


def _remarks(word: WordDocument, page: "etree._Element") -> Iterator[str]:
    """Yield what a person may not expect: a body that is left out, a page that is not A4."""
    body = word.part.element.find(f"{{{W}}}body")
    if any(etree.QName(element).localname in _SEEN for element in body.iter(f"{{{W}}}*")):
        yield (
            "参考文档正文里的文字、表格和图片没有保留，只用了页眉、页脚、样式和页面设置；"
            "抬头、标志等请放进页眉"
        )
    size = page.find(f"{{{W}}}pgSz")
    read = w("pgSz") if size is None else size
    sides = [int(read.get(f"{{{W}}}{side}", usual)) for side, usual in zip("wh", _A4, strict=True)]
    if any(abs(a - b) > _SAME_SIZE for a, b in zip(sorted(sides), _A4, strict=True)):
        width, height = (round(side / 20 / MM) for side in sides)
        yield f"参考文档的纸张为 {width}×{height} 毫米，不是 A4（210×297 毫米），已照用"


def text_width(section: "etree._Element") -> int:
    """Return how wide the text of a section is, in twips; that of A4 where it does not say."""
    size, margins = section.find(f"{{{W}}}pgSz"), section.find(f"{{{W}}}pgMar")
    page = 11906 if size is None else int(size.get(f"{{{W}}}w", 11906))
    if margins is None:
        return page - 2 * 1800
    sides = [int(float(margins.get(f"{{{W}}}{side}", 0))) for side in ("left", "right", "gutter")]
    return page - sum(sides)


def _merged(sections: "list[etree._Element]") -> "etree._Element":
    """Return the last section; headers and footers that it has not are those of sections before."""
    last = sections[-1] if sections else w("sectPr")
    held = dict[tuple[str, str], "etree._Element"]()
    for section in sections:
        for tag in ("headerReference", "footerReference"):
            for reference in section.findall(f"{{{W}}}{tag}"):
                held[tag, str(reference.get(f"{{{W}}}type"))] = reference
    for number, reference in enumerate(held.values()):
        last.insert(number, reference)
    for tag in ("sectPrChange", "type", "footnotePr", "endnotePr"):
        for element in last.findall(f"{{{W}}}{tag}"):
            last.remove(element)
    return last


def _check(word: WordDocument, codes: Sequence[str]) -> None:
    for address in addresses(word):
        if not web_address(address) and not address.startswith("mailto:"):
            raise UnsafeDocument("external_relationship", address)
    for code in codes:
        if not code.split() or code.split()[0].upper() not in _FIELDS:
            raise UnsafeDocument("external_relationship", f"域代码 {code.strip()}")


def _codes(word: WordDocument) -> Iterator[str]:
    """Yield the codes of all fields that the shell holds."""
    for part in word.part.package.iter_parts():
        if part is word.part or not part.content_type.endswith("xml"):
            continue
        code = None
        for element in etree.fromstring(part.blob, parser()).iter(f"{{{W}}}*"):
            name = etree.QName(element).localname
            if name == "fldSimple":
                yield str(element.get(f"{{{W}}}instr", ""))
            if name == "instrText":
                code = (code or "") + (element.text or "")
            if name == "fldChar" and code is not None:
                yield code
                code = None
        if code is not None:
            yield code
