"""A provision as a document carries it: its words and version, and how a note tells them."""

import datetime
from collections.abc import Mapping, Sequence
from hashlib import sha256

from lawvault.law.names import short_name
from lawvault.law.resolve import Target
from lawvault.retrieve.content import Content
from lawvault.writer.document import Break, Inline, Provenance, Text

Row = Mapping[str, object]


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
    )


def digest(words: str) -> str:
    """Return the SHA-256 by which an article's content is known again."""
    return sha256(words.encode()).hexdigest()


def spoken_name(provision: Provenance) -> str:
    """Return how a text calls a provision: 《中华人民共和国劳动合同法》第三十八条."""
    return f"《{provision.law_name.strip('《》')}》{provision.address}"


def short_spoken(provision: Provenance) -> str:
    """Return it with the short name of the law: 《劳动合同法》第三十八条."""
    return f"《{short_name(provision.law_name)}》{provision.address}"


def note_of(provision: Provenance) -> tuple[Inline, ...]:
    """Return the words of a note: law, version, 条款项, the full text, status and first day.

    The version is told by its day: no source says whether a text is a 修正 or a 修订.
    """
    version = f"（{chinese_day(provision.version_date)}文本）" if provision.version_date else ""
    lead = f"《{provision.law_name.strip('《》')}》{version}{provision.address}"
    if not provision.text.strip():
        return (Text(text=f"{lead}{_standing(provision)}"),)
    lines = [line.strip() for line in provision.text.strip().split("\n")]
    quoted = f"{lead}：「" + "\n".join(lines) + f"」{_standing(provision)}"
    inlines = list[Inline]()
    for index, line in enumerate(quoted.split("\n")):
        inlines += [*([Break()] if index else []), Text(text=line)]
    return tuple(inlines)


def _standing(provision: Provenance) -> str:
    """Return status and first day; sources give some versions the first day of the first one."""
    since = chinese_day(provision.effective_date)
    is_own = provision.effective_date >= provision.version_date
    told = [provision.status, f"{'' if is_own else '该法'}{since}起施行" if since else ""]
    return "".join(f"，{one}" for one in told if one) + "。"


def range_note(provisions: Sequence[Provenance]) -> tuple[Inline, ...]:
    """Return the words of a note on many provisions of one citation, by their places only."""
    first, last = provisions[0], provisions[-1]
    version = f"（{chinese_day(first.version_date)}文本）" if first.version_date else ""
    through = f"{first.address}至{last.address}，共{len(provisions)}处"
    return (Text(text=f"《{first.law_name.strip('《》')}》{version}{through}{_standing(first)}"),)


def chinese_day(day: str) -> str:
    """Return a day as Chinese texts write it, "" for none.

    >>> chinese_day("2013-07-01")
    '2013年7月1日'
    """
    if not day:
        return ""
    date = datetime.date.fromisoformat(day)
    return f"{date.year}年{date.month}月{date.day}日"


def _day(row: Row, column: str) -> str:
    return str(row.get(column) or "")
