"""The words of a note on a provision."""

import pytest

from lawvault.law.address import Address
from lawvault.law.provisions import find_part
from lawvault.law.resolve import Target
from lawvault.writer.citations.flow import spoken_words
from lawvault.writer.citations.provision import is_note, lead_of, note_of
from lawvault.writer.document import Provenance

ARTICLE = (
    "用人单位有下列情形之一的，劳动者可以解除劳动合同：\n（一）甲；\n（二）乙：\n1.丙；\n2.丁；\n"
    "（三）戊。\n称“己”的，可以立即解除。"
)


def provision(article, address):
    ((place, start, end),) = find_part(article, address)
    target = Target(law="某法", law_id="某法", address=place, start=start, end=end)
    return Provenance(
        article_id="",
        law_id="某法",
        law_name="某法",
        version_date="",
        address=str(place),
        text=article[start:end],
        start=start,
        end=end,
        sha256="",
        status="",
        lead=lead_of(article, target),
    )


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (
            {"item": 1},
            "第一款第一项：“用人单位有下列情形之一的，劳动者可以解除劳动合同：（一）甲；”。",
        ),
        (
            {"paragraph": 1, "item": 3},
            "第一款第三项：“用人单位有下列情形之一的，劳动者可以解除劳动合同：……（三）戊。”。",
        ),
        (
            {"item": 2, "subitem": 2},
            "第一款第二项第二目：“用人单位有下列情形之一的，劳动者可以解除劳动合同：……（二）乙：……2.丁；”。",
        ),
        ({"paragraph": 2}, "第二款：“称‘己’的，可以立即解除。”。"),
    ],
)
def test_an_item_is_told_with_the_words_that_lead_to_it(part, told):
    words = spoken_words(note_of(provision(ARTICLE, Address(number=38, **part))))

    assert words == f"《某法》第三十八条{told}"
    assert is_note(words)
    assert is_note(words.replace("：“", "：「").replace("”。", "」。"))  # as notes once were
