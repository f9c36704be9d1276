"""The address of a provision inside its law: 条 with 之N, 款, 项, 目."""

import re
from dataclasses import dataclass, replace

from lawvault.law.numerals import NUMERAL, to_chinese, to_int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a provision stands; `None` names a level that the text does not name.

    `number` 0 is the law as a whole.  第十七条之一第二款第（三）项 is number 17, sub 1,
    paragraph 2, item 3.  `unit` is 条, or 条目 in a decision whose parts are numbered 一、二、.
    """

    number: int = 0
    sub: int = 0
    paragraph: int | None = None
    item: int | None = None
    subitem: int | None = None
    unit: str = "条"

    @property
    def article(self) -> str | None:
        """第十七条之一, or None for the law as a whole.

        >>> Address(number=17, sub=1, paragraph=2).article
        '第十七条之一'
        """
        if not self.number:
            return None
        if self.unit == "条":
            return article_label(self.number, self.sub)
        return f"{self.unit}{to_chinese(self.number)}"

    @property
    def part(self) -> str | None:
        """第二款第三项, or None for the article as a whole.

        >>> Address(number=17, paragraph=2, item=3).part
        '第二款第三项'
        """
        levels = ((self.paragraph, "款"), (self.item, "项"), (self.subitem, "目"))
        return "".join(f"第{to_chinese(n)}{unit}" for n, unit in levels if n) or None

    @property
    def whole(self) -> "Address":
        """The article that the address lies in."""
        return replace(self, paragraph=None, item=None, subitem=None)

    def __str__(self) -> str:
        return f"{self.article or ''}{self.part or ''}"


def article_label(number: int, sub: int = 0) -> str:
    """Return an article's number as statutes write it.

    >>> article_label(577), article_label(120, 6)
    ('第五百七十七条', '第一百二十条之六')
    """
    return f"第{to_chinese(number)}条" + (f"之{to_chinese(sub)}" if sub else "")


_PART = re.compile(
    rf"(?:第({NUMERAL})款)?(?:第({NUMERAL})项|第?[（(]({NUMERAL})[）)]项)?(?:第({NUMERAL})目)?"
)


def part_of(text: str) -> tuple[int | None, int | None, int | None]:
    """Return (款, 项, 目) of words like 第一款第（二）项.

    Raises:
        ValueError: `text` is something else.

    >>> part_of("第一款第（二）项")
    (1, 2, None)
    """
    match = _PART.fullmatch(text)
    if not match:
        raise ValueError(f"not 款, 项, 目: {text!r}")
    paragraph, item, bracketed, subitem = (to_int(g) if g else None for g in match.groups())
    return paragraph, item or bracketed, subitem
