"""Dates that laws tell of themselves, in the words of real ones."""

import datetime
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.dates import effective_date_of, history_dates, read_day, repeals
from lawvault.law.numerals import DIGITS, to_chinese

DAYS = st.dates(datetime.date(1949, 10, 1), datetime.date(2099, 12, 31))
LAW = st.text(
    "本法自公布之日起施行年月日一二0１《》〈〉（）、，。；同时废止根据第条 \n", max_size=60
)
NATIONAL = {
    "宪法",
    "宪法相关法",
    "民法商法",
    "行政法",
    "经济法",
    "社会法",
    "刑法",
    "诉讼与非诉讼程序法",
}
LAWREFBOOK = Path(__file__).parents[2].parent / "shared" / "data" / "lawrefbook.tar.gz"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@given(DAYS, st.sampled_from("零〇○"))
def test_a_day_comes_back_from_every_way_to_write_it(date, zero):
    year, month, number = date.year, date.month, date.day
    chinese_year = "".join(DIGITS[int(digit)] for digit in str(year)).replace("零", zero)

    assert read_day(f"{year}年{month}月{number}日") == date
    assert read_day(f"{chinese_year}年{to_chinese(month)}月{to_chinese(number)}日") == date
    assert read_day(date.isoformat()) == date
    assert read_day(date.strftime("%Y%m%d")) == date
    assert read_day(f" {year} 年 {month} 月 {number} 日\n") == date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("２０２１年１月１日", "2021-01-01"),
        ("一九九○年十二月三十一日", "1990-12-31"),
        ("一九九0年一月一日", "1990-01-01"),
        ("2021.1.1", "2021-01-01"),
        ("2021/01/01", "2021-01-01"),
    ],
)
def test_a_day_is_read_as_laws_write_it(text, expected):
    assert read_day(text) == day(expected)


@pytest.mark.parametrize(
    "text",
    ["", "2021年", "2021年13月1日", "2023年2月29日", "0000-01-01", "2021-01/01", "自2021年1月1日",
     "2021年1月1日起", "二十一年一月一日", "2021年十十月1日", "202111"],
)  # fmt: skip
def test_what_is_not_one_day_is_refused(text):
    with pytest.raises(ValueError, match="not a day"):
        read_day(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "第一千二百六十条 本法自2021年1月1日起施行。《中华人民共和国婚姻法》同时废止。",
            "2021-01-01",
        ),
        ("第九十八条　本法自二〇〇八年一月一日起施行。", "2008-01-01"),
        ("本条例自 2020 年 5 月 1 日起实施。", "2020-05-01"),
        ("本规定从1990年1月1日起执行。", "1990-01-01"),
        ("本规则自2008年5月1日零时起施行。", "2008-05-01"),
        ("本条例经上海市人民代表大会常务委员会通过，自1995年3月1日起施行。", "1995-03-01"),
        ("本法（原称《中国人民解放军现役军官服役条例》）自1989年1月1日起施行。", "1989-01-01"),
        ("第二条 甲。\n自2021年1月1日起施行。", "2021-01-01"),
        ("（2008年4月17日最高人民法院公告公布 自2008年4月23日起施行）", "2008-04-23"),
        ("本办法自2001年1月1日起施行。\n本办法自2002年2月2日起施行。", "2002-02-02"),
    ],
)
def test_a_law_tells_from_when_it_is_in_effect(text, expected):
    assert effective_date_of(text) == day(expected)


@pytest.mark.parametrize(
    "text",
    ["本法自公布之日起施行。", "本条例自发布之日起施行，1982年发布的《甲》同时废止。",
     "六、本修正案自公布之日起施行。"],
)  # fmt: skip
def test_from_publication_on_is_the_day_of_publication(text):
    assert effective_date_of(text, day("2009-02-28")) == day("2009-02-28")
    assert effective_date_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "本法自通过之日起施行。",
        "本办法自公布之日起30日后施行。",
        "发明专利权自公告之日起生效。",
        "1998年1月1日起施行的《广州市流溪河流域管理规定》同时废止。",
        "自2006年7月1日起施行的《济南市燃气安全管理条例》同时废止。",
        "本补充安排第一条、第四条自2020年11月27日起施行，其他条款另行公布。",
        "本法自2021年2月30日起施行。",
    ],
)
def test_what_a_law_does_not_say_is_not_made_up(text):
    assert effective_date_of(text, day("2000-01-01")) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "本法自2021年1月1日起施行。《中华人民共和国婚姻法》、《中华人民共和国继承法》同时废止。",
            ["中华人民共和国婚姻法", "中华人民共和国继承法"],
        ),
        (
            "1986年7月3日国务院发布的《中华人民共和国注册会计师条例》同时废止。",
            ["中华人民共和国注册会计师条例"],
        ),
        (
            "1960年2月11日国务院批准、交通部发布的《机动车管理办法》，1988年3月9日国务院发布的"
            "《中华人民共和国道路交通管理条例》，1991年9月22日国务院发布的《道路交通事故处理办法》，"
            "同时废止。",
            ["机动车管理办法", "中华人民共和国道路交通管理条例", "道路交通事故处理办法"],
        ),
        ("本规定施行之日起，《甲解释》（法释〔2006〕11号）废止。", ["甲解释"]),
        ("《公务员法》施行之日起，《国家公务员暂行条例》废止。", ["国家公务员暂行条例"]),
        ("本法自公布之日起施行，《民事诉讼法（试行）》同时废止。", ["民事诉讼法（试行）"]),
        ("同时废止《甲条例》和《乙办法》。", ["甲条例", "乙办法"]),
        ("一、废止《甲条例》（1992年9月19日通过）", ["甲条例"]),
        ("废止下列地方性法规：《甲条例》、《乙条例》。", ["甲条例", "乙条例"]),
        (
            "1988年通过，根据1994年《关于修改〈甲〉的决定》修正的《山东省甲管理办法》同时废止。",
            ["山东省甲管理办法"],
        ),
        ("《浙江省实施〈气象法〉办法》同时废止。", ["浙江省实施〈气象法〉办法"]),
        ("《河南省《甲》实施办法》同时废止。", ["河南省《甲》实施办法"]),
    ],
)  # fmt: skip
def test_a_final_article_names_what_it_repeals(text, names):
    assert repeals(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1997年国务院发布的《反倾销和反补贴条例》中关于反倾销的规定同时废止。",
        "《甲条例》第三条同时废止。",
        "依照《立法法》的规定，与本法相抵触的规定同时废止。",
        "《国务院关于修改和废止部分行政法规的决定》修订",
        "需要修改、废止《甲条例》的，应当提出议案。",
        "《甲条例》废止前发生的行为，适用《甲条例》。",
        "被废止的《甲条例》",
        "《甲条例》不再废止。",
    ],
)
def test_what_is_not_repealed_as_a_whole_is_not_named(text):
    assert repeals(text) == []


def test_the_history_of_a_national_law_gives_its_days():
    history = history_dates(
        [
            "# 中华人民共和国公司法",
            "",
            "1993年12月29日 第八届全国人民代表大会常务委员会第五次会议通过",
            "1999年12月25日 第九届…《关于修改〈中华人民共和国公司法〉的决定》第一次修正",
            "2018年10月26日 第十三届…《关于修改〈中华人民共和国公司法〉的决定》第四次修正",
        ]
    )

    assert (history.adopted, history.published) == (day("1993-12-29"), None)
    assert history.version_date == day("2018-10-26")
    assert history.effective_date is None


def test_the_history_in_official_form_gives_the_same_days():
    history = history_dates(
        [
            "（1994年7月5日第八届全国人民代表大会常务委员会第八次会议通过　"
            "根据2009年8月27日第十一届全国人民代表大会常务委员会第十次会议"
            "《关于修改部分法律的决定》第一次修正　"
            "根据2018年12月29日第十三届全国人民代表大会常务委员会第七次会议"
            "《关于修改〈中华人民共和国劳动法〉等七部法律的决定》第二次修正）"
        ]
    )

    assert (history.adopted, history.version_date) == (day("1994-07-05"), day("2018-12-29"))


def test_publication_and_effect_are_told_from_adoption():
    history = history_dates(
        [
            "2015年10月21日 国务院第109次常务会议通过",
            "2015年11月26日 中华人民共和国国务院令第663号公布",
            "2016年1月1日 施行",
        ]
    )

    assert history.adopted == day("2015-10-21")
    assert history.published == history.version_date == day("2015-11-26")
    assert history.effective_date == day("2016-01-01")


@pytest.mark.parametrize(
    ("lines", "version", "effective"),
    [
        (["1983年12月25日 山东省人民代表大会常务委员会公告公布施行"], "1983-12-25", "1983-12-25"),
        (["1985年7月6日 林业部公布", "公布之日施行"], "1985-07-06", "1985-07-06"),
        (["2008年11月27日 公告公布自2009年1月1日施行"], "2008-11-27", "2009-01-01"),
        (["2006年4月1日 起生效）"], None, "2006-04-01"),
        (["2014年9月26", "日山东省人民代表大会常务委员会批准"], "2014-09-26", None),
        (["2001年3月１日 通过"], "2001-03-01", None),
        (["一九九五年三月二十六日"], "1995-03-26", None),
        (["2020年3月26日…批准的2020年1月14日…《关于修改的决定》修正"], "2020-03-26", None),
        (["2023年2月30日 通过", "2023年3月1日 批准"], "2023-03-01", None),
        (["# 2021年1月1日", "该攻略出自"], None, None),
        ([], None, None),
    ],
)
def test_histories_with_their_irregularities_are_read(lines, version, effective):
    history = history_dates(lines)

    assert history.version_date == (day(version) if version else None)
    assert history.effective_date == (day(effective) if effective else None)


@given(LAW | st.text(max_size=60))
def test_no_text_makes_the_readers_fail(text):
    effective_date_of(text, day("2000-01-01"))
    repeals(text)
    history_dates(text.splitlines())


@pytest.mark.skipif(not LAWREFBOOK.is_file(), reason="the collection is not beside the project")
def test_the_history_of_every_national_law_ends_on_the_day_that_its_file_is_named_by():
    days = list[tuple[datetime.date, datetime.date | None]]()
    with tarfile.open(LAWREFBOOK) as archive:
        for member in archive:
            named = re.search(r"\((\d{4}-\d{2}-\d{2})\)\.md$", member.name)
            if not named or not set(Path(member.name).parts) & NATIONAL:
                continue
            file = archive.extractfile(member)
            assert file is not None
            head = file.read().decode().partition("<!-- INFO END -->")[0]
            days.append((day(named[1]), history_dates(head.splitlines()).version_date))

    assert len(days) > 250
    assert [pair for pair in days if pair[0] != pair[1]] == []
