"""The merge of tuned and base weights: exact at its ends, chosen by what dev says."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lawvault.train.merge import choose_weight, distractors, set_merged

IDS = [f"law@2020-01-01/{number}" for number in range(50)]


def small_model(seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.named_parameters()}


@pytest.mark.parametrize(("weight", "seed"), [(0, 1), (1, 2), (0.0, 1), (1.0, 2)])
def test_the_ends_of_the_merge_are_base_and_tuned_bit_for_bit(weight, seed):
    base, tuned = weights_of(small_model(1)), weights_of(small_model(2))
    model = small_model(3)

    set_merged(model, base, tuned, weight)

    for name, value in weights_of(small_model(seed)).items():
        assert torch.equal(model.get_parameter(name), value)


@given(st.floats(0, 1))
def test_every_merge_lies_on_the_line_between_base_and_tuned(weight):
    base, tuned = weights_of(small_model(1)), weights_of(small_model(2))
    model = small_model(3)

    set_merged(model, base, tuned, weight)

    for name, value in weights_of(model).items():
        torch.testing.assert_close(value, (1 - weight) * base[name] + weight * tuned[name])


def test_parameters_that_were_not_trained_stay_as_they_are():
    model, base = small_model(2), weights_of(small_model(1))
    untrained = {name: value for name, value in base.items() if name.startswith("1.")}
    before = weights_of(model)

    set_merged(model, untrained, weights_of(small_model(2)), 0)

    assert torch.equal(model.get_parameter("0.weight"), before["0.weight"])
    assert torch.equal(model.get_parameter("1.weight"), base["1.weight"])


def nearness(model: nn.Module, wanted: float):
    """Return a measure that is best where the merge weight is `wanted`."""
    base, tuned = weights_of(small_model(1)), weights_of(small_model(2))
    target = base["0.weight"] + wanted * (tuned["0.weight"] - base["0.weight"])
    return lambda: -float((model.get_parameter("0.weight") - target).detach().abs().max())


@pytest.mark.parametrize("wanted", [0.25, 0.5, 1.0])
def test_the_score_chooses_the_weight_and_the_model_is_left_with_it(wanted):
    model, base = small_model(2), weights_of(small_model(1))

    choice = choose_weight(model, base, [0.25, 0.5, 0.75, 1.0], nearness(model, wanted))

    assert choice.weight == wanted
    assert choice.scores.keys() == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert max(choice.scores, key=choice.scores.__getitem__) == wanted
    assert nearness(model, wanted)() == pytest.approx(0, abs=1e-6)


def test_the_base_is_measured_but_never_chosen():
    model, base = small_model(2), weights_of(small_model(1))

    choice = choose_weight(model, base, [0.5, 1.0], nearness(model, 0.0))

    assert choice.weight == 0.5
    assert choice.scores[0.0] > choice.scores[0.5] > choice.scores[1.0]


def test_of_equal_scores_the_smaller_weight_wins():
    model, base = small_model(2), weights_of(small_model(1))

    assert choose_weight(model, base, [1.0, 0.3, 0.7], lambda: 0.5).weight == 0.3


ids = st.sets(st.sampled_from(IDS))


@given(ids, st.integers(0, 60), st.integers(0, 5))
def test_the_dev_corpus_holds_all_wanted_articles_and_the_count_of_others(wanted, count, seed):
    rows = distractors(IDS, wanted, count, seed)

    found = {IDS[row] for row in rows}
    assert rows == sorted(set(rows))
    assert wanted <= found
    assert len(found - wanted) == min(count, len(IDS) - len(wanted))


@given(ids, st.integers(0, 40))
def test_a_larger_dev_corpus_contains_the_smaller_one(wanted, count):
    smaller, larger = (distractors(IDS, wanted, size, 17) for size in (count, count + 5))

    assert set(smaller) <= set(larger)


def test_another_seed_draws_other_articles():
    assert distractors(IDS, set(), 20, 1) != distractors(IDS, set(), 20, 2)
