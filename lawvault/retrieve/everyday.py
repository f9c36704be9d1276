"""Words of life and what statutes say for them: 老板 -> 用人单位, 炒鱿鱼 -> 解除劳动合同.

The table is `lawvault/data/everyday.txt`: an everyday word and wordings of statutes, by blanks.  A
word alone means nothing else: 上市公司 is no 用人单位, and in 取保证金 nobody is 取保.

It was written law by law, from the articles in force; the train part of the shipped questions
showed where an entry made nonsense of a sentence, or led elsewhere.  What it gains was measured on
dev questions, which nobody who wrote it had seen (docs/log.md).
"""

import collections
import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources


def statute_words(text: str) -> tuple[str, ...]:
    """Return what statutes say for the everyday words of a text and it does not, in its order.

    >>> statute_words("老板把我炒鱿鱼了")
    ('用人单位', '解除劳动合同')
    """
    plain = _plain(text)
    found = [word for part in _parts(plain) for word in _table().get(part, ())]
    return tuple(dict.fromkeys(word for word in found if _plain(word) not in plain))


def with_statute_words(text: str) -> str:
    """Return a text and, behind it, what statutes say for its everyday words.

    >>> with_statute_words("老板把我炒鱿鱼了")
    '老板把我炒鱿鱼了 用人单位 解除劳动合同'
    """
    return " ".join([text, *statute_words(text)])


def _plain(text: str) -> str:
    """Return a text in one width and case: ＡＩ and ai are AI."""
    return unicodedata.normalize("NFKC", text).upper()


def _parts(text: str) -> Iterator[str]:
    """Yield the words of the table and of statutes in a text, the longest at each place."""
    words, place = _words(), 0
    while place < len(text):
        known = words.get(text[place : place + 2], ())
        part = next((word for word in known if text.startswith(word, place)), "")
        if part:
            yield part
        place += len(part) or 1


@functools.cache
def _table() -> Mapping[str, tuple[str, ...]]:
    text = resources.files("lawvault.data").joinpath("everyday.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()]
    return {_plain(everyday): tuple(statute) for everyday, *statute in lines}


@functools.cache
def _words() -> Mapping[str, Sequence[str]]:
    """Return everyday words and those of statutes by their first two characters, longest first."""
    found = collections.defaultdict[str, list[str]](list)
    statute = {_plain(word) for meant in _table().values() for word in meant}
    for word in sorted({*_table(), *statute}, key=len, reverse=True):
        found[word[:2]].append(word)
    return found
