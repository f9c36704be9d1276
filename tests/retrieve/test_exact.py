"""Exact search: provisions and laws that a query names are found, and nothing is guessed."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.retrieve.content import Content
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.exact import LONGEST_READ, Exact
from lawvault.retrieve.laws import ContentLookup
from lawvault.retrieve.once import OnceRead
from tests.clock import least_seconds
from tests.law_pack import AS_OF, law_pack

LAWS_KEPT = (
    "民法典",
    "刑法",
    "劳动法",
    "劳动合同法",
    "公司法",
    "治安管理处罚法",
    "消费者权益保护法",
    "仲裁法",
)
SHARING = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Eight laws with all their versions; of the other national laws only that they exist."""
    return Content(law_pack(tmp_path_factory.mktemp("pack"), LAWS_KEPT))


@pytest.fixture(scope="module")
def exact(content: Content) -> Exact:
    return Exact(content, ContentLookup(content))


NAMED = {
    "民法典585条": ["民法典/585"],
    "《民法典》第585条": ["民法典/585"],
    "《民法典》第一千零七十七条": ["民法典/1077"],
    "违反治安管理处罚法第十二条": ["治安管理处罚法/12"],
    "劳动法第四十四条、第四十五条和劳动合同法第三十条": ["劳动法/44", "劳动法/45", "劳动合同法/30"],
    "刑法第一百三十三条之一": ["刑法/133-1"],
    "劳动合同法第三条至第五条": ["劳动合同法/3", "劳动合同法/4", "劳动合同法/5"],
    "消法 55条": ["消费者权益保护法/55"],
    "中华人民共和国劳动合同法第38条": ["劳动合同法/38"],
    "请问民法典第五百八十五条的内容是什么？": ["民法典/585"],
    "民法典第1077条是什么意思": ["民法典/1077"],
    "劳动合同法第三十八条规定了什么情形": ["劳动合同法/38"],
    "请解释劳动合同法38条啊": ["劳动合同法/38"],
    "民法典585": ["民法典/585"],
}


def plain(article_id: str) -> str:
    law, _, place = article_id.partition("@")
    return f"{law}/{place.partition('/')[2]}"


@pytest.mark.parametrize("query", NAMED)
def test_what_a_query_names_is_found_in_its_order(exact, query):
    named = exact.find(query, AS_OF)

    assert [plain(one.article_id) for one in named.found] == NAMED[query]
    assert named.is_all
    assert named.notes == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("劳动合同法第三十八条第一款第二项", "（二）未及时足额支付劳动报酬的；"),
        ("《公司法》第二十条第二款", "国家鼓励公司参与社会公益活动，公布社会责任报告。"),
    ],
)
def test_the_words_of_a_part_are_shown(exact, content, query, words):
    (found,) = exact.find(query, AS_OF).found
    (row,) = content.rows([found.article_id])
    ((start, end),) = found.spans

    assert str(row["content"])[start:end] == words


def test_parts_of_one_article_are_one_hit_with_two_spans(exact):
    (found,) = exact.find("《公司法》第二十条第一款、第二款", AS_OF).found

    assert len(found.spans) == 2


@pytest.mark.parametrize(
    "query", ["劳动合同法", "《劳动合同法》", "查一下劳动合同法全文", " 劳动合同法。"]
)
def test_the_name_of_a_law_lists_its_articles_from_the_first(exact, query):
    named = exact.find(query, AS_OF)

    assert [plain(one.article_id) for one in named.found[:3]] == [
        "劳动合同法/1",
        "劳动合同法/2",
        "劳动合同法/3",
    ]
    assert len(named.found) == 98
    assert named.is_all


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("《公司法》第二十条第三款", "no_such_paragraph"),
        ("民法典第九千条", "no_such_article"),
        ("刑法第十条第百款", "no_such_paragraph"),
        ("第十条之三", "no_law_named"),
        ("依照本法第一百零三条", "no_law_named"),
        ("《不存在法》第三条", "no_such_law"),
        ("合同法第五十二条", "no_text"),
        ("民事诉讼法", "no_text"),
        ("1254条", "no_law_named"),
        ("1254条第一款是什么", "no_law_named"),
    ],
)
def test_what_is_not_there_is_told_and_never_replaced(exact, query, problem):
    named = exact.find(query, AS_OF)

    assert named.found == []
    assert named.notes[0].problem == problem
    assert any("\u4e00" <= letter <= "\u9fff" for letter in named.notes[0].reason)


def test_a_place_of_an_older_version_is_a_candidate_only(exact):
    (note,) = exact.find("《仲裁法》第十条第三款", AS_OF).notes

    assert note.candidates == ("仲裁法@2017-09-01/10",)
    assert note.words == "《仲裁法》第十条第三款"


def test_the_version_is_that_of_the_day(exact):
    (found,) = exact.find("《仲裁法》第十条第三款", datetime.date(2020, 1, 1)).found

    assert found.article_id == "仲裁法@2017-09-01/10"


def test_a_text_that_was_not_in_force_on_the_day_is_said_to_be_of_another(exact):
    named = exact.find("劳动法第50条", datetime.date(1990, 1, 1))

    assert [one.in_force for one in named.found] == [False]
    assert "2018-12-29" in named.notes[0].reason
    assert named.notes[0].laws == ("劳动法@2018-12-29",)
    assert exact.find("劳动法第50条", AS_OF).found[0].in_force


def test_a_repealed_law_is_said_to_be_repealed(exact):
    problems = [note.problem for note in exact.find("合同法第五十二条", AS_OF).notes]

    assert "not_in_force" in problems


@pytest.mark.parametrize(
    "query", ["违约金过高，民法典585条能调整吗", "公司拖欠工资", "", "《》", "规定"]
)
def test_a_question_is_more_than_what_it_names(exact, query):
    assert not exact.find(query, AS_OF).is_all


@SHARING
@given(st.text(alphabet="民法典刑第五百八十条款项《》、之一 585的是什么或", max_size=40))
def test_any_words_are_answered_without_an_error_and_with_articles_that_exist(
    exact, content, query
):
    named = exact.find(query, AS_OF)

    ids = [one.article_id for one in named.found]
    assert len(set(ids)) == len(ids)
    assert len(content.rows(ids)) == len(ids)


@pytest.mark.parametrize("query", ["的" * 20_000, "民" * 20_000, "第一条" * 5000, "《" * 20_000])
def test_a_long_text_is_read_in_time(exact, query):
    assert not exact.find(query, AS_OF).is_all


FEW_RANGES = "".join(f"第{n}条到第{1260 - n}条，" for n in range(1, 150))
HOSTILE = {
    "one range again and again": "民法典第1条到第1260条，" * 140,
    "ranges that differ": f"民法典{FEW_RANGES}",
    "ranges that have no end": FEW_RANGES.replace("到第", "到第1").replace("第", "民法典第"),
    "one article again and again": "民法典第一条" * 330,
    "no law": "第一条、" * 500,
    "laws that do not exist": "".join(f"《{n}法》第一条" for n in range(300)),
    "parts that do not exist": "".join(f"民法典第{n}条第九款" for n in range(1, 200)),
    "laws": "民法典和刑法和公司法和劳动法和仲裁法、" * 100,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_a_query_names_it_is_answered_in_time(exact, kind):
    query = HOSTILE[kind][:LONGEST_READ]

    assert least_seconds(lambda: exact.find(query, AS_OF), below=0.5) < 0.5
    assert len(exact.find(query, AS_OF).notes) <= 51


def test_a_range_that_is_named_twice_is_looked_up_once_and_what_is_left_out_is_told(exact):
    twice = exact.find("民法典第1条到第1260条，民法典第1条到第1260条", AS_OF)
    more = exact.find("民法典第1条到第1260条，民法典第1条到第1259条，刑法第一条", AS_OF)

    assert (len(twice.found), twice.notes) == (1260, [])
    assert [note.problem for note in more.notes] == ["more_than_shown"]


def test_many_articles_of_a_version_are_those_that_one_by_one_are_found(exact, content):
    lookup = ContentLookup(content)
    once = OnceRead(content, lookup)
    addresses = [Address(number=n) for n in [*range(1, 40), 9000]]

    for address in addresses:
        row = content.article("刑法@2020-12-26", address.article or "")
        assert once.article_id("刑法@2020-12-26", address) == (row["article_id"] if row else "")
        assert once.content("刑法@2020-12-26", address) == (row["content"] if row else None)


def test_the_versions_in_force_on_a_day_are_those_that_search_can_find(content):
    editions = Editions(content)

    today = editions.on(AS_OF)
    before = editions.on(datetime.date(2020, 1, 1))

    assert {law_id.partition("@")[0] for law_id in today.law_ids} == set(LAWS_KEPT)
    assert "仲裁法@2017-09-01" not in before.law_ids  # search has only the text of today
    assert "劳动合同法@2012-12-28" in before.law_ids
    assert before.missing > 0
    assert editions.on(datetime.date.min).law_ids == ()


def test_a_range_that_ends_beyond_the_law_says_where_it_ends_and_offers_what_there_is(exact):
    (note,) = exact.find("劳动法第100条-第120条", AS_OF).notes

    assert "第一百零八条" in note.reason
    assert [one.split("/")[-1] for one in note.candidates] == [str(n) for n in range(100, 108)]
