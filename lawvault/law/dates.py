"""Dates that laws tell of themselves: when passed, amended, in effect, and what they repeal.

Read from the final article (本法自2021年1月1日起施行), and from the history that stands under the
title (1994年7月5日第八届…通过　根据2018年12月29日…第二次修正).  What is not said is None: a date is
never worked out from another, but for 自公布之日起施行.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lawvault.law.numerals import to_int

_YEAR = "[0-9０-９]{4}|[一二三四五六七八九零〇○0０]{4}"
_NUMBER = "[0-9０-９]{1,2}|[一二三四五六七八九十]{1,3}"
_DAY = rf"(?:{_YEAR})年(?:{_NUMBER})月(?:{_NUMBER})日"
_PARTS = re.compile(rf"({_YEAR})年({_NUMBER})月({_NUMBER})日")
_FIGURES = re.compile(r"([0-9]{4})(?:([-./])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{2})([0-9]{2}))")


def read_day(text: str) -> datetime.date:
    """Return the day that `text` is.

    Raises:
        ValueError: it is not one day, and nothing but a day.

    >>> read_day("二〇〇八年一月一日") == read_day("2008 年 1 月 1 日") == read_day("20080101")
    True
    """
    plain = "".join(text.split())
    match = _PARTS.fullmatch(plain) or _FIGURES.fullmatch(plain)
    if not match:
        raise ValueError(f"not a day: {text[:80]!r}")
    numbers = [group for group in match.groups() if group and group not in "-./"]
    try:
        year, month, day = map(to_int, numbers)
        return datetime.date(year, month, day)
    except ValueError as error:
        raise ValueError(f"not a day: {text[:80]!r}") from error


def _days(text: str) -> list[tuple[re.Match[str], datetime.date]]:
    """Return the days in a text without white space; what looks like one and is none is left."""
    found = []
    for match in _PARTS.finditer(text):
        try:
            found.append((match, read_day(match[0])))
        except ValueError:  # 2月30日, a slip of the source
            continue
    return found


_IN_EFFECT = "(?:正式)?(?:施行|实施|生效|执行|试行)"
_SUBJECT = "本[^，。；的第（]{1,12}(?:（[^）]*）)?(?:[^。；第]{0,60}?[，、])?"
_EFFECTIVE = re.compile(
    rf"(?:{_SUBJECT}|(?<![^。；（])|(?<=通过)|(?<=公布))(?:自|从|于)"
    rf"(?:(?P<day>{_DAY})(?:[零0-9]+时)?|(?P<published>(?:公布|发布|颁布|印发)之日))"
    rf"起{_IN_EFFECT}(?!的|之)"
)


def effective_date_of(text: str, publish_date: datetime.date | None = None) -> datetime.date | None:
    """Return from when a law says it is in effect, or None if it does not say a day.

    The last such sentence counts.  自公布之日起施行 is `publish_date`.  A term after that day
    (公布之日起三十日后) and the day of adoption (通过之日) are no day told here.

    >>> effective_date_of("第一百零七条 本法自2008年1月1日起施行。")
    datetime.date(2008, 1, 1)
    """
    matches = list(_EFFECTIVE.finditer("".join(text.split())))
    if not matches:
        return None
    day = matches[-1]["day"]
    try:
        return read_day(day) if day else publish_date
    except ValueError:  # 2月30日
        return None


_NAME = re.compile("《([^《》]*(?:《[^《》]*》[^《》]*)*)》(?:（[^（）]*）)?")
_REPEALED = re.compile(
    "(?<![或和未不被再])(?<!或者)(?<!改、)(?<!定、)(?<!止、)废止(?![前后之的日])"
)
_NAMES_FOLLOW = re.compile(
    "(?:(?:下列|以下)[^＊，]{0,12}[：:])?(?:[（(]?[0-9一二三四五六七八九十]+[）).、]+)?＊"
)
_NOT_BEFORE = re.compile("(?:依照|根据|按照|依据|违反|适用|按|依)(?:中华人民共和国)?$")
_NOT_AFTER = re.compile(
    "第|中|的|等|规定|有关|关于|施行|实施|修正|修订|修改|通过|决定|批准|同时施行|公布|发布"
)


def repeals(text: str) -> list[str]:
    """Return the names of the laws that a law says are repealed, in order, without 《》.

    Laws of which only parts are repealed (《…》第三条, 《…》中有关…的规定) are not among them.  A
    name may be the law's own: that of the text that it replaces.

    >>> repeals("本法自公布之日起施行。1988年发布的《甲条例》和《乙办法》同时废止。")
    ['甲条例', '乙办法']
    """
    names = list[str]()
    for sentence in _sentences("".join(text.split())):
        plain = _NAME.sub(lambda match: "＊" * len(match[0]), sentence)
        for verb in _REPEALED.finditer(plain):
            names += _repealed_by(sentence, plain, verb)
    return list(dict.fromkeys(names))


def _sentences(text: str) -> list[str]:
    return re.split("[。；;]", text)


def _repealed_by(sentence: str, plain: str, verb: re.Match[str]) -> Iterator[str]:
    """Yield the names before 废止, or right after it (同时废止《…》、《…》)."""
    after = _NAMES_FOLLOW.match(plain, verb.end())
    for match in _NAME.finditer(sentence):
        if (match.start() >= verb.end()) != bool(after):
            continue
        if _NOT_BEFORE.search(sentence[: match.start()]):
            continue
        if not _NOT_AFTER.match(sentence, match.end()):
            yield match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Days of a law's history: `adopted` and `published` of its first text.

    `version_date` is the last day on which the text was passed, amended, approved or published;
    `effective_date` the last 施行 that the history names, often that of the first text.
    """

    adopted: datetime.date | None = None
    published: datetime.date | None = None
    version_date: datetime.date | None = None
    effective_date: datetime.date | None = None


_TAKES_EFFECT = re.compile(rf"(?:[零0-9]+时)?起?{_IN_EFFECT}")
_PUBLISHED = re.compile("公布|发布|颁布|公告|印发|令")
_FROM_THEN_ON = re.compile("(?:公布|发布|颁布)(?:之日起?)?(?:施行|实施)")


def history_dates(lines: Iterable[str]) -> History:
    """Return the days in the lines between a law's title and its text; lines with # are titles.

    >>> history_dates(["1999年12月25日 通过", "2018年12月29日 第四次修正"]).version_date
    datetime.date(2018, 12, 29)
    """
    text = "".join("".join(line.split()) for line in lines if not line.lstrip().startswith("#"))
    found = _days(text)
    ends = [*(match.start() for match, _ in found), len(text)][1:]
    events, published, effective = list[datetime.date](), None, None
    for (match, day), end in zip(found, ends, strict=True):
        words = _NAME.sub("", text[match.end() : end])
        if _TAKES_EFFECT.match(words):
            effective = day
            continue
        events.append(day)
        if _PUBLISHED.search(words):
            published = published or day
        if _FROM_THEN_ON.search(words):
            effective = day
    return History(
        adopted=events[0] if events else None,
        published=published,
        version_date=max(events, default=None),
        effective_date=effective,
    )
