"""What values may be: every knob inside its limits, and none against another."""

import datetime
import os
import re
from pathlib import Path

from lawvault.config.tree import Config, Knob, knobs
from lawvault.errors import ConfigError


def checked(config: Config) -> Config:
    """Return `config` unchanged, or raise `ConfigError` naming key, limit and value."""
    check_limits(config)
    if config.mine.rank_to < config.mine.rank_from:
        raise ConfigError(
            f"mine.rank_to must be at least mine.rank_from ({config.mine.rank_from}), "
            f"got {config.mine.rank_to}"
        )
    if not config.train.merge_weights or not all(0 < w <= 1 for w in config.train.merge_weights):
        raise ConfigError(
            f"train.merge_weights must be numbers in (0, 1], got {config.train.merge_weights}"
        )
    if not all(dimension > 0 for dimension in config.train.matryoshka):
        raise ConfigError(
            f"train.matryoshka must be dimensions above 0, got {config.train.matryoshka}"
        )
    if config.generate.dev_share + config.generate.test_share > 0.9:
        raise ConfigError("generate.dev_share + generate.test_share must leave a share to train on")
    _check_questions(config.generate.questions)
    _check_date(config.corpus.as_of)
    _check_home(config.home)
    _check_store(config.store.url)
    config.llm.extra()
    config.serve.alias_targets()
    config.serve.applications()
    return config


def check_limits(section: object, prefix: str = "") -> None:
    """Refuse a section, whose keys begin with `prefix`, that has a value outside its limits.

    Raises:
        ConfigError: naming key, limit and value.
    """
    for item in knobs(section, prefix):
        _check_knob(item)


def _check_knob(item: Knob) -> None:
    value = item.default
    for word in value if isinstance(value, list) else [value]:
        if item.among and word not in item.among:
            raise ConfigError(f"{item.key} must be one of {', '.join(item.among)}, got {word}")
    if item.low is None or item.high is None:
        return
    if not item.low <= value <= item.high:  # also false for NaN
        raise ConfigError(f"{item.key} must be in [{item.low:g}, {item.high:g}], got {value}")


def _check_questions(value: str) -> None:
    if value != "all" and not (value.isdecimal() and int(value) > 0):
        raise ConfigError(f"generate.questions must be 'all' or a number above 0, got {value}")


def _check_date(value: str) -> None:
    try:
        datetime.date.fromisoformat(value)
    except ValueError as error:
        raise ConfigError(f"corpus.as_of must be a day like 2026-10-04, got {value}") from error


def _check_home(home: str) -> None:
    if "://" in home:
        raise ConfigError(
            f"home must be a folder that every node sees, got {home}: mount the store and name "
            "the mount point, as home=/mnt/vault"
        )
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ and not Path(home).is_absolute():
        raise ConfigError(
            f"home={home} would vanish with the job's unpacked working directory: "
            f"give an absolute folder, as home={Path.home() / 'lawvault'}"
        )


def _check_store(url: str) -> None:
    if re.search(r"://[^/@]*:[^/]*@|[?&]password=", url):
        raise ConfigError(
            "store.url must not hold a password, which logs and artifacts would show: set "
            "PGPASSWORD where it is served, or use ~/.pgpass"
        )
