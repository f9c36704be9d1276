"""The tree as Hydra knows it: registered under `conf/`, explained by `--help`, taken back typed."""

import difflib
from collections.abc import Iterator

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from lawvault.config.limits import checked
from lawvault.config.tree import Config, Knob, knobs
from lawvault.errors import ConfigError


def register() -> None:
    """Make the tree and the `--help` page known to Hydra."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/help", name="knobs", node={"template": help_page()})


def help_page() -> str:
    """Return one line a knob: key, default, meaning, limits."""
    lines = ["usage: python -m jobs.<stage> [group=choice …] [key=value …]", ""]
    lines += ["groups:", "$APP_CONFIG_GROUPS"]  # Hydra fills this in
    lines += ["keys (defaults before groups are applied; --cfg job shows what holds after):"]
    for item in knobs():
        lines.append(f"  {item.key}={_written(item.default)}")
        lines.append(f"      {item.meaning}{_limits(item)}")
    return "\n".join(lines)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(str(element) for element in value) + "]"
    return f"'{value}'" if isinstance(value, str) and value.strip() != value else str(value)


def _limits(item: Knob) -> str:
    if item.among:
        return f" ({' | '.join(item.among)})"
    if item.low is None:
        return ""
    return f" ({item.low:g} to {item.high:g})"


def typed(cfg: DictConfig) -> Config:
    """Return the composed Hydra config as plain dataclasses, every value checked.

    Raises:
        ConfigError: a value is outside its limits, or values contradict each other.
    """
    known = {item.key for item in knobs()}
    for key in _leaves(cfg):  # `+key=value` gets past the schema
        if key not in known:
            raise ConfigError(unknown_key(key))
    config = OmegaConf.to_object(cfg)
    assert isinstance(config, Config)
    return checked(config)


def _leaves(cfg: DictConfig, prefix: str = "") -> Iterator[str]:
    for key, value in cfg.items():
        name = f"{prefix}{key!s}"
        if isinstance(value, DictConfig):
            yield from _leaves(value, f"{name}.")
        else:
            yield name


def unknown_key(key: str) -> str:
    """Return the complaint about a key that is not in the tree, with the nearest one that is."""
    near = difflib.get_close_matches(key, [item.key for item in knobs()], n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "; --help lists all keys"
    return f"unknown key {key}{hint}"
