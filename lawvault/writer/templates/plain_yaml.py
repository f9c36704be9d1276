"""YAML of strangers, read as plain words with their places.

Only mappings, lists and scalars.  Nothing is constructed: no tags, no types of YAML 1.1 (`是`, `no`
and 2026-03-02 are words), no anchors and aliases, by which a few lines become gigabytes.  Whoever
reads a value says what it has to be, and an error names the line.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from lawvault.writer.templates.error import TemplateError

MAX_CHARS = 200_000
MAX_DEPTH = 10
MAX_NODES = 20_000


Plain = str | list["Plain"] | dict[str, "Plain"]
"""What a YAML text says, without places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of a YAML text: words, a list or a mapping, and where it stands."""

    value: "str | list[Node] | dict[str, Node]"
    line: int
    column: int

    def wrong(self, message: str) -> TemplateError:
        """Return the error `message` at this place, to be raised."""
        return TemplateError(message, line=self.line, column=self.column)

    def text(self) -> str:
        """Return the words."""
        if not isinstance(self.value, str):
            raise self.wrong("这里应当是一段文字，不是列表或多个字段")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if self.value not in ("true", "false"):
            raise self.wrong("这里只能写 true 或 false")
        return self.value == "true"

    def number(self) -> int:
        """Return a whole number, 0 or more, below a hundred million."""
        text = self.text()
        if not (text.isascii() and text.isdigit() and len(text) < 9):
            raise self.wrong(f"这里应当是不超过 8 位的正整数，现为“{text[:20]}”")
        return int(text)

    def items(self) -> "list[Node]":
        """Return the items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("这里应当是列表，每项以“- ”开头")
        return self.value

    def fields(self, *known: str) -> "dict[str, Node]":
        """Return the fields of a mapping, all of which must be `known`, if any are named."""
        if not isinstance(self.value, dict):
            raise self.wrong("这里应当是“字段: 内容”的形式")
        for name, node in self.value.items():
            if known and name not in known:
                raise node.wrong(f"不认识的字段“{name[:40]}”；可用的有：{'、'.join(known)}")
        return self.value

    def plain(self) -> "Plain":
        """Return strings, lists and dicts, without places."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        return self.value


def read_yaml(text: str, *, lines_before: int = 0) -> Node:
    """Return what `text` says; its places are those in a file with `lines_before` it.

    Raises:
        TemplateError: it is too long or too deep, no YAML, or has tags, anchors, aliases or the
            same field twice.
    """
    if len(text) > MAX_CHARS:
        raise TemplateError(f"模板设置长 {len(text)} 字，上限为 {MAX_CHARS} 字")
    try:
        _refuse_excess(yaml.parse(text, yaml.SafeLoader), lines_before)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        raise TemplateError(f"模板设置中有不能出现的字符（第 {error.position + 1} 个）") from None
    except yaml.MarkedYAMLError as error:
        line, column = _place(error.problem_mark or error.context_mark, lines_before)
        message = f"不是正确的 YAML，请检查缩进、冒号后的空格与引号（{error.problem}）"
        raise TemplateError(message, line=line, column=column) from None
    if node is None:
        return Node(value={}, line=1 + lines_before, column=1)
    return _node(node, lines_before)


def _refuse_excess(events: Iterator[yaml.Event], lines_before: int) -> None:
    depth = 0
    for number, event in enumerate(events):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        message = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = "模板中不能用 YAML 的锚点（&）和引用（*）；若是文字，请加引号"
        elif getattr(event, "tag", None):
            message = "模板中不能用 YAML 标签（!）；若是文字，请加引号"
        elif depth > MAX_DEPTH:
            message = f"嵌套超过 {MAX_DEPTH} 层"
        elif number > MAX_NODES:
            message = f"设置超过 {MAX_NODES} 项"
        if message:
            line, column = _place(event.start_mark, lines_before)
            raise TemplateError(message, line=line, column=column)


def _place(mark: object, lines_before: int) -> tuple[int, int]:
    if not isinstance(mark, yaml.Mark):
        return 1 + lines_before, 1
    return mark.line + 1 + lines_before, mark.column + 1


def _node(node: yaml.Node, lines_before: int) -> Node:
    line, column = _place(node.start_mark, lines_before)
    if isinstance(node, yaml.SequenceNode):
        items = [_node(item, lines_before) for item in node.value]
        return Node(value=items, line=line, column=column)
    if not isinstance(node, yaml.MappingNode):
        return Node(value=str(node.value), line=line, column=column)
    fields: dict[str, Node] = {}
    for key, value in node.value:
        name = _node(key, lines_before)
        if not isinstance(name.value, str):
            raise name.wrong("字段名应当是文字；以“{{”开头的内容请加引号")
        if name.value in fields:
            raise name.wrong(f"字段“{name.value[:40]}”重复")
        fields[name.value] = _node(value, lines_before)
    return Node(value=fields, line=line, column=column)
