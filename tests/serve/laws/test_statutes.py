"""Laws as a service over a real content.db of national law: a few laws, all their versions."""

import datetime
from pathlib import Path

import pytest

from lawvault.retrieve.content import FILE
from lawvault.serve.contract import ApiError
from lawvault.serve.laws import contract as wire
from lawvault.serve.laws import mentions as law_mentions
from lawvault.serve.laws import statutes
from lawvault.serve.laws.pages import contents_of, labels_for, text_of
from lawvault.serve.laws.statutes import Statutes
from tests.law_pack import AS_OF, KEPT, law_pack, statutes_of


@pytest.fixture(scope="module")
def laws(tmp_path_factory: pytest.TempPathFactory) -> Statutes:
    return statutes_of(law_pack(tmp_path_factory.mktemp("laws")))


def refusal(call, request) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call(request)
    return caught.value


def suggested(laws: Statutes, q: str, limit: int = 10) -> list[tuple[str, str]]:
    answer = laws.suggest(wire.SuggestRequest(q=q, limit=limit))
    return [(one.short_name, one.match) for one in answer.data]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("劳动合同法", ("劳动合同法", "name")),
        ("《中华人民共和国劳动合同法》", ("劳动合同法", "name")),
        ("民诉法", ("民事诉讼法", "alias")),
        ("民事诉", ("民事诉讼法", "prefix")),
        ("合同法", ("合同法", "name")),
        ("劳同法", ("劳动合同法", "characters")),
    ],
)
def test_the_best_suggestion_comes_first(laws: Statutes, q: str, first: tuple[str, str]) -> None:
    assert suggested(laws, q)[0] == first


def test_what_a_part_of_a_name_may_mean_is_a_list_and_each_law_stands_once_in_it(
    laws: Statutes,
) -> None:
    names = [name for name, _ in suggested(laws, "合同", limit=100)]

    assert {"劳动合同法", "合同法"} <= set(names)
    assert len(names) == len(set(names))


def test_the_limit_cuts_and_the_total_tells(laws: Statutes) -> None:
    answer = laws.suggest(wire.SuggestRequest(q="法", limit=3))

    assert len(answer.data) == 3
    assert answer.total > 100


def test_a_suggestion_says_whether_the_law_is_in_force_and_its_text_here(laws: Statutes) -> None:
    answer = laws.suggest(wire.SuggestRequest(q="合同法", limit=1))

    (repealed,) = answer.data
    assert (repealed.status, repealed.has_text) == ("已废止", False)
    assert (repealed.validity.in_force, repealed.validity.status) == (False, "已废止")
    assert (answer.as_of, answer.corpus_as_of) == (AS_OF, AS_OF)


def test_nothing_like_it_suggests_nothing(laws: Statutes) -> None:
    assert suggested(laws, "%_'; DROP TABLE laws; --") == []
    assert suggested(laws, "\0") == []


@pytest.mark.parametrize(
    "law",
    [
        "劳动合同法@2012-12-28",
        "中华人民共和国劳动合同法@2012-12-28",
        "劳动合同法",
        "中华人民共和国劳动合同法",
        "《劳动合同法》",
        " 劳动合同法 ",
    ],
)
def test_a_law_is_found_by_id_and_by_any_form_of_its_name(laws: Statutes, law: str) -> None:
    answer = laws.law(wire.LawRequest(law=law))

    assert answer.law.law_id == "劳动合同法@2012-12-28"
    assert answer.validity.in_force


def test_contents_are_chapters_and_sections_with_all_articles(laws: Statutes) -> None:
    root = laws.law(wire.LawRequest(law="劳动合同法")).contents

    assert [heading.title for heading in root.children][:2] == [
        "第一章 总则",
        "第二章 劳动合同的订立",
    ]
    special = next(heading for heading in root.children if heading.children)
    assert {heading.kind for heading in special.children} == {"section"}
    assert root.children[0].articles[0].article_id == "劳动合同法@2012-12-28/1"
    assert len(_all(root)) == 98


def _all(heading: wire.Heading) -> list[wire.ArticleLabel]:
    below = [article for child in heading.children for article in _all(child)]
    return [*heading.articles, *below]


def test_parts_and_subparts_are_headings_above_chapters() -> None:
    def row(number: int, **headings: str) -> dict[str, object]:
        given = {"part": None, "chapter": None, "section": None} | headings
        label = {"article_id": str(number), "article_number": f"第{number}条", "number": number}
        return {**given, **label, "content": "文"}

    rows = [
        row(0),
        row(1, part="物权编 第一分编 通则", chapter="第一章 一般"),
        row(2, part="物权编 第一分编 通则", chapter="第二章 登记", section="第一节 甲"),
        row(3, part="物权编 第二分编 所有权", chapter="第一章 一般"),
    ]
    root = contents_of("民法", rows)
    text, spans = text_of("民法", rows)

    assert [article.article_id for article in root.articles] == ["0"]
    (part,) = root.children
    assert [(below.kind, below.title) for below in part.children] == [
        ("subpart", "第一分编 通则"),
        ("subpart", "第二分编 所有权"),
    ]
    assert [article.article_id for article in _all(root)] == ["0", "1", "2", "3"]
    assert text.split("\n") == [
        *("民法", "第0条\u3000文", "物权编", "第一分编 通则", "第一章 一般", "第1条\u3000文"),
        *("第二章 登记", "第一节 甲", "第2条\u3000文"),
        *("第二分编 所有权", "第一章 一般", "第3条\u3000文"),
    ]
    assert {text[span.start : span.end] for span in spans} == {"文"}


def test_the_day_picks_the_version_of_a_name_and_not_that_of_an_id(laws: Statutes) -> None:
    day = datetime.date(2024, 1, 1)

    by_name = laws.law(wire.LawRequest(law="仲裁法", as_of=day))
    by_id = laws.law(wire.LawRequest(law="仲裁法@2025-09-12", as_of=day))

    assert (by_name.law.law_id, by_name.validity.in_force) == ("仲裁法@2017-09-01", True)
    assert (by_id.law.law_id, by_id.validity.status) == ("仲裁法@2025-09-12", "尚未生效")
    assert (by_name.as_of, by_name.corpus_as_of) == (day, AS_OF)


def test_an_old_version_is_known_as_such(laws: Statutes) -> None:
    answer = laws.law(wire.LawRequest(law="仲裁法@2017-09-01"))

    assert (answer.validity.in_force, answer.validity.status) == (False, "已被修改")
    assert [law.law_id for law in answer.versions] == ["仲裁法@2017-09-01", "仲裁法@2025-09-12"]


def test_an_unknown_law_is_refused_with_those_of_similar_name(laws: Statutes) -> None:
    error = refusal(laws.law, wire.LawRequest(law="劳动合同管理法"))

    assert (error.status, error.code) == (404, "law_not_found")
    assert "劳动合同法" in error.message


def test_a_name_of_several_laws_is_refused_with_all_of_them(laws: Statutes) -> None:
    laws._lookup.catalogue.add("劳动两法", "劳动法")
    laws._lookup.catalogue.add("劳动两法", "劳动合同法")

    error = refusal(laws.text, wire.TextRequest(law="劳动两法"))

    assert (error.status, error.code) == (409, "ambiguous_law")
    assert "劳动合同法、劳动法" in error.message


def test_a_version_that_does_not_exist_is_refused_with_those_that_do(laws: Statutes) -> None:
    error = refusal(laws.law, wire.LawRequest(law="仲裁法@1999-01-01"))

    assert (error.status, error.code) == (404, "law_not_found")
    assert "2017-09-01、2025-09-12" in error.message


def test_the_text_holds_every_article_where_it_says(laws: Statutes) -> None:
    answer = laws.text(wire.TextRequest(law="民法典"))

    assert answer.text.startswith(
        "中华人民共和国民法典\n第一编 总则\n第一章 基本规定\n第一条　为了保护"
    )
    assert len(answer.articles) == 1260
    for span in (answer.articles[0], answer.articles[584], answer.articles[-1]):
        number = span.article_number
        article = laws.article(wire.ArticleRequest(law="民法典", number=number)).article
        assert answer.text[span.start : span.end] == article.content


def test_a_text_brings_the_references_of_its_articles_if_they_are_asked_for(laws: Statutes) -> None:
    answer = laws.text(wire.TextRequest(law="劳动合同法", with_references=True))

    span = next(one for one in answer.articles if one.article_number == "第四十六条")
    alone = laws.article(wire.ArticleRequest(law="劳动合同法", number="46"))
    assert span.references == alone.references.data
    assert span.references
    plain = laws.text(wire.TextRequest(law="劳动合同法"))
    assert {one.references for one in plain.articles} == {None}


def test_a_text_that_is_not_here_is_not_an_unknown_law(laws: Statutes) -> None:
    for call, request in (
        (laws.text, wire.TextRequest(law="合同法")),
        (laws.article, wire.ArticleRequest(law="合同法", number="52")),
        (laws.diff, wire.DiffRequest(law="合同法")),
    ):
        error = refusal(call, request)
        assert (error.status, error.code) == (404, "text_not_available")


@pytest.mark.parametrize(
    "number", ["133-1", "第一百三十三条之一", "第133条之一", "133之1", "１３３-１"]
)
def test_an_article_is_found_by_any_way_to_write_its_number(laws: Statutes, number: str) -> None:
    answer = laws.article(wire.ArticleRequest(law="刑法", number=number))

    assert answer.article.article_number == "第一百三十三条之一"
    assert answer.previous
    assert answer.previous.article_number == "第一百三十三条"
    assert answer.next
    assert answer.next.article_number == "第一百三十三条之二"


def test_an_article_comes_with_its_items_and_their_words(laws: Statutes) -> None:
    article = laws.article(wire.ArticleRequest(law="劳动合同法", number="38")).article

    second = article.parts[0].parts[1]
    assert (second.kind, second.number) == ("项", 2)
    assert article.content[second.start : second.end] == "（二）未及时足额支付劳动报酬的；"


def test_references_are_given_from_both_ends(laws: Statutes) -> None:
    source = laws.article(wire.ArticleRequest(law="劳动合同法", number="46"))
    target = laws.article(wire.ArticleRequest(law="劳动合同法", number="38"))

    outward = next(r for r in source.references.data if r.text == "本法第三十八条")
    assert outward.target_article_id == target.article.article_id
    inward = next(r for r in target.referred_by.data if r.article_number == "第四十六条")
    assert (inward.start, inward.end) == (outward.start, outward.end)
    assert source.article.content[inward.start : inward.end] == "本法第三十八条"
    assert target.referred_by.total >= len(target.referred_by.data)


def test_the_first_and_the_last_article_have_one_neighbour(laws: Statutes) -> None:
    first = laws.article(wire.ArticleRequest(law="劳动合同法", number="1"))
    last = laws.article(wire.ArticleRequest(law="劳动合同法", number="98"))

    assert (first.previous, last.next) == (None, None)


def test_an_article_that_does_not_exist_is_refused(laws: Statutes) -> None:
    error = refusal(laws.article, wire.ArticleRequest(law="劳动合同法", number="999"))

    assert (error.status, error.code) == (404, "article_not_found")
    assert "第九百九十九条" in error.message


@pytest.mark.parametrize(
    "number",
    ["", "abc", "0", "-1", "99999", "38-1之2", "38款", "第二款", "x" * 10_000, "\0", "😀"],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ApiError) as caught:
        labels_for(number)

    assert (caught.value.status, caught.value.code) == (400, "invalid_value")


def test_versions_come_oldest_first_with_the_one_of_the_day(laws: Statutes) -> None:
    answer = laws.versions(wire.LawRequest(law="仲裁法"))

    assert [law.version_date for law in answer.data] == ["2017-09-01", "2025-09-12"]
    assert answer.law.law_id == "仲裁法@2025-09-12"


def test_without_versions_the_two_newest_are_compared(laws: Statutes) -> None:
    answer = laws.diff(wire.DiffRequest(law="仲裁法"))

    assert (answer.old.version_date, answer.new.version_date) == ("2017-09-01", "2025-09-12")
    assert sum(answer.counts.values()) == len(answer.changes)
    changed = next(c for c in answer.changes if c.kind == "changed" and c.spans)
    assert changed.old
    assert changed.new
    run = changed.spans[0]
    assert changed.old.content[slice(*run.old)] != changed.new.content[slice(*run.new)]


def test_versions_to_compare_are_named_by_date_or_id_in_either_order(laws: Statutes) -> None:
    forth = laws.diff(wire.DiffRequest(law="仲裁法", old="2017-09-01", new="仲裁法@2025-09-12"))
    back = laws.diff(wire.DiffRequest(law="仲裁法", old="2025-09-12", new="2017-09-01"))
    same = laws.diff(wire.DiffRequest(law="仲裁法", old="2025-09-12", new="2025-09-12"))

    assert forth == laws.diff(wire.DiffRequest(law="仲裁法@2025-09-12"))
    assert back.counts["added"] == forth.counts["removed"]
    assert same.changes == []


@pytest.mark.parametrize("version", ["1999-01-01", "劳动法@2018-12-29", "昨天", "' OR 1=1 --"])
def test_a_version_to_compare_that_the_law_has_not_is_refused(laws: Statutes, version: str) -> None:
    error = refusal(laws.diff, wire.DiffRequest(law="仲裁法", old=version))

    assert (error.status, error.code, error.param) == (404, "version_not_found", "from")
    assert "2017-09-01" in error.message


def test_a_law_of_one_version_cannot_be_compared(laws: Statutes) -> None:
    error = refusal(laws.diff, wire.DiffRequest(law="民法典"))

    assert (error.status, error.code) == (404, "text_not_available")


def test_references_of_a_text_lead_to_the_words_meant(laws: Statutes) -> None:
    text = "依据《劳动合同法》第三十八条第一款第（二）项，和某法第三条"
    answer = laws.resolve(wire.ResolveRequest(text=text))

    found, unknown = answer.references
    (target,) = found.targets.data
    assert text[found.start : found.end] == found.text
    assert target.text == "（二）未及时足额支付劳动报酬的；"
    assert target.article_id == "劳动合同法@2012-12-28/38"
    assert unknown.problem in {"no_such_law", "no_law_named"}
    assert unknown.targets.total == 0


def test_inside_a_law_its_own_words_mean_it(laws: Statutes) -> None:
    inside = wire.Inside(law="刑法", article="第133条之1")
    answer = laws.resolve(
        wire.ResolveRequest(text="甲。\n依照前款和本法第三条的规定，前条不适用。", inside=inside)
    )

    targets = [one.targets.data[0].address for one in answer.references]
    assert targets == ["第一百三十三条之一第一款", "第三条", "第一百三十三条"]


def test_of_a_long_range_the_first_provisions_are_given_and_all_counted(laws: Statutes) -> None:
    answer = laws.resolve(wire.ResolveRequest(text="民法典第一条至第一百条"))

    (reference,) = answer.references
    assert reference.targets.total == 100
    assert len(reference.targets.data) == law_mentions.MAX_TARGETS


def test_words_beyond_the_limit_of_one_answer_are_left_out_and_said_so(
    laws: Statutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(law_mentions, "MAX_TEXT", 100)

    answer = laws.resolve(wire.ResolveRequest(text="民法典第一条至第十条"))

    texts = [target.text for target in answer.references[0].targets.data]
    assert texts[0] is not None
    assert None in texts
    assert answer.degraded == ["text_left_out"]


def test_more_references_than_one_text_may_have_are_refused(
    laws: Statutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statutes, "MAX_MENTIONS", 3)
    text = "民法典第一条，" * 4

    for call, request in (
        (laws.resolve, wire.ResolveRequest(text=text)),
        (laws.verify, wire.VerifyRequest(text=text)),
    ):
        assert refusal(call, request).code == "too_many_references"


def test_a_text_whose_ranges_span_too_many_articles_is_refused(laws: Statutes) -> None:
    text = "民法典第1条至第1260条规定“甲乙丙丁戊己庚辛”。" * 60

    for call, request in (
        (laws.resolve, wire.ResolveRequest(text=text)),
        (laws.verify, wire.VerifyRequest(text=text)),
    ):
        assert refusal(call, request).code == "too_many_references"


def test_citations_get_verdicts_and_the_text_passes_only_if_all_are_verified(
    laws: Statutes,
) -> None:
    good = "《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的”。"
    bad = "《劳动法》第三十八条规定：“未及时足额支付劳动报酬的”。"

    passed, failed = (laws.verify(wire.VerifyRequest(text=text)) for text in (good, good + bad))

    assert (passed.passed, passed.counts) == (True, {"verified": 1})
    assert (failed.passed, failed.counts) == (False, {"verified": 1, "wrong_article": 1})
    assert failed.citations[1].found.data[0].law == "劳动合同法"
    assert not laws.verify(wire.VerifyRequest(text="没有引用")).passed


def test_the_day_decides_about_a_citation(laws: Statutes) -> None:
    text, before = "《仲裁法》第九十六条", datetime.date(2026, 2, 28)

    assert laws.verify(wire.VerifyRequest(text=text)).passed
    assert laws.verify(wire.VerifyRequest(text=text, as_of=before)).counts == {"no_such_article": 1}


def test_quotations_beyond_the_limit_are_sought_in_the_law_cited_only(
    laws: Statutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "《劳动法》第三十八条规定：“未及时足额支付劳动报酬的”。"
    own = "《劳动合同法》第三十九条规定：“未及时足额支付劳动报酬的”。"
    monkeypatch.setattr(law_mentions, "MAX_SEARCHES", 0)

    answer = laws.verify(wire.VerifyRequest(text=text + own))

    assert [one.verdict for one in answer.citations] == ["quote_mismatch", "wrong_article"]
    assert answer.degraded == ["search_limited"]


def test_a_pack_that_is_gone_is_told_without_its_place(laws: Statutes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(laws._content._path.read_bytes())
    moved = statutes_of(tmp_path)
    (tmp_path / FILE).unlink()

    answer = moved.verify(wire.VerifyRequest(text="《劳动合同法》第三十八条"))

    assert (answer.passed, answer.counts) == (False, {"inconclusive": 1})
    assert answer.degraded == ["lookup_failed"]
    assert str(tmp_path) not in answer.model_dump_json()


def test_without_a_question_all_that_search_may_find_is_listed(laws: Statutes) -> None:
    found = laws.laws()

    assert {law.law_name.removeprefix("中华人民共和国") for law in found.data} == set(KEPT)
    assert all(law.articles > 0 for law in found.data)
