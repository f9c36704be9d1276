"""The file of the user store: who may read it, and whether its file system can hold it.

People's questions are in it: the file is its owner's alone (0600), and so is a folder made for it
(0700).  SQLite gives the files that it makes beside it the same rights.
"""

import logging
import os
from pathlib import Path

from lawvault.errors import IntegrityError, UpstreamError

log = logging.getLogger(__name__)

NETWORK = ("nfs", "cifs", "smb", "9p", "ceph", "lustre", "gluster", "fuse.sshfs", "afs", "beegfs")


def prepare(file: Path) -> None:
    """Make `file` if it is not there, and let nobody but its owner read it.

    Raises:
        IntegrityError: the file is gone, but the log of its last changes is still there.
        UpstreamError: it cannot be made, or its rights cannot be changed.
    """
    wal = file.with_name(f"{file.name}-wal")
    try:
        if not file.exists() and wal.exists() and wal.stat().st_size:
            raise IntegrityError(f"{file} is gone, but {wal.name} is there: restore the file")
        if not file.parent.is_dir():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
    except OSError as error:
        raise UpstreamError(f"the store {file} cannot be written: {error.strerror}") from error


def warn_of_network(file: Path) -> None:
    """Log a warning if `file` lies where SQLite can serve one machine only."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux: nothing is known
        return
    kind = file_system(file.resolve(), mounts)
    if kind.startswith(NETWORK):
        log.warning(
            "store: %s lies on a network file system (%s), where SQLite keeps it whole for one "
            "machine only; for several set store.url to PostgreSQL",
            file,
            kind,
        )


def file_system(path: Path, mounts: str) -> str:
    r"""Return the type of the file system that `path` lies on, by a table as /proc/mounts has it.

    >>> file_system(Path("/srv/a/b"), "x / ext4 rw 0 0\nhost:/v /srv/a nfs4 rw 0 0")
    'nfs4'
    """
    found = Path("/"), ""
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        mounted = Path(point.replace("\\040", " "))
        if path.is_relative_to(mounted) and len(mounted.parts) >= len(found[0].parts):
            found = mounted, kind
    return found[1]
