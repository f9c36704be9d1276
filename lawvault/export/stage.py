"""⑦ export: a folder to upload to a hub, and beside it the data pack that this model built.

What was measured goes along in TREC's formats, which every tool of the field reads: qrels.trec and
one run a system.
"""

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lawvault.artifacts import Counts, aside, read_table, verify
from lawvault.config.tree import Config
from lawvault.export.card import licence_of, model_card
from lawvault.job import Inputs
from lawvault.models.fingerprint import check_same, read_fingerprint
from lawvault.schema import QRELS, RUNS


def export(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write huggingface/, data_pack/ and evaluation/ into `folder`.

    Raises:
        ConfigError: the licence is not the base's.
        IntegrityError: an input was changed after it was sealed, or model and pack don't fit.
    """
    licence = licence_of(config.encoder.model, config.export.licence)
    for earlier in inputs.values():
        verify(earlier)
    model, pack = inputs["train"] / "model", inputs["index"]
    check_same(model, pack)
    report = json.loads((inputs["evaluate"] / "report.json").read_text())
    card = model_card(config.export.name, licence, report, read_fingerprint(model))
    with aside(folder / "huggingface") as path:
        shutil.copytree(model, path)
        shutil.copy(inputs["evaluate"] / "report.png", path)
        (path / "README.md").write_text(card)
    with aside(folder / "data_pack") as path:
        shutil.copytree(pack, path)
    with aside(folder / "evaluation") as path:
        path.mkdir()
        shutil.copy(inputs["evaluate"] / "report.json", path)
        _write_lines(path / "qrels.trec", _qrels(inputs["evaluate"]))
        for system, lines in _runs(inputs["evaluate"]).items():
            _write_lines(path / f"{system}.trec", lines)
    files = sum(path.is_file() for path in folder.rglob("*"))
    return Counts(rows_in=len(inputs), rows_out=files, metrics={"licence": licence})


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in lines)


def _qrels(folder: Path) -> Iterable[str]:
    for row in read_table(folder, QRELS).to_pylist():
        yield f"{_plain(row, 'query_id')} 0 {_plain(row, 'article_id')} {row['grade']}"


def _runs(folder: Path) -> dict[str, list[str]]:
    """Return the lines of every run by system, each query's best first.

    Tools sort by score and break ties in ways of their own, so a score that is not below the one
    before it is written a trifle lower: they keep our ranks.
    """
    lines: dict[str, list[str]] = {}
    last: tuple[str, str, float] = ("", "", math.inf)
    for row in read_table(folder, RUNS).to_pylist():
        same = last[:2] == (row["system"], row["query_id"])
        score = min(round(row["score"], 6), last[2] - 1e-6) if same else round(row["score"], 6)
        last = (row["system"], row["query_id"], score)
        ids = f"{_plain(row, 'query_id')} Q0 {_plain(row, 'article_id')}"
        line = f"{ids} {row['rank']} {score:.6f} {row['system']}"
        lines.setdefault(row["system"], []).append(line)
    return lines


def _plain(row: Mapping[str, Any], name: str) -> str:
    """Return an id without white space, which separates the columns of TREC's formats."""
    return "".join(str(row[name]).split())
