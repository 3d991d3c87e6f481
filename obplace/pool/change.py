"""Rows that are different: another price, other capacities, free for use, fewer machines."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from obplace.pool.machine import Batch
from obplace.pool.raw import Coded

if TYPE_CHECKING:
    from obplace.pool.pool import Pool


def changed(
    pool: "Pool",
    row: int,
    *,
    price: int | None = None,
    capacity: Mapping[str, int] = {},
    quantity: int | None = None,
    free: bool = False,
) -> "Pool":
    """Return the pool with one row changed; what is not said of it stays.

    Parameters
    ----------
    row
        Row id.
    price
        In the pool's smallest unit.
    capacity
        By resource, base units.
    quantity
        How many machines it stands for, of a row that stands for several.
    free
        It is available and runs nothing.
    """
    number = next(number for number, batch in enumerate(pool.batches) if 0 <= row - batch.first < batch.size)
    batch = pool.batches[number]
    here = row - batch.first
    cells: dict[str, int | None] = dict(capacity)
    if quantity is not None:
        cells["quantity"] = quantity
    if free:
        cells |= {"available": 1, "runs": None}
    coded = {**batch.coded, **{name: _with(batch, name, here, value) for name, value in cells.items()}}
    prices, priced, usable = batch.price.copy(), batch.priced.copy(), batch.usable.copy()
    if price is not None:
        prices[here], priced[here] = price, True
    if free:
        usable[here] = True
    other = replace(batch, price=prices, priced=priced, usable=usable, coded=coded, _cache={})
    return replace(pool, batches=(*pool.batches[:number], other, *pool.batches[number + 1 :]))


def holding(batch: Batch, numbers: Mapping[int, int]) -> Batch:
    """Return a batch in which each row stands for so many machines, by row id; a row without a number for none."""
    held = np.zeros(batch.size, np.int64)
    for row, number in numbers.items():
        if 0 <= row - batch.first < batch.size:
            held[row - batch.first] = number
    values, codes = np.unique(held, return_inverse=True)
    coded = {**batch.coded, "quantity": Coded(codes.astype(np.int32), tuple(values.tolist()))}
    return replace(batch, usable=batch.usable & (held > 0), coded=coded, _cache={})


def _with(batch: Batch, name: str, index: int, value: int | None) -> Coded:
    """Return a column in which one row has another value."""
    column = batch.column(name)
    codes = column.codes.copy()
    codes[index] = len(column.values)
    return Coded(codes, (*column.values, value))
