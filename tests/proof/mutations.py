"""Mutations that make true sentences about law false.

What a mutation makes of a sentence is checked to be false by plain comparison of strings before it
counts.  `python -m tests.proof.mutations PACK COUNT` prints the table of all classes for the laws
in the folder PACK.
"""

import datetime
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lawvault.law.normal import normalise
from lawvault.law.numerals import to_chinese, to_int
from lawvault.proof.figures import figures
from tests.law_pack import AS_OF, KEPT
from tests.proof.true_sentences import (
    NUMERAL,
    RESTYLE,
    SEED,
    Book,
    Sentence,
    true_sentences,
    untouched,
)

Mutate = Callable[[Sentence, random.Random, Book], Sentence | None]


def other_law(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    return replace(sentence, law=draw.choice([law for law in KEPT if law != sentence.law]))


def invented_law(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    name = draw.choice(["实施细则", "司法解释（九）", "特别规定", "若干问题的意见"])
    return replace(sentence, law=f"{sentence.law}{name}")


def article(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    old = sentence.address
    numbers = [old.number + draw.choice([-10, -2, -1, 1, 2, 10, 100]), int(str(old.number)[::-1])]
    number = draw.choice(numbers)
    if number < 1 or number == old.number:
        return None
    return replace(sentence, address=replace(old, number=number))


def sub_number(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    sub = draw.choice([n for n in (0, 1, 2) if n != sentence.address.sub])
    return replace(sentence, address=replace(sentence.address, sub=sub))


def paragraph(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    old = sentence.address.paragraph
    if not old:
        return None
    new = draw.choice([n for n in range(1, 7) if n != old])
    return replace(sentence, address=replace(sentence.address, paragraph=new))


def item(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    old = sentence.address.item
    if not old:
        return None
    new = draw.choice([n for n in range(1, 13) if n != old])
    return replace(sentence, address=replace(sentence.address, item=new, subitem=None))


def _figure(sentence: Sentence, draw: random.Random, unit: str) -> Sentence | None:
    """Change one numeral before `unit`."""
    if sentence.quoted:
        return None
    spots = [
        m for m in NUMERAL.finditer(sentence.words) if re.match(unit, sentence.words[m.end() :])
    ]
    if not spots:
        return None
    spot = draw.choice(spots)
    old = to_int(spot[0])
    new = draw.choice([n for n in (old + 1, old - 1, old * 2, old * 10, old + 5) if n > 0])
    said = draw.choice([str(new), to_chinese(new)])
    words = f"{sentence.words[: spot.start()]}{said}{sentence.words[spot.end() :]}"
    return replace(sentence, words=words)


def number(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    return _figure(sentence, draw, "元|倍|周岁|万元")


def period(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    return _figure(sentence, draw, "日|个月|年|小时")


def unit(sentence: Sentence, _: random.Random, __: Book) -> Sentence | None:
    words = re.sub("个月", "年", sentence.words, count=1)
    if words == sentence.words:
        words = re.sub("(?<=[一二三四五六七八九十])日", "个月", sentence.words, count=1)
    return None if sentence.quoted or words == sentence.words else replace(sentence, words=words)


SWAPS = [("应当", "可以"), ("可以", "应当"), ("不得", "可以"), ("以上", "以下"), ("或者", "并且"),
         ("有权", "无权"), ("不", ""), ("未", ""), ("人", "者"), ("的", "之")]  # fmt: skip


def quoted_word(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    """Swap, leave out, double or put in a word of the quotation."""
    if not sentence.quoted:
        return None
    words, at = sentence.words, draw.randrange(1, len(sentence.words) - 1)
    swaps = [words.replace(old, new, 1) for old, new in SWAPS if old in words]
    cut = [words[:at] + words[at + 1 :], words[:at] + draw.choice("不未均再") + words[at:]]
    return replace(sentence, words=draw.choice([*swaps, *cut]))


def quoted_numeral(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    if not sentence.quoted or not NUMERAL.search(sentence.words):
        return None
    words = NUMERAL.sub(lambda m: to_chinese(to_int(m[0]) + 1), sentence.words, count=1)
    return replace(sentence, words=words)


def modality(sentence: Sentence, draw: random.Random, _: Book) -> Sentence | None:
    """Turn 应当, 可以 or 不得 of words that are not quoted."""
    found = re.search("应当|可以|不得", sentence.words)
    if sentence.quoted or not found:
        return None
    new = draw.choice([word for word in ("应当", "可以", "不得") if word != found[0]])
    return replace(sentence, words=sentence.words.replace(found[0], new, 1))


def too_early(sentence: Sentence, _: random.Random, book: Book) -> Sentence | None:
    """Say it on the day before the law took effect."""
    days = [v.version.effective_date for v in book.lookup.versions(sentence.law)]
    first = min(day for day in days if day)
    return replace(sentence, as_of=first - datetime.timedelta(days=1))


CLASSES: dict[str, Mutate] = {
    "law: another": other_law,
    "law: invented": invented_law,
    "article": article,
    "article: 之N": sub_number,
    "款": paragraph,
    "项": item,
    "number": number,
    "period": period,
    "unit of a period": unit,
    "quotation: word": quoted_word,
    "quotation: numeral": quoted_numeral,
    "validity: too early": too_early,
}
SEEN_WHERE_VERBATIM: dict[str, Mutate] = {"modality": modality}
"""Promised only where the words around it are the law's own."""
ELSEWHERE = "(figure stands elsewhere in it)"


def is_false(sentence: Sentence, book: Book) -> bool:
    """Say whether a sentence differs from the law by plain comparison of strings."""
    if sentence.as_of != AS_OF:
        return True
    provisions = [normalise(p).text for p in book.provisions(sentence.law, sentence.address)]
    if not provisions:
        return True
    if sentence.quoted:
        return not any(_held(normalise(sentence.words).text, p) for p in provisions)
    said = [sentence.words[f.start : f.end] for f in figures(sentence.words)]
    return not all(
        any(words in p for p in provisions for words in _in_chinese(one)) for one in said
    )


def is_verbatim(sentence: Sentence, book: Book) -> bool:
    """Say whether a provision has the very words."""
    provisions = [normalise(p).text for p in book.provisions(sentence.law, sentence.address)]
    words = re.sub("[0-9]+", lambda m: to_chinese(int(m[0])), sentence.words)
    return any(normalise(words).text in provision for provision in provisions)


def _held(words: str, provision: str) -> bool:
    """Say whether a provision has the words, and not with a negation before them."""
    return any(
        provision.startswith(words, at) and provision[at - 1 : at] not in tuple("未不非无")
        for at in range(len(provision))
    )


def _in_chinese(words: str) -> list[str]:
    """Return a figure in the ways that statutes write it: 十二个月 is 一年, too."""
    said = re.sub("[0-9]+", lambda m: to_chinese(int(m[0])), words)
    months = re.match("(.+)个月", said)
    if not months or to_int(months[1]) % 12:
        return [said]
    return [said, f"{to_chinese(to_int(months[1]) // 12)}年"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    name: str
    sentence: Sentence
    before: Sentence


def mutants(book: Book, sentences: list[Sentence], draw: random.Random) -> tuple[list[Mutant], int]:
    """Return one false mutant for each sentence and class, and how many were true after all."""
    made, true = list[Mutant](), 0
    for name, mutate in (CLASSES | SEEN_WHERE_VERBATIM).items():
        for sentence in sentences:
            changed = mutate(sentence, draw, book)
            if changed is None:
                continue
            if is_false(changed, book):
                made.append(Mutant(name=name, sentence=changed, before=sentence))
            elif not sentence.quoted and not is_verbatim(changed, book):
                kind = name if name in SEEN_WHERE_VERBATIM else f"{name} {ELSEWHERE}"
                made.append(Mutant(name=kind, sentence=changed, before=sentence))
            else:
                true += 1
    return made, true


def caught(book: Book, mutant: Mutant) -> bool:
    return book.verify(mutant.sentence.text, mutant.sentence.as_of).flagged > 0


def printed_table(book: Book, count: int) -> str:
    """Return the table of all classes, after the cases that are not as they should be."""
    draw = random.Random(SEED)
    sentences = true_sentences(book, draw, count)
    made, true = mutants(book, sentences, draw)
    total, good = Counter[str](), Counter[str]()
    for mutant in made:
        total[mutant.name] += 1
        good[mutant.name] += (hit := caught(book, mutant))
        if not hit:
            print("MISSED", mutant.name, mutant.sentence.text, "<-", mutant.before.text)
    rows = [f"{name:44} {good[name]:5} / {total[name]:5}" for name in total]
    alarms, all_true = Counter[str](), Counter[str]()
    for style, text, _ in untouched(sentences):
        all_true[style] += 1
        verified = book.verify(text)
        if verified.flagged or not verified.verified:
            alarms[style] += 1
            print("ALARM", style, text, verified.markdown)
    rows += [f"alarm, {style:37} {alarms[style]:5} / {all_true[style]:5}" for style in RESTYLE]
    rows += [f"all {good.total()} / {total.total()}, alarms {alarms.total()} / {all_true.total()}"]
    return "\n".join([*rows, f"mutations that stayed true: {true}"])


if __name__ == "__main__":
    print(printed_table(Book(Path(sys.argv[1])), int(sys.argv[2])))
