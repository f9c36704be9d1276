"""A small document with everything that a document may hold, and its .docx taken apart."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator

from lxml import etree

from lawvault.writer.document import (
    Blank,
    Break,
    Cell,
    Checked,
    Document,
    Footnote,
    Heading,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Properties,
    Provenance,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.docx.wml import W

PROVENANCE = Provenance(
    article_id="585",
    law_id="民法典",
    law_name="中华人民共和国民法典",
    version_date="2020-05-28",
    address="第五百八十五条第二款",
    text="约定的违约金低于造成的损失的，\n可以请求增加。",
    start=60,
    end=82,
    sha256="ab" * 32,
    status="现行有效",
    effective_date="2021-01-01",
    quote="可以请求增加",
)
NOTE = Footnote(
    content=(
        Text(text="《民法典》第五百八十五条第二款："),
        Text(text="全文", link="https://a.cn/1"),
    ),
    provenance=PROVENANCE,
)


def said(*content, **more):
    """A paragraph; plain strings become texts."""
    texts = tuple(Text(text=item) if isinstance(item, str) else item for item in content)
    return Paragraph(content=texts, **more)


def cell(text, **more):
    """A cell of one paragraph."""
    return Cell(paragraphs=((Text(text=text),),), **more)


DOCUMENT = Document(
    title="民事起诉状",
    blocks=(
        said("某某法院：", align="left"),
        Heading(level=1, content=(Text(text="一、诉讼请求"),)),
        Items(
            start=3,
            items=(
                (said("支付租金；"), Items(start=1, items=((said("本金"),), (said("利息"),)))),
                (said("承担诉讼费。"), said("另行计算。")),
            ),
        ),
        Items(items=((said("要点"),),)),
        Heading(level=2, content=(Text(text="（一）事实"),)),
        said(
            "原告",
            Blank(label="姓名"),
            "于2024年起诉。违约金过高的，可以减少。",
            NoteRef(id="a"),
            Mark(reason="未能核实"),
            Text(text="下文", bold=True),
            Break(),
            Text(text="数据库", italic=True, link="https://flk.npc.gov.cn/"),
        ),
        *(Heading(level=level, content=(Text(text=f"{level}级"),)) for level in (3, 4, 5)),
        Quotation(blocks=(said("当事人可以约定违约金。"),)),
        Table(
            caption="表1",
            columns=3,
            widths=(1, 1, 2),
            rows=(
                (cell("月份", is_header=True), cell("金额", is_header=True, columns=2)),
                (cell("一月"), cell("36,000"), cell("元")),
            ),
        ),
        Signature(lines=((Text(text="具状人："), Blank()), (Text(text="2024年5月6日"),))),
        PageBreak(),
        said("附件"),
    ),
    notes={"a": NOTE},
    checked=(
        Checked(citation="《民法典》第585条", verdict="verified", provenance=PROVENANCE),
        Checked(citation="《民法典》第1300条", verdict="no_such_article", reason="该法无此条"),
    ),
    properties=Properties(
        author="李律师",
        keywords=("租赁", "违约金"),
        created=datetime.datetime(2026, 11, 26, 8, tzinfo=datetime.UTC),
        corpus="f00d" * 16,
        corpus_as_of="2026-10-01",
    ),
)


def parts(data):
    """Every part of a .docx by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def tree(data, name):
    """The root of one of its parts, as word/document.xml."""
    return etree.fromstring(parts(data)[name])


def text(data, name="word/document.xml"):
    """The words of a part."""
    return "".join(node.text or "" for node in tree(data, name).iter(f"{{{W}}}t"))


def lines(data, names) -> Iterator[str]:
    """The children of those parts, one a line, to be read: no namespaces, fonts in short."""
    for name in names:
        root = tree(data, f"word/{name}.xml")
        body = root.find(f"{{{W}}}body")
        yield f"# {name}"
        for child in root if body is None else body:
            words = etree.tostring(child, encoding="unicode").strip()
            words = re.sub(r' xmlns:\w+="[^"]*"', "", words).replace("w:", "")
            yield _FONTS.sub(r"<rFonts \2|\1/>", words)


_FONTS = re.compile(
    r'<rFonts hint="eastAsia" ascii="([^"]*)" hAnsi="\1" cs="\1" eastAsia="([^"]*)"/>'
)
