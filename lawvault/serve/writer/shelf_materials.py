"""Materials of the library: taken from the corpus by their ids, shown beside its words of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lawvault.serve.agent.library import LawCall
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.law import Place, Provision
from lawvault.serve.writer.materials import is_stale, now_of, place_of, provisions_of
from lawvault.serve.writer.shelf_calls import kept, known
from lawvault.serve.writer.shelf_fields import MAX_TITLE, Deleted
from lawvault.serve.writer.shelf_law import Named
from lawvault.serve.writer.shelf_material_contract import (
    AddedMaterial,
    AddedMaterials,
    AddRequest,
    ArticleItem,
    IdsRequest,
    Item,
    LawItem,
    MaterialAnswer,
    MaterialPage,
    MaterialParameters,
    MaterialRecord,
    MoveRequest,
    NamedItem,
    NoteItem,
    PassageItem,
    PatchMaterialRequest,
)
from lawvault.store.material_rows import Material, NewMaterial
from lawvault.store.materials import MaterialStore

_MAX_TOLD = 10
"""How many unknown ids a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Today:
    """What the corpus says of a material; `is_stale` None: it could not be asked."""

    is_stale: bool | None
    status: str | None = None
    text: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is told of it."""
        return {"is_stale": self.is_stale, "status": self.status}


class MaterialShelf:
    """The materials of all owners over HTTP; see `Shelf`."""

    def __init__(self, store: MaterialStore, law: LawCall) -> None:
        self._store, self._law = store, law

    async def add(self, owner: str, request: AddRequest) -> AddedMaterials:
        """Take items into the library with their words of today, all or none.

        Raises:
            ApiError: 400 a passage lies outside of its article; 404 the corpus or the owner has
                not what is named; 409 a name means several laws; 413 too long or too many.
        """
        places = await self._places(request.items)
        provisions = await self._provisions(places)
        new = [
            _new(item, provision, number)
            for number, (item, provision) in enumerate(zip(request.items, provisions, strict=True))
        ]
        added = await kept(self._store.add, owner, new, folder_id=request.folder_id)
        records = await self._records([one.material for one in added])
        return AddedMaterials(
            data=[
                AddedMaterial(material=record, is_new=one.is_new)
                for record, one in zip(records, added, strict=True)
            ]
        )

    async def page(self, owner: str, request: MaterialParameters) -> MaterialPage:
        """Return one page of a folder, or of the whole library."""
        page = await kept(
            self._store.page,
            owner,
            folder_id=request.folder_id,
            query=request.q,
            cursor=request.cursor,
            limit=request.limit,
        )
        return MaterialPage(data=await self._records(page.items), next=page.next or None)

    async def get(self, owner: str, material_id: str) -> MaterialAnswer:
        """Return a material with its words, and those of today where they differ."""
        material = await kept(self._store.get, owner, material_id)
        texts = await kept(self._store.texts, owner, [material_id])
        (today,) = await self._today([material])
        shown = {"text": texts[material_id], "text_now": today.text if today.is_stale else None}
        return MaterialAnswer.of(material, **today.facts, **shown)

    async def change(
        self, owner: str, material_id: str, request: PatchMaterialRequest
    ) -> MaterialAnswer:
        """Rename a material, or give it another text: a note's, or the corpus's of today.

        Raises:
            ApiError: 404 it is not there; 409 only a note's text is its owner's to write, only
                others are of the corpus, or the corpus has it no more.
        """
        material = await kept(self._store.get, owner, material_id)
        text = request.text
        if text is not None and (material.kind != "note" or request.refresh):
            message = "只有笔记的正文可以改写；法条请用 refresh 取现行文本"
            raise ApiError(409, "not_a_note", message, "text")
        if request.refresh:
            text = await self._text_of_today(material)
        if text is not None or request.title is not None:
            await kept(self._store.change, owner, material_id, title=request.title, text=text)
        return await self.get(owner, material_id)

    async def move(self, owner: str, request: MoveRequest) -> None:
        """Put materials into a folder, in their order."""
        to = {"folder_id": request.folder_id, "before": request.before}
        await kept(self._store.move, owner, request.ids, **to)

    async def delete(self, owner: str, request: IdsRequest) -> Deleted:
        """Remove materials, all or none."""
        await kept(self._store.delete, owner, request.ids)
        return Deleted(deleted=len(set(request.ids)))

    async def _places(self, items: Sequence[Item]) -> list[Place | None]:
        """Return where in the corpus each item is, None for notes."""
        named = [
            Named(law=item.law, article=item.article)
            for item in items
            if isinstance(item, NamedItem)
        ]
        found = iter(await self._law("article_ids", named) if named else [])
        return [
            _place(item, next(found) if isinstance(item, NamedItem) else "", number)
            for number, item in enumerate(items)
        ]

    async def _provisions(self, places: Sequence[Place | None]) -> list[Provision | None]:
        asked = list(dict.fromkeys(place for place in places if place))
        found = dict(zip(asked, await self._law("provisions", asked) if asked else [], strict=True))
        gone = [place.article_id or place.law_id for place in asked if not found[place]]
        if gone:
            told = "、".join(one[:100] for one in gone[:_MAX_TOLD])
            message = f"法规库中没有 {len(gone)} 项，全部未加入：{told}"
            raise ApiError(404, "not_in_corpus", message, "items")
        return [found[place] if place else None for place in places]

    async def _records(self, materials: Sequence[Material]) -> list[MaterialRecord]:
        today = await self._today(materials)
        return [
            MaterialRecord.of(material, **now.facts)
            for material, now in zip(materials, today, strict=True)
        ]

    async def _today(self, materials: Sequence[Material]) -> list[_Today]:
        provisions = await known(provisions_of(self._law, materials))
        if provisions is None:
            unasked = _Today(is_stale=None)
            return [unasked if place_of(one) else _Today(is_stale=False) for one in materials]
        return [
            _Today(
                is_stale=is_stale(material, provision),
                status=provision.status if provision else None,
                text=now_of(material, provision),
            )
            for material, provision in zip(materials, provisions, strict=True)
        ]

    async def _text_of_today(self, material: Material) -> str:
        if place_of(material) is None:
            raise ApiError(409, "is_a_note", "笔记不来自法规库，无从更新", "refresh")
        (provision,) = await provisions_of(self._law, [material])
        text = now_of(material, provision)
        if not text:
            raise ApiError(409, "not_in_corpus", "法规库中已没有这一内容，保留的文本未改动")
        return text


def _place(item: Item, found: str | ApiError, number: int) -> Place | None:
    """Return where an item is in the corpus; `found`: the article_id of one that is named."""
    if isinstance(found, ApiError):
        message = f"第 {number + 1} 项：{found.message}"
        raise ApiError(found.status, found.code, message, f"items.{number}")
    match item:
        case NoteItem():
            return None
        case LawItem():
            return Place(law_id=item.law_id)
        case NamedItem():
            return Place(law_id="", article_id=found)
        case ArticleItem():
            return Place(law_id="", article_id=item.article_id)


def _new(item: Item, provision: Provision | None, number: int) -> NewMaterial:
    """Return what is kept of an item."""
    if isinstance(item, NoteItem):
        return NewMaterial(kind="note", text=item.text, title=item.title)
    assert provision
    facts: dict[str, Any] = {
        "kind": "law" if isinstance(item, LawItem) else "article",
        "text": provision.text,
        "title": f"《{provision.law_name}》{provision.article_number}"[:MAX_TITLE],
        "article_id": provision.article_id,
        "law_id": provision.law_id,
        "law_name": provision.law_name,
        "article_number": provision.article_number,
    }
    if isinstance(item, PassageItem):
        facts |= _passage(item, provision.text, number)
    return NewMaterial(**facts)


def _passage(item: PassageItem, text: str, number: int) -> dict[str, Any]:
    if not item.start < item.end <= len(text):
        message = f"第 {number + 1} 项：start 须小于 end，end 不大于条文的字数 {len(text)}"
        raise ApiError(400, "invalid_value", message, f"items.{number}")
    span = {"span_start": item.start, "span_end": item.end}
    return {"kind": "passage", "text": text[item.start : item.end], **span}
