"""The machines on offer: an iterable of batches, with access to single rows by their ids."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any, cast

import numpy as np

from obplace.errors import UsageError
from obplace.pool.cells import Marks, UndecidedDecimalError
from obplace.pool.columns import OFFERED, RESOURCES
from obplace.pool.domains import PHYSICAL, combine, path
from obplace.pool.fold import Folded, fold
from obplace.pool.machine import Batch, Machine
from obplace.pool.names import numbered, rows_of
from obplace.pool.raw import ReadAgainError, Source
from obplace.pool.read import source_of
from obplace.quantity import Kind, decimal_mark


@dataclass(frozen=True, eq=False)
class Pool:
    """Machines in batches; a row id numbers the rows that were accepted, from 0 in file order.

    Attributes
    ----------
    source
        Name of the file, as messages have it.
    resources
        Capacity column → kind.
    batches
        The rows, in order.
    price_decimals
        Prices are integers in 10**-price_decimals of the currency.
    currency
        ISO code, None where nothing names it.
    columns
        Canonical names of the columns that the table has.
    levels
        Domain levels that it has: those of region, idc, rack, outer first, then zone.
    ignored
        Headers that were not understood.
    notes
        What was assumed in reading.
    skipped
        Messages of the rows left out because ``skip_bad`` asked for it.
    """

    source: str
    resources: Mapping[str, Kind]
    batches: tuple[Batch, ...]
    price_decimals: int
    currency: str | None
    columns: frozenset[str]
    levels: tuple[str, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...]
    _origin: Source
    _rows: tuple[Sequence[int], ...]  # for each batch the rows of the source

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        resources: Mapping[str, Kind] = RESOURCES,
        *,
        skip_bad: bool = False,
        encoding: str | None = None,
        decimal: str | None = None,
        offers: bool = False,
    ) -> "Pool":
        """Read a CSV, TSV, JSON, XLSX or Parquet file.

        Parameters
        ----------
        path
            The file, '-' for standard input.
        resources
            Capacity column → kind, as the catalogue has them.
        skip_bad
            Leave rows out that cannot be understood, with their messages in ``skipped``.
        encoding
            Of a text; found out when None, as far as that is no guess.
        decimal
            Decimal mark of a text, '.' or ','; found out when None, as far as that is no guess.
        offers
            The rows are prices of what can be bought (see `pool.offered`), with the columns that such tables have.

        Raises
        ------
        DataError
            With every bad row and cell of the file.
        """
        if decimal not in (None, ".", ","):
            raise UsageError(f"the decimal mark is {decimal!r}, expected '.' or ','")
        kinds = {**resources, **OFFERED} if offers else resources
        return cls._of(source_of(path, kinds, encoding), kinds, skip_bad, decimal, offers)

    @classmethod
    def from_frame(
        cls, frame: Any, resources: Mapping[str, Kind] = RESOURCES, *, skip_bad: bool = False, offers: bool = False
    ) -> "Pool":
        """Read a pandas or polars frame, an Arrow table or anything that Arrow takes for one; see `read`."""
        from obplace.pool.frames import read_frame

        kinds = {**resources, **OFFERED} if offers else resources
        return cls._of(read_frame(frame, kinds), kinds, skip_bad, None, offers)

    @classmethod
    def _of(
        cls, source: Source, resources: Mapping[str, Kind], skip_bad: bool, decimal: str | None, offers: bool
    ) -> "Pool":
        folded = _fold(source, resources, skip_bad, decimal, offers)
        fields = source.layout.fields
        return cls(
            source=source.name,
            resources=dict(resources),
            batches=folded.batches,
            price_decimals=folded.price_decimals,
            currency=folded.currency,
            columns=frozenset(fields),
            levels=tuple(level for level in (*PHYSICAL, "zone") if level in fields),
            ignored=source.layout.ignored,
            notes=source.notes,
            skipped=folded.skipped,
            _origin=source,
            _rows=folded.rows,
        )

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.batches)

    def __len__(self) -> int:
        return sum(batch.size for batch in self.batches)

    def header(self, column: str) -> str | None:
        """Return what the table calls a column, by its canonical name; None where it has none."""
        field = self._origin.layout.fields.get(column)
        return field.header if field else None

    @cached_property
    def largest(self) -> Mapping[str, int]:
        """Largest known capacity of each resource, in base units, without those that no row knows."""
        largest: dict[str, int] = {}
        for batch in self:
            for resource in self.resources:
                column = batch.column(resource)
                present = np.bincount(column.codes, minlength=len(column.values)) > 0
                known = [int(v) for v, here in zip(column.values, present, strict=True) if here and v is not None]
                if known:
                    largest[resource] = max(largest.get(resource, 0), *known)
        return largest

    @cached_property
    def blanks(self) -> Mapping[str, int]:
        """How many rows leave each capacity column, and the cost, blank; only columns that the table has."""
        blanks = {name: 0 for name in (*self.resources, "cost") if name in self.columns}
        for batch in self:
            for name in blanks:
                blanks[name] += _blanks(batch, name)
        return blanks

    @cached_property
    def zone_conflicts(self) -> tuple[str, ...]:
        """A message for each zone that lies in more than one IDC; wrong only where a rule reads zones."""
        return self._conflicts("zone", "idc", "IDCs")

    @cached_property
    def idc_conflicts(self) -> tuple[str, ...]:
        """A message for each name of an IDC in more than one region; wrong only where a topology reads IDCs."""
        return self._conflicts("idc", "region", "regions")

    def _conflicts(self, inner: str, outer: str, outers: str) -> tuple[str, ...]:
        """Return a message for each name of a level that lies in two domains of the level around it."""
        if not {inner, outer} <= set(self.levels):
            return ()
        homes: dict[str, dict[str, int]] = {}  # inner → outer → a row of the source
        for batch, rows in zip(self.batches, self._rows, strict=True):
            names, around = batch.column(inner), batch.domain(outer)
            codes, pairs = combine(names, around)
            firsts = np.unique(codes, return_index=True)[1]
            for first, (i, j) in zip(firsts, pairs, strict=True):
                name, home = names.values[i], around.values[j]
                if name is not None and home is not None:
                    homes.setdefault(str(name), {}).setdefault(str(home), rows[int(first)])
        conflicts = {name: list(found.items())[:2] for name, found in sorted(homes.items()) if len(found) > 1}
        records = self._origin.rejects.record_of([row for pair in conflicts.values() for _, row in pair])
        places = self._origin.places(records)
        place = (places[record] for record in records)
        return tuple(
            f"{inner} {name!r} lies in two {outers}: {first} ({next(place)}) and {second} ({next(place)})"
            for name, ((first, _), (second, _)) in conflicts.items()
        )

    def take(self, rows: Sequence[int]) -> list[Machine]:
        """Return the machines of some row ids, in the order asked."""
        return [self._machine(int(row)) for row in rows]

    def granted(self, amounts: Mapping[int, Mapping[str, int]]) -> "Pool":
        """Return the pool in which the machines of some row ids have other capacities: base units by resource."""
        batches = list(self.batches)
        for row, capacity in sorted(amounts.items()):
            number = bisect_right(self._firsts, row) - 1
            batches[number] = batches[number].granted(row - batches[number].first, capacity)
        return replace(self, batches=tuple(batches))

    def names(self, rows: Sequence[int]) -> list[str]:
        """Return the names of some row ids, in the order asked."""
        wanted = np.asarray(rows, np.int64)
        answer = [""] * len(wanted)
        for batch in self:
            places = np.flatnonzero((wanted >= batch.first) & (wanted < batch.first + batch.size)).tolist()
            # One look at a time is slow, so where many are wanted all are converted.
            texts = batch.names.to_pylist() if len(places) > batch.size // 16 else batch.names
            for place in places:
                text = texts[int(wanted[place]) - batch.first]
                answer[place] = text if isinstance(text, str) else text.as_py()
        return answer

    def find(self, names: Iterable[str]) -> dict[str, int]:
        """Return name → row id for the names that exist; NAME#k is one of the equal machines of a row."""
        wanted = set(names)
        bases = {name: pair for name in wanted if (pair := numbered(name))}
        rows: dict[str, int] = {}
        for batch in self:
            found = rows_of(batch.names, batch.hashes, wanted | {base for base, _ in bases.values()})
            rows |= {name: batch.first + row for name, row in found.items()}
        found = {name: rows[name] for name in wanted if name in rows}
        for name, (base, index) in bases.items():
            if name not in found and base in rows and 1 < self._machine(rows[base]).quantity >= index:
                found[name] = rows[base]
        return found

    @cached_property
    def _firsts(self) -> list[int]:
        return [batch.first for batch in self.batches]

    def _place(self, row: int) -> tuple[Batch, int]:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a pool of {len(self)} machines")
        batch = self.batches[bisect_right(self._firsts, row) - 1]
        return batch, int(row) - batch.first

    def _machine(self, row: int) -> Machine:
        batch, index = self._place(row)

        def value(name: str) -> Any:
            column = batch.column(name)
            return column.values[column.codes[index]]

        def domain(level: str) -> str | None:
            if level == "zone":
                return cast("str | None", value(level))
            return path([value(name) for name in batch.physical[: batch.physical.index(level) + 1]])

        return Machine(
            name=batch.names[index].as_py(),
            row=row,
            capacity={resource: value(resource) for resource in self.resources},
            price=int(batch.price[index]) if batch.priced[index] else None,
            quantity=value("quantity"),
            domains={level: domain(level) for level in self.levels},
            ip=batch.ips[index].as_py() or None if batch.ips is not None else None,
            arch=value("arch"),
            os=value("os"),
            tags=tuple((value("tags") or "").split(",")) if value("tags") else (),
            runs=tuple((value("runs") or "").split(",")) if value("runs") else (),
            available=bool(value("available")),
        )


def _blanks(batch: Batch, name: str) -> int:
    if name == "cost":
        return batch.size - int(np.count_nonzero(batch.priced))
    column = batch.column(name)
    return int(np.count_nonzero(column.codes == column.values.index(None))) if None in column.values else 0


def _fold(source: Source, resources: Mapping[str, Kind], skip_bad: bool, decimal: str | None, offers: bool) -> Folded:
    """Read the source in the fastest way that is right for it."""
    source.exact = source.exact and decimal != ","
    marks = Marks(decimal, settled=decimal is not None)
    while True:
        try:
            return fold(source, resources, marks, skip_bad=skip_bad, offers=offers)
        except ReadAgainError:
            continue
        except UndecidedDecimalError:
            marks = Marks(_evidence(source, resources), settled=True)
            source.exact = source.exact and marks.decimal != ","


def _evidence(source: Source, resources: Mapping[str, Kind]) -> str | None:
    """Return the decimal mark that the numbers of a table prove; None when they prove neither or both."""
    numeric = [name for name in source.layout.fields if name in resources or name in ("cost", "quantity")]
    fast, source.exact = source.exact, False
    proven: set[str] = set()
    while True:
        try:
            for batch in source.batches():
                for name in numeric:
                    values = batch.columns[name].values
                    cells = values if isinstance(values, tuple) else values.to_pylist()
                    marks = (decimal_mark(cell) for cell in cells if isinstance(cell, str))
                    proven |= {mark for mark in marks if mark}
        except ReadAgainError:
            continue
        source.exact = fast
        return proven.pop() if len(proven) == 1 else None
