"""Folders, favourites, history, and the library carried as one file, over HTTP."""

import contextlib
import json
import sqlite3

import pytest

from lawvault.store.draft_rows import NewDraft
from tests.serve.writer.shelf_site import LAW, NINTH, amended

FOLDERS, FAVORITES, HISTORY = "/v1/folders", "/v1/favorites", "/v1/history"
NOTE = {"text": "谈话笔记"}


def made(site, name: str, parent_id: str = "", **more) -> str:
    body = {"name": name, "parent_id": parent_id}
    return str(site.told("POST", FOLDERS, json=body, **more)["id"])


def test_folders_are_a_tree_that_says_how_many_materials_lie_where(site):
    case = made(site, "案卷")
    inner = made(site, "证据", case)
    made(site, "法规")
    site.added(NOTE, folder_id=inner)
    site.added(NOTE)
    tree = site.told("GET", FOLDERS)

    assert (tree["materials"], tree["total"]) == (1, 2)
    assert [one["name"] for one in tree["folders"]] == ["案卷", "法规"]
    (evidence,) = tree["folders"][0]["folders"]
    assert (evidence["name"], evidence["materials"], evidence["folders"]) == ("证据", 1, [])


def test_a_folder_is_renamed_moved_and_not_put_into_itself(site):
    case, other = made(site, "案卷"), made(site, "其他")
    inner = made(site, "证据", case)
    path = f"{FOLDERS}/{inner}"
    moved = site.told("PATCH", path, json={"name": "材料", "parent_id": other})
    loop = {"parent_id": inner}

    assert (moved["name"], moved["parent_id"]) == ("材料", other)
    assert site.refused("PATCH", f"{FOLDERS}/{other}", json=loop) == (400, "invalid_value")
    assert site.refused("PATCH", path, json={"parent_id": "x"}) == (404, "not_found")
    assert site.refused("POST", FOLDERS, json={"name": "案卷"}) == (409, "name_taken")
    assert site.refused("POST", FOLDERS, json={"name": "\t"}) == (400, "invalid_value")


@pytest.mark.parametrize(("params", "left"), [({}, 1), ({"with_materials": "true"}, 0)])
def test_what_lies_in_a_folder_that_goes_goes_to_the_root_or_goes_too(site, params, left):
    case = made(site, "案卷")
    site.added(NOTE, folder_id=made(site, "证据", case))
    site.told("DELETE", f"{FOLDERS}/{case}", params=params)
    tree = site.told("GET", FOLDERS)

    assert (tree["folders"], tree["materials"]) == ([], left)


def test_folders_lie_in_each_other_only_so_deep(site):
    parent = ""
    for level in range(8):
        parent = made(site, f"第{level}层", parent)

    body = {"name": "太深", "parent_id": parent}
    assert site.refused("POST", FOLDERS, json=body) == (413, "limit")


def test_a_favourite_says_what_the_corpus_has_of_it_today(site, content, tmp_path):
    article, law = {"kind": "article", "id": NINTH}, {"kind": "law", "id": LAW}
    first = site.told("PUT", FAVORITES, params=article)
    again = site.told("PUT", FAVORITES, params=article)
    site.told("PUT", FAVORITES, params=law)
    (shown,) = site.told("GET", FAVORITES)["data"]
    (of_law,) = site.told("GET", FAVORITES, params={"kind": "law"})["data"]
    site.law.open(amended(content, tmp_path, _9=None))
    (gone,) = site.told("GET", FAVORITES)["data"]
    site.law.is_down = True
    (unknown,) = site.told("GET", FAVORITES)["data"]

    assert (first["is_new"], again["is_new"]) == (True, False)
    assert (shown["law_name"], shown["article_number"]) == ("中华人民共和国示例劳动法", "第九条")
    assert (shown["status"], shown["is_gone"]) == ("现行有效", False)
    assert (of_law["law_id"], of_law["is_gone"]) == (LAW, False)
    assert (gone["id"], gone["is_gone"], gone["law_name"]) == (NINTH, True, None)
    assert unknown["is_gone"] is None


def test_a_favourite_is_removed_and_anothers_stays(site):
    params = {"kind": "article", "id": NINTH}
    site.told("PUT", FAVORITES, params=params)
    site.told("DELETE", FAVORITES, params=params, by="bob")
    kept = site.told("GET", FAVORITES)["data"]
    site.told("DELETE", FAVORITES, params=params)

    assert [one["id"] for one in kept] == [NINTH]
    assert site.told("GET", FAVORITES)["data"] == []
    assert site.told("GET", FAVORITES, by="bob")["data"] == []


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"kind": "article", "id": "../../x@1/2"}, (404, "not_in_corpus")),
        ({"kind": "law", "id": "没有的法@2001-01-01"}, (404, "not_in_corpus")),
        ({"kind": "note", "id": NINTH}, (400, "invalid_value")),
        ({"kind": "article", "id": "\0"}, (400, "invalid_value")),
        ({"kind": "article"}, (400, "missing_parameter")),
    ],
)
def test_only_what_the_corpus_has_becomes_a_favourite(site, params, refusal):
    assert site.refused("PUT", FAVORITES, params=params) == refusal


def test_history_is_read_in_pages_and_removed_by_one_or_all(site):
    for number in range(3):
        told = {"kind": "ask", "text": f"问题{number}", "ref_id": f"run-{number}"}
        assert site.told("POST", HISTORY, json=told)["ref_id"] == f"run-{number}"
    first = site.told("GET", HISTORY, params={"limit": 2})
    rest = site.told("GET", HISTORY, params={"limit": 2, "cursor": first["next"]})
    path = f"{HISTORY}/{rest['data'][0]['id']}"

    assert [one["text"] for one in first["data"] + rest["data"]] == ["问题2", "问题1", "问题0"]
    assert rest["next"] is None
    assert site.refused("DELETE", path, by="bob") == (404, "not_found")
    assert site.told("DELETE", path) is None
    assert site.told("DELETE", HISTORY, by="bob") == {"deleted": 0}
    assert site.told("DELETE", HISTORY) == {"deleted": 2}


def test_a_library_is_carried_to_somebody_else_whole(site):
    site.added(NOTE, {"article_id": NINTH}, folder_id=made(site, "案卷"))
    site.told("PUT", FAVORITES, params={"kind": "law", "id": LAW})
    answer = site.ask("GET", "/v1/library/export")
    site.told("DELETE", f"{FOLDERS}/{site.told('GET', FOLDERS)['folders'][0]['id']}")
    body = {"mode": "replace", "document": answer.json()}
    done = site.told("POST", "/v1/library/import", json=body)
    again = site.told("POST", "/v1/library/import", json={**body, "mode": "merge"})

    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert (done["added"]["materials"], again["present"]["materials"]) == (2, 2)
    assert site.ask("GET", "/v1/library/export").json() == answer.json()
    assert site.told("GET", FOLDERS, by="bob")["total"] == 0


def test_an_export_keeps_half_characters_and_is_json_all_the_same(site):
    draft = site.user.drafts.create(site.names["amy"], NewDraft(request={"facts": "\ud800"}))
    document = json.loads(site.ask("GET", "/v1/library/export").content)

    assert draft.draft_id in str(document["drafts"])
    assert document["drafts"][0]["request"] == {"facts": "\ud800"}


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "merge", "document": {}},
        {"mode": "merge", "document": {"format": "lawvault-user-store", "version": 99}},
        {"mode": "undo", "document": {}},
        {"mode": "replace", "document": []},
        {"document": {}},
    ],
)
def test_what_is_no_export_changes_nothing(site, body):
    site.added(NOTE)

    assert site.refused("POST", "/v1/library/import", json=body)[0] == 400
    assert site.told("GET", FOLDERS)["total"] == 1


def test_a_store_that_another_program_has_locked_is_told_and_can_be_tried_again(site, shelf_store):
    with contextlib.closing(sqlite3.connect(shelf_store.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = site.ask("POST", FOLDERS, json={"name": "案卷"})
        read = site.told("GET", FOLDERS)

    assert (locked.status_code, locked.json()["error"]["code"]) == (503, "store_unavailable")
    assert int(locked.headers["retry-after"]) > 0
    assert read["folders"] == []
    assert made(site, "案卷")
