"""The order of elements that the schema asks for (ISO/IEC 29500-1, Annex A, transitional)."""

import io

import docx
import pytest
from lxml import etree

from lawvault.writer.docx.wml import W, character, indent, twips
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import Look, profile
from tests.writer.docx.sample import DOCUMENT, parts

ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr pBdr shd tabs "
    "kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection "
    "textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
    "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect "
    "bdr shd fitText vertAlign rtl cs em lang eastAsianLayout",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc "
    "pgBorders lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection docGrid",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW "
    "jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "tblBorders": "top left bottom right insideH insideV",
    "tblCellMar": "top left bottom right",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection "
    "tcFitText vAlign hideMark",
    "tbl": "tblPr tblGrid tr",
    "tr": "tblPrEx trPr tc",
    "tc": "tcPr p",
    "sdt": "sdtPr sdtEndPr sdtContent",
    "sdtPr": "rPr alias tag id lock placeholder temporary showingPlcHdr dataBinding label tabIndex "
    "text",
    "numPr": "ilvl numId",
    "abstractNum": "nsid multiLevelType tmpl name styleLink numStyleLink lvl",
    "lvl": "start numFmt lvlRestart pStyle isLgl suff lvlText lvlPicBulletId legacy lvlJc pPr rPr",
    "num": "abstractNumId lvlOverride",
    "numbering": "numPicBullet abstractNum num numIdMacAtCleanup",
    "styles": "docDefaults latentStyles style",
    "docDefaults": "rPrDefault pPrDefault",
    "style": "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden "
    "unhideWhenUsed qFormat locked personal personalCompose personalReply rsid pPr rPr tblPr trPr "
    "tcPr tblStylePr",
    "font": "altName panose1 charset family notTrueType pitch sig",
    "settings": "writeProtection view zoom removePersonalInformation mirrorMargins "
    "bordersDoNotSurroundHeader bordersDoNotSurroundFooter proofState trackRevisions "
    "defaultTabStop drawingGridHorizontalSpacing drawingGridVerticalSpacing "
    "displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery evenAndOddHeaders "
    "characterSpacingControl savePreviewPicture hdrShapeDefaults footnotePr endnotePr compat "
    "docVars rsids mathPr attachedSchema themeFontLang clrSchemeMapping "
    "doNotAutoCompressPictures shapeDefaults decimalSymbol listSeparator",
    "compat": "spaceForUL balanceSingleByteDoubleByteWidth doNotLeaveBackslashAlone ulTrailSpace "
    "doNotExpandShiftReturn "
    "adjustLineHeightInTable useFELayout compatSetting",
}
ANY_ORDER = {"body", "p", "r", "hyperlink", "sdtContent", "trPr", "tblGrid", "fonts", "ftr", "hdr"}


def firms_file():
    """A firm's own file, as python-docx makes one: its styles and settings are those of Word."""
    saved = io.BytesIO()
    docx.Document().save(saved)
    return saved.getvalue()


def written(name):
    reference = firms_file() if name == "custom" else None
    return to_docx(DOCUMENT, profile(name), reference=reference).data


@pytest.mark.parametrize("name", ["gbt9704", "lawfirm", "court", "custom"])
def test_every_element_stands_where_the_schema_wants_it(name):
    seen = set()
    for part, words in parts(written(name)).items():
        if not part.startswith("word/") or not part.endswith(".xml"):
            continue
        for element in etree.fromstring(words).iter(f"{{{W}}}*"):
            tag = etree.QName(element).localname
            children = [etree.QName(child).localname for child in element if child.prefix == "w"]
            seen.update([tag] if children else [])
            order = ORDER.get(tag, "").split()
            assert not order or set(children) <= set(order), (part, tag, children)
            assert not order or children == sorted(children, key=order.index), (part, tag, children)
    assert set(ORDER) - {"compat"} <= seen


def test_what_has_no_order_in_this_test_needs_none():
    single = {"document", "footnotes", "footnote", "comments", "comment", "fldSimple"}
    single |= {"rPrDefault", "pPrDefault", "lvlOverride", "footnotePr"}
    for part, words in parts(written("gbt9704")).items():
        if part.startswith("word/") and part.endswith(".xml"):
            tags = {
                etree.QName(element).localname
                for element in etree.fromstring(words).iter(f"{{{W}}}*")
                if len(element)
            }
            assert tags <= set(ORDER) | ANY_ORDER | single, part


def test_an_indent_says_the_same_in_characters_and_in_twips():
    official = profile("gbt9704")

    found = indent(official.body, official.page).attrib

    assert found == {f"{{{W}}}firstLineChars": "200", f"{{{W}}}firstLine": "632"}
    assert 28 * character(official.body, official.page) == pytest.approx(official.page.text_width)


def test_a_length_is_rounded_down_so_that_22_lines_still_fit():
    assert twips(28.95) == 579
    assert indent(Look(font="宋体", size=12), profile("lawfirm").page) is None
