"""All that people keep for writing, over one open database."""

import time
from collections.abc import Callable

from lawvault.store.database import Database
from lawvault.store.drafts import DraftStore
from lawvault.store.favourites import FavouriteStore
from lawvault.store.folders import FolderStore
from lawvault.store.history import HistoryStore
from lawvault.store.materials import MaterialStore
from lawvault.store.templates import TemplateStore
from lawvault.store.transfer import Transfer


class UserStore:
    """The stores of the writing assistant, one a kind of thing; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.folders = FolderStore(database, clock=clock)
        self.materials = MaterialStore(database, clock=clock)
        self.favourites = FavouriteStore(database, clock=clock)
        self.history = HistoryStore(database, clock=clock)
        self.templates = TemplateStore(database, clock=clock)
        self.drafts = DraftStore(database, clock=clock)
        self.transfer = Transfer(database)
