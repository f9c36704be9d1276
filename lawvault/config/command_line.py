"""How a job is called: its options read, its errors told in one line, its exit code."""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

import hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Sweep
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from lawvault.config.compose import register, typed, unknown_key
from lawvault.config.tree import CONF, Config
from lawvault.errors import INTERRUPTED, ConfigError, LawVaultError


def job(work: Callable[[Config], None]) -> Callable[[], None]:
    """Turn `work(config)` into a job's `main()`: compose `conf/`, check, work, exit code.

    Only errors made for a person become one line; a bug keeps its traceback (exit 1).
    """

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
    def composed(cfg: DictConfig) -> None:
        with _ending():  # inside Hydra, which would add lines of its own to an error
            work(typed(cfg))

    @functools.wraps(work)
    def main() -> None:
        register()
        os.environ["HYDRA_FULL_ERROR"] = "1"  # errors of composing travel to here
        with _ending():
            _check_options(sys.argv[1:])
            composed()

    return main


def _check_options(words: list[str]) -> None:
    """Refuse options that Hydra answers with a traceback, or by quietly taking defaults."""
    options = [word for word in words if word.startswith("~") or (word[:1] != "-" and "=" in word)]
    for option in OverridesParser.create().parse_overrides(options):
        _check_option(option)


def _check_option(option: Override) -> None:
    group, value = option.key_or_group, option.value()
    if option.is_delete():
        raise ConfigError(
            f"cannot read {option.input_line}: no key can be taken away; write key=value, or leave "
            "it out for the default"
        )
    if not group:
        raise ConfigError(f"cannot read {option.input_line}: {WRITTEN}")
    is_group = (CONF / group).is_dir() or group.split("/")[0] == "hydra"
    if not is_group or isinstance(value, dict | Sweep):
        return
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(
            f"cannot read {option.input_line}: {group} is a group and takes the name of one of its "
            "choices; --help lists them"
        )


WRITTEN = "an option is written key=value, a list key=[a,b]"


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """End the process with one line and the exit code of what went wrong inside the block."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        _end(ConfigError.exit_code, _one_line(error))
    except LawVaultError as error:
        _end(error.exit_code, str(error))
    except OSError as error:
        _end(4, f"{error.strerror or error}: {error.filename or 'while reading or writing'}")
    except KeyboardInterrupt:
        _end(INTERRUPTED, "interrupted; the same command goes on from here")


def _end(code: int, message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 - the last word of a job
    sys.exit(code)


def _one_line(error: Exception) -> str:
    """Return Hydra's complaint as one line, with the nearest existing key if one is unknown."""
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    if isinstance(error, OverrideParseException):
        return f"cannot read {error.override}: {_cure(error)}"
    if isinstance(error, MissingConfigException):
        return " ".join(str(error).split())
    full_key = getattr(root, "full_key", None) or ""
    words = str(root).splitlines()[0].strip()
    if "not in" not in words and "Could not override" not in str(error):
        return f"{full_key}: {words}" if full_key else words
    return unknown_key(full_key or str(error).split("'")[1])


def _cure(error: OverrideParseException) -> str:
    if not error.override.isascii():
        return """non-ASCII words need quotes, as in 'corpus.law=["劳动法"]'"""
    return WRITTEN
