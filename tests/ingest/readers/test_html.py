"""HTML pages: the text a reader sees, tables as lines, and markup that is broken or hostile."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.readers.extracted import MAX_TEXT_CHARS, Extracted
from lawvault.ingest.readers.html import html_text
from tests.clock import least_seconds

TAGS = ["p", "div", "b", "table", "tr", "td", "ul", "li", "pre", "h1", "span", "head", "body"]
WORDS = st.text(st.sampled_from("第一条为了ab　"), min_size=1, max_size=5)
MARKUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<br/>"]),
        WORDS,
    )
).map("".join)


def text(markup: str) -> str:
    return html_text(markup).text


def test_a_whole_page_gives_its_paragraphs_and_nothing_of_its_head():
    page = """<!DOCTYPE html>
    <html><head><title>国家法律法规数据库</title><meta charset="utf-8">
    <style>p { color: red }</style><script>if (a < b) document.write("<p>x</p>")</script></head>
    <body><!-- 正文 --><h1>婚姻法</h1>
    <p>第一条　<b>为了</b>保护
    婚姻</p><noscript>请启用脚本</noscript><template><p>模板</p></template>
    <div>第二条</div>第三条</body></html>"""

    assert html_text(page) == Extracted(text="婚姻法\n第一条　为了保护 婚姻\n第二条\n第三条")


@pytest.mark.parametrize("line_break", ["<br>", "<br/>", "<br />", "<BR>", "</br>"])
def test_a_break_begins_a_line(line_break):
    assert text(f"<p>第一款{line_break}第二款</p>") == "第一款\n第二款"


def test_entities_are_characters():
    assert text("<p>a&lt;b&gt; &amp; &ldquo;x&rdquo; &#31532;&#x4e00;</p>") == "a<b> & “x” 第一"


def test_white_space_is_folded_but_the_full_width_and_the_hard_space_stay():
    assert text("<p>\n  第一条　　a \t b&nbsp;&nbsp;c  \n</p>") == "第一条　　a b\u00a0\u00a0c"


def test_lines_inside_pre_stay_lines():
    assert text("<pre>第一条\n第二条</pre>第三条\n后") == "第一条\n第二条\n第三条 后"


def test_paragraphs_that_are_never_closed_end_where_the_next_begins():
    assert text("<p>第一条<p>第二条<ul><li>甲<li>乙</ul>") == "第一条\n第二条\n甲\n乙"


def test_a_head_that_is_never_closed_hides_nothing():
    assert text("<head><title>题</title><p>第一条") == "第一条"


def test_a_row_of_a_table_is_a_line_with_tabs_between_its_cells():
    table = "<table><tr><th>行为<th>罚款<tr><td><p>超速</p><td>200<br>元</table>"

    assert text(f"<p>附表</p>{table}<p>后</p>") == "附表\n行为\t罚款\n超速\t200 元\n后"


def test_a_table_without_end_keeps_what_it_has():
    assert text("<table><tr><td>甲<td>乙") == "甲\t乙"


def test_cells_and_rows_without_a_table_lose_no_words():
    assert text("<td>甲</td><td>乙</td></tr></table>丙") == "甲\t乙\n丙"


def test_a_table_inside_a_cell_is_part_of_its_line():
    inner = "<table><tr><td>一</td><td>二</td></tr></table>"

    assert text(f"<table><tr><td>外</td><td>{inner}</td></tr></table>") == "外\t一 二"


def test_a_table_that_only_places_a_law_on_the_page_leaves_its_lines():
    law = "".join(f"<p>第{n}条</p>" for n in range(20))
    lines = "\n".join(f"第{n}条" for n in range(20))

    assert text(f"<table><tr><td>{law}</td></tr></table>") == lines
    assert text(f"<table><tr><td>栏目</td><td>{law}</td></tr></table>") == f"栏目\n{lines}"


def test_what_is_no_text_of_the_page_is_noted():
    page = "<p>第一条<img src=x><img src=y></p><del>旧</del><iframe src=z></iframe>"

    assert html_text(page) == Extracted(
        text="第一条",
        notes=["2 pictures left out", "1 deletion left out", "1 embedded document left out"],
    )


def test_what_word_writes_between_comments_does_not_end_the_reading():
    page = "<![if !supportEmptyParas]>第一条<![endif]><!--[if gte mso 9]><xml>x</xml><![endif]-->后"

    assert text(page) == "第一条后"


@pytest.mark.parametrize("element", ["script", "style", "template", "noscript", "del"])
def test_an_element_that_hides_text_and_never_ends_is_refused_with_its_line(element):
    with pytest.raises(ValueError, match=rf"<{element}> of line 2 never ends"):
        html_text(f"<p>第一条</p>\n<{element}>第二条<b></b>")


@pytest.mark.parametrize("end", ["<p", "<!-- x", "</p", "<a href='x", "<![CDATA["])
def test_a_page_that_ends_inside_a_tag_is_refused(end):
    with pytest.raises(ValueError, match="the page ends inside a tag"):
        html_text(f"<p>第一条</p>{end}")


def test_a_comment_that_never_ends_is_refused_with_its_line():
    with pytest.raises(ValueError, match="line 2: a comment begins and never ends"):
        html_text("<p>第一条\n<!-- <p>第二条</p>")


@pytest.mark.parametrize("reference", ["&#0;", "&#xD800;", "&#x110000;", "\ufffd"])
def test_a_character_that_means_none_is_refused_with_its_line(reference):
    with pytest.raises(ValueError, match=r"line 2: U\+FFFD"):
        html_text(f"<p>第一条</p>\n<p>为{reference}了</p>")


def test_a_sign_of_less_than_is_text():
    assert text("<p>a < b</p> 1<2") == "a < b\n1<2"


def test_a_page_beyond_all_measure_is_refused():
    with pytest.raises(ValueError, match="more than 20000000 characters"):
        html_text("a" * (MAX_TEXT_CHARS + 1))


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + "第一条",
        "<b>" * 100_000 + "第一条" + "</b>" * 100_000,
        "<table><tr><td>" * 20_000 + "第一条",
        "第一条" + "<p>" * 100_000,
        "第一条" + "</div>" * 100_000,
    ],
    ids=["div", "b", "table", "p", "ends"],
)
def test_deep_nesting_costs_no_stack(markup):
    assert text(markup) == "第一条"


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "<!-- > ",
        "<![",
        "<?",
        "</a ",
        "&",
        "&#",
        "<",
        "<a x='>",
        "<![x>",
        "<a x='\">",
    ],
)
def test_broken_markup_repeated_a_hundred_thousand_times_is_answered_at_once(piece):
    def read() -> None:
        with contextlib.suppress(ValueError):
            html_text(piece * 100_000)

    assert least_seconds(read, below=5) < 5


@given(MARKUP)
def test_no_word_of_a_page_is_lost_or_doubled_however_its_tags_nest(markup):
    words = "".join(part.split(">")[-1] for part in markup.split("<"))

    assert "".join(text(markup).split()) == "".join(words.split())
