"""What a document looks like: page, fonts, sizes and spacing of each profile, as plain data.

Sizes and spacing are in points (1/72 inch), margins in millimetres, indents in characters.
.docx and HTML for the clipboard of Word both read them.  No font is shipped: a font that a reader
lacks is replaced by the first of its `SUBSTITUTES` that is there.

Sources: GB/T 9704-2012 (公文格式), 5.2.1 to 5.2.3, 7.3 and 7.5, for `gbt9704`;
人民法院民事裁判文书制作规范 (2016), whose page is the same, for `court`; what law firms usually ask
for, for `lawfirm`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from lawvault.errors import ConfigError
from lawvault.writer.document import Align

MM = 72 / 25.4
"""Points in a millimetre."""

SUBSTITUTES: Mapping[str, tuple[str, ...]] = {
    "方正小标宋简体": ("宋体", "SimSun"),
    "仿宋_GB2312": ("仿宋", "FangSong"),
    "楷体_GB2312": ("楷体", "KaiTi"),
    "仿宋": ("FangSong", "仿宋_GB2312"),
    "楷体": ("KaiTi", "楷体_GB2312"),
    "宋体": ("SimSun",),
    "黑体": ("SimHei",),
}
"""What stands in for a font where it is not installed, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a kind of paragraph looks.

    Its lines are `pitch` points apart; where that is 0, `lines` times what its font asks for.
    """

    font: str  # of Chinese
    size: float  # pt
    latin: str = "Times New Roman"  # of digits and Latin letters
    bold: bool = False
    align: Align = ""  # "" is justified
    first_line: float = 0.0  # indent of the first line, characters
    left: float = 0.0  # indent of all lines, characters
    right: float = 0.0
    pitch: float = 0.0  # pt, exact
    lines: float = 1.0
    before: float = 0.0  # pt
    after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page in millimetres; `lines` × `characters` is its grid, 0 for none."""

    width: float = 210.0
    height: float = 297.0
    top: float
    bottom: float
    left: float
    right: float
    footer: float  # from the bottom edge of the page to the page number
    lines: int = 0
    characters: int = 0

    @property
    def text_width(self) -> float:
        """Width of the text in points."""
        return (self.width - self.left - self.right) * MM

    @property
    def text_height(self) -> float:
        """Height of the text in points."""
        return (self.height - self.top - self.bottom) * MM


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumber:
    """The number at the foot of a page, between `before` and `after`.

    `outer`: at the right of odd pages and the left of even ones, one character from the edge of
    the text; else in the middle.
    """

    look: Look
    before: str = ""
    after: str = ""
    outer: bool = False


ProfileName = Literal["gbt9704", "lawfirm", "court", "custom"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile; `headings` are those of level 1 to `MAX_LEVEL`.

    `custom` takes page, header, footer and whatever styles there are from a firm's own file; what
    stands here is used for styles that the file lacks.
    """

    name: ProfileName
    label: str
    page: Page
    number: PageNumber
    title: Look
    headings: tuple[Look, ...]
    body: Look
    quotation: Look
    signature: Look
    note: Look  # footnotes
    cell: Look  # tables
    caption: Look
    centres_signature: bool = False  # over the date, which keeps its place at the right

    @property
    def looks(self) -> Iterator[Look]:
        """Every look of the profile, with repeats."""
        yield from (self.body, self.title, *self.headings, self.quotation, self.signature)
        yield from (self.note, self.cell, self.caption, self.number.look)

    @property
    def fonts(self) -> tuple[str, ...]:
        """The Chinese fonts of the profile, as they come."""
        return tuple(dict.fromkeys(look.font for look in self.looks))

    @property
    def substitutes(self) -> dict[str, tuple[str, ...]]:
        """Each of those fonts, and what stands in for it where it is not installed."""
        return {font: SUBSTITUTES[font] for font in self.fonts}


def _gbt9704() -> Profile:
    # 580 twentieths of a point would be 29 pt and 22 lines would not go on a page any more.
    page = Page(top=37, bottom=35, left=28, right=26, footer=24.8, lines=22, characters=28)
    body = Look(font="仿宋_GB2312", size=16, first_line=2, pitch=28.95)
    level = (replace(body, font="黑体"), replace(body, font="楷体_GB2312"), body, body, body)
    return Profile(
        name="gbt9704",
        label="公文（GB/T 9704-2012）",
        page=page,
        number=PageNumber(
            look=Look(font="宋体", latin="宋体", size=14), before="— ", after=" —", outer=True
        ),
        title=Look(font="方正小标宋简体", size=22, align="center", pitch=33, after=28.95),
        headings=level,
        body=body,
        quotation=replace(body, font="楷体_GB2312", left=2, first_line=2),
        signature=replace(body, align="right", first_line=0, right=4),
        note=Look(font="仿宋_GB2312", size=10.5, pitch=14),
        cell=Look(font="仿宋_GB2312", size=12, align="left", pitch=18),
        caption=Look(font="黑体", size=14, align="center", pitch=28.95),
        centres_signature=True,
    )


def _court() -> Profile:
    page = Page(top=37, bottom=35, left=28, right=26, footer=24.8, lines=22, characters=28)
    body = Look(font="仿宋", size=16, first_line=2, pitch=28.95)
    return Profile(
        name="court",
        label="诉讼文书",
        page=page,
        number=PageNumber(look=Look(font="宋体", latin="宋体", size=14, align="center")),
        title=Look(font="宋体", size=22, bold=True, align="center", pitch=33, after=28.95),
        headings=(
            replace(body, font="黑体"),
            replace(body, font="楷体"),
            replace(body, bold=True),
            body,
            body,
        ),
        body=body,
        quotation=replace(body, font="楷体", left=2, first_line=2),
        signature=replace(body, align="right", first_line=0, right=2),
        note=Look(font="仿宋", size=10.5, pitch=14),
        cell=Look(font="仿宋", size=12, align="left", pitch=18),
        caption=Look(font="黑体", size=14, align="center", pitch=28.95),
    )


def _lawfirm() -> Profile:
    page = Page(top=25.4, bottom=25.4, left=31.8, right=31.8, footer=15)
    body = Look(font="仿宋", size=12, first_line=2, lines=1.5)
    bold = replace(body, bold=True)
    return Profile(
        name="lawfirm",
        label="律师事务所",
        page=page,
        number=PageNumber(look=Look(font="宋体", size=9, align="center")),
        title=Look(font="黑体", size=22, bold=True, align="center", lines=1.5, after=18),
        headings=(replace(bold, font="黑体", size=14), bold, bold, body, body),
        body=body,
        quotation=replace(body, font="楷体", left=2, first_line=2),
        signature=replace(body, align="right", first_line=0, right=2),
        note=Look(font="宋体", size=9),
        cell=Look(font="仿宋", size=10.5, align="left"),
        caption=Look(font="黑体", size=10.5, align="center", before=6, after=3),
    )


PROFILES: Mapping[str, Profile] = {
    "gbt9704": _gbt9704(),
    "lawfirm": _lawfirm(),
    "court": _court(),
    "custom": replace(_lawfirm(), name="custom", label="自定义（参考文档）"),
}
"""Every profile by name."""


def profile(name: str) -> Profile:
    """Return the profile of that name.

    >>> profile("gbt9704").body.size
    16

    Raises:
        ConfigError: there is none.
    """
    if name not in PROFILES:
        raise ConfigError(f"no profile {name!r}; there are {', '.join(PROFILES)}")
    return PROFILES[name]
