"""The elements of a .docx as they are read, in the namespaces of both kinds of it."""

from lxml import etree

NAMESPACES = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
_OFF = ("0", "false", "off")


def word_of(element: "etree._Element") -> str:
    """Return the local name of an element of WordprocessingML, "" for any other."""
    tag = element.tag
    if not isinstance(tag, str):  # a comment or an instruction of XML
        return ""
    return tag.rpartition("}")[2] if tag.startswith(NAMESPACES) else ""


def value_of(element: "etree._Element", name: str) -> str:
    """Return an attribute of WordprocessingML, "" if it is missing."""
    return next((str(v) for s in NAMESPACES if (v := element.get(s + name)) is not None), "")


def lines_of(comment: "etree._Element") -> str:
    """Return the words of a comment, a line for each of its paragraphs."""
    paragraphs = [child for child in comment if word_of(child) == "p"]
    return "\n".join(
        "".join(node.text or "" for node in one.iter() if word_of(node) == "t")
        for one in paragraphs
    )


def has(element: "etree._Element", *path: str) -> bool:
    """Say whether an element has a child, with a child, … of these names."""
    for name in path:
        found = next((child for child in element if word_of(child) == name), None)
        if found is None:
            return False
        element = found
    return True


def is_hidden(run: "etree._Element") -> bool:
    """Say whether a run is hidden text."""
    for properties in run[:1]:
        if word_of(properties) == "rPr":
            marks = [child for child in properties if word_of(child) == "vanish"]
            return any(value_of(mark, "val") not in _OFF for mark in marks)
    return False
