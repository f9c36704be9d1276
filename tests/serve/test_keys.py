"""API keys: made once, kept as hashes, compared in constant time, gone when revoked."""

import hmac
import json
import multiprocessing
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import ConfigError
from lawvault.serve import keys as module
from lawvault.serve.gate.admission import SCOPED
from lawvault.serve.gate.key_file import SCOPES
from lawvault.serve.gate.rate import Buckets
from lawvault.serve.keys import VARIABLE, KeyRing, create_key, main, revoke_key

ALL = ("embed", "search", "laws")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def ring(file: Path | None = None, variable: str = "") -> KeyRing:
    return KeyRing.load(str(file) if file else "", {VARIABLE: variable})


def bearer(plain: str) -> str:
    return f"Bearer {plain}"


def test_a_new_key_opens_with_its_name_scopes_and_rate(file):
    plain = create_key(file, name="desktop", scopes=["search", "laws"], rate=30)

    key = ring(file).check(bearer(plain))

    assert key is not None
    assert (key.name, key.scopes, key.rate) == ("desktop", {"search", "laws"}, 30)


def test_a_key_that_nobody_gave_scopes_opens_all_that_the_page_asks_for(file, capsys):
    assert main(["create", "--file", str(file)]) == 0
    key = ring(file).check(bearer(capsys.readouterr().out.strip()))

    for path in ("/v1/laws", "/v1/search", "/v1/agent/runs", "/v1/ask"):
        assert any(path.startswith(SCOPED[scope]) for scope in key.scopes if scope in SCOPED)
    assert "metrics" not in key.scopes


def test_the_file_holds_no_key_and_only_its_owner_reads_it(file):
    old = os.umask(0)
    try:
        plain = create_key(file, scopes=ALL)
    finally:
        os.umask(old)

    text = file.read_text()

    assert plain not in text
    assert plain[3:] not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.with_name(".keys.json.lock").stat().st_mode) == 0o600


def test_one_key_in_two_files_has_two_hashes(tmp_path, monkeypatch):
    monkeypatch.setattr("lawvault.serve.keys.secrets.token_urlsafe", lambda size: "x" * 43)
    files = [tmp_path / "a.json", tmp_path / "b.json"]

    for one in files:
        create_key(one, scopes=ALL)

    hashes = [json.loads(one.read_text())["keys"][0]["digest"] for one in files]
    assert hashes[0] != hashes[1]


def test_a_key_is_never_in_the_repr_of_what_is_kept(file):
    plain = create_key(file, scopes=ALL)
    key = ring(file).keys[0]

    assert key.digest.hex() not in repr(key)
    assert repr(key.digest) not in repr(key)
    assert plain not in repr(key)


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: None,
        lambda plain: "",
        lambda plain: plain,
        lambda plain: "Basic " + plain,
        lambda plain: "Bearer",
        lambda plain: "Bearer ",
        lambda plain: "Bearer " + plain[:-1],
        lambda plain: "Bearer " + plain + "x",
        lambda plain: "Bearer " + plain.swapcase(),
        lambda plain: f"Bearer {plain}, Bearer {plain}",
        lambda plain: "Bearer " + plain + "\udcff",
        lambda plain: "Bearer 钥匙",
        lambda plain: "Bearer " + "x" * 1_000_000,
    ],
)
def test_whatever_is_not_exactly_the_key_opens_nothing(file, change):
    plain = create_key(file, scopes=ALL)

    assert ring(file, "another-key-of-the-container").check(change(plain)) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(file, scheme):
    plain = create_key(file, scopes=ALL)

    assert ring(file).check(f"{scheme} {plain}") is not None


@given(header=st.text(max_size=60))
def test_no_header_that_we_did_not_make_opens_or_raises(header):
    some = ring(None, "0123456789abcdef0123456789abcdef")

    assert some.check(header) is None
    assert some.check(bearer(header)) is None


@pytest.mark.parametrize("which", [0, 1, 2, 3, None])
def test_every_key_is_compared_in_constant_time_whichever_matches(file, monkeypatch, which):
    plains = [create_key(file, scopes=ALL) for _ in range(3)] + ["a-key-of-the-container"]
    some, compared = ring(file, plains[3]), []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(module, "hmac", type("Hmac", (), {"compare_digest": staticmethod(watched)}))
    found = some.check(bearer("nobody's" if which is None else plains[which]))

    assert compared == [key.digest for key in some.keys]
    assert len(compared) == 4
    assert (found is None) == (which is None)


def test_a_revoked_key_stops_at_the_next_look_and_the_others_go_on(file):
    gone, stays = (create_key(file, name=name, scopes=ALL) for name in ("gone", "stays"))
    some = ring(file)
    assert some.check(bearer(gone)) is not None

    revoke_key(file, "gone")

    assert some.check(bearer(gone)) is None
    assert some.check(bearer(stays)) is not None


def test_a_key_made_while_we_serve_opens_at_once(file):
    create_key(file, scopes=ALL)
    some = ring(file)

    plain = create_key(file, name="later", scopes=ALL)

    assert some.check(bearer(plain)).name == "later"


@pytest.mark.parametrize("harm", ["remove", "cut", "other", "writable"])
def test_a_file_that_breaks_while_we_serve_admits_nobody_and_heals(file, harm, caplog):
    plain = create_key(file, scopes=ALL)
    whole = file.read_bytes()
    some = ring(file, "a-key-of-the-container")

    if harm == "remove":
        file.unlink()
    elif harm == "writable":
        file.chmod(0o666)
    else:
        file.write_bytes(whole[:50] if harm == "cut" else b"[]")

    assert some.check(bearer(plain)) is None
    assert some.required
    assert some.check(bearer("a-key-of-the-container")).name == "env-1"
    assert "no key of the file opens" in caplog.text
    file.write_bytes(whole)
    file.chmod(0o600)
    assert some.check(bearer(plain)) is not None


def test_the_last_key_revoked_leaves_the_door_shut(file):
    create_key(file, name="only", scopes=ALL)
    some = ring(file)
    revoke_key(file, "only")

    assert some.required
    assert some.keys == ()


def test_without_file_and_variable_nobody_is_asked():
    assert not ring().required
    assert ring().check(bearer("x" * 20)) is None


def test_keys_of_the_variable_open_everything_and_have_numbers():
    some = ring(None, " first-key-of-two-,, second-key-of-two ,")

    assert [key.name for key in some.keys] == ["env-1", "env-2"]
    assert some.check(bearer("second-key-of-two")).scopes == set(SCOPES)


@pytest.mark.parametrize(
    "variable", ["short", "a key with spaces in it", "a-key-that-is-über-long"]
)
def test_a_variable_that_holds_no_good_key_is_refused_and_not_repeated(variable):
    with pytest.raises(ConfigError, match=VARIABLE) as caught:
        ring(None, variable)

    assert variable not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"format": 2, "pepper": "00", "keys": []}',
        '{"format": 1, "pepper": "", "keys": []}',
        '{"format": 1, "pepper": "zz", "keys": []}',
        '{"format": 1, "pepper": "%s", "keys": {}}' % ("00" * 32),
        '{"format": 1, "pepper": "%s", "keys": [7]}' % ("00" * 32),
        "[" * 100_000,
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_by_name(file, content):
    file.write_text(content)

    with pytest.raises(ConfigError, match=r"keys\.json"):
        ring(file)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "env-1"),
        ("name", ""),
        ("scopes", ["root"]),
        ("scopes", "embed"),
        ("scopes", [["embed"]]),
        ("rate", -1),
        ("rate", True),
        ("rate", "5"),
        ("digest", "00"),
        ("digest", "Ä"),
    ],
)
def test_a_row_that_was_edited_wrong_is_refused(file, field, value):
    create_key(file, scopes=ALL)
    content = json.loads(file.read_text())
    content["keys"][0][field] = value
    file.write_text(json.dumps(content))

    with pytest.raises(ConfigError, match="no key file"):
        ring(file)


def test_a_file_that_is_not_there_is_refused_with_the_command_that_makes_it(file):
    with pytest.raises(ConfigError, match="keys create"):
        ring(file)


@pytest.mark.parametrize("name", ["env-1", "a b", "x" * 41, "a\nb", "../x", "a,b"])
def test_a_name_that_would_not_do_in_a_log_is_refused(file, name):
    with pytest.raises(ConfigError, match="a name has"):
        create_key(file, name=name, scopes=ALL)

    assert not file.exists()


def test_two_keys_never_share_a_name(file):
    create_key(file, name="desktop", scopes=ALL)

    with pytest.raises(ConfigError, match="desktop already"):
        create_key(file, name="desktop", scopes=ALL)


@pytest.mark.parametrize(("scopes", "rate"), [([], 0), (["root"], 0), (ALL, -1), (ALL, 10**9)])
def test_scopes_and_rates_that_are_none_are_refused(file, scopes, rate):
    with pytest.raises(ConfigError, match="scope"):
        create_key(file, scopes=scopes, rate=rate)


def create_many(file: Path, worker: int) -> list[str]:
    return [create_key(file, name=f"w{worker}-{n}", scopes=ALL) for n in range(5)]


def test_eight_processes_that_make_keys_at_once_lose_none(file):
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        made = pool.starmap(create_many, [(file, worker) for worker in range(8)])

    plains, some = [plain for part in made for plain in part], ring(file)
    names = {some.check(bearer(plain)).name for plain in plains}

    assert names == {f"w{worker}-{n}" for worker in range(8) for n in range(5)}
    assert sorted(path.name for path in file.parent.iterdir()) == [".keys.json.lock", "keys.json"]


def test_what_a_killed_run_left_is_in_nobodys_way(file):
    file.with_name(".keys.json.new").write_text("half")

    plain = create_key(file, scopes=ALL)

    assert ring(file).check(bearer(plain)) is not None


def test_a_link_to_the_file_stays_a_link(file, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    file.symlink_to(real / "keys.json")

    plain = create_key(file, scopes=ALL)

    assert file.is_symlink()
    assert ring(real / "keys.json").check(bearer(plain)) is not None


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path, capsys):
    assert main(["create", "--file", str(tmp_path / "no" / "keys.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_makes_lists_and_revokes(file, capsys):
    where = ["--file", str(file)]

    assert main(["create", *where, "--name", "书房", "--scopes", "laws", "--rate", "5"]) == 0
    plain = capsys.readouterr().out.strip()
    assert main(["create", *where]) == 0
    capsys.readouterr()
    assert main(["list", *where]) == 0
    listed = capsys.readouterr().out

    assert ring(file).check(bearer(plain)).scopes == {"laws"}
    assert listed.startswith("书房  laws  5/min  20")
    assert "key-1  agent,embed,laws,search,write  any rate" in listed
    assert plain not in listed
    assert main(["revoke", *where, "--name", "书房"]) == 0
    assert ring(file).check(bearer(plain)) is None
    assert main(["revoke", *where, "--name", "书房"]) == 2


def test_the_key_alone_stands_on_standard_output(file):
    command = [sys.executable, "-m", "lawvault.serve.keys", "create", "--file", str(file)]

    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )

    assert ring(file).check(bearer(done.stdout.strip())) is not None
    assert "shown once" in done.stderr


@given(
    rate=st.integers(1, 600),
    gaps=st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=200),
)
def test_no_bucket_gives_more_than_it_held_and_was_refilled(rate, gaps):
    now, given_out = 0.0, 0
    buckets = Buckets(lambda: now)

    for gap in gaps:
        now += gap
        given_out += buckets.take("a", rate) == 0

    assert given_out <= rate + now * rate / 60 + 1e-6


@given(rate=st.integers(1, 5000), used=st.integers(0, 50))
def test_who_waits_as_long_as_he_is_told_gets_in(rate, used):
    now = 0.0
    buckets = Buckets(lambda: now)
    for _ in range(rate + used):
        wait = buckets.take("a", rate)

    wait = wait or buckets.take("a", rate)
    now += wait

    assert wait >= 1
    assert buckets.take("a", rate) == 0
