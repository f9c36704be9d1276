"""What an LLM said, made fit for use: inert single lines, known evidence ids.

An article or the question may have told it to say anything; so nothing it says is used as it came.
"""

import re
from collections.abc import Collection, Iterable

from lawvault.proof.marking import inert

_ID = re.compile(r"[\[［【(（]?\s*[eE](\d{1,4})\s*[\]］】)）]?")


def line(text: str, limit: int) -> str:
    """Return a text as one inert line of at most `limit` characters.

    >>> line(" 甲\\n 乙<b>丙", 9)
    '甲 乙&lt;b>'
    """
    return " ".join(inert(text[: 4 * limit]).split())[:limit].strip()


def lines(texts: Iterable[str], limit: int, most: int, *, but: Iterable[str] = ()) -> list[str]:
    """Return up to `most` different lines, without empty ones and those that `but` holds.

    >>> lines(["甲乙", "甲，乙。", "", "丙"], 9, 5, but=["丙？"])
    ['甲乙']
    """
    found, seen = list[str](), {key(text) for text in but} | {""}
    for text in texts:
        words = line(text, limit)
        if key(words) not in seen and len(found) < most:
            seen.add(key(words))
            found.append(words)
    return found


def key(text: str) -> str:
    """Return what makes two texts the same: letters and digits alone."""
    return re.sub(r"[\W_]+", "", text).casefold()


def evidence_ids(said: Iterable[str], known: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the ids that are known, once each, and those that are not, as they were said.

    >>> evidence_ids(["e1", "[E1]", "e9", "第三条"], ["e1"])
    (['e1'], ['e9', '第三条'])
    """
    kept, unknown = list[str](), list[str]()
    for word in said:
        match = _ID.fullmatch(word.strip())
        name = f"e{int(match[1])}" if match else line(word, 20)
        (kept if name in known else unknown).append(name)
    return list(dict.fromkeys(kept)), unknown
