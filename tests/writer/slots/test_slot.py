import contextlib
import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.slots.cleaning import Cleaning, ValueFaultError
from lawvault.writer.slots.identity import credit_code_fault, id_number_fault, phone_fault
from lawvault.writer.slots.money import LIMIT, amount_of, in_capitals, in_figures
from lawvault.writer.slots.parties import Person
from lawvault.writer.slots.slot import SLOT_TYPES, Option, Slot
from lawvault.writer.slots.values import Evidence, is_empty, read_value

AMOUNTS = st.integers(0, int(LIMIT) * 100 - 1).map(lambda cents: Decimal(cents) / 100)
DIGITS = "零壹贰叁肆伍陆柒捌玖"


def read(type_, raw, **fields):
    slot = Slot(id="x", type=type_, label="某项", **fields)
    return read_value(slot, raw, Cleaning())


def fault(type_, raw, **fields):
    with pytest.raises(ValueFaultError) as caught:
        read(type_, raw, **fields)
    return str(caught.value)


def part_fault(told):
    """Return the person that is told wrong, and what is said of it."""
    cleaning = Cleaning()
    (person,) = read_value(Slot(id="x", type="person", label="某项"), told, cleaning)
    return person, "\n".join(cleaning.faults)


def number_of(capitals):
    """Read 人民币…元…角…分 back, unit by unit."""
    total, section, digit = 0, 0, 0
    for char in capitals.removeprefix("人民币"):
        if char in DIGITS:
            digit = DIGITS.index(char)
        elif char in "拾佰仟":
            section, digit = section + digit * {"拾": 10, "佰": 100, "仟": 1000}[char], 0
        elif char in "万亿元":
            power = {"万": 10**4, "亿": 10**8, "元": 1}[char]
            total, section, digit = total + (section + digit) * power * 100, 0, 0
        elif char in "角分":
            total, digit = total + digit * {"角": 10, "分": 1}[char], 0
    return Decimal(total) / 100


@given(AMOUNTS)
def test_an_amount_in_capitals_says_the_same_number(amount):
    assert number_of(in_capitals(amount)) == amount


@given(AMOUNTS)
def test_an_amount_in_figures_or_capitals_is_read_back_as_itself(amount):
    assert amount_of(in_figures(amount)) == amount_of(in_capitals(amount)) == amount


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("１００", 100),
        ("五万元", 50_000),
        ("五万", 50_000),
        ("伍万元整", 50_000),
        ("3万", 30_000),
        ("1.2亿", 120_000_000),
        ("2百万元", 2_000_000),
        ("一亿零五百元", 100_000_500),
        ("十二万三千四百五十六元七角八分", Decimal("123456.78")),
        ("人民币 ５，０００．５０ 元", Decimal("5000.50")),
    ],
)
def test_amounts_as_people_write_them_are_read_and_shown_back(told, amount):
    cleaning = Cleaning()

    assert read_value(Slot(id="x", type="money", label="某项"), told, cleaning) == amount
    assert cleaning.readings == [f"“{told}”读作 {in_figures(Decimal(amount))}"]


@pytest.mark.parametrize("told", ["50000", "¥50,000.00", "50,000元", 50000])
def test_an_amount_in_plain_figures_needs_no_showing_back(told):
    cleaning = Cleaning()

    assert read_value(Slot(id="x", type="money", label="某项"), told, cleaning) == 50_000
    assert cleaning.readings == []


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "人民币零元整"),
        ("10", "人民币壹拾元整"),
        ("100005", "人民币壹拾万零伍元整"),
        ("100000000", "人民币壹亿元整"),
        ("10100000000", "人民币壹佰零壹亿元整"),
        ("107000.53", "人民币壹拾万柒仟元伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("0.50", "人民币伍角整"),
    ],
)
def test_zeros_in_capitals_are_said_as_banks_say_them(amount, words):
    assert in_capitals(Decimal(amount)) == words


@pytest.mark.parametrize(
    "told",
    [
        *(
            "-1",
            "1.005",
            "1e5",
            "1,00",
            "",
            "1000000000000",
            "9" * 400,
            "NaN",
            "元",
            "万",
            "约五万",
        ),
        *("一万五", "五十十元", "一万亿", "五万元左右", "万亿元", "1.2.3万", "零" * 400 + "元"),
    ],
)
def test_what_is_no_amount_to_the_cent_is_refused(told):
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        amount_of(told)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("11010519491231002X", ""),
        ("110105194912310021", "校验位"),
        ("11010519491331002X", "不是一个日期"),
        ("1101051949123100", "18 位"),
        ("११०१०५१९४९१२३१००२X", "18 位"),
    ],
)
def test_an_identity_number_proves_itself(number, said):
    assert said in id_number_fault(number)
    assert bool(said) == bool(id_number_fault(number))


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_an_identity_number_is_found(place, shift):
    number = "11010519491231002X"
    wrong = str((int(number[place]) + shift) % 10)

    assert id_number_fault(number[:place] + wrong + number[place + 1 :])


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_of_a_credit_code_is_found(place, char):
    code = "91350100M000100Y43"
    changed = code[:place] + char + code[place + 1 :]

    assert bool(credit_code_fault(changed)) == (changed != code)


@pytest.mark.parametrize(
    "number",
    [
        *("13800138000", "+86 13800138000", "+86 138-0013-8000", "010-66778899", "4008001234"),
        *("13800138000、13900139000", "138 0013 8000/(010)66778899", "+86 010-66778899转123"),
    ],
)
def test_telephone_numbers_as_people_write_them_are_taken(number):
    assert phone_fault(number) == ""


@pytest.mark.parametrize(
    "told",
    [
        *("2026-03-02", "2026-3-2", "2026年3月2日", "2026年03月02日", "2026/3/2", "2026.3.2"),
        *("20260302", "２０２６－０３－０２", "2026 年 3 月 2 日", "二〇二六年三月二日"),
    ],
)
def test_a_date_is_read_however_people_write_it_and_shown_back(told):
    cleaning = Cleaning()
    is_usual = told[4] in "-年" and not told.startswith("二")

    day = read_value(Slot(id="x", type="date", label="某项"), told, cleaning)

    assert day == datetime.date(2026, 3, 2)
    assert cleaning.readings == ([] if is_usual else [f"“{told}”读作 2026年3月2日"])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("2026-02-30", "不存在"),
        ("昨天", "2026-03-02"),
        ("1026-03-02", "1900"),
        ("2026/3-2", "不是日期"),
        ("20260230", "不存在"),
        ("2026032", "不是日期"),
    ],
)
def test_what_is_no_day_is_refused_with_how_to_write_one(told, said):
    assert said in fault("date", told)


@pytest.mark.parametrize("type_", SLOT_TYPES)
def test_a_value_of_a_megabyte_is_refused_by_every_type(type_):
    slot = {"options": (Option(value="a", label="甲"), Option(value="b", label="乙"))}
    if type_ == "person":
        said = part_fault({"kind": "natural", "name": "大" * 10**6})[1]
    else:
        said = fault(type_, "大" * 10**6, **(slot if type_ == "choice" else {}))

    assert "上限" in said


@pytest.mark.parametrize("type_", SLOT_TYPES)
@pytest.mark.parametrize(
    "raw", [[], {}, [[]], {"kind": []}, True, 1.5, [1] * 60, {"a": {}}, object()]
)
def test_any_shape_of_value_is_read_or_refused(type_, raw):
    options = (Option(value="a", label="甲"), Option(value="b", label="乙"))
    slot = Slot(id="x", type=type_, label="某项", options=options)

    with contextlib.suppress(ValueFaultError):
        assert read_value(slot, raw, Cleaning()) is not None


def test_control_characters_are_taken_out_and_counted():
    cleaning = Cleaning()
    slot = Slot(id="x", type="text", label="某项")

    value = read_value(slot, "张\x00三\u202e\ud800\x1b\n李四\t五", cleaning)

    assert (value, cleaning.removed) == ("张三 李四 五", 4)


def test_a_long_text_keeps_its_lines_and_a_text_has_one():
    assert read("long_text", "甲\r\n乙\r丙") == "甲\n乙\n丙"
    assert read("text", "甲\r\n乙") == "甲 乙"


def test_a_choice_takes_values_and_labels_and_names_the_options_otherwise():
    options = (Option(value="a", label="甲"), Option(value="b", label="乙"))

    assert read("choice", "乙", options=options) == ("b",)
    assert read("choice", ["b", "a"], options=options, many=True) == ("a", "b")
    assert fault("choice", ["a", "b"], options=options) == "只能选一项"
    assert "甲、乙" in fault("choice", "丙", options=options)


def test_whole_numbers_keep_to_their_limits():
    assert read("integer", "7", min=1, max=9) == read("integer", "７") == 7
    assert "不小于 1" in fault("integer", 0, min=1)
    assert "不大于 9" in fault("integer", "10", max=9)
    assert "不是整数" in fault("integer", "1.5")


@pytest.mark.parametrize(
    ("told", "value"), [(True, True), ("是", True), ("no", False), (False, False)]
)
def test_yes_and_no_are_read_from_words_and_booleans(told, value):
    assert read("yes_no", told) is value


def test_a_list_is_lines_or_items_and_empty_ones_fall_out():
    assert read("list", "甲\n\n乙") == read("list", ["甲", "", "乙"]) == ("甲", "乙")


def test_evidence_needs_a_name_and_knows_its_fields():
    told = [{"name": "合同", "purpose": "证明约定"}, "收条"]

    assert read("evidence", told) == (
        Evidence(name="合同", purpose="证明约定"),
        Evidence(name="收条"),
    )
    assert fault("evidence", [{"source": "原告"}]) == "第 1 项证据没有名称"
    assert "purpose（证明目的）" in fault("evidence", [{"name": "合同", "page": "3"}])


def test_a_person_is_told_in_parts_and_numbers_are_checked():
    told = {
        "kind": "natural",
        "name": "王某",
        "gender": "女",
        "birth_date": "1949-12-31",
        "id_number": "11010519491231002x",
    }

    (person,) = read("person", told)

    assert person == Person(
        kind="natural",
        parts={
            "name": "王某",
            "gender": "女",
            "birth_date": "1949年12月31日",
            "id_number": "11010519491231002X",
        },
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"id_number": "110105194912310021"}, "身份证号“110105194912310021”有误：校验位"),
        ({"id_number": "11010519491231002X", "gender": "男"}, "性别“男”与身份证号第 17 位不一致"),
        (
            {"id_number": "11010519491231002X", "birth_date": "1950-01-01"},
            "与身份证号中的 1949年12月31日",
        ),
        ({"gender": "其他"}, "性别应为“男”或“女”"),
        ({"phone": "12345"}, "联系电话“12345”有误"),
        ({"birth_date": "某日"}, "出生日期：“某日”不是日期"),
        ({"representative": "甲"}, "没有“representative”这一项"),
    ],
)
def test_a_wrong_part_of_a_person_is_named_and_left_out_alone(parts, said):
    person, faults = part_fault({"kind": "natural", "name": "王某", "address": "某地", **parts})

    assert said in faults
    assert person.parts == {"name": "王某", "address": "某地"}
    assert person.refused == parts.keys() - {"representative"}


def test_nobody_is_born_tomorrow():
    born = datetime.date.today() + datetime.timedelta(days=1)
    number = f"110105{born:%Y%m%d}002"

    assert "晚于今天" in part_fault({"kind": "natural", "birth_date": born.isoformat()})[1]
    assert any("晚于今天" in id_number_fault(f"{number}{check}") for check in "0123456789X")
    assert read("date", born.isoformat()) == born


def test_a_day_of_birth_in_an_unusual_spelling_is_shown_back():
    cleaning = Cleaning()
    told = {"kind": "natural", "birth_date": "1990/3/7"}

    (person,) = read_value(Slot(id="x", type="person", label="某项"), told, cleaning)

    assert person.parts == {"birth_date": "1990年3月7日"}
    assert cleaning.readings == ["“1990/3/7”读作 1990年3月7日"]


def test_numbers_in_full_width_are_those_in_half_width():
    told = {
        "kind": "natural",
        "id_number": "１１０１０５１９４９１２３１００２ｘ",
        "phone": "１３８００１３８０００",
    }

    assert read("person", told)[0].parts == {
        "id_number": "11010519491231002X",
        "phone": "13800138000",
    }


@pytest.mark.parametrize("raw", ["王某", {"name": "王某"}, {"kind": "alien", "name": "王某"}])
def test_a_person_is_never_guessed_to_be_natural_or_legal(raw):
    assert "natural" in fault("person", raw)


def test_several_persons_need_a_slot_for_several_and_faults_say_which():
    one = {"kind": "natural", "name": "甲"}

    assert fault("person", [one, one]) == "只能填一人（一个单位）"
    cleaning = Cleaning()
    slot = Slot(id="x", type="person", label="某项", many=True)
    assert len(read_value(slot, [one, {**one, "gender": "?"}], cleaning)) == 2
    assert cleaning.faults == ["第 2 位性别应为“男”或“女”"]


@pytest.mark.parametrize(
    "raw", [None, "", " \n", [], {}, [""], {"kind": "natural"}, [{"name": ""}]]
)
def test_an_empty_field_of_a_form_is_no_value(raw):
    assert is_empty(raw)
