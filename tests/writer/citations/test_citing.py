"""Tests of lawvault.writer.citations.citing, over the invented law of the agent's tests."""

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.writer.citations.citing import (
    Cited,
    cite,
    sentence_at,
    texts_of,
    with_citations,
    without_frame,
)
from lawvault.writer.citations.flow import flow_of, notes_in_order, spoken_words
from lawvault.writer.citations.provision import note_of
from lawvault.writer.document import (
    Blank,
    Block,
    Break,
    Cell,
    Document,
    Footnote,
    Heading,
    Inline,
    Items,
    Mark,
    NoteRef,
    Paragraph,
    Signature,
    Table,
    Text,
)
from tests.agent.conftest import TODAY

Check = Callable[[str], tuple[Cited, ...]]
FOURTH = "用人单位应当建立职工名册备查，名册应当保存至少二年。"
NOTE_ON_FOURTH = (
    f"《中华人民共和国示例劳动法》（2018年10月1日文本）第四条：“{FOURTH}”"
    "，现行有效，2019年1月1日起施行。"
)


@pytest.fixture(scope="session")
def check(content: Content, lookup: ContentLookup) -> Check:
    return lambda text: cite(text, content, lookup=lookup, as_of=TODAY)


def text(words: str, **looks: bool) -> Text:
    return Text(text=words, **looks)


def document(*blocks: Block | str, **notes: str) -> Document:
    return Document(
        blocks=tuple(
            Paragraph(content=(text(block),)) if isinstance(block, str) else block
            for block in blocks
        ),
        notes={id_: Footnote(content=(text(words),)) for id_, words in notes.items()},
    )


def told(given: Document, check: Check, **how: object) -> Document:
    return with_citations(given, [check(one) for one in texts_of(given)], **how)  # type: ignore[arg-type]


def shown(block: Block) -> str:
    """Return a paragraph's words with its notes as [id] and its marks as ⚠【…】."""
    assert isinstance(block, Paragraph | Heading)
    return line_shown(block.content)


def line_shown(line: tuple[Inline, ...]) -> str:
    pieces = []
    for one in line:
        match one:
            case NoteRef(id=id_):
                pieces.append(f"[{id_}]")
            case Mark(reason=reason):
                pieces.append(f"⚠【{reason}】")
            case Text(text=words):
                pieces.append(words)
            case Break():
                pieces.append("\n")
            case Blank():
                pieces.append("【　】")
    return "".join(pieces)


def test_a_citation_that_holds_gets_a_footnote_with_the_words_of_the_law(check):
    done = told(document("根据《示例劳动法》第四条，应当建立职工名册备查。"), check)

    assert shown(done.blocks[0]) == "根据《示例劳动法》第四条[law1]，应当建立职工名册备查。"
    assert spoken_words(done.notes["law1"].content) == NOTE_ON_FOURTH
    proof = done.notes["law1"].provenance
    assert proof is not None
    assert (proof.article_id, proof.address) == ("示例劳动法@2018-10-01/4", "第四条")
    assert (proof.text, proof.start, proof.end) == (FOURTH, 0, len(FOURTH))
    assert len(proof.sha256) == 64
    assert [(row.citation, row.verdict) for row in done.checked] == [
        ("《示例劳动法》第四条", "verified")
    ]


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("《示例劳动法》第九百条规定了工资。", "《示例劳动法》第九百条⚠【该法无此条】规定了工资。"),
        (
            "《示例劳动法》第四条第三款有规定。",
            "《示例劳动法》第四条第三款⚠【该条无此款项】有规定。",
        ),
        (
            "《示例从未有过法》第一条有规定。",
            "《示例从未有过法》第一条⚠【未收录此法，无法核实】有规定。",
        ),
        (
            "《示例劳动法》第四条规定：“名册应当保存至少三年”。",
            "《示例劳动法》第四条规定：“名册应当保存至少三年⚠【引文与法条不符，应为“二”】”。",
        ),
        (
            "依照《示例劳动法》第四条，名册应当保存至少三年。",
            "依照《示例劳动法》第四条[law1]，名册应当保存至少三年⚠【“三年”不见于所引法条】。",
        ),
        ("用人单位必须每月支付工资。", "用人单位必须每月支付工资⚠【未注明法律依据】。"),
        ("参见（2020）示例民终1号判决。", "参见（2020）示例民终1号⚠【非法律条文，未核实】判决。"),
        ("双方签订了《房屋租赁合同》。", "双方签订了《房屋租赁合同》。"),
    ],
)
def test_what_does_not_hold_gets_a_mark_and_no_false_footnote(check, words: str, marked: str):
    done = told(document(words), check)

    assert shown(done.blocks[0]) == marked


def test_a_citation_is_read_across_runs_and_the_note_stands_behind_its_last_one(check):
    runs = (text("见《中华人民共和国示例"), text("劳动法》第", bold=True), text("四条规定。"))

    done = told(document(Paragraph(content=runs)), check)

    assert done.blocks[0] == Paragraph(
        content=(*runs[:2], text("四条"), NoteRef(id="law1"), text("规定。"))
    )


def test_the_law_meant_is_the_one_named_before_in_the_order_of_the_document(check):
    done = told(
        document(
            Heading(level=1, content=(text("一、《示例劳动法》第三条"),)),
            "该法第四条规定了名册。",
            Items(items=((Paragraph(content=(text("同法第五条"),)),),)),
        ),
        check,
    )

    addresses = [note.provenance.address for note in done.notes.values() if note.provenance]
    assert addresses == ["第三条", "第四条", "第五条"]
    assert shown(done.blocks[0]) == "一、《示例劳动法》第三条[law1]"


def test_cells_and_signatures_and_items_get_their_notes_too(check):
    cite_ = (text("《示例劳动法》第四条"),)
    table = Table(rows=((Cell(paragraphs=(cite_, cite_)),),), columns=1)

    done = told(document(table, Signature(lines=(cite_,))), check)

    first, second = done.blocks
    assert isinstance(first, Table)
    assert isinstance(second, Signature)
    assert [line_shown(p) for p in first.rows[0][0].paragraphs] == [
        "《示例劳动法》第四条[law1]",
        "《示例劳动法》第四条[law2]",
    ]
    assert line_shown(second.lines[0]) == "《示例劳动法》第四条[law3]"


def test_a_provision_told_before_is_told_by_the_number_of_that_note(check):
    given = document(
        Paragraph(content=(text("案情"), NoteRef(id="own"), text("。"))),
        "《示例劳动法》第四条规定名册。《示例劳动法》第三条规定原则。",
        "仍依《示例劳动法》第四条。",
        own="案情自述。",
    )

    again = told(given, check).notes["law3"]
    in_full = told(given, check, full_first=False).notes["law3"]

    assert spoken_words(again.content) == "同前注〔2〕，《示例劳动法》第四条。"
    assert again.provenance is not None
    assert spoken_words(in_full.content) == NOTE_ON_FOURTH


def test_a_law_as_a_whole_is_told_once(check):
    done = told(document("依《示例劳动法》处理。《示例劳动法》另有规定。"), check)

    assert list(done.notes) == ["law1"]
    assert spoken_words(done.notes["law1"].content) == (
        "《中华人民共和国示例劳动法》（2018年10月1日文本），现行有效，2019年1月1日起施行。"
    )


def test_a_long_range_gets_one_note_and_a_row_for_each_provision(check):
    done = told(document("见《示例劳动法》第三条至第十条。"), check)

    assert [spoken_words(note.content) for note in done.notes.values()] == [
        "《中华人民共和国示例劳动法》（2018年10月1日文本）第三条至第十条，共8处"
        "，现行有效，2019年1月1日起施行。"
    ]
    assert len(done.checked) == 8


def test_a_first_day_before_the_version_is_told_as_that_of_the_law(check):
    (cited,) = check("《示例劳动法》第四条")
    provision = replace(cited.targets[0], version_date="2020-12-26", effective_date="1997-10-01")

    assert spoken_words(note_of(provision)).endswith("”，现行有效，该法1997年10月1日起施行。")


def test_several_paragraphs_of_an_article_are_parted_in_its_note(check):
    done = told(document("见《示例劳动法》第二条。"), check)

    assert Break() in done.notes["law1"].content


def test_footnotes_are_cited_for_themselves(check):
    given = document(
        Paragraph(content=(text("依《示例劳动法》第三条"), NoteRef(id="own"), text("。"))),
        own="另见《示例劳动法》第九百条，同法第九百零一条。",
    )

    done = told(given, check)

    assert line_shown(done.notes["own"].content) == (
        "另见《示例劳动法》第九百条⚠【该法无此条】，同法第九百零一条⚠【该法无此条】。"
    )
    assert [row.verdict for row in done.checked].count("no_such_article") == 2


def test_same_law_in_a_footnote_is_not_that_of_the_page(check):
    given = document(
        Paragraph(content=(text("依《示例劳动法》第三条"), NoteRef(id="own"), text("。"))),
        own="该法第四条。",
    )

    assert told(given, check).checked[-1].verdict != "verified"


def test_telling_again_changes_nothing_and_marks_of_faults_that_are_mended_go(check):
    given = document(
        "依《示例劳动法》第四条和《示例劳动法》第九百条，用人单位必须登记。",
        Paragraph(
            content=(
                text("《示例劳动法》第三条"),
                Mark(reason="该法无此条"),
                Mark(reason="请律师复核"),
                text("。"),
            )
        ),
    )

    once = told(given, check)

    assert told(once, check) == once
    assert shown(once.blocks[1]) == "《示例劳动法》第三条⚠【请律师复核】[law2]。"


def test_an_appendix_lists_each_provision_once_and_leaves_the_text_alone(check):
    words = "依《示例劳动法》第四条、第三条和《示例劳动法》第四条处理。"

    done = told(document(words), check, style="appendix")

    first, heading, items = done.blocks
    assert shown(first) == words
    assert shown(heading) == "附：引用法条"
    assert isinstance(items, Items)
    assert (items.start, len(items.items)) == (1, 2)
    assert not done.notes


def test_inline_adds_marks_only(check):
    done = told(document("依《示例劳动法》第四条和第九百条。"), check, style="inline")

    assert shown(done.blocks[0]) == "依《示例劳动法》第四条和第九百条⚠【该法无此条】。"
    assert not done.notes


def test_a_blank_is_never_cut_and_no_word_is_lost(check):
    line = (text("原告"), Blank(label="姓名"), text("依《示例劳动法》第四条"), Blank(), text("。"))

    done = told(document(Paragraph(content=line)), check)

    assert flow_of(done.blocks).text == "原告【姓名：　】依《示例劳动法》第四条【　】。"
    assert notes_in_order(done) == ["law1"]


def test_results_of_another_document_are_refused(check):
    with pytest.raises(ValueError, match="1 texts were to be cited, got 2"):
        with_citations(document("甲"), [(), ()])


def test_what_goes_between_the_processes_is_plain(check):
    cited = check("《示例劳动法》第四条规定：“名册应当保存至少三年”。")

    assert pickle.loads(pickle.dumps(cited)) == cited
    assert cited[0].should_be == "二"
    assert cited[0].quote == (14, 24)


def test_facts_of_the_user_need_no_law(content, lookup):
    words = "依《示例劳动法》第四条，名册应当保存，被告已欠薪三个月。"

    def faults(asked: str) -> list[str]:
        found = cite(words, content, lookup=lookup, as_of=TODAY, asked=asked)
        return [one.reason for one in found if one.reason]

    assert faults("") == ["“三个月”不见于所引法条"]
    assert faults("公司欠薪三个月") == []
    assert faults("公司欠薪四个月") == ["“三个月”不见于所引法条"]


def test_the_sentence_of_a_citation_is_its_context(check):
    done = told(document("甲方迟延。乙方依《示例劳动法》第四条起诉；另案处理。"), check)

    assert done.checked[0].context == "乙方依《示例劳动法》第四条起诉；"
    assert sentence_at("甲", 0, 1) == "甲"


def test_ids_of_notes_that_are_there_are_left_alone(check):
    line = (text("见"), NoteRef(id="law1"), text("《示例劳动法》第四条"))
    given = replace(document(Paragraph(content=line)), notes={"law1": Footnote(content=())})

    done = told(given, check)

    assert notes_in_order(done) == ["law1", "law2"]
    assert done.notes["law1"] == Footnote(content=())


def test_a_sentence_of_the_frame_needs_no_law_and_its_citations_are_checked_all_the_same(check):
    ours = "本函不影响委托人依法享有的其他权利"
    words = f"{ours}。\n\n被告应当付款。\n\n依《示例劳动法》第九百条，所填内容应当真实。"
    frame = frozenset([ours, "依《示例劳动法》第九百条，所填内容应当真实"])

    (found,) = without_frame([words], [check(words)], frame)

    assert [(words[one.start : one.end], one.verdict) for one in found] == [
        ("被告应当付款", "uncited"),
        ("《示例劳动法》第九百条", "no_such_article"),
    ]
    assert without_frame([words], [check(words)], frozenset()) == (check(words),)
