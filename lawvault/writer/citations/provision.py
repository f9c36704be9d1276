"""A provision as a document carries it: its words and version, and how a note tells them."""

import re
from collections.abc import Mapping, Sequence

from lawvault.law.digest import digest
from lawvault.law.names import short_name
from lawvault.law.provisions import paragraphs
from lawvault.law.resolve import Target
from lawvault.law.validity import IN_FORCE, PENDING, REPEALED, SUPERSEDED, UNKNOWN
from lawvault.retrieve.content import Content
from lawvault.writer.days import chinese_day, first_day
from lawvault.writer.document import Break, Inline, Provenance, Text

Row = Mapping[str, object]
_NESTED = str.maketrans("“”‘’", "‘’“”")


def provenance_of(target: Target, content: Content) -> Provenance:
    """Return a provision with all that is known of it; of a law as a whole, no words.

    Raises:
        IntegrityError: content.db cannot be read.
    """
    law = content.law(target.law_id) or {}
    label = target.address.article
    article = (content.article(target.law_id, label) if label else None) or {}
    words = str(article.get("content", ""))
    return Provenance(
        article_id=str(article.get("article_id", "")),
        law_id=target.law_id,
        law_name=str(law.get("law_name", "") or target.law),
        version_date=_day(law, "version_date"),
        address=str(target.address),
        text=words[target.start : target.end],
        start=target.start,
        end=target.end,
        sha256=digest(words) if words else "",
        status=str(law.get("status", "")),
        publish_date=_day(law, "publish_date"),
        effective_date=_day(law, "effective_date"),
        lead=lead_of(words, target),
    )


def lead_of(words: str, target: Target) -> str:
    """Return what a 项 or 目 goes on from: its 款, and its 项, up to their first part.

    Where other parts stand between, …… stands for them.
    """
    if not target.address.item:
        return ""
    outer = [one for one in paragraphs(words) if one.start <= target.start < one.end and one.parts]
    if outer and target.address.subitem:
        items = outer[0].parts
        outer += [one for one in items if one.start <= target.start < one.end and one.parts]
    lead, at = "", 0
    for one in outer:
        skipped = "……" if lead and one.start > at else ""
        at = one.parts[0].start
        lead += skipped + words[one.start : at].strip()
    return f"{lead}……" if lead and target.start > at else lead


def spoken_name(provision: Provenance) -> str:
    """Return how a text calls a provision: 《中华人民共和国劳动合同法》第三十八条."""
    return f"《{provision.law_name.strip('《》')}》{provision.address}"


def short_spoken(provision: Provenance) -> str:
    """Return it with the short name of the law: 《劳动合同法》第三十八条."""
    return f"《{short_name(provision.law_name)}》{provision.address}"


def note_of(provision: Provenance) -> tuple[Inline, ...]:
    """Return the words of a note: law, version, 条款项, the full text, status and first day.

    A 项 stands behind the words that lead to it; quotation marks in the law become ‘ ’.
    The version is told by its day: no source says whether a text is a 修正 or a 修订.
    """
    version = f"（{chinese_day(provision.version_date)}文本）" if provision.version_date else ""
    lead = f"《{provision.law_name.strip('《》')}》{version}{provision.address}"
    if not provision.text.strip():
        return (Text(text=f"{lead}{_standing(provision)}"),)
    words = (provision.lead + provision.text.strip()).translate(_NESTED)
    lines = [line.strip() for line in words.split("\n")]
    quoted = f"{lead}：“" + "\n".join(lines) + f"”{_standing(provision)}"
    inlines = list[Inline]()
    for index, line in enumerate(quoted.split("\n")):
        inlines += [*([Break()] if index else []), Text(text=line)]
    return tuple(inlines)


def _standing(provision: Provenance) -> str:
    told = [provision.status, first_day(provision)]
    return "".join(f"，{one}" for one in told if one) + "。"


_STATUSES = "|".join((IN_FORCE, SUPERSEDED, REPEALED, PENDING, UNKNOWN))
_DAY = r"\d+年\d+月\d+日"
_NOTE = re.compile(
    rf"(?=.*[：，])《.{{1,200}}?》(?:（{_DAY}文本）)?(?:(?:第|条目)[^：，。]{{1,80}})?"
    r"(?:，共\d+处|：(?>「.*」|“.*”))?"
    rf"(?:，(?:{_STATUSES}))?(?:，(?:该法)?{_DAY}起施行)?。|同前注〔\d+〕，《.{{1,200}}?》[^。]{{0,80}}。",
    re.DOTALL,
)


def is_note(words: str) -> bool:
    """Say whether words are those of a note on provisions, as `note_of` and the like make them.

    >>> is_note("《甲法》第一条：“乙。”，2021年1月1日起施行。"), is_note("见《甲法》第一条。")
    (True, False)
    """
    return bool(_NOTE.fullmatch(words))


def range_note(provisions: Sequence[Provenance]) -> tuple[Inline, ...]:
    """Return the words of a note on many provisions of one citation, by their places only."""
    first, last = provisions[0], provisions[-1]
    version = f"（{chinese_day(first.version_date)}文本）" if first.version_date else ""
    through = f"{first.address}至{last.address}，共{len(provisions)}处"
    return (Text(text=f"《{first.law_name.strip('《》')}》{version}{through}{_standing(first)}"),)


def _day(row: Row, column: str) -> str:
    return str(row.get(column) or "")
