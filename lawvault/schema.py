"""The nouns of LawVault: the columns and key of every table that passes between stages.

A contract is an Arrow schema plus a key.  Stages check their tables at both doors with `check`,
so that a broken table is named where it appears and not three stages later.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lawvault.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Columns and key of one table; `key` columns are never null and unique together."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]


def _columns(*pairs: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in pairs])


TEXT, DATE, COUNT = pa.string(), pa.date32(), pa.int32()
TEXTS = pa.list_(pa.field("item", pa.string()))
SCORES = pa.list_(pa.field("item", pa.float32()))

ARTICLES = Contract(
    name="articles",
    columns=_columns(
        ("article_id", TEXT),  # 劳动合同法@2012-12-28/38: law, version date, number (17-1 = 之一)
        ("law_id", TEXT),  # one version of one law: 劳动合同法@2012-12-28
        ("law_name", TEXT),
        ("law_alias", TEXTS),
        ("category", TEXT),
        ("issuer", TEXT),
        ("region", TEXT),
        ("status", TEXT),  # 现行有效 | 已被修改 | 已废止 | 尚未生效, on corpus.as_of
        ("publish_date", DATE),
        ("effective_date", DATE),
        ("version_date", DATE),
        ("part", TEXT),
        ("chapter", TEXT),
        ("section", TEXT),
        ("article_number", TEXT),  # 第三十八条, 第十七条之一; 全文 or 条目一 where a text has no 条
        ("number", COUNT),  # null where article_number is not a 条
        ("sub_number", COUNT),  # 之N, 0 where there is none
        ("content", TEXT),  # 款 separated by newlines
        ("source", TEXT),
        ("sha256", TEXT),  # of content
    ),
    key=("article_id",),
)

QUERIES = Contract(
    name="queries",
    columns=_columns(
        ("query_id", TEXT),
        ("article_id", TEXT),
        ("tone", TEXT),
        ("text", TEXT),
        ("split", TEXT),  # train | dev | test, by article
        ("generator", TEXT),
        ("prompt_sha256", TEXT),
        ("prompt_tokens", COUNT),  # null where nobody recorded it
        ("completion_tokens", COUNT),
        ("cost", pa.float64()),
        ("kept", pa.bool_()),
        ("drop_reason", TEXT),
    ),
    key=("query_id",),
)

QRELS = Contract(
    name="qrels",
    columns=_columns(("query_id", TEXT), ("article_id", TEXT), ("grade", COUNT)),
    key=("query_id", "article_id"),
)

TRIPLETS = Contract(
    name="triplets",
    columns=_columns(
        ("query_id", TEXT),
        ("query", TEXT),
        ("positive_id", TEXT),
        ("positive", TEXT),  # document text: title and content
        ("negative_ids", TEXTS),  # hardest first
        ("negatives", TEXTS),
        ("positive_score", pa.float32()),
        ("negative_scores", SCORES),
    ),
    key=("query_id", "positive_id"),
)

RUNS = Contract(
    name="runs",
    columns=_columns(
        ("system", TEXT),
        ("query_id", TEXT),
        ("article_id", TEXT),
        ("rank", COUNT),  # from 1
        ("score", pa.float32()),  # larger is better
    ),
    key=("system", "query_id", "article_id"),
)

LOSSES = Contract(
    name="losses",
    columns=_columns(
        ("step", COUNT),  # optimizer step, from 1
        ("epoch", COUNT),  # from 1
        ("loss", pa.float64()),  # mean over the step's micro-batches
        ("gradient_norm", pa.float64()),  # before clipping
        ("learning_rate", pa.float64()),
    ),
    key=("step",),
)

LAWS = Contract(
    name="laws",
    columns=_columns(
        ("law_id", TEXT),  # one version of one law: 劳动合同法@2012-12-28
        ("law_name", TEXT),
        ("short_name", TEXT),  # without 中华人民共和国
        ("name_key", TEXT),  # what a name is compared by: lawvault.law.names.comparable
        ("aliases", TEXTS),
        ("category", TEXT),
        ("issuer", TEXT),
        ("region", TEXT),
        ("status", TEXT),
        ("publish_date", DATE),
        ("effective_date", DATE),
        ("version_date", DATE),
        ("repeal_date", DATE),  # null where no law that was read says it repeals it
        ("num_articles", COUNT),
        ("num_in_corpus", COUNT),  # of these, in the articles table
        ("has_text", pa.bool_()),  # whether content.db has its text
    ),
    key=("law_id",),
)

REJECTS = Contract(
    name="rejects",
    columns=_columns(("source", TEXT), ("line", COUNT), ("reason", TEXT), ("row", TEXT)),
    key=("source", "line", "reason", "row"),  # a file as a whole is line 0, for several reasons
)

NOTICES = Contract(
    name="notices",
    columns=_columns(
        ("source", TEXT),
        ("line", COUNT),  # 0 for the file as a whole
        ("kind", TEXT),  # numbering encoding left_out moved joined suspicious characters
        ("detail", TEXT),
    ),
    key=("source", "line", "kind", "detail"),
)

CONFLICTS = Contract(
    name="conflicts",
    columns=_columns(
        ("article_id", TEXT),
        ("kind", TEXT),  # text | missing | extra | repeated
        ("kept_source", TEXT),
        ("kept_line", COUNT),  # 0 where this text lacks the article
        ("dropped_source", TEXT),
        ("dropped_line", COUNT),
        ("kept", TEXT),  # the words around the first difference
        ("dropped", TEXT),
    ),
    key=("article_id", "kind", "dropped_source", "dropped_line", "dropped"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of a ranking; `rank` counts from 1, a larger `score` is better."""

    article_id: str
    score: float
    rank: int


def check(table: pa.Table, contract: Contract) -> pa.Table:
    """Return `table` with its columns in the contract's order, or say exactly what is wrong.

    Raises:
        ContractError: a column is missing or of another type, or the key is null or repeated.
    """
    for field in contract.columns:
        if field.name not in table.column_names:
            raise ContractError(f"{contract.name}: column {field.name} is missing")
        found = table.schema.field(field.name).type
        if found != field.type:
            raise ContractError(
                f"{contract.name}: column {field.name} is {found}, must be {field.type}"
            )
    table = table.select(contract.columns.names)
    _check_key(table, contract)
    return table


def _check_key(table: pa.Table, contract: Contract) -> None:
    for column in contract.key:
        if table[column].null_count:
            raise ContractError(f"{contract.name}: key column {column} holds nulls")
    counts = table.group_by(list(contract.key)).aggregate([([], "count_all")])
    repeated = counts.filter(pc.greater(counts["count_all"], 1))
    if repeated.num_rows:
        example = {column: repeated[column][0].as_py() for column in contract.key}
        raise ContractError(f"{contract.name}: {repeated.num_rows} keys repeat, first {example}")


def table_of(rows: Sequence[dict[str, object]], contract: Contract) -> pa.Table:
    """Return `rows` as a table that keeps `contract`; a missing value becomes null.

    Raises:
        ContractError: as `check`, or a value does not fit its column.
    """
    try:
        table = pa.Table.from_pylist(list(rows), schema=contract.columns)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ContractError(f"{contract.name}: {error}") from error
    return check(table, contract)
