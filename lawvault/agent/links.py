"""What a reference's words mean: exception, application, definition, penalty, interpretation.

Read from the sentence around the words that refer (不得依照…第四十条: an exception to it), never
from what they lead to.  The kind holds for both ends: from 第四十条 the other is an exception, too.
"""

import re
from collections.abc import Collection, Sequence

from lawvault.agent.nouns import Found, Link
from lawvault.law.names import same_law, short_name
from lawvault.retrieve.content import Content, Row
from lawvault.retrieve.links import LinkRow, links_of

EXCEPTION, DEFINITION, PENALTY = "exception", "definition", "penalty"
APPLICATION, INTERPRETS, REFERS = "application", "interprets", "refers"
KINDS = (EXCEPTION, DEFINITION, PENALTY, APPLICATION, INTERPRETS, REFERS)
"""In the order in which they are worth following."""

_N = "[零〇一二三四五六七八九十百千0-9]+"
_ONE = (
    rf"(?:《[^《》]*》|本(?:法|条例|办法|规定|细则|解释|决定)|第{_N}条(?:之{_N})?|第?[（(]?{_N}[）)]?[款项目]"
    r"|前[一二三两]?[款条项]|的?规定的|以及|或者|[、和及与或至到])"
)
_LIST_BEFORE = re.compile(f"{_ONE}+$")
_LIST_AFTER = re.compile(f"^{_ONE}*(?:中?的|等)?")
_STOP_BEFORE = re.compile(r"[。；;\n]")
_STOP_AFTER = re.compile(r"[。；;\n]|：\n?")

_BESIDES = re.compile("除[^，。；]*$")
_ADDED_AFTER = re.compile("[^，。；]*外，?[^，。；]{0,12}(?:还|也|并|同时)")
_EXCLUDED_AFTER = re.compile("[^，]*外")
_EXCEPTED_AFTER = re.compile(r"[^，]{0,12}?(?:以外|之外|另有规定)|[^，。；]{0,40}除外")
_EXCEPTED_BEFORE = re.compile(
    r"(?:不受|不再?适用|不得(?:依照|依据|按照|根据|适用|援引)|不能实行|不执行|不影响|不属于|不(?:再)?承担)[^，]{0,12}$"
    r"|(?:^|[，。；])但是?，?.{0,2}$"
)
_PUNISHED_AFTER = re.compile(
    r"^(?:的?(?:有关)?规定)?，?[^，。；]{0,4}(?:处罚|定罪|处分|追究|从重|从轻|给予行政)"
)
_NAMED = "(?:[^，。；、的]{1,14}(?:法|典|条例|办法|规定))?$"
_BREACH_BEFORE = re.compile(f"违反了?{_NAMED}")
_ACT_BEFORE = re.compile(r"(?:有|实施了?|[未不](?:依照|按照|按|履行|执行|遵守))$")
_SANCTION = re.compile(
    "罚款|处罚|处分|拘留|没收|吊销|责令|警告|有期徒刑|拘役|罚金|赔偿|(?:法律|民事|刑事|行政|连带|侵权|违约)责任|暂扣"
)
_LIABILITY = re.compile("法律责任|罚则|处罚")
_DEFINED_AFTER = re.compile(r"^(?:的?规定)?中?的?所称")
_APPLIED_BEFORE = re.compile(
    r"(?<![未不])(?:适用|参照(?:适用)?|准用|比照|依照|依据|按照|根据|遵照|执行|(?<=[，应当可以])按|依)"
    + _NAMED
)
_APPLIED_AFTER = re.compile("(?:的?|关于[^，。；]{1,40})规定，?[也同样]{0,2}适用")
_AMENDS = re.compile("修正案(?:[（(].+[）)])?$|关于(?:修改|修正|修订).+的(?:决定|决议)$")
"""Laws whose words are those of another by now: what they quote says nothing of its own."""

_IMPLEMENTS = re.compile(r"(?:若干)?(?:实施|施行)(?:条例|细则|办法|规定|意见)$")
_ABOUT = re.compile(
    "关于(?:适用|执行|贯彻|实施)?[《〈](?P<law>[^《》〈〉]+)[》〉].*(?:解释|规定|批复|意见|解答)(?:[（(].+[）)])?$"
)


def kind_of(content: str, start: int, end: int, *, chapter: str = "") -> str:
    """Return what characters `start` to `end` of an article, which name another, say of it.

    Args:
        chapter: the heading that the article stands under; one on liability makes what comes with
            a sanction a penalty.

    >>> words = "用人单位不得依照本法第四十条的规定解除劳动合同"
    >>> kind_of(words, 8, 14)
    'exception'
    """
    before, after = _around(content, start, end)
    besides = _BESIDES.search(before)
    if besides and _ADDED_AFTER.match(after):
        return REFERS
    if besides and _EXCLUDED_AFTER.match(after):
        return EXCEPTION
    if _EXCEPTED_AFTER.match(after) or _EXCEPTED_BEFORE.search(before):
        return EXCEPTION
    if _DEFINED_AFTER.match(after):
        return DEFINITION
    if _PUNISHED_AFTER.match(after) or _is_breach(content, before, end):
        return PENALTY
    if _APPLIED_BEFORE.search(before) or _APPLIED_AFTER.match(after):
        return APPLICATION
    is_liability = _LIABILITY.search(chapter) and _SANCTION.search(_rest(content, end))
    return PENALTY if is_liability else REFERS


def _is_breach(content: str, before: str, end: int) -> bool:
    """Say whether what is named is broken, with a sanction; that of a list stands before it."""
    if _BREACH_BEFORE.search(before):
        return bool(_SANCTION.search(content))
    return bool(_ACT_BEFORE.search(before) and _SANCTION.search(_rest(content, end)))


def interprets(law_name: str, other: str) -> bool:
    """Say whether a law says how another is to be understood or carried out.

    >>> interprets("中华人民共和国劳动合同法实施条例", "中华人民共和国劳动合同法")
    True
    """
    about = _ABOUT.search("".join(law_name.split()))
    if about:
        return same_law(about["law"], other)
    own, base = short_name(law_name), short_name(other)
    return own.startswith(base) and bool(_IMPLEMENTS.fullmatch(own.removeprefix(base)))


def links(
    content: Content,
    article_ids: Sequence[str],
    *,
    limit: int,
    versions: Collection[str] | None = None,
) -> list[Link]:
    """Return the links of some articles; two articles are linked once, by what counts most.

    For `limit`, `versions` and errors see `lawvault.retrieve.links.links_of`.
    """
    best: dict[tuple[str, object], Link] = {}
    for row in links_of(content, article_ids, limit=limit, versions=versions):
        link = link_of(row)
        key = (link.source_id, row.other["article_id"])
        if key not in best or KINDS.index(link.kind) < KINDS.index(best[key].kind):
            best[key] = link
    return list(best.values())


def link_of(row: LinkRow) -> Link:
    """Return a reference of the pack as a link with its kind."""
    text = str(row.words_in["content"])
    return Link(
        source_id=str(row.article["article_id"]),
        kind=_kind_of_row(row),
        found=found_of(row.other),
        words=text[row.start : row.end],
        is_reverse=row.is_reverse,
    )


def _kind_of_row(row: LinkRow) -> str:
    source, law_name = row.words_in, str(row.words_in["law_name"])
    if _AMENDS.search(law_name):
        return REFERS
    if interprets(law_name, str(row.leads_to["law_name"])):
        return INTERPRETS
    chapter = str(source["chapter"] or "")
    return kind_of(str(source["content"]), row.start, row.end, chapter=chapter)


def found_of(row: Row, score: float = 0.0) -> Found:
    """Return a row of the table articles as the library gives it."""
    return Found(
        article_id=str(row["article_id"]),
        law_id=str(row["law_id"]),
        law_name=str(row["law_name"]),
        article_number=str(row["article_number"]),
        content=str(row["content"]),
        status=str(row["status"]),
        effective_date=str(row["effective_date"] or ""),
        score=score,
    )


def _around(content: str, start: int, end: int) -> tuple[str, str]:
    """Return the clause before and after a mention, without the list that it stands in."""
    first = max((m.end() for m in _STOP_BEFORE.finditer(content, 0, start)), default=0)
    stop = _STOP_AFTER.search(content, end)
    before = content[first:start]
    if content[first - 1 : first] == "。" and before.startswith("但"):
        before = "，" + before
    after = content[end : stop.start() if stop else len(content)]
    return _LIST_BEFORE.sub("", before), _LIST_AFTER.sub("", after)


def _rest(content: str, end: int) -> str:
    """Return the words from a mention to the end of its sentence."""
    stop = content.find("。", end)
    return content[end : stop if stop >= 0 else len(content)]
