"""What the tests with real clients share: listening servers over real packs, and no way outside."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI

from lawvault.config.serve import ServeConfig
from lawvault.serve.keys import create_key
from lawvault.serve.routes import build_app
from tests.serve.conftest import built, calls, searcher
from tests.serve.wire import at_url

__all__ = ["built", "calls", "searcher"]  # fixtures of the serving tests, for these tests, too

MODEL = "lawvault-embed"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class OutsideError(OSError):
    """A client wanted to talk to another machine."""


def is_here(host: object) -> bool:
    """Say whether a host given to a socket is this machine."""
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", "None"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Border:
    """Stands where sockets connect and names are looked up; lets nobody off this machine."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def check(self, host: object) -> None:
        """Note and refuse a host that is not this machine."""
        if not is_here(host):
            self.tried.append(str(host))
            raise OutsideError(f"the tests are offline: {host}")

    def connecting(self, original):
        """Return a method of sockets that checks an address before it connects."""

        def connect(self_, address):
            if self_.family in (socket.AF_INET, socket.AF_INET6):
                self.check(address[0])
            return original(self_, address)

        return connect

    def looking_up(self, original):
        """Return a `getaddrinfo` that checks the name first."""

        def getaddrinfo(host, *rest, **more):
            self.check(host)
            return original(host, *rest, **more)

        return getaddrinfo


@pytest.fixture(autouse=True)
def border(monkeypatch: pytest.MonkeyPatch) -> Iterator[Border]:
    """Let no socket leave this machine; a test whose client only tried fails, too."""
    border = Border()
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)
        monkeypatch.setattr(socket.socket, name, border.connecting(original))
    monkeypatch.setattr(socket, "getaddrinfo", border.looking_up(socket.getaddrinfo))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield border
    assert border.tried == []


def app_of(calls, dimension: int, **knobs) -> FastAPI:
    """Return the whole HTTP surface with knobs other than the usual ones."""
    config = ServeConfig(max_inputs=512, max_chars=1000, **knobs)
    return build_app(calls, config, dimension=dimension, created=1_700_000_000)


@pytest.fixture(scope="session")
def address(built, calls) -> Iterator[str]:
    """A server of a tuned model, whose data pack has prefixes."""
    with at_url(app_of(calls, built.encoder.dimension)) as url:
        yield url


@pytest.fixture
def guarded(built, calls, tmp_path: Path):
    """Return `serve(scopes, rate)`: a server that asks for a key, and that key."""

    @contextlib.contextmanager
    def serve(scopes: Sequence[str], rate: int = 0) -> Iterator[tuple[str, str]]:
        path = tmp_path / "keys.json"
        key = create_key(path, scopes=scopes, rate=rate)
        with at_url(app_of(calls, built.encoder.dimension, keys=str(path))) as url:
            yield url, key

    return serve
