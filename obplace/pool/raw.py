"""Columns as a file has them: text in codes and distinct values, before anything is understood."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from obplace.pool.columns import Layout

Cell = str | int | Decimal  # numbers come from files with types of their own; a blank is ''


@dataclass(frozen=True, eq=False)
class Column:
    """One column: the value of row i is ``values[codes[i]]``, None where it is unknown."""

    codes: NDArray[np.int32]
    values: tuple[int | str | None, ...]


@dataclass(frozen=True, eq=False)
class Coded:
    """One column whose distinct values may still lie in an Arrow array, '' being the blank."""

    codes: NDArray[np.int32]
    values: Any  # a tuple, or a pyarrow StringArray

    def decode(self) -> Column:
        """Return the column with its values as Python objects."""
        if isinstance(self.values, tuple):
            return Column(self.codes, self.values)
        return Column(self.codes, tuple(text or None for text in self.values.to_pylist()))

    def take(self, rows: NDArray[np.int64]) -> "Coded":
        """Return some of the rows."""
        return Coded(self.codes[rows], self.values)


@dataclass(frozen=True, eq=False)
class RawBatch:
    """Consecutive rows of a table; every array has one entry a row."""

    size: int
    names: Any  # pyarrow StringArray
    ips: Any  # pyarrow StringArray, or None
    columns: Mapping[str, Coded]  # by canonical name; values are cells
    exact: tuple[NDArray[np.int64], NDArray[np.bool_]] | None  # prices in 10**-9 and which rows have one


class ReadAgainError(Exception):
    """The table must be read from its start in a slower way, which the source has noted for itself."""


@dataclass
class Rejects:
    """Records of a table that are no rows at all, by their number among all records from 0."""

    records: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def add(self, record: int, message: str) -> None:
        """Note one record."""
        self.records.append(record)
        self.messages.append(message)

    def record_of(self, rows: Sequence[int]) -> list[int]:
        """Return the record numbers of rows that were handed on, given how many came before each."""
        if not self.records:
            return list(rows)
        rejected = np.sort(np.array(self.records, np.int64))
        before = rejected - np.arange(len(rejected))
        return [int(row + np.searchsorted(before, row, side="right")) for row in rows]


class Source(Protocol):
    """A table that can be read again and again."""

    name: str
    layout: Layout
    notes: tuple[str, ...]
    rejects: Rejects  # of the last complete reading
    exact: bool  # whether prices are read as numbers where the format allows it

    def batches(self) -> Iterator[RawBatch]:
        """Read all rows; ReadAgainError when that must begin again."""
        ...

    def places(self, records: Sequence[int]) -> dict[int, str]:
        """Return where each record stands, such as 'line 42'."""
        ...


def factorize(cells: Sequence[Cell]) -> Coded:
    """Return cells as codes and distinct values."""
    seen: dict[tuple[type, Cell], int] = {}  # by type too: 1 and '1' are different cells
    codes = np.fromiter((seen.setdefault((type(cell), cell), len(seen)) for cell in cells), np.int32, len(cells))
    return Coded(codes, tuple(cell for _, cell in seen))
