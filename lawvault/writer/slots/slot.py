"""The slots of a template: what is asked, of which type, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SLOT_TYPES: Mapping[str, str] = {
    "text": "一行文字",
    "long_text": "多段文字",
    "date": "日期",
    "money": "金额（元）",
    "integer": "整数",
    "person": "当事人（自然人或单位）",
    "choice": "选项",
    "list": "若干条文字",
    "evidence": "证据清单",
    "yes_no": "是或否",
}
"""The types of slots and what they are called."""

MAX_CHARS: Mapping[str, int] = {"text": 500, "long_text": 20_000, "list": 2_000}
"""How long a value of a type, or one item of it, may be where the slot does not say."""


PARTS: Mapping[str, Mapping[str, str]] = {
    "natural": {
        "name": "姓名",
        "gender": "性别",
        "birth_date": "出生日期",
        "ethnicity": "民族",
        "workplace": "工作单位",
        "job": "职业或职务",
        "address": "住址",
        "id_number": "身份证号",
        "other_id": "其他证件及号码",
        "phone": "联系电话",
    },
    "legal": {
        "name": "名称",
        "address": "住所地",
        "credit_code": "统一社会信用代码",
        "representative": "法定代表人（主要负责人）",
        "representative_role": "代表人身份",
        "representative_title": "职务",
        "phone": "联系电话",
    },
}
"""The parts of a person, in the order of a document; `legal` is any organisation."""

KINDS: Mapping[str, str] = {"natural": "自然人", "legal": "法人、非法人组织"}

EVIDENCE_PARTS: Mapping[str, str] = {"name": "证据名称", "source": "来源", "purpose": "证明目的"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to a choice: `value` as conditions name it, `label` as it is printed."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A slot is asked for only if `slot`, declared before it, has the answer `value`."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing that a template asks for.

    `parts` of a person are those without which it is not complete, of either kind;
    `example` is what a value may look like, as JSON has it.
    """

    id: str
    type: str
    label: str
    group: str = ""
    required: bool = True
    many: bool = False  # person, choice
    help: str = ""
    example: Any = None
    max_chars: int = 0  # text, long_text, list; 0: `MAX_CHARS`
    min: int | None = None  # integer
    max: int | None = None  # integer
    capitals: bool = False  # money
    options: tuple[Option, ...] = ()  # choice
    parts: frozenset[str] = field(default=frozenset({"name"}))  # person
    when: Condition | None = None

    @property
    def limit(self) -> int:
        """How many characters a value, or one item of it, may have."""
        return self.max_chars or MAX_CHARS.get(self.type, MAX_CHARS["text"])

    def answers(self) -> tuple[str, ...]:
        """Return the answers that a condition may name; none if it cannot."""
        if self.type == "yes_no":
            return ("yes", "no")
        return tuple(option.value for option in self.options)
