"""The sentences of a report: where each stands, in which paragraph, under which heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lawvault.law.text.quotation import quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """text[start:end]; sentences of one `block` stand in one paragraph or list under `heading`.

    What stands between semicolons is a sentence of its own here; `whole` is the end of all of it.
    """

    start: int
    end: int
    whole: int
    block: int
    heading: str


_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s*(?P<marks>.+)|\*\*(?P<bold>[^*]{2,20})\*\*[:：]?\s*$)")
_STOP = re.compile(r"[。！？；!?;](?:[”’」』]*[）)]?)(?:（[^（）\n]*）)?")


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of Markdown in order, without its headings.

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
        else:
            for begin, stop, whole in _cut(text, start, end, quoted):
                yield Sentence(start=begin, end=stop, whole=whole, block=block, heading=heading)
        start = end


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
