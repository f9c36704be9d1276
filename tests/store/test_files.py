"""Where the file of the store lies."""

import logging
from pathlib import Path

import pytest

from lawvault.errors import UpstreamError
from lawvault.store import files
from lawvault.store.files import file_system, prepare, warn_of_network

MOUNTS = r"""/dev/vda / ext4 rw 0 0
host:/export /srv nfs4 rw 0 0
/dev/vdb /srv/local\040disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a", "ext4"),
        ("/srv/store/x.sqlite", "nfs4"),
        ("/srv/local disk/x.sqlite", "xfs"),
        ("/srvx/y", "ext4"),
    ],
)
def test_the_nearest_mount_point_says_what_a_path_lies_on(path, kind):
    assert file_system(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_warned_of(tmp_path, monkeypatch, caplog):
    here = file_system(tmp_path, Path("/proc/self/mounts").read_text())
    warn_of_network(tmp_path / "x.sqlite")
    assert caplog.messages == []

    monkeypatch.setattr(files, "NETWORK", (here,))
    with caplog.at_level(logging.WARNING):
        warn_of_network(tmp_path / "x.sqlite")

    assert "PostgreSQL" in caplog.messages[0]


def test_a_folder_that_cannot_be_made_is_an_error_of_the_outside(tmp_path):
    (tmp_path / "store").write_text("a file")

    with pytest.raises(UpstreamError, match="cannot be written"):
        prepare(tmp_path / "store" / "x.sqlite")


def test_rights_that_are_too_wide_are_narrowed(tmp_path):
    file = tmp_path / "x.sqlite"
    file.touch(0o644)

    prepare(file)

    assert file.stat().st_mode & 0o777 == 0o600
