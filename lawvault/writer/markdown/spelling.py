"""How Markdown spells what it has no sign for: blanks, marks, and lines that begin with `:::`.

    【　】  【原告姓名：　】  ____            something to fill in (`Blank`)
    《甲法》第九条⚠【该法无此条】          a fault of the words before it (`Mark`)
    [^1]                                     the place of a footnote, `[^1]: …` the footnote
    ::: 落款 / ::: 居中 / 居右 / 居左        lines of a signature, aligned paragraphs, up to `:::`
    ::: 分页                                 a new page
    ::: 表题 费用明细                        the caption of the table that follows
    ::: 列宽 1 2.5                           the widths of its columns
    | {表头} 甲 | {跨2列} 乙 |               a cell that heads its row, a cell that spans columns
    甲<br>乙  甲<p>乙                        in a cell: a line break, a new paragraph

The names after `:::` may be written in English, too, as an LLM that translates them does.
"""

import html.entities
import re
from collections import Counter

from lawvault.law.seen import is_seen
from lawvault.writer.document import Align

SIGNATURE, NEW_PAGE, CAPTION, WIDTHS = "落款", "分页", "表题", "列宽"
ALIGNED: dict[str, Align] = {"居左": "left", "居中": "center", "居右": "right"}
ENGLISH = {
    "signature": SIGNATURE,
    "pagebreak": NEW_PAGE,
    "caption": CAPTION,
    "widths": WIDTHS,
    "left": "居左",
    "center": "居中",
    "right": "居右",
}
MAX_COLUMNS = 63
"""The most columns of a table, which is as many as Word allows."""

NOTE_ID = r"[\w.:-]{1,100}"
BLANK = re.compile(r"【(?:([^【】\n]*)：)?[ 　_]*】")
MARK = re.compile("⚠\ufe0f?【([^【】\n]*)】")
WEB = re.compile(r'https?://[^\s<>"\\]{1,2000}', re.IGNORECASE)
ESCAPED = r"\\[!-/:-@\[-`{-~]"
ENTITY = r"&(?:\#[xX][0-9a-fA-F]{1,6}|\#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});"
_LINE_ENDS = str.maketrans(dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"))
_SPECIAL = re.compile(rf"{ESCAPED}|{ENTITY}")


def is_note_id(name: str) -> bool:
    """Say whether a footnote may be called so."""
    return re.fullmatch(NOTE_ID, name) is not None


def cleaned(text: str, remarks: Counter[str]) -> str:
    """Return a text with one kind of line ends and no other character that nobody sees but tabs."""
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    unseen = [char for char in set(lines) if char not in "\n\t" and not is_seen(char)]
    if unseen:
        remarks["看不见的控制字符已略"] += sum(map(lines.count, unseen))
    return lines.translate({ord(char): None for char in unseen})


def meant(spelled: str) -> str:
    """Return the words that a source without other signs stands for.

    >>> meant(r"甲\\*&#12305;&lt;&nothing;")
    '甲*】<&nothing;'
    """
    return _SPECIAL.sub(lambda found: meant_by(found[0]), spelled)


def meant_by(special: str) -> str:
    """Return what `\\*`, `&#42;` or `&ast;` stands for; "" for what no text may hold."""
    if special[0] == "\\":
        return special[1]
    name = special[1:-1]
    if name[0] != "#":
        return "".join(filter(is_seen, html.entities.html5.get(f"{name};", special)))
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    char = chr(number) if number <= 0x10FFFF else ""
    return char if char and is_seen(char) else ""
