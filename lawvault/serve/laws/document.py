"""An uploaded Word document as text; what is wrong with one is said in Chinese, and as it is read.

The reader is that of ingest, which is made for files from strangers.
"""

import tempfile
from pathlib import Path

from lawvault.ingest.readers.docx import docx_text
from lawvault.ingest.readers.extracted import Extracted
from lawvault.serve.contract import ApiError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_REASONS = (
    (("encrypt", "password"), "文件已加密，请另存为不带密码的 .docx"),
    (("macro",), "文件可能含有宏，请另存为 .docx"),
    (("old Office file",), "这是旧版 Office 文件，请另存为 .docx"),
    (("damaged", "broken", "cut off", "no end", "never ends"), "文件已损坏，请重新获取"),
    (("bomb", "more than", "deeper"), "文件超出大小或复杂度的上限"),
    (("no Word document",), "这不是 Word 文档（.docx）"),
)
"""Words of the reader's reasons -> what a person is told."""


def document_text(document: bytes, max_chars: int) -> Extracted:
    """Return the text of a Word document, and notes on what was left out.

    Raises:
        ApiError: it cannot be read, has no text, or more than `max_chars`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.docx"
        path.write_bytes(document)
        try:
            extracted = docx_text(path)
        except ValueError as error:
            raise ApiError(400, "invalid_document", _reason(str(error)), "document") from error
    length = len(extracted.text)
    if not extracted.text.strip():
        raise ApiError(400, "empty_text", "文档里没有文字", "document")
    if length > max_chars:
        raise ApiError(
            400, "input_too_long", f"文档有 {length} 个字符，上限 {max_chars}", "document"
        )
    return extracted


def _reason(english: str) -> str:
    fitting = (told for words, told in _REASONS if any(word in english for word in words))
    return next(fitting, "文件无法读取")
