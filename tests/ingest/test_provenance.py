"""Folder, title and history tell where a law comes from; what nothing tells is not guessed."""

import pytest

from lawvault.ingest.provenance import provenance

PASSED = "2020年1月1日 第十三届全国人民代表大会常务委员会第一次会议通过"


@pytest.mark.parametrize(
    ("source", "title", "history", "category"),
    [
        ("宪法/宪法.md", "中华人民共和国宪法", "", "宪法"),
        ("刑法/刑法.md", "中华人民共和国刑法", "", "法律"),
        ("刑法/刑法修正案（八）.md", "中华人民共和国刑法修正案（八）", "", "修正案"),
        ("行政法规/甲条例.md", "甲条例", "", "行政法规"),
        ("司法解释/甲解释.md", "最高人民法院关于甲的解释", "", "司法解释"),
        ("部门规章/公安部/甲规定.md", "甲规定", "", "部门规章"),
        ("DLC/广东地方法规/地方性法规/广东/甲条例.md", "深圳经济特区甲条例", "", "地方性法规"),
        ("其他/攻略.md", "劳动仲裁的攻略", "", "其他"),
        ("甲法_20200101.docx", "中华人民共和国甲法", PASSED, "法律"),
        ("甲.docx", "关于修改《中华人民共和国甲法》的决定", PASSED, "其他"),
        ("甲.docx", "全国人民代表大会常务委员会关于修改《甲法》的决定", PASSED, "修改决定"),
        ("甲.docx", "最高人民法院关于甲的规定", "", "司法解释"),
        ("甲.docx", "浙江省甲条例", "", "地方性法规"),
        ("甲.docx", "甲条例", "2001年1月1日中华人民共和国国务院令第1号公布", "行政法规"),
        ("甲.docx", "甲办法", "", "其他"),
    ],
)
def test_category(source: str, title: str, history: str, category: str) -> None:
    assert provenance(source, title, history).category == category


@pytest.mark.parametrize(
    ("source", "title", "history", "region"),
    [
        ("行政法规/甲条例.md", "甲条例", "", "全国"),
        ("DLC/重庆地方法规/地方性法规/重庆/甲条例.md", "彭水苗族土家族自治县甲条例", "", "重庆市"),
        ("甲.docx", "北京市甲条例", "", "北京市"),
        ("甲.docx", "广西壮族自治区甲条例", "", "广西壮族自治区"),
        ("甲.docx", "海南自由贸易港甲条例", "", "海南省"),
        ("甲.docx", "杭州市甲条例", "2001年1月1日浙江省第九届人民代表大会常务委员会批准", "浙江省"),
        ("经济法/海关法.md", "中华人民共和国海关法", PASSED, "全国"),
    ],
)
def test_region(source: str, title: str, history: str, region: str) -> None:
    assert provenance(source, title, history).region == region


@pytest.mark.parametrize(
    ("source", "title", "history", "issuer"),
    [
        ("社会法/甲法.md", "中华人民共和国甲法", PASSED, "全国人民代表大会常务委员会"),
        (
            "司法解释/甲.md",
            "最高人民法院、最高人民检察院关于甲的解释",
            "",
            "最高人民法院、最高人民检察院",
        ),
        ("部门规章/公安部/甲规定.md", "甲规定", "", "公安部"),
        ("甲.docx", "甲条例", "2001年1月1日 国务院令第1号公布", "国务院"),
        ("甲.docx", "甲条例", "", ""),
    ],
)
def test_issuer(source: str, title: str, history: str, issuer: str) -> None:
    assert provenance(source, title, history).issuer == issuer
