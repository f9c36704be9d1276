"""法律 in a real browser: opened from anywhere, read, searched, compared, taken into the library.

One reader goes through it all: each stop of the tour opens an address, does something there, and
returns what it saw, which the test below it looks at.
"""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lawvault.agent.local import LocalLibrary
from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.law.address import article_label
from lawvault.retrieve.content import FILE, Content
from lawvault.schema import ARTICLES, LAWS, table_of
from lawvault.serve.laws.statutes import Statutes
from lawvault.store.user import UserStore
from tests.browser.chromium import CHROMIUM
from tests.browser.writer_desk import LAW, desk_in, told, user_in
from tests.law_pack import statutes_of

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")

OLD = "示例劳动法@2010-03-01"
MANY = 1260
BEGIN = """
const visit = (address) => {
  const link = Object.assign(document.createElement("a"), { href: address });
  document.body.append(link);
  link.click();
  link.remove();
};
const input = (field, value) => {
  field.value = value;
  field.dispatchEvent(new Event("input"));
};
const seen = {};
"""
STOP = """
visit(%s);
seen[%s] = await (async () => {%s})().catch(String);
"""
STOPS: dict[str, tuple[str, str]] = {}


def at(law: str, **more: str) -> str:
    """Return the address of a law."""
    return f"/?view=read&law={quote(law)}" + "".join(f"&{k}={quote(v)}" for k, v in more.items())


def stop(name: str, address: str, script: str) -> str:
    """Add a stop to the tour, and return its name."""
    STOPS[name] = (address, script)
    return name


class _Laws:
    """The laws of the toy corpus, and a great one."""

    def __init__(self, toy: Statutes, great: Statutes) -> None:
        self._toy, self._great = toy, great

    def __getattr__(self, method: str) -> Any:
        return lambda *given: getattr(self._great if "大典" in str(given) else self._toy, method)(
            *given
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What one reader saw at each stop, what the browser said, and what the library holds."""

    seen: dict[str, Any]
    console: str
    user: UserStore


@pytest.fixture(scope="module")
def tour(
    tmp_path_factory: pytest.TempPathFactory, content: Content, library: LocalLibrary
) -> Iterator[Tour]:
    folder = tmp_path_factory.mktemp("tour")
    laws = _Laws(statutes_of(content.folder), great_law(folder))
    stops = "".join(
        STOP % (json.dumps(address), json.dumps(name), script)
        for name, (address, script) in STOPS.items()
    )
    with user_in(folder) as user:
        user.history.add("", "search", "拖欠工资")
        seen, _ = desk_in(folder, content, library)(
            f"{BEGIN}{stops}tell(seen);", at="/?q=试用期", laws=laws
        )
        yield Tour(seen=told(seen), console=seen.console, user=user)


def great_law(folder: Path) -> Statutes:
    """Return a law of many articles in chapters."""
    lines = [
        {
            "law_name": "中华人民共和国示例大典",
            "article_number": article_label(number + 1, 0),
            "chapter": f"{article_label(number // 100 + 1, 0)[:-1]}章 示例",
            "content": f"从事第{number}种活动，应当遵循自愿原则。\n法律另有规定的除外。",
            "category": "法律",
            "version_date": "2020-05-28",
            "effective_date": "2021-01-01",
        }
        for number in range(MANY)
    ]
    source = folder / "great.jsonl"
    source.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), "utf-8")
    day = datetime.date(2026, 3, 2)
    corpus = corpus_of(merge([("great", read_source(source))]), Filters(), as_of=day)
    rows, known = table_of(corpus.rows, ARTICLES), table_of(corpus.laws, LAWS)
    write_content_db(rows, folder / FILE, as_of=day, laws=known, references=[])
    return statutes_of(folder)


HIT = stop(
    "hit",
    "/?view=find",
    """
    await wait(() => $("#hits .to-law"));
    $("#hits .to-law").click();
    await wait(() => $("#article-9[aria-current]"));
    const opened = {
      address: location.search,
      title: document.title,
      focus: document.activeElement.id,
      isSeen: $("#article-9").getBoundingClientRect().top < innerHeight,
      told: $("#read-told").textContent,
    };
    history.back();
    await wait(() => !$("#find").hidden);
    return { ...opened, hits: all("#hits > li").length };
    """,
)


def test_a_hit_leads_to_its_article_in_the_law_and_back(tour):
    assert tour.seen[HIT] == {
        "address": f"?view=read&law={quote(LAW)}&article=9",
        "title": "《示例劳动法》第九条 · LawVault",
        "focus": "article-9",
        "isSeen": True,
        "told": "已打开《示例劳动法》第九条",
        "hits": 2,
    }


ARTICLE = stop(
    "article",
    at("示例劳动法", article="第18条"),  # as the law itself does not write it
    """
    await wait(() => $("#article-18[aria-current]"));
    $("#article-18 .law-relations").open = true;
    await wait(() => $("#article-18 .law-relations li"));
    const inward = all("#article-18 .law-relations li a").map((one) => one.textContent);
    const out = $("#article-10 .law-ref");
    out.focus();
    out.dispatchEvent(new Event("focusin", { bubbles: true }));
    await wait(() => $(".law-peek:not([hidden])"));
    const peek = $(".law-peek").textContent;
    out.click();
    await wait(() => location.search.includes("article=18&"));
    return {
      inward,
      words: out.textContent,
      peek,
      items: all("#article-18 .item").length,
      clauses: all("#article-9 [data-clause]").map((one) => one.dataset.clause),
    };
    """,
)


def test_an_article_shows_its_paragraphs_and_leads_to_what_it_names_and_what_names_it(tour):
    seen = tour.seen[ARTICLE]

    assert (seen["items"], seen["clauses"]) == (3, ["1", "2"])
    assert seen["words"] == "本法第十八条"
    assert seen["peek"].startswith("第十八条劳动者有下列情形之一的")
    assert {"第十条", "第三十四条"} <= set(seen["inward"])


VERSIONS = stop(
    "versions",
    at(OLD),
    """
    await wait(() => $(".law-warning"));
    const warning = $(".law-warning").textContent;
    const now = $(".law-warning a").getAttribute("href");
    $(".law-versions form").requestSubmit();
    await wait(() => $(".law-change"));
    const changed = all(".law-change").map((one) => one.textContent);
    const day = $(".law-tools input");
    day.value = "2012-05-01";
    day.dispatchEvent(new Event("change"));
    await wait(() => $("#article-9") && /as_of/.test(location.search));
    return { warning, now, changed, facts: $(".law-head").textContent };
    """,
)


def test_law_that_is_not_in_force_says_so_and_is_compared_with_what_is(tour):
    seen = tour.seen[VERSIONS]

    assert seen["warning"] == "这一版本已被修改，不再适用。现行版本：2018-10-01"
    assert seen["now"] == at(LAW)
    changed = next(one for one in seen["changed"] if one.startswith("第八条"))
    assert all(words in changed for words in ("修改", "一点五倍的工资", "二倍的工资"))
    assert all(words in seen["facts"] for words in ("按 2012-05-01 的法律", "本版2010-03-01"))


RETURN = stop(
    "return",
    at("示例劳动法", article="22"),
    """
    await wait(() => $("#article-22[aria-current]"));
    const place = scrollY;
    press("检索", "header");
    const between = document.title;
    press("法律", "header");
    await wait(() => document.title.includes("第二十二条"));
    const found = { between, isSame: scrollY === place, address: location.search };
    press("法律", "header");
    await wait(() => $("#read-shelves details"));
    return { ...found, articles: all(".law-article").length };
    """,
)


def test_who_comes_back_finds_the_law_that_was_read_and_from_there_all_laws(tour):
    assert tour.seen[RETURN] == {
        "between": "LawVault 法条检索",
        "isSame": True,
        "address": f"?{at('示例劳动法', article='22')[2:]}",
        "articles": 0,
    }


NAME = stop(
    "name",
    "/?view=read",
    """
    const field = $("#law-name");
    await wait(() => $("#read-shelves details"));
    const shelves = all("#read-shelves summary").map((one) => one.textContent);
    field.value = "示例消费";
    $("#read-form").requestSubmit();
    await wait(() => $("#read-error:not([hidden])") && $("#law-names li"));
    const error = $("#read-error").textContent;
    input(field, "示例劳动法9条");
    await wait(() => $("#law-names").textContent.includes("9条"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", cancelable: true }));
    const active = $("#" + field.getAttribute("aria-activedescendant")).textContent;
    $("#read-form").requestSubmit();
    await wait(() => $("#article-9[aria-current]"));
    return { shelves, error, active, expanded: field.getAttribute("aria-expanded") };
    """,
)


def test_a_name_is_suggested_chosen_by_keyboard_and_never_guessed(tour):
    seen = tour.seen[NAME]

    assert seen["shelves"][0].startswith("法律（")
    assert "没有名为“示例消费”的法律" in seen["error"]
    assert seen["active"].startswith("示例劳动法9条")
    assert seen["expanded"] == "false"


KEPT = stop(
    "kept",
    at("示例劳动法", article="9"),
    """
    await wait(() => $("#article-9[aria-current]"));
    const [first, second] = all("#article-9 .law-words p");
    const range = document.createRange();
    range.setStart(first.firstChild, 30);
    range.setEnd(second.firstChild, 4);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    await wait(() => $(".law-passage:not([hidden]) .keep"));
    press("摘录到材料库", "#read");
    press("加入材料", "#article-9");
    press("全文加入材料", "#read");
    const done = () => all("#read .keep").filter((one) => one.textContent === "已加入材料");
    await wait(() => done().length === 3);
    """,
)


def test_a_selected_passage_an_article_and_a_whole_law_become_materials(tour):
    materials = {one.kind: one for one in tour.user.materials.page("").items}

    assert tour.seen.get(KEPT) is None
    assert set(materials) == {"passage", "article", "law"}
    passage = materials["passage"]
    assert (passage.article_id, passage.span_start) == (f"{LAW}/9", 30)
    assert passage.head.endswith("\n同一用人")


FOUND = stop(
    "found",
    at("示例劳动法"),
    """
    const [field, count] = [$(".law-find input"), () => $(".law-find .place").textContent];
    let before = "";
    const find = async (words) => {
      input(field, words);
      await wait(() => count() !== before);
      return (before = count());
    };
    const found = [await find("试用期"), CSS.highlights.get("law-found").size];
    press("↓", ".law-find");
    found.push((before = count()), await find("没有的话"), await find("第九条"));
    return found;
    """,
)


def test_what_is_sought_in_a_law_is_counted_and_stepped_through(tour):
    first, coloured, second, none, named = tour.seen[FOUND]

    assert coloured > 3
    assert (first, second, none) == (f"1 / {coloured}", f"2 / {coloured}", "没有找到")
    assert named.startswith("1 / ")


GREAT = stop(
    "great",
    at("示例大典", article=str(MANY)),
    f"""
    await wait(() => $("#article-{MANY}[aria-current]"));
    const box = () => $("#article-{MANY}").getBoundingClientRect();
    await wait(() => box().top >= 0 && box().bottom <= innerHeight + 1);
    const here = $(".toc [aria-current]").textContent;
    all(".toc a")[3].click();
    const focus = document.activeElement.textContent;
    return {{ here, articles: all(".law-article").length, focus, entries: all(".toc a").length }};
    """,
)


def test_a_great_law_opens_at_its_last_article_beside_its_table_of_contents(tour):
    assert tour.seen[GREAT] == {
        "here": "第十三章 示例1201–1260",
        "articles": MANY,
        "focus": "第四章 示例",
        "entries": 13,
    }


HISTORY = stop(
    "history",
    "/?view=find",
    """
    $("#asked details").open = true;
    await wait(() => all("#asked .again").length === 2);
    press("拖欠工资", "#asked");
    await wait(() => location.search.includes("%E6%8B%96") && $("#hits .to-law"));
    const real = fetch;
    const refused = () => new Response('{"error": {"message": "存储已满"}}', { status: 503 });
    window.fetch = async (path, ...rest) =>
      path === "/v1/history" ? refused() : real(path, ...rest);
    $("#query").value = "竞业限制";
    $("#form").requestSubmit();
    await wait(() => location.search.includes("%E7%AB%9E") && $("#hits .to-law"));
    window.fetch = real;
    return $("#error").hidden;
    """,
)


def test_searches_are_noted_and_opened_again_and_a_failure_is_in_nobodys_way(tour):
    entries = [entry.text for entry in tour.user.history.page("").items]

    assert entries == ["拖欠工资", "试用期", "拖欠工资"]
    assert tour.seen[HISTORY] is True
    told = [line for line in tour.console.splitlines() if "Failed to load" not in line]
    assert len(told) == 1
    assert "历史记录未能保存：存储已满" in told[0]
