"""Settings and font table of a .docx that LawVault makes."""

from lxml import etree

from lawvault.writer.docx.footnotes import announce
from lawvault.writer.docx.wml import W, w
from lawvault.writer.profiles import Profile

_COMPATIBLE_WITH = 15
"""Word 2013 and later; without it Word opens the file in compatibility mode."""
_MICROSOFT = "http://schemas.microsoft.com/office/word"
_ROMAN = ("Times New Roman",)


def new_settings(profile: Profile) -> "etree._Element":
    """Return w:settings of a profile."""
    wanted = (
        *("spaceForUL", "balanceSingleByteDoubleByteWidth", "doNotLeaveBackslashAlone"),
        *("ulTrailSpace", "doNotExpandShiftReturn"),  # else a line before a break is stretched
        "adjustLineHeightInTable",
    )
    mode = w("compatSetting", name="compatibilityMode", uri=_MICROSOFT, val=_COMPATIBLE_WITH)
    settings = w(
        "settings",
        w("defaultTabStop", val=420),
        w("evenAndOddHeaders") if profile.number.outer else None,
        w("characterSpacingControl", val="compressPunctuation"),
        w(
            "compat",
            *(w(name) for name in wanted),
            mode,
        ),
        w("themeFontLang", val="en-US", eastAsia="zh-CN"),
    )
    announce(settings)
    return settings


def complete_fonts(root: "etree._Element", profile: Profile) -> None:
    """Add to w:fonts those of the profile, each with the names of what may stand in for it."""
    there = {font.get(f"{{{W}}}name") for font in root}
    for font, others in profile.substitutes.items():
        if font not in there:
            root.append(_font(font, others))
    for font in _ROMAN:
        if font not in there:
            family = (w("charset", val="00"), w("family", val="roman"), w("pitch", val="variable"))
            root.append(w("font", *family, name=font))


def _font(name: str, others: tuple[str, ...]) -> "etree._Element":
    return w(
        "font",
        w("altName", val=",".join(others)),
        w("charset", val="86"),  # GB 2312
        w("family", val="auto"),
        w("pitch", val="default"),
        name=name,
    )


def substitution(profile: Profile) -> str:
    """Return what a person is told about the fonts of a profile; an English name is no other one.

    >>> from lawvault.writer.profiles import profile
    >>> substitution(profile("lawfirm"))
    '字体不随文件附带：仿宋（缺则用仿宋_GB2312）、黑体、楷体（缺则用楷体_GB2312）、宋体'
    """
    named = [
        font + "".join(f"（缺则用{other}）" for other in others if not other.isascii())
        for font, others in profile.substitutes.items()
    ]
    return f"字体不随文件附带：{'、'.join(named)}"
