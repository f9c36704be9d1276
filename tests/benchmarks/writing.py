"""Measure how long a draft of about 200 pages with 500 citations takes to become a .docx.

    python -m tests.benchmarks.writing PACK

PACK is a folder of `index`; its articles are what the draft cites and quotes.  The pages are those
of GB/T 9704: 22 lines of 28 characters.  Every citation is checked, gets a footnote with its proof
and a row in 引用法条核验表.  In this process, the best of three for each step and for the whole.
"""

import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from lawvault.law.names import short_name
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.writer.citations.citing import cite, texts_of, with_citations
from lawvault.writer.docx.write import to_docx
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.profiles import profile

PAGES, CITATIONS, SEED = 200, 500, 17
CHARACTERS = PAGES * 22 * 28
PROSE = "甲公司主张双方已就价款达成一致，乙公司对此不予认可，并称合同的附件从未交付给它。"
T = TypeVar("T")


def draft(content: Content) -> str:
    """Return Markdown of that length, its citations spread evenly."""
    rows = [row for row in content.articles_with("应当", "", limit=2000) if row["in_corpus"]]
    random.Random(SEED).shuffle(rows)
    lines = ["# 法律意见书"]
    each = CHARACTERS // CITATIONS
    for number, row in enumerate(itertools.islice(itertools.cycle(rows), CITATIONS)):
        if number % 20 == 0:
            lines.append(f"## 第{number // 20 + 1}部分")
        words = str(row["content"]).split("\n")[0][:80]
        name = short_name(str(row["law_name"]))
        cited = f"《{name}》{row['article_number']}规定：“{words}”"
        lines.append(cited + PROSE * max(1, (each - len(cited)) // len(PROSE)))
    return "\n\n".join(lines)


class Watch:
    """Adds up what each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[[], T]) -> T:
        """Do the work and note its time."""
        start = time.perf_counter()
        done = work()
        self.seconds[step] = time.perf_counter() - start
        return done


def once(markdown: str, content: Content, lookup: ContentLookup) -> tuple[dict[str, float], str]:
    """Return what each step took, in seconds, and what came of it in words."""
    watch, as_of = Watch(), content.as_of
    document = watch("read Markdown", lambda: read_markdown(markdown).document)
    texts = texts_of(document)
    cited = watch(
        "check citations",
        lambda: [cite(text, content, lookup=lookup, as_of=as_of) for text in texts],
    )
    told = watch("tell them", lambda: with_citations(document, cited))
    data = watch("write .docx", lambda: to_docx(told, profile("gbt9704")).data)
    good = sum(row.verdict == "verified" for row in told.checked)
    about = f"{len(told.notes)} footnotes, {good} of {len(told.checked)} rows verified"
    return watch.seconds, f"{about}, {len(data) / 1e3:.0f} kB"


def lines(pack: Path) -> Iterator[str]:
    """Yield the table."""
    content = Content(pack)
    lookup = ContentLookup(content)
    markdown = draft(content)
    runs = [once(markdown, content, lookup) for _ in range(3)]
    yield f"{len(markdown)} characters, {runs[0][1]}"
    for step in runs[0][0]:
        yield f"  {step:18} {min(seconds[step] for seconds, _ in runs):6.2f} s"
    yield f"  {'the whole':18} {min(sum(seconds.values()) for seconds, _ in runs):6.2f} s"


if __name__ == "__main__":
    for line in lines(Path(sys.argv[1])):
        sys.stdout.write(f"{line}\n")
