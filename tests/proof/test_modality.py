"""What the law orders, and what a text orders in its words, are told apart only where plain."""

import pytest

from lawvault.proof.modality import flips

LAW = (
    "当事人履行通知义务的，可以在合理期限内要求对方书面确认；当事人未履行通知义务的，"
    "不得在合理期限后主张权利，应当自行承担由此产生的费用。\n该期限包含在合同履行期限内。"
)


@pytest.mark.parametrize(
    ("text", "said", "law"),
    [
        ("有关单位应当在合理期限内要求对方书面确认", "应当", "可以"),
        ("当事人履行通知义务的，应当自行承担由此产生的费用", "应当", "可以"),
        ("当事人未履行通知义务的，可以在合理期限后主张权利", "可以", "不得"),
        ("无须自行承担由此产生的费用", "无须", "应当"),
        ("该期限不包含在合同履行期限内", "不", ""),
    ],
)
def test_what_turns_the_law_is_seen(text: str, said: str, law: str) -> None:
    found = list(flips(text, [LAW]))

    assert [(flip.said, flip.law) for flip in found] == [(said, law)]


@pytest.mark.parametrize(
    "text",
    [
        "有关单位可以在合理期限内要求对方书面确认",
        "当事人未履行通知义务的，应当自行承担由此产生的费用",
        "该期限不包含在合同履行期限内的，另行约定",
        "如该期限不包含在合同履行期限内，双方另行约定",
        "该期限包含在合同履行期限内",
        "当事人不履行通知义务",
        "应当尽快协商",
    ],
)
def test_what_is_the_laws_or_a_mere_supposition_is_let_be(text: str) -> None:
    assert list(flips(text, [LAW])) == []


def test_a_condition_goes_on_to_what_has_none_of_its_own() -> None:
    law = "经营者有欺诈行为的，应当按照要求赔偿损失。消费者也可以请求行政部门调解。"

    assert list(flips("经营者有欺诈行为的，消费者也可以请求行政部门调解", [law])) == []
