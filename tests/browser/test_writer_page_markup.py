"""Markup in anything that is kept, written or checked is shown as text: it runs, loads nothing."""

import json
import re

import pytest

from tests.browser.chromium import CHROMIUM
from tests.browser.conftest import text_of
from tests.browser.payloads import PAYLOADS, TRAP
from tests.browser.test_agent_page_markup import markup_of, trap
from tests.browser.writer_desk import desk, part_of
from tests.scripted_llm import Say, Script

__all__ = ["desk", "trap"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")

TAGS = (
    "a blockquote br button code details div fieldset form h2 h3 h4 h5 h6 hr input label legend li "
    "mark ol optgroup option p q section select span strong summary sup table tbody td textarea th "
    "tr ul"
)
ATTRIBUTES = re.compile(
    "id|class|type|role|hidden|open|title|value|label|for|list|rows|start|disabled|required|"
    "href|selected|checked|placeholder|maxlength|inputmode|accept|spellcheck|readonly|autocomplete|"
    "novalidate|aria-[a-z]+|data-slot"
)
TEMPLATE = """---
name: {one}
description: {one}
slots:
  - {{id: a, type: choice, label: {two}, help: {two}, group: {one}, options: [{one}, {two}]}}
  - {{id: b, type: text, label: {one}, help: {two}, example: {two}}}
---
甲方：{{{{a}}}}{{{{b}}}}
"""
KEEP = """
const items = given.lines.map((title) => ({ title, text: title }));
await post("/v1/materials", { items });
for (const name of given.names) await post("/v1/folders", { name });
const kept = await post("/v1/templates", { name: given.names[0], text: given.template });
await wait(() => $("#compose-form textarea") && $("#compose-form option"));
$("#compose-form textarea[placeholder^='要写什么']").value = given.text;
all("#compose-form > .field input")[0].value = given.lines[0];
$("#compose-form .primary").click();
await wait(() => $("#draft:not([hidden]) .chip")?.textContent === "第 1 版");
$("#draft > textarea").value = given.text;
$("#draft > textarea").dispatchEvent(new Event("input"));
$("#draft input").value = given.lines[1];
$("#draft form textarea").value = given.lines[2];
press("修改", "#draft");
await wait(() => $("#draft .chip").textContent === "第 3 版");
press("写作", "header");
$("#library-body .materials").replaceChildren();
$("#library-body select").dispatchEvent(new Event("change"));
await wait(() => all(".material").length >= 50);
for (const one of all("#write details")) one.open = true;
await wait(() => all(".material .text").length >= 50 && all("#library-body .kept li").length > 1);
await wait(() => all(".revisions li").length === 3);
press("与现在的差别", ".revisions li:last-child");
await wait(() => $(".revisions .diff"));
const select = $("#compose-form select");
select.append(new Option(kept.name, kept.id));
select.value = kept.id;
select.dispatchEvent(new Event("change"));
await wait(() => $("[data-slot=b]"));
press("复核", "header");
$("#check-form textarea").value = given.text + "依照《示例劳动法》第九百条。";
press("复核", "#check-form");
await wait(() => $("#check-result .check"));
"""


def test_markup_in_anything_that_is_kept_written_or_checked_is_shown(desk, trap):
    """The page alone holds: it comes without its security headers."""
    address, asked = trap
    pieces = [re.sub(r"\s|\x00", " ", one.replace(TRAP, address)) for one in PAYLOADS]
    lines = [re.sub("[\u202e\ufeff]", "", one) for one in pieces]
    quoted = [json.dumps(one, ensure_ascii=False) for one in lines[:2]]
    given = {
        "text": "\n\n".join(pieces),
        "lines": lines,
        "names": [one[:100] for one in lines[:5]],
        "template": TEMPLATE.format(one=quoted[0], two=quoted[1]),
    }
    says = Script(phases={"起草文书": Say(given["text"]), "修改": Say(given["text"])})
    script = f"const given = {json.dumps(given)};\n{KEEP}"
    seen, _ = desk(script, llm_script=says, with_rules=False)

    assert seen.console == ""
    assert seen.part("<title>(.*?)</title>") == ["LawVault 复核"]
    assert asked == []
    shown = part_of(seen, "div", "write")
    tags, attributes = markup_of(shown)
    assert tags <= set(TAGS.split())
    assert [name for name, _ in attributes if not ATTRIBUTES.fullmatch(name)] == []
    links = [link for name, link in attributes if name == "href"]
    assert all(link.startswith("/?view=read&law=") for link in links)
    assert text_of(shown).count("<svg onload=") > 5
