"""The data of a stream of server-sent events, out of bytes that are split anywhere.

As the HTML standard reads them ("Server-sent events", 9.2.6): lines end with LF, CR LF or CR, a
line that begins with a colon is a comment, one space after `data:` is dropped, an empty line ends
an event, and an event that the end of the stream cuts off does not count.
"""

import re
from collections.abc import Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Events:
    """Takes bytes and gives the data of each event that they complete.

    >>> events = Events()
    >>> [*events.feed(b"data: a\\n: comment\\n"), *events.feed(b"data:b\\r\\n\\r\\n")]
    ['a\\nb']
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._after_return = False  # a line feed that comes now belongs to the line before

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the data of every event that ends inside `chunk`.

        Raises:
            UnicodeDecodeError: the data of an event are not UTF-8.
        """
        if self._after_return:
            chunk = chunk.removeprefix(b"\n")
        self._after_return = chunk.endswith(b"\r")
        *whole, rest = _LINE_END.split(chunk)
        for part in whole:
            line, self._line = bytes(self._line + part), bytearray()
            yield from self._take(line)
        self._line += rest

    def _take(self, line: bytes) -> Iterator[str]:
        if not line and self._data:
            data, self._data = b"\n".join(self._data), []
            yield data.decode("utf-8")
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
