"""Names of laws: the full official name and the short one that people use."""

import unicodedata

_STATE = "中华人民共和国"
_BRACKETS = str.maketrans("<>《》", "〈〉〈〉", "\\")  # \\< is how Markdown escapes a bracket


def short_name(law_name: str) -> str:
    """Return the name without the state's, brackets and spaces; ids and titles use it.

    >>> short_name("《中华人民共和国劳动合同法》")
    '劳动合同法'
    """
    name = "".join(law_name.split()).strip("《》")
    rest = name.removeprefix(_STATE)
    return rest if len(rest) > 1 else name


def same_law(one: str, other: str) -> bool:
    """Say whether two names mean one law, whatever their prefix, brackets and width.

    >>> same_law("刑法修正案(七)", "中华人民共和国刑法修正案（七）")
    True
    """
    return comparable(one) == comparable(other)


def comparable(law_name: str) -> str:
    """Return a form of the name that is equal for equal laws."""
    return unicodedata.normalize("NFKC", short_name(law_name)).translate(_BRACKETS)
