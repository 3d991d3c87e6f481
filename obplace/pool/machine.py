"""What a pool hands out: single machines for people, columns and batches for arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.pool.domains import paths
from obplace.pool.raw import Coded, Column


@dataclass(frozen=True)
class Machine:
    """One row of the pool, with everything that a plan, its check or a report wants to know."""

    name: str
    row: int
    capacity: Mapping[str, int | None]  # base units, None unknown
    price: int | None  # in 10**-price_decimals of the currency
    quantity: int  # machines NAME#1 .. NAME#quantity when above 1
    domains: Mapping[str, str | None]  # level → full path, for a zone its bare name
    ip: str | None
    arch: str | None
    os: str | None
    tags: tuple[str, ...]
    runs: tuple[str, ...]  # roles that run there now
    available: bool


@dataclass(frozen=True, eq=False)
class Batch:
    """Consecutive rows of a pool, column by column.

    Attributes
    ----------
    first
        Row id of the first row.
    size
        Number of rows.
    names, hashes
        pyarrow StringArray and the uint32 hash of each, shape (size,).
    price, priced
        int64 in 10**-price_decimals of the currency, 0 where not priced; bool. Shape (size,).
    usable
        Bool, shape (size,): available and on offer, whatever runs there now.
    """

    first: int
    size: int
    names: Any
    hashes: NDArray[np.uint32] = field(repr=False)
    price: NDArray[np.int64]
    priced: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    coded: Mapping[str, Coded] = field(repr=False)
    ips: Any = field(repr=False)
    physical: tuple[str, ...] = field(repr=False)  # levels among region, idc, rack that the pool has
    known: frozenset[str] = field(repr=False)  # every name that `column` answers to
    _cache: dict[str, Column] = field(default_factory=dict, repr=False)

    def column(self, name: str) -> Column:
        """Return a column by its canonical name; one that the pool does not have is unknown in each row."""
        if name not in self.known:
            raise KeyError(name)
        if name not in self._cache:
            coded = self.coded.get(name)
            self._cache[name] = coded.decode() if coded else constant(_ABSENT.get(name), self.size)
        return self._cache[name]

    def granted(self, place: int, capacity: Mapping[str, int]) -> "Batch":
        """Return the batch in which the row at ``place`` has other capacities."""
        columns = {}
        for name, amount in capacity.items():
            before = self.column(name)
            codes = before.codes.copy()
            codes[place] = len(before.values)
            columns[name] = Column(codes, (*before.values, amount))
        return replace(self, _cache={**self._cache, **columns})

    def domain(self, level: str) -> Column:
        """Return the domain of each row: for a zone its bare name, else the path from the outermost level."""
        if level == "zone":
            return self.column(level)
        key = f"{level}/"
        if key not in self._cache:
            if level not in self.physical:
                raise KeyError(level)
            parts = [self.column(outer) for outer in self.physical[: self.physical.index(level) + 1]]
            self._cache[key] = paths(parts)
        return self._cache[key]


_ABSENT: dict[str, int | str | None] = {"quantity": 1, "available": 1}


def constant(value: int | str | None, size: int) -> Column:
    """Return a column that has one value in all rows."""
    return Column(np.zeros(size, np.int32), (value,))
