"""Templates over HTTP: those that ship, one's own in versions, forms, filling without an LLM."""

import json

import pytest

from lawvault.serve.writer.shelf_templates import template_of
from lawvault.store.refusals import UnknownItemError
from lawvault.writer.templates.template import shipped_templates

TEMPLATES = "/v1/templates"
LETTER = (
    "# 催款函\n\n致 {{收件人}}：请于 {{期限}} 前付款。\n\n{{ config }} {search_results} {%x%}\n"
)


@pytest.fixture
def letter(site) -> str:
    """The path of a template of amy's."""
    made = site.told("POST", TEMPLATES, json={"name": "催款函", "text": LETTER})
    return f"{TEMPLATES}/{made['id']}"


def test_the_list_has_those_that_ship_and_ones_own(site, letter):
    listed = site.told("GET", TEMPLATES)["data"]

    assert [one["id"] for one in listed[:-1]] == list(shipped_templates())
    assert {one["origin"] for one in listed[:-1]} == {"shipped"}
    assert (listed[-1]["origin"], listed[-1]["name"]) == ("own", "催款函")
    assert all(one["origin"] == "shipped" for one in site.told("GET", TEMPLATES, by="bob")["data"])


def test_a_template_comes_with_its_form_and_ones_own_with_its_text(site, letter):
    own, shipped = site.told("GET", letter), site.told("GET", f"{TEMPLATES}/loan_complaint")

    assert own["text"] == LETTER
    fields = own["form"]["groups"][0]["fields"]
    assert [field["id"] for field in fields] == ["收件人", "期限"]
    assert any("config" in note for note in own["form"]["notes"])
    assert shipped["text"] is None
    assert shipped["form"]["groups"]
    assert shipped["version"] == shipped_templates()["loan_complaint"].version


def test_a_template_is_filled_without_an_llm_and_nothing_in_it_is_evaluated(site, letter):
    values = {"收件人": "{{期限}} {{ 7*7 }} **甲**", "无此项": 1}
    filled = site.told("POST", f"{letter}/fill", json={"values": values})

    assert "{{ config }} {search\\_results}" in filled["markdown"]
    assert "49" not in filled["markdown"]
    assert r"{{期限}} {{ 7\*7 }} \*\*甲\*\*" in filled["markdown"]
    assert "【期限：　】" in filled["markdown"]
    assert [one["slot"] for one in filled["missing"]] == ["期限"]
    assert [one["slot"] for one in filled["problems"]] == ["无此项"]
    assert filled["title"] == "催款函"


@pytest.mark.parametrize("template_id", sorted(shipped_templates()))
def test_every_template_that_ships_is_filled_with_nothing_and_says_what_is_missing(
    site, template_id
):
    filled = site.told("POST", f"{TEMPLATES}/{template_id}/fill", json={"values": {}})
    sections = shipped_templates()[template_id].sections

    assert filled["markdown"]
    assert filled["missing"] or filled["to_write"]
    assert {one["id"] for one in filled["to_write"]} <= {one.id for one in sections}


@pytest.mark.parametrize("depth", [40, 490, 800, 2000])
def test_values_that_are_nested_deeper_than_any_form_are_refused(site, letter, depth):
    body = '{"values": {"收件人": ' + "[" * depth + "]" * depth + "}}"
    headers = {"Content-Type": "application/json"}

    answer = site.ask("POST", f"{letter}/fill", content=body.encode(), headers=headers)

    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "value",
    ["\ud800", "a\0b", "\u202e", {"x": "\udfff"}, {"\udfff": "x"}, ["\ud800"], 1e308, True, None],
)
def test_values_that_no_document_can_hold_are_cleaned_or_named(site, letter, value):
    body = json.dumps({"values": {"收件人": value}}).encode()
    headers = {"Content-Type": "application/json"}
    filled = site.told("POST", f"{letter}/fill", content=body, headers=headers)

    assert filled["notes"] or filled["problems"] or filled["missing"]


def test_half_a_character_in_any_part_of_any_answer_is_no_failure(site):
    half = "\ud800"
    values = [half, {half: half}, [{"kind": half}], {"name": half}, {"kind": "natural", half: 1}]
    headers = {"Content-Type": "application/json"}
    slots = [slot.id for slot in shipped_templates()["loan_complaint"].slots]
    for value in values:
        body = json.dumps({"values": dict.fromkeys(slots, value)}).encode()
        site.told("POST", f"{TEMPLATES}/loan_complaint/fill", content=body, headers=headers)


@pytest.mark.parametrize(
    ("text", "status", "code", "param"),
    [
        ("致 {{收件人", 400, "invalid_template", "text:1:3"),
        ("一\n二 {{x", 400, "invalid_template", "text:2:3"),
        (
            "---\nslots:\n  - id: a\n    type: 时间\n---\n{{a}}",
            400,
            "invalid_template",
            "text:4:11",
        ),
        ("---\nname: !!python/object/apply:os.system [id]\n---\nx", 400, "invalid_template", None),
        ("---\na: &a [*a]\n---\nx", 400, "invalid_template", None),
        (" \n", 400, "invalid_value", "text"),
        ("有\0字", 400, "invalid_value", "text"),
        ("x" * 1_000_001, 413, "limit", "text"),
        ("长" * 400_000, 413, "limit", None),
    ],
)
def test_a_text_that_is_no_template_is_refused_with_its_place(site, text, status, code, param):
    answer = site.ask("POST", TEMPLATES, json={"name": "坏", "text": text})
    error = answer.json()["error"]

    assert (answer.status_code, error["code"]) == (status, code)
    assert param is None or error["param"] == param
    assert all(one["origin"] == "shipped" for one in site.told("GET", TEMPLATES)["data"])


@pytest.mark.parametrize("name", ["", " 　", "两\n行", "长" * 201, 7])
def test_a_name_that_is_none_is_refused(site, name):
    assert site.refused("POST", TEMPLATES, json={"name": name, "text": "x"})[0] == 400


def test_a_name_is_there_once(site, letter):
    body = {"name": " 催款函 ", "text": "另一个"}

    assert site.refused("POST", TEMPLATES, json=body) == (409, "name_taken")
    assert site.told("POST", TEMPLATES, json=body, by="bob")["name"] == "催款函"


def test_two_that_change_one_version_do_not_overwrite_each_other(site, letter):
    tag = site.ask("GET", letter).headers["etag"]
    body, headers = {"text": "第二版 {{甲}}", "name": "新名"}, {"If-Match": tag}
    first = site.ask("PUT", letter, json=body, headers=headers)
    versions = [one["version"] for one in site.told("GET", f"{letter}/versions")["data"]]

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert first.json()["name"] == "新名"
    assert site.refused("PUT", letter, json=body, headers=headers) == (412, "stale")
    assert site.refused("PUT", letter, json=body) == (428, "precondition_required")
    assert site.refused("PUT", letter, json=body, headers={"If-Match": "*"})[0] == 400
    assert versions == [1, 2]
    assert site.told("GET", letter, params={"version": 1})["text"] == LETTER
    assert site.refused("GET", letter, params={"version": 3}) == (404, "not_found")


def test_what_ships_is_changed_by_nobody(site):
    path, headers = f"{TEMPLATES}/civil_complaint", {"If-Match": '"1"'}

    assert site.refused("PUT", path, json={"text": "x"}, headers=headers) == (403, "read_only")
    assert site.refused("DELETE", path) == (403, "read_only")
    assert site.told("GET", f"{path}/versions")["data"] == []
    assert site.refused("GET", path, params={"version": 1}) == (404, "not_found")


def test_nobody_sees_changes_fills_or_removes_what_is_anothers(site, letter):
    headers = {"If-Match": '"1"'}
    tries = [
        ("GET", letter, {}),
        ("PUT", letter, {"json": {"text": "x"}, "headers": headers}),
        ("DELETE", letter, {}),
        ("GET", f"{letter}/versions", {}),
        ("POST", f"{letter}/fill", {"json": {"values": {}}}),
        ("GET", f"{TEMPLATES}/..%2f..%2fetc%2fpasswd", {}),
        ("GET", f"{TEMPLATES}/%7B%7B%20config%20%7D%7D", {}),
    ]

    assert {site.refused(*one, by="bob", **more) for *one, more in tries} == {(404, "not_found")}
    assert site.told("DELETE", letter) is None
    assert site.refused("GET", letter) == (404, "not_found")


def test_a_draft_gets_the_template_under_the_name_and_version_that_are_kept(site, letter):
    text = "---\nid: civil_complaint\nname: 假冒\nversion: '99'\n---\n{{甲}}"
    site.told("PUT", letter, json={"text": text}, headers={"If-Match": '"1"'})
    own_id = letter.rpartition("/")[2]
    own = template_of(site.user, site.names["amy"], own_id)

    assert (own.id, own.name, own.version) == (own_id, "催款函", "2")
    assert (
        template_of(site.user, site.names["amy"], "civil_complaint")
        is shipped_templates()["civil_complaint"]
    )
    with pytest.raises(UnknownItemError):
        template_of(site.user, site.names["bob"], own_id)


def test_an_imported_text_that_is_no_template_is_shown_with_what_is_wrong(site, letter):
    document = site.told("GET", "/v1/library/export")
    document["templates"][0]["versions"][0]["body"] = "{{没关"
    site.told("POST", "/v1/library/import", json={"mode": "replace", "document": document})
    shown = site.told("GET", letter)

    assert (shown["text"], shown["form"]) == ("{{没关", None)
    assert "第1行第1列" in shown["problem"]
    refused = site.refused("POST", f"{letter}/fill", json={"values": {}})
    assert refused == (400, "invalid_template")
