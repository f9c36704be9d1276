"""Every knob: its kind, default, limits and role, and that configs share nothing."""

from lawvault.config.pipeline import STATUSES
from lawvault.config.tree import Config, knobs
from lawvault.law.validity import WORDS


def test_the_list_of_all_knobs_is_known(golden):
    lines = []
    for item in knobs():
        kind = type(item.default).__name__
        limits = f"{item.low:g}..{item.high:g}" if item.low is not None else "|".join(item.among)
        role = "where" if item.where else "content" if item.content else "what"
        lines.append(f"{item.key} {kind} {item.default!r} {role} {limits}".rstrip())

    golden("knobs.txt", "\n".join(lines) + "\n")


def test_every_knob_of_the_cluster_says_where_and_the_seed_says_what():
    where = {item.key for item in knobs() if item.where}

    assert {key for key in where if key.startswith("cluster.")} == {
        item.key for item in knobs() if item.key.startswith("cluster.")
    }
    assert {"home", "cache", "force"} <= where
    assert "seed" not in where


def test_walking_a_config_shows_its_own_values():
    config = Config()
    config.train.epochs = 7

    found = {item.key: item.default for item in knobs(config)}

    assert found["train.epochs"] == 7
    assert found["train.batch_size"] == Config().train.batch_size


def test_the_statuses_to_choose_from_are_those_that_versions_have():
    assert set(STATUSES) == set(WORDS.values())


def test_two_configs_never_share_a_list():
    one, other = Config(), Config()

    one.corpus.law.append("劳动法")

    assert other.corpus.law == []
