"""Names of regions: the same one with and without the kind of region behind it."""

import re

from lawvault.law.names import comparable

_KIND = re.compile("(?:特别行政区|维吾尔自治区|[壮回]族自治区|自治区|自治州|地区|省|市|州)$")


def region_key(region: str) -> str:
    """Return a region's name without the kind of region, for comparing.

    >>> [region_key(name) for name in ("北京市", "广西壮族自治区", "全国", "广州", "达州市")]
    ['北京', '广西', '全国', '广州', '达州']
    """
    name = comparable(region)
    rest = _KIND.sub("", name)
    return rest if len(rest) > 1 else name
