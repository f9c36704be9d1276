"""Which characters of a text a reader sees: what nobody sees may hide words, or turn them round."""

import unicodedata

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_NEVER_TEXT = "\ufffe\uffff"  # XML cannot hold them either


def is_seen(char: str) -> bool:
    """Say whether a text may hold this character: none that controls, hides or is half of one.

    Tabs and line ends control, too; who wants them kept says so.
    """
    return unicodedata.category(char) not in _UNSEEN and char not in _NEVER_TEXT


def seen(text: str) -> str:
    r"""Return a text with its tabs and line ends and without all else that nobody sees.

    >>> seen("甲\u200b\n\t\x00乙")
    '甲\n\t乙'
    """
    return "".join(char for char in text if char in "\n\t" or is_seen(char))
