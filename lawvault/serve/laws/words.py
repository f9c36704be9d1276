"""Why a reference leads nowhere, and what a citation's verdict is, in Chinese for people.

The law rooms say why in English, for logs; programs read `problem` and `verdict`.  The words for
verdicts are those of reports and documents, `lawvault.proof.cited.REASONS`.
"""

from lawvault.law.citations import Citation
from lawvault.law.resolve import (
    AMBIGUOUS,
    NO_ADDRESS,
    NO_LAW_NAMED,
    NO_SUCH_ARTICLE,
    NO_SUCH_LAW,
    NO_SUCH_PART,
    NO_TEXT,
)
from lawvault.proof.cited import REASONS, finding_of

PROBLEMS = {
    NO_LAW_NAMED: "没有写明是哪部法律",
    NO_SUCH_LAW: "未收录这部法律",
    AMBIGUOUS: "所指不明，可能是几部法律或几处条文",
    NO_SUCH_ARTICLE: "这部法律没有这一条",
    NO_SUCH_PART: "这一条没有这一款或项",
    NO_ADDRESS: "不能确定是哪一条",
    NO_TEXT: "未收录这部法律的正文",
}
_MOVED = "该法后来修改过，此处文字与引用时不同"


def spoken_problem(problem: str) -> str:
    """Return why a reference leads nowhere for sure, "" for no problem."""
    return PROBLEMS[problem] if problem else ""


def spoken_reason(reason: str) -> str:
    """Return the `reason` of the table refs: a problem, or that the law has changed, or neither."""
    return PROBLEMS.get(reason.partition(":")[0], _MOVED) if reason else ""


def spoken(citation: Citation) -> str:
    """Return what a verdict says, "" for `verified`."""
    if citation.verdict == "out_of_scope":
        return REASONS["out_of_scope"]
    return finding_of(citation).reason
