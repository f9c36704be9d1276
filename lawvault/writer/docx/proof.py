"""The proof that a .docx carries: what each of its footnotes stands for, in a custom XML part.

Word and WPS keep such a part and show nothing of it.  Years later the footnotes can be checked
again from it.  A hash over all of it shows that it was altered, not by whom: whoever writes the
part anew can hash it anew.  So an entry proves something only when it is held against the corpus:
its `sha256` is the hash of the article's content there.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from lxml import etree

from lawvault.writer.document import Properties, Provenance
from lawvault.writer.docx.opened import Opened, UnsafeDocument
from lawvault.writer.docx.wml import clean, storable

NAMESPACE = "urn:lawvault:proof:1"
_STORE = "http://schemas.openxmlformats.org/officeDocument/2006/customXml"
_LONG = ("text", "quote")
_NUMBERS = ("start", "end")
_ABOUT = ("corpus", "corpus_as_of", "told", "template")
_NOT_KEPT = "lead"  # files of a time when there was none have no hash of it
_FIELDS = tuple(field.name for field in fields(Provenance) if field.name != _NOT_KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What footnote `number` stood for when the file was written; Word counts them anew on saving.

    `printed` is `printed(words)` of the footnote: it finds the footnote again wherever it is by
    now, and does not if somebody has changed a word of it.
    """

    number: int
    printed: str
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The entries of a file, none unless `state` is `ok`, and the corpus they were checked against.

    `told` are the figures of the document that its user told, in words; `template` the id of the
    shipped template that it was made by.
    `altered`: there is a proof, and it is not what LawVault wrote.  `absent`: there is none.
    """

    state: Literal["ok", "altered", "absent"]
    entries: tuple[Entry, ...] = ()
    corpus: str = ""
    corpus_as_of: str = ""
    told: str = ""
    template: str = ""


def printed(words: str) -> str:
    """Return the SHA-256 of the words of a footnote, white space left out."""
    return hashlib.sha256("".join(words.split()).encode()).hexdigest()


def proof_parts(entries: Sequence[Entry], properties: Properties) -> tuple[bytes, bytes]:
    """Return the custom XML part and its properties, which Word wants to have."""
    about = {name: clean(getattr(properties, name)) for name in _ABOUT}
    cleaned = tuple(_cleaned(entry) for entry in entries)
    digest = _digest(cleaned, about)
    attributes = about | {"sha256": digest}
    root = etree.Element(f"{{{NAMESPACE}}}proof", attributes, nsmap={None: NAMESPACE})
    root.extend([_written(entry) for entry in cleaned])
    item = uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{digest}")
    store = etree.Element(f"{{{_STORE}}}datastoreItem", nsmap={"ds": _STORE})
    store.set(f"{{{_STORE}}}itemID", f"{{{str(item).upper()}}}")
    schemas = etree.SubElement(store, f"{{{_STORE}}}schemaRefs")
    etree.SubElement(schemas, f"{{{_STORE}}}schemaRef", {f"{{{_STORE}}}uri": NAMESPACE})
    return _bytes(root), _bytes(store)


def read_proof(opened: Opened) -> Proof:
    """Return the proof that an opened .docx carries."""
    parts = list(_proofs(opened))
    if not parts:
        return Proof(state="absent")
    root = parts[0]
    if root is None or len(parts) > 1:
        return Proof(state="altered")
    try:
        entries = tuple(_read(element) for element in root)
    except (KeyError, ValueError):  # a field that is missing, or no number
        return Proof(state="altered")
    about = {name: root.get(name, "") for name in _ABOUT}
    if root.get("sha256") != _digest(entries, about):
        return Proof(state="altered")
    return Proof(state="ok", entries=entries, **about)


def _proofs(opened: Opened) -> "Iterator[etree._Element | None]":
    """Yield every custom XML part that says it is a proof, None for one that cannot be read."""
    targets = {
        relation.target
        for relation in opened.relations.get(opened.main, ())
        if relation.kind == "customXml" and not relation.is_external
    }
    for name in sorted(targets & set(opened.names)):
        if NAMESPACE.encode() not in opened.read(name):
            continue
        try:
            root = opened.tree(name)
        except UnsafeDocument:
            yield None
        else:
            yield root if root.tag == f"{{{NAMESPACE}}}proof" else None


def _cleaned(entry: Entry) -> Entry:
    """Return the entry as XML can hold it, so that it is read back as it was hashed."""
    values = _facts(entry)["provenance"]
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = storable(value) if name in _LONG else clean(value)
    return Entry(number=entry.number, printed=entry.printed, provenance=Provenance(**values))


def _facts(entry: Entry) -> dict[str, Any]:
    """Return what a proof keeps of an entry."""
    facts = asdict(entry)
    del facts["provenance"][_NOT_KEPT]
    return facts


def _digest(entries: Sequence[Entry], about: Mapping[str, str]) -> str:
    """Return the hash; files of a time when no template was told have none in theirs."""
    told = {name: words for name, words in about.items() if words or name != "template"}
    content = {"entries": [_facts(entry) for entry in entries], **told}
    return hashlib.sha256(
        json.dumps(content, ensure_ascii=True, sort_keys=True).encode()
    ).hexdigest()


def _written(entry: Entry) -> "etree._Element":
    values = {name: str(getattr(entry.provenance, name)) for name in _FIELDS}
    short = {name: value for name, value in values.items() if name not in _LONG}
    numbered = {"number": str(entry.number), "printed": entry.printed, **short}
    element = etree.Element(f"{{{NAMESPACE}}}footnote", numbered)
    for name in _LONG:
        etree.SubElement(element, f"{{{NAMESPACE}}}{name}").text = values[name]
    return element


def _read(element: "etree._Element") -> Entry:
    values: dict[str, str] = {name: element.attrib[name] for name in _FIELDS if name not in _LONG}
    for name in _LONG:
        values[name] = element.findtext(f"{{{NAMESPACE}}}{name}") or ""
    numbers = {name: int(values.pop(name)) for name in _NUMBERS}
    provenance = Provenance(**values, **numbers)  # type: ignore[arg-type]
    return Entry(
        number=int(element.attrib["number"]),
        printed=element.attrib["printed"],
        provenance=provenance,
    )


def _bytes(root: "etree._Element") -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
