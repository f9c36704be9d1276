"""What an LLM said, made fit for use: inert single lines, known evidence ids, no endless repeats.

An article or the question may have told it to say anything; so nothing it says is used as it came.
"""

import re
from collections.abc import Collection, Iterable

from lawvault.proof.marking import inert

WINDOW = 640
"""Characters at the end of a text in which repeats are looked for."""

_REPEATED = re.compile(r"(.{8,150}?)\1{3,}.{0,150}?\Z", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\n(.*)\n```", re.DOTALL)
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


def unfenced(text: str) -> str:
    """Return Markdown without a code fence around all of it.

    >>> unfenced("```markdown\\n## 结论\\n```")
    '## 结论'
    """
    match = _FENCED.fullmatch(text.strip())
    return match[1].strip() if match else text


def before_repeats(text: str) -> str | None:
    """Return a text up to what it says for the second time of four or more, None if it doesn't.

    Lines of a table and other rows of mere marks are no repeats.
    """
    start = max(0, len(text) - WINDOW)
    match = _REPEATED.search(text, start)
    if match is None or len({char for char in match[1] if char.isalnum()}) < 4:
        return None
    return text[: match.end(1)]
