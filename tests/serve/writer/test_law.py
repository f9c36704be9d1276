"""The writer is told what a data pack cannot know, and what it does not have."""

import datetime

import pytest

from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.schema import ARTICLES, LAWS, table_of
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.law import WritingLaw
from lawvault.serve.writer.shelf_law import Named
from tests.agent.conftest import HERE, TODAY

TEXTS = ["《示例劳动法》第九条"]


def test_a_day_beyond_the_data_is_told(content):
    law = WritingLaw(content, ContentLookup(content))

    known, beyond = (law.check(TEXTS, [], day, "") for day in (None, datetime.date(2099, 1, 1)))

    assert known.notes == ()
    assert beyond.notes == (
        "核验日期 2099年1月1日 晚于法律数据的截至日期 2026年3月2日，其后的修改和废止未计入。",
    )


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (("示例劳动法", "999"), "《中华人民共和国示例劳动法》没有第九百九十九条"),
        (("示例集贸市场管理条例", "3"), "《示例集贸市场管理条例》没有收录其正文"),
        (("示例消费法", "3"), "《中华人民共和国示例消费法》已废止，没有收录其正文"),
    ],
)
def test_an_article_that_is_not_there_is_told_with_its_cause(tmp_path, named, message):
    corpus = corpus_of(merge([("toy", read_source(HERE / "law.jsonl"))]), Filters(), as_of=TODAY)
    rows = [row for row in corpus.rows if "示例劳动法" in row["law_name"]]
    laws = [
        law | {"status": "已废止"} if "消费法" in law["law_name"] else law for law in corpus.laws
    ]
    write_content_db(
        table_of(rows, ARTICLES), tmp_path / FILE, as_of=TODAY, laws=table_of(laws, LAWS)
    )
    content = Content(tmp_path)

    [told] = WritingLaw(content, ContentLookup(content)).article_ids(
        [Named(law=named[0], article=named[1])]
    )

    assert isinstance(told, ApiError)
    assert told.message == message
