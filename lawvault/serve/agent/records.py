"""Runs as the store keeps them -> runs as they are shown, and the store's troubles as answers."""

import contextlib
import logging
from collections.abc import Iterator

from lawvault.errors import UpstreamError
from lawvault.serve.agent.contract import RunRecord, RunReport, Wanted
from lawvault.serve.contract import ApiError
from lawvault.store.run_rows import Run, RunConflictError, UnknownRunError

log = logging.getLogger(__name__)


def record_of(
    run: Run, report: RunReport | None = None, *, law_changed: bool | None = None
) -> RunRecord:
    """Return a run as it is shown."""
    wanted = Wanted.model_validate(run.request, strict=False)
    return RunRecord(
        id=run.run_id,
        kind=wanted.kind,
        state=run.state,
        stop_reason=run.stop_reason,
        created=run.created,
        question=wanted.question,
        request=run.request,
        num_events=run.num_events,
        usage=run.usage,
        report=report,
        law_changed=law_changed,
    )


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what the store says inside the block into what a client is told.

    Raises:
        ApiError: the run is not there (404), has ended (409), or the store cannot be used (503).
    """
    try:
        yield
    except UnknownRunError as error:
        raise ApiError(404, "run_not_found", "没有这个任务") from error
    except RunConflictError as error:
        raise ApiError(409, "run_ended", "任务已经结束") from error
    except UpstreamError as error:
        log.error("agent: %s", error)
        raise ApiError(503, "store_unavailable", "任务记录暂时无法读写，请稍后重试") from error
