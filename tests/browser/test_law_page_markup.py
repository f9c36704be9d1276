"""Markup in any text of a law is shown as text: it runs, loads and leads nowhere."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from lawvault.serve.laws.statutes import Statutes
from tests.browser.chromium import CHROMIUM
from tests.browser.conftest import text_of
from tests.browser.payloads import JS, PAYLOADS, TRAP
from tests.browser.test_agent_page_markup import markup_of, trap
from tests.browser.writer_desk import desk, part_of
from tests.law_pack import statutes_of

__all__ = ["desk", "trap"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")

TAGS = (
    "a article button dd details div dl dt form h2 h3 h4 h5 h6 header input label li nav ol option "
    "p section select span summary ul"
)
ATTRIBUTES = re.compile(
    "id|class|type|role|hidden|disabled|open|title|value|for|href|style|tabindex|placeholder|maxlength|"
    "autocomplete|aria-[a-z]+|data-(?:law|clause|read)"
)
IDS = {"law_id", "article_id", "target_law_id", "target_article_id", "text"}
OPEN_ALL = """
await wait(() => $(".law-article .law-more"));
$(".law-more").click();
await wait(() => $(".law-relations"));
for (const one of all("#read details")) one.open = true;
await wait(() => $(".law-relations .name"));
$("#law-name").value = "示例";
$("#law-name").dispatchEvent(new Event("input"));
await wait(() => $("#law-names li"));
"""


class _Poisoned:
    """Laws whose every word is markup; what names them is left as it is."""

    def __init__(self, laws: Statutes, trap: str) -> None:
        self._laws = laws
        self._all = "\n".join(piece.replace(TRAP, trap) for piece in PAYLOADS)

    def __getattr__(self, method: str) -> Any:
        return lambda *given: _Said(self._poisoned(getattr(self._laws, method)(*given)))

    def _poisoned(self, answer: BaseModel) -> str:
        told = answer.model_dump(mode="json")
        if "text" in told:
            told["text"] = self._all
            told["articles"] = [{**told["articles"][0], "start": 0, "end": len(self._all)}]
        return json.dumps(self._walk(told))

    def _walk(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._walk(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._walk(one, name) for one in value]
        return value if name in IDS or not isinstance(value, str) else f"{value}{self._all}"


class _Said:
    """An answer that is JSON already."""

    def __init__(self, said: str) -> None:
        self._said = said

    def model_dump_json(self) -> str:
        return self._said


def test_markup_in_any_text_of_a_law_is_shown_and_never_runs(desk, trap, content):
    """The page alone holds: it comes without its security headers."""
    address, asked = trap
    laws = _Poisoned(statutes_of(content.folder), address)
    at = "/?view=read&law=示例劳动法"
    seen, _ = desk(OPEN_ALL, at=at, laws=laws, with_rules=False)

    assert seen.console == ""
    assert asked == []
    shown = part_of(seen, "div", "read")
    shown = shown[: shown.index('<div id="write"')]
    tags, attributes = markup_of(shown)
    assert tags <= set(TAGS.split())
    assert [name for name, _ in attributes if not ATTRIBUTES.fullmatch(name)] == []
    links = [link for name, link in attributes if name == "href"]
    assert all(re.match(r"/\?view=read&law=|#heading-\d+$", link) for link in links)
    assert JS in text_of(shown)
