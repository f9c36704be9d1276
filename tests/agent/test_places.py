"""Places: the table is sound, and names that are common words count only with 市."""

from lawvault.agent.places import places_in, regions_of


def test_every_province_is_there():
    provinces = (
        "北京天津河北山西内蒙古辽宁吉林黑龙江上海江苏浙江安徽福建江西山东河南湖北湖南广东广西海南"
    )
    provinces += "重庆四川贵州云南西藏陕西甘肃青海宁夏新疆香港澳门台湾"

    assert len(places_in("、".join(places_in(provinces)))) == 34


def test_a_city_brings_its_province():
    assert places_in("在苏州市租房") == ("江苏", "苏州")


def test_a_common_word_is_no_place_without_its_kind():
    assert places_in("朝阳小区的黄山松") == ()
    assert places_in("朝阳市的房子") == ("辽宁", "朝阳")


def test_a_street_is_no_place():
    assert places_in("南京路的店，西安银行") == ()


def test_regions_are_spelt_as_the_pack_spells_them():
    assert regions_of(("广东", "香港"), ["香港特别行政区", "广东", "全国"]) == (
        "香港特别行政区",
        "广东",
    )
