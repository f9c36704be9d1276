"""The hash by which a text is known again: an article, a material, a report."""

import hashlib


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
