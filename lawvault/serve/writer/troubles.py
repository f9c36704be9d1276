"""What the store and the writer say when they cannot, as answers for people."""

import contextlib
import logging
from collections.abc import Iterator

from lawvault.errors import LawVaultError, UpstreamError
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.refusal_words import words_of
from lawvault.store.refusals import (
    BusyError,
    LimitError,
    NameTakenError,
    StaleError,
    StoreRefusal,
    UnknownItemError,
    WrongItemError,
)
from lawvault.writer.docx.opened import UnsafeDocument
from lawvault.writer.drafting.request import NeedsLlm
from lawvault.writer.templates.error import TemplateError

log = logging.getLogger(__name__)

_ANSWERS: dict[type[Exception], tuple[int, str]] = {
    UnknownItemError: (404, "not_found"),
    StaleError: (412, "stale"),
    NameTakenError: (409, "name_taken"),
    BusyError: (409, "draft_busy"),
    LimitError: (413, "limit"),
    WrongItemError: (400, "invalid_value"),
    TemplateError: (400, "invalid_template"),
    NeedsLlm: (501, "llm_not_configured"),
}
"""HTTP status and code for each refusal; those that are not the store's have Chinese words."""

_OTHER_KINDS = ("not_docx", "old_office", "encrypted", "macros")
"""Codes of `UnsafeDocument` for files of another kind."""


@contextlib.contextmanager
def told(document: str = "document") -> Iterator[None]:
    """Turn what goes wrong inside the block into what a client is told.

    Args:
        document: what the client calls the file that is opened in the block, if one is.

    Raises:
        ApiError: 400 a wrong value; 404 not there, or another's; 409 a conflict; 412 another
            version is the newest; 413 too large or too many; 415 a file of another kind; 501 no
            LLM; 503 the store is out.
    """
    try:
        yield
    except UnsafeDocument as error:
        status = 415 if error.code in _OTHER_KINDS else 400
        raise ApiError(status, error.code, error.message, document) from error
    except UpstreamError as error:
        log.error("writer: %s", error)
        raise ApiError(503, "store_unavailable", "资料库暂时无法读写，请稍后重试") from error
    except (LawVaultError, TemplateError) as error:
        answer = next((_ANSWERS[kind] for kind in type(error).__mro__ if kind in _ANSWERS), None)
        if answer is None:
            raise
        words = words_of(error) if isinstance(error, StoreRefusal) else str(error)
        raise ApiError(*answer, words) from error
