"""The guard between a model and a data pack: nothing is searched unless the two agree.

Equal hashes do not make equal vectors: another prefix, pooling, engine or precision searches a pack
without any error and finds wrong law.  So the loaded model must give the canaries of its
fingerprint again, of length 1 and of the pack's dimension; and on a numeric path other than the one
the pack was measured with, it must find the same articles for the pack's probes.
"""

import logging
import time
from pathlib import Path

from lawvault.errors import IntegrityError
from lawvault.models.encoder import Encoder, Vectors
from lawvault.models.fingerprint import check_canaries, check_lengths, read_fingerprint
from lawvault.retrieve.calibration import PROBE_HITS, Calibration, Probe, read_calibration
from lawvault.retrieve.dense import DenseIndex

log = logging.getLogger(__name__)

MIN_OVERLAP = 0.98


def check_path(encoder: Encoder, pack: Path) -> None:
    """Return if the encoder may search the pack.

    Raises:
        IntegrityError: `index_model_mismatch`: the message says in what they do not agree; or the
            pack lacks what it is checked by.
    """
    calibration = read_calibration(pack)
    lowest = check_canaries(encoder, read_fingerprint(pack))
    if encoder.path == calibration.path:
        log.info("guard: %s, as the data pack; canaries at cosine %.5f", encoder.path, lowest)
        return
    start = time.perf_counter()
    overlap = _overlap_now(encoder, calibration, pack)
    log.info(
        "guard: %s finds %.4f of what %s found (%d questions, %.1f s); canaries at cosine %.5f",
        *(encoder.path, overlap, calibration.path),
        *(len(calibration.probes), time.perf_counter() - start, lowest),
    )
    if overlap < MIN_OVERLAP:
        raise IntegrityError(
            f"index_model_mismatch: {encoder.path} finds {overlap:.4f} of the best {PROBE_HITS} "
            f"articles that {calibration.path} found in {pack}, below {MIN_OVERLAP}: choose "
            "encoder.dtype and encoder.engine as there, or run `python -m jobs.index` as here"
        )


def probes_of(index: DenseIndex, queries: list[str], vectors: Vectors) -> list[Probe]:
    """Return questions with what their vectors [n, dimension] find in the pack."""
    found = index.search_many(vectors, PROBE_HITS)
    return [
        Probe(query=query, found=tuple(hit.article_id for hit in hits))
        for query, hits in zip(queries, found, strict=True)
    ]


def _overlap_now(encoder: Encoder, calibration: Calibration, pack: Path) -> float:
    """Return the mean share of each probe's articles that the encoder finds, too."""
    then = calibration.probes
    if not all(probe.found for probe in then) or not then:
        raise IntegrityError(f"index_model_mismatch: {pack} has no probes to try {encoder.path} on")
    queries = [probe.query for probe in then]
    vectors = encoder.encode_queries(queries)
    check_lengths(vectors)
    now = probes_of(DenseIndex(pack), queries, vectors)
    shares = [
        len({*one.found} & {*other.found}) / len(one.found)
        for one, other in zip(then, now, strict=True)
    ]
    return sum(shares) / len(shares)
