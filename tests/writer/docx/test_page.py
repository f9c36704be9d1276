"""The page as LibreOffice draws it: what a lawyer sees, measured."""

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from lawvault.writer.document import Footnote, NoteRef, Text
from lawvault.writer.docx.page import section
from lawvault.writer.docx.wml import W
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import MM, profile
from tests.writer.docx.sample import DOCUMENT, said

NAMES = ("gbt9704", "lawfirm", "court")
FULL = said("甲" * 28 * 50, align="left")
FOOTNOTES = "子丑寅"


@dataclass(frozen=True, kw_only=True)
class Word:
    """Some characters that stand together on a page; lengths in points, from the top left."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


def pdfs(folder, files):
    """Return the words of .docx files, by page, as one run of LibreOffice prints them."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    if not shutil.which("soffice"):
        pytest.skip("soffice is not installed (Debian: libreoffice-writer)")
    if not subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout:
        pytest.skip("no Chinese font is installed (Debian: fonts-noto-cjk)")
    for name, data in files.items():
        (folder / f"{name}.docx").write_bytes(data)
    subprocess.run(
        [
            *("soffice", "--headless", f"-env:UserInstallation={(folder / 'office').as_uri()}"),
            *("--convert-to", "pdf", "--outdir", folder),
            *(folder / f"{name}.docx" for name in files),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {name: list(words(folder / f"{name}.pdf")) for name in files}


def words(path):
    command = ["pdftotext", "-bbox", path, "-"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for number, page in enumerate(found.split("<page ")[1:], 1):
        for box in re.findall(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<', page):
            left, top, right, bottom = map(float, box[:4])
            yield Word(page=number, left=left, top=top, right=right, bottom=bottom, text=box[4])


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    notes = {n: Footnote(content=(Text(text=f"脚注之{n}"),)) for n in FOOTNOTES}
    cited = [said(f"正文之{n}", NoteRef(id=n), "乙" * 500) for n in FOOTNOTES]
    blocks = (FULL, *cited, *DOCUMENT.blocks)
    document = replace(DOCUMENT, title="", blocks=blocks, notes={**DOCUMENT.notes, **notes})
    files = {name: to_docx(document, profile(name)).data for name in NAMES}
    return pdfs(tmp_path_factory.mktemp("office"), files)


def full_lines(found):
    return [word for word in found if word.page == 1 and set(word.text) == {"甲"}]


@pytest.mark.parametrize("name", ["gbt9704", "court"])
def test_a_full_page_has_22_lines_of_28_characters(pages, name):
    lines = full_lines(pages[name])

    assert [len(line.text) for line in lines] == [28] * 22


def test_the_text_stands_within_the_margins_and_its_lines_are_evenly_spaced(pages):
    page = profile("gbt9704").page
    lines = full_lines(pages["gbt9704"])

    assert lines[0].left == pytest.approx(page.left * MM, abs=1)
    assert lines[0].top >= page.top * MM
    assert lines[-1].bottom <= (page.height - page.bottom) * MM
    assert max(line.right for line in lines) <= (page.width - page.right) * MM + 0.1
    pitches = [below.top - above.top for above, below in pairwise(lines)]
    assert max(pitches) - min(pitches) < 0.11
    assert sum(pitches) / len(pitches) == pytest.approx(28.95, abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_every_profile_stands_between_its_margins(pages, name):
    page = profile(name).page

    for word in pages[name]:
        if set(word.text) == {"甲"}:
            assert word.left >= page.left * MM - 0.1
            assert word.right <= (page.width - page.right) * MM + 0.1


def test_the_number_of_an_official_page_stands_outside_one_character_from_the_edge(pages):
    page, size = profile("gbt9704").page, profile("gbt9704").number.look.size
    dashes = [word for word in pages["gbt9704"] if word.text == "—"]
    odd, even = ([dash for dash in dashes if dash.page == number] for number in (1, 2))

    below = (page.height - page.bottom) * MM
    assert len(odd) == len(even) == 2
    assert min(dash.top for dash in (*odd, *even)) > below
    assert odd[1].right == pytest.approx((page.width - page.right) * MM - size, abs=1)
    assert even[0].left == pytest.approx(page.left * MM + size, abs=1)
    middle = (odd[0].top + odd[0].bottom) / 2
    assert (middle - below) / MM == pytest.approx(7, abs=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_footnote_stands_at_the_foot_of_the_page_that_calls_it(pages, name):
    found = pages[name]

    for number in FOOTNOTES:
        place = next(word for word in found if f"正文之{number}" in word.text)
        note = next(word for word in found if f"脚注之{number}" in word.text)
        below = [w for w in found if w.page == note.page and w.top > note.bottom]
        assert note.page == place.page
        assert note.top > place.bottom
        assert not any("乙" in word.text for word in below)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_citations_begins_the_last_page(pages, name):
    last = max(word.page for word in pages[name])
    first = min((w for w in pages[name] if w.page == last), key=lambda word: (word.top, word.left))

    assert "引用法条核验表" in first.text


def test_the_section_of_an_official_page_is_that_of_the_standard_in_twips():
    found = section(profile("gbt9704"), footer="rId1", even_footer="rId2")

    def of(tag):
        return {key.split("}")[1]: value for key, value in found.find(f"{{{W}}}{tag}").items()}

    assert of("pgSz") == {"w": "11906", "h": "16838"}
    edges = {"top": "2098", "bottom": "1984", "left": "1587", "right": "1474"}
    assert edges.items() <= of("pgMar").items()
    grid = {"type": "linesAndChars", "linePitch": "579", "charSpace": "-848"}
    assert of("docGrid") == grid
