"""One article as a source has it -> the same without what is no text, or why it cannot be used.

Zero-width, bidirectional, control and private-use characters say nothing to a reader and much to
a machine, so they go, and are counted.  Words that look like an attack are law text like any
other: they stay as they are and are named in the report.
"""

import functools
import re
import unicodedata
from dataclasses import replace

from lawvault.config.pipeline import CATEGORIES
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.law.names import short_name
from lawvault.law.numerals import NUMERAL
from lawvault.law.validity import WORDS

UNKNOWN = ""
"""Status word of a source that has none: the dates decide."""

_CATEGORY_OF = {
    "地方法规": "地方性法规",
    "地方规章": "地方政府规章",
    "规章": "部门规章",
    "部委规章": "部门规章",
    "国务院部门规章": "部门规章",
    "国家法律": "法律",
    "法律解释": "立法解释",
    "修改、废止的决定": "修改决定",
    "FLFG": "法律",
    "XZFG": "行政法规",
    "JCFG": "监察法规",
    "SFJS": "司法解释",
    "DFXFG": "地方性法规",
    "XFFL": "宪法",
}
"""Other words for our categories; those in Latin letters are the national database's codes."""

_GONE = ("Cc", "Cf", "Co", "Cs")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LABEL = re.compile(rf"(?:^|(?<=\s))(第{NUMERAL}(?:分编|编|章|节))\s*")
_SPACED_OUT = re.compile(r"(?<!\S)(\S)\s+(?=\S(?:\s|$))")
_HEADING_LINE = re.compile(rf"第{NUMERAL}(?:分编|编|章|节)(?:\s*|\s+[^。；：]{{1,40}})")
_MAY_BE_SUSPICIOUS = re.compile("[<{$忽无忘系]|[A-Za-z]{4}")
_SUSPICIOUS = {
    "instructions to a language model": re.compile(
        "(?:忽略|无视|忘记)(?:掉|你)?(?:以上|上述|上面|之前|前面|先前|此前|所有|一切|全部)"
        "[^。\n]{0,12}(?:指令|指示|提示|命令|规则|设定)|系统提示词|<\\|im_(?:start|end)\\|>"
        "|(?:ignore|disregard|forget)\\s[^.\n]{0,40}(?:instruction|prompt)|system\\s+prompt",
        re.IGNORECASE,
    ),
    "markup": re.compile(
        r"</?\s*(?:script|iframe|img|svg|object|embed|style|link|meta|form|a)\b|javascript:"
        r"|\bon(?:error|load|click|mouseover)\s*=",
        re.IGNORECASE,
    ),
    "a template": re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\$\{.*?\}|<%.*?%>"),
    "SQL": re.compile(
        r"['\"；;]\s*(?:drop|delete|insert|update|alter|truncate)\s+(?:table|from|into|database)\b"
        r"|\bunion\s+(?:all\s+)?select\b",
        re.IGNORECASE,
    ),
}


class _Characters(dict[int, str]):
    """What stands for each character in cleaned text; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in "\n\x85\u2028\u2029":
            kept = "\n"
        elif char == "\t":
            kept = " "
        else:
            kept = "" if unicodedata.category(char) in _GONE else char
        self[code] = kept
        return kept


_CHARACTERS = _Characters()


def clean(text: str) -> str:
    """Return `text` without invisible characters, lines trimmed, no empty lines."""
    lines = _one_kind_of_line(text).translate(_CHARACTERS).split("\n")
    return "\n".join(line for raw in lines if (line := raw.strip()))


def removed(text: str) -> list[str]:
    r"""Return the invisible characters that `clean` takes out of `text`.

    >>> removed("第\u200b一\u200b条\r\n")
    ['U+200B', 'U+200B']
    """
    text = _one_kind_of_line(text)
    if len(text) == len(text.translate(_CHARACTERS)):
        return []
    return [f"U+{ord(char):04X}" for char in text if not _CHARACTERS[ord(char)]]


def _one_kind_of_line(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


@functools.lru_cache(maxsize=8192)
def heading(text: str | None) -> str | None:
    """Return a heading in its one form: label, a space, title; None if there is none.

    >>> heading("第一章　　总　则"), heading("第二编物权 第一分编  通则"), heading(" ")
    ('第一章 总则', '第二编 物权 第一分编 通则', None)
    """
    line = _LABEL.sub(r"\1 ", clean(text or "").replace("\n", ""))
    return " ".join(_SPACED_OUT.sub(r"\1", line).split()) or None


@functools.lru_cache(maxsize=1024)
def category(word: str) -> str | None:
    """Return our word for a source's category, or None if it is none that we know.

    >>> category(" 司法解释类 "), category("地方法规"), category("flfg"), category("通知")
    ('司法解释', '地方性法规', '法律', None)
    """
    word = clean(unicodedata.normalize("NFKC", word)).upper().removesuffix("类")
    word = _CATEGORY_OF.get(word, word)
    return word if word in CATEGORIES else None


def suspicious(text: str) -> list[str]:
    """Return what `text` holds that may be meant for a machine and not for a reader.

    >>> suspicious("第一条 <script>"), suspicious("为了规范立法活动")
    (['markup'], [])
    """
    if not _MAY_BE_SUSPICIOUS.search(text):
        return []
    return [name for name, pattern in _SUSPICIOUS.items() if pattern.search(text)]


def screen(article: SourceArticle) -> SourceArticle | Reject:
    """Return `article` with clean text, names, headings and our word for its category."""
    text = clean(article.content)
    reason = _fault(article) or _fault_of_text(text)
    if reason:
        return Reject(
            source=article.source,
            line=article.line,
            reason=reason,
            row="\n".join((article.law_name, article.article_number, article.content)),
        )
    return replace(
        article,
        law_name=clean(article.law_name).replace("\n", ""),
        article_number=clean(article.article_number).replace("\n", " "),
        content=text,
        category=category(article.category) or "",
        issuer=clean(article.issuer),
        region=clean(article.region),
        part=heading(article.part),
        chapter=heading(article.chapter),
        section=heading(article.section),
    )


def notice_of_removed(article: SourceArticle) -> tuple[int, Notice | None]:
    """Return how many characters `screen` takes out of an article's content, and a word on it."""
    gone = removed(article.content)
    if not gone:
        return 0, None
    detail = f"{article.article_number}: removed {len(gone)} x {', '.join(sorted(set(gone)))}"
    return len(gone), Notice(
        source=article.source, line=article.line, kind="characters", detail=detail
    )


def _fault(article: SourceArticle) -> str:
    if _BIDI.search(article.law_name):
        return "a character in the law's name turns the direction of writing"
    if not clean(short_name(article.law_name)) or not clean(article.article_number):
        return "no law or no number"
    if article.status not in WORDS and article.status != UNKNOWN:
        return f"unknown status word {article.status!r}"
    if not category(article.category):
        return f"category {article.category!r} is none of {', '.join(CATEGORIES)}"
    return ""


def _fault_of_text(text: str) -> str:
    if not text:
        return "no text"
    if all(_HEADING_LINE.fullmatch(line) for line in text.split("\n")):
        return "only a heading"
    if "\ufffd" in text:
        return "U+FFFD in the text: it was decoded wrongly before it came here"
    return ""
