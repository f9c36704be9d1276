"""Templates that people wrote: their source as it was typed, every version of it.

A name is there once an owner.  An update names the version it builds on and adds the next one; the
earlier ones stay readable, so that a draft made with one can be understood later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from lawvault.store.database import Database
from lawvault.store.owned import (
    ID,
    check_room,
    new_id,
    owned_row,
    reading_as,
    unknown,
    writing_as,
)
from lawvault.store.refusals import LimitError, NameTakenError, StaleError, UnknownItemError
from lawvault.store.shapes import MAX_NAME, body, line
from lawvault.store.tables import TEMPLATE_VERSIONS, TEMPLATES

MAX_TEMPLATES = 200
MAX_VERSIONS = 1000
NAME = line(MAX_NAME, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTemplate:
    """What is known of a template beside its source; times in seconds since 1970."""

    template_id: str
    name: str
    version: int  # of the newest, from 1; its ETag
    created: float
    updated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """One version of a template's source."""

    version: int
    body: str  # YAML or Markdown as it was typed
    created: float


FACTS = [TEMPLATES.c[name] for name in UserTemplate.__slots__]
VERSION = [TEMPLATE_VERSIONS.c[name] for name in TemplateVersion.__slots__]


class TemplateStore:
    """The templates of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, name: str, source: str) -> UserTemplate:
        """Return a new template, of version 1.

        Raises:
            NameTakenError: there is one of this name.
            LimitError: the source is too long, or there are too many.
            WrongItemError: name or source cannot be kept.
        """
        now = self._clock()
        template = UserTemplate(
            template_id=new_id("tpl"),
            name=NAME(name, "name"),
            version=1,
            created=now,
            updated=now,
        )
        text = body(source, "source")
        with writing_as(self._database, owner) as connection:
            check_room(connection, TEMPLATES, owner, new=1, most=MAX_TEMPLATES)
            _check_free(connection, owner, template.name)
            row = {name: getattr(template, name) for name in UserTemplate.__slots__}
            connection.execute(insert(TEMPLATES), {"owner": owner, **row})
            _add_version(connection, owner, template, text)
        return template

    def all(self, owner: str) -> list[UserTemplate]:
        """Return all templates of this owner, by name."""
        query = select(*FACTS).where(TEMPLATES.c.owner == owner)
        with reading_as(self._database, owner) as connection:
            rows = connection.execute(query).mappings()
            return sorted((UserTemplate(**row) for row in rows), key=lambda found: found.name)

    def get(self, owner: str, template_id: str) -> UserTemplate:
        """Return a template of this owner.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        with reading_as(self._database, owner) as connection:
            return _template(connection, owner, template_id)

    def versions(self, owner: str, template_id: str) -> dict[int, float]:
        """Return when each version of a template was made, oldest first.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        columns = select(TEMPLATE_VERSIONS.c.version, TEMPLATE_VERSIONS.c.created)
        these = (
            TEMPLATE_VERSIONS.c.owner == owner,
            TEMPLATE_VERSIONS.c.template_id == template_id,
        )
        with reading_as(self._database, owner) as connection:
            _template(connection, owner, template_id)
            query = columns.where(*these).order_by(TEMPLATE_VERSIONS.c.version)
            return dict(connection.execute(query).all())

    def read(self, owner: str, template_id: str, *, version: int | None = None) -> TemplateVersion:
        """Return a version of a template with its source, None the newest.

        Raises:
            UnknownItemError: the template or the version is not there, or another's.
        """
        with reading_as(self._database, owner) as connection:
            template = _template(connection, owner, template_id)
            number = template.version if version is None else version
            if not 1 <= number <= template.version:
                raise UnknownItemError("unknown_version", number=number, id=template_id)
            this = (
                TEMPLATE_VERSIONS.c.owner == owner,
                TEMPLATE_VERSIONS.c.template_id == template_id,
                TEMPLATE_VERSIONS.c.version == number,
            )
            row = connection.execute(select(*VERSION).where(*this)).mappings().one()
            return TemplateVersion(**row)

    def update(
        self,
        owner: str,
        template_id: str,
        source: str,
        *,
        expected: int,
        name: str | None = None,
    ) -> UserTemplate:
        """Keep a new version of a template's source, and another name if one is given.

        Args:
            expected: the version that the new one builds on.

        Raises:
            UnknownItemError: it is not there, or another's.
            StaleError: there is a newer version than `expected`.
            NameTakenError: another template has that name.
            LimitError: the source is too long, or there are too many versions.
            WrongItemError: name or source cannot be kept.
        """
        text = body(source, "source")
        with writing_as(self._database, owner) as connection:
            old = _template(connection, owner, template_id)
            if old.version != expected:
                raise StaleError("stale_template", newest=old.version, expected=expected)
            if old.version >= MAX_VERSIONS:
                raise LimitError("versions", most=MAX_VERSIONS)
            new_name = old.name if name is None else NAME(name, "name")
            if new_name != old.name:
                _check_free(connection, owner, new_name)
            new = UserTemplate(
                template_id=template_id,
                name=new_name,
                version=old.version + 1,
                created=old.created,
                updated=self._clock(),
            )
            values = {"name": new.name, "version": new.version, "updated": new.updated}
            this = (TEMPLATES.c.owner == owner, TEMPLATES.c.template_id == template_id)
            connection.execute(update(TEMPLATES).where(*this), values)
            _add_version(connection, owner, new, text)
        return new

    def delete(self, owner: str, template_id: str) -> None:
        """Remove a template with all its versions.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        this = (TEMPLATES.c.owner == owner, TEMPLATES.c.template_id == template_id)
        with writing_as(self._database, owner) as connection:
            if not ID.fullmatch(template_id):
                raise unknown("template", template_id)
            if not connection.execute(delete(TEMPLATES).where(*this)).rowcount:
                raise unknown("template", template_id)


def _template(connection: Connection, owner: str, template_id: str) -> UserTemplate:
    this = (TEMPLATES.c.owner == owner, TEMPLATES.c.template_id == template_id)
    row = owned_row(connection, select(*FACTS).where(*this), "template", template_id)
    return UserTemplate(**row)


def _check_free(connection: Connection, owner: str, name: str) -> None:
    this = (TEMPLATES.c.owner == owner, TEMPLATES.c.name == name)
    if connection.execute(select(TEMPLATES.c.template_id).where(*this)).first() is not None:
        raise NameTakenError("template_name", name=name)


def _add_version(connection: Connection, owner: str, template: UserTemplate, text: str) -> None:
    row = {
        "template_id": template.template_id,
        "version": template.version,
        "owner": owner,
        "body": text,
        "created": template.updated,
    }
    connection.execute(insert(TEMPLATE_VERSIONS), row)
