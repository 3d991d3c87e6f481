"""Keep machine names as they are written, and find two of one name among millions without sorting text."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Control, zero-width and bidirectional characters: names that differ by them look the same on every screen.
_UNSEEN: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff]"
)
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_WORDS: Final = 32  # names beyond this many 8-byte words are hashed one by one


def strings(texts: Sequence[str]) -> Any:
    """Return a StringArray; built from buffers, because pa.array imports pandas to look at its argument."""
    encoded = [text.encode() for text in texts]
    ends = np.zeros(len(texts) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=ends[1:])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def text_bytes(array: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the bytes of a StringArray and the offsets of its texts, shape (rows + 1,), without a copy."""
    _, offsets, data = array.buffers()
    if offsets is None:
        return np.empty(0, np.uint8), np.zeros(len(array) + 1, np.int32)
    ends = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
    return np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8), ends


def is_plain(array: Any) -> bool:
    """Tell whether all texts are printable ASCII without outer spaces, so that cleaning changes nothing."""
    data, ends = text_bytes(array)
    used = data[ends[0] : ends[-1]]
    if ((used - np.uint8(0x20)) > 0x5E).any():
        return False
    spaces = used == 0x20
    if not spaces.any():
        return True
    filled = ends[1:] > ends[:-1]
    first, last = ends[:-1][filled] - ends[0], ends[1:][filled] - ends[0] - 1
    return not (spaces[first].any() or spaces[last].any())


def clean(text: str) -> str:
    """Return a text in NFC without spaces at its ends.

    Raises
    ------
    ValueError
        When it holds a character that nobody can see.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if _UNSEEN.search(text):
        raise ValueError("expected text without control, zero-width or bidirectional characters")
    return text


def clean_names(array: Any) -> tuple[Any, dict[int, str]]:
    """Return the names cleaned, and row → what is wrong with a name that cannot be."""
    if is_plain(array):
        return array, {}
    cleaned, wrong = [], {}
    for row, text in enumerate(array.to_pylist()):
        try:
            cleaned.append(clean(text))
        except ValueError as error:
            cleaned.append(text)
            wrong[row] = str(error)
    return strings(cleaned), wrong


def blank_rows(array: Any) -> NDArray[np.int64]:
    """Return the rows without a name."""
    _, ends = text_bytes(array)
    return np.flatnonzero(ends[1:] == ends[:-1])


def hashes(array: Any) -> NDArray[np.uint32]:
    """Return a hash of each text, shape (rows,); equal texts have equal hashes within this process."""
    data, ends = text_bytes(array)
    padded = np.concatenate([data[ends[0] : ends[-1]], np.zeros(8, np.uint8)])
    # Every position is the start of an 8-byte word, so that words can be picked at any offset.
    words: NDArray[np.uint64] = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
    masks = np.array([2 ** (8 * size) - 1 for size in range(9)], np.uint64)
    rows, starts, left = np.arange(len(array)), ends[:-1] - ends[0], np.diff(ends)
    state = left.astype(np.uint64) * _PRIME
    result = np.zeros(len(array), np.uint64)
    for _ in range(_WORDS):
        state = (state ^ (words[starts] & masks[np.minimum(left, 8)])) * _PRIME
        state ^= state >> np.uint64(29)
        starts, left = starts + 8, left - 8
        more = left > 0
        if not more.all():
            result[rows[~more]] = state[~more]
            rows, starts, left, state = rows[more], starts[more], left[more], state[more]
        if not len(rows):
            break
    for row, start, rest in zip(rows, starts, left, strict=True):
        text = padded[start - 8 * _WORDS : start + rest].tobytes()
        result[row] = hash(text) & 0xFFFFFFFFFFFFFFFF
    return ((result * _PRIME) >> np.uint64(32)).astype(np.uint32)


def repeated(batches: Sequence[Any], hashed: Sequence[NDArray[np.uint32]]) -> list[list[int]]:
    """Return the groups of rows, numbered through all batches, that share a name; blank names never do."""
    if not batches:
        return []
    ordered = np.sort(np.concatenate(hashed))
    suspects = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(suspects):
        return []
    groups: dict[str, list[int]] = {}
    first = 0
    for names, values in zip(batches, hashed, strict=True):
        for row in _among(values, suspects):
            groups.setdefault(names[int(row)].as_py(), []).append(first + int(row))
        first += len(names)
    return [rows for name, rows in groups.items() if name and len(rows) > 1]


def _among(values: NDArray[np.uint32], wanted: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the positions of the values that are among the wanted ones, of which there are few."""
    # Half of the bits sort out nearly all values by one look into a small table.
    marked = np.zeros(1 << 16, np.bool_)
    marked[wanted >> np.uint32(16)] = True
    likely = np.flatnonzero(marked[values >> np.uint32(16)])
    return likely[np.isin(values[likely], wanted)]


def rows_of(array: Any, hashed: NDArray[np.uint32], wanted: Iterable[str]) -> dict[str, int]:
    """Return name → row for the wanted names that an array holds, whose `hashes` are known."""
    names = set(wanted)
    values = hashes(strings(sorted(names)))
    found = ((array[int(row)].as_py(), int(row)) for row in _among(hashed, values))
    return {name: row for name, row in found if name in names}


_NUMBERED: Final = re.compile(r"(.+)#([1-9][0-9]{0,17})", re.S)


def numbered(name: str) -> tuple[str, int] | None:
    """Split 'srv#2', the second of the equal machines of row 'srv', into name and number."""
    match = _NUMBERED.fullmatch(name)
    return (match[1], int(match[2])) if match else None


def numbered_rows(array: Any) -> dict[int, tuple[str, int]]:
    """Return row → (base name, number) for the names of the form NAME#k."""
    data, ends = text_bytes(array)
    if not (data[ends[0] : ends[-1]] == ord("#")).any():
        return {}
    split = ((row, numbered(name)) for row, name in enumerate(array.to_pylist()))
    return {row: pair for row, pair in split if pair}
