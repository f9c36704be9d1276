"""Materials over HTTP: from the corpus alone, once each, flagged when it changed, nobody else's."""

import pytest

from tests.serve.writer.shelf_site import LAW, NINTH, amended

MATERIALS = "/v1/materials"
NOTE = {"text": "当事人说：公司欠薪三个月。\n100% 属实？'\"", "title": "谈话笔记"}
GONE = f"{LAW}/4711"


def test_an_item_is_taken_from_the_corpus_by_its_id_or_as_people_write_it(site, content):
    article, again, passage, law, note = site.added(
        {"article_id": NINTH},
        {"law": "示例劳动法", "article": "9"},
        {"article_id": NINTH, "start": 0, "end": 6},
        {"law_id": LAW},
        NOTE,
    )
    kept = {one["id"]: site.told("GET", f"{MATERIALS}/{one['id']}") for one in (article, passage)}

    assert article["id"] == again["id"]
    words = content.article(LAW, "第九条")["content"]
    assert kept[article["id"]]["text"] == words
    assert kept[passage["id"]]["text"] == words[:6]
    assert (passage["kind"], passage["start"], passage["end"]) == ("passage", 0, 6)
    assert (law["kind"], law["law_id"], law["article_id"]) == ("law", LAW, "")
    assert article["title"] == "《中华人民共和国示例劳动法》第九条"
    assert article["status"] == "现行有效"
    assert (note["kind"], note["is_stale"], note["status"]) == ("note", False, None)


def test_what_is_there_stays_as_it_is_and_the_answer_says_what_is_new(site):
    site.added({"article_id": NINTH})
    items = [{"article_id": NINTH}, {"article_id": f"{LAW}/10"}, NOTE, NOTE]
    answer = site.told("POST", MATERIALS, json={"items": items})

    assert [one["is_new"] for one in answer["data"]] == [False, True, True, True]
    assert site.told("GET", "/v1/folders")["total"] == 4


@pytest.mark.parametrize(
    ("item", "status", "code"),
    [
        ({"article_id": GONE}, 404, "not_in_corpus"),
        ({"law_id": "没有的法@2001-01-01"}, 404, "not_in_corpus"),
        ({"article_id": "../../etc/passwd"}, 404, "not_in_corpus"),
        ({"article_id": "' OR 1=1 --"}, 404, "not_in_corpus"),
        ({"law": "没有的法", "article": "9"}, 404, "law_not_found"),
        ({"law": "示例劳动法", "article": "999"}, 404, "article_not_found"),
        ({"law": "示例", "article": "第九条"}, 404, "law_not_found"),
        ({"law": "示例劳动法", "article": "第九款"}, 400, "invalid_value"),
        ({"article_id": NINTH, "start": 6, "end": 6}, 400, "invalid_value"),
        ({"article_id": NINTH, "start": 0, "end": 100_000}, 400, "invalid_value"),
        ({"article_id": NINTH, "start": -1, "end": 6}, 400, "invalid_value"),
        ({"article_id": NINTH, "start": 0}, 400, "missing_parameter"),
        ({"article_id": NINTH, "text": "我说这是法条"}, 400, "unknown_parameter"),
        ({"law_id": LAW, "text": "我说这是法条", "kind": "law"}, 400, "unknown_parameter"),
        ({"article_id": ""}, 400, "invalid_value"),
        ({"text": " 　\n"}, 400, "invalid_value"),
        ({"text": "有\0字"}, 400, "invalid_value"),
        ({"text": "好", "title": "两\n行"}, 400, "invalid_value"),
        ({}, 400, "missing_parameter"),
        ("第九条", 400, "invalid_value"),
        ({"text": "长" * 400_000}, 413, "limit"),
    ],
)
def test_one_wrong_item_is_told_and_nothing_is_added(site, item, status, code):
    items = [{"article_id": NINTH}, item]

    assert site.refused("POST", MATERIALS, json={"items": items}) == (status, code)
    assert site.told("GET", MATERIALS)["data"] == []


def test_all_unknown_ids_are_named(site):
    items = [{"article_id": NINTH}, {"article_id": GONE}, {"law_id": "甲@1/乙"}]
    answer = site.ask("POST", MATERIALS, json={"items": items})

    message = answer.json()["error"]["message"]
    assert GONE in message
    assert "甲@1/乙" in message
    assert NINTH not in message


def test_half_a_character_is_refused(site):
    body = b'{"items": [{"text": "\\ud800"}]}'
    headers = {"Content-Type": "application/json"}

    assert site.refused("POST", MATERIALS, content=body, headers=headers) == (400, "invalid_value")


def test_a_thousand_at_once_are_taken_and_one_more_is_not(site):
    items = [{"text": f"笔记{number}"} for number in range(999)] + [{"article_id": NINTH}]
    added = site.added(*items)
    one_more = {"items": [*items, NOTE]}
    ids = [one["id"] for one in added]

    assert len(set(ids)) == 1000
    assert site.refused("POST", MATERIALS, json=one_more) == (400, "invalid_value")
    assert site.refused("POST", f"{MATERIALS}/delete", json={"ids": [*ids, "x"]})[0] == 400
    assert site.told("POST", f"{MATERIALS}/delete", json={"ids": ids}) == {"deleted": 1000}
    assert site.told("GET", "/v1/folders")["total"] == 0


def test_what_the_corpus_has_otherwise_by_now_is_stale_until_it_is_taken_anew(
    site, content, tmp_path
):
    changed, gone, part, note = site.added(
        {"article_id": NINTH},
        {"article_id": f"{LAW}/10"},
        {"article_id": NINTH, "start": 0, "end": 4},
        NOTE,
    )
    site.law.open(amended(content, tmp_path, _9="新的第九条。", _10=None))
    before = site.told("GET", f"{MATERIALS}/{changed['id']}")
    listed = {one["id"]: one for one in site.told("GET", MATERIALS)["data"]}
    after = site.told("PATCH", f"{MATERIALS}/{changed['id']}", json={"refresh": True})
    path = f"{MATERIALS}/{gone['id']}"

    assert (before["is_stale"], before["text_now"]) == (True, "新的第九条。")
    assert before["text"] != before["text_now"]
    assert [listed[one["id"]]["is_stale"] for one in (changed, gone, part, note)] == [
        *(True, True, True, False)
    ]
    assert (after["is_stale"], after["text"], after["text_now"]) == (False, "新的第九条。", None)
    assert listed[gone["id"]]["status"] is None
    assert site.refused("PATCH", path, json={"refresh": True}) == (409, "not_in_corpus")
    assert site.told("GET", path)["text"]


def test_while_the_corpus_does_not_answer_what_is_kept_is_shown_and_nothing_is_claimed(site):
    (article, note) = site.added({"article_id": NINTH}, NOTE)
    site.law.is_down = True
    shown = site.told("GET", f"{MATERIALS}/{article['id']}")

    assert shown["text"]
    assert (shown["is_stale"], shown["status"], shown["text_now"]) == (None, None, None)
    assert site.told("GET", f"{MATERIALS}/{note['id']}")["is_stale"] is False
    body = {"items": [{"article_id": NINTH}]}
    assert site.refused("POST", MATERIALS, json=body) == (503, "search_unavailable")


def test_a_note_is_rewritten_by_its_owner_and_law_is_not(site):
    article, note = site.added({"article_id": NINTH}, NOTE)
    path = f"{MATERIALS}/{article['id']}"
    renamed = site.told("PATCH", path, json={"title": "试用期"})
    rewritten = site.told("PATCH", f"{MATERIALS}/{note['id']}", json={"text": "改了"})

    assert (renamed["title"], renamed["is_stale"]) == ("试用期", False)
    assert rewritten["text"] == "改了"
    assert site.refused("PATCH", path, json={"text": "改法条"}) == (409, "not_a_note")
    body = {"refresh": True}
    assert site.refused("PATCH", f"{MATERIALS}/{note['id']}", json=body) == (409, "is_a_note")


@pytest.mark.parametrize(
    ("query", "found"),
    [("欠薪", 1), ("100%", 1), ("%", 1), ("_", 0), ("'\"", 1), ("谈话 欠薪", 1), ("\\", 0)],
)
def test_what_is_sought_are_words_whatever_they_are(site, query, found):
    site.added(NOTE, {"article_id": NINTH})

    assert len(site.told("GET", MATERIALS, params={"q": query})["data"]) == found


@pytest.mark.parametrize(
    "params",
    [{"q": "\0"}, {"q": "长" * 201}, {"cursor": "'"}, {"cursor": "1~\0"}, {"limit": 101}, {"x": 1}],
)
def test_a_wrong_question_for_a_list_is_refused(site, params):
    assert site.refused("GET", MATERIALS, params=params)[0] == 400


def test_pages_follow_each_other_and_a_folder_keeps_its_order(site):
    folder = site.told("POST", "/v1/folders", json={"name": "案卷"})["id"]
    items = [{"text": f"笔记{number}"} for number in range(5)]
    ids = [one["id"] for one in site.added(*items, folder_id=folder)]
    body = {"ids": [ids[4], ids[3]], "folder_id": folder, "before": ids[0]}
    site.told("POST", f"{MATERIALS}/move", json=body)
    params = {"folder_id": folder, "limit": 2}
    found = []
    while True:
        page = site.told("GET", MATERIALS, params=params)
        found += [one["id"] for one in page["data"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]

    assert found == [ids[4], ids[3], ids[0], ids[1], ids[2]]
    assert site.told("GET", MATERIALS, params={"folder_id": ""})["data"] == []


def test_nobody_sees_changes_or_removes_what_is_anothers(site):
    (note,) = site.added(NOTE)
    folder = site.told("POST", "/v1/folders", json={"name": "案卷"})["id"]
    path, many = f"{MATERIALS}/{note['id']}", {"ids": [note["id"]]}
    tries = [
        ("GET", path, {}),
        ("PATCH", path, {"json": {"title": "我的"}}),
        ("DELETE", path, {}),
        ("POST", f"{MATERIALS}/delete", {"json": many}),
        ("POST", f"{MATERIALS}/move", {"json": many}),
        ("GET", MATERIALS, {"params": {"folder_id": folder}}),
        ("POST", MATERIALS, {"json": {"items": [NOTE], "folder_id": folder}}),
    ]

    assert {site.refused(*one, by="bob", **more) for *one, more in tries} == {(404, "not_found")}
    assert site.told("GET", MATERIALS, by="bob")["data"] == []
    assert site.told("DELETE", path) is None
    assert site.refused("GET", path) == (404, "not_found")


@pytest.mark.parametrize("material_id", ["..%2f..%2fetc", "%00", "mat-0", "材料", "%F0%9F%98%80"])
def test_an_id_that_is_none_is_not_found(site, material_id):
    assert site.refused("GET", f"{MATERIALS}/{material_id}") == (404, "not_found")


def test_what_is_done_to_many_is_no_id(site):
    answer = site.ask("DELETE", f"{MATERIALS}/move")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
