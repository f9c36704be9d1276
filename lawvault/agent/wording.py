"""Everyday words and what statutes say for them: 老板 -> 用人单位, 开除 -> 解除劳动合同.

The table is `lawvault/data/everyday.txt`: an everyday word and what statutes say for it, by spaces;
the first of these can stand in its place.  A word alone stays as it is: 上市公司 is no 用人单位.
It was written from the language of statutes; made-up questions and our own dev questions showed
where it made nonsense of a sentence, and no other set of questions was looked at.
"""

import collections
import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from lawvault.retrieve.lexical import words_of

MAX_KEYWORDS = 12
MAX_READ, IN_COMMON = 10, 3
"""Articles that words in common are looked for in, and how many of them must hold a word."""

_NUMBER = re.compile("[零〇一二三四五六七八九十百千0-9]")
_ASKING = re.compile(
    "什么|怎么样?|怎样|怎么办|如何|多少|哪[些个]|可以|能够|是否|能否|应该|需要|请问|[我你他]们|自己|没有"
    "|[这那]个|一个|因为|所以|但是|如果|现在|还有|以及|并且|或者|知道|办法|问题|情况|要求|算不算"
)


def statute_words(text: str) -> tuple[str, ...]:
    """Return what statutes say for the everyday words of a text, in its order.

    >>> statute_words("老板把我开除了")
    ('用人单位', '解除劳动合同')
    """
    found = [word for part in _parts(text) for word in _meant(part)]
    return tuple(dict.fromkeys(found))


def in_statute_language(text: str) -> str:
    """Return a text with its everyday words in the language of statutes.

    >>> in_statute_language("老板把我开除了")
    '用人单位把我解除劳动合同了'
    """
    return "".join(next(iter(_meant(part)), part) for part in _parts(text))


def keywords(text: str) -> tuple[str, ...]:
    """Return up to twelve words to look for: those of statutes first, then the text's own."""
    own = [word for word in words_of(text) if len(word) > 1 and not _ASKING.fullmatch(word)]
    return tuple(dict.fromkeys([*statute_words(text), *own]))[:MAX_KEYWORDS]


def meant(query: str) -> str:
    """Return the words of a query in whatever order it says them: the same words find the same.

    >>> meant("辞职 拖欠工资") == meant("拖欠工资，辞职")
    True
    """
    words = words_of(unicodedata.normalize("NFKC", query).casefold())
    return " ".join(sorted(words))


def words_in_common(articles: Sequence[str]) -> tuple[str, ...]:
    """Return up to twelve words that the best articles found share, the most frequent first.

    They are how statutes speak of what is asked, whatever words it was asked in.

    >>> words_in_common(["支付经济补偿", "经济补偿按年限支付", "不支付经济补偿的"])
    ('支付', '经济', '补偿')
    """
    count = collections.Counter(
        word
        for text in articles[:MAX_READ]
        for word in dict.fromkeys(words_of(text))
        if len(word) > 1 and not _NUMBER.search(word)
    )
    shared = [word for word, number in count.most_common() if number >= IN_COMMON]
    return tuple(shared[:MAX_KEYWORDS])


def _parts(text: str) -> Iterator[str]:
    """Yield a text in parts: words of the table and of statutes, the longest, and characters."""
    words, place = _words(), 0
    while place < len(text):
        known = words.get(text[place : place + 2], ())
        part = next((word for word in known if text.startswith(word, place)), text[place])
        yield part
        place += len(part)


def _meant(part: str) -> tuple[str, ...]:
    """Return a part in the language of statutes, nothing for what is to be left as it is."""
    return _table().get(part, (part,) if len(part) > 1 else ())


@functools.cache
def _table() -> Mapping[str, tuple[str, ...]]:
    text = resources.files("lawvault.data").joinpath("everyday.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()]
    return {everyday: tuple(statute) for everyday, *statute in lines}


@functools.cache
def _words() -> Mapping[str, Sequence[str]]:
    """Return everyday words and those of statutes by their first two characters, longest first."""
    found = collections.defaultdict[str, list[str]](list)
    statute = {word for meant in _table().values() for word in meant}
    for word in sorted({*_table(), *statute}, key=len, reverse=True):
        found[word[:2]].append(word)
    return found
