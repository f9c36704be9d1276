"""④ train on Ray Train: one worker inside the job's process, or as many as the cluster has.

Reads triplets, qrels, dev queries and articles; writes model/ and losses/.  Every worker holds all
triplets (they are small) and takes its slice of each batch.  Checkpoints lie in the artifact's own
folder on the shared file system, so a job that is started again goes on whether Ray died or not.
"""

import copy
import dataclasses
import functools
import json
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from lawvault.artifacts import Counts, aside, read_table, write_json, write_table
from lawvault.config.tree import Config
from lawvault.errors import LawVaultError, SourceError, UpstreamError
from lawvault.job import Inputs, session
from lawvault.models.encoder import (
    SentenceEncoder,
    base_folder,
    build_encoder,
    dtype_of,
    load_model,
    prefixes_of,
    set_threads,
)
from lawvault.models.fingerprint import write_fingerprint
from lawvault.models.texts import article_texts
from lawvault.retrieve.metrics import judged_by_query, ndcg
from lawvault.retrieve.ranking import score_blocks, top_rows
from lawvault.schema import ARTICLES, LOSSES, QRELS, QUERIES, TRIPLETS, table_of
from lawvault.train.checkpoint import writing
from lawvault.train.loop import Task, Team, Trainer
from lawvault.train.merge import choose_weight, distractors

log = logging.getLogger(__name__)

OUTCOME = "outcome.json"
"""Written last by the first worker: what was chosen and why; there is nothing left to train."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dev:
    """What chooses the merge weight: queries, and a corpus of their answers among others."""

    queries: list[str]
    judged: list[dict[str, int]]
    article_ids: list[str]
    texts: list[str]


def train(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write model/ and losses/ into `folder`.

    Raises:
        IntegrityError: a loss is not finite.
        SourceError: too few triplets, or several merge weights and no dev queries to choose by.
        UpstreamError: Ray's workers failed more often than they are restarted.
    """
    triplets = read_table(inputs["mine"], TRIPLETS)
    if triplets.num_rows < 2 * max(config.cluster.train_workers, 1):
        raise SourceError(
            f"{triplets.num_rows} triplets: two for each worker are the least one can train on"
        )
    if not _dev_queries(inputs) and len(config.train.merge_weights) > 1:
        raise SourceError(
            "no dev question is left to choose among train.merge_weights: raise "
            "generate.dev_share or give one weight"
        )
    if not (folder / OUTCOME).is_file():
        _run(config, inputs, folder)
    done = json.loads((folder / OUTCOME).read_text())
    _log_outcome(read_table(folder, LOSSES).to_pylist(), done)  # here: a worker's log stays there
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    shutil.rmtree(folder / "ray", ignore_errors=True)
    return Counts(rows_in=triplets.num_rows, rows_out=done.pop("steps"), metrics=done)


def _run(config: Config, inputs: Inputs, folder: Path) -> None:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    os.environ.setdefault("RAY_CHDIR_TO_TRIAL_DIR", "0")
    logging.getLogger("ray.train").setLevel(logging.WARNING)  # or a line for every report
    # What Ray noted of a killed run is half written, or of another version; ours goes by its own.
    shutil.rmtree(folder / "ray", ignore_errors=True)
    workers, gpus = config.cluster.train_workers, config.cluster.gpus_per_worker
    resources = {"GPU": gpus} if gpus else {"CPU": config.cluster.cpus_per_worker}
    trainer = TorchTrainer(
        functools.partial(_work, config, inputs, folder.resolve()),
        scaling_config=ScalingConfig(
            num_workers=workers,
            use_gpu=gpus > 0,
            resources_per_worker=resources if workers else None,
        ),
        run_config=RunConfig(
            name=folder.name.strip("."),
            storage_path=str((folder / "ray").resolve()),
            failure_config=FailureConfig(max_failures=2),
        ),
    )
    if not workers:  # Ray Train's local mode: this very process, no cluster
        trainer.fit()
        return
    from ray.train import TrainingFailedError

    # Not in the main thread, where Ray would take Ctrl-C for itself, for good, and exit with 1.
    beside = ThreadPoolExecutor(max_workers=1)
    with session(config):
        try:
            beside.submit(trainer.fit).result()
        except TrainingFailedError as error:
            raise _reason(error) from error


def _reason(error: Exception) -> LawVaultError:
    """Return the error made for a person that a worker ended with, if it did with one."""
    for failure in getattr(error, "worker_failures", {}).values():
        if isinstance(failure, LawVaultError):
            return failure
    return UpstreamError(f"train: the workers failed: {error}")


def _work(config: Config, inputs: Inputs, folder: Path) -> None:
    """Be one worker: train, and if first, merge and save."""
    import ray.train

    context = ray.train.get_context()
    team = Team(rank=context.get_world_rank(), world=context.get_world_size())
    set_threads(config.cluster.threads)
    model = load_model(base_folder(config.encoder.model, config.cache))
    base = {name: value.detach().to("cpu", copy=True) for name, value in model.named_parameters()}
    trainer = Trainer(
        model,
        _task(config, inputs),
        config.train,
        team=team,
        dtype=dtype_of(config.encoder.dtype, model.device),
        batch_tokens=config.encoder.batch_tokens,
    )
    losses = trainer.fit(folder / "checkpoints", ray.train.report)
    if team.rank:
        return
    tuned = {name for name, value in model.named_parameters() if value.requires_grad}
    base = {name: value for name, value in base.items() if name in tuned}
    done = _finish(config, model, base, _dev(config, inputs), folder)
    write_table(table_of(losses, LOSSES), LOSSES, folder)
    write_json({**done, "steps": len(losses)}, folder / OUTCOME)


def _task(config: Config, inputs: Inputs) -> Task:
    judged = judged_by_query(read_table(inputs["generate"], QRELS).to_pylist())
    return Task(
        triplets=read_table(inputs["mine"], TRIPLETS).to_pylist(),
        answers={query_id: set(found) for query_id, found in judged.items()},
        prefixes=prefixes_of(config.encoder),
        seed=config.seed,
    )


def _finish(
    config: Config,
    model: SentenceTransformer,
    base: dict[str, torch.Tensor],
    dev: Dev,
    folder: Path,
) -> dict[str, Any]:
    """Merge, save model/ with its fingerprint, and return what was chosen and why."""
    weights = config.train.merge_weights
    done: dict[str, Any] = {"merge_weight": weights[0], "dev_queries": len(dev.queries)}
    if dev.queries:
        choice = choose_weight(model, base, weights, lambda: _dev_score(config, model, dev))
        done["merge_weight"] = choice.weight
        done["dev_ndcg@10"] = {str(w): round(score, 4) for w, score in choice.scores.items()}
    model.prompts = {
        "query": config.encoder.query_prefix,
        "document": config.encoder.document_prefix,
    }
    if model.tokenizer.is_fast:  # training left its own limits in it, which would be saved
        model.tokenizer.backend_tokenizer.no_truncation()
        model.tokenizer.backend_tokenizer.no_padding()
    with writing(folder / "model"), aside(folder / "model") as path:
        model.save(str(path), create_model_card=False)
        _identify(config, path)
    return done


def _identify(config: Config, folder: Path) -> None:
    """Write the fingerprint of a saved model: by float32, and by what encodes fastest here."""
    plain = dataclasses.replace(config.encoder, engine="torch", dtype="float32")
    exact, fast = (
        build_encoder(encoder, folder, cache=config.cache) for encoder in (plain, config.encoder)
    )
    also = [fast] if fast.path != exact.path else []
    prefixes = prefixes_of(config.encoder)
    write_fingerprint(folder, exact, prefixes, config.encoder.model, also=also)


def _encoder(config: Config, model: SentenceTransformer) -> SentenceEncoder:
    """Return an encoder over a copy, so that its arithmetic leaves the trained weights alone."""
    return SentenceEncoder(
        copy.deepcopy(model).eval(),
        prefixes_of(config.encoder),
        max_tokens=config.encoder.max_tokens,
        batch_tokens=config.encoder.batch_tokens,
        dtype=config.encoder.dtype,
    )


def _dev_queries(inputs: Inputs) -> list[dict[str, Any]]:
    return [
        row
        for row in read_table(inputs["generate"], QUERIES).to_pylist()
        if row["kept"] and row["split"] == "dev"
    ]


def _dev(config: Config, inputs: Inputs) -> Dev:
    queries = _dev_queries(inputs)
    all_judged = judged_by_query(read_table(inputs["generate"], QRELS).to_pylist())
    judged = {row["query_id"]: all_judged.get(row["query_id"], {}) for row in queries}
    articles = read_table(inputs["ingest"], ARTICLES)
    ids = articles["article_id"].to_pylist()
    texts = article_texts(articles, config.encoder.title_separator)
    wanted = {article_id for found in judged.values() for article_id in found}
    rows = distractors(ids, wanted, config.train.dev_distractors, config.seed)
    return Dev(
        queries=[row["text"] for row in queries],
        judged=[judged[row["query_id"]] for row in queries],
        article_ids=[ids[row] for row in rows],
        texts=[texts[row] for row in rows],
    )


def _dev_score(config: Config, model: SentenceTransformer, dev: Dev) -> float:
    """Return the mean nDCG@10 of the dev queries over the dev corpus."""
    encoder = _encoder(config, model)
    documents, queries = encoder.encode_documents(dev.texts), encoder.encode_queries(dev.queries)
    total = 0.0
    for begin, block in score_blocks(queries, documents):
        for judged, scores in zip(dev.judged[begin:], block, strict=False):
            ranking = [dev.article_ids[row] for row in top_rows(scores, 10)]
            total += ndcg(ranking, judged, k=10)
    return total / len(dev.queries)


def _log_outcome(losses: list[dict[str, Any]], done: dict[str, Any]) -> None:
    """Say the mean loss of each tenth of the training, and what dev chose."""
    size = max(len(losses) // 10, 1)
    for begin in range(0, len(losses), size):
        part = losses[begin : begin + size]
        mean = sum(row["loss"] for row in part) / len(part)
        log.info(
            "train: epoch %d, steps %4d to %4d: loss %.4f",
            *(part[0]["epoch"], part[0]["step"], part[-1]["step"], mean),
        )
    for weight, score in done.get("dev_ndcg@10", {}).items():
        mark = " ← chosen" if float(weight) == done["merge_weight"] else ""
        log.info("train: merge weight %s: dev nDCG@10 %.4f%s", weight, score, mark)
