"""Read tables with types of their own: data frames, Arrow tables and Parquet files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from obplace.errors import DataError, UsageError
from obplace.pool.columns import Layout, match
from obplace.pool.raw import Coded, RawBatch, Rejects
from obplace.pool.tables import cell, raw_batch
from obplace.quantity import Kind

_ROWS = 1 << 16  # of a Parquet file at a time


@dataclass
class Typed:
    """A table whose columns have types; each reading asks for its columns anew."""

    name: str
    layout: Layout
    read: Callable[[], Iterator[Mapping[str, Coded]]]
    place: Callable[[int], str]
    rejects: Rejects = field(default_factory=Rejects)
    notes: tuple[str, ...] = ()
    exact: bool = False

    def batches(self) -> Iterator[RawBatch]:
        """Read all rows."""
        for columns in self.read():
            yield raw_batch(columns)

    def places(self, records: Sequence[int]) -> dict[int, str]:
        """Return the place of each record."""
        return {record: self.place(record) for record in records}


def read_parquet(name: str, content: Path | bytes, resources: Mapping[str, Kind]) -> Typed:
    """Read a Parquet file in batches."""
    import pyarrow.parquet as pq

    def opened() -> Any:
        try:
            return pq.ParquetFile(pa.BufferReader(content) if isinstance(content, bytes) else content)
        except (pa.ArrowException, OSError) as error:
            raise DataError([f"{name} cannot be read as Parquet: {error}"]) from None

    with opened() as file:
        layout = match(file.schema_arrow.names, resources, name)

    def read() -> Iterator[Mapping[str, Coded]]:
        with opened() as file:
            headers = [item.header for item in layout.fields.values()]
            for batch in file.iter_batches(_ROWS, columns=headers):
                yield {column: _coded(batch.column(item.header)) for column, item in layout.fields.items()}

    return Typed(name, layout, read, lambda record: f"row {record + 1}")


def read_frame(frame: Any, resources: Mapping[str, Kind]) -> Typed:
    """Read a pandas frame, or anything that Arrow takes for a table."""
    if type(frame).__module__.split(".")[0] == "pandas":
        return _read_pandas(frame, resources)
    try:
        table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise UsageError(f"a pool is read from a data frame or an Arrow table, not from this: {error}") from None
    layout = match([str(header) for header in table.column_names], resources, "frame")

    def read() -> Iterator[Mapping[str, Coded]]:
        for batch in table.to_batches():
            yield {column: _coded(batch.column(item.index)) for column, item in layout.fields.items()}

    return Typed("frame", layout, read, lambda record: f"row {record}")


def _read_pandas(frame: Any, resources: Mapping[str, Kind]) -> Typed:
    layout = match([str(header) for header in frame.columns], resources, "frame")

    def read() -> Iterator[Mapping[str, Coded]]:
        yield {column: _factorize(frame.iloc[:, item.index]) for column, item in layout.fields.items()}

    return Typed("frame", layout, read, lambda record: f"row {frame.index[record]}")


def _factorize(series: Any) -> Coded:
    """Return a pandas column as cells; what pandas calls missing is blank."""
    import pandas as pd

    try:
        codes, distinct = pd.factorize(series)
    except TypeError:  # lists, for example of tags, have no hash
        codes, distinct = pd.factorize(series.map(cell, na_action="ignore"))
    cells = [cell(value) for value in distinct]
    blank = np.where(codes < 0, len(cells), codes).astype(np.int32)
    return Coded(blank, (*cells, ""))


def _coded(array: Any) -> Coded:
    """Return an Arrow column as cells; null is blank."""
    if not pa.types.is_dictionary(array.type):
        try:
            array = array.dictionary_encode()
        except pa.ArrowNotImplementedError:  # lists, for example of tags
            array = pa.array([str(cell(value)) for value in array.to_pylist()]).dictionary_encode()
    cells = [cell(value) for value in array.dictionary.to_pylist()]
    codes = array.indices.cast(pa.int32()).fill_null(len(cells)).to_numpy(zero_copy_only=False)
    return Coded(codes, (*cells, ""))
