"""Which article of the old version is which of the new one."""

from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.align import Article, pair_articles

ARTICLES = st.lists(
    st.builds(
        Article,
        number=st.sampled_from("123456"),
        text=st.text("甲乙丙丁戊己", min_size=0, max_size=8),
    ),
    max_size=8,
)


def version(*texts: str) -> list[Article]:
    return [Article(number=str(place), text=text) for place, text in enumerate(texts, 1)]


@given(ARTICLES)
def test_a_version_is_paired_with_itself_one_to_one(articles):
    assert {i for i, _ in pair_articles(articles, articles)} == set(range(len(articles)))
    assert all(articles[i] == articles[j] for i, j in pair_articles(articles, articles))


@given(ARTICLES, ARTICLES)
def test_no_article_is_paired_twice(old, new):
    pairs = pair_articles(old, new)

    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert pairs == sorted(pairs)


@given(ARTICLES, ARTICLES)
def test_the_same_article_under_the_same_number_is_never_paired_with_another(old, new):
    for i, j in pair_articles(old, new):
        if old[i] in new and new.count(old[i]) >= old.count(old[i]):
            assert new[j] == old[i]


def test_the_same_number_decides_between_articles_that_are_as_like():
    old = version("应当自收到申请之日起三十日内作出决定")
    new = [
        Article(number="8", text="应当自收到申请之日起二十日内作出决定"),
        Article(number="1", text="应当自收到申请之日起四十日内作出决定"),
    ]

    assert pair_articles(old, new) == [(0, 1)]


def test_alike_articles_are_paired_in_the_order_of_the_law():
    old = version("违反第二条的处警告并处罚款", "违反第四条的处警告并处罚款")
    new = version("总则新增内容", "违反第三条的处警告并处罚款", "违反第五条的处警告并处罚款")

    assert pair_articles(old, new) == [(0, 1), (1, 2)]


def test_an_article_that_was_moved_and_changed_a_little_is_still_found():
    moved = "经营者应当向消费者出具发票等购货凭证或者服务单据"
    old = version(moved, "子丑寅卯辰巳", "午未申酉戌亥")
    new = version("子丑寅卯辰巳", "午未申酉戌亥", moved + "不得拒绝")

    assert pair_articles(old, new) == [(0, 2), (1, 0), (2, 1)]


def test_an_article_with_nothing_in_common_is_not_paired_though_its_number_is_the_same():
    assert pair_articles(version("甲乙丙丁戊己"), version("子丑寅卯辰巳")) == []
