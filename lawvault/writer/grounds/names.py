"""Names of people in Chinese prose, found by what stands beside: a role, kin, a form of address.

A bare run of characters is no name: half of the surnames are words of their own.
"""

import re
from collections.abc import Iterator

_ROLES = (
    "原告|被告|第三人|被申请人|申请人|被上诉人|上诉人|被执行人|申请执行人|答辩人|被答辩人|委托人|"
    "受托人|甲方|乙方|丙方|出借人|借款人|保证人|担保人|出租人|承租人|转让人|受让人|证人|"
    "法定代表人|负责人|代理人|联系人|具状人|经办人|收件人|承办人|经手人|记录人|承办律师|"
    "审判长|审判员|书记员|仲裁员|作者|编辑|撰稿人"
)
_KIN = (
    "[之其](?:妻子?|丈夫|夫|配偶|儿子|子|女儿|女|父亲?|母亲?|兄|弟|姐|妹)|妻子|丈夫|配偶|儿子|女儿|父亲|"
    "母亲|哥哥|弟弟|姐姐|妹妹|同事|同学|朋友|好友|邻居|亲戚|经理|主管|主任|老板|老板娘|店长|厂长|"
    "组长|班长|总监|会计|出纳|司机|人事(?:专员)?|财务(?:人员)?|股东|名叫|叫做"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林郭罗梁宋郑谢韩唐冯董萧曹袁邓傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎潘杜戴"
    "夏钟汪田姜范姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段汤尹黎贺赖龚"
)
_MORE_SURNAMES = "马何许高曾程余方石白江史钱金万常武乔文尚毛易齐施陶倪严牛温季俞章鲁葛韦聂柳岳莫"
"""Those that are words as well; they count before 女士 and the like alone."""

_ADDRESSES = "女士|先生|小姐|太太|经理|主任|老板|厂长|师傅|主管|老师|总"
_NAME = rf"(?:欧阳|司马|上官|诸葛|[{_SURNAMES}])(?!{_ADDRESSES})[\u4e00-\u9fff某×]{{1,2}}"
_AFTER_NAME = (
    r"(?=[，。、；：（）()\s和与诉向的于系应在因为未是及之拒不已自将曾认主支提签对由称并依同起欠借还付给辞请经从被申到至均\d{more}]"
    r"|出生|入职|$)"
)
_DOES = "怀口答表告说允承要生住病随看见听陪当一也"  # what kin do and parties do not
_BEHIND_ROLE = re.compile(
    rf"(?:{_ROLES})(?:[（(][^）)\n]{{1,20}}[）)])?[：:]?[ 　*]*"
    rf"(?P<name>{_NAME}?){_AFTER_NAME.replace('{more}', '')}"
)
_BEHIND_KIN = re.compile(rf"(?:{_KIN})(?P<name>{_NAME}?){_AFTER_NAME.replace('{more}', _DOES)}")
_ADDRESSED = re.compile(
    rf"(?P<name>[{_SURNAMES}{_MORE_SURNAMES}](?:(?![{_SURNAMES}])[\u4e00-\u9fff]){{0,2}})"
    r"(?P<address>女士|先生(?![产效成活])|小姐|太太)"
)
_CALLED = re.compile(
    rf"(?P<name>[{_SURNAMES}])"
    r"(?P<address>总(?![\u4e00-\u9fff])|总(?=[与和向对在已说称口告承答表要不的多曾将给因也再打发也又当])"
    r"|经理(?![人部层办])|主任|老板|厂长|师傅|主管(?!部门|机关|单位|人员)|老师)"
)
_NO_NAMES = re.compile(
    r"陈述|陈旧|陈列|周末|周[一二三四五六日]|田地|金额|林木|林地|叶|龙头|唐突|杜绝|杜撰|谢绝|谢意|顾客|顾问|顾及|"
    r"顾忌|范围|范本|段落|田间|孔洞|夏季|徐缓|胡乱|苏醒|黎明|龙|秦皇|郑重|梁柱|宋体|钟点|贺信|熊|罗列|黄金|"
    r".{0,2}[某的是该各位等]"
)
_NO_CALLS = re.compile(
    r"(?:[本上下每一两几单隔]周|[路工地标阶时片分]段|[分时点]钟|[对双甲乙丙]方)\Z"
)


def behind_roles(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of names that stand behind the role of a party or of who acts for one.

    >>> [text[a:b] for text in ["原告张三与被告陈述一致"] for a, b in behind_roles(text)]
    ['张三']
    """
    for match in _BEHIND_ROLE.finditer(text):
        if not _NO_NAMES.match(match["name"]) or match["name"][-1] in "某×":
            yield match.span("name")


def others(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start and end of other names, and the name as it can be told.

    Of a mere form of address it is the surname: who tells of 张三 tells of 张女士, too.

    >>> [text[a:b] for text in ["李总称其妻刘芳住院"] for a, b, _ in others(text)]
    ['李总', '刘芳']
    """
    found = list[tuple[int, int, str]]()
    for match in _BEHIND_KIN.finditer(text):
        if not _NO_NAMES.match(match["name"]):
            found.append((*match.span("name"), match["name"]))
    for match in (*_ADDRESSED.finditer(text), *_CALLED.finditer(text)):
        name, start = match["name"], match.start()
        if _NO_NAMES.match(name) or _NO_CALLS.search(text[max(0, start - 1) : start + 1]):
            continue
        end = match.end() if len(name) == 1 else match.end("name")
        found.append((start, end, name))
    yield from sorted(found)
