"""Words of a pack: open at once, the same as an index made anew, and never those of another."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lawvault.errors import IntegrityError
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex
from lawvault.retrieve.lexical import FOLDER, KeywordIndex, LexicalIndex
from lawvault.serve.search.keywords import open_keywords
from lawvault.serve.search.searcher import Searcher

ROOT = Path(__file__).parents[3]
AT_ONCE = """
    import sys
    from pathlib import Path
    from lawvault.retrieve.dense import DenseIndex
    from lawvault.serve.search.keywords import open_keywords

    ids = DenseIndex(Path(sys.argv[1])).filterable.article_ids
    index = open_keywords(Path(sys.argv[1]), ids)
    print(len(index.search("离婚", 3)))
"""


def test_a_pack_finds_the_words_that_an_index_over_its_texts_finds(built):
    ids = DenseIndex(built.pack).filterable.article_ids
    rows = Content(built.pack).rows(ids)
    fresh = LexicalIndex([f"{row['law_name']} {row['content']}" for row in rows])

    index = open_keywords(built.pack, ids)

    for question in ("离婚", "家庭暴力", "子女抚养费"):  # words that no title holds
        found = {hit.article_id for hit in index.search(question, 100)}
        expected = KeywordIndex(ids, fresh).search(question, 100)
        assert found == {hit.article_id for hit in expected} != set()


def test_a_question_that_comes_before_the_dictionary_waits_for_it_and_is_answered(built):
    command = [sys.executable, "-c", textwrap.dedent(AT_ONCE), str(built.pack)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


def test_a_pack_without_words_is_not_served_and_says_what_to_run(built, tmp_path):
    pack = tmp_path / "pack"
    shutil.copytree(built.pack, pack)
    shutil.rmtree(pack / FOLDER)

    with pytest.raises(IntegrityError, match=r"no index of words; run `python -m jobs\.index`"):
        Searcher(built.model, pack)


def test_a_pack_with_the_words_of_another_is_not_served(built):
    ids = DenseIndex(built.pack).filterable.article_ids

    with pytest.raises(IntegrityError, match="over other articles"):
        open_keywords(built.pack, [*ids[:-1], "没有@/1"])
