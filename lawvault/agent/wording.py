"""Words to search a question with: its own, those of statutes, those of what was found."""

import collections
import re
import unicodedata
from collections.abc import Sequence

from lawvault.retrieve.everyday import statute_words
from lawvault.retrieve.lexical import words_of

MAX_KEYWORDS = 12
MAX_READ, IN_COMMON = 10, 3
"""Articles that words in common are looked for in, and how many of them must hold a word."""

_NUMBER = re.compile("[零〇一二三四五六七八九十百千0-9]")
_ASKING = re.compile(
    "什么|怎么样?|怎样|怎么办|如何|多少|哪[些个]|可以|能够|是否|能否|应该|需要|请问|[我你他]们|自己|没有"
    "|[这那]个|一个|因为|所以|但是|如果|现在|还有|以及|并且|或者|知道|办法|问题|情况|要求|算不算"
)


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
