"""What the agent asks of a data pack: a question's names, citations, references, verdicts."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from lawvault.agent.local import LocalLibrary
from lawvault.agent.nouns import Asked
from lawvault.agent.pool import evidence_of
from lawvault.artifacts import Counts, publish
from lawvault.proof.source import Claim
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.law import PackLaw, corpus_of
from tests.agent.conftest import TODAY


@pytest.fixture
def law(content):
    return PackLaw(content, ContentLookup(content))


def test_a_question_is_read_with_the_laws_and_places_of_the_pack(law):
    asked = law.asked("广东的示例劳动法第九条去年怎么规定？", TODAY)

    assert asked.citations == ("示例劳动法第九条",)
    assert asked.as_of.year == TODAY.year - 1
    assert set(asked.regions) <= set(law.regions())


def test_a_pack_tells_which_law_it_is_and_a_changed_one_another(content, tmp_path):
    corpus = corpus_of(content)
    (tmp_path / FILE).write_bytes((content.folder / FILE).read_bytes())
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE articles SET content = content || '。'")

    assert corpus.as_of == TODAY
    assert corpus.pack == content.folder.name
    assert corpus.articles == content.size
    assert len(corpus.sha256) == 64
    assert corpus_of(Content(tmp_path)).sha256 != corpus.sha256


def test_a_sealed_pack_is_known_by_its_manifest(content, tmp_path):
    def work(folder):
        (folder / FILE).write_bytes((content.folder / FILE).read_bytes())
        return Counts(rows_in=1, rows_out=1)

    sealed = publish(tmp_path, "pack-1", work, about={})

    assert corpus_of(Content(sealed)) == replace(corpus_of(content), pack="pack-1")


def test_citations_and_links_are_those_of_a_local_library(law, library: LocalLibrary):
    asked = Asked(text="", as_of=TODAY)

    found = law.cited("示例劳动法第二十二条", TODAY)
    ids = [one.article_id for one in found]

    assert [one.article_number for one in found] == ["第二十二条"]
    assert law.links(ids, TODAY) == library._links(ids, asked)


def test_an_invented_provision_is_flagged(law):
    asked = Asked(text="", as_of=TODAY)

    verified = law.verify("依据《示例劳动法》第九千条，可以解除。", (), (), asked).verified

    assert "⚠【该法无此条】" in verified.markdown
    assert not verified.passed


def test_evidence_that_this_law_has_not_is_cited_and_supports_nothing(law):
    asked = Asked(text="", as_of=TODAY)
    found = law.cited("示例劳动法第九条至第十条", TODAY)
    here, there = [evidence_of(one, f"e{n}") for n, one in enumerate(found, 1)]
    there = replace(there, article_id="gone", article_number="第九百条")
    claim = Claim(text="可以解除。", evidence=("e2",))

    held = law.verify("可以解除[e2][e7]。", [claim], [here, there], asked)

    assert (held.gone, held.changed, held.corpus) == ((there,), (), law.corpus())
    assert "《中华人民共和国示例劳动法》第九百条⚠【该法无此条】" in held.verified.markdown
    assert [one.verdict for one in held.verified.claims] == ["uncited"]
    assert held.verified.removed == ("e7", "e2")


def test_an_article_of_another_law_leads_nowhere(law):
    ids = [one.article_id for one in law.cited("示例劳动法第二十二条", TODAY)]

    assert law.links(["gone", *ids], TODAY) == law.links(ids, TODAY) != []
