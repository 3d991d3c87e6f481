"""The fingerprint of a pool: one number for all that a problem reads of its machines, whatever their order or format.

It serves a clear message when a plan meets another pool; no proof rests on it.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from obplace.pool import Batch, Column
from obplace.problem import Problem
from obplace.rules import Alike, Same, Where

Words = NDArray[np.uint64]

LEVELS = ("region", "idc", "zone", "rack")
WIDE = 1 << 128


def fingerprint(problem: Problem) -> str:
    """Return 32 hexadecimal digits: the sum modulo 2**128 of a 128-bit hash of each machine's values.

    What counts is its name, whether it may be used, what runs there, how many it stands for, its price, each resource
    that a role needs, and each domain and label that a rule reads.
    """
    columns = _columns(problem)
    total = 0
    for batch in problem.pool:
        low, high = _rows(batch, columns)
        total += _sum(low) + (_sum(high) << 64)
    return f"{total % WIDE:032x}"


def _columns(problem: Problem) -> list[str]:
    read = {name for needs in problem.needs.values() for name in needs}
    read |= {name for name in problem.domains if name in problem.pool.levels}
    for rule in problem.rules:
        match rule:
            case Same(_, column) | Where(_, column) | Alike(_, column):
                read.add(column)
            case _:
                pass
    read |= {"runs", "quantity"} & set(problem.pool.columns)
    return sorted(read)


def _rows(batch: Batch, columns: Sequence[str]) -> tuple[Words, Words]:
    """Return the lower and the upper half of each machine's hash, shape (machines,)."""
    low = _mixed(batch.hashes.astype(np.uint64) + np.uint64(1))
    high = _mixed(low)
    price = np.where(batch.priced, batch.price, -1).astype(np.uint64)
    low += _mixed(price)
    high += _mixed(~price)
    usable = np.array(_text("usable"), dtype=np.uint64)
    low += np.where(batch.usable, usable[0], np.uint64(0))
    high += np.where(batch.usable, usable[1], np.uint64(0))
    for name in columns:
        column = batch.domain(name) if name in LEVELS else batch.column(name)
        first, second = _values(name, column)
        low += first[column.codes]
        high += second[column.codes]
    # What was added up so far could be swapped between machines; from here on it cannot.
    return _mixed(low ^ _mixed(high)), _mixed(high + low)


def _values(name: str, column: Column) -> tuple[Words, Words]:
    """Return the halves of the hash of each value of a column."""
    salt = _text(name)
    # A value has its own hash whatever else the batch holds, so that the split into batches does not matter.
    numbers = np.array([value if isinstance(value, int) else -1 for value in column.values], np.int64).astype(np.uint64)
    low, high = _mixed(numbers + np.uint64(salt[0])), _mixed(numbers + np.uint64(salt[1]))
    for place, value in enumerate(column.values):
        if isinstance(value, str):
            low[place], high[place] = _text(f"{name}={value}")
    return low, high


def _text(text: str) -> tuple[int, int]:
    digest = blake2b(text.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def _mixed(words: Words) -> Words:
    """Return the words with each bit spread over all others (the finaliser of splitmix64, by Steele, Lea and Flood)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _sum(words: Words) -> int:
    """Return the sum of the words, which may be beyond 64 bits."""
    halves: Iterable[Words] = (words & np.uint64(0xFFFFFFFF), words >> np.uint64(32))
    return sum(int(half.sum()) << shift for half, shift in zip(halves, (0, 32), strict=True))
