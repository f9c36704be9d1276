"""The text of an HTML page: one paragraph a line, as a reader of the page sees it.

A paragraph ends where a block element begins or ends, and at <br>.  White space is folded as
browsers do it; the full-width space is no white space.  Scripts, styles and titles of the page are
not its text.
"""

import collections
import re
from html.parser import HTMLParser

from lawvault.ingest.readers.extracted import MAX_TEXT_CHARS, Extracted, counted, row_lines


def html_text(markup: str) -> Extracted:
    """Return the text of a page, and notes on what was left out.

    Raises:
        ValueError: the page is cut off, an element that hides its text never ends, a character
            reference means none, or the page passes the limit of length.

    >>> html_text("<h1>婚姻法</h1><p>第一条　<b>为了</b>&hellip;<br>第二款").text
    '婚姻法\\n第一条　为了…\\n第二款'
    """
    if len(markup) > MAX_TEXT_CHARS:
        raise ValueError(f"more than {MAX_TEXT_CHARS} characters of HTML")
    if _CUT_TAG.search(markup, markup.rfind(">") + 1):
        raise ValueError("the page ends inside a tag: it is cut off; get it again")
    page = _Page()
    page.feed(markup)
    page.close()
    return Extracted(text=page.finish(), notes=page.notes())


_DROPPED = {"script", "style", "noscript", "template", "title", "del"}
_BLOCKS = frozenset(
    [
        *("html", "head", "body", "p", "div", "section", "article", "header", "footer", "main"),
        *("nav", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
        *("caption", "blockquote", "pre", "form", "fieldset", "address", "hr", "figure"),
        *("figcaption", "center"),
    ]
)
_LOST = {
    "img": "picture",
    "iframe": "embedded document",
    "object": "embedded document",
    "embed": "embedded document",
    "del": "deletion",
}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CUT_TAG = re.compile(r"<[A-Za-z/!?]")


class _Table:
    """A table that is open, or (the outermost) the page: lines, and the row being read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.cells: list[list[str]] | None = None
        self.cell: list[str] | None = None

    def take(self, line: str) -> None:
        if self.cell is None:
            self.end_row()  # words between two cells belong to neither
            self.lines.append(line)
        else:
            self.cell.append(line)

    def end_cell(self) -> None:
        if self.cell is not None and self.cells is not None:
            self.cells.append(self.cell)
        self.cell = None

    def end_row(self) -> None:
        self.end_cell()
        if self.cells:
            self.lines += row_lines(self.cells)
        self.cells = None


class _Page(HTMLParser):
    """Takes the tags of a page and keeps its text; nesting costs list entries, not stack."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._tables = [_Table()]
        self._words: list[str] = []
        self._dropping = ""
        self._num_open = 0  # elements of the name that is dropped
        self._dropped_at = 0
        self._num_pre = 0
        self._counts: collections.Counter[str] = collections.Counter()

    def finish(self) -> str:
        """Return the whole text."""
        if self._dropping:
            raise ValueError(
                f"<{self._dropping}> of line {self._dropped_at} never ends, so all text after it "
                "would be lost"
            )
        while len(self._tables) > 1:
            self._end_table()
        self._end_line()
        self._tables[0].end_row()
        return "\n".join(self._tables[0].lines)

    def notes(self) -> list[str]:
        """Return what was left out."""
        return [f"{counted(number, thing)} left out" for thing, number in self._counts.items()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            self._num_open += tag == self._dropping
            return
        if tag in _LOST:
            self._counts[_LOST[tag]] += 1
        if tag in _DROPPED:
            self._dropping, self._num_open, self._dropped_at = tag, 1, self.getpos()[0]
        elif tag in _BLOCKS or tag == "br":
            self._end_line()
            self._num_pre += tag == "pre"
        else:
            self._open_table_part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take <br/>; on other elements HTML does not know the slash."""
        self.handle_starttag(tag, attrs)

    def parse_comment(self, i: int, report: bool = True) -> int:
        """Skip a comment that begins at `i`; the standard one takes quadratic time without end."""
        return self._past("-->", i)

    def parse_html_declaration(self, i: int) -> int:
        """Skip <!…> that begins at `i`; the standard one fails on what Word writes, <![if …]>."""
        return self._past(">", i)

    def _past(self, mark: str, start: int) -> int:
        end = self.rawdata.find(mark, start + 2)
        if end < 0:
            raise ValueError(f"line {self.getpos()[0]}: a comment begins and never ends")
        return end + len(mark)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._num_open -= tag == self._dropping
            if not self._num_open:
                self._dropping = ""
            return
        if tag in _BLOCKS or tag == "br":
            self._end_line()
            self._num_pre -= tag == "pre" and self._num_pre > 0
        else:
            self._close_table_part(tag)

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        if "\ufffd" in data:
            raise ValueError(
                f"line {self.getpos()[0]}: U+FFFD, or a character reference that means none"
            )
        if not self._num_pre:
            self._words.append(data)
            return
        first, *others = data.split("\n")
        self._words.append(first)
        for line in others:
            self._end_line()
            self._words.append(line)

    def _end_line(self) -> None:
        line = _SPACE.sub(" ", "".join(self._words)).strip(" ")
        self._words = []
        if line.strip():
            self._tables[-1].take(line)

    def _open_table_part(self, tag: str) -> None:
        if tag not in ("table", "tr", "td", "th"):
            return
        self._end_line()
        if tag == "table":
            self._tables.append(_Table())
            return
        table = self._tables[-1]
        if tag == "tr" or table.cells is None:
            table.end_row()
            table.cells = []
        if tag != "tr":
            table.end_cell()
            table.cell = []

    def _close_table_part(self, tag: str) -> None:
        if tag not in ("table", "tr", "td", "th"):
            return
        self._end_line()
        if tag == "tr":
            self._tables[-1].end_row()
        elif tag != "table":
            self._tables[-1].end_cell()
        elif len(self._tables) > 1:
            self._end_table()

    def _end_table(self) -> None:
        self._end_line()
        table = self._tables.pop()
        table.end_row()
        for line in table.lines:
            self._tables[-1].take(line)
