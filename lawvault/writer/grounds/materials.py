"""Materials as a draft's prompt shows them, packed into so many tokens; nothing is lost in silence.

A little room is kept for what is very large; then come whole articles while they fit, in the order
of the list; what is left is shared by the large ones, so that none of them takes all.  Of a whole
law its best-matching articles are shown, not its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lawvault.models.llm_reply import estimate_tokens
from lawvault.models.prompts import harmless
from lawvault.models.room import CUT, shares
from lawvault.proof.marking import citation_of
from lawvault.writer.grounds.matching import by_match

Kind = Literal["article", "passage", "note", "law"]
Why = Literal["no_room", "duplicate", "empty"]
WHYS: dict[Why, str] = {
    "no_room": "超出大模型一次能读的篇幅",
    "duplicate": "与前面的材料重复",
    "empty": "没有内容",
}
"""What each reason says to people."""

_LEAST = 200  # tokens that a part of a material must have to be worth showing
_LARGE = 4  # what takes more than a fourth of the room waits for the others
_MARK = "｜"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One article of a whole law."""

    article_id: str
    article_number: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Something to write from: an article, a passage of one, a person's note, or a whole law.

    A whole law has `parts` instead of `content`; a note has no law, and nothing can cite it.
    `is_stale`: the corpus says something else by now.  `is_found`: a search added it.
    """

    id: str
    kind: Kind
    content: str = ""
    article_id: str = ""
    law_id: str = ""
    law_name: str = ""
    article_number: str = ""
    status: str = ""
    effective_date: str = ""
    is_stale: bool = False
    is_found: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One provision that the LLM may cite as [m3]: a `lawvault.proof.source.Source`."""

    id: str
    article_id: str
    law_id: str
    law_name: str
    article_number: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A material that the prompt shows, how much of it, and as what it may be cited."""

    id: str
    how: Literal["whole", "part"]
    tokens: int
    markers: tuple[str, ...] = ()
    is_found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A material that the prompt does not show, and why; `message` says it in Chinese."""

    id: str
    why: Why
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The text of the materials, the provisions in it, and what became of every material."""

    text: str
    sources: tuple[Shown, ...]
    used: tuple[Used, ...]
    dropped: tuple[Dropped, ...]


def packed(materials: Sequence[Material], tokens: int, wanted: str) -> Packed:
    """Return the materials as far as they fit into so many tokens, in their order.

    Args:
        wanted: what is to be written; it chooses the articles of whole laws.
    """
    kept, dropped = _once(materials)
    sizes = [_size(one) for one in kept]
    packing = _Packing(wanted=wanted)
    for one, size, room in zip(kept, sizes, _rooms(sizes, tokens), strict=True):
        used = packing.put(one, size, room)
        if used is None:
            dropped.append(_dropped(one, "no_room"))
    return Packed(
        text="\n\n".join(packing.texts),
        sources=tuple(packing.sources),
        used=tuple(packing.used),
        dropped=tuple(dropped),
    )


def _once(materials: Sequence[Material]) -> tuple[list[Material], list[Dropped]]:
    """Return the materials that say something, each once, and the others."""
    kept, dropped, seen = list[Material](), list[Dropped](), set[tuple[str, ...]]()
    for one in materials:
        key = (one.kind, one.law_id, one.article_id, one.content.strip())
        if not one.content.strip() and not any(part.content.strip() for part in one.parts):
            dropped.append(_dropped(one, "empty"))
        elif key in seen:
            dropped.append(_dropped(one, "duplicate"))
        else:
            kept.append(one)
            seen.add(key)
    return kept, dropped


def _dropped(one: Material, why: Why) -> Dropped:
    return Dropped(id=one.id, why=why, message=WHYS[why])


def _rooms(sizes: Sequence[int], tokens: int) -> list[int]:
    """Return how many tokens each may take, 0 for none."""
    given, left = [0] * len(sizes), tokens
    large = [place for place, size in enumerate(sizes) if size * _LARGE > tokens]
    for place in large:
        if left - tokens // 2 >= _LEAST:
            given[place], left = _LEAST, left - _LEAST
    for place, size in enumerate(sizes):
        if place not in large and (size <= left or left >= _LEAST):
            given[place] = min(size, left)
            left -= given[place]
    waiting = {place: max(0, sizes[place] - given[place]) for place in large if given[place]}
    for place, more in shares(waiting, left).items():
        given[place] += more
    return given


def _size(one: Material) -> int:
    return sum(estimate_tokens(_entry(one, part, "m9999")) + 2 for part in _parts(one))


def _parts(one: Material) -> tuple[Part, ...]:
    if one.kind == "law" and one.parts:
        return tuple(part for part in one.parts if part.content.strip())
    return (
        Part(article_id=one.article_id, article_number=one.article_number, content=one.content),
    )


class _Packing:
    """The text so far, and the next marker."""

    def __init__(self, *, wanted: str) -> None:
        self.texts: list[str] = []
        self.sources: list[Shown] = []
        self.used: list[Used] = []
        self._wanted = wanted

    def put(self, one: Material, size: int, room: int) -> Used | None:
        """Add as much of a material as fits; None if nothing of it does."""
        parts, is_whole = _parts(one), size <= room
        if not is_whole:
            parts = self._chosen(one, parts, room)
        if not room or not parts:
            return None
        texts = [
            _entry(one, part, f"m{len(self.sources) + at}") for at, part in enumerate(parts, 1)
        ]
        shown = (
            []
            if one.kind == "note"
            else [self._shown(one, at, part) for at, part in enumerate(parts, 1)]
        )
        self.texts += texts
        self.sources += shown
        used = Used(
            id=one.id,
            how="whole" if is_whole else "part",
            tokens=sum(map(estimate_tokens, texts)),
            markers=tuple(source.id for source in shown),
            is_found=one.is_found,
        )
        self.used.append(used)
        return used

    def _shown(self, one: Material, at: int, part: Part) -> Shown:
        return Shown(
            id=f"m{len(self.sources) + at}",
            article_id=part.article_id,
            law_id=one.law_id,
            law_name=one.law_name,
            article_number=part.article_number,
            content=part.content,
        )

    def _chosen(self, one: Material, parts: tuple[Part, ...], room: int) -> tuple[Part, ...]:
        """Return the best-matching parts that fit whole, else the beginning of the best one."""
        order = by_match([part.content for part in parts], self._wanted)
        chosen, left = set[int](), room
        for place in order:
            size = estimate_tokens(_entry(one, parts[place], "m9999")) + 2
            if size <= left:
                chosen.add(place)
                left -= size
        if chosen:
            return tuple(part for place, part in enumerate(parts) if place in chosen)
        best = parts[order[0]]
        head = estimate_tokens(_heading(one, best, "m9999")) + len(CUT) + 2
        content = best.content.strip()[: max(0, room - head)]
        if not content:
            return ()
        return (
            Part(
                article_id=best.article_id,
                article_number=best.article_number,
                content=content + CUT,
            ),
        )


def _entry(one: Material, part: Part, marker: str) -> str:
    """Return a provision as the prompt shows it.

    The mark behind its id is ours alone, so that no material can pretend to be another.
    """
    content = harmless(part.content.strip()).replace(_MARK, "|")
    return f"{_heading(one, part, marker)}\n{content}"


def _heading(one: Material, part: Part, marker: str) -> str:
    if one.kind == "note":
        return f"用户笔记{_MARK}不可作为法律依据引用"
    source = Shown(
        id=marker,
        article_id="",
        law_id="",
        law_name=one.law_name,
        article_number=part.article_number,
        content="",
    )
    told = ["节选" if one.kind == "passage" else "", one.status]
    told += [f"{one.effective_date}起施行" if one.effective_date else ""]
    return harmless(f"{marker}{_MARK}{citation_of(source)}（{'，'.join(filter(None, told))}）")
