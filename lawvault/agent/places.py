"""Places that a question names, and whose local law a pack has for them.

The table of provinces and cities is `lawvault/data/places.txt`: a line for each province, its
cities after it.  A name that is a common word, too (朝阳), counts only with 市 behind it, as it
stands there.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from importlib import resources

from lawvault.law.regions import region_key

_NOT_A_PLACE = "(?!路|街|银行|大学|大道|菜|话)"


def places_in(text: str) -> tuple[str, ...]:
    """Return the places that a text names, provinces before their cities, without 省 and 市.

    >>> places_in("我在深圳上班，老家在广西壮族自治区")
    ('广东', '深圳', '广西')
    """
    found = list[str]()
    for match in _pattern().finditer(text):
        found += [_table()[match[0]], region_key(match[0])]
    return tuple(dict.fromkeys(found))


def regions_of(places: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the regions among `known`, as spelt there, that places are.

    >>> regions_of(("广东", "深圳"), ["全国", "广东省", "北京市"])
    ('广东省',)
    """
    wanted = set(places)
    return tuple(region for region in known if region_key(region) in wanted)


@functools.cache
def _table() -> Mapping[str, str]:
    """Return province of every name: 深圳 -> 广东."""
    text = resources.files("lawvault.data").joinpath("places.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()]
    return {city: line[0] for line in lines for city in reversed(line)}


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_table(), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(names)}){_NOT_A_PLACE}")
