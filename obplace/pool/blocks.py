"""Cut a delimited file into blocks of whole records, so that Arrow never sees half of one.

Arrow's own streaming reader is not used: it reads ahead in threads that outlive an error and abort the process at
its exit when they read from Python, and it takes a quote that is never closed for a cell as long as the file.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from obplace.pool.lines import inside_quotes

_BLOCK: Final = 1 << 22
_LARGEST: Final = 1 << 30
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'


class UnclosedQuoteError(Exception):
    """A quote is still open at the end of the file, or after more bytes than any record has."""


def blocks(stream: BinaryIO, delimiter: str) -> Iterator[Any]:
    """Yield Arrow buffers of whole records.

    Raises
    ------
    UnclosedQuoteError
        When the rest of the file is one record that does not end.
    """
    carry: NDArray[np.uint8] = np.empty(0, np.uint8)
    size = _BLOCK
    while True:
        buffer = pa.allocate_buffer(len(carry) + size)
        view = np.frombuffer(memoryview(buffer), np.uint8)
        view[: len(carry)] = carry
        end = len(carry) + _fill(stream, memoryview(buffer)[len(carry) :])
        cut, inside = whole_records(view[:end], delimiter)
        final = end < len(view)
        if inside and (final or end > _LARGEST):
            raise UnclosedQuoteError
        if final:
            cut = end
        if cut:
            yield buffer.slice(0, cut)
        if final:
            return
        carry = view[cut:end]
        size = _BLOCK if cut else 2 * len(view)  # a record longer than the block needs a longer one


def _fill(stream: BinaryIO, view: memoryview) -> int:
    """Read until the view is full or the file ends; return the number of bytes."""
    count = 0
    while count < len(view) and (got := stream.readinto(view[count:])):  # type: ignore[attr-defined]
        count += got
    return count


def whole_records(view: NDArray[np.uint8], delimiter: str) -> tuple[int, bool]:
    """Return how many bytes hold whole records, and whether a quote is open at the end."""
    quotes = np.flatnonzero(view == _QUOTE)
    if not len(quotes):
        return _last_line(view), False
    opening = quotes[::2]
    before = view[np.maximum(opening - 1, 0)]
    starts = (before == ord(delimiter)) | (before == _NEWLINE) | (before == _RETURN) | (opening == 0)
    # A doubled quote closes and opens again. Where all others open at the start of a field, counting tells inside
    # from outside; a quote within an unquoted field ('5" disk') is plain text and has to be read in its order.
    starts[1:] |= opening[1:] - 1 == quotes[1::2][: len(opening) - 1]
    if not starts.all():
        return _in_order(view, delimiter)
    for end in (_NEWLINE, _RETURN):
        ends = np.flatnonzero(view == end)
        outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
        if len(outside):
            return int(outside[-1]) + 1, len(quotes) % 2 == 1
    return 0, len(quotes) % 2 == 1


def _last_line(view: NDArray[np.uint8]) -> int:
    for end in (b"\n", b"\r"):
        for tail in (1 << 16, len(view)):
            start = max(len(view) - tail, 0)
            found = view[start:].tobytes().rfind(end)
            if found >= 0:
                return start + found + 1
    return 0


def _in_order(view: NDArray[np.uint8], delimiter: str) -> tuple[int, bool]:
    """Do the same line by line."""
    position, cut, inside = 0, 0, False
    for line in io.StringIO(view.tobytes().decode("latin-1"), newline=""):
        inside = inside_quotes(line, delimiter, inside)
        position += len(line)
        if not inside and line[-1] in "\r\n":
            cut = position
    return cut, inside
