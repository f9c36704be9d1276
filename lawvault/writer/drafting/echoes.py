"""What of an LLM's answer is none: it went on into the next turn, or copied what it was shown.

A model whose server has no chat template for it writes the marks of one into its text, and then
plays the other side, too.
"""

import re

_MARK = re.compile(
    r"<\|(?:im_(?:start|end)|end(?:oftext)?|eo[tm]_id|user|assistant|system)\|>"
    r"|<(?:start|end)_of_turn>|</s>|\[/?INST\]"
)
_FENCE = re.compile("[<＜]{2}资料 ")  # as we write it, and as we show it again
_LONGEST = 20  # characters of a mark
_LEAST = 6  # letters of a line that is a copy and no chance; of a heading fewer
_LEAST_OF_HEADING = 2
_GRAM = 8  # letters in a row that our prompts share with no document by chance
_FEW = 2  # so many of them are needed
_GAPS = re.compile(r"\n{3,}")


def own_turn(text: str, *, since: int = 0) -> str:
    """Return what an LLM said before the first mark of a chat template.

    Args:
        text: what it said.
        since: a place up to which it is known to hold no mark.

    >>> own_turn("好的。<|im_end|>\\n<|im_start|>user\\n再写")
    '好的。'
    """
    mark = _MARK.search(text, max(0, since - _LONGEST))
    return text[: mark.start()] if mark else text


def without_fences(text: str, fence: str) -> str:
    """Return a text without the lines that stand around data in our prompt.

    >>> without_fences("<<资料 k7：事实>>\\n甲\\n<<资料 k7 完>>\\n乙", "k7")
    '甲\\n乙'
    """
    lines = text.split("\n")
    return "\n".join(one for one in lines if f"资料 {fence}" not in one and not _FENCE.search(one))


def without_copies(text: str, *, prompt: str, around: str) -> str:
    """Return a text without its lines that are copies, rows of tables apart.

    Args:
        text: what an LLM said.
        prompt: our own words; a line that says about the same is a copy, too.
        around: what stands in the document already.

    >>> said = "# 律师函\\n对方应当付款。\\n请写这一节的正文。"
    >>> without_copies(said, prompt="请写这一节的正文。", around="律师函")
    '对方应当付款。'
    """
    known = {_letters(line) for line in f"{prompt}\n{around}".split("\n")}
    ours = set(_grams(_letters(prompt)))
    lines = text.split("\n")
    kept = [line for line in lines if not _is_copy(line, known, ours)]
    if len(kept) == len(lines):
        return text
    return _GAPS.sub("\n\n", "\n".join(kept)).strip()


def _is_copy(line: str, known: set[str], ours: set[str]) -> bool:
    letters, start = _letters(line), line.lstrip()
    least = _LEAST_OF_HEADING if start.startswith("#") else _LEAST
    if len(letters) < least or start.startswith("|"):
        return False
    grams = _grams(letters)
    return letters in known or _are_mostly(grams, ours)


def _are_mostly(grams: list[str], ours: set[str]) -> bool:
    found = sum(gram in ours for gram in grams)
    return found >= _FEW and 2 * found > len(grams)


def _grams(letters: str) -> list[str]:
    return [letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1)]


def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, line))
