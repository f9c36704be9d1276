"""Measure how long a .docx of about 200 pages with 500 footnotes takes to write.

    python -m tests.benchmarks.writing

Best of five, in this process, per profile.  The pages are those of GB/T 9704: 22 lines of 28
characters; every footnote carries its proof and has its row in 引用法条核验表.
"""

import sys
import time

from lawvault.writer.document import (
    Checked,
    Document,
    Footnote,
    Heading,
    NoteRef,
    Paragraph,
    Provenance,
    Text,
)
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import profile

PAGES, NOTES = 200, 500
SENTENCE = (
    "约定的违约金过分高于造成的损失的，人民法院或者仲裁机构可以根据当事人的请求予以适当减少。"
)
CHARACTERS = PAGES * 22 * 28


def document() -> Document:
    """Return a document of that many characters, its footnotes spread evenly."""
    blocks: list[Heading | Paragraph] = []
    provenance = Provenance(
        article_id="585",
        law_id="民法典",
        law_name="中华人民共和国民法典",
        version_date="2020-05-28",
        address="第五百八十五条第二款",
        text=SENTENCE,
        start=0,
        end=len(SENTENCE),
        sha256="0" * 64,
        status="现行有效",
        effective_date="2021-01-01",
    )
    for number in range(CHARACTERS // (2 * len(SENTENCE))):
        if number % 20 == 0:
            blocks.append(Heading(level=1, content=(Text(text="一、违约金"),)))
        words = (Text(text=SENTENCE), NoteRef(id=str(number)), Text(text=SENTENCE, bold=True))
        blocks.append(Paragraph(content=words if number < NOTES else (words[0], words[2])))
    note = Footnote(
        content=(Text(text=f"《民法典》第五百八十五条：“{SENTENCE}”"),), provenance=provenance
    )
    row = Checked(citation="《民法典》第五百八十五条", verdict="verified", provenance=provenance)
    notes = {str(number): note for number in range(NOTES)}
    return Document(title="法律意见书", blocks=tuple(blocks), notes=notes, checked=(row,) * NOTES)


def main() -> None:
    """Print one line per profile."""
    written = document()
    for name in ("gbt9704", "lawfirm", "court"):
        seconds, size = [], 0
        for _ in range(5):
            start = time.perf_counter()
            size = len(to_docx(written, profile(name)).data)
            seconds.append(time.perf_counter() - start)
        sys.stdout.write(f"{name}: {min(seconds):.2f} s, {size / 1e3:.0f} kB\n")


if __name__ == "__main__":
    main()
