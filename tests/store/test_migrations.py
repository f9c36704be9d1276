"""Every older store is brought up to date step by step, and a newer one is left alone."""

import pytest
from sqlalchemy import create_engine, inspect, text

from lawvault.errors import IntegrityError
from lawvault.store.database import Database
from lawvault.store.material_rows import NewMaterial
from lawvault.store.migrations import MIGRATIONS
from lawvault.store.runs import RunStore
from lawvault.store.tables import METADATA
from lawvault.store.user import UserStore

LATER = (*MIGRATIONS, ("CREATE TABLE shelves (name TEXT NOT NULL)",))


def version_of(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT MAX(version) FROM schema_version")).scalar_one())


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_store_of_every_older_version_becomes_one_of_today(file_url, version):
    Database.open(file_url, migrations=MIGRATIONS[:version]).close()

    database = Database.open(file_url)

    assert version_of(database) == len(MIGRATIONS)
    RunStore(database).create("a", "0" * 32, {})
    database.close()


def test_the_steps_make_the_tables_that_the_code_uses(database):
    found = inspect(database.engine)

    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        keys = found.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
    assert METADATA.sorted_tables


def test_a_store_of_version_1_keeps_its_runs_and_takes_what_version_2_brought(file_url):
    database = Database.open(file_url, migrations=MIGRATIONS[:1])
    runs = RunStore(database)
    runs.create("a", "0" * 32, {"question": "公司不发工资怎么办？"})
    runs.append("0" * 32, [{"seq": 1, "time": 1.0, "kind": "plan", "data": {"text": "半\ud800"}}])
    runs.create("b", "1" * 32, {})
    before = [list(runs.export(owner)) for owner in ("a", "b")]
    assert version_of(database) == 1
    database.close()

    database = Database.open(file_url)

    assert [list(RunStore(database).export(owner)) for owner in ("a", "b")] == before
    user = UserStore(database)
    user.materials.add("a", [NewMaterial(kind="note", text="问")])
    assert len(user.transfer.export("a")["materials"]) == 1
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    database.close()


def test_a_later_step_keeps_what_was_there_and_is_taken_once(file_url):
    database = Database.open(file_url)
    RunStore(database).create("a", "0" * 32, {"question": "问"})
    database.close()

    Database.open(file_url, migrations=LATER).close()
    database = Database.open(file_url, migrations=LATER)

    assert version_of(database) == len(LATER)
    assert RunStore(database).get("a", "0" * 32).request == {"question": "问"}
    database.close()


def test_a_step_that_fails_leaves_the_store_at_the_version_before(file_url):
    broken = (*MIGRATIONS, ("CREATE TABLE shelves (name TEXT)", "INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(Exception, match="nowhere"):
        Database.open(file_url, migrations=broken)

    database = Database.open(file_url)
    assert version_of(database) == len(MIGRATIONS)
    assert "shelves" not in inspect(database.engine).get_table_names()
    database.close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(file_url):
    Database.open(file_url, migrations=LATER).close()

    with pytest.raises(IntegrityError, match=f"version {len(LATER)}, written by a newer LawVault"):
        Database.open(file_url)

    engine = create_engine(file_url)
    assert "shelves" in inspect(engine).get_table_names()
    engine.dispose()
