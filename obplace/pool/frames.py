"""Read tables with types of their own: data frames, Arrow tables and Parquet files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from obplace.errors import DataError, UsageError
from obplace.pool.arrays import exact_prices, validity
from obplace.pool.columns import Layout, match
from obplace.pool.names import strings
from obplace.pool.prices import DECIMALS
from obplace.pool.raw import Coded, RawBatch, Rejects, factorize
from obplace.pool.tables import cell
from obplace.quantity import Kind

_ROWS = 1 << 16  # of a Parquet file at a time


@dataclass
class Typed:
    """A table whose columns have types; each reading asks for its columns anew."""

    name: str
    layout: Layout
    read: Callable[[], Iterator[Mapping[str, Any]]]  # by canonical name, Arrow arrays or Coded
    place: Callable[[int], str]
    rejects: Rejects = field(default_factory=Rejects)
    notes: tuple[str, ...] = ()
    exact: bool = True

    def batches(self) -> Iterator[RawBatch]:
        """Read all rows."""
        for columns in self.read():
            yield _batch(columns, self.exact)

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

    def read() -> Iterator[Mapping[str, Any]]:
        with opened() as file:
            headers = [item.header for item in layout.fields.values()]
            for batch in file.iter_batches(_ROWS, columns=headers):
                yield {column: batch.column(item.header) for column, item in layout.fields.items()}

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

    def read() -> Iterator[Mapping[str, Any]]:
        for batch in table.to_batches():
            yield {column: batch.column(item.index) for column, item in layout.fields.items()}

    return Typed("frame", layout, read, lambda record: f"row {record}")


def _read_pandas(frame: Any, resources: Mapping[str, Kind]) -> Typed:
    layout = match([str(header) for header in frame.columns], resources, "frame")

    def read() -> Iterator[Mapping[str, Any]]:
        yield {column: _from_pandas(frame.iloc[:, item.index]) for column, item in layout.fields.items()}

    return Typed("frame", layout, read, lambda record: f"row {frame.index[record]}")


def _from_pandas(series: Any) -> Any:
    """Return a pandas column as an Arrow array, or as cells where its types are mixed; missing is blank."""
    try:
        array = pa.array(series, from_pandas=True)
        return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        missing = series.isna()
        return factorize(["" if gone else cell(value) for value, gone in zip(series, missing, strict=True)])


def _batch(columns: Mapping[str, Any], exact: bool) -> RawBatch:
    rest = dict(columns)
    names = _texts(rest.pop("machine"))
    ips = _texts(rest.pop("ip")) if "ip" in rest else None
    prices = _exact(rest["cost"]) if exact and "cost" in rest else None
    if prices is not None:
        del rest["cost"]
    return RawBatch(len(names), names, ips, {column: _coded(array) for column, array in rest.items()}, prices)


def _texts(array: Any) -> Any:
    """Return a column as a StringArray, null as ''."""
    if not isinstance(array, Coded) and "string" in str(array.type) and not pa.types.is_dictionary(array.type):
        return array.cast(pa.string()).fill_null("")
    coded = _coded(array)
    texts = [str(value) for value in coded.values]
    return strings([texts[code] for code in coded.codes.tolist()])


def _coded(array: Any) -> Coded:
    """Return a column as cells, null as blank."""
    if isinstance(array, Coded):
        return array
    if not pa.types.is_dictionary(array.type):
        try:
            array = array.dictionary_encode()
        except pa.ArrowNotImplementedError:  # lists, for example of tags
            return factorize([cell(value) for value in array.to_pylist()])
    cells = [cell(value) for value in array.dictionary.to_pylist()]
    codes = array.indices.cast(pa.int32()).fill_null(len(cells)).to_numpy(zero_copy_only=False)
    return Coded(codes, (*cells, ""))


def _exact(array: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """Return typed prices in 10**-9 and which there are; None when they are text, or need more digits."""
    if isinstance(array, Coded) or not len(array):
        return None
    valid = validity(array)
    if pa.types.is_decimal128(array.type) and array.type.scale <= DECIMALS:
        try:
            return exact_prices(array.cast(pa.decimal128(38, DECIMALS)))
        except pa.ArrowInvalid:
            return None
    if pa.types.is_floating(array.type):
        # Rows without a price hold anything, zero will do.
        return _shortest(np.where(valid, array.to_numpy(zero_copy_only=False), 0).astype(np.float64), valid)
    return None


def _shortest(
    values: NDArray[np.float64], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """Return floats as the decimals that they print as, when those have few digits."""
    # Up to 15 digits a decimal and its nearest float determine each other, and the division rounds correctly: a
    # quotient that is the float again proves the decimal.
    if not (np.abs(values) < 10**9).all():
        return None
    for decimals in range(7):
        scaled = np.rint(values * 10**decimals)
        if (np.abs(scaled) < 10**15).all() and (scaled / 10**decimals == values).all():
            return scaled.astype(np.int64) * 10 ** (DECIMALS - decimals), valid
    return None
