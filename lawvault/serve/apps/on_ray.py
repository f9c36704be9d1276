"""How an application of ours is made for Ray Serve, and how one calls another by its name."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from pydantic import BaseModel
from ray import serve as ray_serve
from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import LoggingConfig

from lawvault.serve.contract import ApiError, Side
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.release import Release

log = logging.getLogger(__name__)

READY_SECONDS = 3.0
KNOWN_SECONDS = 3.0
"""For which an application that was there is taken to be there: to ask costs as much as many calls
(a tenth of a gateway's time, when it asked every second)."""
NICE = 10
QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)
TAKEN_AWAY = "ray.kill"
"""In the words of an actor's death: Serve ended it, it did not break at what it worked on."""


def bound(work: type, args: BaseModel, options: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - Ray
    """Return the application of one deployment; `options` are those of Serve's own schema."""
    deployment = ray_serve.deployment(
        work, logging_config=QUIET, max_constructor_retry_count=2, **(options or {})
    )
    return deployment.bind(args)


def stand_back() -> None:
    """Let whatever answers go before this replica, which computes, where both want a core.

    To be called before its threads are made, which are as nice as the one that makes them.  With
    every core encoding, a refusal and a health check would otherwise wait for their turn.
    """
    os.nice(NICE)


class App:
    """Another application, called by name; what Ray reports becomes what our routes know."""

    def __init__(self, name: str, deployment: str, *, only_reads: bool = True) -> None:
        """Call the application `name`, which is one deployment, by the name of its class.

        Args:
            only_reads: a call may be made twice, for it changes nothing, or the same each time.
        """
        self._name, self._deployment, self._only_reads = name, deployment, only_reads
        self._handle: DeploymentHandle | None = None
        self._known_until = 0.0

    async def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - as `method` does
        """Return what `method` of the application returns, or raise what it raised.

        If the caller is cancelled, so is the call.  One that only reads and that an update of the
        application cut off is made again; one at which a replica broke is not, or it would break
        the next.

        Raises:
            ApiError: the application does not run (503), or has too much to do (429).
        """
        try:
            return await self._called(method, *arguments)
        except RayActorError as error:
            was_cut_off = isinstance(error, ActorUnavailableError) or TAKEN_AWAY in str(error)
            if not (self._only_reads and was_cut_off):
                raise self._unavailable(error) from error
            log.warning("serve: %s is asked again: %s", self._name, error)
        try:
            return await self._called(method, *arguments)
        except RayActorError as error:
            raise self._unavailable(error) from error

    async def stream(self, method: str, *arguments: object) -> AsyncGenerator[Any, None]:
        """Yield what a generator of the application yields; closing this ends that, too.

        Raises:
            ApiError: as `call`; what was cut off is not begun again.
        """
        try:
            handle = (await self._reached()).options(stream=True)
            response = getattr(handle, method).remote(*arguments)
            try:
                async for item in response:
                    yield item
            except (asyncio.CancelledError, GeneratorExit):
                response.cancel()
                raise
        except RayTaskError as error:
            raise error.cause from error
        except BackPressureError as error:
            raise ApiError(429, "too_many_requests", "同时处理的请求太多，请稍后重试") from error
        except (RayActorError, RayServeException) as error:
            raise self._unavailable(error) from error

    async def _called(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - see `call`
        try:
            response = getattr(await self._reached(), method).remote(*arguments)
            try:
                return await response
            except asyncio.CancelledError:
                response.cancel()
                raise
        except RayTaskError as error:
            raise error.cause from error
        except BackPressureError as error:
            raise ApiError(429, "too_many_requests", "同时处理的请求太多，请稍后重试") from error
        except RayServeException as error:
            raise self._unavailable(error) from error

    async def _reached(self) -> DeploymentHandle:
        """Return the way to the replicas; whether there are any is asked beside the event loop.

        One caller asks; the others go on meanwhile with what was known a moment ago.
        """
        handle = self._handle
        if handle is None or time.monotonic() > self._known_until:
            self._known_until = time.monotonic() + KNOWN_SECONDS
            try:
                handle = self._handle = await asyncio.to_thread(self._found)
            except RayServeException:
                self._handle = None
                raise
        return handle

    def _found(self) -> DeploymentHandle:
        application = ray_serve.status().applications.get(self._name)
        if application is None or application.status == "DELETING":
            raise RayServeException(f"there is no application {self._name}")
        try:  # not by the application alone: while Serve takes up another config, it knows none
            return ray_serve.get_deployment_handle(self._deployment, self._name)
        except KeyError as error:
            raise RayServeException(f"application {self._name} has not begun") from error

    def _unavailable(self, error: Exception) -> ApiError:
        log.warning("serve: %s does not answer: %s", self._name, error)
        return ApiError(503, f"{self._name}_unavailable", f"依赖 {self._name} 暂不可用，请稍后重试")

    async def embed(
        self,
        texts: list[str],
        side: Side,
        *,
        may_cut: bool = False,
        release: Release | None = None,
    ) -> Embedded:
        """Return the vectors of `texts` from an embedding application.

        Args:
            release: whose model makes them; without, the newest that the replica has.
        """
        embedded: Embedded = await self.call("embed", texts, side, may_cut, release)
        return embedded

    async def state(self) -> str:
        """Return `ok`, or a word for what is wrong; `ok, word`: it works, but not as wanted."""
        try:
            return str(await asyncio.wait_for(self.call("ready"), READY_SECONDS))
        except TimeoutError:
            return "no answer"
        except ApiError as error:
            return error.code
