"""The kinds of references: over the toy corpus' whole graph, and in sentences of real statutes."""

import pytest

from lawvault.agent.links import interprets, kind_of, links
from lawvault.retrieve.content import Content


def kind_in(marked: str) -> str:
    """Return the kind of the reference that stands in 【】."""
    start = marked.index("【")
    end = marked.index("】") - 1
    return kind_of(marked.replace("【", "").replace("】", ""), start, end)


def test_every_reference_of_the_toy_corpus_is_found_with_its_kind(content, reference_graph):
    ids = [str(row["article_id"]) for law in content.laws() for row in _labels(content, law)]

    found = links(content, ids, limit=50)

    forward = {
        (one.source_id, one.found.article_id): one.kind for one in found if not one.is_reverse
    }
    reverse = {(one.found.article_id, one.source_id): one.kind for one in found if one.is_reverse}
    assert forward == reference_graph
    assert reverse == reference_graph


def _labels(content: Content, law: dict[str, object]) -> list[dict[str, object]]:
    return content.labels(str(law["law_id"]))


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("用人单位不得依照本法第四十条、【第四十一条】的规定解除劳动合同：", "exception"),
        ("除【本法第二十二条】和第二十三条规定的情形外，不得约定违约金。", "exception"),
        ("除本法第二十二条和【第二十三条】规定的情形外，不得约定违约金。", "exception"),
        ("当事人对【本法第四十七条】规定以外的其他劳动争议裁决不服的，可以起诉。", "exception"),
        ("继承的财产，但是【本法第一千零六十三条第三项】规定的除外；", "exception"),
        ("延长工作时间不受【本法第四十一条】规定的限制：", "exception"),
        ("【本法第九条】另有规定的，依照其规定。", "exception"),
        ("【本法第三条】所称的利害关系人，包括股东。", "definition"),
        ("违反【本法第二十条】规定的，处一万元以下罚款。", "penalty"),
        ("依照【本法第九十条】的规定予以处罚。", "penalty"),
        ("交通警察有【本法第一百一十五条】所列行为之一，给予行政处分。", "penalty"),
        ("未依照【本法第十四条】规定报案，造成严重后果的，依法给予处分。", "penalty"),
        ("交付期限没有约定的，适用【本法第五百一十条】、第五百一十一条的规定。", "application"),
        ("其他有偿合同，参照适用【前条】的规定。", "application"),
        ("（一）劳动者依照【本法第三十八条】规定解除劳动合同的；", "application"),
        ("具有【本法第五百零六条】规定的无效情形；", "refers"),
        ("认定是否尽到【前条第二项】规定的核实义务，应当考虑下列因素：", "refers"),
        ("广告除应当符合【本法第七十三条】的规定外，还应当声明用途。", "refers"),
        ("有【本法第四十七条】规定情形之一的境外组织，可以列入名单。", "refers"),
        ("但是，提单应当符合【本法第四十四条】的规定。", "refers"),
        ("但是，【本法第四十二条】规定的劳动合同的终止，按照国家规定执行。", "exception"),
        ("【本法第二十条】的规定，也适用于托管人。", "application"),
        ("【本法第六十条】关于不设股东会的规定，适用于股份有限公司。", "application"),
        ("（二）依照刑法第十七条、【第十八条】规定不负刑事责任的；", "application"),
        ("有下列行为的，处罚款：\n（一）违反【本法第四十四条】规定，挖掘公路的；", "penalty"),
        ("适用范围另行规定。违反约定的，按照【第五条】办理。", "application"),
    ],
)
def test_the_words_around_a_reference_say_its_kind(sentence, kind):
    assert kind_in(sentence) == kind


def test_under_a_heading_on_liability_a_sanction_makes_a_penalty():
    words = "开展第二十七条规定的活动，造成破坏的，责令停止。"

    assert kind_of(words, 2, 7, chapter="第六章 法律责任") == "penalty"
    assert kind_of(words, 2, 7) == "refers"


def test_a_sentence_before_does_not_colour_a_reference():
    assert kind_in("但是，当事人另有约定的除外。\n合同依照【第三条】的规定成立。") == "application"


@pytest.mark.parametrize(
    ("law", "other", "is_so"),
    [
        ("劳动合同法实施条例", "劳动合同法", True),
        ("最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）", "民法典", True),
        ("最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）", "民事诉讼法", False),
        ("劳动合同法", "劳动法", False),
        ("刑法修正案（八）", "刑法", False),
        ("劳动合同法", "劳动合同法", False),
    ],
)
def test_a_law_interprets_the_one_it_is_made_for(law, other, is_so):
    assert interprets(law, other) is is_so


def test_only_law_in_force_on_the_day_is_linked(content):
    now = "示例劳动法@2018-10-01"
    found = links(content, [f"{now}/15"], limit=20, versions=[now])

    assert {one.found.article_id for one in found} == {f"{now}/44"}
