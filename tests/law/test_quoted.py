"""Words that a text quotes are the law's only if they are left in the sentences they are from."""

import pytest

from lawvault.law.quoted import abridges, holds, misquoted

DEPOSIT = (
    "债务人履行债务的，定金应当抵作价款或者收回。给付定金的一方不履行债务，致使不能实现合同目的的，"
    "无权请求返还定金；收受定金的一方不履行债务，致使不能实现合同目的的，应当双倍返还定金。"
)
LISTED = (
    "用人单位有下列情形之一的，劳动者可以解除劳动合同：\n（一）未提供劳动条件的；\n"
    "（二）未及时足额支付劳动报酬的；\n（三）未缴纳社会保险费的。\n"
    "用人单位以暴力手段强迫劳动的，劳动者可以立即解除劳动合同。"
)


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (DEPOSIT, "给付定金的一方……应当双倍返还定金"),
        (DEPOSIT, "给付定金的一方不履行债务，……应当双倍返还定金"),
        (DEPOSIT, "债务人履行债务的……无权请求返还定金"),
        (DEPOSIT, "给付定金的一方……无权请求返还定金……应当双倍返还定金"),
        (LISTED, "未及时足额支付劳动报酬……可以立即解除劳动合同"),
        (LISTED, "用人单位有下列情形之一的……可以立即解除劳动合同"),
    ],
)
def test_a_condition_spliced_with_what_another_sentence_orders_is_no_quotation(
    law: str, words: str
) -> None:
    assert not holds(law, words)
    assert not abridges(law, (0, len(law)), words)
    assert misquoted(words, [law]) is None


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (DEPOSIT, "给付定金的一方……无权请求返还定金"),
        (DEPOSIT, "收受定金的一方不履行债务……应当双倍返还定金。"),
        (DEPOSIT, "债务人履行债务的，……收回。……收受定金的一方……双倍返还定金"),
        (DEPOSIT, "债务人履行债务的……收受定金的一方不履行债务，……应当双倍返还定金"),
        (LISTED, "用人单位有下列情形之一的……可以解除劳动合同：……（二）未及时足额支付劳动报酬的"),
        (LISTED, "（一）未提供劳动条件的；……（三）未缴纳社会保险费的"),
        (LISTED, "用人单位以暴力手段……可以立即解除劳动合同"),
    ],
)
def test_words_left_out_of_one_sentence_or_between_whole_ones_do_not_matter(
    law: str, words: str
) -> None:
    assert holds(law, words) or abridges(law, (0, len(law)), words)
