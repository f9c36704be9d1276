"""What an LLM says around its document and not in it: greetings, offers of help, disclaimers.

`好的，以下是律师函：`, `希望对您有帮助！`, `注：本函仅供参考` and code fences are cut before
and behind the document, never inside.  Only what speaks to whoever asked, of the drafting, counts:
`注：本合同一式两份`, `如有疑问，请与本律师联系` and `以上意见，供参考` are a document's own words.
"""

import re
from collections.abc import Sequence

from lawvault.models.replies import unfenced

_MOST_LEADS = 3  # lines
_LONGEST = 300  # characters of a line that may be chatter
_MOST_NOTES = 12  # lines below the head of closing notes

_MAKE = "起草|撰写|草拟|拟定|拟写|编写|改写|修改|润色|生成|整理|续写|写好|准备"
_PAPER = (
    "律师函|催告函|催款函|起诉状|上诉状|答辩状|反诉状|申请书|意见书|代理词|辩护词|通知书|协议书?|合同|"
    "声明书?|委托书|函件?|文书|文稿|草稿|初稿|稿件|正文|全文|修改稿|选中部分|[这该本]一?(?:节|部分|段)"
)
_FOR_YOU = "(?:为|帮|替|给)您"
_LEADS = re.compile(
    rf"好的[，,。！!：:～~].*"
    r"|(?:好|当然(?:可以)?|没问题|明白了?|收到|了解了?)[，,。！!：:～~]+"
    rf"|(?:好|当然(?:可以)?|没问题|明白了?|收到|了解了?|您好|你好)[，,。！!：:～~]+.*"
    rf"(?:{_FOR_YOU}(?:{_MAKE})|(?:以下|下面|这)(?:就?是|为).*(?:{_PAPER})).*"
    rf"|(?:以下|下面|这里)(?:就?是|为)(?:一份|这份|该|本|完整|(?:{_MAKE})[后好]?的|[《“])*"
    rf"[^，。；：:的]{{0,10}}(?:{_PAPER})[》”]?(?:的?(?:正文|全文|草稿|初稿|范本|文本))?[：:。！!]"
    rf"|(?:以下|下面|这里)(?:就?是|为)(?:根据|按照?|依据|基于)您.*(?:{_MAKE}).*[：:。！!]"
    rf"|(?:以下|下面|这)[^，。；]{{0,6}}(?:我|已)?{_FOR_YOU}.*[：:。！!]"
    rf"|(?:根据|按照?|依据|基于|结合)您的?(?:要求|需求|需要|指示|描述|提供的[^，,]{{0,12}})[，,]"
    rf"(?!.*(?:本所|本律师|我所|出具)).*(?:{_MAKE}).*[：:。！!]"
    rf"|(?:我)?(?:已经?|将|会|来)?{_FOR_YOU}(?:{_MAKE}).*"
    rf"|[（(]?(?:接上文|续上文|承接上文|接前文|续写如下|继续如下)[)）]?[：:，。]?"
    r"|(?:Sure|Certainly|Of course|Okay|OK|Here(?:'s| is| are)|Below is|The following is)\b.*"
)
_OURS = re.compile(r"本所|本律师|委托人|我方|我司|贵[司方公单]|联系(?:人|电话|方式)|\d{7}")
_TAILS = re.compile(
    r"希望(?:以上|上述|本|这|该|此)?[^，,]{0,20}(?:对您|能?帮到您|能帮助您|满足您|符合您).*"
    r"|希望(?:以上|上述|本|这|该|此)?[^，,]{0,16}有所?帮助"
    r"|祝您?[^，,]{0,6}(?:维权|诉讼|案件|早日|胜诉)[^，,]{0,10}"
    r"|(?:如果?|若)(?:您|你)?.*(?=随时|修改|调整|补充|细节|完善|需求)"
    r"(?:.*(?:告诉|告知|通知|联系)我(?![方司所院们])).*"
    rf"|(?:如果?|若)(?:您|你)?.*(?:我(?:可以|会|将|很?乐意|愿意|能)(?:继续|再)?{_FOR_YOU}"
    r"|(?:请|欢迎|可以?)(?:您)?随时(?:提问|问我(?![方司所院们]))"
    r"|我(?:可以|会|将|很?乐意|来|再)?(?:继续|进一步|再)(?:修改|调整|完善|优化|润色|细化)).*"
    r"|(?:请|建议|您可以?)您?(?:根据|按照?|结合)(?:您的)?(?:实际|具体|自身|个人)?[^，,]{0,8}情况[^，,]{0,8}"
    r"(?:修改|调整|填写|补充|完善|使用)(?:后?(?:使用|即可)|(?:以上|上述|本|文书|模板|空白|括号|【).*)?"
    rf"|以上(?:就?是|即为|为)(?:[^，,]{{0,16}}(?:{_PAPER}|内容)[^，,]{{0,6}}[，,].*"
    r"(?:供您|请您[查审核参根]|希望|您可)|我?(?:为您|根据您|按照?您)).*"
    r"|.*(?:由|系)(?:AI|人工智能|大?语言模型)(?:辅助|自动)?(?:生成|起草|撰写).*"
    r"|(?:以上|上述|本|该|此)[^，,]{0,16}仅供(?:您)?参考[，,；].*"
    r"(?:不构成|不能替代|咨询|聘请|律师|实际情况|修改|调整).*"
    r"|(?:.*不构成(?:正式的?)?法律(?:意见|建议)[，,；].*|[^，,]{0,12}建议您)(?:及时|另行)?"
    r"(?:咨询|委托|聘请)[^，,]{0,4}(?:专业|执业)[^，,]{0,4}律师.*"
    r"|(?:如有疑问|必要时|具体(?:情况|问题)?)?[，,]?建议(?:及时|另行)?咨询(?:专业|执业)的?律师(?:的?意见)?"
    r"|(?:您)?(?:是否|还)?需要我(?![方司所院们]).*"
    r"|(?:I hope|Hope this|(?:Please )?[Ll]et me know|(?:Please )?[Ff]eel free).*"
    r"|(?:Disclaimer|Please note).*"
)
_NOTE = re.compile(
    r"[（(【\[]?(?:注意?|备注|说明|(?:温馨|友情|特别|重要)?提示|提醒|免责声明|(?:使用|起草|修改|撰写)说明)"
    r"[】\]]?[：:](?P<words>.+)"
)
_OF_THE_DRAFTING = re.compile(
    r"仅供(?:您)?参考|不构成(?:正式的?)?法律(?:意见|建议)"
    r"|(?:建议|请|宜|最好|务必)[^。]{0,10}(?:咨询|委托|聘请)[^。]{0,8}律师"
    r"|请您?(?:根据|按照?|结合)(?:您的)?(?:实际|具体|自身|案件)[^。]{0,6}情况[^。]{0,12}(?:修改|调整|填写|补充|完善)"
    r"|(?:由|系)(?:AI|人工智能|大?语言模型)"
    r"|【[^】]{0,8}】[^。]{0,16}(?:补充|填写|替换|完善|核实|未告知|未提供)"
    r"|您(?:补充|填写)|您[^。]{0,20}(?:撰写|起草|生成|补充|完善|空白|【|填写|未写)"
    r"|(?:撰写|起草|生成)[^。]{0,6}您|(?:补充|填写|替换)[^。]{0,16}【[^】]{0,8}】"
    r"|我(?:已|将|把)[^。]{0,12}(?:修改为|调整|改写|改为|润色|保留原)"
    r"|(?:空白|留空|占位)[^。]{0,8}请您?(?:补充|填写|替换)"
)
_NOTES_HEAD = re.compile(
    r"[（(【]?(?:注意?|注意事项|(?:几点)?说明|(?:使用|起草|修改|改动|润色|撰写|补充)说明|"
    r"(?:温馨|友情|特别|重要)?提示|备注|免责声明|需要?您?(?:补充|确认)的?(?:信息|内容|事项)|"
    r"待补充的?(?:信息|内容|事项))[】)）]?[：:]?"
)
_CHANGE = re.compile(
    r"(?:将|把)[“‘].*[”’](?:改|调整|替换)|(?:调整|优化|统一|删除|精简|增加|修正)了|语气更|更加?(?:正式|简洁)"
)
_LOOSE = re.compile(r"[您你我]|以上|以下|如下|参考|需要|说明|注[：:]")
_RULE = re.compile(r"\s*(?:[-*_—=]\s*){3,}")
_FENCE = re.compile(r"\s*```\s*[a-zA-Z]*\s*")
_STRUCTURE = re.compile(r"\s*(?:#|\||\d+[.、]|[一二三四五六七八九十]+、)")
_ENDS = re.compile(r"[。！!？?～~]+")


def without_chatter(text: str) -> tuple[str, str]:
    """Return the document in an LLM's answer, and what it said before and behind it.

    >>> without_chatter("好的，以下是律师函：\\n\\n# 律师函\\n\\n甲。\\n\\n希望对您有帮助！")
    ('# 律师函\\n\\n甲。', '好的，以下是律师函： 希望对您有帮助！')
    """
    lines = text.strip().split("\n")
    inside, around = _unfenced(lines)
    start, end = _led(inside), _ended(inside)
    kept = inside[start:end] if start < end else []
    cut = [*around, *inside[:start], *inside[max(start, end) :]]
    said = " ".join(line.strip() for line in cut if _says(line))
    return unfenced("\n".join(kept).strip()), said


def without_lead(text: str) -> str:
    """Return a text without what an LLM says before it goes on with a document.

    >>> without_lead("好的，接着写：\\n\\n支付工资。")
    '\\n支付工资。'
    """
    lines = text.split("\n")
    start = _led(lines)
    return "\n".join(lines[start:])


def _says(line: str) -> bool:
    return any(map(str.isalnum, line)) and not _FENCE.fullmatch(line)


def _unfenced(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the document without a fence around it, and what stands outside of that."""
    fences = [at for at, line in enumerate(lines) if _FENCE.fullmatch(line)]
    if not fences or len(fences) > 2:
        return list(lines), []
    if len(fences) == 1:
        is_at_end = fences[0] in (0, len(lines) - 1) or not _led(lines[: fences[0]])
        rest = [*lines[: fences[0]], *lines[fences[0] + 1 :]]
        return (rest if is_at_end else list(lines[fences[0] + 1 :])), []
    first, last = fences
    before, inside, behind = lines[:first], lines[first + 1 : last], lines[last + 1 :]
    outside = [line for line in (*before, *behind) if line.strip()]
    if not all(map(_may_be_said, outside)):
        return ([*before, *inside, *behind] if not before else list(lines)), []
    return list(inside), outside


def _may_be_said(line: str) -> bool:
    """Say whether a line outside of a fence may be chatter."""
    return not _says(line) or (not _STRUCTURE.match(line) and bool(_LOOSE.search(line)))


def _led(lines: Sequence[str]) -> int:
    """Return where a document begins behind what is said before it."""
    start, said = 0, 0
    for at, line in enumerate(lines):
        if said and (_RULE.fullmatch(line) or not line.strip()):
            start = at + (1 if _RULE.fullmatch(line) else 0)
            continue
        if not line.strip():
            continue
        if said == _MOST_LEADS or not _is_lead(line):
            break
        start, said = at + 1, said + 1
    return start


def _ended(lines: Sequence[str]) -> int:
    """Return where a document ends before what is said behind it."""
    end = whole = len(lines)
    while True:
        last = _last(lines, end)
        if last >= 0 and _is_tail(lines[last]):
            end = last
            continue
        head = _head_of_notes(lines, last + 1)
        if head < 0:
            break
        end = head
    while end < whole and end > 0 and _is_pause(lines[end - 1]):
        end -= 1
    return end


def _is_pause(line: str) -> bool:
    return not line.strip() or bool(_RULE.fullmatch(line))


def _last(lines: Sequence[str], end: int) -> int:
    """Return the last line before `end` that says something, -1 if none does."""
    return next((at for at in range(end - 1, -1, -1) if _says(lines[at])), -1)


def _head_of_notes(lines: Sequence[str], end: int) -> int:
    """Return the head of closing notes that fill all from there to `end`, -1 if there is none."""
    below = list[str]()
    for at in range(end - 1, -1, -1):
        line = _undecorated(lines[at].lstrip("# "))
        if not _says(line):
            continue
        if below and _NOTES_HEAD.fullmatch(line):
            of_drafting = [one for one in below if _is_of_drafting(one, line)]
            is_chatter = below[0] in of_drafting and 2 * len(of_drafting) >= len(below)
            return at if is_chatter else -1
        below.append(line)
        if lines[at].lstrip().startswith(("#", "|")) or len(below) > _MOST_NOTES:
            return -1
    return -1


def _is_of_drafting(line: str, head: str) -> bool:
    """Say whether a line below the head of notes speaks of how the document was drafted."""
    if re.search("修改|改动|润色", head) and _CHANGE.search(line):
        return True
    return bool(_OF_THE_DRAFTING.search(line)) or _is_tail(line)


def _is_lead(line: str) -> bool:
    words = _undecorated(line)
    is_prose = not line.lstrip().startswith(("#", "|", "- "))
    return is_prose and len(words) <= _LONGEST and bool(_LEADS.fullmatch(words))


def _is_tail(line: str) -> bool:
    """Say whether every sentence of a line is said to whoever asked, of the drafting."""
    words = _undecorated(line)
    if len(words) > _LONGEST or line.lstrip().startswith(("#", "|")):
        return False
    note = _NOTE.fullmatch(words)
    if note:
        return bool(_OF_THE_DRAFTING.search(note["words"]))
    said = [one.strip() for one in _ENDS.split(words) if any(map(str.isalnum, one))]
    return bool(said) and all(_TAILS.fullmatch(one) and not _OURS.search(one) for one in said)


def _undecorated(line: str) -> str:
    """Return a line without emphasis, quote marks, bullets, and brackets around all of it."""
    words = line.strip().strip("*_>-•· 　").replace("**", "")
    return words[1:-1] if words[:1] + words[-1:] in ("（）", "()") else words
