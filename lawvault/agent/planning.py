"""The plan of a run, by an LLM: the question in up to five parts, each with what to search for.

Whatever the LLM says, the question itself is searched for, too, and what it names is looked up; so
a plan can add to what is found and never hide anything.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from lawvault.agent.ask import Ask
from lawvault.agent.nouns import Asked, Plan, SubQuestion
from lawvault.agent.prepared import Remark
from lawvault.agent.replies import key, line, lines
from lawvault.agent.rules import MAX_QUERY, MAX_QUESTIONS
from lawvault.law.names import short_name
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, bounds

ANSWER_TOKENS = 1500
MAX_QUERIES, MAX_KEYWORDS, MAX_CITATIONS = 5, 8, 5
_Words = Annotated[str, bounds(maxLength=60)]
_Two = Annotated[list[_Words], bounds(maxItems=2)]
_Some = Annotated[list[_Words], bounds(maxItems=MAX_CITATIONS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    question: Annotated[str, bounds(maxLength=100)]
    everyday: _Two = field(default_factory=list)
    statute: _Two = field(default_factory=list)
    keywords: Annotated[list[Annotated[str, bounds(maxLength=12)]], bounds(maxItems=6)] = field(
        default_factory=list
    )
    laws: _Some = field(default_factory=list)
    citations: _Some = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    questions: Annotated[list[_Part], bounds(minItems=1, maxItems=MAX_QUESTIONS)]


SCHEMA = JsonSchema("plan", _Parts)


async def plan(ask: Ask, asked: Asked) -> Plan:
    """Return the plan of a question.

    Only laws that the question names filter; others that the LLM thinks of become keywords.

    Raises:
        Unusable: the LLM makes none.
        Exhausted: the budget does not allow it.
    """
    prepared = ask.prepared("plan", asked, {}, answer=ANSWER_TOKENS, schema=SCHEMA)

    parts = await ask.complete(prepared, SCHEMA, _different)
    if len(parts) > MAX_QUESTIONS:
        ask.remark(Remark(phase="plan", kind="trimmed", count=len(parts) - MAX_QUESTIONS))
    questions = [_sub_question(n, part, asked) for n, part in enumerate(parts[:MAX_QUESTIONS], 1)]
    return Plan(questions=tuple(questions), by="llm")


def _different(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts that ask something, each once."""
    parts = dict[str, dict[str, Any]]()
    for part in said["questions"]:
        parts.setdefault(key(line(part["question"], MAX_QUERY)), part)
    parts.pop("", None)
    if not parts:
        raise RejectedAnswer("questions: empty")
    return list(parts.values())


def _sub_question(number: int, part: dict[str, Any], asked: Asked) -> SubQuestion:
    text = line(part["question"], MAX_QUERY)
    own = [asked.text] if number == 1 else []
    named = {short_name(law): law for law in asked.laws}
    laws = [short_name(law.strip("《》")) for law in lines(part["laws"], 60, MAX_CITATIONS)]
    guessed = [law for law in laws if law not in named]
    named_by_user = asked.citations if number == 1 else ()
    queries = [*own, text, *part["everyday"], *part["statute"]]
    return SubQuestion(
        id=f"q{number}",
        text=text,
        queries=tuple(lines(queries, MAX_QUERY, MAX_QUERIES + len(own))),
        keywords=tuple(lines([*part["keywords"], *guessed], 30, MAX_KEYWORDS)),
        laws=tuple(named[law] for law in laws if law in named),
        citations=tuple(
            dict.fromkeys([*named_by_user, *lines(part["citations"], 60, MAX_CITATIONS)])
        ),
    )
