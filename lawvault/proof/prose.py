"""The sentences of a report: where each stands, in which paragraph, under which heading.

Emphasis is for the eye: **3**年 is a period and 第**120**条 an article, so whoever reads figures or
addresses reads `unemphasised` text, which knows where its characters stood.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lawvault.law.text.quotation import quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """text[start:end]; sentences of one `block` stand in one paragraph or list under `heading`.

    What stands between semicolons is a sentence of its own here; `whole` is the end of all of it.
    A heading has a `level`, 1 the highest, and is alone in its block, under itself.
    """

    start: int
    end: int
    whole: int
    block: int
    heading: str
    level: int = 0


_BOLD_LEVEL = 7
_HEADING = re.compile(
    r"\s{0,3}(?:(?P<level>#{1,6})\s*(?P<marks>.+)|\*\*(?P<bold>[^*]{2,20})\*\*[:：]?\s*$)"
)
_STOP = re.compile(r"[。！？；!?;](?:[”’」』]*[）)]?)(?:（[^（）\n]*）)?")


def sentences(text: str, *, headings: bool = False) -> Iterator[Sentence]:
    """Yield the sentences of Markdown in order, with its headings only where they are asked for.

    Words in quotation marks are never cut, and brackets behind a full stop belong to the sentence
    before it.

    >>> text = "# 结论\\n甲：“一。二”乙。（丙）丁\\n\\n戊"
    >>> [(text[s.start : s.end], s.block, s.heading) for s in sentences(text)]
    [('甲：“一。二”乙。（丙）', 1, '结论'), ('丁', 1, '结论'), ('戊', 2, '结论')]
    """
    block, heading, start = 0, "", 0
    quoted = [(quote.start, quote.end) for quote in quotes(text)]
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        title = _HEADING.match(line)
        if title or not line.strip():
            heading = (title["marks"] or title["bold"]).strip() if title else heading
            block += 1
            if title and headings:
                yield _headed(title, start, block, heading)
                block += 1
        else:
            for begin, stop, whole in _cut(text, start, end, quoted):
                yield Sentence(start=begin, end=stop, whole=whole, block=block, heading=heading)
        start = end


def _headed(title: re.Match[str], at: int, block: int, heading: str) -> Sentence:
    name = "marks" if title["marks"] else "bold"
    start = at + title.start(name)
    end = start + len(title[name].rstrip())
    level = len(title["level"] or "") or _BOLD_LEVEL
    return Sentence(start=start, end=end, whole=end, block=block, heading=heading, level=level)


def _cut(
    text: str, start: int, end: int, quoted: list[tuple[int, int]]
) -> Iterator[tuple[int, int, int]]:
    """Yield start and end of the parts of one line, and where the whole sentence ends."""
    inside = [span for span in quoted if span[0] < end and start < span[1]]
    stops = [
        match
        for match in _STOP.finditer(text, start, end)
        if not any(first < match.start() < last - 2 for first, last in inside)
    ]
    full = [match.end() for match in stops if match[0][0] not in "；;"]
    for stop in [*(match.end() for match in stops), end]:
        words = text[start:stop]
        if words.strip():
            lead = len(words) - len(words.lstrip())
            whole = next((place for place in full if place >= stop), end)
            yield start + lead, start + len(words.rstrip()), whole
        start = stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Unemphasised:
    """A text without marks of emphasis; `places` are where its characters stood."""

    text: str
    places: Sequence[int]

    def stood(self, start: int, end: int) -> tuple[int, int]:
        """Return where text[start:end], which is not empty, stood in the text with its marks."""
        return self.places[start], self.places[end - 1] + 1


_EMPHASIS = re.compile(
    r"(?<![\\*`])(?P<mark>\*{1,3}|`)(?=[^\s*`])[^*`\n]*[^\s*`\\](?P=mark)(?![*`])"
)
_NESTED = 3  # a bound, so that no text makes it go over itself again and again
_LINE_HEAD = re.compile(r"[ \t\u3000]*(?:#{1,6}[ \t]*)?$")


def unemphasised(text: str) -> Unemphasised:
    """Return Markdown without the marks of **strong**, *emphasised* and `code` words.

    Those that make a heading stay: alone in their line, or around 第N条 where a line begins.

    >>> bare = unemphasised("时效为**3**年，8000*3*2")
    >>> bare.text, bare.stood(3, 5)
    ('时效为3年，8000*3*2', (5, 9))
    """
    places: Sequence[int] = range(len(text))
    for _ in range(_NESTED):
        marks = [span for match in _EMPHASIS.finditer(text) for span in _marks(match)]
        if not marks:
            break
        gone = {at for start, end in marks for at in range(start, end)}
        kept = [at for at in range(len(text)) if at not in gone]
        text, places = "".join(text[at] for at in kept), [places[at] for at in kept]
    return Unemphasised(text=text, places=places)


def _marks(match: re.Match[str]) -> list[tuple[int, int]]:
    """Return where the two marks of emphasis stand, none if they are no such marks here."""
    text, (start, end) = match.string, match.span()
    inner = start + len(match["mark"]), end - len(match["mark"])
    line = text.rfind("\n", 0, start) + 1
    if match["mark"] == "*" and (text[start - 1 : start] + text[end : end + 1]).isdigit():
        return []  # 8000*3*2 is a product
    if _LINE_HEAD.match(text[line:start]) and text[inner[0]] == "第":
        return []
    if _HEADING.match(text[line:].partition("\n")[0]) and text[line:start].strip() == "":
        return []
    return [(start, inner[0]), (inner[1], end)]
