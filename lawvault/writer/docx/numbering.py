"""Lists by Word's own numbering: 1. （1） 1） and dots, nested, each list counting anew."""

from dataclasses import dataclass, field

from lxml import etree

from lawvault.writer.docx.wml import W, fonts, w
from lawvault.writer.profiles import Look

LEVELS = 9
"""How many levels a list of Word has; what is nested deeper stands on the last."""
_NUMBERS = ("%{}.", "（%{}）", "%{}）")
_DOTS = ("•", "◦", "▪")


@dataclass(slots=True, kw_only=True)
class Numbering:
    """The lists of one document; what a firm's own file has already used is left alone.

    `first` is the first id that is free, of w:abstractNum and of w:num; `character`, how wide a
    Chinese character is, in points.
    """

    character: float
    first: int = 1
    starts: list[tuple[int, int]] = field(default_factory=list)  # level, first number
    has_dots: bool = False

    def new(self, level: int, start: int | None) -> "etree._Element":
        """Return the w:numPr of a new list; `start` is None for dots, levels count from 0."""
        level = min(level, LEVELS - 1)
        if start is None:
            self.has_dots = True
            return w("numPr", w("ilvl", val=level), w("numId", val=self.first))
        self.starts.append((level, start))
        number = self.first + len(self.starts)
        return w("numPr", w("ilvl", val=level), w("numId", val=number))

    def inset(self, level: int) -> "etree._Element":
        """Return the w:ind of a list's paragraphs: two characters more on each level."""
        width = round(self.character * 20)
        left = {"leftChars": 200 * level, "left": 2 * level * width} if level else {}
        return w("ind", **left, firstLineChars=200, firstLine=2 * width)

    def write(self, root: "etree._Element", look: Look) -> None:
        """Add the lists to w:numbering, whose w:abstractNum stand before its w:num."""
        if not self.starts and not self.has_dots:
            return
        dots, numbers = self.first, self.first + 1
        abstract = [
            w(
                "abstractNum",
                w("multiLevelType", val="multilevel"),
                *(self._level(level, look, is_dots=is_dots) for level in range(LEVELS)),
                abstractNumId=number,
            )
            for number, is_dots in ((dots, True), (numbers, False))
        ]
        place = len(root.findall(f"{{{W}}}numPicBullet")) + len(root.findall(f"{{{W}}}abstractNum"))
        for element in reversed(abstract):
            root.insert(place, element)
        nums = [w("num", w("abstractNumId", val=dots), numId=self.first)]
        for number, (level, start) in enumerate(self.starts, self.first + 1):
            again = w("lvlOverride", w("startOverride", val=start), ilvl=level)
            nums.append(w("num", w("abstractNumId", val=numbers), again, numId=number))
        place = len(root.findall(f"{{{W}}}num")) + place + len(abstract)
        for num in reversed(nums):
            root.insert(place, num)

    def _level(self, level: int, look: Look, *, is_dots: bool) -> "etree._Element":
        form = _DOTS[level % 3] if is_dots else _NUMBERS[level % 3].format(level + 1)
        return w(
            "lvl",
            w("start", val=1),
            w("numFmt", val="bullet" if is_dots else "decimal"),
            w("suff", val="nothing" if form.endswith("）") else "space"),
            w("lvlText", val=form),
            w("lvlJc", val="left"),
            w("pPr", self.inset(level)),
            w("rPr", fonts(look)),
            ilvl=level,
        )


def first_free(root: "etree._Element") -> int:
    """Return the first id that neither a w:abstractNum nor a w:num has, and all above it."""
    ids = [
        str(element.get(f"{{{W}}}{tag}Id", ""))
        for tag in ("abstractNum", "num")
        for element in root.iter(f"{{{W}}}{tag}")
    ]
    return max((int(number) for number in ids if number.isdecimal()), default=0) + 1
