"""A plan without an LLM: a question cut into the questions it holds, each with its queries.

What asks (怎么, 吗, 能不能) makes a question, and so does a bare wish before it (想离婚); what only
tells is a fact and goes with the question after it, and the facts at the beginning go with every
question.  Nothing of the text is lost: what is more than five questions stays together in the last.
"""

import re
from collections.abc import Sequence

from lawvault.agent.nouns import Asked, Plan, SubQuestion
from lawvault.agent.wording import keywords
from lawvault.retrieve.everyday import with_statute_words

MAX_QUESTIONS, MAX_QUERY = 5, 200
"""Questions of a plan, and characters of one query; statutes' words may be as many."""

_MAX_FACTS = 80
_SHORT = 12  # a question that needs words from before to be understood
_ENUMERATED = re.compile(
    r"(?:^|(?<=[\s。；;？?：:，,]))[（(]?(?:[1-9]|[一二三四五六七八九])(?:[）)、]|[.．](?![0-9]))"
)
_CLAUSE = re.compile(r"[^，,。；;？?！!\n]+[，,。；;？?！!\n]*")
_ASKS = re.compile(
    r"[吗么嘛](?=[，,。；;？?！!\s]|$)|多少|多久|多长"
    r"|(?:怎么|怎样|如何|(?<!没)什么|哪[些个里种条家]|谁[来的]?)(?![^，,。；;？?]{0,4}[也都])"
    r"|(?:判|要|得|能|罚|赔|提前)几[年月天个倍次]|能否|可否|是否|有无|可不可以|[能要该会]不[能要该会]|是不是|算不算"
    r"|有没有|合不合法|为何|[？?]\s*$|呢\s*[？?，。]"
)
_ACT = "离婚|辞职|离职|退[货款租房婚股]|解约|赔偿|补偿|索赔|起诉|上诉|仲裁|报警"
_WISH = re.compile(
    rf"^(?:那|所以|现在|我|我们)*(?:就?想要?|打算|准备|要求?)(?:[和跟][他她])?(?:{_ACT})了?[，,。；;]$"
)
_TWO_ACTS = re.compile(
    r"^(?P<before>.*?)(?P<may>能不能|可不可以|能否|可否|是否可以)(?P<one>[^并]{2,12}?)(?:并且?|同时)"
    r"(?P<two>(?:再|还|一并)?(?:要|索要|主张|请求|得到|拿到?|获得|追讨|申请).+)$",
    re.DOTALL,
)
_SUBJECTLESS, _MAX_TITLE = 4, 40
"""Letters of a question that says not what it is about, and of the facts that then say it."""
_WEIGHTY = re.compile(f"{_ACT}|合法|违法|有效|无效|时效")
_CIRCUMSTANCE = re.compile(r"(?:情况|情形|条件|前提)?[下时中后][，,]\s*$")
_MARK = re.compile(r"([？?。！!；;\n])\s*$")
_EMPTY = re.compile(r"[\W_]|[我你他她它您该应要想的了呢啊吧办做又也都还请问是这那个]")
_LEAST = 3
_ENDS = "？?。！!；;"
_EDGES = " \u3000，,。；;：:\n、"
_LEADS_ON = re.compile(
    "^(?:另外|还有|以及|并且|而且|同时|此外|再就是|那么|那|请问|还想问|想问一下)+[，,：:]?"
)


def plan_by_rules(asked: Asked) -> Plan:
    """Return the plan of a question, of one sub-question at least."""
    facts, parts = split(asked.text)
    questions = []
    for number, part in enumerate(parts, start=1):
        before = facts or (parts[0].rstrip(_ENDS) if number > 1 and len(part) < _SHORT else "")
        questions.append(_sub_question(f"q{number}", part, before, asked))
    return Plan(questions=tuple(questions), by="rules")


def split(text: str) -> tuple[str, list[str]]:
    """Return the facts that a text begins with, and its one to five questions.

    A wish is a question, and a fact for those after it.

    >>> split("老板拖欠工资。能要赔偿吗？社保没交怎么办？")
    ('老板拖欠工资', ['能要赔偿吗？', '社保没交怎么办？'])
    >>> split("我被打了，想离婚，孩子归谁")
    ('我被打了，想离婚', ['想离婚', '孩子归谁'])
    """
    whole = _CLAUSE.findall(_ENUMERATED.sub("\n", text)) or [text]
    clauses = [part for clause in whole for part in _acts_apart(clause)]
    asking = _asking(clauses)
    if not asking or (len(asking) < 2 and not _wish(clauses, asking[0])):
        return "", [text.strip()]
    wish = _wish(clauses, asking[0])
    ends = [number + 1 for number in asking[: MAX_QUESTIONS - 1 - len(wish)]]
    ends = [*ends[: len(asking) - 1], len(clauses)]
    starts = [asking[0], *ends[:-1]]
    parts = wish + ["".join(clauses[s:e]) for s, e in zip(starts, ends, strict=True)]
    told = "".join(clauses[: asking[0]]).strip(_EDGES)
    parts = _joined([_LEADS_ON.sub("", part.strip(_EDGES)) or part for part in parts])
    return (told, parts) if len(parts) > 1 else ("", [text.strip()])


def _acts_apart(clause: str) -> list[str]:
    """Return a clause as two if it asks for two acts: 能不能辞职并要赔偿."""
    two = _TWO_ACTS.match(clause)
    if not two:
        return [clause]
    return [f"{two['before']}{two['may']}{two['one']}，", two["may"] + two["two"]]


def _wish(clauses: Sequence[str], end: int) -> list[str]:
    """Return the last of the clauses before `end` that only wishes something, if any."""
    return [clause for clause in clauses[:end] if _WISH.match(clause)][-1:]


def _asking(clauses: Sequence[str]) -> list[int]:
    """Return which clauses ask; where questions have their mark, a sentence without one tells."""
    is_marked = any(mark in clause for clause in clauses for mark in "？?")
    found, may_ask = [], True
    for number in reversed(range(len(clauses))):
        mark = _MARK.search(clauses[number])
        if mark:
            may_ask = not is_marked or mark[1] in "？?"
        if may_ask and _ASKS.search(clauses[number]) and not _CIRCUMSTANCE.search(clauses[number]):
            found.append(number)
    return found[::-1]


def _joined(parts: Sequence[str]) -> list[str]:
    """Return parts, those that ask for nothing of their own with the one before."""
    found = list[str]()
    for part in parts:
        if found and (_holds_little(part) or _holds_little(found[-1])):
            found[-1] += part if found[-1][-1] in _ENDS else f"，{part}"
        else:
            found.append(part)
    return found


def _holds_little(part: str) -> bool:
    """Say whether a part asks for nothing of its own: 那我该怎么办？"""
    return len(_content(part)) < _LEAST and not _WEIGHTY.search(part)


def _content(part: str) -> str:
    """Return what is left of a question without the words that make it one."""
    return _EMPTY.sub("", _ASKS.sub("", part))


def _title(part: str, before: str) -> str:
    """Return the name of a sub-question: with facts, if it does not say what it is about."""
    told = before.strip(_EDGES)
    while len(told) > _MAX_TITLE and (cut := _CLAUSE.match(told)) and cut.end() < len(told):
        told = told[cut.end() :]
    if not told or told.endswith(part) or len(_content(part)) >= _SUBJECTLESS:
        return part
    return f"{told[-_MAX_TITLE:]}，{part}"


def _sub_question(name: str, part: str, facts: str, asked: Asked) -> SubQuestion:
    known = facts[-_MAX_FACTS:]
    is_new = not known.endswith(part)  # a wish stands in the facts, too
    query = "，".join(filter(None, [known, part if is_new else ""]))[:MAX_QUERY]
    queries = dict.fromkeys([query, with_statute_words(query)[: 2 * MAX_QUERY]])
    return SubQuestion(
        id=name,
        text=_title(part, facts),
        queries=tuple(queries),
        keywords=keywords(query),
        citations=asked.citations if name == "q1" else (),
    )
