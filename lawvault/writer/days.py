"""Days as Chinese documents write them."""

import datetime

from lawvault.writer.document import Provenance


def chinese_day(day: str) -> str:
    """Return a day as Chinese texts write it, "" for none.

    >>> chinese_day("2013-07-01")
    '2013年7月1日'
    """
    if not day:
        return ""
    date = datetime.date.fromisoformat(day)
    return f"{date.year}年{date.month}月{date.day}日"


def first_day(provision: Provenance) -> str:
    """Return since when a version holds; sources give some that of the law's first version."""
    since = chinese_day(provision.effective_date)
    is_own = provision.effective_date >= provision.version_date
    return f"{'' if is_own else '该法'}{since}起施行" if since else ""
