"""What the agent says to an LLM: the phases of `conf/prompts/agent`, and the names of its data."""

from pathlib import Path
from typing import Literal, get_args

from lawvault.config.tree import CONF
from lawvault.models.prompts import Prompts, read_prompts

FOLDER = CONF / "prompts" / "agent"
Phase = Literal["plan", "judge", "claims", "prose", "repair", "short", "rewrite"]
PHASES: tuple[Phase, ...] = get_args(Phase)
LABELS = {
    "question": "问题",
    "sub_question": "子问题",
    "sub_questions": "子问题",
    "tried": "已用过的检索句",
    "evidence": "法条",
    "claims": "论点",
    "faults": "错误",
    "report": "报告",
    "turns": "对话",
}
"""Slots of the user turn that hold data, and what its fence calls each."""


def load(folder: Path = FOLDER) -> Prompts:
    """Return the prompts of a folder.

    Raises:
        ConfigError: a file is missing, empty or has a slot that cannot be.
    """
    return read_prompts(folder, PHASES, LABELS)
