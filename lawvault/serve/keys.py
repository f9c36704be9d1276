"""API keys: who may ask for what, and how often.

A key is 256 random bits that its holder alone has; we keep a fast keyed hash of it, which is right
for such keys: nobody can try 2^256.  Every look-up compares with every key in constant time, so
that time tells nothing.  The file is read again when it changes, so that a revoked key stops; a
file that is gone or broken admits nobody.  Containers may give keys in the variable
LAWVAULT_API_KEYS instead, comma separated.

    python -m lawvault.serve.keys create --file keys.json --name desktop --scopes search,laws
    python -m lawvault.serve.keys list --file keys.json
    python -m lawvault.serve.keys revoke --file keys.json --name desktop
"""

import argparse
import datetime
import hmac
import logging
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lawvault.errors import ConfigError, LawVaultError
from lawvault.serve.gate.key_file import (
    HOW_TO,
    MAX_RATE,
    NAME,
    SCOPES,
    Bunch,
    Key,
    changing,
    digest_of,
    read_keys,
    stamp_of,
    write_keys,
)

log = logging.getLogger(__name__)

VARIABLE = "LAWVAULT_API_KEYS"
DEFAULT_SCOPES = ("embed", "search", "laws", "agent", "write")
"""All that the page asks for. What an LLM may cost is bounded by `agent.*` and by draft; no
metrics."""
MIN_LENGTH = 16


class KeyRing:
    """All keys of a service, those of its file as fresh as the file."""

    def __init__(self, path: Path | None, fixed: Bunch) -> None:
        self._path, self._fixed = path, fixed
        self._stamp: tuple[int, ...] | None = None
        self._filed = Bunch(pepper=b"")
        if path is not None:
            self._stamp = stamp_of(path)
            self._filed = read_keys(path)

    @classmethod
    def load(cls, path: str, env: Mapping[str, str]) -> "KeyRing":
        """Return the keys of a file (none if `path` is empty) and of the environment.

        Raises:
            ConfigError: the file cannot be read, or the variable holds what is no key.
        """
        return cls(Path(path) if path else None, _from_variable(env.get(VARIABLE, "")))

    @property
    def required(self) -> bool:
        """Whether a key is asked for at all: also when the file named holds none any more."""
        return self._path is not None or bool(self._fixed.keys)

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys that open now."""
        self._refresh()
        return self._filed.keys + self._fixed.keys

    def check(self, header: str | None) -> Key | None:
        """Return the key that an Authorization header shows, None if it shows no valid one."""
        self._refresh()
        scheme, _, shown = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = None
        for bunch in (self._filed, self._fixed):
            digest = digest_of(shown.strip(), bunch.pepper)
            for key in bunch.keys:  # to the end, also after a match
                if hmac.compare_digest(key.digest, digest):
                    found = key
        return found

    def _refresh(self) -> None:
        if self._path is None:
            return
        stamp = stamp_of(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._filed = read_keys(self._path)
            log.info("serve: %d keys read from %s", len(self._filed.keys), self._path)
        except ConfigError as error:
            self._filed = Bunch(pepper=b"")
            log.error("serve: no key of the file opens any more: %s", error)


def create_key(path: Path, *, name: str = "", scopes: Sequence[str], rate: int = 0) -> str:
    """Add a key to a file, which is made if it is not there; return the key itself.

    Raises:
        ConfigError: name, scopes or rate are not possible, or the file cannot be changed.
    """
    if unknown := set(scopes) - set(SCOPES):
        raise ConfigError(f"unknown scope {min(unknown)!r}: choose among {', '.join(SCOPES)}")
    if not scopes or not 0 <= rate <= MAX_RATE:
        raise ConfigError(f"a key needs a scope, and a rate from 0 (none) to {MAX_RATE}")
    plain = "lv-" + secrets.token_urlsafe(32)
    with changing(path) as bunch:
        taken = {key.name for key in bunch.keys}
        name = name or next(f"key-{n}" for n in range(1, len(taken) + 2) if f"key-{n}" not in taken)
        if not NAME.fullmatch(name):
            raise ConfigError(
                "a name has 1 to 40 letters, digits, '.', '-' or '_', and no env- first"
            )
        if name in taken:
            raise ConfigError(
                f"{path} has a key named {name} already: revoke that, or choose another"
            )
        key = Key(
            name=name,
            scopes=frozenset(scopes),
            rate=rate,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            digest=digest_of(plain, bunch.pepper),
        )
        write_keys(path, Bunch(pepper=bunch.pepper, keys=(*bunch.keys, key)))
    return plain


def revoke_key(path: Path, name: str) -> None:
    """Take a key out of a file.

    Raises:
        ConfigError: the file has no such key.
    """
    with changing(path) as bunch:
        rest = tuple(key for key in bunch.keys if key.name != name)
        if len(rest) == len(bunch.keys):
            raise ConfigError(f"{path} has no key of that name: `list` shows all")
        write_keys(path, Bunch(pepper=bunch.pepper, keys=rest))


def _from_variable(text: str) -> Bunch:
    plains = [part.strip() for part in text.split(",") if part.strip()]
    if any(len(plain) < MIN_LENGTH or not _is_plain(plain) for plain in plains):
        raise ConfigError(
            f"{VARIABLE}: a key has at least {MIN_LENGTH} visible ASCII characters; "
            f"make one with `{HOW_TO}`"
        )
    pepper = secrets.token_bytes(32)
    return Bunch(
        pepper=pepper,
        keys=tuple(
            Key(
                name=f"env-{number}",
                scopes=frozenset(SCOPES),
                rate=0,
                created="",
                digest=digest_of(plain, pepper),
            )
            for number, plain in enumerate(plains, start=1)
        ),
    )


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lawvault.serve.keys", description="API keys")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("create", "list", "revoke"):
        one = commands.add_parser(command)
        one.add_argument("--file", type=Path, required=True, help="the key file (serve.keys=…)")
        if command == "create":
            one.add_argument("--name", default="", help="how logs and metrics call its holder")
            one.add_argument(
                "--scopes",
                default=",".join(DEFAULT_SCOPES),
                help=f"of {','.join(SCOPES)}, comma separated; agent and write ask the LLM, "
                "which may cost money (default: %(default)s)",
            )
            one.add_argument(
                "--rate",
                type=int,
                default=0,
                help="requests a minute, in each replica of the gateway; 0: any number",
            )
        if command == "revoke":
            one.add_argument("--name", required=True)
    return parser.parse_args(words)


def _run(arguments: argparse.Namespace) -> None:
    path: Path = arguments.file
    if arguments.command == "revoke":
        revoke_key(path, arguments.name)
        sys.stdout.write(f"{arguments.name} opens nothing any more\n")
    elif arguments.command == "create":
        scopes = [scope.strip() for scope in arguments.scopes.split(",") if scope.strip()]
        plain = create_key(path, name=arguments.name, scopes=scopes, rate=arguments.rate)
        sys.stderr.write("This key is shown once; clients send `Authorization: Bearer KEY`:\n")
        sys.stdout.write(plain + "\n")
    else:
        for key in read_keys(path).keys:
            rate = f"{key.rate}/min" if key.rate else "any rate"
            scopes_of = ",".join(sorted(key.scopes))
            sys.stdout.write(f"{key.name}  {scopes_of}  {rate}  {key.created}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Create, list or revoke keys; return the exit code."""
    try:
        _run(_arguments(words))
    except LawVaultError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
