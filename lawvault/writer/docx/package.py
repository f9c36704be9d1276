"""The package around a document: parts, relationships, properties, and bytes that never vary.

python-docx opens and saves it.  What a shell brings along and a new document does not need (old
text, pictures, comments, statistics) stays behind.
"""

import datetime
import io
import zipfile
from collections.abc import Iterator

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.parser import parse_xml
from lxml import etree

from lawvault.writer.document import Properties
from lawvault.writer.docx.wml import clean

AUTHOR = "LawVault"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can tell
_MAX_PROPERTY = 255
_KEPT = frozenset(
    RELATIONSHIP_TYPE.__dict__[name]
    for name in (
        *("STYLES", "SETTINGS", "NUMBERING", "FONT_TABLE", "THEME"),
        *("HEADER", "FOOTER", "ENDNOTES"),
    )
)
_CUSTOM_XML_PROPERTIES = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"


def shell(data: bytes | None = None) -> WordDocument:
    """Return an empty document, or that file, without its text and all that only its text needs."""
    word = docx.Document(None if data is None else io.BytesIO(data))
    for relations, kept in (
        (word.part.rels, _KEPT),
        (word.part.package.rels, (RELATIONSHIP_TYPE.OFFICE_DOCUMENT,)),
    ):
        for identifier in [i for i, relation in relations.items() if relation.reltype not in kept]:
            del relations[identifier]
    return word


def put(word: WordDocument, kind: str, root: "etree._Element") -> Part:
    """Make `root` the part of that kind (styles, numbering, settings, fontTable, footnotes)."""
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    content_type = getattr(CONTENT_TYPE, _TYPES[kind])
    relation = getattr(RELATIONSHIP_TYPE, _TYPES[kind].removeprefix("WML_"))
    name = PackURI(f"/word/{kind}.xml")
    rels = word.part.rels
    for identifier in [i for i, old in rels.items() if old.reltype == relation]:
        name = rels[identifier].target_part.partname
        del rels[identifier]
    part = Part(name, content_type, blob, word.part.package)
    word.part.relate_to(part, relation)
    return part


_TYPES = {
    "styles": "WML_STYLES",
    "numbering": "WML_NUMBERING",
    "settings": "WML_SETTINGS",
    "fontTable": "WML_FONT_TABLE",
    "footnotes": "WML_FOOTNOTES",
}


def root_of(word: WordDocument, kind: str) -> "etree._Element | None":
    """Return a copy of the root of the part of that kind, None if there is none."""
    relation = getattr(RELATIONSHIP_TYPE, _TYPES[kind].removeprefix("WML_"))
    part = next((r.target_part for r in word.part.rels.values() if r.reltype == relation), None)
    return None if part is None else parse_xml(part.blob)


def put_proof(word: WordDocument, item: bytes, properties: bytes) -> None:
    """Add a custom XML part with its properties."""
    package = word.part.package
    part = Part(PackURI("/customXml/item1.xml"), CONTENT_TYPE.XML, item, package)
    about = Part(PackURI("/customXml/itemProps1.xml"), _CUSTOM_XML_PROPERTIES, properties, package)
    part.relate_to(about, RELATIONSHIP_TYPE.CUSTOM_XML_PROPS)
    word.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def describe(word: WordDocument, title: str, properties: Properties) -> None:
    """Write the properties of the file; what those of a firm's own file said is gone."""
    core = word.core_properties
    for child in list(core._element):
        core._element.remove(child)
    core.title = _property(title)
    core.author = core.last_modified_by = _property(properties.author) or AUTHOR
    core.subject = _property(properties.subject)
    core.keywords = _property("，".join(properties.keywords))
    core.language = "zh-CN"
    if properties.created:
        core.created = core.modified = moment(properties.created)


def _property(text: str) -> str:
    return clean(text)[:_MAX_PROPERTY]


def moment(time: datetime.datetime) -> datetime.datetime:
    """Return a time in UTC to the second, as Word files tell it; one without a zone is UTC."""
    zoned = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
    return zoned.astimezone(datetime.UTC).replace(microsecond=0, tzinfo=None)


def addresses(word: WordDocument) -> Iterator[str]:
    """Yield every address outside of the file that it refers to."""
    for relation in word.part.package.iter_rels():
        if relation.is_external:
            yield relation.target_ref


def packed(word: WordDocument) -> bytes:
    """Return the bytes of the file, the same for the same content."""
    saved, result = io.BytesIO(), io.BytesIO()
    word.save(saved)
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(result, "w", compression=zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return result.getvalue()
