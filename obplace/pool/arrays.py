"""Look at Arrow arrays as numpy ones, without copies and without the slow import of pyarrow.compute."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from obplace.pool.raw import Coded


def arrow_coded(array: Any) -> Coded:
    """Return a dictionary array of bytes without nulls, its indices int32, as codes and a StringArray of values.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value is not UTF-8.
    """
    _, ends, data = array.dictionary.buffers()
    values = pa.StringArray.from_buffers(len(array.dictionary), ends, data, offset=array.dictionary.offset)
    values.validate(full=True)
    indices = array.indices
    if not len(indices):
        return Coded(np.zeros(0, np.int32), values)
    return Coded(np.frombuffer(indices.buffers()[1], np.int32, len(indices), indices.offset * 4), values)


def validity(array: Any) -> NDArray[np.bool_]:
    """Return which entries of an array are not null, shape (rows,)."""
    bitmap = array.buffers()[0]
    if bitmap is None or not array.null_count:
        return np.ones(len(array), np.bool_)
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].astype(np.bool_)


def exact_prices(array: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """Return a decimal128(38, 9) array as 10**-9 (0 where null) and which entries have a value.

    None when a value does not fit into 64 bits.
    """
    if not len(array):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    halves = np.frombuffer(array.buffers()[1], np.int64, 2 * len(array), array.offset * 16).reshape(-1, 2)
    valid = validity(array)
    low, high = np.where(valid, halves[:, 0], 0), np.where(valid, halves[:, 1], 0)
    return (low, valid) if (high == low >> 63).all() else None
