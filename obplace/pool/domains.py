"""Name the failure domains: a rack by its full path, so that r07 of two IDCs are two racks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obplace.pool.raw import Column

PHYSICAL = ("region", "idc", "rack")  # outer first


def paths(parts: Sequence[Column]) -> Column:
    """Join levels, outer first, to paths such as 'cn-north/idc1/r07'; None when a part is blank."""
    column = parts[0]
    values = tuple(None if value is None else _escape(str(value)) for value in column.values)
    column = Column(column.codes, values)
    for part in parts[1:]:
        codes, pairs = combine(column, part)
        outer, inner = column.values, part.values
        named = (
            None if outer[i] is None or inner[j] is None else f"{outer[i]}/{_escape(str(inner[j]))}" for i, j in pairs
        )
        column = Column(codes, tuple(named))
    return column


def path(parts: Sequence[int | str | None]) -> str | None:
    """Return the path of one machine's domain, None when a part is blank."""
    return None if None in parts else "/".join(_escape(str(part)) for part in parts)


def combine(first: Column, second: Column) -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """Return codes of the pairs that occur, and each pair as its two codes."""
    width = len(second.values)
    joint = first.codes.astype(np.int64) * width + second.codes
    space = len(first.values) * width
    if space <= 4 * len(joint) + 1024:  # a table of all pairs is cheaper than sorting the rows
        seen = np.zeros(space, np.bool_)
        seen[joint] = True
        keys = np.flatnonzero(seen)
        rank = np.zeros(space, np.int32)
        rank[keys] = np.arange(len(keys), dtype=np.int32)
        codes = rank[joint]
    else:
        keys, inverse = np.unique(joint, return_inverse=True)
        codes = inverse.astype(np.int32)
    return codes, [divmod(int(key), width) for key in keys]


def _escape(part: str) -> str:
    # Without it 'a/b' in 'c' and 'b/c' in 'a' would be one domain.
    return part.replace("\\", "\\\\").replace("/", "\\/") if "/" in part or "\\" in part else part
