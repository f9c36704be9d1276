"""The routes about laws over HTTP: shapes, refusals, and whatever a URL can be made to hold."""

import asyncio
import io
import re
import urllib.parse
import zipfile
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.retrieve.content import FILE
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.laws.document import DOCX
from lawvault.serve.laws.routes import add_laws, guarded
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.laws.words import PROBLEMS
from tests.law_pack import law_pack, statutes_of

Send = Callable[..., httpx.Response]
CLAIM = "《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的”。"


def sender(laws: Statutes) -> Send:
    app = FastAPI()
    add_refusals(app)

    async def ask(method: str, *requests):
        return await asyncio.to_thread(getattr(laws, method), *requests)

    add_laws(app, guarded(ask), max_chars=500)

    def send(method: str, path: str, **options) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, **options)

        return asyncio.run(once())

    return send


@pytest.fixture(scope="module")
def laws(tmp_path_factory: pytest.TempPathFactory) -> Statutes:
    return statutes_of(law_pack(tmp_path_factory.mktemp("laws")))


@pytest.fixture(scope="module")
def send(laws: Statutes) -> Send:
    return sender(laws)


def path_of(*parts: str) -> str:
    return "/v1/laws/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def docx(*paragraphs: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        )
    return packed.getvalue()


def verify_docx(send: Send, document: bytes, path: str = "/v1/citations/verify") -> httpx.Response:
    return send("POST", path, content=document, headers={"Content-Type": DOCX})


def test_laws_are_listed_without_a_question_and_suggested_with_one(send: Send) -> None:
    listed = send("GET", "/v1/laws").json()
    suggested = send("GET", "/v1/laws", params={"q": "民诉法", "limit": 1}).json()

    assert len(listed["data"]) == 7
    assert suggested["data"][0]["law_name"] == "中华人民共和国民事诉讼法"
    assert (suggested["as_of"], suggested["corpus_as_of"]) == ("2026-10-04", "2026-10-04")


def test_every_page_of_a_law_answers_for_the_day_asked(send: Send) -> None:
    for tail in ([], ["text"], ["articles", "1"], ["versions"]):
        answer = send("GET", path_of("仲裁法", *tail), params={"as_of": "2024-01-01"})

        assert answer.status_code == 200, answer.text
        assert answer.json()["law"]["law_id"] == "仲裁法@2017-09-01"
        assert answer.json()["as_of"] == "2024-01-01"
        assert answer.json()["degraded"] == []


def test_a_difference_is_asked_for_by_from_and_to(send: Send) -> None:
    params = {"from": "2025-09-12", "to": "2017-09-01"}

    answer = send("GET", path_of("仲裁法", "diff"), params=params).json()

    assert (answer["old"]["version_date"], answer["new"]["version_date"]) == (
        "2025-09-12",
        "2017-09-01",
    )


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        (path_of("没有的法律"), {}, (404, "law_not_found")),
        (path_of("合同法", "text"), {}, (404, "text_not_available")),
        (path_of("劳动法", "articles", "999"), {}, (404, "article_not_found")),
        (path_of("劳动法", "articles", "abc"), {}, (400, "invalid_value")),
        (path_of("劳动法", "diff"), {"from": "x"}, (404, "version_not_found")),
        (path_of("劳动法"), {"as_of": "20240101"}, (400, "invalid_value")),
        (path_of("劳动法"), {"as_of": "2024-02-30"}, (400, "invalid_value")),
        (path_of("劳动法"), {"as_off": "2024-02-03"}, (400, "unknown_parameter")),
        ("/v1/laws", {"q": " "}, (400, "empty_text")),
        ("/v1/laws", {"q": ""}, (400, "invalid_value")),
        ("/v1/laws", {"q": "法" * 201}, (400, "invalid_value")),
        ("/v1/laws", {"q": "法", "limit": "0"}, (400, "invalid_value")),
        ("/v1/laws", {"q": "法", "limit": "101"}, (400, "invalid_value")),
        ("/v1/laws", {"q": "法", "limit": "NaN"}, (400, "invalid_value")),
    ],
)
def test_what_cannot_be_answered_is_refused_by_its_code(
    send: Send, path: str, params: dict[str, str], expected: tuple[int, str]
) -> None:
    assert code(send("GET", path, params=params)) == expected


EVIL = [
    *(
        "../../etc/passwd",
        "a/b",
        "' OR '1'='1",
        '"',
        "\0",
        "😀",
        "%",
        "%00",
        "x" * 10_000,
    ),
    *(
        "劳动法@",
        "@",
        "@@@",
        "劳动法@2018-12-29@",
        "；DROP TABLE laws",
        "\r\nX-A: b",
        "第一条",
        " ",
    ),
]


@pytest.mark.parametrize("part", EVIL)
def test_whatever_a_path_holds_is_refused_and_never_breaks(send: Send, part: str) -> None:
    for path in (
        *(path_of(part), path_of(part, "text"), path_of(part, "versions"), path_of(part, "diff")),
        *(path_of(part, "articles", "1"), path_of("劳动法", "articles", part)),
    ):
        answer = send("GET", path)
        if part == "第一条" and "articles" in path and answer.status_code == 200:
            continue
        assert answer.status_code in {307, 400, 404}, (path, answer.status_code)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.text(max_size=5))
@settings(max_examples=60, deadline=None)
def test_no_name_and_no_number_breaks_anything(send: Send, law: str, number: str) -> None:
    number = number.encode(errors="replace").decode()

    assert send("GET", path_of(law, "articles", number)).status_code in {200, 307, 400, 404, 409}
    assert send("GET", "/v1/laws", params={"q": law, "as_of": number}).status_code in {200, 400}


def test_bytes_that_are_no_text_are_refused(send: Send) -> None:
    assert send("GET", "/v1/laws/%ff%fe").status_code == 404
    assert send("GET", "/v1/laws?q=%ff").status_code == 200


def test_references_are_resolved(send: Send) -> None:
    body = {"text": "本法第三条", "as_of": "2026-01-01", "inside": {"law": "刑法"}}

    answer = send("POST", "/v1/references/resolve", json=body).json()

    (reference,) = answer["references"]
    assert reference["targets"]["data"][0]["article_id"] == "刑法@2020-12-26/3"
    assert reference["targets"]["data"][0]["text"].startswith("法律明文规定为犯罪行为的")


def test_citations_are_verified(send: Send) -> None:
    answer = send("POST", "/v1/citations/verify", json={"text": CLAIM}).json()

    assert (answer["passed"], answer["counts"]) == (True, {"verified": 1})
    (citation,) = answer["citations"]
    assert CLAIM[citation["start"] : citation["end"]] == citation["text"]
    assert CLAIM[slice(*citation["quote"])] == "未及时足额支付劳动报酬的"


@pytest.mark.parametrize(
    "text",
    [
        "民法典第九千条",
        "《民法典》第一百八十八条第九款",
        "《外星法》第一条",
        "《婚姻法》第五条",
        "前款",
        "《刑法》第三条规定：“法律没有规定为犯罪行为的，也可以处罚。”",
        "（2020）京01民终123号",
    ],
)
def test_reasons_are_chinese(send: Send, text: str) -> None:
    for path in ("/v1/references/resolve", "/v1/citations/verify"):
        answer = send("POST", path, json={"text": text}).json()
        for one in answer.get("references") or answer.get("citations") or ():
            verdict = one.get("verdict") or one["problem"]
            assert bool(one["reason"]) == (verdict not in ("", "verified")), one
            assert not re.search("[A-Za-z]", one["reason"]), one


def test_reasons_of_an_articles_own_references_are_chinese(send: Send) -> None:
    article = send("GET", path_of("仲裁法@2017-09-01", "articles", "63")).json()

    reasons = {one["reason"] for one in article["references"]["data"]}
    assert PROBLEMS["no_such_paragraph"] in reasons
    assert not any(re.search("[A-Za-z]", reason) for reason in reasons)


def test_款_and_项_behind_a_number_open_the_article(send: Send) -> None:
    article = send("GET", path_of("劳动合同法", "articles", "第三十八条")).json()

    for number in ("第三十八条第一款", "第38条第1款第（二）项", "38第一款"):
        assert send("GET", path_of("劳动合同法", "articles", number)).json() == article


def test_the_day_of_a_text_is_in_the_body_or_in_the_url(send: Send) -> None:
    text, day = "《仲裁法》第九十六条", "2026-02-28"
    path = "/v1/citations/verify"

    bodied = send("POST", path, json={"text": text, "as_of": day}).json()
    in_url = send("POST", path, params={"as_of": day}, json={"text": text}).json()

    assert bodied == in_url
    assert bodied["counts"] == {"no_such_article": 1}


@pytest.mark.parametrize("path", ["/v1/references/resolve", "/v1/citations/verify"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"null", 400),
        (b"{}", 400),
        (b'{"text": 5}', 400),
        (b'{"text": ""}', 400),
        (b'{"text": " "}', 400),
        (b'{"text": "a", "more": 1}', 400),
        (b'{"text": "a", "as_of": 20240101}', 400),
        (b'{"text": "a", "as_of": "2024-13-01"}', 400),
        (b'{"text": "\\ud800"}', 400),
        (b'{"text": "\xff"}', 400),
        (b'{"text": NaN}', 400),
        (b'{"text": "' + b"a" * 501 + b'"}', 400),
        (b'{"text": "\\u0000 \\ud83d\\ude00"}', 200),
    ],
)
def test_a_bad_body_is_refused(send: Send, path: str, body: bytes, expected: int) -> None:
    answer = send("POST", path, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == expected, answer.text
    assert expected == 200 or answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"law": "没有的法律"}, (404, "law_not_found", "inside.law")),
        ({"law": "刑法", "article": "x"}, (400, "invalid_value", "inside.article")),
        ({"law": "刑法", "article": "9999"}, (404, "article_not_found", "inside.article")),
        ({"law": "婚姻法", "article": "1"}, (404, "text_not_available", "inside.law")),
        ({}, (400, "missing_parameter", "inside.law")),
    ],
)
def test_a_place_that_does_not_exist_is_refused(
    send: Send, inside: dict[str, str], expected: tuple[int, str, str]
) -> None:
    answer = send("POST", "/v1/references/resolve", json={"text": "前款", "inside": inside})

    assert (*code(answer), answer.json()["error"]["param"]) == expected


def test_a_word_document_is_verified_and_its_text_given(send: Send) -> None:
    answer = verify_docx(send, docx("起诉状", CLAIM)).json()

    assert (answer["passed"], answer["document_text"]) == (True, f"起诉状\n{CLAIM}")
    (citation,) = answer["citations"]
    assert answer["document_text"][citation["start"] : citation["end"]] == citation["text"]


def test_the_day_of_a_document_is_in_the_url(send: Send) -> None:
    path = "/v1/citations/verify?as_of=2026-02-28"

    answer = verify_docx(send, docx("《仲裁法》第九十六条"), path).json()

    assert answer["counts"] == {"no_such_article": 1}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "不是 Word 文档"),
        (b"just words", "不是 Word 文档"),
        (docx("甲")[:80], "文件已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "旧版 Office 文件"),
        (docx(""), "没有文字"),
        (docx("长" * 501), "501 个字符，上限 500"),
    ],
)
def test_a_bad_document_is_refused_with_the_reason(send: Send, document: bytes, words: str) -> None:
    answer = verify_docx(send, document)

    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]
    assert not re.search("[a-z]+ [a-z]+", answer.json()["error"]["message"])
    assert answer.json()["error"]["param"] == "document"


def test_another_kind_of_body_is_refused_with_the_kinds_that_are_taken(send: Send) -> None:
    answer = send(
        "POST", "/v1/citations/verify", content=b"x", headers={"Content-Type": "text/plain"}
    )

    assert code(answer) == (415, "unsupported_media_type")
    assert DOCX in answer.json()["error"]["message"]


def test_a_pack_that_is_gone_is_unavailable_and_not_a_fault(laws: Statutes, tmp_path) -> None:
    (tmp_path / FILE).write_bytes(laws._content._path.read_bytes())
    send = sender(statutes_of(tmp_path))
    (tmp_path / FILE).unlink()

    assert code(send("GET", path_of("劳动法", "text"))) == (503, "laws_unavailable")
    assert send("GET", "/v1/laws").status_code == 200


def test_all_routes_are_in_the_description(send: Send) -> None:
    described = send("GET", "/openapi.json").json()["paths"]

    assert set(described) == {
        *("/v1/laws", "/v1/laws/{law}", "/v1/laws/{law}/text", "/v1/laws/{law}/versions"),
        *("/v1/laws/{law}/articles/{number}", "/v1/laws/{law}/diff"),
        *("/v1/references/resolve", "/v1/citations/verify"),
    }
    body = described["/v1/citations/verify"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", DOCX}
