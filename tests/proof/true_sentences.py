"""True sentences about real law, made of the articles of a data pack by templates, with a seed."""

import datetime
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lawvault.agent.nouns import Evidence
from lawvault.law.address import Address
from lawvault.law.kept import KeptLookup
from lawvault.law.numerals import to_int
from lawvault.law.provisions import find_part, places
from lawvault.proof.claims import Verified, verify_report
from lawvault.proof.figures import figures
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from tests.law_pack import AS_OF, KEPT

SEED = 20261005
LABEL = re.compile("^（[一二三四五六七八九十]+）")
NUMERAL = re.compile("[一二三四五六七八九十百千]+(?=日|个月|年|元|倍|周岁|小时|万元)")
AMOUNT = re.compile("[一二三四五六七八九十百千](?:元|倍|周岁|万元)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence about one provision; `words` are quoted, or said with the figures they have."""

    law: str
    address: Address
    words: str
    quoted: bool
    template: int = 0
    as_of: datetime.date = AS_OF

    @property
    def text(self) -> str:
        cited = f"《{self.law}》{self.address}"
        if not self.quoted:
            return (f"根据{cited}，{self.words}。", f"{self.words}（{cited}）。")[self.template % 2]
        return (
            f"根据{cited}，“{self.words}”。",
            f"{cited}规定：“{self.words}。”",
            f"“{self.words}”（{cited}）。",
        )[self.template % 3]


class Book:
    """The data pack as the sentences are made from it."""

    def __init__(self, folder: Path) -> None:
        lookup = ContentLookup(Content(folder))
        self.catalogue, self.lookup = lookup.catalogue, KeptLookup(lookup)
        self.articles = {
            law: {n: self._content(law, n) for n in self._numbers(law) if n[0]} for law in KEPT
        }

    def _numbers(self, law: str) -> list[tuple[int, int]]:
        return list(self.lookup.articles(self.law_id(law)))

    def law_id(self, law: str) -> str:
        return next(v.law_id for v in self.lookup.versions(law) if v.version.word == "现行有效")

    def _content(self, law: str, number: tuple[int, int]) -> str:
        address = Address(number=number[0], sub=number[1])
        return self.lookup.content(self.law_id(law), address) or ""

    def provisions(self, law: str, address: Address) -> list[str]:
        """Return the words at an address; more than one where it leaves the 款 open."""
        content = self.articles.get(law, {}).get((address.number, address.sub))
        if content is None:
            return []
        return [content[start:end] for _, start, end in find_part(content, address)]

    def verify(self, text: str, as_of: datetime.date = AS_OF, asked: str = "") -> Verified:
        return verify_report(
            text, (), (), self.lookup, as_of, catalogue=self.catalogue, asked=asked
        )

    def evidence(self, sentence: Sentence) -> Evidence:
        """Return the article of a sentence as a search would have found it."""
        law, address = sentence.law, sentence.address
        return Evidence(
            id="e1",
            article_id=f"{self.law_id(law)}:{address.article}",
            law_id=self.law_id(law),
            law_name=law,
            article_number=address.article or "",
            content=self.articles[law][address.number, address.sub],
            status="现行有效",
            effective_date="",
            traces=(),
        )


# --- true sentences


def true_sentences(book: Book, draw: random.Random, count: int) -> list[Sentence]:
    """Return sentences that the law says word for word: half quoted, half with figures."""
    spots = [(law, n) for law, articles in book.articles.items() for n in articles]
    found = list[Sentence]()
    listing = [(law, n) for law, n in spots if "\n（二）" in book.articles[law][n]]
    while len(found) < count:
        law, (number, sub) = draw.choice(listing if len(found) % 5 == 0 else spots)
        content = book.articles[law][number, sub]
        spans = list(places(content, number, sub))
        items = [span for span in spans if span[0].item]
        address, start, end = draw.choice(items or spans)
        several = spans[-1][0].paragraph != 1
        if not several and not address.item and draw.random() < 0.5:
            address = replace(address, paragraph=None)
        quoted = len(found) % 2 == 0
        words = _words(content[start:end], draw, quoted=quoted)
        if words:
            template = draw.randrange(6)
            found.append(
                Sentence(law=law, address=address, words=words, quoted=quoted, template=template)
            )
    return found


def _words(provision: str, draw: random.Random, *, quoted: bool) -> str:
    """Return a run of whole clauses of a provision: to be quoted, or with a figure in it."""
    if quoted:
        lines = [LABEL.sub("", line.strip()) for line in provision.split("\n")]
        runs = re.findall(r"[^。；\n]{12,70}(?=[。；])", draw.choice(lines))
    else:
        runs = re.findall(r"[^。；：\n（）“”《》第]{10,70}(?=[。；])", provision)
        runs = [run for run in runs if NUMERAL.search(run) and figures(run)]
        runs = [run for run in runs if AMOUNT.search(run)] or runs
    runs = [run for run in runs if not re.search("[“”]|^[（(]|[前本]款|本条|下列|规定", run)]
    return draw.choice(runs) if runs else ""


# --- ways to say the same

RESTYLE: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "article in figures": lambda text: re.sub(
        r"(?<=第)([一二三四五六七八九十百千零]+)(?=条)", lambda m: str(to_int(m[1])), text
    ),
    "numerals in figures": lambda text: NUMERAL.sub(lambda m: str(to_int(m[0])), text),
    "wide figures": lambda text: NUMERAL.sub(
        lambda m: str(to_int(m[0])).translate({48 + i: 0xFF10 + i for i in range(10)}), text
    ),
    "days": lambda text: re.sub(r"(?<=[十五七])日(?=[内前以。，])", "天", text),
    "other marks": lambda text: text.translate(str.maketrans("“”，：；", "「」,:;")),
    "in brackets": lambda text: re.sub(r"第([一二三四五六七八九十]+)项", r"第（\1）项", text),
}
FIGURES_ONLY = {"numerals in figures", "wide figures", "days"}


def untouched(sentences: list[Sentence]) -> Iterator[tuple[str, str, Sentence]]:
    """Yield every sentence in every way that says the same."""
    for sentence in sentences:
        for style, restyle in RESTYLE.items():
            text = restyle(sentence.text)
            if (text != sentence.text or style == "as it is") and not (
                sentence.quoted and style in FIGURES_ONLY
            ):
                yield style, text, sentence
