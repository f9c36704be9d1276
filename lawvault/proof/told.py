"""Figures that the user told of himself: they need no law, except where they are made a rule.

"您工作满三年" repeats a fact.  "您的仲裁时效为三年" is a rule, whoever named the three years first.
"""

import re

from lawvault.proof.figures import Figure, figures_of

_PERSONAL = re.compile("您|你|本案|本人|咨询人")
_CUT = re.compile(r"[，,。；;：:！？\n（）()]")
_REACH, _SHORT = 30, 4
_RULE = re.compile(
    r"时效|冷静期|(?:上诉|起诉|复议|举证|答辩)期|至[多少]|[上下]限|法定|不得|必须|应当?(?:在|于|自|最迟)"
    r"|最[长高低多少短迟晚]|(?:可以?|能)约定|内[^，。；]{0,6}(?:申请|提起|提出|起诉|上诉|主张|行使)"
    r"|时间(?:内|来|去)?(?:申请|起诉|提起|主张)"
)
_CLAIMS = re.compile("[可应须需能获得享赔付还]|有权")
_ORDERS = re.compile("支付|赔偿|补偿|返还|[应须可处]|不得|每满|视为|有权")
_TIMES = re.compile("倍")
_SAID = re.compile(
    r"听说|提[到及出]|所[述说称问主]|认为|误[以认]|没有(?:法律)?依据|不成立|并非|不是|而非|违反|不符|无效"
    r"|(?<!不)(?<!不得)(?:超过|超出|低于|高于|少于|短于|长于)|(?<!可)(?<!可以)(?<!能)约定(?:的|了)"
    r"|已经?|曾|过[了的]?$"
)


class Told:
    """What the user told."""

    def __init__(self, facts: str) -> None:
        self._known = {(f.kind, f.value) for f in figures_of(facts)}

    def has(self, text: str, figure: Figure) -> bool:
        """Say whether a figure of a sentence that speaks to the user is a fact he told."""
        if (figure.kind, figure.value) not in self._known or not _PERSONAL.search(text):
            return False
        clause, about = _around(text, figure)
        if not _PERSONAL.search(clause) and _ORDERS.search(clause):
            return False
        if figure.kind == "元" or _SAID.search(clause):
            return True
        if _TIMES.search(text[figure.start : figure.end]) and _CLAIMS.search(about):
            return False
        return not _RULE.search(about)


def _around(text: str, figure: Figure) -> tuple[str, str]:
    """Return the clause of a figure; with the one before it, where it says nothing by itself."""
    before = _CUT.split(text[max(0, figure.start - _REACH) : figure.start])
    after = _CUT.split(text[figure.end : figure.end + _REACH])[0]
    clause = before[-1] + text[figure.start : figure.end] + after
    alone = len(before[-1]) + len(after) <= _SHORT and len(before) > 1
    return clause, (before[-2] + clause) if alone else clause
