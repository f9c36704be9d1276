"""The document model: what a draft is made of, whatever file it becomes.

Plain frozen data.  Markdown and the structured answers of an LLM are read into it; .docx, HTML for
the clipboard of Word, Markdown and plain text are written from it.  It holds what a document says
and means, never how it looks: fonts, sizes and margins are those of a profile.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["", "left", "center", "right"]
"""Where a paragraph stands; "" leaves it to the profile."""

MAX_LEVEL = 5
"""The deepest level of headings: 一、 （一） 1. （1） ① in Chinese documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Some characters that look alike; no line break, no control character."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""  # an http(s) address, else nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A line break inside a paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """Something that was not told and must be filled in by hand: 【　】 or 【原告姓名：　】."""

    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRef:
    """The place where the footnote `id` of the document stands."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A fault of the words right before it, in a few Chinese words: a comment in Word, ⚠【…】."""

    reason: str


Inline = Text | Break | Blank | NoteRef | Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of level 1 to `MAX_LEVEL`; its number, if it has one, is part of its words."""

    level: int
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    content: tuple[Inline, ...]
    align: Align = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Words of somebody else, set off from the text."""

    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list; every item is one or more blocks, other lists among them.

    `start` is the number of the first item, None for a list with dots.
    """

    items: "tuple[tuple[Block, ...], ...]"
    start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table, a paragraph or more; `columns`, how many it spans."""

    paragraphs: tuple[tuple[Inline, ...], ...]
    columns: int = 1
    is_header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the cells of every row span `columns` in all.

    `widths` are parts of the width of the text, equal if empty; `caption` stands above.
    """

    rows: tuple[tuple[Cell, ...], ...]
    columns: int
    caption: str = ""
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signs, one line each: 具状人：【　】, a date; kept together, at the right."""

    lines: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBreak:
    """What follows begins on a new page, as an annex does."""


Block = Heading | Paragraph | Quotation | Items | Table | Signature | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The provision that a footnote stands for, so that it can be checked again years later.

    `text` are the words of the provision as the corpus had them; `start`, `end` their place in the
    article's content, and `sha256` the hash of that content (UTF-8).  `lead` are the words that a
    项 or 目 goes on from; a proof does not keep them.  `verdict` is one of
    `lawvault.proof.claims.CLAIM_VERDICTS`.
    """

    article_id: str
    law_id: str
    law_name: str
    version_date: str  # YYYY-MM-DD, "" if not known
    address: str  # 第五百八十五条第二款第一项
    text: str
    start: int
    end: int
    sha256: str
    status: str
    publish_date: str = ""
    effective_date: str = ""
    verdict: str = "verified"
    quote: str = ""  # the words that the document quotes from it
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnote:
    """A footnote: its words, and the provision it stands for, if any."""

    content: tuple[Inline, ...]
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One row of 引用法条核验表: a citation of the document and the verdict on it.

    `kind` is `sentence` for the fault of a sentence, which is no citation.
    """

    kind: Literal["citation", "sentence"] = "citation"
    citation: str  # as the document spells it
    verdict: str
    reason: str = ""  # Chinese; "" if it holds
    provenance: Provenance | None = None
    context: str = ""  # the sentence it stands in


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a file says of itself; nothing here is printed."""

    author: str = ""
    subject: str = ""
    keywords: tuple[str, ...] = ()
    created: datetime.datetime | None = None
    corpus: str = ""  # fingerprint of the corpus that the citations were checked against
    corpus_as_of: str = ""  # YYYY-MM-DD
    told: str = ""  # figures of the document that its user told, which no law need have
    template: str = ""  # id of the shipped template that it is made by


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document; `notes` by id, in no order: they are numbered as their places come."""

    blocks: tuple[Block, ...]
    title: str = ""
    notes: Mapping[str, Footnote] = field(default_factory=dict)
    checked: tuple[Checked, ...] = ()
    properties: Properties = field(default_factory=Properties)
