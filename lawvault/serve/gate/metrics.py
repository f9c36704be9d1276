"""How the service does, for Prometheus: GET /metrics.

Labels are route templates, statuses, names of keys and codes of refusals, all of them ours and
few: never an id, a text or a path.  Each replica of the gateway has numbers of its own, and the
proxy asks any of them: with more than one replica, scrape often and read rates, or ask replicas
one by one.
"""

from collections.abc import Awaitable, Callable, Mapping

import prometheus_client
from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from lawvault.serve.gate.access import Access, Seen

Stats = Callable[[], Awaitable[Mapping[str, Mapping[str, float]]]]
"""Asks the applications behind the gateway for their numbers, a few names each that are ours."""

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What one process has seen, in a registry of its own."""

    def __init__(self) -> None:
        # A birthday for every number would double the page.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lawvault_http_requests",
            "Requests answered; status 499: the client did not wait",
            ("route", "status", "key"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "lawvault_http_request_seconds",
            "Seconds from a request's first byte to its answer's last",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "lawvault_http_in_flight", "Requests not yet answered", registry=self._registry
        )
        self._rejected = Counter(
            "lawvault_http_rejected",
            "Requests turned away at the gate, or given up there",
            ("reason",),
            registry=self._registry,
        )

        self._stats = Gauge(
            "lawvault_application_stat",
            "What an application tells of itself, by the one of its replicas that was asked",
            ("application", "stat"),
            registry=self._registry,
        )

    def begin(self) -> None:
        """Note that a request has come."""
        self._in_flight.inc()

    def end(self, seen: Seen) -> None:
        """Note how it went."""
        self._in_flight.dec()
        self._requests.labels(seen.route, str(seen.status), seen.key).inc()
        self._seconds.labels(seen.route).observe(seen.milliseconds / 1000)
        if seen.rejected:
            self._rejected.labels(seen.rejected).inc()

    def tell(self, stats: Mapping[str, Mapping[str, float]]) -> None:
        """Replace what applications said before; who is left out is no longer shown."""
        self._stats.clear()
        for application, numbers in stats.items():
            for stat, number in numbers.items():
                self._stats.labels(application, stat).set(number)

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format 0.0.4."""
        return bytes(generate_latest(self._registry))


def add_metrics(app: FastAPI, *, echo: bool = True, stats: Stats | None = None) -> None:
    """Log and count every request, and answer GET /metrics.

    To be called after all other middleware is added, so that what the gate refuses counts, too.

    Args:
        echo: say the request id in every answer; False behind Ray Serve's proxy, which does.
        stats: asked at every scrape; it leaves out an application that does not answer.
    """
    metrics = Metrics()
    app.add_middleware(Access, watcher=metrics, echo=echo)

    @app.get("/metrics", include_in_schema=False)
    async def scrape() -> Response:
        if stats is not None:
            metrics.tell(await stats())
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
