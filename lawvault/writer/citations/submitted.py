"""A document that somebody hands in to be checked again, read and sorted out.

A .docx of ours carries a proof: each entry is led to its footnote, by all of its words, which Word
never changes, however it counts the footnotes anew.
"""

import collections
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lawvault.writer.citations.provision import short_spoken
from lawvault.writer.document import Provenance
from lawvault.writer.docx.checked import place_of_annex
from lawvault.writer.docx.opened import Opened, open_docx
from lawvault.writer.docx.proof import Entry, Proof, printed, read_proof
from lawvault.writer.docx.words import DocxText, Note, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A document to be checked again.

    `texts` are what to cite: the body, then `notes`, which are every note that no entry of the
    proof accounts for, every remark, header and footer; `provisions` what to hold against the law
    of today.  With a proof our own table of citations (`has_annex`) is blanked out of the body.
    """

    texts: tuple[str, ...]
    provisions: tuple[Provenance, ...] = ()
    proof: Proof = Proof(state="absent")
    links: tuple["Link", ...] = ()
    has_annex: bool = False
    notes: tuple[Note, ...] = ()  # those of texts[1:]
    opened: Opened | None = None
    words: DocxText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry of the proof with its footnote; None if the document has it no more."""

    entry: Entry
    note: Note | None
    is_altered: bool = False


_LINE_END = re.compile(r"[ \t]*(?:\r\n?|\n)\s*")


def submitted(data: bytes | str) -> Submitted:
    """Return a .docx, or a plain text, made ready to be checked; a line of it is a paragraph.

    Raises:
        UnsafeDocument: it is no .docx that can be opened safely.
    """
    if isinstance(data, str):
        return Submitted(texts=(_LINE_END.sub("\n\n", data.strip()),))
    opened = open_docx(data)
    words, proof = text_of(opened), read_proof(opened)
    links = tuple(_links(proof, words))
    told = {link.note for link in links if link.note and not link.is_altered}
    notes = tuple(note for note in _different(words) if note not in told)
    start, end = place_of_annex(words, opened.main) if proof.state == "ok" else (0, 0)
    body = words.text[:start] + "\n" * (end - start) + words.text[end : words.body]
    return Submitted(
        texts=(body, *(words.text[n.start : n.end] for n in notes)),
        provisions=tuple(link.entry.provenance for link in links),
        proof=proof,
        links=links,
        has_annex=end > start,
        notes=notes,
        opened=opened,
        words=words,
    )


def _different(words: DocxText) -> Iterator[Note]:
    """Yield the notes; of headers and footers that say the same, as sections have, the first."""
    seen = set[tuple[str, str]]()
    for note in words.notes:
        key = (note.kind, words.text[note.start : note.end])
        if note.kind not in ("header", "footer") or key not in seen:
            yield note
        seen.add(key)


def _links(proof: Proof, words: DocxText) -> Iterator[Link]:
    """Yield the entries with their footnotes: by all their words, else by the provision's name."""
    waiting = [note for note in words.notes if note.kind == "footnote"]
    by_words = collections.defaultdict[str, list[Note]](list)
    for note in waiting:
        by_words[printed(words.text[note.start : note.end])].append(note)
    found = {
        id(entry): by_words[entry.printed].pop(0)
        for entry in proof.entries
        if by_words[entry.printed]
    }
    told = set(found.values())
    rest = [note for note in waiting if note not in told]
    for entry in proof.entries:
        if id(entry) in found:
            yield Link(entry=entry, note=found[id(entry)])
            continue
        like = next((n for n in rest if _names(words.text[n.start : n.end], entry)), None)
        if like:
            rest.remove(like)
        yield Link(entry=entry, note=like, is_altered=True)


def _names(words: str, entry: Entry) -> bool:
    """Say whether a note still is the one that stood for an entry's provision."""
    provision = entry.provenance
    name = short_spoken(provision).partition("》")[0].strip("《")
    return name in words and (provision.address in words or provision.text.strip() in words)
