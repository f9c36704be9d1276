"""Names of laws as they stand in running text: 《…》, 治安管理处罚法第…, （以下简称…）."""

import re
from collections.abc import Mapping

from lawvault.law.catalogue import ISSUERS, Catalogue
from lawvault.law.names import short_name
from lawvault.law.numerals import NUMERAL

_ENDS = (
    "法典|法|条例|规定|办法|细则|规则|解释|决定|决议|修正案|通则|章程|意见|批复|通知|公约|协定"
    "|议定书|规程|规范|标准|准则|纪要|令|公告|答复|解答|宪法|总则|纲要|公报|目录|措施|制度|命令|宣言|声明"
)
_NUMBERED = rf"(?:[（(]{NUMERAL}[）)]|[一二三四五六七八九十]{{1,3}})?"
_LOOSE = (
    rf"(?:法典|法|条例|细则|规则|通则|民法总则|(?:修正案|解释){_NUMBERED}"
    r"|(?:管理|实施|暂行|监督|处罚|征收|审批|登记|保护)(?:办法|规定))"
)
_LOOSE_END = re.compile(rf"{_LOOSE}$")
_ONLY_LOOSE = re.compile(rf"(?:本|该|同|其)?{_LOOSE}")
_ABOUT = "解释|规定|决定|批复|意见|办法|条例|通知"
_AFTER = re.compile(rf"[^，。；：《》“”第\n]{{0,30}}?(?P<kind>{_ABOUT})(?:[（(]{NUMERAL}[）)])?")
_ISSUERS = re.compile(rf"(?P<issuer>(?:(?:{ISSUERS})[、和与]?)*)关于[^，。；：《》\n]{{0,20}}$")
_INTERPRETED = re.compile(
    rf"(?:[\u4e00-\u9fff]{{2,8}}编)?(?:若干问题)?的?(?:司法)?解释{_NUMBERED}"
    r"(?=[ \u3000]?(?:第|\d|[（(]))"
)
_WHOLE = re.compile(
    rf"(?:(?:(?:{ISSUERS})[、和与]?)+关于|关于(?:适用|审理|办理|执行))[^，。；：\n]{{2,80}}?"
    rf"(?:{_ABOUT})(?:[（(]{NUMERAL}[）)])?$"
)
_WHOLE_LONGEST = 100
_DEFINED = re.compile(
    r"(?:简称|以下(?:均|统|合)?称|下称|[统合]称)为?[：:]?[“\"《〈‘]?(?P<name>[^“”\"《》〈〉‘’，。；（）()]{1,30})"
)
_DEFINES = re.compile(r"(?P<title>》)?[ \u3000]?[（(](?=[^（）()\n]{0,40}(?:简称|下.?称|[统合]称))")
_NOT_LAWS = re.compile(
    r"(?:方|执|违|合|非|守|立|依|枉|普|(?<!适)用|做|说|看|想|手|书|兵|无|(?<!公)司|(?<!建)设|作|语|算|疗"
    r"|军|国|有关|相关)法$|(?<![理施行督罚收批记护])办法$|^(?:本|该|同|其|新|旧)法$"
)
_FOREIGN = re.compile(
    r"(?:德国|法国|日本|美国|英国|瑞士|意大利|俄罗斯|韩国|台湾|台湾地区|澳门|香港|欧盟|联邦德国|奥地利|印度|加拿大"
    r"|新加坡|澳大利亚|西班牙|荷兰|越南|朝鲜|旧中国|民国)(?:的)?$"
)
_CUTS = re.compile(
    r"违反了?|依照|按照|根据|依据|适用|参照|符合|触犯了?|涉嫌|构成|援引|引用|遵守|执行|以及|或者|比照|结合"
    r"|认定为|视为|具有|出现|主张|认为|涉及|违背|参考|所称|没有"
    r"|我国|现行|(?<![草高平中])原(?![子油产则])|旧|修订后的|修改后的|修正后的|规定的|规定|属于|详见|参见|包括"
    r"|通过|关于|对于|不服|如果|因为|由于|应当|可以|及其|分别|同时|其中|就是|[，。；：、！？“”‘’（）()\[\]【】\s]"
    r"|和(?!平)|与|及|或|的|是|即|如|见(?!义)|按|依|(?<![数票证单收])据|对(?!外)|就(?!业)|在|(?<!自)由|将|以"
)
_FORMER = re.compile(
    r"[为有无因]((?:民法通则|民法总则|合同法|物权法|婚姻法|担保法|继承法|收养法|侵权责任法))$"
)
"""Repealed laws that people still cite, after a word that no name of them begins with."""
_STATE = "中华人民共和国"
_LINKS = re.compile(r"(?:中的|的|中|之)?[ \u3000\u00a0]{0,2}$")
_SECTIONS = re.compile(
    rf"(?:(?<=典)|(?<=法)(?!典)|(?<=例)|(?<=节|章|编))"
    rf"[·•・（(]?(?:第{NUMERAL}(?:编|分编|章|节)|[\u4e00-\u9fff]{{2,6}}编|(?<!民法)总则|分则|附则)"
    rf"{{1,3}}[）)]?$"
)
_BOOKS = re.compile(
    rf"(?<=[法典])[·•・‧∙/—\-之的 \u3000]*[（(]?(?:第{NUMERAL}(?:编|分编))?"
    r"(?:(?:合同|物权|人格权|婚姻家庭|继承|侵权责任|总则|分则|污染防治|生态保护|绿色低碳发展)(?:编|篇|部分)"
    rf"|(?<=编)(?:合同|物权|人格权|婚姻家庭|继承|侵权责任|总则)|(?<!民法)(?:总则|分则)|第{NUMERAL}编)"
    r"(?:第?[一二三]?分编|通则|典型合同|准合同)*[）)]?$"
)
_EDITION = re.compile(r"[（(](?:19|20)\d\d年?(?:第[一二三四五]次)?(?:修[正订改]本?|版|文本)[）)]$")
_QUOTED = re.compile(
    r"[“\"‘「『‹<＜](?P<name>[\u4e00-\u9fff]{1,40}?(?:法典|法|条例))[”\"’」』›>＞]"
    rf"(?=[ \u3000]{{0,2}}第?[ ]?{NUMERAL}[ ]?条)"
)
_GENERIC = re.compile(r"法|条例|办法|规定|细则|规则|解释|决定|批复|意见|通知")
_BOUNDARY = re.compile(r"(?:^|[^\u4e00-\u9fff]|[照据按反合违和与及或在以于用了])$")
WINDOW = 60
"""How far before an address the name of its law may begin."""

_TITLE_LONGEST = 160


def titles_at(text: str, start: int) -> list[tuple[int, int, str]]:
    """Return (start, end, name) of the title whose 《 stands at `start`; [] if it never ends.

    A title may stand inside a longer one that has no brackets of its own: 最高人民法院关于适用
    《民法典》婚姻家庭编的解释（一）.  Then the longer one comes first.
    """
    end = _closing(text, start)
    if end is None:
        return []
    plain = (start, end, text[start + 1 : end - 1])
    longer = _longer(text, start, end)
    return [longer, plain] if longer else [plain]


def _longer(text: str, start: int, end: int) -> tuple[int, int, str] | None:
    window = text[max(0, start - WINDOW) : start]
    head, tail = _ISSUERS.search(window), _AFTER.match(text, end)
    if head and tail and (head["issuer"] or tail["kind"] == "解释"):
        begin = start - len(window) + head.start()
        return begin, tail.end(), "".join(text[begin : tail.end()].split())
    interpreted = _INTERPRETED.match(text, end)
    if interpreted is None:
        return None
    law = short_name(text[start + 1 : end - 1])
    return start, interpreted.end(), law + "".join(interpreted[0].split())


def _closing(text: str, start: int) -> int | None:
    """Return where the title that opens at `start` has ended."""
    stop, depth, index = start + _TITLE_LONGEST, 1, start
    line = text.find("\n", start, stop)
    stop = line if line >= 0 else stop
    while depth:
        closing = text.find("》", index + 1, stop)
        if closing < 0:
            return None
        depth += text.count("《", index + 1, closing) - 1
        index = closing
    return index + 1


def with_titles(text: str, catalogue: Catalogue) -> str:
    """Return the text with 《》 around known names that stand in other marks before an article.

    >>> with_titles("依“民法典”第五条", Catalogue(["民法典"]))
    '依《民法典》第五条'
    """

    def title(match: re.Match[str]) -> str:
        return f"《{match['name']}》" if match["name"] in catalogue else match[0]

    return _QUOTED.sub(title, text)


def is_law_title(name: str) -> bool:
    """Say whether a title in 《》 is that of a law or another norm, by its last words.

    >>> is_law_title("最高人民法院关于适用〈民法典〉的解释（一）"), is_law_title("义勇军进行曲")
    (True, False)
    """
    name = "".join(name.split())
    match = re.search(rf"(?:{_ENDS})(?:[（(][^（）()]*[）)])*$", name)
    return match is not None


def without_books(name: str) -> str:
    """Return a law's name without a part of that law: 民法典合同编 is in 民法典.

    >>> [without_books(name) for name in ("民法典·合同编", "民法典（第三编合同）", "民法总则")]
    ['民法典', '民法典', '民法总则']
    """
    return _BOOKS.sub("", name)


def words_before(text: str, start: int, *, floor: int) -> str:
    """Return the words that end where an address begins, without what only links them to it.

    >>> words_before("依照民法典合同编第五百条", 8, floor=0)
    '依照民法典'
    """
    window = text[max(floor, start - WINDOW) : start]
    window = _LINKS.sub("", window, count=1)
    if window[-1:] in ("）", ")"):
        window = _EDITION.sub("", window, count=1)
    if "编" in window[-20:]:
        window = _BOOKS.sub("", window, count=1)
    if window[-1:] in ("编", "章", "节", "则") or window[-2:] in ("编）", "编)"):
        window = _SECTIONS.sub("", window, count=1)
    return window


def foreign_before(text: str, start: int, *, floor: int) -> int | None:
    """Return where the name of another country begins that ends at `start`."""
    window = text[max(floor, start - 8) : start]
    foreign = _FOREIGN.search(window)
    return start - len(window) + foreign.start() if foreign else None


def name_before(
    text: str, start: int, *, floor: int, catalogue: Catalogue, names: Mapping[str, str]
) -> tuple[int, str] | None:
    """Return (start, name) of the law whose name, without 《》, ends at `start`.

    Known names go first, the longest; then names that a text defined; then what ends like a law's
    name, without the words that lead to it.  None: no law is named there.
    """
    window = words_before(text, start, floor=floor)
    offset = max(floor, start - WINDOW)
    whole = _whole(text, floor, offset + len(window))
    if whole:
        return whole
    defined = _defined(window, names)
    known = catalogue.ending(window)
    if known and len(known) >= len(defined):
        return _checked(window, known, offset)
    if defined:
        return offset + len(window) - len(defined), defined
    return _guessed(window, offset)


def _whole(text: str, floor: int, end: int) -> tuple[int, str] | None:
    """Return the name of an interpretation: 最高人民法院关于…的解释（一）."""
    if text[end - 1 : end] not in tuple("释定复见法例知）)"):
        return None
    window = text[max(floor, end - _WHOLE_LONGEST) : end]
    match = _WHOLE.search(window) if "关于" in window else None
    if not match:
        return None
    return end - len(window) + match.start(), "".join(match[0].split())


def _defined(window: str, names: Mapping[str, str]) -> str:
    """Return the longest defined name that the window ends with, "" if none does; a name that is
    only a kind of law (条例) must not be the end of a longer one."""
    fitting = [name for name in names if window.endswith(name)]
    for name in sorted(fitting, key=len, reverse=True):
        if not _GENERIC.fullmatch(name) or _BOUNDARY.search(window[: -len(name)]):
            return name
    return ""


def _checked(window: str, known: str, offset: int) -> tuple[int, str] | None:
    """Return a known name, unless the words before it make it another country's law."""
    begin = len(window) - len(known)
    foreign = _FOREIGN.search(window[:begin])
    if foreign:
        return offset + foreign.start(), window[foreign.start() :]
    if window[:begin].endswith("中国"):
        begin -= len("中国")
    return offset + begin, known


def _guessed(window: str, offset: int) -> tuple[int, str] | None:
    if not _LOOSE_END.search(window):
        return None
    run = re.search(r"[\u4e00-\u9fff（）()〈〉]+$", window)
    name = led_off(run[0]) if run else ""
    if len(short_name(name)) < 2 or _NOT_LAWS.search(name):
        return None
    if _ONLY_LOOSE.fullmatch(name) and name not in ("宪法", "民法总则"):
        return None
    return offset + len(window) - len(name), name


def led_off(run: str) -> str:
    """Return what stands after the last word that leads to a law's name.

    >>> led_off("的行为违反治安管理处罚法"), led_off("认定为中华人民共和国对外贸易法")
    ('治安管理处罚法', '中华人民共和国对外贸易法')
    """
    state = run.rfind(_STATE)
    if state >= 0:
        return run[state:]
    former = _FORMER.search(run)
    if former:
        return former[1]
    tail = re.search(r"[（(][^（）()]*[）)]$", run)
    body = run[: tail.start()] if tail else run
    cut = 0
    for match in _CUTS.finditer(body):
        if match.end() < len(body) - 1:
            cut = match.end()
    return run[cut:]


def definitions(text: str) -> dict[str, str]:
    """Return the short names that a text gives to laws: 《X法》（以下简称《Y》）.

    >>> definitions("《中华人民共和国民法典》（以下简称民法典）")
    {'民法典': '中华人民共和国民法典'}
    """
    if "称" not in text:
        return {}
    found = dict[str, str]()
    for match in _DEFINES.finditer(text):
        defined = _DEFINED.search(text, match.end(), match.end() + 60)
        full = _titled(text, match) if defined else None
        if defined and full:
            name = defined["name"].strip()
            if not re.fullmatch("本(?:法|条例|办法|规定|解释)", name):
                found[name] = full
    return found


def _titled(text: str, match: re.Match[str]) -> str | None:
    """Return the title that ends where the brackets of a definition open."""
    if match["title"]:
        opening = _opening(text, match.start())
        return text[opening + 1 : match.start()] if opening is not None else None
    whole = _whole(text, 0, match.start())
    return whole[1] if whole else None


def _opening(text: str, end: int) -> int | None:
    """Return where the title begins whose 》 stands at `end`."""
    first, depth, index = max(0, end - _TITLE_LONGEST), 1, end
    while depth:
        opening = text.rfind("《", first, index)
        if opening < 0:
            return None
        depth += text.count("》", opening, index) - 1
        index = opening
    return index
