"""Who signs, and where: the room for a name, and lines centred over the date.

GB/T 9704-2012, 7.3.5.1: the date ends four characters from the right edge of the text, and the
name of the office stands above it, centred on it.
"""

from collections.abc import Sequence

from lawvault.writer.document import Blank, Inline
from lawvault.writer.flat import columns_of, words_of

ROOM = "\u00a0" * 20
"""What is underlined for somebody to sign on: spaces that no line leaves out at its end."""
_ROOM_WIDTH = 6.0  # of `ROOM`, characters
_SLACK = 1.0  # at either side, characters; fonts differ


def is_room(item: Inline) -> bool:
    """Say whether a part of a line of a signature is room to sign; a `Blank` that asks for no more.

    >>> is_room(Blank()), is_room(Blank(label="日期"))
    (True, False)
    """
    return isinstance(item, Blank) and not item.label


def insets(lines: Sequence[Sequence[Inline]], *, room: float, right: float) -> tuple[float, float]:
    """Return the left and right indent between which the lines of a signature stand centred.

    All in characters: `room` is the width of the text, `right` what is free behind the date, which
    is the last line; more where a longer line would not fit else.
    """
    widths = [_width(line) for line in lines]
    widest = max(widths) + 2 * _SLACK
    behind = max(0.0, right - (widest - widths[-1]) / 2)
    return max(0.0, room - behind - widest), behind


def _width(line: Sequence[Inline]) -> float:
    told = [item for item in line if not is_room(item)]
    return columns_of(words_of(told)) / 2 + _ROOM_WIDTH * (len(line) - len(told))
