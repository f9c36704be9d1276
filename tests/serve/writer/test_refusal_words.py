"""What a person is told when something cannot be: in Chinese, never in the words of our logs."""

import ast
import copy
import datetime
import pickle
import re
import string
from pathlib import Path

import pytest

from lawvault.serve.writer.refusal_words import WORDS, words_of
from lawvault.store import refusals
from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.refusals import REASONS, LimitError, StoreRefusal, WrongItemError
from tests.serve.writer.shelf_site import LAW, NINTH
from tests.serve.writer.writer_site import DRAFTS
from tests.store.test_transfer import GONE, WRONG, at

ROOT = Path(refusals.__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z']{2,}(?:[,:;]? +[A-Za-z0-9']+){2,}")
NOBODY = "0" * 32
NOTE = {"text": "谈话笔记"}
TEMPLATE = "---\nname: 函\nslots:\n  - {id: a, label: 甲, type: text}\n---\n# 函\n\n{{a}}\n"
UNDONE = "---\nname: 函\nslots:\n  - {id: a, type: 无}\n---\n# 函\n"
LONG = "长" * 400_000


def names_in(words: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(words) if name}


def said(answer) -> str:
    """Return the message of a refusal, which must be for people."""
    assert answer.is_client_error, (answer.status_code, answer.text)
    message = answer.json()["error"]["message"]
    assert CHINESE.search(message), message
    assert not ENGLISH.search(message), message
    return str(message)


def test_every_reason_of_the_store_has_words_for_people() -> None:
    assert set(WORDS) == set(REASONS)
    for reason, words in WORDS.items():
        assert CHINESE.search(words), reason
        assert not ENGLISH.search(words), reason
        assert names_in(words) <= names_in(REASONS[reason]), reason


def test_the_store_refuses_by_reason_alone_and_tells_what_its_words_name() -> None:
    kinds = {name for name in vars(refusals) if name.endswith("Error")} - {"LawVaultError"}
    used = set()
    for file in [*ROOT.glob("lawvault/store/*.py"), *ROOT.glob("lawvault/serve/writer/*.py")]:
        for call in ast.walk(ast.parse(file.read_text())):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in kinds:
                continue
            reason = ast.literal_eval(call.args[0])
            assert {one.arg for one in call.keywords} == names_in(REASONS[reason]), (file, reason)
            used.add(reason)
    assert used == set(REASONS)


def test_a_refusal_is_the_same_behind_another_process() -> None:
    refusal = LimitError("bytes", what="materials[0].text", got=9, most=8)
    again = pickle.loads(pickle.dumps(refusal))

    assert (str(again), words_of(again)) == (str(refusal), words_of(refusal))
    assert isinstance(again, LimitError)


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("name", "“名称”应为文字"),
        ("materials[3].text", "“正文”（materials[3].text）应为文字"),
        ("drafts[0].revisions", "“修订”（drafts[0].revisions）应为文字"),
        ("odd", " odd 应为文字"),
    ],
)
def test_a_field_is_named_and_where_it_stands_in_a_file(what: str, named: str) -> None:
    assert words_of(WrongItemError("not_text", what=what, got="int")).startswith(named)


def folder(site, name, parent_id=""):
    answer = site.told("POST", "/v1/folders", json={"name": name, "parent_id": parent_id})
    return str(answer["id"])


def shelf_faults(site):
    """Yield method, path, options and a word of the message for every way to be refused."""
    case = folder(site, "案卷")
    inner = folder(site, "证据", case)
    (note,) = site.added(NOTE)
    (there,) = site.added(NOTE, folder_id=case)
    kept = site.told("POST", "/v1/templates", json={"name": "我的函", "text": TEMPLATE})
    mine, deep = f"/v1/templates/{kept['id']}", ""
    for level in range(8):
        deep = folder(site, f"第{level}层", deep)
    etag = {"headers": {"If-Match": '"9"'}}
    yield "POST", "/v1/folders", {"json": {"name": "案卷"}}, "案卷"
    yield "POST", "/v1/folders", {"json": {"name": "深", "parent_id": deep}}, "8 层"
    yield "POST", "/v1/folders", {"json": {"name": "x" * 201}}, ""
    yield "POST", "/v1/folders", {"json": {"name": " "}}, ""
    yield "POST", "/v1/folders", {"json": {"name": "x", "parent_id": "fld-" + NOBODY}}, "文件夹"
    yield "PATCH", f"/v1/folders/{case}", {"json": {"parent_id": inner}}, "它的下级"
    yield "DELETE", "/v1/folders/fld-" + NOBODY, {}, "文件夹"
    for path in ("materials", "history", "favorites"):
        yield "GET", f"/v1/{path}", {"params": {"cursor": "x"}}, "next"
    yield "GET", "/v1/materials", {"params": {"folder_id": "x"}}, "文件夹"
    yield "GET", "/v1/materials", {"params": {"q": "x" * 2000}}, ""
    yield "GET", "/v1/materials/mat-" + NOBODY, {}, "材料"
    yield "POST", "/v1/materials", {"json": {"items": [{"text": LONG}]}}, "1048576 字节"
    yield "POST", "/v1/materials", {"json": {"items": [{"text": "\0"}]}}, ""
    yield "POST", "/v1/materials", {"json": {"items": []}}, ""
    yield "POST", "/v1/materials", {"json": {"items": [{"article_id": "x"}]}}, "法规库"
    span = {"article_id": NINTH, "start": 5, "end": 5}
    yield "POST", "/v1/materials", {"json": {"items": [span]}}, "start"
    named = {"law": "没有的法", "article": "第一条"}
    yield "POST", "/v1/materials", {"json": {"items": [named]}}, "没有的法"
    moves = {"ids": [note["id"]], "before": note["id"]}
    yield "POST", "/v1/materials/move", {"json": moves}, "自己之前"
    moves = {"ids": [note["id"]], "before": there["id"]}
    yield "POST", "/v1/materials/move", {"json": moves}, "另一个文件夹"
    yield "POST", "/v1/materials/delete", {"json": {"ids": ["mat-" + NOBODY]}}, "材料"
    yield "PATCH", f"/v1/materials/{note['id']}", {"json": {"text": LONG}}, "字节"
    yield "PATCH", f"/v1/materials/{note['id']}", {"json": {"refresh": True}}, "笔记"
    yield "DELETE", "/v1/history/his-" + NOBODY, {}, "历史记录"
    yield "POST", "/v1/history", {"json": {"kind": "ask", "text": LONG}}, ""
    yield "PUT", "/v1/favorites", {"params": {"kind": "law", "id": "x"}}, "法规库"
    yield "POST", "/v1/templates", {"json": {"name": "我的函", "text": TEMPLATE}}, "我的函"
    yield "POST", "/v1/templates", {"json": {"name": "函", "text": UNDONE}}, "行"
    yield (
        "POST",
        "/v1/templates",
        {"json": {"name": "函", "text": LONG}},
        "“模板正文”有 1200000 字节",
    )
    yield "PUT", mine, {"json": {"text": TEMPLATE}, **etag}, "第 1 版"
    yield "PUT", mine, {"json": {"text": TEMPLATE}}, "If-Match"
    yield "GET", mine, {"params": {"version": 7}}, "第 7 版"
    yield "GET", "/v1/templates/tpl-" + NOBODY, {}, "模板"
    yield "DELETE", "/v1/templates/lawyer_letter", {}, "内置模板"


def test_whoever_is_refused_by_the_library_is_told_in_chinese(site):
    for method, path, options, word in shelf_faults(site):
        message = said(site.ask(method, path, **options))
        assert word in message, (method, path, message)


@pytest.fixture
def exported(site):
    """A library with something of every kind, as it is carried."""
    law = {"law_id": LAW}
    site.added(NOTE, law, folder_id=folder(site, "证据", folder(site, "案卷")))
    site.told("PUT", "/v1/favorites", params={"kind": "law", "id": LAW})
    site.told("POST", "/v1/history", json={"kind": "ask", "text": "问题"})
    made = site.told("POST", "/v1/templates", json={"name": "我的函", "text": TEMPLATE})
    headers = {"If-Match": '"1"'}
    site.told("PUT", f"/v1/templates/{made['id']}", json={"text": TEMPLATE}, headers=headers)
    drafts = site.user.drafts
    draft = drafts.create(site.names["amy"], NewDraft(request={}, title="函"))
    for number in range(2):
        drafts.add_revision(
            site.names["amy"],
            draft.draft_id,
            NewRevision(kind="edit", markdown="甲"),
            expected=number,
        )
    return site.told("GET", "/v1/library/export")


def circle(document):
    first, second = document["folders"]
    first["parent_id"], second["parent_id"] = second["folder_id"], first["folder_id"]


def twice(document):
    document["history"].append(document["history"][0])


def changed(path, value):
    def change(document):
        inside, last = at(document, *path)
        if value is GONE:
            del inside[last]
        else:
            inside[last] = value

    return change


MORE = [
    circle,
    twice,
    changed(("materials", 0, "span_start"), 3),
    changed(("materials", 0, "law_id"), 3),
    changed(("materials", 1, "kind"), "passage"),
    changed(("drafts", 0, "title"), "两\n行"),
    changed(("drafts", 0, "state"), "failed"),
    changed(("history",), [{}] * 10_001),
    changed(("templates", 0, "versions", 0, "body"), LONG),
    changed(("favourites", 0, "ref_id"), "x" * 600),
]
FILES = [changed(path, value) for path, value, _ in WRONG if value not in (1e400, "done")]


def test_whatever_is_wrong_with_a_library_file_is_told_in_chinese(site, exported):
    for change in [*FILES, *MORE]:
        document = copy.deepcopy(exported)
        change(document)
        body = {"mode": "merge", "document": document}
        said(site.ask("POST", "/v1/library/import", json=body))


def test_whoever_is_refused_by_the_writer_is_told_in_chinese(bench):
    draft = bench.draft("# 函\n\n甲")
    path, etag = f"{DRAFTS}/{draft}", {"headers": {"If-Match": '"1"'}}
    late, day = {"headers": {"If-Match": '"7"'}}, datetime.date(2019, 2, 1).isoformat()
    asked = {"instruction": "写函"}
    faults = [
        ("GET", DRAFTS, {"params": {"cursor": "x"}}, "next"),
        ("GET", f"{DRAFTS}/drf-{NOBODY}", {}, "文稿"),
        ("GET", path, {"params": {"revision": 9}}, "第 9 次修订"),
        ("PUT", path, {"json": {"markdown": "乙"}, **late}, "第 1 次修订"),
        ("PUT", path, {"json": {"markdown": LONG}, **etag}, "1048576 字节"),
        ("PUT", path, {"json": {"title": "两\n行"}, **etag}, ""),
        ("PUT", path, {"json": {}, **etag}, "markdown"),
        ("POST", f"{path}/restore", {"json": {"revision": 9}, **etag}, "第 9 次修订"),
        ("POST", f"{path}/revise", {"json": {"instruction": "改", "heading": "无"}}, "标题"),
        ("POST", f"{path}/revise", {"json": {"instruction": "改", "revision": 7}}, "最新版本"),
        ("POST", DRAFTS, {"json": {}}, "instruction"),
        ("POST", DRAFTS, {"json": {**asked, "template": "x"}}, "模板"),
        ("POST", DRAFTS, {"json": {**asked, "materials": ["mat-" + NOBODY]}}, "材料"),
        ("POST", DRAFTS, {"json": {**asked, "keep_found": True, "as_of": day}}, "search"),
        ("POST", f"{DRAFTS}/import", {"json": {"markdown": LONG}}, ""),
        ("POST", "/v1/export", {"json": {"draft": draft, "revision": 9}}, "第 9 次修订"),
        ("POST", "/v1/export", {"json": {"markdown": " "}}, ""),
        ("POST", "/v1/export", {"json": {"markdown": "甲", "profile": "custom"}}, ""),
        ("POST", "/v1/export", {"json": {"markdown": "甲", "profile": "x"}}, ""),
    ]
    for method, at_path, options, word in faults:
        message = said(bench.ask(method, at_path, **options))
        assert word in message, (method, at_path, message)


def test_an_answer_in_words_of_our_logs_would_be_seen() -> None:
    assert ENGLISH.search("超出上限（source has 9 bytes; at most 8 are kept: shorten it）")
    assert issubclass(WrongItemError, StoreRefusal)
