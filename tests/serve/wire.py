"""An app on a real socket, for real clients and for what can only be seen there."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"


@contextlib.contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """Have `app` served inside the block; give the port."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", ws="none", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


@contextlib.contextmanager
def at_url(app: ASGIApp) -> Iterator[str]:
    """Have `app` served inside the block; give its address."""
    with listening(app) as port:
        yield f"http://{HOST}:{port}"


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> float:
    """Wait until something is so; return after how many seconds."""
    begin = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin < seconds, "it did not come to pass"
        time.sleep(0.005)
    return time.monotonic() - begin
