"""The frame of a draft: every section that is to be written has its place in it."""

import pytest

from lawvault.writer.filling import fill
from lawvault.writer.frames import frame_of, shown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates import shipped_templates


@pytest.mark.parametrize("template", shipped_templates().values(), ids=lambda one: one.id)
def test_every_section_of_a_shipped_template_has_its_place(template) -> None:
    frame, filled = frame_of(template, {}), fill(template, {})

    assert {one.id for one in frame.sections} == {one.id for one in filled.to_write}
    assert frame.outline == to_markdown(filled.document)
    assert all(frame.outline.count(shown(one)) == 1 for one in frame.sections)
