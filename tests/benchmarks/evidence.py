"""Measure what a run without an LLM finds beside a single search.

    python -m tests.benchmarks.evidence PACK MODEL QUESTIONS [N …]

PACK is a folder of `index`, MODEL the model that made its vectors, QUESTIONS a file in STARD's
format or a folder of `generate`, whose dev questions are then asked.  For every N the run may hold
N articles, and the search (law in force on the day) is cut at N; without, at 10, 20 and 30.  A run
starts from a search by meaning (`mode=vector`); `mode=hybrid` is the best that `/v1/search` has.
Every run is the real one, in this process.
"""

import asyncio
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lawvault.agent.budget import Limits
from lawvault.agent.course import Tools
from lawvault.agent.nouns import Kind
from lawvault.agent.run import run, verifier
from lawvault.artifacts import read_table
from lawvault.config.limits import checked
from lawvault.config.tree import Config
from lawvault.evaluate.questions import Questions, stard_questions
from lawvault.index.dev import dev_questions
from lawvault.models.encoder import build_encoder, prefixes_of, set_threads
from lawvault.retrieve.content import Content
from lawvault.retrieve.intervals import paired_difference
from lawvault.retrieve.metrics import judged_by_query, recall
from lawvault.schema import QRELS, QUERIES
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.agent.library import ServedLibrary
from lawvault.serve.contract import SearchAnswer, SearchFilters, SearchRequest
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.search.parts import Mode
from lawvault.serve.search.searcher import Searcher, answer, closeness

CUTS = (10, 20, 30)
MODES: tuple[Mode, ...] = ("vector", "hybrid")
RESAMPLES, SEED = 2000, 17


class Bench:
    """A pack with its model, and the two ways of asking it."""

    def __init__(self, pack: Path, model: Path) -> None:
        """Open both, as the service does."""
        config = checked(Config())
        set_threads(config.cluster.threads)
        encoder = build_encoder(config.encoder, model)
        self._embedder = Embedder(
            encoder, prefixes_of(config.encoder), max_tokens=config.encoder.max_tokens
        )
        self._searcher = Searcher(model, pack)
        self._law = PackLaw(self._searcher.content, self._searcher.lookup)
        self._tools = Tools(
            library=ServedLibrary(self._answer, self._ask_law, self._closeness),
            verify=verifier(self._searcher.lookup),
        )

    @property
    def today(self) -> datetime.date:
        """The day for which the pack says what is in force."""
        return self._searcher.content.as_of

    async def found_by_search(self, question: str, n: int, mode: Mode) -> list[str]:
        """Return what one search finds, best first."""
        asked = self._law.asked(question, self.today)
        filters = SearchFilters(as_of=asked.as_of)
        request = SearchRequest(query=question, k=n, filters=filters, mode=mode)
        return [hit.article_id for hit in (await self._answer(request)).hits]

    async def found_by_run(self, question: str, n: int) -> list[str]:
        """Return the evidence of a whole run."""
        asked = self._law.asked(question, self.today)
        outcome = await run(asked, self._tools, Limits(max_evidence=n), _nobody_listens)
        return [one.article_id for one in outcome.evidence]

    async def _answer(self, request: SearchRequest) -> SearchAnswer:
        return await answer(self._searcher, self._embedder, request)

    async def _closeness(self, query: str, article_ids: list[str]) -> list[float]:
        return await closeness(self._searcher, self._embedder, query, article_ids)

    async def _ask_law(self, method: str, *given: object) -> Any:
        return await asyncio.to_thread(getattr(self._law, method), *given)


async def _nobody_listens(kind: Kind, data: dict[str, Any]) -> None:
    """Take an event, and do nothing with it."""


def questions_of(source: Path, pack: Path) -> Questions:
    """Return the questions of a file in STARD's format, or the dev ones of a folder of generate."""
    if source.is_file():
        content = Content(pack)
        rows = [row for law in content.laws() for row in content.articles(str(law["law_id"]))]
        return stard_questions(source, [row for row in rows if row["in_corpus"]])
    dev = dev_questions(read_table(source, QUERIES))
    judged = judged_by_query(read_table(source, QRELS).to_pylist())
    return Questions(
        name=f"{source.name}/dev",
        query_ids=[row["query_id"] for row in dev],
        texts=[row["text"] for row in dev],
        judged=[judged.get(row["query_id"], {}) for row in dev],
        groups=[row["article_id"] for row in dev],
    )


async def compare(bench: Bench, questions: Questions, n: int) -> str:
    """Return a line for each way of searching: recalls at `n`, their ratio, its paired interval."""
    whole, singles = list[float](), {mode: list[float]() for mode in MODES}
    for text, judged in zip(questions.texts, questions.judged, strict=True):
        whole.append(recall(await bench.found_by_run(text, n), judged, k=n))
        for mode, found in singles.items():
            found.append(recall(await bench.found_by_search(text, n, mode), judged, k=n))
    lines = []
    for mode, one in singles.items():
        gain = paired_difference(one, whole, questions.groups, resamples=RESAMPLES, seed=SEED)
        base = sum(one) / len(one)
        low, mean, high = (1 + part / base for part in (gain.low, gain.mean, gain.high))
        lines.append(
            f"  {n:3} articles: {mode} search {base:.4f}, run {base + gain.mean:.4f}, "
            f"x {mean:.3f} (95 % paired {low:.3f} to {high:.3f})\n"
        )
    return "".join(lines)


async def main(pack: Path, model: Path, source: Path, cuts: Sequence[int]) -> None:
    """Print the table."""
    bench, questions = Bench(pack, model), questions_of(source, pack)
    sys.stdout.write(f"{len(questions.texts)} questions ({questions.name})\n")
    for n in cuts:
        sys.stdout.write(await compare(bench, questions, n))
        sys.stdout.flush()


if __name__ == "__main__":
    PACK, MODEL, QUESTIONS, *NUMBERS = sys.argv[1:]
    asyncio.run(main(Path(PACK), Path(MODEL), Path(QUESTIONS), [*map(int, NUMBERS)] or CUTS))
