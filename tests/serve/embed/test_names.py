"""Names of the model: which prefix each stands for, and aliases that may not be set."""

import pytest

from lawvault.config.limits import checked
from lawvault.config.serve import ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.names import Names

GEMMA = "embeddinggemma:300m"


def names(*aliases: str, model_name: str = "lawvault-embed") -> Names:
    return Names(ServeConfig(model_name=model_name, aliases=list(aliases)))


def test_all_names_are_listed_the_models_own_first():
    known = names(f"{GEMMA}=lawvault-embed:raw", "法律=lawvault-embed")

    assert list(known) == ["lawvault-embed", "lawvault-embed:raw", GEMMA, "法律"]


@pytest.mark.parametrize(
    ("name", "input_type", "side"),
    [
        ("lawvault-embed", None, "query"),
        ("lawvault-embed", "document", "document"),
        ("lawvault-embed:raw", None, "raw"),
        (GEMMA, None, "raw"),
        ("法律", None, "query"),
        ("法律", "document", "document"),
    ],
)
def test_a_name_stands_for_a_prefix(name, input_type, side):
    known = names(f"{GEMMA}=lawvault-embed:raw", "法律=lawvault-embed")

    assert known.side(name, input_type) == side


def test_aliases_follow_the_name_that_the_operator_gave_the_model():
    assert names("a=m:raw", model_name="m").side("a") == "raw"


@pytest.mark.parametrize("name", ["", "gpt-4", "lawvault-embed:latest", "x" * 10_000])
def test_an_unknown_name_is_not_found_and_not_repeated_at_length(name):
    with pytest.raises(ApiError) as refusal:
        names().side(name)

    assert (refusal.value.status, refusal.value.code) == (404, "model_not_found")
    assert len(refusal.value.message) < 150


def test_the_config_takes_aliases():
    config = Config()
    config.serve.aliases = [f"{GEMMA}=lawvault-embed:raw", "bge-m3=lawvault-embed"]

    assert checked(config).serve.alias_targets() == {
        GEMMA: "lawvault-embed:raw",
        "bge-m3": "lawvault-embed",
    }


@pytest.mark.parametrize(
    "aliases",
    [
        [""],
        [GEMMA],
        ["=lawvault-embed"],
        ["a="],
        ["a=gpt-4"],
        ["a=lawvault-embed:document"],
        ["a=b=lawvault-embed"],
        ["a b=lawvault-embed"],
        ["a\n=lawvault-embed"],
        ["x" * 81 + "=lawvault-embed"],
        ["a=lawvault-embed", "a=lawvault-embed:raw"],
        ["lawvault-embed=lawvault-embed:raw"],
        ["lawvault-embed:raw=lawvault-embed"],
    ],
)
def test_the_config_refuses_aliases_that_stand_for_nothing_or_for_two(aliases):
    config = Config()
    config.serve.aliases = aliases

    with pytest.raises(ConfigError, match=r"serve\.aliases"):
        checked(config)
