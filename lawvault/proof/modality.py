"""不得, 应当, 可以 and their denials, held against what a provision orders in the same words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lawvault.law.normal import normalise
from lawvault.proof.aligned import cases

CLAUSE = re.compile(r"[，,。；;：:！？\n（）()]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """text[start:end] says `said` where the law says `law`, nothing if it is a denial put in."""

    start: int
    end: int
    said: str
    law: str


_MODALS = {
    "不应当": "禁",
    "无须": "免",
    "无需": "免",
    "不必": "免",
    "不需要": "免",
    "不得": "禁",
    "应当": "须",
    "必须": "须",
    "可以": "可",
    "有权": "可",
    "无权": "禁",
}
_MODAL = re.compile("|".join(_MODALS))
_BEFORE, _AFTER, _MIN_CONTEXT, _LONG = 4, 10, 6, 8


def flips(plain: str, sources: Sequence[str]) -> Iterator[Flip]:
    """Yield 不得 and the like, where a provision has the words around it with another of them.

    `plain` is a sentence without names of laws.
    """
    laws = [plain_of(source) for source in sources]
    for match in _MODAL.finditer(plain):
        law = _flipped(plain, match, laws) or _swapped(plain, match, sources)
        if law:
            yield Flip(start=match.start(), end=match.end(), said=match[0], law=law)
    yield from _denied(plain, [law.replace(",", "") for law in laws])


def _flipped(text: str, match: re.Match[str], laws: Sequence[str]) -> str:
    before, after = around(text, *match.span())
    said = match[0]
    if _in_any(before + said + after, laws):
        return ""
    others = [modal for modal, sense in _MODALS.items() if sense != _MODALS[said]]
    if len(before) + len(after) >= _MIN_CONTEXT:
        found = [modal for modal in others if _in_any(before + modal + after, laws)]
        if found:
            return found[0]
    turned = {"应当": "可以", "可以": "应当"}.get(said)
    if not turned or len(after) < _LONG or _in_any(said + after, laws):
        return ""
    return turned if _in_any(turned + after, laws) else ""


def _swapped(text: str, match: re.Match[str], sources: Sequence[str]) -> str:
    """Return what the law orders on the conditions of a sentence, where it orders another thing."""
    *conditions, lead = map(plain_of, CLAUSE.split(text[: match.start()]))
    rest = plain_of(CLAUSE.split(text[match.end() :])[0])
    conditions = [words for words in conditions if not _CITES.fullmatch(words)]
    if not conditions or not conditions[-1].endswith("的") or len(lead + rest) < _MIN_ORDER:
        return ""
    conditions[-1] = conditions[-1][:-1]
    if len("".join(conditions)) < _LONG:
        return ""
    others = [modal for modal, sense in _MODALS.items() if sense != _MODALS[match[0]]]
    found = [case for source in sources for case in cases(source)]
    known = [case.plain for case in found]
    own = [case.plain for case in found if case.follows(conditions)]
    if any(lead + match[0] + rest in case for case in own):
        return ""
    for modal in others:
        if any(lead + modal + rest in case for case in own):
            return modal
    if not any(lead + match[0] + rest in case for case in known):
        return ""
    modals = [modal for case in own for modal in _MODAL.findall(case)]
    alike = any(_MODALS[modal] == _MODALS[match[0]] for modal in modals)
    return "" if alike or not modals else modals[0]


_CITES = re.compile("(?:根据|依据|依照|按照|按|依|见)?(?:规定)?")
_MIN_ORDER = 4


_NOT = re.compile("不(?!得|应当|需要|必|满|足|超过|低于)|没(?=有)")
_SUPPOSES = re.compile(r"(?:的|时|者|后)$|^(?:如|若|倘|假|除)|[否吗]")


def _denied(text: str, laws: Sequence[str]) -> Iterator[Flip]:
    """Yield 不 and 没 that stand in a last clause whose other words are all the law's."""
    for match in _NOT.finditer(text):
        before = CLAUSE.split(text[: match.start()])[-1].strip("　 ")
        after = CLAUSE.split(text[match.end() :])[0]
        goes_on = text[match.end() + len(after) :].startswith(("，", ",", "：", ":"))
        after = after.rstrip("　 ")
        supposes = goes_on or _SUPPOSES.search(before + match[0] + after)
        if supposes or (match[0] == "不" and not before):
            continue
        words, denied = plain_of(before + after), plain_of(before + match[0] + after)
        if len(words) <= _MIN_CONTEXT or _in_any(denied, laws) or not _ordered(words, laws):
            continue
        yield Flip(start=match.start(), end=match.end(), said=match[0], law="")


def _ordered(words: str, laws: Sequence[str]) -> bool:
    """Say whether a sentence of a law ends with words: they are no condition there."""
    return any(
        law.endswith(words) or _in_any(words + stop, [law]) for law in laws for stop in "。;"
    )


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return a few characters of the clause before and after text[start:end], in normal form."""
    before = CLAUSE.split(text[max(0, start - _BEFORE) : start])[-1]
    after = CLAUSE.split(text[end : end + _AFTER])[0]
    return plain_of(before), plain_of(after)


def _in_any(words: str, laws: Sequence[str]) -> bool:
    return any(words in law for law in laws)


@lru_cache(1024)
def plain_of(text: str) -> str:
    """Return a text in normal form."""
    return normalise(text).text
