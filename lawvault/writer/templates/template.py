"""Templates: a document with places for what is told, and sections that are to be written.

Those that ship lie in `lawvault/data/templates/`, one YAML file each; those of users are YAML
front matter with a Markdown body, or a plain text with `{{slots}}` alone.  A template is data:
slots are replaced by words, nothing in it is ever evaluated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from lawvault.writer.slots.slot import Slot
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.fields import FIELDS, Section, Sheet, read_fields
from lawvault.writer.templates.plain_yaml import Node, read_yaml
from lawvault.writer.templates.use import by_use, check_use

MAX_CHARS = 1_000_000
"""How long the text of a template may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template.

    `body` is Markdown; a paragraph that is a `{{name}}` alone becomes the blocks of that slot,
    section or sheet.  `signature` and `appendix` stand below it, a line each; `title` may hold
    slots.  `notes` say in Chinese what of a user's template is text though it looks like a slot.
    """

    id: str
    name: str
    body: str
    version: str = "1"
    kind: str = ""
    profile: str = "lawfirm"
    description: str = ""
    title: str = ""
    slots: tuple[Slot, ...] = ()
    sections: tuple[Section, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    signature: tuple[str, ...] = ()
    appendix: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def texts(self) -> Iterator[str]:
        """Yield all its words that may use slots."""
        yield from (self.title, self.body, *self.signature, *self.appendix)
        for sheet in self.sheets:
            for row in sheet.rows:
                yield from row.lines

    def names(self) -> frozenset[str]:
        """Return the ids that its words may use."""
        parts: tuple[Slot | Section | Sheet, ...] = (*self.slots, *self.sections, *self.sheets)
        return frozenset(part.id for part in parts)


@cache
def shipped_templates() -> Mapping[str, Template]:
    """Return the templates that ship, by id, in order of their ids.

    Raises:
        TemplateError: one is broken, or names a slot that it does not have.
    """
    found = {}
    for name, text in _shipped_texts():
        try:
            template = _of_fields(read_yaml(text))
            strange = check_use(template.body, template.names())
        except TemplateError as error:
            raise TemplateError(f"{name}：{error}") from error
        if strange:
            raise TemplateError(f"{name}：{strange[0]}")
        found[template.id] = template
    return dict(sorted(found.items()))


def shipped_template(template_id: str) -> Template:
    """Return the template of that id.

    Raises:
        TemplateError: none has it.
    """
    shipped = shipped_templates()
    if template_id not in shipped:
        offered = "、".join(f"{known.id}（{known.name}）" for known in shipped.values())
        raise TemplateError(f"没有模板“{template_id[:40]}”；内置模板有：{offered}")
    return shipped[template_id]


def parse_template(text: str, *, template_id: str = "", name: str = "") -> Template:
    """Return the template that a user wrote.

    A text whose first line is `---` begins with YAML: the fields of a shipped template but its
    body, which is the Markdown after the next `---`.  Without it every `{{x}}` is a required slot
    of type text.  What merely looks like a slot stays text and is named in `notes`.

    Args:
        text: the template.
        template_id: its id where the text gives none.
        name: its name where the text gives none; else its first line.

    Raises:
        TemplateError: it is empty or too long, its YAML is wrong, a slot is not closed, has an
            unknown type, or its id is taken.
    """
    if len(text) > MAX_CHARS:
        raise TemplateError(f"模板长 {len(text)} 字，上限为 {MAX_CHARS} 字，请拆成几个模板")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front, body, lines_before = _front_matter(text)
    if not body.strip():
        raise TemplateError("模板没有正文，请写上至少一行")
    name = name or body.strip().split("\n")[0].strip("# *　")[:60]
    if front is None:
        slots, notes = by_use(body)
        return Template(id=template_id, name=name, body=body, slots=slots, notes=notes)
    if "body" in front.fields():
        raise front.fields()["body"].wrong("正文写在第二个“---”之后，不写在设置里")
    template = _of_fields(front, body=body, template_id=template_id, name=name)
    notes = check_use(body, template.names(), lines_before=lines_before)
    return replace(template, notes=notes)


def _shipped_texts() -> Iterator[tuple[str, str]]:
    folder = resources.files("lawvault.data").joinpath("templates")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield file.name, file.read_text(encoding="utf-8")


def _front_matter(text: str) -> tuple[Node | None, str, int]:
    """Return the YAML before the body, the body, and how many lines stand before it."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            front = read_yaml("\n".join(lines[1:number]), lines_before=1)
            return front, "\n".join(lines[number + 1 :]), number + 1
    raise TemplateError("开头的“---”之后没有第二个“---”，设置没有结束", line=1, column=1)


def _of_fields(
    node: Node, *, body: str | None = None, template_id: str = "", name: str = ""
) -> Template:
    fields = node.fields(*FIELDS)
    told = read_fields(fields)
    if body is None:
        if "body" not in fields:
            raise node.wrong("缺少正文 body")
        body = fields["body"].text()
    return Template(**{"id": template_id, "name": name, **told, "body": body})
