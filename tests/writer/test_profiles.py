import pytest

from lawvault.errors import ConfigError
from lawvault.writer.document import MAX_LEVEL
from lawvault.writer.profiles import PROFILES, SUBSTITUTES, profile


def test_a_profile_is_found_by_its_name():
    assert all(profile(name).name == name for name in ("gbt9704", "lawfirm", "court", "custom"))


def test_an_unknown_profile_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigError, match=r"'letter'.*gbt9704, lawfirm, court, custom"):
        profile("letter")


def test_the_text_of_an_official_document_is_156_by_225_millimetres():
    page = profile("gbt9704").page

    assert page.width - page.left - page.right == 156
    assert page.height - page.top - page.bottom == 225


def test_22_lines_of_the_body_fit_on_an_official_page_and_23_do_not():
    for name in ("gbt9704", "court"):
        page, pitch = profile(name).page, profile(name).body.pitch

        assert 22 * pitch <= page.text_height < 23 * pitch


def test_official_fonts_and_sizes_are_those_of_the_standard():
    official = profile("gbt9704")

    assert (official.title.font, official.title.size) == ("方正小标宋简体", 22)
    assert (official.body.font, official.body.size) == ("仿宋_GB2312", 16)
    assert [look.font for look in official.headings[:3]] == ["黑体", "楷体_GB2312", "仿宋_GB2312"]
    assert [look.bold for look in official.headings] == [False] * 5


@pytest.mark.parametrize("name", PROFILES)
def test_every_level_has_a_look_and_every_font_a_substitute(name):
    chosen = profile(name)

    assert len(chosen.headings) == MAX_LEVEL
    assert set(chosen.fonts) <= set(SUBSTITUTES)
    assert list(chosen.substitutes) == list(chosen.fonts)
