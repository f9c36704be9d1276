"""What an LLM wrote, made fit for use: no code fence around all of it, no endless repeats."""

import re

WINDOW = 640
"""Characters at the end of a text in which repeats are looked for."""

_REPEATED = re.compile(r"(.{8,150}?)\1{3,}.{0,150}?\Z", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\n(.*)\n```", re.DOTALL)


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
