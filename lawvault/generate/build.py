"""Articles and their questions -> rows of queries and qrels, split by article.

A question belongs to the article it was written for; articles of identical text answer it as
well and share its split, so nothing that is measured was trained on under another name.
"""

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence

from lawvault.generate.journal import KEY_LENGTH, Question
from lawvault.law.names import comparable

Row = dict[str, object]


def split_of(text_sha256: str, *, seed: int, dev_share: float, test_share: float) -> str:
    """Return train, dev or test for an article, from the hash of its text alone.

    The same article falls into the same split in every corpus that holds it.
    """
    drawn = hashlib.sha256(f"{seed}:{text_sha256}".encode()).digest()
    position = int.from_bytes(drawn[:8]) / 2**64
    if position < dev_share:
        return "dev"
    return "test" if position < dev_share + test_share else "train"


def build_queries(
    articles: Sequence[Mapping[str, object]],
    questions: Mapping[str, Sequence[Question]],
    tones: Collection[str],
    splits: Mapping[str, str],
) -> tuple[list[Row], list[Row]]:
    """Return rows of queries and qrels.

    Args:
        articles: rows with article_id, law_name, sha256; order decides between identical texts.
        questions: by the first `KEY_LENGTH` digits of the article's sha256.
        splits: the split by full sha256.
    """
    twins: dict[str, list[Mapping[str, object]]] = {}
    for article in articles:
        twins.setdefault(str(article["sha256"]), []).append(article)
    queries, qrels, texts = list[Row](), list[Row](), set[str]()
    for sha256, same in twins.items():
        asked: dict[str, int] = {}
        for question in questions.get(sha256[:KEY_LENGTH], ()):
            if question.tone not in tones:
                continue
            home = _home(same, question.law)
            asked[question.tone] = asked.get(question.tone, 0) + 1
            query = _query(home, question, asked[question.tone], splits[sha256])
            if question.text in texts:
                query.update(kept=False, drop_reason="asked before")
            texts.add(question.text)
            queries.append(query)
            qrels += [
                {"query_id": query["query_id"], "article_id": twin["article_id"], "grade": 1}
                for twin in same
            ]
    return queries, qrels


def sample_training(queries: Sequence[Row], count: int, seed: int) -> int:
    """Keep `count` training queries drawn by `seed`, mark the others; return how many are kept.

    The draw depends on the query's id alone, so a larger sample contains a smaller one.
    """
    train = [query for query in queries if query["kept"] and query["split"] == "train"]
    train.sort(key=lambda query: str(query["query_id"]))
    random.Random(seed).shuffle(train)
    for query in train[count:]:
        query.update(kept=False, drop_reason="not drawn")
    return min(count, len(train))


def _home(same: Sequence[Mapping[str, object]], law: str) -> Mapping[str, object]:
    named = (row for row in same if comparable(str(row["law_name"])) == comparable(law))
    return next(named, same[0])


def _query(article: Mapping[str, object], question: Question, nth: int, split: str) -> Row:
    suffix = "" if nth == 1 else f"-{nth}"
    return {
        "query_id": f"{article['article_id']}#{question.tone}{suffix}",
        "article_id": article["article_id"],
        "tone": question.tone,
        "text": question.text,
        "split": split,
        "generator": question.generator,
        "kept": True,
    }
