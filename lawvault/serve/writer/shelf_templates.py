"""Templates of the library: those that ship, one's own in all their versions, forms, filling."""

import re
from dataclasses import replace
from typing import Any

from lawvault.serve.contract import ApiError
from lawvault.serve.writer.shelf_calls import kept
from lawvault.serve.writer.shelf_template_contract import (
    FillAnswer,
    FillRequest,
    PutTemplateRequest,
    TemplateAnswer,
    TemplateList,
    TemplateParameters,
    TemplateRecord,
    TemplateRequest,
    VersionList,
    VersionRecord,
)
from lawvault.store.templates import TemplateStore, TemplateVersion, UserTemplate
from lawvault.store.user import UserStore
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.filling import fill
from lawvault.writer.templates.forms import form_of
from lawvault.writer.templates.template import (
    MAX_CHARS,
    Template,
    parse_template,
    shipped_templates,
)

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


def template_of(user: UserStore, owner: str, template_id: str) -> Template:
    """Return a template that ships, or the newest version of one of this owner.

    Its id, name and version are those under which it is kept, whatever its text says.

    Raises:
        UnknownItemError: it is not there, or another's.
        TemplateError: what is kept is no template; it came in by an import.
    """
    shipped = shipped_templates().get(template_id)
    if shipped:
        return shipped
    facts = user.templates.get(owner, template_id)
    return _template(facts, user.templates.read(owner, template_id))


class TemplateShelf:
    """The templates of all owners over HTTP; see `Shelf`."""

    def __init__(self, user: UserStore) -> None:
        self._user = user
        self._store: TemplateStore = user.templates

    async def all(self, owner: str) -> TemplateList:
        """Return those that ship and one's own."""
        own = await kept(self._store.all, owner)
        shipped = map(TemplateRecord.of_shipped, shipped_templates().values())
        return TemplateList(data=[*shipped, *map(TemplateRecord.of_own, own)])

    async def get(
        self, owner: str, template_id: str, request: TemplateParameters
    ) -> TemplateAnswer:
        """Return a template with its text and its form."""
        shipped = shipped_templates().get(template_id)
        if shipped:
            if request.version is not None:
                raise ApiError(404, "not_found", "内置模板只有一个版本", "version")
            return TemplateAnswer.of_shipped(shipped, text=None, form=form_of(shipped))
        return await kept(self._shown, owner, template_id, request.version)

    async def create(self, owner: str, request: TemplateRequest) -> TemplateAnswer:
        """Keep a new template.

        Raises:
            ApiError: 400 the text is no template; 409 the name is taken; 413 too long or too many.
        """
        await kept(_checked, request.text)
        facts = await kept(self._store.create, owner, request.name, request.text)
        return await kept(self._shown, owner, facts.template_id, None)

    async def update(
        self, owner: str, template_id: str, if_match: str, request: PutTemplateRequest
    ) -> TemplateAnswer:
        """Keep the next version of a template; `if_match` is the ETag of the one it builds on.

        Raises:
            ApiError: as `create`; 403 it ships; 404 it is not there; 412 it is not the newest; 428
                none is named.
        """
        await self._check_own(owner, template_id)
        expected = _version_of(if_match)
        await kept(_checked, request.text)
        await kept(
            self._store.update,
            owner,
            template_id,
            request.text,
            expected=expected,
            name=request.name,
        )
        return await kept(self._shown, owner, template_id, None)

    async def delete(self, owner: str, template_id: str) -> None:
        """Remove a template with all its versions."""
        await self._check_own(owner, template_id)
        await kept(self._store.delete, owner, template_id)

    async def versions(self, owner: str, template_id: str) -> VersionList:
        """Return when each version was made; of those that ship there is one, without a time."""
        if template_id in shipped_templates():
            return VersionList(data=[])
        found = await kept(self._store.versions, owner, template_id)
        return VersionList(
            data=[VersionRecord(version=number, created=at) for number, at in found.items()]
        )

    async def fill(self, owner: str, template_id: str, request: FillRequest) -> FillAnswer:
        """Return what a template makes of some answers."""
        return await kept(self._filled, owner, template_id, request.values)

    def _filled(self, owner: str, template_id: str, values: dict[str, Any]) -> FillAnswer:
        template = template_of(self._user, owner, template_id)
        filled = fill(template, values)
        return FillAnswer.of(filled, to_markdown(filled.document), template.profile)

    def _shown(self, owner: str, template_id: str, version: int | None) -> TemplateAnswer:
        facts = self._store.get(owner, template_id)
        source = self._store.read(owner, template_id, version=version)
        form, problem = None, None
        try:
            form = form_of(_template(facts, source))
        except TemplateError as error:
            problem = str(error)
        return TemplateAnswer.of_own(
            facts, version=str(source.version), text=source.body, form=form, problem=problem
        )

    async def _check_own(self, owner: str, template_id: str) -> None:
        if template_id in shipped_templates():
            raise ApiError(403, "read_only", "内置模板不能改动；可以另存为自己的模板后再改")
        await kept(self._store.get, owner, template_id)


def _template(facts: UserTemplate, source: TemplateVersion) -> Template:
    template = parse_template(source.body, template_id=facts.template_id, name=facts.name)
    return replace(template, id=facts.template_id, name=facts.name, version=str(source.version))


def _checked(text: str) -> None:
    """Refuse a text that is no template; `param` says where: `text:LINE:COLUMN`."""
    if len(text) > MAX_CHARS:
        message = f"模板有 {len(text)} 个字符，上限 {MAX_CHARS}，请拆成几个模板"
        raise ApiError(413, "limit", message, "text")
    try:
        parse_template(text)
    except TemplateError as error:
        place = f"text:{error.line}:{error.column}" if error.line else "text"
        raise ApiError(400, "invalid_template", str(error), place) from error


def _version_of(if_match: str) -> int:
    if not if_match:
        message = "请用 If-Match 写明所依据的版本（读取时的 ETag），以免覆盖别处的修改"
        raise ApiError(428, "precondition_required", message)
    found = _ETAG.fullmatch(if_match)
    if not found:
        raise ApiError(400, "invalid_etag", "If-Match 不是本服务的 ETag")
    return int(found[1])
