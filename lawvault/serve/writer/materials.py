"""Materials of the library as the writer takes them: held against the corpus of today."""

from collections.abc import Sequence
from typing import Any

from lawvault.law.digest import digest
from lawvault.serve.agent.library import LawCall
from lawvault.serve.writer.law import Place, Provision
from lawvault.store.material_rows import Material as Kept
from lawvault.writer.grounds.materials import Material, Part


def place_of(kept: Kept) -> Place | None:
    """Return where in the corpus a material is, None for somebody's own note."""
    if not kept.law_id or kept.kind == "note":
        return None
    return Place(law_id=kept.law_id, article_id=kept.article_id)


def now_of(kept: Kept, provision: Provision | None) -> str | None:
    """Return what the corpus has today in a material's place, None if nothing."""
    if provision is None:
        return None
    if kept.kind == "passage":
        return provision.text[kept.span_start : kept.span_end]
    return provision.text


def is_stale(kept: Kept, provision: Provision | None) -> bool:
    """Say whether the corpus has other words by now; a note never is."""
    now = now_of(kept, provision)
    return place_of(kept) is not None and (now is None or digest(now) != kept.sha256)


async def provisions_of(law: LawCall, kept: Sequence[Kept]) -> list[Provision | None]:
    """Return what the corpus has in the place of each material, None for notes and what is gone."""
    places = [place_of(one) for one in kept]
    asked = [place for place in places if place]
    found = iter(await law("provisions", asked) if asked else [])
    return [next(found) if place else None for place in places]


async def materials_for_writing(
    law: LawCall, kept: Sequence[Kept], texts: dict[str, str]
) -> list[Material]:
    """Return materials with their words as kept, and what the corpus says of them today.

    Of a whole law its articles are taken from the corpus as they are, if it is there.
    """
    found = []
    for one, provision in zip(kept, await provisions_of(law, kept), strict=True):
        parts: list[Provision] = await law("parts", one.law_id) if one.kind == "law" else []
        found.append(_material(one, texts[one.material_id], provision, parts))
    return found


def _material(
    kept: Kept, text: str, provision: Provision | None, parts: Sequence[Provision]
) -> Material:
    today: dict[str, Any] = {}
    if provision:
        today = {"status": provision.status, "effective_date": provision.effective_date}
    return Material(
        id=kept.material_id,
        kind=kept.kind,
        content="" if parts else text,
        article_id=kept.article_id,
        law_id=kept.law_id,
        law_name=kept.law_name,
        article_number=kept.article_number,
        is_stale=is_stale(kept, provision),
        parts=tuple(
            Part(article_id=part.article_id, article_number=part.article_number, content=part.text)
            for part in parts
        ),
        **today,
    )
