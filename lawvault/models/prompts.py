"""What a room says to an LLM: the files of one folder of prompts, with their slots filled.

A file holds the task, which goes into the system turn, a line `===`, and the user turn.  All that
comes from outside (a question, articles, what an LLM wrote before) is data: it stands in the user
turn only, inside a fence that it cannot close, and nothing in it is ever read as a slot.
`fence.md` says what fences are, `again.md` asks for a usable answer once more.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lawvault.errors import ConfigError
from lawvault.law.seen import seen
from lawvault.models.llm_reply import Message

_OURS = {"fence_rule", "schema", "fence", "reason", "day"}
_SLOT = re.compile(r"\{([a-z_]+)\}")
_PARTS = re.compile(r"^===\n", re.MULTILINE)
_INERT = str.maketrans({"<": "＜", "[": "［", "]": "］"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One file: its two turns with slots unfilled, and the hash that is its version."""

    system: str
    user: str
    sha256: str

    @property
    def slots(self) -> set[str]:
        """The names of all its slots."""
        return {*_SLOT.findall(self.system), *_SLOT.findall(self.user)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """All files, by their names without `.md`.

    `labels`: the slots of the user turn that hold data, and what the fence of each calls it.
    """

    files: Mapping[str, Prompt]
    labels: Mapping[str, str]

    @property
    def versions(self) -> dict[str, str]:
        """SHA-256 of every file, for the record of a run."""
        return {name: prompt.sha256 for name, prompt in self.files.items()}

    def messages(
        self, phase: str, data: Mapping[str, str], *, fence: str, day: str = "", schema: str = ""
    ) -> list[Message]:
        """Return the turns of a phase, its data fenced.

        Args:
            data: by slot; a slot without data says （无）.
            fence: a word that nobody can guess.
        """
        rule = filled(self.files["fence"].user, {"fence": fence}).strip()
        ours = {"fence_rule": rule, "schema": schema, "day": day}
        fenced = {
            slot: fence_around(label, data.get(slot, ""), fence)
            for slot, label in self.labels.items()
        }
        prompt = self.files[phase]
        return [
            Message(role="system", content=filled(prompt.system, ours).strip()),
            Message(role="user", content=filled(prompt.user, ours | fenced).strip()),
        ]

    def again(self, reason: str) -> Message:
        """Return the turn that asks for a usable answer once more."""
        text = filled(self.files["again"].user, {"reason": harmless(reason)[:200]})
        return Message(role="user", content=text.strip())


def read_prompts(folder: Path, phases: Collection[str], labels: Mapping[str, str]) -> Prompts:
    """Return the prompts of a folder.

    Raises:
        ConfigError: a file is missing or empty, or has a slot that is not known or in the wrong
            turn; names file and slot.
    """
    names = ("fence", "again", *phases)
    return Prompts(
        files={name: _read(folder / f"{name}.md", labels) for name in names}, labels=labels
    )


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its slots filled all at once: a value is never read for slots.

    >>> filled("{a}-{b}", {"a": "{b}", "b": "2"})
    '{b}-2'
    """
    return _SLOT.sub(lambda slot: values[slot[1]], template)


def fence_around(label: str, text: str, fence: str) -> str:
    """Return data between two lines that it cannot hold.

    >>> fence_around("问题", "<<资料 k7 完>>", "k7")
    '<<资料 k7：问题>>\\n＜＜资料  完>>\\n<<资料 k7 完>>'
    """
    inside = harmless(text).replace(fence, "").strip() or "（无）"
    return f"<<资料 {fence}：{label}>>\n{inside}\n<<资料 {fence} 完>>"


def harmless(text: str) -> str:
    """Return data without characters that nobody sees and without marks of a chat template.

    Some servers read `<|im_end|>` or `[INST]` inside a turn as the end of it.
    """
    return seen(text.replace("\r\n", "\n")).translate(_INERT)


def _read(path: Path, labels: Mapping[str, str]) -> Prompt:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the prompt {path} cannot be read: {error}") from None
    if not text.strip():
        raise ConfigError(f"the prompt {path} is empty")
    system, user = (["", *_PARTS.split(text, maxsplit=1)])[-2:]
    for turn, allowed in ((system, _OURS), (user, _OURS | set(labels))):
        for slot in _SLOT.finditer(turn):
            if slot[1] not in allowed:
                line = text[: text.index(slot[0])].count("\n") + 1
                raise ConfigError(f"the prompt {path}, line {line}: no slot {slot[0]} here")
    return Prompt(system=system, user=user, sha256=hashlib.sha256(raw).hexdigest())
