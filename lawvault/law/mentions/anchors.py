"""The words at which a reference may begin, and the words around it that say what it is."""

import re

from lawvault.law.address import Address
from lawvault.law.mentions.grammar import ARTICLES, JOIN, NO_COUNT
from lawvault.law.numerals import NUMERAL

_NO_COUNT = "(?!件|例|约|目(?!录)|式)"  # 前款式样, 本条例, 同条件 are other words
_NUMBER = f"(?:{NUMERAL}|几)"
_DIGITS = "零一二三四五六七八九十百千"
_SPACE = r"[ \u3000\u00a0]?"
_MORE = rf"(?:{JOIN}第?(?:\d{{1,4}}|[{_DIGITS}]{{1,9}})){{0,9}}"
ANCHOR = re.compile(
    rf"(?P<book>《)"
    rf"|(?P<before>(?<![目提当先此空])前[述面]?{_NUMBER}?个?(?:[条款](?!项)|项){_NO_COUNT})"
    rf"|(?P<last>(?<![以之网线])上(?:一|面一|一个)?(?:[条款](?!项)|项){_NO_COUNT})"
    rf"|(?P<own>(?<![基根日样文资成读副])本(?:[条款](?!项)|项){_NO_COUNT})"
    rf"|(?P<same>(?:该|(?<![合不])同)[款条](?![款项]){_NO_COUNT})"
    rf"|(?P<vague>上述(?:各|两|[三四五六七八九十])?(?:规定|条款|[款条](?!项)|项){_NO_COUNT})"
    rf"|(?P<chain>第(?={ARTICLES}"
    rf"|{_SPACE}[（(]?{_SPACE}{NUMERAL}{_SPACE}[）)]?[、和及至款项目（( \u3000]))"
    rf"|(?P<arabic>(?:(?<![0-9.])\d{{1,4}}|(?<![{_DIGITS}第])[{_DIGITS}]{{2,9}}){_MORE}条{NO_COUNT})"
)
"""Where a reference may begin; the group says of what kind."""

_LAW_WORDS = (
    "(?:法典|法|条例|办法|规定|细则|规则|解释|决定|修正案|通则|规程|意见|批复|章程|标准|准则|纪要"
    "|实施细则|实施条例|实施办法|暂行条例|暂行规定|暂行办法|议事规则)"
)
SELF = re.compile(rf"(?<![基根日样文资])本(?P<title>《)?{_LAW_WORDS}(?(title)》)$")
"""本法, 本条例, 本《规定》 before an address."""

_KIND = re.compile(
    r"(法|条例|办法|规定|细则|规则|解释|决定|修正案|通则|规程|意见|批复|章程|标准|准则|纪要)"
    r"典?》?(?:[（(][^（）()]*[）)]|[一二三四五六七八九十]+)?$"
)

SAME = re.compile(rf"(?<!合)(?:该|同|前述|上述){_LAW_WORDS}$")
"""该法, 同法: a law of that kind named before."""

VIOLATES = re.compile(r"违反了?(?:了|上述|其)?$")
"""Before 第二款 that forbids something; what punishes it stands elsewhere."""

_ADDRESSED = re.compile(
    r"(?:$|[ \u3000]|[的之，。、；：！？）)》”’\]】规款项第和与及或至等中所明以即]|约定)"
)
_SPOKEN_OF = re.compile(
    r"(?:的|所|中|之)?(?:规定|所?列|所?称|所?指|所?述|情形|文义|内容|适用|精神|明确|修改|增加|作为|要求)"
    r"|第|[（(，。；、）)]|或者|其他"
)
LABELLED = re.compile(r"(?:^|\n|[。；] ?)[ \u3000]*$")
"""What stands before 第三条 that is a label (第三条 国家……), not a mention."""

_SURE_NUMBER = 20


def reads_as_reference(text: str, end: int, address: Address) -> bool:
    """Say whether free text goes on as after an address, not as after a count: 第一条裤子.

    Nobody counts trousers up to twenty, or in 款 and 项.
    """
    sure = address.number >= _SURE_NUMBER or bool(address.number and address.part)
    return sure or bool(_ADDRESSED.match(text, end))


def is_spoken_of(text: str, end: int) -> bool:
    """Say whether words go on as after a provision: 该款规定, not 该款汇入."""
    return bool(_SPOKEN_OF.match(text, end))


def kind_of(name: str) -> str:
    """Return what a law is by its last word, "" if that is no kind of law.

    >>> kind_of("民法典"), kind_of("刑法修正案（八）"), kind_of("该实施条例")
    ('法', '修正案', '条例')
    """
    kind = _KIND.search(name)
    return kind[1] if kind else ""
