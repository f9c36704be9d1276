"""What is served is named by one file; who follows it goes over whole, or not at all."""

import asyncio
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from lawvault.config.pipeline import EncoderConfig
from lawvault.config.serve import ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError, IntegrityError
from lawvault.models.fingerprint import FILE
from lawvault.serve.release import (
    AGAIN_SECONDS,
    Follower,
    Release,
    missing_of,
    pointer_of,
    publish,
    read_release,
    release_of,
    write_release,
)


class Clock:
    """Time that stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def release(finished) -> Release:
    model, pack = finished.artifacts["train"] / "model", finished.artifacts["index"]
    return release_of(finished.config, model, pack)


@pytest.fixture
def pointer(tmp_path: Path) -> Path:
    return tmp_path / "home" / "release-8000.json"


def other(release: Release, name: str = "other") -> Release:
    return release.model_copy(update={"pack": release.pack.with_name(name)})


def test_a_pointer_gives_back_what_was_written(release, pointer):
    write_release(release, pointer)

    assert read_release(pointer) == release
    assert [path.name for path in pointer.parent.iterdir()] == [pointer.name]


def test_each_service_of_a_home_has_a_pointer_of_its_own():
    pointers = {
        pointer_of(Config(home="vault", serve=ServeConfig(port=port))) for port in (8000, 8001)
    }

    assert len(pointers) == 2
    assert all(pointer.is_absolute() for pointer in pointers)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pack": 7}, "pack Input"),
        ({"pakc": "/x"}, "pakc Extra"),
        ({"encoder": {"prefix": ""}}, "encoder.prefix"),
        ({"encoder": {"max_tokens": 1}}, "encoder.max_tokens must be in"),
    ],
)
def test_a_pointer_that_names_no_release_is_refused_with_the_place(release, pointer, change, words):
    pointer.parent.mkdir()
    pointer.write_text(json.dumps({**release.model_dump(mode="json"), **change}))

    with pytest.raises(IntegrityError, match=words):
        read_release(pointer)


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_a_pointer_that_is_missing_or_torn_is_refused(pointer, text):
    if text is not None:
        pointer.parent.mkdir()
        pointer.write_text(text)

    with pytest.raises(IntegrityError, match=pointer.name):
        read_release(pointer)


def test_publishing_returns_what_was_served_so_that_one_can_go_back(release, pointer):
    write_release(other(release), pointer)

    before = publish(release, pointer)

    assert before == other(release)
    assert read_release(pointer) == release


def test_publishing_to_a_service_that_never_started_is_refused(release, pointer):
    with pytest.raises(ConfigError, match="nothing serves from"):
        publish(release, pointer)

    assert not pointer.exists()


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [({"base": "x"}, IntegrityError, "base differ"), ({"dimension": 7}, ConfigError, "7 dimens")],
)
def test_what_cannot_be_served_is_never_published(  # the pack is sealed anew with its fingerprint
    release, pointer, tmp_path, change, kind, words
):
    write_release(release, pointer)
    model, pack = (
        shutil.copytree(folder, tmp_path / name)
        for name, folder in (("model", release.model), ("pack", release.pack))
    )
    text = json.dumps({**json.loads((model / FILE).read_text()), **change})
    (model / FILE).write_text(text)
    if kind is ConfigError:
        (pack / FILE).write_text(text)
        manifest = json.loads((pack / "manifest.json").read_text())
        manifest["files"][FILE] = _sha256(pack / FILE)
        (pack / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(kind, match=words):
        publish(Release(model=model, pack=pack, encoder=EncoderConfig()), pointer)

    assert read_release(pointer) == release


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Packs:
    """Opens releases by the name of their pack; those in `broken` it cannot."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.broken: set[str] = set()

    async def open(self, release: Release) -> str:
        self.tried.append(release.pack.name)
        if release.pack.name in self.broken:
            raise IntegrityError(release.pack.name)
        return release.pack.name


def test_a_follower_goes_over_to_what_the_pointer_names(release, pointer):
    write_release(release, pointer)
    follower = Follower(pointer, release, "first", Packs().open)

    asyncio.run(follower.look())
    before = follower.opened
    write_release(other(release), pointer)
    asyncio.run(follower.look())

    assert (before, follower.opened, follower.trouble) == ("first", "other", "")
    assert follower.release == other(release)


def test_what_cannot_be_opened_is_reported_and_tried_again_later_while_the_old_stays(
    release, pointer
):
    packs, clock = Packs(), Clock()
    packs.broken = {"other"}
    follower = Follower(pointer, release, "first", packs.open, clock=clock)
    write_release(other(release), pointer)

    asyncio.run(follower.look())
    asyncio.run(follower.look())
    refused = (follower.opened, follower.trouble, len(packs.tried))
    packs.broken, clock.now = set(), AGAIN_SECONDS
    asyncio.run(follower.look())

    assert refused == ("first", "release_refused", 1)
    assert (follower.opened, follower.trouble) == ("other", "")


def test_another_release_is_tried_at_once_after_one_that_was_refused(release, pointer):
    packs = Packs()
    packs.broken = {"other"}
    follower = Follower(pointer, release, "first", packs.open, clock=Clock())

    for name in ("other", "third"):
        write_release(other(release, name), pointer)
        asyncio.run(follower.look())

    assert (follower.opened, follower.trouble) == ("third", "")


def test_going_back_before_the_new_could_be_opened_ends_the_trouble(release, pointer):
    packs = Packs()
    packs.broken = {"other"}
    follower = Follower(pointer, release, "first", packs.open)
    write_release(other(release), pointer)
    asyncio.run(follower.look())

    write_release(release, pointer)
    asyncio.run(follower.look())

    assert (follower.opened, follower.trouble) == ("first", "")


def test_a_pointer_that_vanishes_is_reported_and_the_old_stays(release, pointer):
    follower = Follower(pointer, release, "first", Packs().open)

    asyncio.run(follower.look())

    assert (follower.opened, follower.trouble) == ("first", "release_unreadable")


@pytest.mark.parametrize(
    ("gone", "word"),
    [
        ("pack", "pack_missing"),
        ("pack/content.db", "content_missing"),
        ("pack/law_db.lancedb", "vectors_missing"),
        ("model", "model_missing"),
        ("", ""),
    ],
)
def test_what_is_gone_from_under_a_release_has_a_word(release, tmp_path, gone, word):
    model = shutil.copytree(release.model, tmp_path / "model")
    pack = shutil.copytree(release.pack, tmp_path / "pack")
    if gone:
        (tmp_path / gone).rename(tmp_path / "elsewhere")

    assert missing_of(Release(model=model, pack=pack, encoder=release.encoder)) == word


def test_a_path_that_the_disk_gives_no_answer_for_is_missing_too(release):
    unreadable = Path("/", "x" * 300)  # for such a one `exists` raises

    assert missing_of(release.model_copy(update={"pack": unreadable})) == "pack_missing"
