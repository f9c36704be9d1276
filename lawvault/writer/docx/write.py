"""Write a document as a .docx file that Word, WPS and LibreOffice open, and a lawyer can sign."""

from collections.abc import Iterator
from dataclasses import dataclass

from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

from lawvault.errors import ConfigError
from lawvault.writer.document import Document
from lawvault.writer.docx.blocks import Body
from lawvault.writer.docx.checked import annex
from lawvault.writer.docx.footnotes import announce, footnotes
from lawvault.writer.docx.inline import Ledger, Runs
from lawvault.writer.docx.numbering import Numbering, first_free
from lawvault.writer.docx.package import (
    AUTHOR,
    describe,
    moment,
    packed,
    put,
    put_proof,
    root_of,
    shell,
)
from lawvault.writer.docx.page import footer, section
from lawvault.writer.docx.proof import Entry, printed, proof_parts
from lawvault.writer.docx.reference import open_reference, text_width
from lawvault.writer.docx.settings import complete_fonts, new_settings, substitution
from lawvault.writer.docx.styles import Styles, complete_styles, new_styles
from lawvault.writer.docx.wml import W, character, clean, w
from lawvault.writer.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A .docx file, and what a person should know of it, in Chinese."""

    data: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """The empty file that a document goes into."""

    word: WordDocument
    styles: Styles
    numbering: "etree._Element"
    section: "etree._Element"
    notes: tuple[str, ...] = ()


def to_docx(document: Document, profile: Profile, *, reference: bytes | None = None) -> Written:
    """Return the document as .docx; the same document and profile make the same bytes.

    Args:
        reference: a firm's own .docx, whose letterhead, styles and page are kept; for the profile
            `custom`, and only for it.

    Raises:
        ConfigError: `custom` without a reference, or a reference for another profile.
        UnsafeDocument: the reference is no .docx, or it may do harm.
        ValueError: a footnote is referred to and not there.
    """
    if (profile.name == "custom") != (reference is not None):
        raise ConfigError(
            f"profile {profile.name!r} {'needs' if reference is None else 'takes no'} reference; "
            "a reference .docx goes with profile 'custom', and only with it"
        )
    empty = _new_shell(profile) if reference is None else _firms_shell(profile, reference)
    ledger = Ledger(footnotes=document.notes)
    _write_body(document, profile, empty, ledger)
    _write_notes(document, empty, ledger)
    _write_comments(document, empty, ledger)
    describe(empty.word, document.title, document.properties)
    notes = (*empty.notes, *_remarks(ledger), substitution(profile))
    return Written(data=packed(empty.word), notes=notes)


def _new_shell(profile: Profile) -> _Shell:
    word = shell()
    root, styles = new_styles(profile)
    put(word, "styles", root)
    put(word, "settings", new_settings(profile))
    kinds = (False, True) if profile.number.outer else (False,)
    footers = [_footer(word, profile, styles, is_even=is_even) for is_even in kinds]
    page = section(profile, footer=footers[0], even_footer=footers[1] if footers[1:] else "")
    fonts = w("fonts")
    complete_fonts(fonts, profile)
    put(word, "fontTable", fonts)
    return _Shell(word=word, styles=styles, numbering=w("numbering"), section=page)


def _footer(word: WordDocument, profile: Profile, styles: Styles, *, is_even: bool) -> str:
    """Add the part of a footer; return the id of its relationship."""
    root = w("ftr", footer(profile.number, styles.ids["footer"], is_even=is_even))
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    name = PackURI(f"/word/footer{2 if is_even else 1}.xml")
    part = Part(name, CONTENT_TYPE.WML_FOOTER, blob, word.part.package)
    return str(word.part.relate_to(part, RELATIONSHIP_TYPE.FOOTER))


def _firms_shell(profile: Profile, reference: bytes) -> _Shell:
    word, page, notes = open_reference(reference)
    root = root_of(word, "styles")
    root = w("styles") if root is None else root
    styles = complete_styles(root, profile)
    put(word, "styles", root)
    settings = root_of(word, "settings")
    settings = new_settings(profile) if settings is None else settings
    announce(settings)
    put(word, "settings", settings)
    fonts = root_of(word, "fontTable")
    fonts = w("fonts") if fonts is None else fonts
    complete_fonts(fonts, profile)
    put(word, "fontTable", fonts)
    numbering = root_of(word, "numbering")
    numbering = w("numbering") if numbering is None else numbering
    return _Shell(word=word, styles=styles, numbering=numbering, section=page, notes=notes)


def _write_body(document: Document, profile: Profile, empty: _Shell, ledger: Ledger) -> None:
    part = empty.word.part

    def relate(address: str) -> str:
        return str(part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))

    width = character(profile.body, profile.page)
    numbering = Numbering(character=width, first=first_free(empty.numbering))
    body = Body(
        runs=Runs(styles=empty.styles, ledger=ledger, relate=relate),
        numbering=numbering,
        width=text_width(empty.section),
        centred=profile.signature.right if profile.centres_signature else None,
    )
    root = w("body")
    if document.title:
        root.append(body.title(document.title))
    root.extend(body.blocks((*document.blocks, *annex(document.checked, document.properties))))
    root.append(empty.section)
    numbering.write(empty.numbering, profile.body)
    put(empty.word, "numbering", empty.numbering)
    part.element.replace(part.element.find(f"{{{W}}}body"), root)


def _write_notes(document: Document, empty: _Shell, ledger: Ledger) -> None:
    """Write the footnotes that the body has placed, and the proof of them."""
    links = dict[str, str]()

    def relate(address: str) -> str:
        return links.setdefault(address, f"rId{len(links) + 1}")

    root = footnotes(Runs(styles=empty.styles, ledger=ledger, relate=relate, is_note=True))
    part = put(empty.word, "footnotes", root)
    for address, identifier in links.items():
        part.load_rel(RELATIONSHIP_TYPE.HYPERLINK, address, identifier, is_external=True)
    written = {element.get(f"{{{W}}}id"): element for element in root}
    entries = [
        Entry(number=number, printed=printed(_words(written[str(number)])), provenance=provenance)
        for number, note in enumerate(ledger.placed, 1)
        if (provenance := document.notes[note].provenance)
    ]
    if entries:
        put_proof(empty.word, *proof_parts(entries, document.properties))


def _words(footnote: "etree._Element") -> str:
    return "".join(text.text or "" for text in footnote.iter(f"{{{W}}}t"))


def _write_comments(document: Document, empty: _Shell, ledger: Ledger) -> None:
    created = document.properties.created
    for reason in ledger.reasons:
        comment = empty.word.part.comments.add_comment(clean(reason), AUTHOR, "LV")
        element = comment._comment_elm
        element.attrib.pop(f"{{{W}}}date", None)
        if created:
            element.set(f"{{{W}}}date", f"{moment(created).isoformat()}Z")
        for style in element.iter(f"{{{W}}}pStyle", f"{{{W}}}rStyle"):
            is_text = style.tag == f"{{{W}}}pStyle"
            style.set(f"{{{W}}}val", empty.styles.ids["comment" if is_text else "CommentReference"])


def _remarks(ledger: Ledger) -> Iterator[str]:
    """Yield what of the document is not in the file as it was."""
    if ledger.cleaned:
        yield f"删去了 {ledger.cleaned} 个 Word 文件不允许的控制字符"
    for link in sorted(ledger.not_links):
        yield f"链接不是 http(s) 地址，只保留文字：{clean(link)[:80]}"
    for note in sorted(set(ledger.footnotes) - set(ledger.placed)):
        yield f"脚注“{clean(note)[:40]}”在正文中没有位置，未写入"
