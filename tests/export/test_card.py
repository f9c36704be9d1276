"""The model card: metadata that a hub can read, the numbers that were measured, the licence."""

import re

import pytest
import yaml

from lawvault.errors import ConfigError
from lawvault.export.card import BASES, licence_of, model_card
from lawvault.retrieve.metrics import MEASURES

E5, GEMMA = BASES


@pytest.fixture
def report() -> dict:
    means = {name: round(0.11 + 0.1 * place, 4) for place, name in enumerate(MEASURES)}
    return {
        "questions": "generate-0123456789/test",
        "queries": 321,
        "articles": 1842,
        "systems": {
            "bm25": {name: value / 2 for name, value in means.items()},
            "base": {name: value - 0.01 for name, value in means.items()},
            "tuned": means,
        },
        "tuned_minus_base": {"ndcg@10": {"mean": 0.0123, "low": -0.0048, "high": 0.0321}},
        "ranks": {"better": 0.5, "same": 0.3, "worse": 0.2},
        "train": {"merge_weight": 0.3},
    }


@pytest.fixture
def fingerprint() -> dict:
    return {
        "base": E5,
        "dimension": 384,
        "query_prefix": "query: ",
        "document_prefix": "passage: ",
        "title_separator": " ",
    }


def front_matter(card: str) -> dict:
    match = re.match(r"---\n(.*?)\n---\n\n# ", card, re.DOTALL)
    assert match, "a card begins with its metadata"
    return yaml.safe_load(match[1])


def test_the_front_matter_says_licence_base_and_use(report, fingerprint):
    fields = front_matter(model_card("lawvault-embed", "mit", report, fingerprint))

    assert fields["license"] == "mit"
    assert fields["base_model"] == "intfloat/multilingual-e5-small"
    assert fields["library_name"] == "sentence-transformers"
    assert fields["pipeline_tag"] == "sentence-similarity"
    assert "retrieval" in fields["tags"]
    assert fields["language"] == "zh"


@pytest.mark.parametrize("base", ["/home/anna/a model: odd", "models/a/b/c", "C:\\model", "# x"])
def test_the_folder_of_a_base_stays_out_of_the_card(report, fingerprint, base):
    card = model_card("x", "mit", report, {**fingerprint, "base": base})

    assert "base_model" not in front_matter(card)
    assert "/home/anna" not in card
    assert f"huggingface.co/{base}" not in card


@pytest.mark.parametrize("licence", ["mit", "cc-by-4.0: odd", "#none", "[x", "yes"])
def test_any_licence_survives_the_front_matter(report, fingerprint, licence):
    assert front_matter(model_card("x", licence, report, fingerprint))["license"] == licence


def test_the_card_carries_every_measured_number(report, fingerprint):
    card = model_card("lawvault-embed", "mit", report, fingerprint)

    for name, means in report["systems"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| {name} |")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells == [name, *(f"{means[measure]:.3f}" for measure in MEASURES)]
    assert f"| system | {' | '.join(MEASURES)} |" in card
    assert "+0.012 (95 % paired bootstrap -0.005 to +0.032)" in card
    assert "50% better, 30% same, 20% worse" in card
    assert "321 questions (generate-0123456789/test), 1842 articles" in card
    assert "weight of the tuned model: 0.3" in card


def test_the_card_says_how_text_is_put_to_the_model(report, fingerprint):
    card = model_card("lawvault-embed", "mit", report, fingerprint)

    assert "`'query: '`" in card
    assert "`'passage: '`" in card
    assert "384 dimensions" in card
    assert 'SentenceTransformer("lawvault-embed")' in card


def test_questions_of_the_training_kind_are_named_as_such_and_real_ones_not(report, fingerprint):
    own = model_card("x", "mit", report, fingerprint)
    real = model_card("x", "mit", {**report, "questions": "stard/queries.json"}, fingerprint)

    assert "real questions gain less" in own
    assert "real questions gain less" not in real


@pytest.mark.parametrize(
    ("base", "wanted", "licence"),
    [
        (E5, "", "mit"),
        (E5, "mit", "mit"),
        (GEMMA, "", "gemma"),
        (GEMMA, "gemma", "gemma"),
        ("/models/own", "apache-2.0", "apache-2.0"),
    ],
)
def test_a_release_is_under_the_licence_of_its_base(base, wanted, licence):
    assert licence_of(base, wanted) == licence


@pytest.mark.parametrize(
    ("base", "wanted", "complaint"),
    [
        (GEMMA, "mit", r"export\.licence=mit: google/embeddinggemma-300m .* under gemma"),
        (E5, "apache-2.0", "multilingual-e5-small .* under mit"),
        ("/models/own", "", r"export\.licence must name the licence of /models/own"),
    ],
)
def test_another_licence_or_an_unknown_one_is_refused(base, wanted, complaint):
    with pytest.raises(ConfigError, match=complaint) as refusal:
        licence_of(base, wanted)

    assert refusal.value.exit_code == 2
