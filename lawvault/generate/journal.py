"""Read the journal: the append-only record of every question an LLM wrote.

One JSON object a line, keyed by the hash of the article's text and the tone.  A broken line is
skipped, counted and named; the rest counts.
"""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lawvault.errors import SourceError

KEY_LENGTH = 32
"""Hex digits of an article's SHA-256 that key the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the journal and who wrote it."""

    law: str
    tone: str
    text: str
    generator: str


@dataclass(kw_only=True)
class Journal:
    """All questions by the key of the article's text, and what could not be read.

    `skipped` holds the articles that nobody would ask about; `broken` (line number, reason, line).
    """

    questions: dict[str, list[Question]] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    lines: int = 0


def read_journal(path: Path) -> Journal:
    """Return the journal at `path` (.jsonl, or .jsonl.xz).

    Raises:
        SourceError: the file is missing or its compression is broken.
    """
    journal = Journal()
    try:
        with _open(path) as file:
            for number, raw in _lines(file):
                journal.lines += 1
                try:
                    _add(journal, json.loads(raw.decode()))
                except (ValueError, RecursionError) as error:
                    text = raw.decode(errors="backslashreplace").strip()
                    journal.broken.append((number, str(error), text))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise SourceError(f"{path}: cannot be read ({error}); llm.journal names it") from error
    return journal


def _open(path: Path) -> IO[bytes]:
    return lzma.open(path) if path.suffix == ".xz" else path.open("rb")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(file, start=1):
        if raw.strip():
            yield number, raw


def _add(journal: Journal, row: object) -> None:
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    key = row.get("text_sha256")
    if not isinstance(key, str) or len(key) != KEY_LENGTH:
        raise ValueError(f"text_sha256 must be {KEY_LENGTH} hex digits")
    if row.get("skip") is True:
        journal.skipped.add(key)
        return
    for name in ("tone", "question", "generator"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"field {name} is missing or empty")
    law = str(row.get("law", ""))
    f"{law}{row['tone']}{row['question']}{row['generator']}".encode()  # no half characters
    question = Question(
        law=law,
        tone=row["tone"],
        text=row["question"].strip(),
        generator=row["generator"],
    )
    journal.questions.setdefault(key, []).append(question)
