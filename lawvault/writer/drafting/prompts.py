"""What the writer says to an LLM: the phases of `conf/prompts/writer`, and its data."""

from pathlib import Path
from typing import Literal, get_args

from lawvault.config.tree import CONF
from lawvault.models.prompts import Prompts, read_prompts

FOLDER = CONF / "prompts" / "writer"
Phase = Literal["draft", "section", "go_on", "repair", "revise"]
PHASES: tuple[Phase, ...] = get_args(Phase)
LABELS = {
    "instruction": "写作要求",
    "facts": "事实",
    "values": "已填内容",
    "materials": "材料",
    "outline": "文书框架",
    "before": "已写部分",
    "section": "待写部分",
    "paragraphs": "有问题的段落",
    "around": "选中部分的上下文",
    "selection": "选中部分",
}
"""Slots of the user turn that hold data, and what its fence calls each."""


def load(folder: Path = FOLDER) -> Prompts:
    """Return the prompts of a folder.

    Raises:
        ConfigError: a file is missing, empty or has a slot that cannot be.
    """
    return read_prompts(folder, PHASES, LABELS)
