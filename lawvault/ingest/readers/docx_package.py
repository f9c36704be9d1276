"""A Word document of a source: what it is if it is none, its main part, and where its links lead.

What it must be to be opened at all, and within what limits it is read, is said in `word_file`;
links are counted and never followed.
"""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lawvault.ingest.readers.decode import binary_kind
from lawvault.word_file import OLE, ZIP, listed, open_zip

MAIN_PART = "word/document.xml"


@contextlib.contextmanager
def open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the ZIP of a Word document.

    Raises:
        ValueError: it is something else, damaged, or made to harm; also for what fails inside.
    """
    with path.open("rb") as file:
        head = file.read(len(OLE))
        if not head.startswith((OLE, ZIP)):
            kind = binary_kind(head) or "something else"
            raise ValueError(f"no Word document (.docx) but {kind}")
        with open_zip(file) as package:
            if MAIN_PART not in package.namelist():
                raise ValueError(f"0 parts {MAIN_PART}: no Word document")
            yield package


def link_targets(package: zipfile.ZipFile) -> list[str]:
    """Return where the links of all parts lead that leave the document."""
    links = listed(package, [name for name in package.namelist() if name.endswith(".rels")])
    return [
        link["Target"]
        for _, link in links
        if link.get("TargetMode") == "External" and "Target" in link
    ]
