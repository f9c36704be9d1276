"""Late interaction: a question and an article are compared token by token (MaxSim).

For every state of the question the nearest state of the article is taken, and the mean of these
cosines (Khattab & Zaharia 2020, "ColBERT"); and, for `BACK` as much, the other way round, so that
an article that says much else counts for less.  The states are those of the pack's own model,
which nobody trained for it.

A data pack holds the states of its articles in `tokens/`: their codes, one article after another,
mapped and not read; where each ends; the centre that they are told from; and `about.json`, which
says over which articles they were made.  A question is held against some articles that search has
found, never against all.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from lawvault.artifacts import write_json
from lawvault.errors import IntegrityError, UpstreamError
from lawvault.models.encoder import Vectors
from lawvault.models.states import Codes, Ends, cosines, directions
from lawvault.retrieve.ids import hash_of, row_among

FOLDER, ABOUT = "tokens", "about.json"
FORMAT = 1
"""Of the files in `tokens/`."""

BACK = 0.3
"""What the article's states count for beside the question's; chosen on dev questions."""


def write_tokens(
    articles: pa.Table, codes: Codes, ends: Ends, centre: Vectors, folder: Path
) -> None:
    """Write the states of `articles`, which are given in the table's order, into a new folder.

    Raises:
        IntegrityError: there are states of more or fewer articles.
        UpstreamError: the disk is full or fails.
    """
    ids = articles["article_id"].to_pylist()
    if len(ends) != len(ids) or int(ends[-1:].sum()) != len(codes):
        raise IntegrityError(f"{len(ids)} articles but states of {len(ends)}, {len(codes)} in all")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    starts = np.concatenate([[0], ends[:-1]])
    try:
        folder.mkdir(parents=True)
        sorted_codes = np.lib.format.open_memmap(
            folder / "codes.npy", mode="w+", dtype=np.uint8, shape=codes.shape
        )
        at = 0
        for row in order:
            own = codes[starts[row] : ends[row]]
            sorted_codes[at : at + len(own)] = own
            at += len(own)
        sorted_codes.flush()
        np.save(folder / "ends.npy", np.cumsum((ends - starts)[order]))
        np.save(folder / "centre.npy", centre)
        write_json(_about([ids[row] for row in order], codes, centre), folder / ABOUT)
    except OSError as error:
        raise UpstreamError(f"{folder}: cannot be written ({error.strerror or error})") from error


class TokenIndex:
    """The states of a pack's articles, by their ids; may be asked by many threads at once."""

    def __init__(
        self, article_ids: Sequence[str], codes: Codes, ends: Ends, centre: Vectors
    ) -> None:
        """Take the states of articles sorted by id."""
        self._ids, self._codes, self._ends, self._centre = article_ids, codes, ends, centre

    @classmethod
    def open(cls, folder: Path, article_ids: Sequence[str]) -> "TokenIndex":
        """Map what `write_tokens` wrote of the articles of these ids, sorted.

        Raises:
            IntegrityError: it is damaged, of another format, or of other articles.
        """
        try:
            about = json.loads((folder / ABOUT).read_bytes())
            codes = np.load(folder / "codes.npy", mmap_mode="r")
            ends, centre = np.load(folder / "ends.npy"), np.load(folder / "centre.npy")
            is_whole = (
                about == _about(article_ids, codes, centre)
                and codes.shape == (ends[-1], -(-len(centre) // 2))
                and len(ends) == len(article_ids)
            )
        except (OSError, ValueError, TypeError, IndexError) as error:
            raise _damaged(folder, error) from error
        if not is_whole:
            raise _damaged(folder, "of another format, cut short, or of other articles")
        return cls(article_ids, codes, ends, centre)

    def closeness(self, states: Vectors, article_ids: Sequence[str]) -> list[float]:
        """Return how near each article is to a question's states [tokens, width], in their order.

        It is 1 + `BACK` at most; an article that is not among the pack's has 0.
        """
        rows = [row_among(self._ids, one) for one in article_ids]
        known = [row for row in rows if row is not None]
        if not known or not len(states):
            return [0.0] * len(rows)
        found = iter(self._compared(directions(states, self._centre), known).tolist())
        return [0.0 if row is None else next(found) for row in rows]

    def _compared(self, question: Vectors, rows: Sequence[int]) -> Vectors:
        spans = [(int(self._ends[row - 1]) if row else 0, int(self._ends[row])) for row in rows]
        codes = np.concatenate([self._codes[start:end] for start, end in spans])
        near = cosines(question, codes)
        lengths = np.array([end - start for start, end in spans])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        there = np.maximum.reduceat(near, starts, axis=1).mean(axis=0)
        back = np.add.reduceat(near.max(axis=0), starts) / lengths
        found: Vectors = there + BACK * back
        return found


def open_tokens(pack: Path, article_ids: Sequence[str]) -> TokenIndex | None:
    """Return the states of a pack's articles, whose ids are given sorted; None if it has none.

    Raises:
        IntegrityError: they are damaged, or do not belong to it.
    """
    folder = pack / FOLDER
    return TokenIndex.open(folder, article_ids) if folder.is_dir() else None


def _about(article_ids: Sequence[str], codes: Codes, centre: Vectors) -> dict[str, object]:
    """Return what `about.json` says of states, and has to say of those that are read."""
    return {
        "format": FORMAT,
        "article_ids_sha256": hash_of(article_ids),
        "states": len(codes),
        "width": len(centre),
    }


def _damaged(folder: Path, why: object) -> IntegrityError:
    return IntegrityError(
        f"{folder}: cannot be read ({why}); run `python -m jobs.index` with force=true"
    )
