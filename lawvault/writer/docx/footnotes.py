"""Real footnotes, which python-docx has not: their part, its separators, the settings."""

from lxml import etree

from lawvault.writer.docx.inline import Runs
from lawvault.writer.docx.wml import W, face, w

SEPARATORS = ((-1, "separator"), (0, "continuationSeparator"))
_AFTER = (
    *("endnotePr", "compat", "docVars", "rsids", "mathPr", "attachedSchema", "themeFontLang"),
    *("clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures"),
    *("forceUpgrade", "captions", "readModeInkLockDown", "smartTagType", "schemaLibrary"),
    *("shapeDefaults", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator", "docId"),
)
"""What stands behind w:footnotePr in w:settings (ISO/IEC 29500-1, CT_Settings)."""


def footnotes(runs: Runs) -> "etree._Element":
    """Return w:footnotes with those that the ledger has placed."""
    root = w("footnotes", *(_separator(number, kind) for number, kind in SEPARATORS))
    for number, note in enumerate(runs.ledger.placed, 1):
        content = runs.of(runs.ledger.footnotes[note].content, "note")
        reference = w("rStyle", val=runs.styles.ids["FootnoteReference"])
        number_run = w("r", w("rPr", reference), w("footnoteRef"))
        style = w("pPr", w("pStyle", val=runs.styles.ids["note"]))
        paragraph = w("p", style, number_run, runs.text(" ", "note"), *content)
        root.append(w("footnote", paragraph, id=number))
    return root


def _separator(number: int, kind: str) -> "etree._Element":
    tight = w("pPr", w("spacing", before=0, after=0, line=240, lineRule="auto"))
    return w("footnote", w("p", tight, w("r", face(None), w(kind))), type=kind, id=number)


def announce(settings: "etree._Element") -> None:
    """Say in w:settings which footnotes are separators, in place of what it says."""
    for old in settings.findall(f"{{{W}}}footnotePr"):
        settings.remove(old)
    properties = w("footnotePr", *(w("footnote", id=number) for number, _ in SEPARATORS))
    for at, child in enumerate(settings):
        if etree.QName(child).localname in _AFTER:
            settings.insert(at, properties)
            return
    settings.append(properties)
