"""Who signs stands centred over the date, which ends four characters from the edge."""

import pytest

from lawvault.writer.document import Blank, Document, Signature, Text
from lawvault.writer.html import to_html
from lawvault.writer.profiles import profile
from lawvault.writer.signing import insets
from lawvault.writer.text import to_text

FIRM, DATE = (Text(text="江州衡正律师事务所（盖章）"),), (Text(text="2026年7月10日"),)
SIGNED = (Text(text="律师（签名）："), Blank())


@pytest.mark.parametrize("lines", [(DATE,), (FIRM, DATE), (SIGNED, DATE), (FIRM, SIGNED, DATE)])
def test_the_date_keeps_its_place_and_all_lines_their_room(lines):
    left, right = insets(lines, room=28, right=4)

    middle = (left + 28 - right) / 2
    behind = 28 - middle - 6.5 / 2  # 2026年7月10日 is 6.5 characters wide
    assert behind == pytest.approx(4) or (right == 0 and 4 < behind < 5)


def test_a_line_that_is_too_long_for_that_moves_the_date_to_the_left():
    name = (Text(text="甲" * 24),)

    assert insets((name, DATE), room=28, right=4) == (2, 0)


def test_room_to_sign_is_a_line_and_no_bracket():
    document = Document(blocks=(Signature(lines=(SIGNED, (Blank(label="日期"),))),))

    assert to_text(document) == "律师（签名）：____________\n【日期：　】\n"
    html = to_html(document, profile("gbt9704"))
    assert "律师（签名）：<u>&nbsp;" in html
    assert "【　】" not in html
    assert "text-align:center" in html
    assert "text-align:right" in to_html(document, profile("court"))
