"""Names of files that people download: whatever a title holds, it names a file and nothing else.

Source of the names that Windows keeps for itself:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

import re
import unicodedata
from urllib.parse import quote

MAX_BYTES = 150
"""Of a name in UTF-8, without its ending; file systems take 255 with it."""
_KEPT_OUT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_TAKEN = re.compile(
    r"(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³]|conin\$|conout\$) *(?:\.|$)", re.IGNORECASE
)


def file_name(title: str, ending: str, *, fallback: str = "文稿") -> str:
    """Return a name for a file of that title on any system.

    >>> file_name("../../CON", "docx")
    '_CON.docx'
    >>> file_name("劳动争议/起诉状", "docx")
    '劳动争议 起诉状.docx'
    """
    seen = "".join(
        char if unicodedata.category(char)[0] != "C" else " "
        for char in unicodedata.normalize("NFC", title)
    )
    words = " ".join(_KEPT_OUT.sub(" ", seen).split()).strip(" .")
    words = words.encode()[:MAX_BYTES].decode(errors="ignore").strip(" .") or fallback
    return f"{'_' if _TAKEN.match(words) else ''}{words}.{ending}"


def disposition(name: str) -> str:
    """Return the header `Content-Disposition` of a download (RFC 6266), ASCII only.

    >>> disposition("起诉状.docx")
    "attachment; filename=lawvault.docx; filename*=UTF-8''%E8%B5%B7%E8%AF%89%E7%8A%B6.docx"
    """
    ending = name.rpartition(".")[2]
    return f"attachment; filename=lawvault.{ending}; filename*=UTF-8''{quote(name, safe='')}"
