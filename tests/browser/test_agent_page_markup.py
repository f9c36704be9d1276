"""Markup in any text of a run is shown by a real browser, and neither runs nor loads anything."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from lawvault.law.digest import digest
from lawvault.retrieve.laws import ContentLookup
from tests.agent.scripted_run import GOOD, told_by
from tests.browser.chromium import CHROMIUM, look_at
from tests.browser.conftest import DEEP, part, run_of, text_of
from tests.browser.payloads import PAYLOADS, TRAP
from tests.serve.wire import listening

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")

TAGS = (
    "a article blockquote br button code details div h2 h3 h4 h5 h6 hr li mark ol p pre q section "
    "span strong summary table tbody td th tr ul"
)
ATTRIBUTES = "aria-current aria-live class disabled hidden href id open role start title type"
KEPT = {"id", "question_id", "how", "as_of", "effective_date", "sha256", "run", "by", "of"}
"""Words of events that no text can get into."""


class Poison:
    """Adds markup to every text of events, each piece in turn."""

    def __init__(self, trap: str) -> None:
        self._pieces = [piece.replace(TRAP, trap) for piece in PAYLOADS]
        self.used = 0

    def __call__(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self(one, name) for one in value]
        if not isinstance(value, str) or name in KEPT | {"supports", "evidence", "removed", "ids"}:
            return value
        self.used += 1
        return f"{value}\n\n{self.everything}" if name == "text" else f"{value}{self._next}"

    @property
    def everything(self) -> str:
        return "\n\n".join(self._pieces)

    @property
    def _next(self) -> str:
        return self._pieces[self.used % len(self._pieces)]


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """An address of another site, and what it was asked for."""
    asked: list[str] = []

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with listening(site) as port:
        yield f"http://127.0.0.1:{port}", asked


@pytest.mark.parametrize("with_rules", [True, False], ids=["rules", "no_rules"])
def test_markup_in_any_text_of_a_run_is_shown_and_never_runs(
    deep, trap, library, content, tmp_path, with_rules
):
    """The page alone holds: what reaches it here was not made harmless by the service."""
    address, asked = trap
    poison = Poison(address)
    told = told_by(GOOD, library, ContentLookup(content))

    async def work(wanted, emit):
        text = ""
        for event in told.events:
            data = poison(event.data)
            if event.kind == "report.delta":
                text = data["text"] if data.get("replaces") else text + data["text"]
            if event.kind == "run.completed":
                data["report"]["sha256"] = digest(text)
            await emit(event.kind, data)

    ask = DEEP % json.dumps(f"孩子归谁{poison.everything}")
    with deep(ask, work=work, with_rules=with_rules) as (url, _):
        seen = look_at(url, tmp_path)

    assert len(PAYLOADS) >= 60
    assert poison.used >= 100
    assert "已完成" in text_of(run_of(seen))
    assert seen.part("<title>(.*?)</title>") == ["LawVault 法条检索"]
    assert asked == []
    report = part(seen, "section", "panel report")
    assert "&lt;svg onload=" in report
    assert "[看](javascript:" in report
    tags, attributes = markup_of(run_of(seen))
    assert tags <= set(TAGS.split())
    links = [link for name, link in attributes if name == "href"]
    assert all(link.startswith(("#law-e", "/?view=read&law=")) for link in links)
    assert {name for name, _ in attributes} <= set(ATTRIBUTES.split())


def markup_of(text: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the tags of markup, and the attributes with their values."""
    tags, attributes = set[str](), set[tuple[str, str]]()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update((name, value or "") for name, value in attrs)

    Reader().feed(text)
    return tags, attributes
