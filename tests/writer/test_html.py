"""HTML for the clipboard of Word: looks on every element, notes as Word knows them, no danger."""

from html.parser import HTMLParser

import pytest

from lawvault.writer.document import (
    Blank,
    Break,
    Cell,
    Document,
    Footnote,
    Heading,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.html import to_html
from lawvault.writer.profiles import PROFILES, profile

EVIL = "<script>alert(1)</script>&amp;\"'><img src=x onerror=y>"


def paragraph(*content) -> Paragraph:
    return Paragraph(content=content)


def html(*blocks, **document) -> str:
    return to_html(Document(blocks=blocks, **document), profile("gbt9704"))


class Tags(HTMLParser):
    """Collects tags and attributes, and checks that every tag ends where it must."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def everything(name: str) -> Document:
    words = Text(text=EVIL)
    return Document(
        title=EVIL,
        blocks=(
            *(Heading(level=level, content=(words,)) for level in range(1, 6)),
            paragraph(words, Break(), Blank(label=EVIL), Mark(reason=EVIL), NoteRef(id=name)),
            paragraph(Text(text="甲", bold=True, italic=True, link='https://a.b/"><b>')),
            paragraph(Text(text="乙", link="javascript:alert(1)")),
            Quotation(blocks=(paragraph(words), Quotation(blocks=(paragraph(words),)))),
            Items(items=((paragraph(words), paragraph(words)), ()), start=3),
            Items(items=((Items(items=((paragraph(words),),)),),)),
            Table(
                columns=2,
                caption=EVIL,
                widths=(1, 3),
                rows=((Cell(paragraphs=((words,), ()), columns=2, is_header=True),),),
            ),
            PageBreak(),
            Signature(lines=((words, Blank()),)),
        ),
        notes={name: Footnote(content=(words,))},
    )


@pytest.mark.parametrize("name", PROFILES)
def test_every_tag_ends_and_no_word_becomes_one_in_any_profile(name):
    source = to_html(everything('"><script>'), profile(name))
    tags = Tags(source)

    assert "script" not in {tag for tag, _ in tags.seen}
    assert not {"img", "link", "style", "iframe", "object"} & {tag for tag, _ in tags.seen}
    assert tags.words.replace("\xa0", " ").count(EVIL) == 18
    addresses = [attrs["href"] for _, attrs in tags.seen if "href" in attrs]
    assert all(address.startswith(("https://", "#_ftn")) for address in addresses)
    assert not any(name.startswith("on") for _, attrs in tags.seen for name in attrs)
    assert "url(" not in source


def test_words_stand_in_the_fonts_of_the_profile_as_word_reads_them():
    source = html(paragraph(Text(text="甲")), title="函")

    assert "mso-fareast-font-family:'仿宋_GB2312'" in source
    assert "mso-fareast-font-family:'方正小标宋简体'" in source
    assert "font-size:16pt" in source
    assert "text-indent:32pt;mso-char-indent-count:2" in source
    assert "line-height:28.95pt;mso-line-height-rule:exactly" in source
    assert 'class="MsoTitle"' in source


def test_headings_have_their_levels_in_tag_and_outline():
    source = html(*(Heading(level=level, content=(Text(text="甲"),)) for level in (1, 5)))

    assert '<h1 style="mso-outline-level:1;' in source
    assert '<h5 style="mso-outline-level:5;' in source


def test_footnotes_are_written_as_word_knows_them_and_numbered_as_they_come():
    notes = {name: Footnote(content=(Text(text=f"注{name}"), NoteRef(id="a"))) for name in "abc"}
    source = html(
        paragraph(NoteRef(id="b"), NoteRef(id="a"), NoteRef(id="b"), NoteRef(id="x")), notes=notes
    )

    assert source.count('style="mso-element:footnote-list"') == 1
    assert source.count('style="mso-element:footnote"') == 2
    assert source.index("注b") < source.index("注a")
    assert "注c" not in source
    for number in (1, 2):
        assert source.count(f"mso-footnote-id:ftn{number}") == 2
        assert f'href="#_ftn{number}" name="_ftnref{number}"' in source
        assert f'href="#_ftnref{number}" name="_ftn{number}"' in source
        assert f'id="ftn{number}"' in source
    assert "<sup>[1]</sup>" in source


def test_lists_and_tables_are_real_ones():
    item = (paragraph(Text(text="甲")),)
    cells = (Cell(paragraphs=((Text(text="乙"),),), columns=2, is_header=True),)
    source = html(
        Items(items=(item, item), start=3),
        Table(rows=(cells,), columns=2, widths=(1, 3), caption="费用"),
    )

    assert '<ol start="3"><li>' in source
    assert '<col width="25.0%"><col width="75.0%">' in source
    assert '<th colspan="2" style="border:solid' in source
    assert source.index("费用") < source.index("<table")


def test_a_page_break_and_spaces_side_by_side_stay():
    source = html(PageBreak(), paragraph(Text(text=" 甲  乙 ")))

    assert "page-break-before:always" in source
    assert "&nbsp;甲&nbsp; 乙&nbsp;" in source


def test_an_aligned_paragraph_has_no_indent_and_codes_may_break():
    page = html(Paragraph(content=(Text(text="某法院"),), align="left"))

    assert "text-indent" not in page
    assert "word-break" not in page
    page = html(paragraph(Text(text="此致")))
    assert "text-indent" in page
    assert "word-break:break-all" in page


def test_a_long_title_breaks_where_a_word_ends():
    page = html(title="关于江州远帆家具有限公司解除设备租赁合同的法律意见书")

    assert "关于江州远帆家具有限公司<br>解除设备租赁合同的法律意见书" in page
