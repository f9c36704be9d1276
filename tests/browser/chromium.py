"""A real browser that opens a page, and what is there once its scripts are quiet."""

import dataclasses
import html
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """The page after its scripts ran, and what the browser complained of."""

    dom: str
    console: str

    def part(self, pattern: str) -> list[str]:
        return [html.unescape(found) for found in re.findall(pattern, self.dom, re.DOTALL)]

    def results(self) -> str:
        """Return the markup of the list of hits."""
        (found,) = re.findall(r'<ol id="hits"[^>]*>(.*?)</ol>', self.dom, re.DOTALL)
        return str(found)


def look(url: str, query: str | None, profile: Path) -> Seen:
    """Open the page, with a question in its address, and return what is there when it is quiet."""
    address = url + ("/?q=" + urllib.parse.quote(query) if query else "/")
    return look_at(address, profile, "--virtual-time-budget=10000")


def look_at(address: str, profile: Path, *options: str) -> Seen:
    """Open an address, and return what is there once it is loaded; `options` of the browser."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={profile}",
            *options,
            "--dump-dom",
            address,
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen(dom=done.stdout, console="\n".join(console))
