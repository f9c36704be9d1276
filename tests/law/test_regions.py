"""Tests of lawvault.law.regions: which names mean one region."""

import pytest

from lawvault.law.regions import region_key


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("上海市", "上海"),
        ("新疆维吾尔自治区", "新疆"),
        ("宁夏回族自治区", "宁夏"),
        ("内蒙古自治区", "内蒙古"),
        ("香港特别行政区", "香港"),
        ("大兴安岭地区", "大兴安岭"),
        ("甘孜藏族自治州", "甘孜藏族"),
        ("贵州省", "贵州"),
        ("杭州市", "杭州"),
    ],
)
def test_a_region_is_the_same_with_its_kind_and_without(full: str, short: str):
    assert region_key(full) == region_key(short) == short
