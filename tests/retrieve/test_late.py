"""Late interaction: nearest state by nearest state, over files that are whole or refused."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lawvault.errors import IntegrityError
from lawvault.models.states import centre_of, coded, directions
from lawvault.retrieve.late import ABOUT, BACK, FOLDER, TokenIndex, open_tokens, write_tokens

RNG = np.random.default_rng(5)
STATES = {
    name: RNG.standard_normal((count, 16)).astype(np.float32)
    for name, count in (("c/2", 5), ("a/1", 1), ("b/10", 9), ("a/3", 30))
}
CENTRE = centre_of(list(STATES.values()))
IDS = sorted(STATES)


@pytest.fixture
def pack(tmp_path) -> Path:
    """A pack with tokens, written in another order than that of ids."""
    ends = np.cumsum([len(one) for one in STATES.values()])
    codes = coded(np.concatenate(list(STATES.values())), CENTRE)
    write_tokens(pa.table({"article_id": list(STATES)}), codes, ends, CENTRE, tmp_path / FOLDER)
    return tmp_path


def by_hand(question: np.ndarray, article: np.ndarray) -> float:
    near = directions(question, CENTRE) @ directions(article, CENTRE).T
    return near.max(axis=1).mean() + BACK * near.max(axis=0).mean()


def test_closeness_is_maxsim_both_ways_in_the_order_asked_for(pack):
    question = RNG.standard_normal((4, 16)).astype(np.float32)
    index = open_tokens(pack, IDS)
    assert index is not None

    found = index.closeness(question, ["b/10", "a/1", "c/2", "a/3"])

    expected = [by_hand(question, STATES[name]) for name in ("b/10", "a/1", "c/2", "a/3")]
    assert found == pytest.approx(expected, abs=0.05)  # of four bits


def test_an_article_is_nearest_to_its_own_states(pack):
    index = TokenIndex.open(pack / FOLDER, IDS)

    for name in IDS:
        near = dict(zip(IDS, index.closeness(STATES[name], IDS), strict=True))
        assert max(near, key=near.__getitem__) == name
        assert near[name] == pytest.approx(1 + BACK, abs=0.02)


def test_what_the_pack_has_not_is_not_near_and_nothing_is_asked_in_vain(pack):
    index = TokenIndex.open(pack / FOLDER, IDS)
    question = STATES["c/2"]

    assert index.closeness(question, []) == []
    assert index.closeness(question, ["x/1"]) == [0.0]
    assert index.closeness(question[:0], ["a/1"]) == [0.0]
    [unknown, known] = index.closeness(question, ["x/1", "c/2"])
    assert (unknown, known) == (0.0, index.closeness(question, ["c/2"])[0])


def test_a_pack_without_tokens_has_no_index(tmp_path):
    assert open_tokens(tmp_path, IDS) is None


def test_states_of_other_articles_are_refused(pack):
    with pytest.raises(IntegrityError, match="of other articles"):
        open_tokens(pack, [*IDS[:-1], "z/1"])


@pytest.mark.parametrize("name", [ABOUT, "codes.npy", "ends.npy", "centre.npy"])
@pytest.mark.parametrize("damage", ["gone", "cut short", "of another"])
def test_a_damaged_file_is_refused_and_named(pack, name, damage):
    path = pack / FOLDER / name
    if damage == "gone":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif name == ABOUT:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    else:
        np.save(path, np.load(path)[:-1])

    with pytest.raises(IntegrityError, match=r"tokens: cannot be read .* with force=true"):
        open_tokens(pack, IDS)


def test_states_that_do_not_fit_the_articles_are_not_written(tmp_path):
    articles = pa.table({"article_id": IDS})
    codes = np.zeros((6, 8), np.uint8)

    for ends in ([1, 2, 3], [1, 2, 3, 7]):
        with pytest.raises(IntegrityError, match="4 articles but states of"):
            write_tokens(articles, codes, np.array(ends), CENTRE, tmp_path / FOLDER)
