"""The journal: every line that can be read counts, every other is named."""

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import SourceError
from lawvault.generate.journal import KEY_LENGTH, Question, read_journal

KEY = "0123456789abcdef" * 2
ROW = {
    "text_sha256": KEY,
    "law": "民法典",
    "number": "第一千零四十七条",
    "tone": "help",
    "question": "我今年二十一，能和女朋友领证吗",
    "generator": "lawvault-shipped",
}
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def written(folder: Path, *lines: object) -> Path:
    """Return a journal with these lines; what is no text is written as JSON."""
    path = folder / "questions.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def test_a_question_is_found_by_the_key_of_its_article(tmp_path):
    journal = read_journal(written(tmp_path, ROW, {**ROW, "tone": "search", "question": "婚龄"}))

    assert journal.questions == {
        KEY: [
            Question(
                law="民法典",
                tone="help",
                text="我今年二十一，能和女朋友领证吗",
                generator="lawvault-shipped",
            ),
            Question(law="民法典", tone="search", text="婚龄", generator="lawvault-shipped"),
        ]
    }
    assert (journal.lines, journal.broken, journal.skipped) == (2, [], set())


def test_an_article_that_nobody_would_ask_about_has_no_question(tmp_path):
    skip = {"text_sha256": KEY, "law": "民法典", "number": "第一条", "skip": True}

    journal = read_journal(written(tmp_path, skip))

    assert journal.skipped == {KEY}
    assert journal.questions == {}
    assert journal.broken == []


@given(st.fixed_dictionaries(dict.fromkeys(["law", "tone", "question", "generator"], WORDS)))
def test_every_field_is_read_word_for_word(tmp_path_factory, words):
    path = written(tmp_path_factory.getbasetemp(), {"text_sha256": KEY, **words})

    (question,) = read_journal(path).questions[KEY]

    assert question.text == words["question"].strip()
    assert (question.law, question.tone) == (words["law"], words["tone"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        (json.dumps(ROW)[:-2], "Invalid control character"),
        ([ROW], "not a JSON object"),
        ("[" * 100_000, "recursion"),
        ({**ROW, "text_sha256": "0123"}, f"text_sha256 must be {KEY_LENGTH} hex digits"),
        ({**ROW, "text_sha256": 7}, f"text_sha256 must be {KEY_LENGTH} hex digits"),
        ({**ROW, "tone": ""}, "field tone is missing or empty"),
        ({**ROW, "question": " "}, "field question is missing or empty"),
        ({**ROW, "question": None}, "field question is missing or empty"),
        ({**ROW, "skip": "yes", "question": None}, "field question is missing or empty"),
        ({**ROW, "question": "半个\ud800字"}, "surrogates not allowed"),
        ({"text_sha256": KEY, "tone": "help", "question": "?"}, "field generator is missing"),
    ],
)
def test_a_broken_line_is_skipped_and_kept_with_number_reason_and_words(tmp_path, line, reason):
    journal = read_journal(written(tmp_path, ROW, line, ROW))

    assert len(journal.questions[KEY]) == 2
    assert journal.lines == 3
    ((number, said, words),) = journal.broken
    assert number == 2
    assert reason in said
    assert words


def test_bytes_that_are_no_text_are_a_broken_line(tmp_path):
    path = written(tmp_path, ROW)
    path.write_bytes(path.read_bytes() + b'{"tone": "\xff"}\n' + json.dumps(ROW).encode())

    journal = read_journal(path)

    assert len(journal.questions[KEY]) == 2
    assert [number for number, _, _ in journal.broken] == [2]


def test_blank_lines_are_no_lines(tmp_path):
    journal = read_journal(written(tmp_path, "", ROW, "  "))

    assert (journal.lines, journal.broken) == (1, [])


def test_a_compressed_journal_is_read_as_the_plain_one(tmp_path, toy_journal):
    packed = tmp_path / "questions.jsonl.xz"
    packed.write_bytes(lzma.compress(toy_journal.read_bytes()))

    assert read_journal(packed) == read_journal(toy_journal)


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.xz"])
def test_a_journal_that_is_not_there_is_named_with_its_knob(tmp_path, name):
    with pytest.raises(SourceError) as refusal:
        read_journal(tmp_path / name)

    assert str(refusal.value).startswith(f"{tmp_path / name}: cannot be read (")
    assert str(refusal.value).endswith("; llm.journal names it")


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_a_journal_whose_compression_is_cut_off_is_refused(tmp_path, toy_journal, keep):
    packed = lzma.compress(toy_journal.read_bytes())
    path = tmp_path / "questions.jsonl.xz"
    path.write_bytes(packed[: int(len(packed) * keep)])

    with pytest.raises(SourceError, match="cannot be read"):
        read_journal(path)


def test_a_journal_whose_compression_is_damaged_is_refused(tmp_path, toy_journal):
    packed = bytearray(lzma.compress(toy_journal.read_bytes()))
    packed[len(packed) // 2] ^= 1
    path = tmp_path / "questions.jsonl.xz"
    path.write_bytes(packed)

    with pytest.raises(SourceError, match="cannot be read"):
        read_journal(path)
