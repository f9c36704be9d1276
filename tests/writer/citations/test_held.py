"""Tests of lawvault.writer.citations.held: what became of provisions that a document carries."""

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.ingest.references import ReferenceIndex
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.schema import ARTICLES, LAWS, table_of
from lawvault.writer.citations.citing import cite
from lawvault.writer.citations.held import Held, held
from lawvault.writer.document import Provenance

THEN, NOW = datetime.date(2020, 6, 1), datetime.date(2026, 3, 2)
Law = tuple[Content, ContentLookup]

OLD = {
    1: "为了规范示例行为，制定本法。",
    2: "用人单位应当支付工资。\n工资每月至少支付一次，不得拖欠。",
    3: "试用期不得超过六个月。",
    4: "有下列情形之一的，可以解除合同：\n（一）严重违纪的；\n（二）丧失劳动能力的。",
    5: "劳动者应当遵守示例纪律并完成示例任务。",
    6: "本法自二〇一九年一月一日起施行。",
}
NEW = {
    1: "为了规范示例行为，制定本法。",
    2: "工资每月至少支付一次，不得拖欠。\n用人单位应当支付工资。",
    3: "用人单位应当为职工办理示例登记，并保存登记材料。",
    4: "试用期不得超过三个月。",
    5: "有下列情形之一的，可以解除合同：\n（一）严重违纪的；\n（二）丧失劳动能力的。",
    6: "本法自二〇二四年一月一日起施行。",
}


def rows(law: str, articles: dict[int, str], day: str, **more: str) -> list[dict[str, str]]:
    numbers = "零一二三四五六"
    about = {"law_name": law, "category": "法律", "region": "全国", "issuer": "示例机关"}
    days = {"publish_date": day, "effective_date": day, "version_date": day}
    return [
        about | days | {"article_number": f"第{numbers[n]}条", "content": words} | more
        for n, words in articles.items()
    ]


def law_of(folder: Path, lines: list[dict[str, str]]) -> Law:
    """Write a content.db of some rows and open it."""
    folder.mkdir()
    (folder / "law.jsonl").write_text(
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8"
    )
    corpus = corpus_of(merge([("toy", read_source(folder / "law.jsonl"))]), Filters(), as_of=NOW)
    assert corpus.rejects == []
    articles, laws = table_of(corpus.rows, ARTICLES), table_of(corpus.laws, LAWS)
    write_content_db(
        articles,
        folder / FILE,
        as_of=NOW,
        laws=laws,
        references=ReferenceIndex([articles], laws, NOW).rows(),
    )
    content = Content(folder)
    return content, ContentLookup(content)


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Law:
    return law_of(
        tmp_path_factory.mktemp("held") / "law",
        [
            *rows("中华人民共和国示例法", OLD, "2019-01-01"),
            *rows("中华人民共和国示例法", NEW, "2024-01-01"),
            *rows("示例旧办法", {1: "示例旧办法管一切旧事。"}, "2001-01-01", status="已废止"),
            *rows("示例新法", {1: "示例新法管一切新事。"}, "2027-01-01", status="尚未生效"),
        ],
    )


@pytest.fixture(scope="module")
def kept(law: Law) -> Callable[..., Provenance]:
    """What a document of 2020 carries for a citation."""
    content, lookup = law

    def provision(citation: str, day: datetime.date = THEN) -> Provenance:
        (one,) = cite(citation, content, lookup=lookup, as_of=day)
        assert one.targets, one
        return one.targets[0]

    return provision


@pytest.fixture(scope="module")
def now(law: Law) -> Callable[[Provenance], Held]:
    content, lookup = law
    return lambda provision: held([provision], content, lookup=lookup, as_of=NOW)[0]


def test_a_provision_of_the_version_in_force_is_unchanged(kept, now):
    assert now(kept("《示例法》第三条", NOW)) == Held(verdict="unchanged")


def test_the_same_words_in_a_newer_version_are_unchanged_and_it_is_told(kept, now):
    assert now(kept("《示例法》第一条")) == Held(
        verdict="unchanged", reason="该法现行2024年1月1日文本，此处文字未变"
    )


def test_words_that_moved_are_found_again(kept, now):
    article, paragraph = now(kept("《示例法》第四条")), now(kept("《示例法》第二条第一款"))
    item = now(kept("《示例法》第四条第一款第二项"))

    assert article.verdict == paragraph.verdict == item.verdict == "moved"
    assert article.reason == "内容未变，现为《中华人民共和国示例法》第五条"
    assert paragraph.now is not None
    assert paragraph.now.address == "第二条第二款"
    assert item.now is not None
    assert item.now.address == "第五条第一款第二项"


def test_an_amended_provision_is_told_with_its_new_words_and_where_they_differ(kept, now):
    old = kept("《示例法》第三条")

    found = now(old)

    assert found.verdict == "amended"
    assert found.reason == "已被2024年1月1日文本修改（2024年1月1日起施行），现为第四条"
    assert found.now is not None
    assert (old.text, found.now.text) == ("试用期不得超过六个月。", "试用期不得超过三个月。")
    (((a, b), (c, d)),) = found.changes
    assert (old.text[a:b], found.now.text[c:d]) == ("六", "三")


def test_a_provision_without_a_successor_is_removed(kept, now):
    found = now(kept("《示例法》第五条"))

    assert found.verdict == "removed"
    assert found.reason.endswith("现行文本中已无此内容")


def test_a_law_that_was_repealed_or_is_not_here_is_told(kept, now):
    gone = kept("《示例旧办法》第一条", NOW)

    assert now(gone) == Held(verdict="repealed", reason="该法已废止")
    assert now(replace(gone, law_name="从未有过的法")).verdict == "no_such_law"


def test_words_that_the_law_never_had_are_altered(kept, now):
    old = kept("《示例法》第三条", NOW)

    found = now(replace(old, text="用人单位可以不办理登记。"))

    assert found == Held(verdict="altered", reason="所附存证的文字不是该条原文")
    assert now(replace(old, address="第三款之七")).verdict == "altered"


def test_a_law_as_a_whole_stands_or_falls_with_its_validity(kept, now):
    assert now(kept("《示例法》", NOW)) == Held(verdict="unchanged")
    assert "2024年1月1日文本" in now(kept("《示例法》")).reason
    assert now(kept("《示例旧办法》", NOW)).verdict == "repealed"


def test_a_text_that_the_corpus_corrected_is_told_with_both_words(kept, now):
    old = kept("《示例法》第三条", NOW)

    found = now(replace(old, text="用人单位应当为职工办理示例登记。", sha256="0" * 64))

    assert (found.verdict, found.reason) == ("amended", "库中文字与存证不同")
    assert found.changes
