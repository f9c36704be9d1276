"""The frame of a draft: every section that is to be written has its place in it."""

import pytest

from lawvault.proof.cited import concludes
from lawvault.proof.prose import sentences
from lawvault.writer.citations.flow import flow_of
from lawvault.writer.drafting.frames import frame_of, own_sentences, shown
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.filling import fill
from lawvault.writer.templates.template import shipped_template, shipped_templates


@pytest.mark.parametrize("template", shipped_templates().values(), ids=lambda one: one.id)
def test_every_section_of_a_shipped_template_has_its_place(template) -> None:
    frame, filled = frame_of(template, {}), fill(template, {})

    assert {one.id for one in frame.sections} == {one.id for one in filled.to_write}
    assert frame.outline == to_markdown(filled.document)
    assert all(frame.outline.count(shown(one)) == 1 for one in frame.sections)


def test_the_sentences_of_a_template_itself_are_known_and_what_people_fill_in_is_not() -> None:
    letter, form = (
        own_sentences(shipped_template(name)) for name in ("lawyer_letter", "loan_answer")
    )

    assert "本函不影响委托人依法享有的其他权利" in letter
    assert {"所填内容应当真实", "虚假陈述的，依法承担责任"} <= form
    assert not any("{{" in words or words.endswith("。") for words in letter | form)
    assert not any("日内：" in words for words in letter)  # a number of days is filled in


def test_no_sentence_of_a_shipped_template_concludes_with_a_slot_in_it() -> None:
    """Such a one could not be told from a claim of whoever fills in the slot."""
    for template in shipped_templates().values():
        text = flow_of(read_markdown("\n\n".join(template.texts())).document.blocks).text
        words = [text[one.start : one.end] for one in sentences(text)]
        assert not [one for one in words if "{{" in one and concludes(one)], template.id
