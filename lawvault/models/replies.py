"""What an LLM wrote, made fit for use: no code fence around all of it, no endless repeats."""

import re

WINDOW = 640
"""Characters at the end of a text in which repeats are looked for."""

_SHORT, _TIMES, _LEAST, _MARKS = 32, 20, 96, 600
"""A short unit is of up to so many characters; so many times, and so many characters in all, make
it endless; so many where it has no word, since rules and blanks may be long."""

_REPEATED = re.compile(r"(.{8,150}?)\1{3,}.{0,150}?\Z", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\n(.*)\n```", re.DOTALL)

_TEMPLATE = re.compile(
    r"(?:<\|[^<>|\s]{1,40}\|>|<｜[^<>｜\s]{1,40}｜>|</?s>|<(?:start|end)_of_(?:turn|text)>"
    r"|<(?:bos|eos|eod|eot|pad|unk|sep|cls)>|<<?/?SYS>>?|\[/?INST\]|\[(?:gMASK|sMASK|EOS|BOS|PAD)\])"
    r"(?:\s*(?:system|user|assistant|model|tool)\b)?"
)
_OTHER_TURN = re.compile(
    r"(?:<\|im_start\|>|<start_of_turn>|<\|start_header_id\|>)\s*(?:user|system)\b"
    r"|<[|｜](?:[Uu]ser|[Ss]ystem)[|｜]>|\[INST\]"
)
_MAY_BE_TEMPLATE = re.compile(r"(?:<[|｜/<a-zA-Z][^<>\s]{0,40}|[<\[]|\[/?[a-zA-Z]{1,5})\Z")
_MAY_BE_ROLE = re.compile(r"\s*[a-z]{0,9}\Z")


def unfenced(text: str) -> str:
    """Return Markdown without a code fence around all of it.

    >>> unfenced("```markdown\\n## 结论\\n```")
    '## 结论'
    """
    match = _FENCED.fullmatch(text.strip())
    return match[1].strip() if match else text


def without_marks(text: str) -> str:
    """Return a text without the marks of chat templates, which models say by mistake.

    >>> without_marks("<|im_start|>assistant\\n好的<end_of_turn>")
    '\\n好的'
    """
    return _TEMPLATE.sub("", text)


def says_something(text: str, *, is_whole: bool) -> bool:
    """Say whether there is a word in a text beside marks of chat templates, in its own turn.

    A model that plays the other side before it has said a word has said nothing.

    Args:
        is_whole: nothing follows; else what may be the beginning of a mark is no word yet.

    >>> says_something("<|im_e", is_whole=False), says_something("<|im_e", is_whole=True)
    (False, True)
    """
    if not is_whole:
        text = _MAY_BE_TEMPLATE.sub("", text)
        last = [*_TEMPLATE.finditer(text)][-1:]
        if last and _MAY_BE_ROLE.match(text, last[0].end()):
            text = text[: last[0].end()]
    return any(map(str.isalnum, without_marks(_OTHER_TURN.split(text, maxsplit=1)[0])))


def before_repeats(text: str) -> str | None:
    """Return a text up to what it says for the second time of four or more, None if it doesn't.

    Few words must be said more often.  Rules, blanks and other rows of mere marks are no repeats
    unless they fill the window; equal rows of a table never are, unless they say much.
    """
    start = max(0, len(text) - WINDOW)
    match = _REPEATED.search(text, start)
    if match is None or len({char for char in match[1] if char.isalnum()}) < 4:
        return _before_short(text)
    return text[: match.end(1)]


def _before_short(text: str) -> str | None:
    """Return a text up to the end of the first of many short units that fill its end."""
    for length in range(1, _SHORT + 1):
        start = _periodic_from(text, length)
        unit = text[start : start + length]
        least = max(_LEAST, _TIMES * length) if any(map(str.isalnum, unit)) else _MARKS
        if len(text) - start >= least and "|" not in unit:
            return text[: start + length]
    return None


def _periodic_from(text: str, length: int) -> int:
    """Return from where to its end a text repeats what stands `length` characters before."""
    start, least = len(text) - length, max(0, len(text) - WINDOW)
    while start > least and text[start - 1] == text[start - 1 + length]:
        start -= 1
    return max(0, start)
