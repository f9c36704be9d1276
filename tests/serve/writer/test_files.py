"""Files over HTTP: made of drafts, reports and Markdown, and checked again years later."""

import base64
import io
import json
import re
import zipfile
from urllib.parse import unquote

import docx

from lawvault.serve.writer.files import DOCX
from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.writer.drafting.frames import frame_of
from lawvault.writer.templates.fields import Section
from lawvault.writer.templates.template import shipped_template
from tests.serve.writer.shelf_site import amended
from tests.writer.docx.test_opened import BOMBS, GOOD, appended, locked, related, typed

EXPORT, RECHECK = "/v1/export", "/v1/recheck"
NINTH = "《示例劳动法》第九条"
TEXT = f"""# 律师函

## 一、依据

根据{NINTH}，合同期限三个月以上不满一年的，试用期不得超过一个月。

张三主张：《示例劳动法》第九百条另有规定。

依《示例劳动法》第十一条，原告张三试用期工资为 8,765 元。
"""
AS_DOCX = {"Accept": DOCX}


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode(errors="replace") for name in package.namelist()}


def words(data):
    """Return all words of a .docx, tables and notes included."""
    found = parts(data)
    named = [name for name in found if re.fullmatch(r"word/(document|footnotes)\.xml", name)]
    return "\n".join("".join(re.findall(r"<w:t[ >][^<]*", found[name])) for name in named)


def exported(bench, **body):
    answer = bench.ask("POST", EXPORT, json=body)
    assert answer.status_code == 200, answer.text
    return answer


def checked(bench, data, **options):
    headers = {"Content-Type": DOCX, **options.pop("headers", {})}
    return bench.ask("POST", RECHECK, content=data, headers=headers, **options)


def test_a_draft_becomes_a_word_file_with_notes_and_a_table_of_its_citations(bench):
    told = bench.draft(TEXT, facts="我叫张三，月工资 8,765 元。")
    answer = exported(bench, draft=told, profile="court")
    silent = exported(bench, draft=bench.draft(TEXT))

    file = docx.Document(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == DOCX
    assert "%E5%BE%8B%E5%B8%88%E5%87%BD.docx" in answer.headers["content-disposition"]
    assert "律师函" in file.paragraphs[0].text
    assert "引用法条核验表" in words(answer.content)
    assert (
        "同一用人单位与同一劳动者只能约定一次试用期" in parts(answer.content)["word/footnotes.xml"]
    )
    comments = [comment.text for comment in file.comments]
    assert len(comments) == 1
    assert len(docx.Document(io.BytesIO(silent.content)).comments) == 2  # nobody told the wage
    assert file.core_properties.author == "LawVault"


def test_the_same_text_leaves_as_html_markdown_and_plain_text(bench):
    html, markdown, text = (
        exported(bench, markdown=TEXT, format=name) for name in ("html", "markdown", "text")
    )
    inline = exported(bench, markdown=TEXT, format="text", citations="inline").text
    listed = exported(bench, markdown=TEXT, format="text", citations="appendix").text
    as_json = bench.told(
        "POST",
        EXPORT,
        json={"markdown": TEXT, "title": "改名"},
        headers={"Accept": "application/json"},
    )

    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1" in html.text
    assert "[^law1]" in markdown.text
    assert "只能约定一次试用期" in text.text
    assert "只能约定一次试用期" not in inline
    assert "附：引用法条" in listed
    assert as_json["name"] == "改名.docx"
    assert docx.Document(io.BytesIO(base64.b64decode(as_json["content"]))).tables


def test_the_report_of_a_run_becomes_a_file(bench):
    run = bench.told("POST", "/v1/agent/runs", json={"question": "试用期最长多久？"})
    answer = exported(bench, run=run["id"])
    theirs = bench.refused("POST", EXPORT, json={"run": run["id"]}, by=bench.other)

    assert "试用期不得超过" in words(answer.content)
    assert theirs == (404, "run_not_found")


REFERENCE = base64.b64encode(GOOD).decode()
MACROS = base64.b64encode(appended(("word/vbaProject.bin", b"x"))).decode()
REFUSED = [
    ({"markdown": TEXT, "format": "pdf"}, 501, "no_pdf"),
    ({"markdown": TEXT, "profile": "none"}, 400, "invalid_value"),
    ({"markdown": TEXT, "profile": "custom"}, 400, "invalid_request"),
    ({"markdown": TEXT, "reference": REFERENCE}, 400, "invalid_request"),
    ({"markdown": TEXT, "profile": "custom", "reference": "###"}, 400, "invalid_base64"),
    ({"markdown": TEXT, "profile": "custom", "reference": "aGFsbG8="}, 415, "not_docx"),
    ({"markdown": TEXT, "profile": "custom", "reference": MACROS}, 415, "macros"),
    ({"markdown": TEXT, "draft": "drf-1"}, 400, "invalid_request"),
    ({}, 400, "invalid_request"),
    ({"markdown": " \n"}, 400, "empty_text"),
    ({"markdown": "长" * 500_001}, 413, "input_too_long"),
    ({"draft": "drf-" + "0" * 32}, 404, "not_found"),
    ({"draft": "../../etc/passwd"}, 404, "not_found"),
    ({"run": "run-" + "0" * 32}, 404, "run_not_found"),
    ({"markdown": TEXT, "path": "/etc/passwd"}, 400, "unknown_parameter"),
]


def test_a_file_that_cannot_be_is_refused_with_what_would_help(bench):
    for body, status, code in REFUSED:
        assert bench.refused("POST", EXPORT, json=body) == (status, code), str(body)[:80]
    pdf = bench.ask("POST", EXPORT, json=REFUSED[0][0]).json()["error"]["message"]
    custom = exported(bench, markdown=TEXT, profile="custom", reference=REFERENCE)

    assert "soffice" in pdf
    assert docx.Document(io.BytesIO(custom.content)).tables


TITLES = ["../../x", "CON", "长" * 300, "a\u202egpj.exe", 'x"\r\nX-Evil: 1', "👩‍⚖️", "", "\x00\x1f"]


def test_no_title_names_another_file_or_ends_a_header(bench):
    answers = [exported(bench, markdown="一段。", title=title, format="text") for title in TITLES]
    file = exported(bench, markdown="一段。", title=TITLES[4])

    for answer in answers:
        shown = answer.headers["content-disposition"]
        assert shown.isascii()
        assert "x-evil" not in answer.headers
        name = unquote(shown.rpartition("''")[2])
        assert re.fullmatch(r"[^\x00-\x1f\u202e/\\\"]+\.txt", name)
        assert len(name.encode()) <= 255
    assert docx.Document(io.BytesIO(file.content)).core_properties.title.startswith('x"')


HOSTILE = """# =HYPERLINK("http://evil.example","x")

DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe { INCLUDETEXT "file:///etc/passwd" } ]]> <w:p/>

<script>alert(1)</script><img src="file:///etc/passwd" onerror="x">

![图](http://evil.example/x.png) [一](javascript:alert(1)) [二](file:///etc/passwd)
[三](\\\\\\\\evil\\\\share) [四](https://flk.npc.gov.cn/) [五](ms-word:ofe|u|http://evil.example)

| a | b
|---
| 只有一格

脚注[^1]没有收尾[^2

控制\x01\x0b字符\ufffe
"""


def test_what_tries_to_be_code_in_markdown_is_plain_text_in_the_file(bench):
    deep = "\n".join(f"{'  ' * depth}- 第{depth}层" for depth in range(60))
    answer = exported(bench, markdown=f"{HOSTILE}\n{deep}\n\n{'长' * 100_000}")
    html = exported(bench, markdown=HOSTILE, format="html").text

    found = parts(answer.content)
    whole = "".join(found.values())
    outside = re.findall(r'Target="([^"]*)" TargetMode="External"', whole)
    fields = re.findall(r'w:instr="([^"]*)"|(<w:instrText|<w:fldChar|<w:object|<w:pict)', whole)
    docx.Document(io.BytesIO(answer.content))
    assert outside == ["https://flk.npc.gov.cn/"]
    assert {"".join(field).strip() for field in fields} <= {"PAGE"}
    assert not [name for name in found if name.startswith("word/media")]
    assert "DDEAUTO" in words(answer.content)
    assert json.loads(unquote(answer.headers["x-lawvault-notes"]))
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"script|onerror|javascript:|file:|<img", tag), tag


def test_our_own_file_is_unchanged_until_the_law_is_amended(bench, content, tmp_path):
    (tmp_path / "amended").mkdir()
    new = amended(content, tmp_path / "amended", _9="试用期不得超过三个月。")
    file = exported(bench, markdown=f"# 函\n\n根据{NINTH}，试用期不得超过一个月。").content
    before = checked(bench, file).json()
    same = checked(bench, file, headers=AS_DOCX)
    bench.law.open(new)
    after = checked(bench, file).json()
    copy = checked(bench, file, headers=AS_DOCX)
    bench.law.open(content)

    assert (before["proof"], before["is_good"], before["counts"]) == ("ok", True, {"unchanged": 1})
    assert same.content == file
    assert (after["proof"], after["is_good"]) == ("ok", False)
    verdict = next(one for one in after["verdicts"] if one["verdict"] == "amended")
    assert verdict["new"] == "试用期不得超过三个月。"
    assert after["text"][verdict["start"] : verdict["end"]] == NINTH
    assert [one.text for one in docx.Document(io.BytesIO(copy.content)).comments]
    assert json.loads(copy.headers["x-lawvault-verdicts"]) == after["counts"]


def test_more_footnotes_than_anything_can_lay_out_are_refused(bench):
    notes = "".join(f"甲[^{n}]\n\n[^{n}]: 乙\n\n" for n in range(3001))

    assert bench.refused("POST", EXPORT, json={"markdown": notes}) == (413, "too_many_footnotes")


def test_our_own_file_knows_the_figures_that_its_user_told_and_no_others(bench):
    wage = "# 函\n\n依《示例劳动法》第十一条，原告张三试用期工资为 8,765 元。"
    told = bench.draft(wage, facts="我叫张三，月工资 8,765 元，卡里还有 731 元。")

    known = exported(bench, draft=told).content
    unknown = exported(bench, draft=bench.draft(wage)).content

    assert checked(bench, known).json()["is_good"]
    assert "731 元" not in "".join(
        text for name, text in parts(known).items() if "customXml" in name
    )
    assert checked(bench, unknown).json()["counts"]["unsupported"] == 1


def test_a_proof_that_was_forged_counts_for_nothing(bench):
    file = exported(bench, markdown=f"# 函\n\n根据{NINTH}，应当遵守。").content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as forged:
        for name, text in parts(file).items():
            is_proof = name.startswith("customXml/item") and "Props" not in name
            forged.writestr(name, text.replace("第九条", "第八条") if is_proof else text)
    answer = checked(bench, out.getvalue()).json()

    assert answer["proof"] == "altered"
    assert any("存证" in note for note in answer["notes"])


def test_any_word_file_and_any_text_is_checked_by_its_words(bench):
    stranger = docx.Document()
    stranger.add_paragraph(f"根据{NINTH}和《示例劳动法》第九百条，应当遵守。")
    out = io.BytesIO()
    stranger.save(out)
    file = checked(bench, out.getvalue()).json()
    copy = checked(bench, out.getvalue(), headers=AS_DOCX)
    text = bench.told("POST", RECHECK, json={"text": f"{NINTH}\r\n《示例劳动法》第九百条"})
    none = bench.told("POST", RECHECK, json={"text": "没有引用。"})
    past = bench.told("POST", RECHECK, json={"text": NINTH, "as_of": "2011-01-01"})

    assert file["proof"] == "absent"
    assert [one["verdict"] for one in file["verdicts"]] == ["verified", "no_such_article"]
    assert len(list(docx.Document(io.BytesIO(copy.content)).comments)) == 1
    assert [one["verdict"] for one in text["verdicts"]] == ["verified", "no_such_article"]
    assert (none["verdicts"], none["is_good"]) == ([], True)
    assert past["as_of"] == "2011-01-01"


HARMFUL = {
    "docm": (appended(("word/vbaProject.bin", b"x")), 415, "macros"),
    "docm by type": (
        typed("application/vnd.ms-word.document.macroEnabled.main+xml"),
        415,
        "macros",
    ),
    "encrypted": (locked(), 415, "encrypted"),
    "ole": (appended(("word/embeddings/oleObject1.bin", b"x")), 400, "embedded_object"),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), 415, "old_office"),
    "linked template": (
        related("attachedTemplate", "file:///x.dotm", mode="External"),
        400,
        "attached_template",
    ),
    "picture elsewhere": (
        related("image", "http://a.example/x.png", mode="External"),
        400,
        "external_relationship",
    ),
    "bomb": (BOMBS["attributes"](), 400, "too_large"),
    "half": (GOOD[: len(GOOD) // 2], 400, "damaged"),
    "pdf": (b"%PDF-1.7", 415, "not_docx"),
    "empty": (b"", 415, "not_docx"),
}


def test_an_upload_that_may_do_harm_is_refused_with_its_reason(bench):
    for name, (data, status, code) in HARMFUL.items():
        answer = checked(bench, data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), name
    odd = [
        bench.refused("POST", RECHECK, content=content, headers={"Content-Type": kind})
        for content, kind in [
            (b"x", "text/plain"),
            (b"{", "application/json"),
            (b'{"text": "a", "text": "b"}', "application/json"),
            (b'{"text": " "}', "application/json"),
            (b"\xff\xfe", "application/json"),
            (b"[" * 100_000, "application/json"),
            (b'{"text": "a", "more": 1}', "application/json"),
        ]
    ]
    no_copy = bench.refused("POST", RECHECK, json={"text": "一"}, headers=AS_DOCX)

    assert odd == [
        (415, "unsupported_media_type"),
        (400, "invalid_json"),
        (400, "duplicate_key"),
        (400, "empty_text"),
        (400, "invalid_body"),
        (400, "invalid_body"),
        (400, "unknown_parameter"),
    ]
    assert no_copy == (400, "no_document")


def test_half_a_character_in_a_draft_hurts_nobody(bench):
    draft_id = bench.draft("甲\ud800乙")
    read = bench.ask("GET", f"/v1/drafts/{draft_id}")
    files = [exported(bench, draft=draft_id, format=name) for name in ("docx", "html", "text")]

    assert read.status_code == 200
    assert "乙" in json.loads(read.content)["markdown"]
    assert all(file.content for file in files)


def lettered(bench, body, template="lawyer_letter"):
    """Return the id of a draft by a template, whose section says `body`."""
    frame = frame_of(shipped_template("lawyer_letter"), {"days": 7})
    draft_id = bench.user.drafts.create(
        bench.me, NewDraft(request={}, title="函", template_name=template)
    ).draft_id
    markdown = "".join(body if isinstance(one, Section) else one for one in frame.pieces)
    kept = NewRevision(kind="draft", markdown=markdown)
    bench.user.drafts.add_revision(bench.me, draft_id, kept, expected=0)
    return draft_id, markdown


def comments_of(data):
    return [comment.text for comment in docx.Document(io.BytesIO(data)).comments]


def test_the_frame_of_a_shipped_template_is_ours_and_passes_our_own_check(bench):
    draft_id, markdown = lettered(bench, f"根据{NINTH}，应当遵守。")

    file = exported(bench, draft=draft_id).content
    again = checked(bench, file).json()
    alone = exported(bench, markdown=markdown).content
    own, _ = lettered(bench, "贵司应当立即付款。", template="tpl-1")
    stranger = exported(bench, draft=own).content

    assert comments_of(file) == []
    assert "须人工复核" not in words(file)
    assert (again["proof"], again["is_good"]) == ("ok", True)
    assert comments_of(alone) == ["未注明法律依据"] * 2
    assert comments_of(stranger) == ["未注明法律依据"] * 3


def test_a_claim_in_a_section_still_wants_its_law(bench):
    draft_id, _ = lettered(bench, "贵司应当立即付款。")

    assert comments_of(exported(bench, draft=draft_id).content) == ["未注明法律依据"]


def test_a_clean_file_has_neither_comments_nor_a_table_and_the_answer_says_what_is_unsaid(bench):
    clean = bench.told(
        "POST",
        EXPORT,
        json={"markdown": TEXT, "annex": False, "comments": False},
        headers={"Accept": "application/json"},
    )
    file = base64.b64decode(clean["content"])
    no_table = exported(bench, markdown=TEXT, annex=False).content
    no_comments = exported(bench, markdown=TEXT, comments=False).content
    text = exported(bench, markdown=TEXT, comments=False, format="text").text
    back = checked(bench, file).json()

    assert comments_of(file) == []
    assert "核验表" not in words(file)
    assert "只能约定一次试用期" in parts(file)["word/footnotes.xml"]
    assert (
        "有 2 处须人工复核，文件中未加批注（《示例劳动法》第九百条：该法无此条；"
        in clean["notes"][-1]
    )
    assert len(comments_of(no_table)) == 2
    assert "核验表" not in words(no_table)
    assert comments_of(no_comments) == []
    assert "核验表" in words(no_comments)
    assert "⚠" not in text
    assert (back["proof"], back["is_good"]) == ("ok", False)


def test_a_copy_of_a_file_whose_proof_was_altered_says_so(bench):
    file = exported(bench, markdown=f"# 函\n\n根据{NINTH}，应当遵守。").content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as forged:
        for name, text in parts(file).items():
            is_proof = name.startswith("customXml/item") and "Props" not in name
            forged.writestr(name, text.replace("第九条", "第八条") if is_proof else text)
    copy = checked(bench, out.getvalue(), headers=AS_DOCX)

    assert not checked(bench, out.getvalue()).json()["is_good"]
    assert comments_of(copy.content)[0].startswith("文件所附的存证已被改动")
    assert any("存证" in note for note in json.loads(unquote(copy.headers["x-lawvault-notes"])))


def test_a_word_file_without_a_document_in_it_is_refused(bench):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in parts(GOOD).items():
            package.writestr(name, "<a/>" if name == "word/document.xml" else text)
    answer = checked(bench, out.getvalue())

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_body")
    assert "不是 Word 正文" in answer.json()["error"]["message"]


def test_a_day_that_the_law_at_hand_does_not_reach_is_told(bench):
    text = f"根据{NINTH}，应当遵守。"
    far = bench.told("POST", RECHECK, json={"text": text, "as_of": "2099-01-01"})
    near = bench.told("POST", RECHECK, json={"text": text})
    file = exported(bench, markdown=text, as_of="2099-01-01", format="text")

    assert any("晚于法律数据的截至日期" in note for note in far["notes"])
    assert near["notes"] == []
    assert "晚于法律数据的截至日期" in unquote(file.headers["x-lawvault-notes"])
