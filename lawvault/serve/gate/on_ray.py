"""The application `gateway`: the HTTP surface, which calls the others."""

import asyncio
import functools
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from ray import serve as ray_serve

from lawvault.serve.apps.on_ray import READY_SECONDS, App, bound
from lawvault.serve.gate.access import start_access_log
from lawvault.serve.production import CLASSES, GatewayArgs
from lawvault.serve.routes import Calls, build_app


@ray_serve.ingress()
class Gateway:
    """A replica; its app is built inside it."""

    def __init__(self, args: GatewayArgs) -> None:
        self._args = args
        self._is_draining = False

    async def drain(self) -> None:
        """Say from now on that this gateway is not ready, so that nobody sends it new work."""
        self._is_draining = True

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Return the app; Serve calls this once in each replica."""
        config = self._args.serve
        apps = {
            name: App(name, CLASSES[name], only_reads=name != "writer")
            for name in config.applications()
            if name != "gateway"
        }
        embedding, search, agent = apps["embedding"], apps["search"], apps["agent"]
        reranker, writer = apps.get("reranker"), apps["writer"]

        async def readiness() -> dict[str, str]:
            states = await asyncio.gather(*(app.state() for app in apps.values()))
            own = "draining" if self._is_draining else "ok"
            return {"gateway": own, **dict(zip(apps, states, strict=True))}

        start_access_log()
        return build_app(
            Calls(
                embed=embedding.embed,
                search=lambda request: search.call("search", request),
                ask=lambda method, *request: search.call("ask", method, *request),
                readiness=readiness,
                rerank=(lambda task: reranker.call("rerank", task)) if reranker else None,
                agent=agent.call,
                writer=writer,
                stats=functools.partial(
                    _stats, {"embedding": embedding, "agent": agent, "writer": writer}
                ),
            ),
            config,
            dimension=self._args.dimension,
            created=self._args.created,
            echo_request_id=False,  # Serve's proxy does
        )


async def _stats(apps: Mapping[str, App]) -> dict[str, dict[str, float]]:
    """Return what a replica of each application counted; those that do not answer are left out."""
    asked = (asyncio.wait_for(app.call("stats"), READY_SECONDS) for app in apps.values())
    told = await asyncio.gather(*asked, return_exceptions=True)
    return {
        name: stats
        for name, stats in zip(apps, told, strict=True)
        if not isinstance(stats, BaseException)
    }


def build(args: GatewayArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Gateway, args)
