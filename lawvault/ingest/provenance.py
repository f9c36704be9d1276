"""Where a law comes from: its category, issuer and region, as far as its file tells.

The folder it lies in counts first (LawRefBook sorts laws by folder), then its title, then who
passed it.  What nothing tells is 其他 and an empty issuer, never a guess.
"""

import re
from dataclasses import dataclass

NATIONAL = "全国"
_CITIES = ("北京", "天津", "上海", "重庆")
_PROVINCE_NAMES = (
    *("河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东"),
    *(
        "河南",
        "湖北",
        "湖南",
        "广东",
        "海南",
        "四川",
        "贵州",
        "云南",
        "陕西",
        "甘肃",
        "青海",
        "台湾",
    ),
)
_PROVINCES = {
    **{name: f"{name}市" for name in _CITIES},
    **{name: f"{name}省" for name in _PROVINCE_NAMES},
    "内蒙古": "内蒙古自治区",
    "广西": "广西壮族自治区",
    "西藏": "西藏自治区",
    "宁夏": "宁夏回族自治区",
    "新疆": "新疆维吾尔自治区",
}
_FOLDERS = {
    "宪法": "宪法",
    "民法典": "法律",
    "刑法": "法律",
    "宪法相关法": "法律",
    "民法商法": "法律",
    "行政法": "法律",
    "经济法": "法律",
    "社会法": "法律",
    "诉讼与非诉讼程序法": "法律",
    "法律": "法律",
    "行政法规": "行政法规",
    "监察法规": "监察法规",
    "司法解释": "司法解释",
    "部门规章": "部门规章",
    "地方性法规": "地方性法规",
    "地方法规": "地方性法规",
    "其他": "其他",
}
_COURTS = re.compile("最高人民法院|最高人民检察院")
_CONGRESS = r"(?:[\u4e00-\u9fff]{2,20}?(?:省|市|自治区|自治州|自治县|县|区|经济特区))?"
_ISSUERS = re.compile(
    rf"(?P<issuer>全国人民代表大会常务委员会|全国人大常委会|全国人民代表大会"
    rf"|(?:第[一二三四五六七八九十]+届)?全国人民代表大会(?:常务委员会)?"
    rf"|{_CONGRESS}(?:第[一二三四五六七八九十0-9]+届)?人民代表大会(?:常务委员会)?"
    rf"|国务院|最高人民法院|最高人民检察院|中央军事委员会)"
)
_TITLES = re.compile("《.*?》")
_DATES = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
_SESSION = re.compile("第[一二三四五六七八九十0-9]+届")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Category in our words, issuer ("" if unknown), region (全国, or a province)."""

    category: str
    issuer: str
    region: str


def provenance(source: str, title: str, history: str) -> Provenance:
    """Return where a law comes from, by its path in the source, its title and its history.

    >>> provenance("DLC/广东地方法规/深圳经济特区控烟条例.md", "深圳经济特区控烟条例", "").region
    '广东省'
    """
    folders = source.split("/")[:-1]
    region = _region(folders, title, history)
    category = _by_folder(folders)
    if category in ("", "法律"):
        category = _by_title(title, history, region) if not category else _law(title)
    issuer = _issuer(folders, title, history, category)
    return Provenance(category=category, issuer=issuer, region=region)


def _by_folder(folders: list[str]) -> str:
    for folder in folders:
        for name, category in _FOLDERS.items():
            if folder == name or (name == "地方法规" and folder.endswith(name)):
                return category
    return ""


def _law(title: str) -> str:
    """Return what kind of national law a title names."""
    if "修正案" in title:
        return "修正案"
    if re.search("关于(?:修改|废止).+的决定$", title):
        return "修改决定"
    if title.endswith("的解释") and "全国人民代表大会" in title:
        return "立法解释"
    return "法律"


def _by_title(title: str, history: str, region: str) -> str:
    short = title.removeprefix("中华人民共和国")
    if short == "宪法":
        return "宪法"
    if region != NATIONAL:
        return "地方性法规"
    if _COURTS.search(title) or (_COURTS.search(history) and "通过" in history):
        return "司法解释"
    if re.search("(?<![办司做执])法$|法典$|修正案|全国人民代表大会", short):
        return _law(title)
    if "国务院" in title or re.search(r"国务院.{0,20}(?:通过|公布|发布|令)", history):
        return "行政法规"
    if re.search(r"部(?:令|务会议)|总局|委员会令|局令", history):
        return "部门规章"
    return "其他"


def _region(folders: list[str], title: str, history: str) -> str:
    for folder in folders:
        for name, region in _PROVINCES.items():
            if folder in (name, region, f"{name}地方法规"):
                return region
    for name, region in _PROVINCES.items():
        if title.startswith((region, name)) and not title.startswith(f"{name}公约"):
            return region
    passed = [line for line in history.split("\n") if "人民代表大会" in line]
    for region in _PROVINCES.values():
        if any(re.search(rf"{region}(?:第.{{1,4}}届)?人民代表大会", line) for line in passed):
            return region
    return NATIONAL


def _issuer(folders: list[str], title: str, history: str, category: str) -> str:
    if category == "部门规章" and folders and folders[-1] != "部门规章":
        return folders[-1]
    if category == "司法解释":
        courts = list(dict.fromkeys(_COURTS.findall(title) or _COURTS.findall(history)))
        return "、".join(courts)
    passed = _DATES.sub(" ", _TITLES.sub("", history))
    found = [match["issuer"] for match in _ISSUERS.finditer(passed)]
    return _SESSION.sub("", found[-1]).removeprefix("经") if found else ""
