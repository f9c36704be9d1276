"""Every limit at its edge and beyond, and what limits cannot say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.limits import checked
from lawvault.config.tree import Config, knobs
from lawvault.errors import ConfigError

NUMBERS = [item for item in knobs() if item.low is not None]
CHOICES = [item for item in knobs() if item.among]


def with_value(key: str, value: object, config: Config | None = None) -> Config:
    """Return `config`, or a fresh one, in which the knob `key` has `value`."""
    config = config or Config()
    *sections, name = key.split(".")
    place: object = config
    for section in sections:
        place = getattr(place, section)
    assert hasattr(place, name)
    setattr(place, name, value)
    return config


@pytest.mark.parametrize("item", NUMBERS, ids=lambda item: item.key)
def test_a_number_at_its_limit_is_taken_and_the_next_one_beyond_is_refused_with_the_limits(item):
    whole = all(isinstance(number, int) for number in (item.low, item.default, item.high))
    below = item.low - 1 if whole else math.nextafter(item.low, -math.inf)
    above = item.high + 1 if whole else math.nextafter(item.high, math.inf)

    assert _refusal(item.key, item.low) == _refusal(item.key, item.high) == ""
    for value in (below, above):
        limits = f"[{item.low:g}, {item.high:g}]"
        assert _refusal(item.key, value) == f"{item.key} must be in {limits}, got {value}"


def _refusal(key: str, value: float) -> str:
    """Return what `checked` says against one value where nothing else is wrong."""
    config = with_value(key, value)
    if key == "mine.rank_from":  # may not pass the worst rank
        config.mine.rank_to = min(max(1, int(value)), 100_000)
    if key.endswith(".min_replicas"):  # nor more replicas always than under load
        config = with_value(key, value, config)
        config = with_value(key.replace(".min_", ".max_"), 1000, config)
    try:
        checked(config)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("item", NUMBERS, ids=lambda item: item.key)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_is_refused(item, value):
    with pytest.raises(ConfigError, match=rf"^{item.key} must be in "):
        checked(with_value(item.key, value))


@pytest.mark.parametrize("item", CHOICES, ids=lambda item: item.key)
def test_a_word_is_taken_only_from_its_list_and_the_refusal_shows_the_list(item):
    for word in item.among:
        checked(with_value(item.key, word))
    with pytest.raises(ConfigError) as refusal:
        checked(with_value(item.key, "sideways"))

    assert str(refusal.value) == (
        f"{item.key} must be one of {', '.join(item.among)}, got sideways"
    )


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("train.merge_weights", [], "numbers in (0, 1], got []"),
        ("train.merge_weights", [0.0], "numbers in (0, 1], got [0.0]"),
        ("train.merge_weights", [0.5, 1.1], "numbers in (0, 1], got [0.5, 1.1]"),
        ("train.merge_weights", [math.nan], "numbers in (0, 1], got [nan]"),
        ("train.matryoshka", [128, 0], "dimensions above 0, got [128, 0]"),
        ("generate.questions", "0", "'all' or a number above 0, got 0"),
        ("generate.questions", "-5", "'all' or a number above 0, got -5"),
        ("generate.questions", "1.5", "'all' or a number above 0, got 1.5"),
        ("generate.questions", "some", "'all' or a number above 0, got some"),
        ("generate.questions", "", "'all' or a number above 0, got "),
        ("corpus.as_of", "2026-02-30", "a day like 2026-10-04, got 2026-02-30"),
        ("corpus.as_of", "today", "a day like 2026-10-04, got today"),
        ("corpus.category", ["法律", "通知"], "one of 宪法, 法律, 修正案, 立法解释, 修改决定, "),
        ("corpus.status", ["有效"], "已被修改, 已废止, 尚未生效, got 有效"),
        ("home", "s3://bucket/vault", "a folder that every node sees, got s3://bucket/vault"),
    ],
)
def test_what_limits_cannot_say_is_checked_by_name(key, value, complaint):
    with pytest.raises(ConfigError) as refusal:
        checked(with_value(key, value))

    assert str(refusal.value).startswith(key)
    assert complaint in str(refusal.value)


def test_a_worst_rank_above_the_best_is_refused():
    config = Config()
    config.mine.rank_from, config.mine.rank_to = 60, 50

    with pytest.raises(ConfigError, match=r"mine\.rank_to must be at least .* \(60\), got 50"):
        checked(config)


@given(
    st.floats(0, 0.5, allow_nan=False).map(lambda share: round(share, 2)),
    st.floats(0, 0.5, allow_nan=False).map(lambda share: round(share, 2)),
)
def test_shares_that_leave_nothing_to_train_on_are_refused(dev, test):
    config = Config()
    config.generate.dev_share, config.generate.test_share = dev, test

    if dev + test > 0.9:
        with pytest.raises(ConfigError, match="must leave a share to train on"):
            checked(config)
    else:
        checked(config)


def test_a_relative_home_is_refused_inside_a_submitted_job(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")

    with pytest.raises(ConfigError, match=r"home=runs would vanish .* absolute folder, as home=/"):
        checked(Config())
    checked(Config(home=str(tmp_path)))
