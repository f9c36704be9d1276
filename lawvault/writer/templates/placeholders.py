"""`{{原告}}`: the places of a template where a value goes.

A slot is exactly two braces, an identifier, two braces.  Everything else is text: `{x}`, `{{{{`,
`{{ a.b }}`, `{{x|y}}`.  Nothing is ever evaluated.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lawvault.writer.templates.error import TemplateError

IDENTIFIER = r"(?!\w{41})[^\W\d_][^\W_]*(?:_[^\W_]+)*"
"""Letters (Chinese ones, too), digits and single inner underscores, 40 at most."""
_OPENED = re.compile(r"(?<!\{)\{\{(?!\{)")
_REST = re.compile(rf"([ \t]*)({IDENTIFIER})([ \t]*)\}}\}}(?!\}})")
_NAME = re.compile(rf"[ \t]*({IDENTIFIER})")
_PIECES = re.compile(
    rf"(?<!\{{)\{{\{{[ \t]*({IDENTIFIER})[ \t]*\}}\}}(?!\}})|【([^【】\n]*?)：?　】"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A place of a text that looks like a slot; `id` is "" if it cannot be one."""

    id: str
    is_spaced: bool
    text: str
    line: int
    column: int


def placeholders(text: str, *, lines_before: int = 0) -> Iterator[Used]:
    """Yield what stands between two braces in `text`, in order.

    Raises:
        TemplateError: a slot is opened and not closed on its line.
    """
    for number, line in enumerate(text.split("\n"), start=1 + lines_before):
        for opened in _OPENED.finditer(line):
            column = opened.start() + 1
            slot = _REST.match(line, opened.end())
            if slot:
                spaced = bool(slot[1] or slot[3])
                words = line[opened.start() : slot.end()]
                yield Used(id=slot[2], is_spaced=spaced, text=words, line=number, column=column)
                continue
            again = line.find("{{", opened.end())
            closed = line.find("}}", opened.end(), again if again >= 0 else len(line))
            if closed < 0:
                name = _NAME.match(line, opened.end())
                _refuse_unclosed(name[1] if name else "", number, column)
                continue
            words = line[opened.start() : closed + 2]
            yield Used(id="", is_spaced=False, text=words, line=number, column=column)


def _refuse_unclosed(name: str, line: int, column: int) -> None:
    if not name:
        return
    message = f"“{{{{{name}”没有以“}}}}”结束；填写项应写作 {{{{{name}}}}}"
    raise TemplateError(message, line=line, column=column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of some words: a slot, a blank (its label), or plain text."""

    text: str = ""
    slot: str = ""
    blank: str | None = None


def pieces(text: str, known: Collection[str]) -> Iterator[Piece]:
    """Yield the parts of `text`; a slot that is not `known` is text.

    >>> [piece.slot or piece.text for piece in pieces("原告：{{a}}，{{b}}", {"a"})]
    ['原告：', 'a', '，{{b}}']
    """
    done = 0
    for match in _PIECES.finditer(text):
        if match[1] is not None and match[1] not in known:
            continue
        if match.start() > done:
            yield Piece(text=text[done : match.start()])
        yield Piece(slot=match[1]) if match[1] else Piece(blank=match[2] or "")
        done = match.end()
    if done < len(text):
        yield Piece(text=text[done:])
