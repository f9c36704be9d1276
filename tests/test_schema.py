"""Contracts: what a table between stages must be, and what is said when it is not."""

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault import schema
from lawvault.errors import ContractError
from lawvault.schema import ARTICLES, QRELS, RUNS, TRIPLETS, Contract, Hit, check, table_of

CONTRACTS = [value for value in vars(schema).values() if isinstance(value, Contract)]
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
QREL_ROWS = st.lists(
    st.fixed_dictionaries(
        {"query_id": WORDS, "article_id": WORDS, "grade": st.integers(0, 3)},
    ),
    unique_by=lambda row: (row["query_id"], row["article_id"]),
)


def qrels(*rows: tuple[str | None, str, int]) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(QRELS.columns.names, row, strict=True)) for row in rows], schema=QRELS.columns
    )


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_the_key_of_every_contract_is_made_of_its_columns(contract):
    assert contract.key
    assert set(contract.key) <= set(contract.columns.names)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_table_without_rows_keeps_every_contract(contract):
    assert table_of([], contract).schema == contract.columns


def test_one_thing_has_one_name_in_all_tables():
    for contract in CONTRACTS:
        assert not {"id", "_id", "idx", "chunk_id"} & set(contract.columns.names), contract.name


@given(QREL_ROWS)
def test_rows_come_back_from_a_table_as_they_went_in(rows):
    assert table_of(rows, QRELS).to_pylist() == rows


def test_every_kind_of_value_in_an_article_survives_the_table():
    row = dict.fromkeys(ARTICLES.columns.names, "文") | {
        "law_alias": ["民法典"],
        "publish_date": datetime.date(2020, 5, 28),
        "effective_date": None,
        "version_date": datetime.date(1, 1, 1),
        "number": 1082,
        "sub_number": 0,
    }

    assert table_of([row], ARTICLES).to_pylist() == [row]


def test_a_value_that_is_not_given_becomes_null_where_it_is_no_key():
    table = table_of([{"query_id": "q", "article_id": "a"}], QRELS)

    assert table.to_pylist() == [{"query_id": "q", "article_id": "a", "grade": None}]


def test_columns_come_out_in_the_order_of_the_contract_and_others_are_left_out():
    table = qrels(("q", "a", 1)).select([2, 0, 1]).append_column("more", pa.array([1]))

    assert check(table, QRELS).column_names == ["query_id", "article_id", "grade"]


@given(st.sampled_from(CONTRACTS), st.data())
def test_a_missing_column_is_named_with_its_table(contract, data):
    column = data.draw(st.sampled_from(contract.columns.names))
    table = contract.columns.empty_table().drop_columns([column])

    with pytest.raises(ContractError, match=rf"^{contract.name}: column {column} is missing$"):
        check(table, contract)


def test_a_column_of_another_type_is_named_with_both_types():
    table = qrels(("q", "a", 1))
    wide = table.set_column(2, "grade", table["grade"].cast(pa.int64()))

    with pytest.raises(ContractError, match=r"^qrels: column grade is int64, must be int32$"):
        check(wide, QRELS)


def test_a_null_in_the_key_is_refused_with_its_column():
    with pytest.raises(ContractError, match=r"^qrels: key column query_id holds nulls$"):
        check(qrels((None, "a", 1)), QRELS)


def test_a_repeated_key_is_refused_with_an_example():
    table = qrels(("q", "a", 1), ("q", "b", 1), ("q", "a", 2))

    with pytest.raises(ContractError) as refusal:
        check(table, QRELS)

    assert str(refusal.value) == (
        "qrels: 1 keys repeat, first {'query_id': 'q', 'article_id': 'a'}"
    )


@given(QREL_ROWS.filter(bool), st.data())
def test_a_key_that_stands_twice_is_found_wherever_it_stands(rows, data):
    twice = data.draw(st.sampled_from(rows))
    shuffled = data.draw(st.permutations([*rows, twice]))

    with pytest.raises(ContractError, match="1 keys repeat"):
        table_of(shuffled, QRELS)


def test_a_column_alone_may_repeat_where_the_key_has_several():
    table = qrels(("q", "a", 1), ("q", "b", 1), ("r", "a", 1))

    assert check(table, QRELS).num_rows == 3


@pytest.mark.parametrize(
    ("contract", "row"),
    [
        (QRELS, {"query_id": "q", "article_id": "a", "grade": "high"}),
        (QRELS, {"query_id": "q", "article_id": "a", "grade": 2**40}),
        (RUNS, {"system": "base", "query_id": 7, "article_id": "a"}),
        (TRIPLETS, {"query_id": "q", "positive_id": "a", "negative_ids": 7}),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_with_the_table(contract, row):
    with pytest.raises(ContractError, match=f"^{contract.name}: "):
        table_of([row], contract)


def test_a_hit_cannot_be_changed():
    hit = Hit(article_id="劳动合同法@2012-12-28/38", score=0.9, rank=1)

    with pytest.raises(AttributeError):
        hit.rank = 2
