"""What the user of a document told: figures of the parties and the case, which no law need have."""

import re
from collections.abc import Iterable
from fractions import Fraction

from lawvault.proof.figures import figures

Facts = frozenset[tuple[str, Fraction]]
"""Kind and value of each figure."""

_PARTIES = re.compile(
    "原告|被告|申请人|答辩人|上诉人|第三人|委托人|双方|[甲乙丙我对贵]方|[我贵]司|本案|[您你]"
)


def facts_of(told: str) -> Facts:
    """Return the figures that a text tells."""
    return frozenset((figure.kind, figure.value) for figure in figures(told))


def is_fact(words: str, sentence: str, facts: Facts) -> bool:
    """Say whether words at fault in a sentence on the parties have only figures that were told."""
    said = facts_of(words) if facts else frozenset()
    return bool(said) and said <= facts and bool(_PARTIES.search(sentence))


def told_figures(texts: Iterable[str], told: str) -> str:
    """Return the figures of a document that its user told, in its own words.

    >>> told_figures(["原告的月工资为8,000元，试用期二个月。"], "每月 8000 元")
    '8,000元'
    """
    facts = facts_of(told)
    found = (
        text[figure.start : figure.end]
        for text in texts
        for figure in figures(text)
        if (figure.kind, figure.value) in facts
    )
    return "、".join(dict.fromkeys(found))
