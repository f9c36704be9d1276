"""Tests of lawvault.serve.writer.materials: what is kept, held against the corpus of today."""

import asyncio

from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.writer.law import WritingLaw
from lawvault.serve.writer.materials import materials_for_writing
from lawvault.store.database import Database
from lawvault.store.material_rows import NewMaterial
from lawvault.store.user import UserStore

LAW = "示例劳动法@2018-10-01"
NINTH = {"article_id": f"{LAW}/9", "law_id": LAW, "law_name": "示例劳动法"}


def for_writing(tmp_path, content, *new):
    law = WritingLaw(content, ContentLookup(content))

    async def call(method, *given):
        return getattr(law, method)(*given)

    database = Database.open(f"sqlite:///{tmp_path}/store.sqlite")
    store = UserStore(database).materials
    ids = [one.material.material_id for one in store.add("anna", new)]
    kept, texts = store.many("anna", ids), store.texts("anna", ids)
    database.close()
    return asyncio.run(materials_for_writing(call, kept, texts))


def test_what_the_corpus_has_otherwise_or_no_more_is_stale_and_a_note_never_is(tmp_path, content):
    words = content.article(LAW, "第九条")["content"]
    passage = {**NINTH, "kind": "passage", "span_start": 0, "span_end": 6}
    same, other, gone, part, moved, note = for_writing(
        tmp_path,
        content,
        NewMaterial(kind="article", text=words, **NINTH),
        NewMaterial(kind="article", text="从前的文字。", **NINTH | {"article_id": f"{LAW}/10"}),
        NewMaterial(kind="article", text="一", **NINTH | {"article_id": f"{LAW}/4711"}),
        NewMaterial(text=words[:6], **passage),
        NewMaterial(text="从前的", **passage | {"span_end": 3}),
        NewMaterial(kind="note", text="当事人说：欠薪三个月。"),
    )

    assert [one.is_stale for one in (same, other, gone, part, moved, note)] == [
        *(False, True, True, False, True, False)
    ]
    assert other.content == "从前的文字。"  # as kept: what was chosen is what is written from
    assert (same.status, same.effective_date, gone.status) == ("现行有效", "2019-01-01", "")


def test_a_whole_law_comes_with_its_articles_as_they_are(tmp_path, content):
    [law] = for_writing(
        tmp_path,
        content,
        NewMaterial(kind="law", text="很久以前的全文", law_id=LAW, law_name="示例劳动法"),
    )

    assert law.is_stale
    assert law.content == ""
    assert [part.article_number for part in law.parts][:2] == ["第一条", "第二条"]
    assert len(law.parts) == len(content.articles(LAW))
